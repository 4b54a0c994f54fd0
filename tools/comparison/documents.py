"""OpenAPI documents, 3.0 or 3.1, in JSON or YAML, and the operations in them.

A document comes from a file, from a folder (every document in it, at any depth) or from an
http(s) address. A `DocumentError` names a document that cannot be read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import yaml
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable

Json = dict[str, Any]

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
SUFFIXES: Final = (".json", ".yaml", ".yml")


class DocumentError(Exception):
    """A document cannot be read, or is not an OpenAPI document; the text names it."""


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Raise a DocumentError that names `what` if it is not valid OpenAPI."""
    try:
        yield
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise DocumentError(f"{what}: not as OpenAPI has it: {error!r}") from error


@dataclass(frozen=True)
class Document:
    """An OpenAPI document."""

    name: str
    """Its source: a path or an address."""
    content: Json
    ours: bool = False
    """Whether it is our spec, which may state limits that HubSpot does not publish."""
    as_published: bool = False
    """Whether to read it as HubSpot publishes it, according to its `x-deviates-from-hubspot`."""
    seen: dict[str, Any] = field(default_factory=dict, init=False, compare=False, repr=False)
    """A cache of its parsed parts by pointer, because `wire` needs many of them often."""

    @cached_property
    def _registry(self) -> Registry[Any]:
        resource = Resource.opaque(self.content)
        registry: Registry[Any] = Registry[Any]().with_resource("", resource)
        return registry

    def lookup(self, reference: str) -> Node:
        """Return the target of a `$ref`. Raises DocumentError if the document does not have it."""
        try:
            found = self._registry.resolver().lookup(reference).contents
        except Unresolvable as error:
            raise DocumentError(f"{self.name}: {reference} does not exist") from error
        return Node(self, reference.removeprefix("#"), found)

    @cached_property
    def stated(self) -> Document:
        """The document as our spec."""
        return replace(self, ours=True)

    @cached_property
    def declared(self) -> Document:
        """The document as our spec, read as it declares that HubSpot publishes it."""
        return replace(self, ours=True, as_published=True)

    @cached_property
    def operations(self) -> list[Operation]:
        """Every operation. Raises DocumentError."""
        with reading(self.name):
            return list(self._operations())

    def _operations(self) -> Iterator[Operation]:
        root = Node(self, "", self.content)
        for path, item in root.child("paths").children():
            extension = not path.startswith("/")
            for method, node in [] if extension else item.resolved().children():
                if method in METHODS:
                    host, prefix = _server(node, item.resolved(), root)
                    yield Operation(method, prefix + path, node, item.resolved(), host)


@dataclass(frozen=True)
class Node:
    """A part of a document, and its place."""

    document: Document = field(repr=False)
    pointer: str
    """JSON pointer within the document."""
    raw: Any
    declared: frozenset[str] = frozenset()
    """The keywords that a deviation covers; `*` if all."""

    def child(self, key: str) -> Node:
        """Return the part under a key, or an empty one. Raises DocumentError."""
        if not isinstance(self.raw, dict):
            raise DocumentError(f"{self.document.name}: {self.pointer} is not an object")
        step = key.replace("~", "~0").replace("/", "~1")
        raw = self.raw.get(key)
        # A deviation covers everything inside the keywords that it names.
        declared = {"*", *_keyed(raw)} if key in self.declared else ()
        return Node(self.document, f"{self.pointer}/{step}", raw, frozenset(declared))

    def children(self) -> list[tuple[str, Node]]:
        """Return the parts with their keys or numbers. Raises DocumentError for a plain value."""
        if not self.raw:
            return []
        keyed = Node(self.document, self.pointer, _keyed(self.raw) or self.raw, self.declared)
        return [(key, keyed.child(key)) for key in keyed.raw]

    def text(self, key: str) -> str:
        """Return the text under a key. Raises DocumentError if there is none."""
        value = self.child(key).raw
        if not isinstance(value, str):
            raise DocumentError(f"{self.document.name}: {self.pointer} has no {key}")
        return value

    def resolved(self) -> Node:
        """Return the target if this is a reference. Raises DocumentError if there is no target."""
        node = self
        seen: set[str] = set()
        while isinstance(node.raw, dict) and "$ref" in node.raw:
            if node.pointer in seen:
                raise DocumentError(f"{self.document.name}: {self.pointer} refers to itself")
            seen.add(node.pointer)
            node = self.document.lookup(node.text("$ref"))
        return node


def _keyed(raw: object) -> Json:
    """Return the parts of a value by key or number."""
    if isinstance(raw, list):
        return {str(number): part for number, part in enumerate(raw)}
    return raw if isinstance(raw, dict) else {}


@dataclass(frozen=True)
class Operation:
    """An operation of a document."""

    method: str
    path: str
    """The path, including that of the server's address."""
    node: Node = field(repr=False)
    item: Node = field(repr=False)
    """The path item, which may have parameters for all of its operations."""
    host: str
    """The server with its protocol; empty if none is named."""
    conflict: str = ""
    """Why it cannot be compared: how another document contradicts this one."""

    @property
    def wire_path(self) -> str:
        """The path without the names of its parameters, which are not sent."""
        return re.sub(r"\{[^}]*\}", "{}", self.path)

    @property
    def id(self) -> str:
        """The operation's id, or its path if it has none."""
        return str(self.node.child("operationId").raw or self.path)

    @property
    def parameters(self) -> list[Node]:
        """Its parameters. Raises DocumentError if a reference has no target."""
        both = (self.item, self.node)
        return [each.resolved() for node in both for _, each in node.child("parameters").children()]


def _server(*stated_in: Node) -> tuple[str, str]:
    """Return the host of the first server, and the path in its address."""
    stated = (each.child("servers").raw for each in stated_in)
    servers = next(filter(None, stated), None) or [{}]
    address = urlsplit(str(servers[0].get("url", "")))
    host = f"{address.scheme}://{address.netloc}".lower() if address.netloc else ""
    return host, address.path.rstrip("/")


def load(place: str) -> list[Document]:
    """Read the documents at a path or an address.

    A folder may contain other files. Those that are not OpenAPI documents are skipped; unreadable
    ones are not. Raises DocumentError.
    """
    if place.startswith(("https://", "http://")):
        return [_document(place, _fetch(place))]
    path = Path(place)
    if not path.is_dir():
        return [_document(place, _text(path))]
    files = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
    parsed = [(str(file), _parse(str(file), _text(file))) for file in files]
    return [Document(name, content) for name, content in parsed if is_openapi(content)]


def _document(name: str, text: str) -> Document:
    content = _parse(name, text)
    if not is_openapi(content):
        raise DocumentError(f"{name}: no OpenAPI 3 document")
    return Document(name, content)


def is_openapi(content: object) -> bool:
    """Return whether this is an OpenAPI document, of version 3."""
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
    import httpx  # noqa: PLC0415 - takes as long as all else, and most documents are files

    try:
        response = httpx.get(address, follow_redirects=True, timeout=60)
        response.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DocumentError(f"{address}: {error}") from error
    return response.text.removeprefix("\ufeff")


def _parse(name: str, text: str) -> Any:
    try:
        if text.lstrip().startswith("{"):
            return json.loads(text)
        # In YAML, a status may be a number, and a day a date; in JSON, neither can be.
        return json.loads(json.dumps(yaml.safe_load(text), default=str))
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise DocumentError(f"{name}: neither JSON nor YAML: {error}") from error
