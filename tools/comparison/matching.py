"""Find our operations in HubSpot's documents, and compare them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from comparison.differences import ABSENT, Difference, Found, Meaning, Place, found, merged
from comparison.documents import Document, DocumentError, Operation
from comparison.operations import compare, wire_path
from comparison.versions import (
    Published,
    counterpart,
    find,
    is_documented,
    moves,
    newer,
    predecessor,
)

NEWER: Final = "a newer version exists"


@dataclass
class Comparison:
    """The result of a comparison."""

    sides: tuple[str, str]
    """The names of the two sides."""
    differences: list[Difference] = field(default_factory=list)
    compared: list[str] = field(default_factory=list)
    """The operations that were found: our ids, or paths of other versions."""
    missing: list[str] = field(default_factory=list)
    """The ids of our operations that the documents do not contain."""
    failed: list[str] = field(default_factory=list)
    """The comparisons that failed, and why."""

    def take(self, name: str, found: Iterable[Found]) -> list[Found] | None:
        """Return the differences of an operation; note a failure and return None."""
        try:
            return list(found)
        except DocumentError as error:
            self.failed.append(f"{name}: {error}")
            return None


def compare_with_ours(spec: Document, documents: list[Document]) -> Comparison:
    """Compare HubSpot's documents with our spec."""
    ours = spec.operations
    published = find(documents, ours)
    comparison = Comparison(("ours", "published"), failed=[*published.unread])
    differences: list[Found] = []
    for operation, as_published in zip(
        spec.stated.operations, spec.declared.operations, strict=True
    ):
        name = operation.id
        partner = counterpart(operation, published.operations, ours)
        if partner is None and not is_documented(operation, published):
            comparison.missing.append(name)
            continue
        comparison.compared.append(name)
        for other in newer(operation, published.operations, ours):
            if other is not partner:
                details = comparison.take(name, _compared(as_published, published, other, name))
                differences.append(_newer_version(operation, other, name, details))
        if partner is None:
            differences.append(_gone(operation, name))
            continue
        expected = _compared(as_published, published, partner, name)
        judged = _judged(expected, compare(operation, partner, name))
        differences += comparison.take(name, judged) or []
    comparison.differences = merged(differences)
    return comparison


def _compared(old: Operation, published: Published, new: Operation, name: str) -> Iterator[Found]:
    """Compare with an operation that documents describe. Raises DocumentError like `compare`."""
    yield from compare(old, published.usable(new), name)


def _judged(expected: Iterable[Found], stated: Iterable[Found]) -> Iterator[Found]:
    """Return the `expected` differences, with what they mean for users of the spec.

    `expected` are the differences from what the spec declares that HubSpot publishes, `stated`
    those from the spec itself. Without a declaration, both are the same.
    """
    stated = list(stated)
    said = {_identity(other): other for other in stated}
    for each in expected:
        same = said.get(_identity(each))
        if same is not None:
            yield each if each.outdated_deviation else same
        else:
            here = [other.meaning for other in stated if _is_about(other, each)]
            meanings = here or [Meaning.FORM_ONLY]
            gravest = min(meanings, key=list(Meaning).index)
            yield replace(each, meaning=gravest, outdated_deviation=True)


def _identity(found: Found) -> tuple[object, ...]:
    """Return a key that is equal for two differences that are the same.

    A removed property is one difference, whether it was required or not.
    """
    gone = found.what == "property" and found.new == ABSENT
    return (found.place, found.what, "" if gone else found.old, found.new)


def _is_about(other: Found, found: Found) -> bool:
    """Return whether a difference is about the subject of another, or a part of it."""
    if found.old == ABSENT and found.what in {"property", "response"}:
        return other.place.is_inside(found.place)
    return other.place == found.place and _aspect(other) == _aspect(found)


def _aspect(found: Found) -> str:
    """Return the subject of a difference: one of these, or else the value."""
    aspects = {"property", "response", "required", "deprecated"}
    return found.what if found.what in aspects else "value"


def compare_versions(spec: Document, old: list[Document], new: list[Document]) -> Comparison:
    """Compare our operations in two versions of HubSpot's documents."""
    before, after = (find(documents, spec.operations) for documents in (old, new))
    olds, news = before.operations, after.operations
    ids = {wire_path(operation.path): operation.id for operation in spec.operations}
    # A change from one of our operations to another is not a move: both are supported.
    moved = {
        path: now for path, now in moves(olds, news).items() if path not in ids or now not in ids
    }
    comparison = Comparison(("was", "is"), failed=[*before.unread, *after.unread])
    if not olds or not news:
        return comparison
    differences: list[Found] = []
    for path, operation in olds.items():
        now = moved.get(path, path)
        name = ids.get(path) or ids.get(now) or operation.path
        comparison.compared.append(name)
        if now in news:
            both = _both_compared(before, operation, after, news[now], name)
            differences += comparison.take(name, both) or []
        else:
            differences.append(_gone(operation, name))
    for path, operation in news.items():
        if path not in olds and path not in moved.values():
            name = ids.get(path, operation.path)
            comparison.compared.append(name)
            older = predecessor(operation, olds)
            if older is None:
                differences.append(_come(operation, name))
            else:
                older_name = ids.get(wire_path(older.path), older.path)
                both = _both_compared(before, older, after, operation, older_name)
                details = comparison.take(older_name, both)
                differences.append(_newer_version(older, operation, older_name, details))
    comparison.compared.sort()
    comparison.differences = merged(differences)
    return comparison


def _both_compared(
    before: Published, old: Operation, after: Published, new: Operation, name: str
) -> Iterator[Found]:
    yield from _compared(before.usable(old), after, new, name)


def _gone(operation: Operation, name: str) -> Found:
    source = operation.node.pointer
    return found(source, Meaning.BREAKING, Place(name), "operation", operation.path, None)


def _newer_version(
    operation: Operation, other: Operation, name: str, differences: list[Found] | None
) -> Found:
    source = operation.node.pointer
    line = found(source, Meaning.ADDITION, Place(name), NEWER, operation.path, other.path)
    if differences is None:
        return line
    # The line itself says that it has another path.
    details = merged(each for each in differences if each.what != "path")
    return replace(line, details=tuple(details))


def _come(operation: Operation, name: str) -> Found:
    source = operation.node.pointer
    return found(source, Meaning.ADDITION, Place(name), "operation", None, operation.path)
