"""Find our operations in other documents, in whatever version, and compare them.

HubSpot puts the version into the path: `/crm/v3/associations/…`, `/crm/associations/2026-03/…`,
`/automation/2026-09-beta/…`. Paths that differ in nothing but that, or in what comes before the
first step they share, are versions of one operation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from comparison.differences import Difference, Found, Meaning, Place, found, merged
from comparison.documents import Document, Operation
from comparison.operations import compare, wire_path

_VERSION: Final = re.compile(r"v(?P<number>\d+)|(?P<month>\d{4}-\d{2})(?P<stage>-\w+)?")
# Steps that many paths end with, and that say nothing of what is read.
_ACTIONS: Final = {"{}", "batch", "read"}
# Greater than any number of a version.
_DATED: Final = 1000
NEWER: Final = "a newer version exists"


@dataclass(frozen=True)
class Comparison:
    """What a comparison came to."""

    differences: list[Difference]
    compared: list[str]
    """The operations that were found: our ids, or paths of other versions."""
    missing: list[str]
    """The ids of our operations of which the documents say nothing."""
    sides: tuple[str, str] = ("ours", "published")
    """What the two that were compared are called."""


def compare_with_ours(ours: Document, documents: list[Document]) -> Comparison:
    """Compare what HubSpot publishes with our spec, which has to be read as published.

    Raises DocumentError if something refers to nothing.
    """
    published = _by_path(documents, ours.operations)
    differences: list[Found] = []
    compared, missing = [], []
    for operation in ours.operations:
        newer = _newer(operation, published, ours.operations)
        partner = published.get(wire_path(operation.path)) or next(iter(newer), None)
        if partner is not None:
            differences += compare(operation, partner, operation.id)
        elif _is_documented(operation, documents):
            differences.append(_goes(operation, operation.id))
        else:
            missing.append(operation.id)
            continue
        compared.append(operation.id)
        others = [other for other in newer if other is not partner]
        differences += [_is_newer(operation, other, operation.id) for other in others]
    return Comparison(merged(differences), compared, missing)


def compare_versions(ours: Document, old: list[Document], new: list[Document]) -> Comparison:
    """Compare two states of HubSpot's documents, as far as they are about our operations.

    Raises DocumentError if something refers to nothing.
    """
    olds, news = (_by_path(documents, ours.operations) for documents in (old, new))
    ids = {wire_path(operation.path): operation.id for operation in ours.operations}
    names = {path: ids.get(path, operation.path) for path, operation in {**olds, **news}.items()}
    moves = dict(_moves(olds, news))
    differences: list[Found] = []
    for path, operation in olds.items():
        partner = news.get(moves.get(path, path))
        if partner is not None:
            differences += compare(operation, partner, names[path])
        else:
            differences.append(_goes(operation, names[path]))
    for path in news.keys() - olds.keys() - set(moves.values()):
        differences.append(_comes(news[path], olds, names[path]))
    known = {names[path] for path in names}
    missing = [operation.id for operation in ours.operations if operation.id not in known]
    return Comparison(merged(differences), sorted(known), missing, ("old", "new"))


def _by_path(documents: list[Document], ours: list[Operation]) -> dict[str, Operation]:
    """Give the published versions of our operations by their path, once each."""
    published = [each for document in documents for each in document.operations]
    methods = {own.method for own in ours}
    by_path: dict[str, Operation] = {}
    # Where a path has several methods, those that ours have count.
    for operation in sorted(published, key=lambda each: each.method not in methods):
        if any(are_versions_of_one(operation, own) for own in ours):
            by_path.setdefault(wire_path(operation.path), operation)
    return by_path


def _newer(
    operation: Operation, published: dict[str, Operation], ours: list[Operation]
) -> list[Operation]:
    """Give the versions that are as new as the newest of ours, the newest first.

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


def _is_documented(operation: Operation, documents: list[Document]) -> bool:
    """Say whether the documents describe the API that an operation belongs to, in its version."""
    literal = wire_path(operation.path).partition("{}")[0]
    api = literal.removesuffix("batch/read").rstrip("/") + "/"
    return any(each.path.startswith(api) for document in documents for each in document.operations)


def _moves(olds: dict[str, Operation], news: dict[str, Operation]) -> Iterator[tuple[str, str]]:
    """Give the paths that went, each with the one that came for it."""
    for path, operation in olds.items():
        family = [other for other in news.values() if are_versions_of_one(other, operation)]
        if family and not any(wire_path(other.path) in olds for other in family):
            yield path, wire_path(max(family, key=lambda other: version(other.path)).path)


def _goes(operation: Operation, name: str) -> Found:
    place, source = Place(name), operation.node.source
    return found(source, Meaning.BREAKING, place, "operation", operation.path, None)


def _is_newer(operation: Operation, newer: Operation, name: str) -> Found:
    place, source = Place(name), operation.node.source
    return found(source, Meaning.ADDITION, place, NEWER, operation.path, newer.path)


def _comes(operation: Operation, olds: dict[str, Operation], name: str) -> Found:
    older = [old for old in olds.values() if are_versions_of_one(old, operation)]
    if older:
        newest = max(older, key=lambda old: version(old.path))
        return _is_newer(newest, operation, name)
    place, source = Place(name), operation.node.source
    return found(source, Meaning.ADDITION, place, "operation", None, operation.path)


# Versions -------------------------------------------------------------------------------------


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
