"""Find versions of our operations in published documents.

HubSpot puts the version into the path: `/crm/v3/associations/…`, `/crm/associations/2026-03/…`,
`/automation/2026-09-beta/…`. Paths that differ only in the version, or in the steps before the
first one they share, are versions of one operation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from comparison.documents import Document, DocumentError, Operation
from comparison.operations import compare, wire_path

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
    steps, others = _steps(one.path), _steps(other.path)
    common: set[str] = set()
    while steps and others and steps[-1] == others[-1]:
        common.add(steps.pop())
        others.pop()
    return not common <= _ACTIONS and "{}" not in {*steps, *others}


def _steps(path: str) -> list[str]:
    """Return the steps of a path without the version and the names of parameters."""
    steps = wire_path(path).strip("/").split("/")
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
    unclear: dict[str, str] = field(default_factory=dict)
    """Why versions of our operations cannot be compared, by path as above."""

    def usable(self, operation: Operation) -> Operation:
        """Return one of the operations.

        Raises DocumentError if the documents describe it differently.
        """
        if why := self.unclear.get(wire_path(operation.path)):
            raise DocumentError(why)
        return operation


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
            path = wire_path(operation.path)
            first = published.operations.setdefault(path, operation)
            if conflict := _conflict(first, operation):
                published.unclear.setdefault(path, conflict)
    return published


def _conflict(one: Operation, other: Operation) -> str | None:
    """Return how two descriptions of an operation conflict, or None if they do not."""
    if one is other or one.method != other.method:
        return None
    try:
        differ = any(compare(one, other, ""))
    except DocumentError as error:
        return str(error)
    names = " and ".join(each.node.document.name for each in (one, other))
    return f"{other.path} is described differently in {names}" if differ else None


# Matching ---------------------------------------------------------------------------------------


def newer(
    operation: Operation, published: Mapping[str, Operation], ours: list[Operation]
) -> list[Operation]:
    """Return the versions that are as new as our newest one but not ours, the newest first.

    Only our newest version is compared with these: the others already have a newer one.
    """
    family = [own for own in ours if are_versions_of_one(own, operation)]
    newest = max((own.path for own in family), key=version)
    if version(operation.path) < version(newest):
        return []
    others = _others(operation, published, ours)
    as_new = [other for other in others if _is_as_new(other.path, newest)]
    return sorted(as_new, key=lambda other: version(other.path), reverse=True)


def counterpart(
    operation: Operation, published: Mapping[str, Operation], ours: list[Operation]
) -> Operation | None:
    """Return the published version of one of our operations.

    That is the one with its path, or else its version in another path, or else the newest.
    """
    if own := published.get(wire_path(operation.path)):
        return own
    others = _others(operation, published, ours)
    moved = [other for other in others if version(other.path) == version(operation.path)]
    return next(iter([*moved, *newer(operation, published, ours)]), None)


def _others(
    operation: Operation, published: Mapping[str, Operation], ours: list[Operation]
) -> list[Operation]:
    """Return the versions of an operation that are not ours."""
    known = {wire_path(own.path) for own in ours}
    return [
        other
        for path, other in published.items()
        if path not in known and are_versions_of_one(other, operation)
    ]


def is_documented(operation: Operation, published: Published) -> bool:
    """Return whether the documents describe the API of an operation, in its version."""
    literal = wire_path(operation.path).partition("{}")[0]
    api = literal.removesuffix("batch/read").rstrip("/") + "/"
    return any(path.startswith(api) for path in published.paths)


def moves(olds: Mapping[str, Operation], news: Mapping[str, Operation]) -> dict[str, str]:
    """Return the paths that were removed, each with the one that replaces it.

    The replacement is the same version in another path, or else the newest version if the removed
    path was the newest: older ones already have a successor.
    """
    gone = {path: operation for path, operation in olds.items() if path not in news}
    come = {path: operation for path, operation in news.items() if path not in olds}
    moved: dict[str, str] = {}
    for path, operation in gone.items():
        for new_path, new in come.items():
            same_version = version(new_path) == version(path)
            if same_version and are_versions_of_one(new, operation):
                moved.setdefault(path, new_path)
    for path, operation in gone.items():
        family = [old for old in olds.values() if are_versions_of_one(old, operation)]
        newest = max(family, key=lambda each: version(each.path))
        successors = [
            new_path
            for new_path, new in come.items()
            if new_path not in moved.values() and are_versions_of_one(new, operation)
        ]
        if path not in moved and operation is newest and successors:
            moved[path] = max(successors, key=version)
    return moved


def predecessor(operation: Operation, olds: Mapping[str, Operation]) -> Operation | None:
    """Return the newest version of an operation that it is at least as new as."""
    family = [
        old
        for old in olds.values()
        if are_versions_of_one(old, operation) and _is_as_new(operation.path, old.path)
    ]
    return max(family, key=lambda each: version(each.path), default=None)
