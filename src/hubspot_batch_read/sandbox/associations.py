"""Which objects of two types are associated, and by which types of association."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from math import gcd
from random import Random


class Specimen(IntEnum):
    """What to expect of the first objects of a type, as in `portal.contact_ids[Specimen.ALONE]`.

    It holds from each type of object towards the types after it in the portal's order: contacts,
    deals, tickets, cars, companies.
    """

    LABELLED = 0
    """Three associations: to companies a primary one, and to any type one with a custom label."""
    ALONE = 1
    """No association."""
    OVER_100 = 2
    """150 associations: more than v3 gives, less than a page."""
    MANY_PAGES = 3
    """1250 associations: three pages of the default size."""


_SPECIMEN_DEGREES = {
    Specimen.LABELLED: 3,
    Specimen.ALONE: 0,
    Specimen.OVER_100: 150,
    Specimen.MANY_PAGES: 1250,
}
_ORDINARY_DEGREES = (0, 1, 1, 1, 1, 2, 2, 3)


@dataclass(frozen=True, slots=True)
class AssociationType:
    """One way in which two objects are associated."""

    category: str
    type_id: int
    label: str | None
    """None for an unlabelled type."""
    name: str
    """What v3 calls it."""
    primary: bool = False
    """Whether it makes a company the primary one."""


class Links:
    """The associations between two types of objects, seen from either side.

    Nothing is stored, so a portal may have any number of objects: the source at index `s` has
    a degree, and for every rank below it the target at `s + shift + rank * step`, modulo the
    number of targets. Since the step has an inverse modulo that number, the same sum finds the
    sources of a target. Objects go by their index here.
    """

    def __init__(self, random: Random, sources: int, targets: int) -> None:
        """Draw the links between so many sources and so many targets, at least one of each."""
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
            # Multiplicative hashing: neighbours get unrelated degrees, at next to no cost.
            mixed = (source * 2654435761 + self._salt) >> 16
            degree = _ORDINARY_DEGREES[mixed % len(_ORDINARY_DEGREES)]
        return min(degree, self._targets)


_TYPE_IDS: dict[tuple[str, str], tuple[int, int | None]] = {
    ("contact", "company"): (279, 1),
    ("company", "contact"): (280, 2),
    ("contact", "deal"): (4, None),
    ("deal", "contact"): (3, None),
    ("contact", "ticket"): (15, None),
    ("ticket", "contact"): (16, None),
    ("deal", "company"): (341, 5),
    ("company", "deal"): (342, 6),
    ("deal", "ticket"): (27, None),
    ("ticket", "deal"): (28, None),
    ("ticket", "company"): (339, 26),
    ("company", "ticket"): (340, 25),
    ("contact", "p_car"): (1001, None),
    ("p_car", "contact"): (1002, None),
    ("deal", "p_car"): (1003, None),
    ("p_car", "deal"): (1004, None),
    ("ticket", "p_car"): (1005, None),
    ("p_car", "ticket"): (1006, None),
    ("p_car", "company"): (1007, 1009),
    ("company", "p_car"): (1008, 1010),
}
"""Ids of the unlabelled and the primary type: HubSpot's own (documentation), but for the cars."""


class Types:
    """The types of association from one type of object to another.

    Every link is of the unlabelled type. Of those that are drawn, by rank, a company's of rank 0 is
    primary too, and every third one has a label of the portal's own too.
    """

    def __init__(self, from_name: str, to_name: str) -> None:
        """Take the singular names of the types of object."""
        unlabelled, primary = _TYPE_IDS[from_name, to_name]
        name = f"{from_name}_to_{to_name}".replace("p_", "")
        # v3 gives the plain name to the primary type where there is one.
        plain_name = name if primary is None else f"{name}_unlabeled"
        self._plain = AssociationType("HUBSPOT_DEFINED", unlabelled, None, plain_name)
        self._primary: tuple[AssociationType, ...] = ()
        if primary is not None:
            self._primary = (AssociationType("HUBSPOT_DEFINED", primary, "Primary", name, True),)
        self._first_id = 2000 + unlabelled
        self._labelled: dict[str, AssociationType] = {}
        self._label("Key relationship")

    def __getitem__(self, rank: int) -> tuple[AssociationType, ...]:
        """Return the types of a link that was drawn."""
        return self.of(["Key relationship"] if rank % 3 == 2 else [], primary=rank == 0)

    def of(self, labels: Iterable[str], *, primary: bool) -> tuple[AssociationType, ...]:
        """Return the types of a link with these labels; primary only where there is a company."""
        first = self._primary if primary else ()
        return (*first, *map(self._label, labels), self._plain)

    def _label(self, label: str) -> AssociationType:
        """Return the type with a label; it has an id of its own from its first use on."""
        if label not in self._labelled:
            own_id = self._first_id + 10_000 * len(self._labelled)
            name = label.lower().replace(" ", "_")
            self._labelled[label] = AssociationType("USER_DEFINED", own_id, label, name)
        return self._labelled[label]
