"""Find our operations in HubSpot's documents, and compare them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from comparison.differences import ABSENT, Difference, Found, Meaning, Place, found, merged
from comparison.documents import Document, DocumentError, Operation
from comparison.operations import compare, wire_path
from comparison.versions import by_path, is_documented, moves, newer, predecessor

NEWER: Final = "a newer version exists"


@dataclass
class Comparison:
    """What a comparison came to."""

    sides: tuple[str, str]
    """What the two that are compared are called."""
    differences: list[Difference] = field(default_factory=list)
    compared: list[str] = field(default_factory=list)
    """The operations that were found: our ids, or paths of other versions."""
    missing: list[str] = field(default_factory=list)
    """The ids of our operations of which the documents say nothing."""
    failed: list[str] = field(default_factory=list)
    """What could not be compared, and why."""


def compare_with_ours(spec: Document, documents: list[Document]) -> Comparison:
    """Compare what HubSpot publishes with our spec."""
    stated = replace(spec, ours=True)
    declared = replace(stated, as_published=True)
    published = by_path(documents, spec.operations)
    comparison = Comparison(("ours", "published"))
    differences: list[Found] = []
    for operation, as_published in zip(stated.operations, declared.operations, strict=True):
        others = newer(operation, published, spec.operations)
        partner = published.get(wire_path(operation.path)) or next(iter(others), None)
        if partner is None and not is_documented(operation, documents):
            comparison.missing.append(operation.id)
            continue
        comparison.compared.append(operation.id)
        differences += [
            _newer_version(operation, other, operation.id)
            for other in others
            if other is not partner
        ]
        if partner is None:
            differences.append(_gone(operation, operation.id))
            continue
        try:
            expected = list(compare(as_published, partner, operation.id))
            differences += _judged(expected, list(compare(operation, partner, operation.id)))
        except DocumentError as error:
            comparison.failed.append(f"{operation.id}: {error}")
    comparison.differences = merged(differences)
    return comparison


def _judged(expected: list[Found], stated: list[Found]) -> Iterator[Found]:
    """Say of each difference from what the spec declares what it is to whoever follows the spec.

    `expected` are the differences from what the spec declares that HubSpot publishes, `stated`
    those from what it says itself. Where it says what it declares, both are the same.
    """
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
    """Return what two differences have in common if they are one.

    That a property is gone is one difference, whether it was required or not.
    """
    gone = found.what == "property" and found.new == ABSENT
    return (found.place, found.what, "" if gone else found.old, found.new)


def _is_about(other: Found, found: Found) -> bool:
    """Say whether a difference is about the same as another, or part of it."""
    if found.old == ABSENT and found.what in {"property", "response"}:
        return other.place.is_inside(found.place)
    return other.place == found.place and _aspect(other) == _aspect(found)


def _aspect(found: Found) -> str:
    """Say what a difference is about: whether something is there, is required, or its value."""
    return found.what if found.what in {"property", "response", "required"} else "value"


def compare_versions(spec: Document, old: list[Document], new: list[Document]) -> Comparison:
    """Compare two states of HubSpot's documents, as far as they are about our operations."""
    olds, news = (by_path(documents, spec.operations) for documents in (old, new))
    ids = {wire_path(operation.path): operation.id for operation in spec.operations}
    # From one of ours to another of ours is no move: both are there to stay.
    moved = {path: now for path, now in moves(olds, news) if path not in ids or now not in ids}
    comparison = Comparison(("was", "is"))
    if not olds or not news:
        return comparison
    differences: list[Found] = []
    for path, operation in olds.items():
        now = moved.get(path, path)
        name = ids.get(path) or ids.get(now) or operation.path
        comparison.compared.append(name)
        if now not in news:
            differences.append(_gone(operation, name))
            continue
        try:
            differences += compare(operation, news[now], name)
        except DocumentError as error:
            comparison.failed.append(f"{name}: {error}")
    for path, operation in news.items():
        if path not in olds and path not in moved.values():
            name = ids.get(path, operation.path)
            comparison.compared.append(name)
            older = predecessor(operation, olds)
            if older is not None:
                older_name = ids.get(wire_path(older.path), older.path)
                differences.append(_newer_version(older, operation, older_name))
            else:
                differences.append(_come(operation, name))
    comparison.compared.sort()
    comparison.differences = merged(differences)
    return comparison


def _gone(operation: Operation, name: str) -> Found:
    source = operation.node.pointer
    return found(source, Meaning.BREAKING, Place(name), "operation", operation.path, None)


def _newer_version(operation: Operation, other: Operation, name: str) -> Found:
    source = operation.node.pointer
    return found(source, Meaning.ADDITION, Place(name), NEWER, operation.path, other.path)


def _come(operation: Operation, name: str) -> Found:
    source = operation.node.pointer
    return found(source, Meaning.ADDITION, Place(name), "operation", None, operation.path)
