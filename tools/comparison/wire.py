"""What a schema allows on the wire, whatever the form in which it is written.

References, `allOf`, the two ways to say null, `const`, and unions of one are resolved here; names,
order and descriptions are left behind. Where a document is read as published, what its
`x-deviates-from-hubspot` says that HubSpot publishes stands in the place of what it says itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from comparison.documents import DocumentError, Json, Node, everything

DEVIATES: Final = "x-deviates-from-hubspot"
NEVER: Final = "never"
ANY: Final = "any"
UNION: Final = "union"

# A deviation that has one of these says all there is to say of a place.
SHAPES: Final = {"type", "$ref", "not", "anyOf", "oneOf", "allOf"}
# But what is inside stays as the spec has it, unless the deviation speaks of that too.
INSIDES: Final = {"items", "properties", "required", "additionalProperties"}
# Formats of this project's own; to HubSpot, such a value is plain text.
OWN_FORMATS: Final = {"id"}


@dataclass(frozen=True)
class Schema:
    """What may stand in one place; what is inside of it are nodes, to be looked at in turn."""

    source: tuple[str, str]
    """The node's; where nothing is added to what a reference leads to, that of its target."""
    type: str = ANY
    """A JSON type, or `any`, `union` or `never`."""
    format: str | None = None
    enum: frozenset[str] | None = None
    """The values that are known, as JSON has them."""
    open: bool = False
    """Whether other values than those of `enum` may come."""
    nullable: bool = False
    max_items: int | None = None
    required: frozenset[str] = frozenset()
    properties: Mapping[str, Node] = field(default_factory=dict)
    items: Node | None = None
    values: Node | None = None
    """What a map has under any key."""
    variants: tuple[Node, ...] = ()
    declared: frozenset[str] = frozenset()
    """As in `Node`."""

    @property
    def closed(self) -> bool:
        """Whether only the values of `enum` may come."""
        return self.enum is not None and not self.open

    @property
    def words(self) -> str:
        """The type in words."""
        if self.type == UNION:
            return " or ".join(dict.fromkeys(view(variant).words for variant in self.variants))
        return f"{self.type} {self.format}" if self.format else self.type


def alternatives(node: Node) -> list[Node]:
    """Give a node as HubSpot publishes it: one of several ways, where a deviation lists several."""
    extension = node.raw.get(DEVIATES) if isinstance(node.raw, dict) else None
    if not extension or not node.document.as_published:
        return [node]
    published = extension["published"]
    each = published if isinstance(published, list) else [published]
    return [_overlaid(node, keywords) for keywords in each]


def _overlaid(node: Node, keywords: Json) -> Node:
    own = {key: value for key, value in node.raw.items() if key != DEVIATES}
    if not keywords.keys() & SHAPES:
        return replace(node, raw={**own, **keywords}, declared=frozenset(keywords))
    same = own.get("type") == keywords.get("type")
    inside = {key: own[key] for key in INSIDES & own.keys() if same}
    return replace(node, raw={**inside, **keywords}, declared=everything(keywords))


def is_never(node: Node) -> bool:
    """Say whether nothing may stand there: how a deviation says that HubSpot publishes nothing."""
    return node.raw is False or (isinstance(node.raw, dict) and node.raw.get("not") == {})


def view(node: Node) -> Schema:
    """Look at a schema: one level of it, in the one form that all have here.

    Raises DocumentError if it is no schema or refers to nothing.
    """
    return _view(node, frozenset())


def _view(node: Node, around: frozenset[str]) -> Schema:
    """Look at a schema that is part of those `around`."""
    if node.pointer in around:
        raise DocumentError(f"{node.document.name}: {node.pointer} is made of itself")
    around |= {node.pointer}
    node = alternatives(node)[0]
    if isinstance(node.raw, bool) or is_never(node):
        return Schema(node.source, NEVER if is_never(node) else ANY, declared=node.declared)
    if not isinstance(node.raw, dict):
        raise DocumentError(f"{node.document.name}: {node.pointer} is no schema")
    parts = [_view(part, around) for part in _parts(node)]
    variants = [part for key in ("anyOf", "oneOf") for _, part in _list(node, key)]
    if variants:
        parts.append(_union(node, [(part, _view(part, around)) for part in variants]))
    return _merged([*parts, _own(node)], node.source)


def _list(node: Node, key: str) -> list[tuple[str, Node]]:
    return node.child(key, []).children()


def _parts(node: Node) -> list[Node]:
    """Give the schemas that all hold for a place, besides what it says itself."""
    referred = [node.document.lookup(node.raw["$ref"])] if "$ref" in node.raw else []
    return referred + [part for _, part in _list(node, "allOf")]


def _union(node: Node, variants: list[tuple[Node, Schema]]) -> Schema:
    """Look at a choice; null among it, and text of known and of other values, are none."""
    nullable = any(schema.type == "null" or schema.nullable for _, schema in variants)
    variants = [(part, schema) for part, schema in variants if schema.type != "null"]
    schemas = [schema for _, schema in variants]
    if len(schemas) == 1:
        return replace(schemas[0], nullable=nullable)
    if {(schema.type, schema.format) for schema in schemas} == {("string", None)}:
        enums = [schema.enum for schema in schemas]
        known = frozenset[str]().union(*(enum for enum in enums if enum is not None))
        return Schema(
            node.source,
            "string",
            enum=known or None,
            open=bool(known) and (None in enums or any(schema.open for schema in schemas)),
            nullable=nullable,
            declared=node.declared,
        )
    parts = tuple(part for part, _ in variants)
    return Schema(node.source, UNION, nullable=nullable, variants=parts, declared=node.declared)


def _own(node: Node) -> Schema:
    """Look at what a schema says itself."""
    raw = node.raw
    types = [name for name in _types(raw) if name != "null"] or _types(raw)
    enum = raw.get("enum", [raw["const"]] if "const" in raw else None)
    others = raw.get("additionalProperties")
    schema = Schema(
        node.source,
        types[0] if len(types) == 1 else UNION,
        format=None if raw.get("format") in OWN_FORMATS else raw.get("format"),
        enum=enum and frozenset(json.dumps(value) for value in enum if value is not None),
        nullable=bool(raw.get("nullable")) or "null" in _types(raw) or None in (enum or []),
        max_items=raw.get("maxItems"),
        required=frozenset(raw.get("required", ())),
        properties=dict(node.child("properties").children()),
        items=node.child("items") if "items" in raw else None,
        values=node.child("additionalProperties") if others and others is not True else None,
        declared=node.declared,
    )
    if schema.type != UNION:
        return schema
    variants = tuple(
        replace(node, pointer=f"{node.pointer}/{name}", raw={**raw, "type": name}) for name in types
    )
    return Schema(
        node.source, UNION, nullable=schema.nullable, variants=variants, declared=node.declared
    )


def _types(raw: Json) -> list[str]:
    """Give the types that a schema names, or implies by its other keywords."""
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


def _merged(parts: list[Schema], source: tuple[str, str]) -> Schema:
    """Look at what several schemas allow together."""
    telling = [part for part in parts if part != Schema(part.source, declared=part.declared)]
    declared = frozenset[str]().union(*(part.declared for part in parts))
    if len(telling) == 1:
        return replace(telling[0], declared=declared)
    merged = Schema(source, declared=declared)
    for part in telling:
        merged = _both(merged, part)
    return merged


def _both(one: Schema, other: Schema) -> Schema:
    typed = one if other.type == ANY else other
    return Schema(
        one.source,
        typed.type,
        format=other.format or one.format,
        enum=one.enum if other.enum is None else other.enum,
        open=typed.open,
        nullable=one.nullable or other.nullable,
        max_items=one.max_items if other.max_items is None else other.max_items,
        required=one.required | other.required,
        properties={**one.properties, **other.properties},
        items=other.items or one.items,
        values=other.values or one.values,
        variants=typed.variants,
        declared=one.declared | other.declared,
    )
