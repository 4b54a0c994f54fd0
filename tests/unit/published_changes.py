"""Single changes of a published document, and the difference that each should be reported as.

The meaning of each change is stated here a second time, from the table in `comparison/operations`,
not from the code.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from .published_parts import Json, array, query_parameter, ref, text
from .published_places import Keys, Places, Where, at, followed, operation_keys, part_of


class Kind(NamedTuple):
    """A row of the table."""

    in_a_request: str
    in_a_response: str

    def meaning(self, where: Where) -> str:
        return self.in_a_request if where.is_sent else self.in_a_response


OPTIONAL_COMES: Final = Kind("addition", "addition")
REQUIRED_COMES: Final = Kind("breaking", "addition")
GOES: Final = Kind("breaking", "breaking")
NARROWER: Final = Kind("breaking", "addition")
WIDER: Final = Kind("loosening", "loosening")
VALUE_COMES: Final = Kind("addition", "addition")
VALUE_GOES: Final = Kind("breaking", "breaking")
OTHER: Final = Kind("breaking", "breaking")


class Change(NamedTuple):
    """One change, in both directions."""

    apply: Callable[[Json], None]
    around: Keys | Where
    """The keys of the schema or of its parent, or the place itself."""
    step: str
    """The steps from there to the place."""
    what: str
    words: tuple[str, str]
    kinds: tuple[Kind, Kind]

    def places(self, all_places: Places) -> list[Where]:
        if isinstance(self.around, Where):
            return [self.around]
        found = all_places.slots.get(self.around) or all_places.schemas[self.around]
        return [where.inside(self.step) for where in found]


# Edits ------------------------------------------------------------------------------------------


def put(keys: Keys, value: Any) -> Callable[[Json], None]:
    def edit(document: Json) -> None:
        at(document, keys[:-1])[keys[-1]] = copy.deepcopy(value)

    return edit


def drop(keys: Keys) -> Callable[[Json], None]:
    def edit(document: Json) -> None:
        del at(document, keys[:-1])[keys[-1]]

    return edit


def both(*edits: Callable[[Json], None]) -> Callable[[Json], None]:
    def edit(document: Json) -> None:
        for each in edits:
            each(document)

    return edit


def words(document: Json, schema: Json) -> str:
    """Return the type of a schema in the words of the comparison."""
    while "$ref" in schema:
        schema = at(document, tuple(schema["$ref"].removeprefix("#/").split("/")))
    if "oneOf" in schema:
        return " or ".join(sorted(variant_words(document, each) for each in schema["oneOf"]))
    return " ".join(filter(None, (schema.get("type", "any"), schema.get("format"))))


def variant_words(document: Json, variant: Json) -> str:
    if "$ref" in variant:
        target = at(document, tuple(variant["$ref"].removeprefix("#/").split("/")))
        return f'object with type "{target["properties"]["type"]["enum"][0]}"'
    return words(document, variant)


# Schemas ----------------------------------------------------------------------------------------


def type_changes(document: Json, keys: Keys) -> Iterator[Change]:
    """Yield replacements by another schema."""
    schema = at(document, keys)
    was = words(document, schema)
    other = (OTHER, OTHER)
    yield Change(put(keys, {"type": "boolean"}), keys, "", "type", (was, "boolean"), other)
    yield Change(put(keys, {}), keys, "", "type", (was, "any"), (WIDER, NARROWER))
    many = put(keys, array(schema))
    if was == "array":
        items = words(document, at(document, followed(document, keys))["items"])
        yield Change(many, keys, "[*]", "type", (items, "array"), other)
    else:
        yield Change(many, keys, "", "type", (was, "array"), other)


def limit_changes(document: Json, keys: Keys) -> Iterator[Change]:
    """Yield the same type with other limits."""
    schema = at(document, keys)
    kind, form, enum = (schema.get(keyword) for keyword in ("type", "format", "enum"))
    wider, narrower = (WIDER, NARROWER), (NARROWER, WIDER)
    null = ("not allowed", "allowed")
    yield Change(put((*keys, "nullable"), True), keys, "", "null", null, wider)
    old = put((*keys, "deprecated"), True)
    yield Change(old, keys, "", "deprecated", ("false", "true"), (WIDER, OPTIONAL_COMES))
    if kind == "array":
        limited = put((*keys, "maxItems"), 10)
        yield Change(limited, keys, "", "maxItems", ("absent", "10"), narrower)
    if form is not None:
        loose = drop((*keys, "format"))
        yield Change(loose, keys, "", "format", (form, "absent"), wider)
    elif kind in {"string", "number", "integer"} and enum is None:
        strict = put((*keys, "format"), "special")
        yield Change(strict, keys, "", "format", ("absent", "special"), narrower)
    if form in {"int32", "int64"}:
        swapped = "int64" if form == "int32" else "int32"
        kinds = wider if form == "int32" else narrower
        change = put((*keys, "format"), swapped)
        yield Change(change, keys, "", "format", (form, swapped), kinds)
    elif form is not None:
        change = put((*keys, "format"), "time")
        kinds = (OTHER, OTHER)
        yield Change(change, keys, "", "format", (form, "time"), kinds)
    if kind in {"integer", "number"}:
        swapped = "number" if kind == "integer" else "integer"
        kinds = wider if kind == "integer" else narrower
        change = put(keys, {"type": swapped})
        yield Change(change, keys, "", "type", (words(document, schema), swapped), kinds)
    if kind == "string" and form is None:
        yield from enum_changes(enum, keys)


def enum_changes(enum: list[str] | None, keys: Keys) -> Iterator[Change]:
    keyword = (*keys, "enum")
    if enum is None:
        closed = ("any value", 'only "A", "B"')
        kinds = (NARROWER, WIDER)
        yield Change(put(keyword, ["B", "A"]), keys, "", "enum", closed, kinds)
        return
    known = ", ".join(f'"{value}"' for value in sorted(enum))
    opened = (f"only {known}", "any value")
    yield Change(drop(keyword), keys, "", "enum", opened, (WIDER, NARROWER))
    kinds = (VALUE_COMES, VALUE_GOES)
    more = put(keyword, ["ADDED", *enum])
    yield Change(more, keys, "", "enum value", ("absent", '"ADDED"'), kinds)
    for value in enum if len(enum) > 1 else []:
        less = put(keyword, [each for each in enum if each != value])
        gone = (f'"{value}"', "absent")
        yield Change(less, keys, "", "enum value", gone, (kinds[1], kinds[0]))


# Content ----------------------------------------------------------------------------------------


def member_changes(document: Json, keys: Keys) -> Iterator[Change]:
    """Yield properties that are added, removed, or become required or optional."""
    schema = at(document, keys)
    if "properties" not in schema or "additionalProperties" in schema:
        return
    required = schema.get("required", [])
    for name, inner in schema["properties"].items():
        rest = put((*keys, "required"), [each for each in required if each != name])
        if name in required:
            comes, step, how = REQUIRED_COMES, f".{name}", "required"
            kinds = (WIDER, NARROWER)
            yield Change(rest, keys, step, "required", ("required", "optional"), kinds)
        else:
            comes, step, how = OPTIONAL_COMES, f".{name}", "optional"
            more = put((*keys, "required"), [name, *required])
            kinds = (NARROWER, WIDER)
            yield Change(more, keys, step, "required", ("optional", "required"), kinds)
        less = both(drop((*keys, "properties", name)), rest)
        gone = (f"{words(document, inner)}, {how}", "absent")
        yield Change(less, keys, step, "property", gone, (GOES, comes))
    more = put((*keys, "properties", "added"), text(format="date-time"))
    optional = ("absent", "string date-time, optional")
    kinds = (OPTIONAL_COMES, GOES)
    yield Change(more, keys, ".added", "property", optional, kinds)
    more = both(more, put((*keys, "required"), ["added", *required]))
    needed = ("absent", "string date-time, required")
    kinds = (REQUIRED_COMES, GOES)
    yield Change(more, keys, ".added", "property", needed, kinds)


def choice_changes(document: Json, keys: Keys) -> Iterator[Change]:
    """Yield variants of a choice that are added and removed."""
    variants = at(document, keys).get("oneOf", [])
    was = words(document, {"oneOf": variants})
    narrower, wider = (NARROWER, WIDER), (WIDER, NARROWER)
    for number in range(len(variants)):
        rest = [each for other, each in enumerate(variants) if other != number]
        swapped = [*rest, {"type": "string"}]
        for others, kinds in ((rest, narrower), (swapped, (OTHER, OTHER))):
            now = words(document, {"oneOf": others})
            yield Change(put((*keys, "oneOf"), others), keys, "", "type", (was, now), kinds)
        may = put((*followed(document, (*keys, "oneOf", number)), "nullable"), True)
        yield Change(may, keys, "", "null", ("not allowed", "allowed"), wider)
    if variants:
        more = [*variants, {"type": "string"}]
        now = words(document, {"oneOf": more})
        yield Change(put((*keys, "oneOf"), more), keys, "", "type", (was, now), wider)


# Parameters and bodies --------------------------------------------------------------------------


def parameter_changes(document: Json, path: str, name: str) -> Iterator[Change]:
    keys = (*operation_keys(document, path), "parameters")
    listed = at(document, keys)
    for number, parameter in enumerate(listed):
        where = Where(name, part_of(document, path, (*keys, number)), "")
        needed = parameter["required"]
        now, then = ("required", "optional") if needed else ("optional", "required")
        kinds = (WIDER, NARROWER) if needed else (NARROWER, WIDER)
        turned = put((*keys, number, "required"), not needed)
        yield Change(turned, where, "", "required", (now, then), kinds)
        less = put(keys, [each for each in listed if each is not parameter])
        comes = REQUIRED_COMES if needed else OPTIONAL_COMES
        yield Change(less, where, "", "parameter", (now, "absent"), (GOES, comes))
        if parameter["schema"]["type"] == "array":
            kinds = (OTHER, OTHER)
            turned = put((*keys, number, "explode"), False)
            yield Change(turned, where, "", "explode", ("true", "false"), kinds)
            turned = put((*keys, number, "style"), "spaceDelimited")
            yield Change(turned, where, "", "style", ("form", "spacedelimited"), kinds)
    query, header = query_parameter("added", text()), {**query_parameter("Added", text())}
    header |= {"in": "header", "style": "simple", "required": True}
    for parameter, part in ((query, "query added"), (header, "header added")):
        needed = parameter["required"]
        kind = REQUIRED_COMES if needed else OPTIONAL_COMES
        said = ("absent", "required" if needed else "optional")
        more = put(keys, [parameter, *listed])
        yield Change(more, Where(name, part, ""), "", "parameter", said, (kind, GOES))


def body_changes(document: Json, path: str, name: str) -> Iterator[Change]:
    keys = operation_keys(document, path)
    come_and_go = (OPTIONAL_COMES, GOES)
    go_and_come = (GOES, OPTIONAL_COMES)
    request = Where(name, "request", "")
    loose = put((*keys, "requestBody", "required"), False)
    kinds = (WIDER, NARROWER)
    yield Change(loose, request, "", "required", ("required", "optional"), kinds)
    kinds = (GOES, REQUIRED_COMES)
    none = drop((*keys, "requestBody"))
    yield Change(none, request, "", "body", ("required", "absent"), kinds)
    responses = at(document, keys)["responses"]
    bodies: list[tuple[Where, Keys]] = [(request, (*keys, "requestBody"))]
    for status in responses:
        where = Where(name, f"response {status}", "")
        bodies.append((where, followed(document, (*keys, "responses", status))))
        less = drop((*keys, "responses", status))
        yield Change(less, where, "", "response", ("present", "absent"), go_and_come)
    for status in ("202", "4XX"):
        more = put((*keys, "responses", status), responses["200"])
        where = Where(name, f"response {status.lower()}", "")
        yield Change(more, where, "", "response", ("absent", "present"), come_and_go)
    for where, body in bodies:
        ((media_type, content),) = at(document, body)["content"].items()
        none = put((*body, "content"), {})
        yield Change(none, where, "", "media type", (media_type, "absent"), go_and_come)
        more = put((*body, "content", "text/csv"), {**content, "schema": ref("Error")})
        if media_type != "*/*":
            yield Change(more, where, "", "media type", ("absent", "text/csv"), come_and_go)


def changes(document: Json, path: str, name: str, everywhere: Places) -> Iterator[Change]:
    """Yield every change of the requests and responses of an operation."""
    variants = {followed(document, keys) for keys in everywhere.slots if "oneOf" in keys[-2:]}
    for keys in everywhere.slots:
        if "oneOf" not in keys[-2:]:
            yield from type_changes(document, keys)
    for keys in everywhere.schemas:
        yield from member_changes(document, keys)
        yield from choice_changes(document, keys)
        if keys not in variants:
            yield from limit_changes(document, keys)
    yield from parameter_changes(document, path, name)
    yield from body_changes(document, path, name)
