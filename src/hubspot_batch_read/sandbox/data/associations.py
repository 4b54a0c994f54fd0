"""The associations of a portal: object types, generated links, and those that tests add."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random
from typing import NamedTuple

from hubspot_batch_read.sandbox.data.association_types import (
    PRIMARY,
    AssociationType,
    AssociationTypes,
)
from hubspot_batch_read.sandbox.data.ids import checked_id, draw_ids, index_of
from hubspot_batch_read.sandbox.data.links import Links


@dataclass(frozen=True, slots=True)
class ObjectType:
    """An object type: its names in paths, and the ids of the generated objects."""

    name: str
    """The singular name, which responses always use (observed)."""
    names: frozenset[str]
    """All names for it in paths, in lower case."""
    ids: range

    @classmethod
    def draw(cls, random: Random, rank: int, number: int, *names: str) -> "ObjectType":
        """Return a type with n generated ids; the first name is the singular one."""
        return cls(names[0], frozenset(names), draw_ids(random, rank * 10**10, number))


class Direction(NamedTuple):
    """The types that associations are read from and to."""

    source: ObjectType
    target: ObjectType


class Associated(NamedTuple):
    """An associated object and every type of the association."""

    id: int
    types: tuple[AssociationType, ...]

    @property
    def primary(self) -> bool:
        """Whether one of the two objects is the primary company of the other."""
        return any(each.label == PRIMARY for each in self.types)


class Associations:
    """The associations of one portal, between any two of its types of objects."""

    def __init__(self, random: Random, object_types: Sequence[ObjectType]) -> None:
        """Generate the links between every two types of objects."""
        self._object_types = {name: each for each in object_types for name in each.names}
        self._types: dict[Direction, AssociationTypes] = {}
        self._links: dict[Direction, Callable[[int], list[tuple[int, int]]]] = {}
        self._added: dict[tuple[Direction, str], list[Associated]] = {}
        for one, other in combinations(object_types, 2):
            there, back = Direction(one, other), Direction(other, one)
            self._types[there] = AssociationTypes(one.name, other.name)
            self._types[back] = AssociationTypes(other.name, one.name)
            if one.ids and other.ids:
                links = Links(random, len(one.ids), len(other.ids))
                self._links[there], self._links[back] = links.targets_of, links.sources_of

    def object_type(self, name: str) -> ObjectType | None:
        """Return the type by its name in a path, in any case; None if it does not exist."""
        return self._object_types.get(name.lower())

    def of(self, direction: Direction, id_: str) -> list[Associated]:
        """Return the objects of the target type that an object is associated with.

        The list is empty for an object that does not exist.
        """
        added = self._added.get((direction, id_), ())
        links, index = self._links.get(direction), index_of(direction.source.ids, id_)
        if links is None or index is None:
            return [*added]
        types, ids = self._types[direction], direction.target.ids
        drawn = (Associated(ids[other], types.drawn(rank)) for other, rank in links(index))
        return [*drawn, *added]

    def add(
        self,
        from_type: str,
        to_type: str,
        from_id: int | str,
        to_id: int | str,
        *,
        labels: Iterable[str],
        primary: bool,
    ) -> None:
        """Associate two objects, as `Portal.associate` describes it."""
        source, target = self._known("from_type", from_type), self._known("to_type", to_type)
        one, other = checked_id("from_id", from_id), checked_id("to_id", to_id)
        if source.name == "company":
            source, target, one, other = target, source, other, one
        if source is target:
            raise ValueError(f"the sandbox cannot associate a {source.name} with a {target.name}")
        existing = self.of(Direction(source, target), one)
        if any(str(each.id) == other for each in existing):
            both = f"{source.name} {one} and {target.name} {other}"
            raise ValueError(f"{both} are associated already")
        if primary and target.name != "company":
            raise ValueError(f"primary: a {target.name} cannot be primary, only a company")
        if primary and any(each.primary for each in existing):
            raise ValueError(f"primary: {source.name} {one} already has a primary company")
        names = _checked_labels(labels)
        there, back = Direction(source, target), Direction(target, source)
        for direction, id_, far_id in ((there, one, other), (back, other, one)):
            types = self._types[direction].of(names, primary=primary)
            added = self._added.setdefault((direction, id_), [])
            added.append(Associated(int(far_id), types))

    def _known(self, argument: str, name: str) -> ObjectType:
        found = self.object_type(name)
        if found is None:
            raise ValueError(f"{argument}: the sandbox has no type of object called {name!r}")
        return found


def _checked_labels(values: Iterable[str]) -> list[str]:
    """Return labels of an association, each once."""
    if isinstance(values, str):
        raise TypeError(f"labels: expected a list of labels, got {values!r}")
    found = list(dict.fromkeys(values))
    for each in found:
        if not isinstance(each, str):
            raise TypeError(f"labels: expected text, got {each!r}")
        if not each.strip():
            raise ValueError(f"labels: expected text, got {each!r}")
        if each == PRIMARY:
            raise ValueError("labels: 'Primary' is HubSpot's own; pass primary=True")
    return found
