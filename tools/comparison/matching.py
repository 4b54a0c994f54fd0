"""Find our operations in HubSpot's documents, and compare them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from comparison.differences import ABSENT, Difference, Meaning, Place, found, merged
from comparison.documents import Document, DocumentError, Operation
from comparison.operations import compare
from comparison.versions import find, is_documented, match, of_interest

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

    def take(self, name: str, differences: Iterable[Difference]) -> list[Difference] | None:
        """Return the differences of an operation; note a failure and return None."""
        try:
            return list(differences)
        except DocumentError as error:
            self.failed.append(f"{name}: {error}")
            return None


def compare_with_ours(spec: Document, documents: list[Document]) -> Comparison:
    """Compare HubSpot's documents with our spec."""
    ours, declared = (
        {operation.wire_path: operation for operation in each.operations}
        for each in (spec.stated, spec.declared)
    )
    published = find(documents, list(ours.values()))
    comparison = Comparison(("ours", "published"), failed=[*published.unread])
    now, come = match(ours, of_interest(published, ours), ours)
    differences: list[Difference] = []
    for own, new in now:
        name = own.id
        if new is None and not is_documented(own, published):
            comparison.missing.append(name)
            continue
        comparison.compared.append(name)
        if new is None:
            differences.append(_gone(own, name))
        else:
            expected = compare(declared[own.wire_path], new, name)
            judged = _judged(expected, compare(own, new, name))
            differences += comparison.take(name, judged) or []
    for older, new in come:
        assert older is not None, "only what is as new as ours is of interest"
        expected = compare(declared[older.wire_path], new, older.id)
        details = comparison.take(older.id, expected)
        differences.append(_newer_version(older, new, older.id, details))
    comparison.differences = merged(differences)
    return comparison


def _judged(expected: Iterable[Difference], stated: Iterable[Difference]) -> Iterator[Difference]:
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


def _identity(one: Difference) -> tuple[object, ...]:
    """Return a key that is equal for two differences that are the same.

    A removed property is one difference, whether it was required or not.
    """
    gone = one.what == "property" and one.new == ABSENT
    return (one.place, one.what, "" if gone else one.old, one.new)


def _is_about(other: Difference, one: Difference) -> bool:
    """Return whether a difference is about the subject of another, or a part of it."""
    if one.old == ABSENT and one.what in {"property", "response"}:
        return other.place.is_inside(one.place)
    return other.place == one.place and _aspect(other) == _aspect(one)


def _aspect(one: Difference) -> str:
    """Return the subject of a difference: one of these, or else the value."""
    aspects = {"property", "response", "required", "deprecated"}
    return one.what if one.what in aspects else "value"


def compare_versions(spec: Document, old: list[Document], new: list[Document]) -> Comparison:
    """Compare our operations in two versions of HubSpot's documents."""
    before, after = (find(documents, spec.operations) for documents in (old, new))
    comparison = Comparison(("was", "is"), failed=[*before.unread, *after.unread])
    if not before.operations or not after.operations:
        return comparison
    ids = {operation.wire_path: operation.id for operation in spec.operations}
    now, come = match(before.operations, after.operations, ids)
    differences: list[Difference] = []
    for was, operation in now:
        name = ids.get(was.wire_path) or ids.get((operation or was).wire_path) or was.path
        comparison.compared.append(name)
        if operation is None:
            differences.append(_gone(was, name))
        else:
            differences += comparison.take(name, compare(was, operation, name)) or []
    for older, operation in come:
        name = ids.get(operation.wire_path, operation.path)
        comparison.compared.append(name)
        if older is None:
            differences.append(_come(operation, name))
        else:
            older_name = ids.get(older.wire_path, older.path)
            details = comparison.take(older_name, compare(older, operation, older_name))
            differences.append(_newer_version(older, operation, older_name, details))
    comparison.compared.sort()
    comparison.differences = merged(differences)
    return comparison


def _gone(operation: Operation, name: str) -> Difference:
    source = operation.node.pointer
    return found(source, Meaning.BREAKING, Place(name), "operation", operation.path, None)


def _newer_version(
    operation: Operation, other: Operation, name: str, differences: list[Difference] | None
) -> Difference:
    source = operation.node.pointer
    line = found(source, Meaning.ADDITION, Place(name), NEWER, operation.path, other.path)
    if differences is None:
        return line
    # The line itself says that it has another path.
    details = merged(each for each in differences if each.what != "path")
    return replace(line, details=tuple(details))


def _come(operation: Operation, name: str) -> Difference:
    source = operation.node.pointer
    return found(source, Meaning.ADDITION, Place(name), "operation", None, operation.path)
