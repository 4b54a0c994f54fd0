"""The places of a document's parts in requests and responses, derived from the document alone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from .published_parts import Json

Keys = tuple[str | int, ...]
METHODS: Final = {"get", "put", "post", "delete", "patch"}


class Where(NamedTuple):
    """A place in a request or response, as the comparison names it."""

    operation: str
    part: str
    path: str

    def inside(self, step: str) -> Where:
        return self._replace(path=self.path + step)

    @property
    def is_sent(self) -> bool:
        """Whether the place is in a request."""
        return not self.part.startswith("response")


class Places(NamedTuple):
    """Each schema that an operation reaches, by its keys in the document."""

    slots: dict[Keys, list[Where]]
    """The places that hold a schema or a reference to one."""
    schemas: dict[Keys, list[Where]]
    """The places that hold a schema that is not a reference."""


def at(document: Any, keys: Keys) -> Any:
    for key in keys:
        document = document[key]
    return document


def operation_keys(document: Json, path: str) -> Keys:
    (method,) = document["paths"][path].keys() & METHODS
    return "paths", path, method


def followed(document: Json, keys: Keys) -> Keys:
    """Return the keys of the target of a reference, or of the value itself if it is not one."""
    while "$ref" in (here := at(document, keys)):
        keys = tuple(here["$ref"].removeprefix("#/").split("/"))
    return keys


def part_of(document: Json, path: str, keys: Keys) -> str:
    """Return the name of a parameter in the comparison."""
    parameter = at(document, keys)
    name = parameter["name"]
    if parameter["in"] == "path":
        name = f"parameter {re.findall('{(.*?)}', path).index(name) + 1}"
    return f"{parameter['in']} {name}"


def outermost(document: Json, path: str, name: str) -> Iterator[tuple[Keys, Where]]:
    """Yield the schemas that an operation contains directly, with their places."""
    operation = operation_keys(document, path)
    for number, _ in enumerate(at(document, operation)["parameters"]):
        keys = (*operation, "parameters", number)
        yield (*keys, "schema"), Where(name, part_of(document, path, keys), "")
    bodies = [(Where(name, "request", "$"), (*operation, "requestBody"))]
    bodies += [
        (Where(name, f"response {status}", "$"), (*operation, "responses", status))
        for status in at(document, operation)["responses"]
    ]
    for where, keys in bodies:
        if keys[-1] in at(document, keys[:-1]):
            body = followed(document, keys)
            for media_type in at(document, body).get("content", {}):
                yield (*body, "content", media_type, "schema"), where


def places(document: Json, path: str, name: str) -> Places:
    """Return every place of an operation, which the comparison calls `name`."""
    found = Places(defaultdict(list), defaultdict(list))
    for keys, where in outermost(document, path, name):
        _walk(document, keys, where, found)
    return found


def _walk(document: Json, keys: Keys, where: Where, found: Places) -> None:
    found.slots[keys].append(where)
    keys = followed(document, keys)
    found.schemas[keys].append(where)
    schema = at(document, keys)
    for name in schema.get("properties", {}):
        _walk(document, (*keys, "properties", name), where.inside(f".{name}"), found)
    if "items" in schema:
        _walk(document, (*keys, "items"), where.inside("[*]"), found)
    if isinstance(schema.get("additionalProperties"), dict):
        _walk(document, (*keys, "additionalProperties"), where.inside(".*"), found)
    for number, _ in enumerate(schema.get("oneOf", [])):
        inner = (*keys, "oneOf", number)
        tag = _tag(at(document, followed(document, inner)))
        chosen = where._replace(path=where.path.removesuffix("[*]") + tag) if tag else where
        _walk(document, inner, chosen, found)


def _tag(variant: Json) -> str:
    """Return the step of a path to a variant that a property with few values identifies."""
    tags = [
        (len(schema["enum"]), name, sorted(schema["enum"]))
        for name, schema in variant.get("properties", {}).items()
        if "enum" in schema and name in variant["required"]
    ]
    for _, name, values in sorted(tags):
        return "[?" + " || ".join(f'@.{name}=="{value}"' for value in values) + "]"
    return ""
