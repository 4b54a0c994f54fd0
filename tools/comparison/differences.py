"""Differences between two descriptions of an operation, and their meaning."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

ABSENT: Final = "absent"
REQUIRED: Final = "required"


class Meaning(StrEnum):
    """The meaning of a difference for users of the first description."""

    BREAKING = "breaking"
    LOOSENING = "loosening"
    ADDITION = "addition"
    FORM_ONLY = "form only"


@dataclass(frozen=True, order=True)
class Place:
    """A place in a request or response."""

    operation: str
    part: str = ""
    """Such as `request` or `response 207`; empty for the whole operation."""
    path: str = ""
    """JSON path within that part."""

    def __str__(self) -> str:
        """Return the place in words."""
        return " ".join(filter(None, (self.operation, self.part, self.path)))

    def inside(self, step: str) -> Place:
        """Return the place one step deeper."""
        return Place(self.operation, self.part, self.path + step)

    def is_inside(self, other: Place) -> bool:
        """Return whether this is the other place, or inside it."""
        rest = self.path.removeprefix(other.path)
        return other.inside(rest) == self and (not other.path or rest[:1] in {"", ".", "["})

    def chosen(self, tag: tuple[str, frozenset[str]] | None) -> Place:
        """Return the place of only those items that have one of these values in a property."""
        if tag is None:
            return self
        tests = " || ".join(f"@.{tag[0]}=={value}" for value in sorted(tag[1]))
        return replace(self, path=f"{self.path.removesuffix('[*]')}[?{tests}]")


@dataclass(frozen=True)
class Difference:
    """One difference, and every place where it occurs."""

    meaning: Meaning
    places: tuple[Place, ...]
    what: str
    """The keyword that differs: `type`, `required`, …"""
    old: str
    """The value in our spec, or in the older of two documents."""
    new: str
    """The value that HubSpot publishes, or in the newer document."""
    source: str
    """JSON pointer to the part of our spec, or of the older document, that contains `old`."""
    name: str = ""
    """The name of an addition, where `source` is the same for all additions."""
    outdated_deviation: bool = False
    """Whether our spec declares that HubSpot publishes `old`, which it no longer does."""
    tolerated: bool = False
    """Whether our spec declares that this may be the case, if it is not the case everywhere."""
    details: tuple[Difference, ...] | None = None
    """For a newer version, its other differences; None if unknown."""

    @property
    def place(self) -> Place:
        """The first place."""
        return self.places[0]


def found(
    source: str,
    meaning: Meaning,
    place: Place,
    what: str,
    old: object,
    new: object,
    *,
    name: str = "",
    declared: bool = False,
    tolerated: bool = False,
) -> Difference:
    """Make a difference in one place; None is an absent value.

    `declared` is whether a deviation declares the old value. `name` and `tolerated` are as in
    `Difference`.
    """
    was, now = (_words(value) for value in (old, new))
    return Difference(meaning, (place,), what, was, now, source, name, declared, tolerated)


def deprecation(
    source: str, old: bool, new: bool, place: Place, *, ours: bool
) -> Iterator[Difference]:
    """Compare whether something is deprecated; `ours` may say so where HubSpot does not."""
    if old != new and not (ours and old):
        meaning = Meaning.LOOSENING if new else Meaning.ADDITION
        yield found(source, meaning, place, "deprecated", old, new)


def _words(value: object) -> str:
    if value is None:
        return ABSENT
    return value if isinstance(value, str) else json.dumps(value)


def optionality(required: bool) -> str:
    """Return "required" or "optional"."""
    return REQUIRED if required else "optional"


def merged(differences: Iterable[Difference]) -> list[Difference]:
    """Merge equal differences; return the most serious first.

    Differences are equal if they concern one part of the old document, or one place in several
    responses of an operation, because HubSpot repeats the schema of a response for each status.
    """
    groups: dict[int, list[Difference]] = {}
    group_of: dict[object, int] = {}
    for number, each in enumerate(differences):
        known = sorted({group_of[key] for key in _keys(each) if key in group_of})
        together = [one for group in known for one in groups.pop(group)]
        first = min([number, *known])
        groups[first] = [*together, each]
        group_of.update({key: first for one in groups[first] for key in _keys(one)})
    joined = [_joined(groups[first]) for first in sorted(groups)]
    return sorted(joined, key=lambda each: list(Meaning).index(each.meaning))


def _keys(each: Difference) -> list[object]:
    """Return the keys of a difference: two are equal if they share one of them."""
    said = (each.meaning, each.what, each.old, each.new)
    keys: list[object] = [(said, each.source, each.name)]
    if each.place.part.startswith("response"):
        keys.append((said, each.place.operation, each.place.path))
    return keys


def _joined(group: list[Difference]) -> Difference:
    places = tuple(dict.fromkeys(place for each in group for place in each.places))
    outdated = any(each.outdated_deviation for each in group)
    return replace(group[0], places=places, outdated_deviation=outdated)
