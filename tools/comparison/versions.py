"""Find versions of our operations in published documents.

HubSpot puts the version into the path: `/crm/v3/associations/…`, `/crm/associations/2026-03/…`,
`/automation/2026-09-beta/…`. Paths that differ only in the version, or in the steps before the
first one they share, are versions of one operation.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from comparison.documents import Document, DocumentError, Operation
from comparison.operations import compare

_VERSION: Final = re.compile(r"v(?P<number>\d+)|(?P<month>\d{4}-\d{2})(?P<stage>-\w+)?")
# Steps at the end of many paths, which do not identify an operation.
_ACTIONS: Final = {"{}", "batch", "read"}
# Greater than any version number.
_DATED: Final = 1000


# Paths ------------------------------------------------------------------------------------------


def version(path: str) -> tuple[int, str, bool]:
    """Return the version in a path: newer ones are greater, and dates greater than numbers."""
    return max(map(_version, path.split("/")))


def _version(step: str) -> tuple[int, str, bool]:
    match = _VERSION.fullmatch(step)
    if match is None:
        return (0, "", True)
    if match["number"]:
        return (int(match["number"]), "", True)
    return (_DATED, match["month"], match["stage"] is None)


def _is_beta(path: str) -> bool:
    return not version(path)[2]


def _is_as_new(path: str, other: str) -> bool:
    """Return whether one version is at least as new as another; no beta is newer than a release."""
    gives_way = _is_beta(other) and not _is_beta(path)
    return gives_way or version(path) >= version(other)


def are_versions_of_one(one: Operation, other: Operation) -> bool:
    """Return whether two operations are the same, apart from version and prefix."""
    steps, others = _steps(one), _steps(other)
    common: set[str] = set()
    while steps and others and steps[-1] == others[-1]:
        common.add(steps.pop())
        others.pop()
    return not common <= _ACTIONS and "{}" not in {*steps, *others}


def _steps(operation: Operation) -> list[str]:
    """Return the steps of a path without the version and the names of parameters."""
    steps = operation.wire_path.strip("/").split("/")
    return [step for step in steps if not _VERSION.fullmatch(step)]


# Documents --------------------------------------------------------------------------------------


@dataclass
class Published:
    """The operations in some documents."""

    operations: dict[str, Operation] = field(default_factory=dict)
    """The versions of our operations, by path without the names of parameters."""
    paths: list[str] = field(default_factory=list)
    """The paths of all operations, ours or not."""
    unread: list[str] = field(default_factory=list)
    """The documents that could not be searched, and why."""


def find(documents: list[Document], ours: list[Operation]) -> Published:
    """Find the versions of our operations in documents."""
    published = Published()
    every: list[Operation] = []
    for document in documents:
        try:
            every += document.operations
        except DocumentError as error:
            published.unread.append(str(error))
    published.paths = [operation.path for operation in every]
    methods = {own.method for own in ours}
    # If a path has several methods, only those of our operations count.
    for operation in sorted(every, key=lambda each: each.method not in methods):
        if any(are_versions_of_one(operation, own) for own in ours):
            path = operation.wire_path
            first = published.operations.get(path, operation)
            conflict = first.conflict or _conflict(first, operation)
            published.operations[path] = replace(first, conflict=conflict)
    return published


def _conflict(one: Operation, other: Operation) -> str:
    """Return how two descriptions of an operation conflict, or an empty text."""
    if one is other or one.method != other.method:
        return ""
    try:
        differ = any(compare(one, other, ""))
    except DocumentError as error:
        return str(error)
    names = " and ".join(each.node.document.name for each in (one, other))
    return f"{other.path} is described differently in {names}" if differ else ""


# Matching ---------------------------------------------------------------------------------------


def of_interest(published: Published, ours: Mapping[str, Operation]) -> dict[str, Operation]:
    """Return the published operations to compare with ours.

    Those are ours, the same versions of them in other paths if ours are gone, and versions that are
    as new as our newest one: older versions already have a newer one.
    """

    def is_of_interest(path: str, operation: Operation) -> bool:
        family = _family(operation, ours)
        gone = {version(own) for own in family if own not in published.operations}
        newest = max(family, key=version)
        return path in ours or version(path) in gone or _is_as_new(path, newest)

    return {path: each for path, each in published.operations.items() if is_of_interest(path, each)}


def is_documented(operation: Operation, published: Published) -> bool:
    """Return whether the documents describe the API of an operation, in its version."""
    literal = operation.wire_path.partition("{}")[0]
    api = literal.removesuffix("batch/read").rstrip("/") + "/"
    return any(path.startswith(api) for path in published.paths)


def match(
    olds: Mapping[str, Operation], news: Mapping[str, Operation], ours: Collection[str]
) -> tuple[list[tuple[Operation, Operation | None]], list[tuple[Operation | None, Operation]]]:
    """Match the operations of two sides, by path.

    Return the old ones, each with what it is now, or None if it is gone. And return the others of
    the new ones, the newest first, each with the version that it follows, or None if there is none.
    """
    moved = _moves(olds, news, ours)
    now = [(old, news.get(moved.get(path, path))) for path, old in olds.items()]
    come = [path for path in news if path not in olds and path not in moved.values()]
    come.sort(key=version, reverse=True)
    return now, [(_predecessor(path, news[path], olds), news[path]) for path in come]


def _moves(
    olds: Mapping[str, Operation], news: Mapping[str, Operation], ours: Collection[str]
) -> dict[str, str]:
    """Return the paths that were removed, each with the one that replaces it.

    The replacement is the same version in another path, or else the newest version if the removed
    path was the newest: older ones already have a successor. From one of our operations to another
    is not a move, because both are supported.
    """
    successors = {
        path: [
            come
            for come, new in news.items()
            if come not in olds and are_versions_of_one(new, old)
            if path not in ours or come not in ours
        ]
        for path, old in olds.items()
        if path not in news
    }
    moved: dict[str, str] = {}
    for path, others in successors.items():
        for other in others:
            if version(other) == version(path):
                moved.setdefault(path, other)
    for path, others in successors.items():
        newest = max(_family(olds[path], olds), key=version)
        left = [other for other in others if other not in moved.values()]
        if path == newest and path not in moved and left:
            moved[path] = max(left, key=version)
    return moved


def _predecessor(
    path: str, operation: Operation, olds: Mapping[str, Operation]
) -> Operation | None:
    """Return the newest version of an operation that it is at least as new as."""
    older = [old for old in _family(operation, olds) if _is_as_new(path, old)]
    return olds[max(older, key=version)] if older else None


def _family(operation: Operation, operations: Mapping[str, Operation]) -> list[str]:
    """Return the paths of the versions of an operation."""
    return [path for path, each in operations.items() if are_versions_of_one(each, operation)]
