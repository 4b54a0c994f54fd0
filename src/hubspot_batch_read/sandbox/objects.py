"""What a portal consists of: types of objects, their ids, and how they are associated."""

from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from hubspot_batch_read.sandbox.associations import AssociationType


@dataclass(frozen=True, slots=True)
class ObjectType:
    """A type of object: what paths call it, and the ids of the objects that were drawn."""

    name: str
    """The singular name, which answers use whatever the path said (observed)."""
    names: frozenset[str]
    """Every name a path may have for it, in lower case."""
    ids: range


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
        return any(each.primary for each in self.types)


class Workflow(NamedTuple):
    """The two ids of one workflow."""

    flow_id: int
    workflow_id: int


def object_type(random: Random, rank: int, number: int, name: str, *names: str) -> ObjectType:
    """Draw the ids of so many objects."""
    return ObjectType(name, frozenset({name, *names}), draw_ids(random, rank * 10**10, number))


def draw_ids(random: Random, floor: int, number: int) -> range:
    """Return ids above a floor in even steps, as HubSpot hands them out or nearly so."""
    first = floor + random.randrange(floor // 10)
    step = random.randrange(3, 100)
    return range(first, first + step * number, step)


def index_of(ids: range, id_: str) -> int | None:
    """Return the index of an id, None for any text that is not one of the ids."""
    if not is_object_id(id_):
        return None
    number = int(id_)
    return ids.index(number) if number in ids else None


def is_object_id(text: str) -> bool:
    """Return whether a text is a number as HubSpot writes an id."""
    return text.isascii() and text.isdigit() and len(text) < 20 and text[0] != "0"
