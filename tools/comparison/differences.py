"""Differences between two descriptions of an operation, and what they mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

ABSENT: Final = "absent"


class Meaning(StrEnum):
    """What a difference means to whoever follows the first description."""

    BREAKING = "breaking"
    LOOSENING = "loosening"
    ADDITION = "addition"


@dataclass(frozen=True, order=True)
class Place:
    """Where something goes over the wire."""

    operation: str
    part: str = ""
    """Such as `request` or `response 207`; empty for the operation as a whole."""
    path: str = ""
    """JSON path within that part."""

    def __str__(self) -> str:
        """Give the place in words."""
        return " ".join(filter(None, (self.operation, self.part, self.path)))

    def inside(self, step: str) -> Place:
        """Give the place one step further in."""
        return replace(self, path=self.path + step)

    def chosen(self, name: str, value: str) -> Place:
        """Give the place of those items alone that have a property of this value."""
        return replace(self, path=f"{self.path.removesuffix('[*]')}[?@.{name}=={value}]")


@dataclass(frozen=True)
class Difference:
    """One difference, and every place where it shows."""

    meaning: Meaning
    places: tuple[Place, ...]
    what: str
    """What differs there: `type`, `required`, …"""
    old: str
    """As ours has it, or as the older of two documents does."""
    new: str
    """As HubSpot publishes it, or as the newer document has it."""
    outdated_deviation: bool = False
    """Whether ours declares here what HubSpot publishes, and that is no longer what it says."""


@dataclass(frozen=True)
class Found:
    """A difference as it is met, perhaps not for the first time."""

    difference: Difference
    source: tuple[str, str]
    """Document and pointer of what it is about: what is said once is reported once."""


def found(
    source: tuple[str, str],
    meaning: Meaning,
    place: Place,
    what: str,
    old: object,
    new: object,
    *,
    outdated: bool = False,
) -> Found:
    """Make a difference in one place; None stands for what is absent."""
    was, now = (ABSENT if value is None else str(value) for value in (old, new))
    return Found(Difference(meaning, (place,), what, was, now, outdated), source)


def optionality(required: bool) -> str:
    """Put in words whether something is required."""
    return "required" if required else "optional"


def merged(found: Iterable[Found]) -> list[Difference]:
    """Make one difference of those that say the same of the same part of the old document."""
    together: dict[tuple[object, ...], Difference] = {}
    for each in found:
        one = each.difference
        key = (each.source, one.meaning, one.what, one.old, one.new)
        places = (*together[key].places, *one.places) if key in together else one.places
        together[key] = replace(one, places=tuple(dict.fromkeys(places)))
    return list(together.values())
