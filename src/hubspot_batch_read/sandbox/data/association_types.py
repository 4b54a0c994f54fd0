"""The types of association between two types of objects: unlabelled, primary, labelled."""

from collections.abc import Iterable
from dataclasses import dataclass

PRIMARY = "Primary"
"""HubSpot's label of the type that makes a company the primary one."""


@dataclass(frozen=True, slots=True)
class AssociationType:
    """One way in which two objects are associated."""

    category: str
    type_id: int
    label: str | None
    """None for an unlabelled type."""
    name: str
    """The name of the type in v3."""


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
"""Ids of the unlabelled and the primary type: HubSpot's (documentation), except for cars."""


class AssociationTypes:
    """The types of association from one type of object to another.

    Every link has the unlabelled type. Of the generated links, that of rank 0 to a company is also
    primary, and every third one also has a custom label.
    """

    def __init__(self, from_name: str, to_name: str) -> None:
        """Set the singular names of the object types."""
        unlabelled, primary = _TYPE_IDS[from_name, to_name]
        name = f"{from_name}_to_{to_name}".replace("p_", "")
        # v3 gives the plain name to the primary type if there is one.
        plain_name = name if primary is None else f"{name}_unlabeled"
        self._plain = AssociationType("HUBSPOT_DEFINED", unlabelled, None, plain_name)
        self._primary: tuple[AssociationType, ...] = ()
        if primary is not None:
            self._primary = (AssociationType("HUBSPOT_DEFINED", primary, PRIMARY, name),)
        self._first_id = 2000 + unlabelled
        self._labelled: dict[str, AssociationType] = {}
        self._label("Key relationship")

    def drawn(self, rank: int) -> tuple[AssociationType, ...]:
        """Return the types of a generated link."""
        return self.of(["Key relationship"] if rank % 3 == 2 else [], primary=rank == 0)

    def of(self, labels: Iterable[str], *, primary: bool) -> tuple[AssociationType, ...]:
        """Return the types of a link with these labels; only links to companies can be primary."""
        first = self._primary if primary else ()
        return (*first, *map(self._label, labels), self._plain)

    def _label(self, label: str) -> AssociationType:
        """Return the type with a label, which gets its id when it is first used."""
        if label not in self._labelled:
            own_id = self._first_id + 10_000 * len(self._labelled)
            name = label.lower().replace(" ", "_")
            self._labelled[label] = AssociationType("USER_DEFINED", own_id, label, name)
        return self._labelled[label]
