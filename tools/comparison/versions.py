"""Find versions of our operations in published documents.

HubSpot puts the version into the path: `/crm/v3/associations/…`, `/crm/associations/2026-03/…`,
`/automation/2026-09-beta/…`. Paths that differ in nothing but that, or in what comes before the
first step they share, are versions of one operation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from comparison.documents import Document, DocumentError, Operation
from comparison.operations import compare, wire_path

_VERSION: Final = re.compile(r"v(?P<number>\d+)|(?P<month>\d{4}-\d{2})(?P<stage>-\w+)?")
# Steps that many paths end with, and that say nothing of what is read.
_ACTIONS: Final = {"{}", "batch", "read"}
# Greater than any number of a version.
_DATED: Final = 1000


def version(path: str) -> tuple[int, str, bool]:
    """Give the version in a path, so that a newer one is greater; a date is newer than a number."""
    for step in path.split("/"):
        if match := _VERSION.fullmatch(step):
            if match["number"]:
                return (int(match["number"]), "", True)
            return (_DATED, match["month"], match["stage"] is None)
    return (0, "", True)


def are_versions_of_one(one: Operation, other: Operation) -> bool:
    """Say whether two operations are one, in different versions or under different prefixes."""
    steps, others = _steps(one.path), _steps(other.path)
    common: set[str] = set()
    while steps and others and steps[-1] == others[-1]:
        common.add(steps.pop())
        others.pop()
    return not common <= _ACTIONS and "{}" not in {*steps, *others}


def _steps(path: str) -> list[str]:
    """Give the steps of a path without the version and the names of parameters."""
    steps = wire_path(path).strip("/").split("/")
    return [step for step in steps if not _VERSION.fullmatch(step)]


def by_path(documents: list[Document], ours: list[Operation]) -> dict[str, Operation]:
    """Give the published versions of our operations by their path, without parameter names.

    Raises DocumentError if two documents describe one of them differently.
    """
    published = [each for document in documents for each in document.operations]
    methods = {own.method for own in ours}
    by_path: dict[str, Operation] = {}
    # Where a path has several methods, those that ours have count.
    for operation in sorted(published, key=lambda each: each.method not in methods):
        if any(are_versions_of_one(operation, own) for own in ours):
            first = by_path.setdefault(wire_path(operation.path), operation)
            twice = first is not operation and first.method == operation.method
            if twice and any(compare(first, operation, "")):
                names = " and ".join(each.node.document.name for each in (first, operation))
                raise DocumentError(f"{names} describe {operation.path} differently: give one")
    return by_path


def newer(
    operation: Operation, published: dict[str, Operation], ours: list[Operation]
) -> list[Operation]:
    """Give the versions that are not ours and as new as the newest of ours, the newest first.

    Only our newest version has newer ones: the others are behind it already.
    """
    family = [own for own in ours if are_versions_of_one(own, operation)]
    newest = max(version(own.path) for own in family)
    if version(operation.path) < newest:
        return []
    known = {wire_path(own.path) for own in family}
    others = [
        other
        for path, other in published.items()
        if path not in known and are_versions_of_one(other, operation) and version(path) >= newest
    ]
    return sorted(others, key=lambda other: version(other.path), reverse=True)


def is_documented(operation: Operation, documents: list[Document]) -> bool:
    """Say whether the documents describe the API that an operation belongs to, in its version."""
    literal = wire_path(operation.path).partition("{}")[0]
    api = literal.removesuffix("batch/read").rstrip("/") + "/"
    return any(each.path.startswith(api) for document in documents for each in document.operations)


def moves(olds: dict[str, Operation], news: dict[str, Operation]) -> Iterator[tuple[str, str]]:
    """Give the paths that went, each with the one that came in its place.

    That is the newest version in both cases: an older one that ends has its successor already.
    """
    for path, operation in olds.items():
        family = [old for old in olds.values() if are_versions_of_one(old, operation)]
        newest = max(family, key=lambda each: version(each.path))
        come = [
            new
            for new_path, new in news.items()
            if new_path not in olds and are_versions_of_one(new, operation)
        ]
        if path not in news and operation is newest and come:
            yield path, wire_path(max(come, key=lambda each: version(each.path)).path)


def predecessor(operation: Operation, olds: dict[str, Operation]) -> Operation | None:
    """Give the newest of those versions of an operation that it is not older than."""
    family = [
        old
        for old in olds.values()
        if are_versions_of_one(old, operation) and version(old.path) <= version(operation.path)
    ]
    return max(family, key=lambda each: version(each.path), default=None)
