"""Where the parts of a published document are met on the wire: read off the document by itself."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from .published_parts import Json

Keys = tuple[str | int, ...]
METHODS: Final = {"get", "put", "post", "delete", "patch"}


class Where(NamedTuple):
    """A place on the wire, as the comparison names it."""

    operation: str
    part: str
    path: str

    def inside(self, step: str) -> Where:
        return self._replace(path=self.path + step)

    @property
    def is_sent(self) -> bool:
        """Whether it is something that we send."""
        return not self.part.startswith("response")


class Places(NamedTuple):
    """Each schema that an operation reaches, by its keys in the document."""

    slots: dict[Keys, list[Where]]
    """What holds a schema or a reference to one."""
    schemas: dict[Keys, list[Where]]
    """What is no reference."""


def at(document: Any, keys: Keys) -> Any:
    for key in keys:
        document = document[key]
    return document


def operation_keys(document: Json, path: str) -> Keys:
    (method,) = document["paths"][path].keys() & METHODS
    return "paths", path, method


def followed(document: Json, keys: Keys) -> Keys:
    """The keys of what a reference leads to, or of what stands there if it is none."""
    while "$ref" in (here := at(document, keys)):
        keys = tuple(here["$ref"].removeprefix("#/").split("/"))
    return keys


def part_of(document: Json, path: str, keys: Keys) -> str:
    """What the comparison calls a parameter."""
    parameter = at(document, keys)
    name = parameter["name"]
    if parameter["in"] == "path":
        name = f"parameter {re.findall('{(.*?)}', path).index(name) + 1}"
    return f"{parameter['in']} {name}"


def outermost(document: Json, path: str, name: str) -> Iterator[tuple[Keys, Where]]:
    """The schemas that an operation states itself, with their places."""
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
    """Every place of an operation, which the comparison calls `name`."""
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
    """How a path names the variant of a choice that has a property of few values."""
    tags = [
        (len(schema["enum"]), name, sorted(schema["enum"]))
        for name, schema in variant.get("properties", {}).items()
        if "enum" in schema and name in variant["required"]
    ]
    for _, name, values in sorted(tags):
        return "[?" + " || ".join(f'@.{name}=="{value}"' for value in values) + "]"
    return ""
