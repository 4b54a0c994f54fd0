"""The values that a schema allows, independent of how it is written.

References, `allOf`, the two ways to say null, `const`, and unions of one are resolved here; names,
order and descriptions are dropped. If a document is read as published, the schemas that its
`x-deviates-from-hubspot` declares replace its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import product
from typing import Any, Final

from comparison.documents import DocumentError, Json, Node

DEVIATES: Final = "x-deviates-from-hubspot"
NEVER: Final = "never"
ANY: Final = "any"
UNION: Final = "union"

# A deviation with one of these describes a place completely.
SHAPES: Final = {"type", "$ref", "not", "anyOf", "oneOf", "allOf"}
# But the content stays as in the spec, unless the deviation covers it, too.
INSIDES: Final = {"items", "properties", "required", "additionalProperties"}
# Formats that this project defines; HubSpot publishes plain text.
OWN_FORMATS: Final = {"id"}


# Other limits of a type: a greater number allows less, or more.
LEAST: Final = ("minItems", "minLength", "minProperties", "minimum", "exclusiveMinimum")
MOST: Final = ("maxItems", "maxLength", "maxProperties", "maximum", "exclusiveMaximum")
OTHER_LIMITS: Final = ("pattern", "multipleOf", "uniqueItems")


@dataclass(frozen=True)
class Schema:
    """The values allowed in one place; its content is a set of nodes, viewed separately."""

    source: str
    """Pointer to the schema; for a plain reference, to its target."""
    type: str = ANY
    """A JSON type, or `any`, `union` or `never`."""
    format: str | None = None
    enum: frozenset[str] | None = None
    """The known values, as in JSON."""
    open: bool = False
    """Whether values outside of `enum` are allowed."""
    nullable: bool = False
    deprecated: bool = False
    limits: Mapping[str, Any] = field(default_factory=dict)
    """Other keywords that limit a value."""
    required: frozenset[str] = frozenset()
    properties: Mapping[str, Node] = field(default_factory=dict)
    items: Node | None = None
    values: Node | None = None
    """The schema of the values of a map."""
    variants: tuple[Node, ...] = ()
    declared: frozenset[str] = frozenset()
    """As in `Node`."""

    @property
    def closed(self) -> bool:
        """Whether only the values of `enum` are allowed."""
        return self.enum is not None and not self.open

    @property
    def words(self) -> str:
        """The type in words."""
        if self.type == UNION:
            return " or ".join(sorted({view(variant).words for variant in self.variants}))
        return f"{self.type} {self.format}" if self.format else self.type


def alternatives(node: Node) -> list[Node]:
    """Return a node as HubSpot publishes it; several if a deviation lists several ways."""
    extension = node.raw.get(DEVIATES) if isinstance(node.raw, dict) else None
    if not extension or not node.document.as_published:
        return [node]
    published = extension["published"]
    ways = published if isinstance(published, list) else [published]
    keywords = frozenset(keyword for way in ways for keyword in way)
    declared = keywords | {"*"} if keywords & SHAPES else keywords
    return [replace(node, raw=_overlaid(node.raw, way), declared=declared) for way in ways]


def _overlaid(stated: Json, published: Json) -> Json:
    own = {key: value for key, value in stated.items() if key != DEVIATES}
    if not published.keys() & SHAPES:
        return {**own, **published}
    same = own.get("type") == published.get("type")
    inside = {key: own[key] for key in INSIDES & own.keys() if same}
    return {**inside, **published}


def is_never(node: Node) -> bool:
    """Return whether nothing is allowed, which is how a deviation marks an unpublished place."""
    return node.raw is False or (isinstance(node.raw, dict) and node.raw.get("not") == {})


def view(node: Node) -> Schema:
    """Return one level of a schema, in its normal form.

    Raises DocumentError if it is not a schema, refers to itself, or a reference has no target.
    """
    return views(node)[0]


def views(node: Node, around: frozenset[str] = frozenset()) -> list[Schema]:
    """Return each way in which a schema may be published; `around` are the schemas it is part of.

    Raises DocumentError like `view`.
    """
    if node.pointer in around:
        raise DocumentError(f"{node.document.name}: {node.pointer} contains itself")
    seen: dict[str, list[Schema]] = node.document.seen
    # Another node with this pointer was changed by a deviation, or is empty.
    as_it_stands = bool(node.raw) and not node.declared
    if as_it_stands and node.pointer in seen:
        return seen[node.pointer]
    around |= {node.pointer}
    schemas = [schema for way in alternatives(node) for schema in _views(way, around)]
    if as_it_stands:
        seen[node.pointer] = schemas
    return schemas


def _views(node: Node, around: frozenset[str]) -> list[Schema]:
    if node.raw is None or isinstance(node.raw, bool) or is_never(node):
        return [Schema(node.pointer, NEVER if is_never(node) else ANY, declared=node.declared)]
    if not isinstance(node.raw, dict):
        raise DocumentError(f"{node.document.name}: {node.pointer} is not a schema")
    parts = [part for _, part in node.child("allOf").children()]
    if "$ref" in node.raw:
        parts.append(node.document.lookup(node.text("$ref")))
    own = [_own(node)]
    if variants := [part for key in ("anyOf", "oneOf") for _, part in node.child(key).children()]:
        own.append(_union(node, [(part, views(part, around)[0]) for part in variants]))
    each_part = (views(part, around) for part in parts)
    return [_merged([*together, *own], node.pointer) for together in product(*each_part)]


def _union(node: Node, variants: list[tuple[Node, Schema]]) -> Schema:
    """View a choice; one of null and a type, or of known and other text, does not count as one."""
    nullable = any(schema.type == "null" or schema.nullable for _, schema in variants)
    variants = [each for each in variants if each[1].type != "null"] or variants[:1]
    schemas = [schema for _, schema in variants]
    if len(schemas) == 1:
        return replace(schemas[0], nullable=nullable)
    if {(schema.type, schema.format) for schema in schemas} == {("string", None)}:
        enums = [schema.enum for schema in schemas]
        known = frozenset[str]().union(*(enum for enum in enums if enum is not None))
        return Schema(
            node.pointer,
            "string",
            enum=known or None,
            open=bool(known) and (None in enums or any(schema.open for schema in schemas)),
            nullable=nullable,
            declared=node.declared,
        )
    parts = tuple(part for part, _ in variants)
    return Schema(node.pointer, UNION, nullable=nullable, variants=parts, declared=node.declared)


def _own(node: Node) -> Schema:
    """View a schema without its references and choices; several types are a choice."""
    raw = node.raw
    types = _types(raw)
    kinds = [name for name in types if name != "null"] or types
    if len(kinds) > 1:
        ways = [
            Node(node.document, f"{node.pointer}/type/{name}", {**raw, "type": name})
            for name in types
        ]
        return _union(node, [(way, view(way)) for way in ways])
    enum = raw.get("enum", [raw["const"]] if "const" in raw else None)
    others = raw.get("additionalProperties")
    required = raw.get("required")
    return Schema(
        node.pointer,
        kinds[0],
        format=None if raw.get("format") in OWN_FORMATS else raw.get("format"),
        enum=None if enum is None else frozenset(map(json.dumps, enum)) - {"null"},
        nullable=bool(raw.get("nullable")) or "null" in types or None in (enum or []),
        deprecated=bool(raw.get("deprecated")),
        limits={key: raw[key] for key in (*LEAST, *MOST, *OTHER_LIMITS) if raw.get(key)},
        required=frozenset(required if isinstance(required, list) else ()),
        properties=dict(node.child("properties").children()),
        items=node.child("items") if "items" in raw else None,
        values=node.child("additionalProperties") if others and others is not True else None,
        declared=node.declared,
    )


def _types(raw: Json) -> list[str]:
    """Return the types that a schema names, or implies by its other keywords."""
    if stated := raw.get("type"):
        return [stated] if isinstance(stated, str) else list(stated)
    if raw.get("properties") or isinstance(raw.get("additionalProperties"), dict):
        return ["object"]
    if "items" in raw:
        return ["array"]
    values = raw.get("enum", [raw["const"]] if "const" in raw else [])
    return list(dict.fromkeys(_NAMES[type(value)] for value in values)) or [ANY]


_NAMES: Final[dict[type, str]] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "array",
    dict: "object",
    type(None): "null",
}


def _merged(parts: list[Schema], source: str) -> Schema:
    """View the values that several schemas allow together."""
    if len(parts) == 1:
        return parts[0]
    declared = frozenset[str]().union(*(part.declared for part in parts))
    telling = [part for part in parts if part != Schema(part.source, declared=part.declared)]
    if len(telling) == 1:
        (only,) = telling
        return only if only.declared == declared else replace(only, declared=declared)
    return reduce(_both, telling, Schema(source, declared=declared))


def _both(one: Schema, other: Schema) -> Schema:
    # Keywords beside a choice, such as `type: object`, apply to each of its variants.
    typed = one if other.type == ANY or one.type == UNION else other
    return Schema(
        one.source,
        typed.type,
        format=other.format or one.format,
        enum=one.enum if other.enum is None else other.enum,
        open=typed.open,
        nullable=one.nullable or other.nullable,
        deprecated=one.deprecated or other.deprecated,
        limits={**one.limits, **other.limits},
        required=one.required | other.required,
        properties={**one.properties, **other.properties},
        items=other.items or one.items,
        values=other.values or one.values,
        variants=typed.variants,
        declared=one.declared,
    )
