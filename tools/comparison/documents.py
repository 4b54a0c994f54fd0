"""OpenAPI documents, 3.0 or 3.1, in JSON or YAML, and the operations in them.

A document comes from a file, from a folder (every document in it, at any depth) or from an
http(s) address. What cannot be read is a `DocumentError` that names it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import yaml
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable

Json = dict[str, Any]

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
SUFFIXES: Final = (".json", ".yaml", ".yml")


class DocumentError(Exception):
    """A document cannot be read, or is none; the text names it."""


@dataclass(frozen=True)
class Document:
    """An OpenAPI document."""

    name: str
    """Where it came from: a path or an address."""
    content: Json
    as_published: bool = False
    """Read it as what `x-deviates-from-hubspot` says that HubSpot publishes."""

    @cached_property
    def _registry(self) -> Registry[Any]:
        resource = Resource.opaque(self.content)
        registry: Registry[Any] = Registry[Any]().with_resource("", resource)
        return registry

    def lookup(self, reference: str) -> Node:
        """Find what a `$ref` points to; raises DocumentError if that is nowhere in the document."""
        try:
            found = self._registry.resolver().lookup(reference).contents
        except Unresolvable as error:
            raise DocumentError(f"{self.name}: nothing is at {reference}") from error
        return Node(self, reference.removeprefix("#"), found)

    @cached_property
    def operations(self) -> list[Operation]:
        """Every operation."""
        return list(self._operations())

    def _operations(self) -> Iterator[Operation]:
        paths = Node(self, "", self.content).child("paths")
        for path, item in paths.children():
            shared = item.child("parameters", [])
            for method in METHODS:
                if method in item.raw:
                    operation = item.child(method)
                    both = [*shared.children(), *operation.child("parameters", []).children()]
                    yield Operation(
                        method,
                        self._prefix + path,
                        operation,
                        [each.resolved() for _, each in both],
                    )

    @property
    def _prefix(self) -> str:
        """The part of every path that stands in the server's address."""
        servers = self.content.get("servers") or [{}]
        return urlsplit(str(servers[0].get("url", ""))).path.rstrip("/")


@dataclass(frozen=True)
class Node:
    """A part of a document, and where it is."""

    document: Document = field(repr=False)
    pointer: str
    """JSON pointer within the document."""
    raw: Any
    declared: frozenset[str] = frozenset()
    """The keys in it that come from a deviation, not from the spec itself; `*` if nothing does."""

    @property
    def source(self) -> tuple[str, str]:
        """Document and pointer: what tells it from every other node."""
        return self.document.name, self.pointer

    def child(self, key: str, default: object = None) -> Node:
        """Give the part under a key; `default`, or an empty object, if there is none."""
        raw = self.raw.get(key, {} if default is None else default)
        step = key.replace("~", "~0").replace("/", "~1")
        declared = everything(raw) if key in self.declared else frozenset[str]()
        return Node(self.document, f"{self.pointer}/{step}", raw, declared)

    def children(self) -> list[tuple[str, Node]]:
        """Give every part under a key, or in a list, with its key or number."""
        if isinstance(self.raw, list):
            numbered = replace(
                self, raw={str(number): part for number, part in enumerate(self.raw)}
            )
            return numbered.children()
        return [(key, self.child(key)) for key in self.raw]

    def resolved(self) -> Node:
        """Give what this refers to, if it is a reference."""
        node = self
        seen: set[str] = set()
        while isinstance(node.raw, dict) and "$ref" in node.raw:
            if node.pointer in seen:
                raise DocumentError(f"{self.document.name}: {self.pointer} refers to itself")
            seen.add(node.pointer)
            node = self.document.lookup(node.raw["$ref"])
        return node


def everything(raw: object) -> frozenset[str]:
    """Give what `declared` is for a node that comes from a deviation as a whole."""
    if isinstance(raw, list):
        return frozenset({"*", *map(str, range(len(raw)))})
    return frozenset({"*", *raw}) if isinstance(raw, dict) else frozenset("*")


@dataclass(frozen=True)
class Operation:
    """An operation of a document."""

    method: str
    path: str
    node: Node = field(repr=False)
    parameters: list[Node] = field(repr=False)

    @property
    def id(self) -> str:
        """The operation's id; method and path where it has none."""
        return str(self.node.raw.get("operationId", f"{self.method.upper()} {self.path}"))


def load(place: str, *, as_published: bool = False) -> list[Document]:
    """Read the documents that a path or an address stands for.

    A folder may hold other files too: they are left out if they are no OpenAPI documents, but not
    if they cannot be read at all. Raises DocumentError.
    """
    if place.startswith(("https://", "http://")):
        return [_document(place, _fetch(place), as_published=as_published)]
    path = Path(place)
    if not path.is_dir():
        return [_document(place, _text(path), as_published=as_published)]
    files = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
    parsed = [(str(file), _parse(str(file), _text(file))) for file in files]
    return [
        Document(name, content, as_published) for name, content in parsed if is_openapi(content)
    ]


def _document(name: str, text: str, *, as_published: bool) -> Document:
    content = _parse(name, text)
    if not is_openapi(content):
        raise DocumentError(f"{name}: no OpenAPI 3 document")
    return Document(name, content, as_published)


def is_openapi(content: object) -> bool:
    """Say whether this is an OpenAPI document, of version 3."""
    return (
        isinstance(content, dict)
        and str(content.get("openapi", "")).startswith("3.")
        and isinstance(content.get("paths"), dict)
    )


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(f"{path}: {getattr(error, 'strerror', None) or error}") from error


def _fetch(address: str) -> str:
    try:
        response = httpx.get(address, follow_redirects=True, timeout=60)
        response.raise_for_status()
    except httpx.HTTPError as error:
        raise DocumentError(f"{address}: {error}") from error
    return response.text


def _parse(name: str, text: str) -> Any:
    try:
        if text.lstrip().startswith("{"):
            return json.loads(text)
        # In YAML a status may be a number, and a day a date; in JSON neither can.
        return json.loads(json.dumps(yaml.safe_load(text), default=str))
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise DocumentError(f"{name}: neither JSON nor YAML: {error}") from error
