"""The generated links between two object types: computed, not stored."""

from enum import IntEnum
from math import gcd
from random import Random


class Specimen(IntEnum):
    """Special cases among the first objects of a type, as in `portal.contact_ids[Specimen.ALONE]`.

    This applies from each object type towards the types after it in the portal's order: contacts,
    deals, tickets, cars, companies.
    """

    LABELLED = 0
    """Three associations: to companies a primary one, and to any type one with a custom label."""
    ALONE = 1
    """No association."""
    OVER_100 = 2
    """150 associations: more than v3 returns, fewer than a page."""
    MANY_PAGES = 3
    """1250 associations: three pages of the default size."""


_SPECIMEN_DEGREES = {
    Specimen.LABELLED: 3,
    Specimen.ALONE: 0,
    Specimen.OVER_100: 150,
    Specimen.MANY_PAGES: 1250,
}
_ORDINARY_DEGREES = (0, 1, 1, 1, 1, 2, 2, 3)


class Links:
    """The associations between two types of objects, seen from either side.

    Nothing is stored, so a portal may have any number of objects: the source at index `s` has
    a degree, and for every rank below it the target at `s + shift + rank * step`, modulo the
    number of targets. Since the step has an inverse modulo that number, the same sum finds the
    sources of a target. Here, an object is identified by its index.
    """

    def __init__(self, random: Random, sources: int, targets: int) -> None:
        """Generate the links between n sources and m targets, at least one of each."""
        self._sources = sources
        self._targets = targets
        self._salt = random.getrandbits(32)
        self._shift = random.randrange(targets)
        self._step = random.randrange(1, targets + 1)
        while gcd(self._step, targets) != 1:
            self._step = random.randrange(1, targets + 1)
        self._inverse = pow(self._step, -1, targets)

    def targets_of(self, source: int) -> list[tuple[int, int]]:
        """Return a source's targets, each with its rank: 0, 1, 2..."""
        start, step, targets = source + self._shift, self._step, self._targets
        return [((start + rank * step) % targets, rank) for rank in range(self._degree(source))]

    def sources_of(self, target: int) -> list[tuple[int, int]]:
        """Return a target's sources, each with the rank that the target has for it."""
        sources: list[tuple[int, int]] = []
        for source in range(min(len(Specimen), self._sources)):
            rank = (target - self._shift - source) * self._inverse % self._targets
            sources.append((source, rank))
        for rank in range(max(_ORDINARY_DEGREES)):
            first = (target - self._shift - rank * self._step) % self._targets
            candidates = range(first, self._sources, self._targets)
            sources += [(source, rank) for source in candidates if source >= len(Specimen)]
        return sorted(link for link in sources if link[1] < self._degree(link[0]))

    def _degree(self, source: int) -> int:
        """Return how many targets a source has."""
        if source < len(Specimen):
            degree = _SPECIMEN_DEGREES[Specimen(source)]
        else:
            # Multiplicative hashing: neighbours get unrelated degrees, almost for free.
            mixed = (source * 2654435761 + self._salt) >> 16
            degree = _ORDINARY_DEGREES[mixed % len(_ORDINARY_DEGREES)]
        return min(degree, self._targets)
