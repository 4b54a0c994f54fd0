"""The seeded portal: the data that the sandbox answers from."""

from base64 import b64encode
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import combinations, permutations
from random import Random
from typing import NamedTuple
from urllib.parse import quote

from hubspot_batch_read.sandbox.associations import AssociationType, Links, TypesByRank
from hubspot_batch_read.sandbox.campaigns import Campaign, campaign, campaign_id
from hubspot_batch_read.sandbox.seeded import seeded


@dataclass(frozen=True, slots=True)
class ObjectType:
    """A type of object: what paths call it, and the ids of its objects."""

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


class Workflow(NamedTuple):
    """The two ids of one workflow."""

    flow_id: int
    workflow_id: int


class Portal:
    """A HubSpot portal out of a seed: same seed and same sizes, same portal.

    It has contacts, deals, tickets, companies, and cars, a custom type (`2-9001`, `p_car`,
    `p{portal.id}_car`). `Specimen` says what to expect of the first objects of each. Nothing is
    stored per object, so a million contacts cost no more than ten.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        contacts: int = 3000,
        deals: int = 1500,
        tickets: int = 1500,
        cars: int = 1500,
        companies: int = 1500,
        campaigns: int = 120,
        workflows: int = 250,
        page_size: int = 500,
        reports_unknown_campaigns: bool = False,
    ) -> None:
        """Make a portal of so many objects.

        `page_size` is the number of associated objects in a page (HubSpot documents none; it is 500
        or more). `reports_unknown_campaigns` turns a well-formed but unknown campaign id into an
        item of `errors`, where otherwise nothing is said of it: which of the two HubSpot does is
        not known, and a client must survive both.
        Raises ValueError where a type would have no object or a page no room.
        """
        if min(contacts, deals, tickets, cars, companies, page_size) < 1:
            raise ValueError("a portal needs an object of each type, and a page room for one")
        random = seeded(seed)
        self.seed = seed
        self.id = random.randrange(10**7, 10**8)
        self.page_size = page_size
        self.reports_unknown_campaigns = reports_unknown_campaigns
        self._contacts = _object_type(random, 1, contacts, "contact", "contacts", "0-1")
        self._deals = _object_type(random, 2, deals, "deal", "deals", "0-3")
        self._tickets = _object_type(random, 3, tickets, "ticket", "tickets", "0-5")
        car_names = ("p_car", "p_cars", f"p{self.id}_car", "2-9001")
        self._cars = _object_type(random, 4, cars, *car_names)
        self._companies = _object_type(random, 5, companies, "company", "companies", "0-2")
        self._link(random)
        self._campaigns = {campaign_id(seed, index): index for index in range(campaigns)}
        self._flow_ids = _ids(random, 10**9, workflows)
        self._workflow_ids = _ids(random, 10**7, workflows)

    def _link(self, random: Random) -> None:
        """Draw the links between every two types of object."""
        types = (self._contacts, self._deals, self._tickets, self._cars, self._companies)
        self._types = {name: each for each in types for name in each.names}
        self._links: dict[tuple[str, str], Links] = {}
        for one, other in combinations(types, 2):
            self._links[one.name, other.name] = Links(random, len(one.ids), len(other.ids))
        self._association_types = {
            (source.name, target.name): TypesByRank(source.name, target.name)
            for source, target in permutations(types, 2)
        }

    @cached_property
    def contact_ids(self) -> tuple[str, ...]:
        """The ids of all contacts, `Specimen` first."""
        return _texts(self._contacts.ids)

    @cached_property
    def deal_ids(self) -> tuple[str, ...]:
        """The ids of all deals, `Specimen` first."""
        return _texts(self._deals.ids)

    @cached_property
    def ticket_ids(self) -> tuple[str, ...]:
        """The ids of all tickets, `Specimen` first."""
        return _texts(self._tickets.ids)

    @cached_property
    def car_ids(self) -> tuple[str, ...]:
        """The ids of all cars (the custom type), `Specimen` first."""
        return _texts(self._cars.ids)

    @cached_property
    def company_ids(self) -> tuple[str, ...]:
        """The ids of all companies."""
        return _texts(self._companies.ids)

    @cached_property
    def campaign_ids(self) -> tuple[str, ...]:
        """The ids (GUIDs) of all campaigns.

        The first has assets of every type, the second has none, the third has more than a page.
        """
        return tuple(self._campaigns)

    @cached_property
    def flow_ids(self) -> tuple[str, ...]:
        """The flow ids of all workflows, in the order of `workflow_ids`."""
        return _texts(self._flow_ids)

    @cached_property
    def workflow_ids(self) -> tuple[str, ...]:
        """The workflow ids of all workflows, in the order of `flow_ids`."""
        return _texts(self._workflow_ids)

    def object_type(self, name: str) -> ObjectType | None:
        """Return the type that a path calls so, in whatever case; None if there is none."""
        return self._types.get(name.lower())

    def associations(self, direction: Direction, id_: str) -> list[Associated]:
        """Return the objects of the target type that an object is associated with.

        The first company of an object is its primary one. There are none for an object that does
        not exist.
        """
        source, target = direction
        index = _index(source.ids, id_)
        if index is None or source is target:  # no two objects of one type are associated
            return []
        types = self._association_types[source.name, target.name]
        forward = self._links.get((source.name, target.name))
        if forward is not None:
            links = forward.targets_of(index)
        else:
            links = self._links[target.name, source.name].sources_of(index)
        return [Associated(target.ids[other], types[rank]) for other, rank in links]

    def cursor(self, direction: Direction, id_: str, offset: int) -> str:
        """Return the cursor for the page of an object's associations that begins at an offset.

        It ends with percent escapes, as HubSpot's can, and only its very text is one.
        """
        place = f"{self.seed}/{direction.source.name}/{direction.target.name}/{id_}/{offset}"
        return quote(b64encode(blake2b(place.encode(), digest_size=16).digest()), safe="")

    def campaign(self, id_: str) -> Campaign | None:
        """Return a campaign, None if there is none of this id."""
        index = self._campaigns.get(id_)
        return None if index is None else campaign(self.seed, index)

    def workflow_of_flow(self, flow_id: str) -> Workflow | None:
        """Return the workflow with this flow id, None if there is none."""
        return self._workflow(_index(self._flow_ids, flow_id))

    def workflow(self, workflow_id: str) -> Workflow | None:
        """Return the workflow with this workflow id, None if there is none."""
        return self._workflow(_index(self._workflow_ids, workflow_id))

    def _workflow(self, index: int | None) -> Workflow | None:
        if index is None:
            return None
        return Workflow(self._flow_ids[index], self._workflow_ids[index])


def _object_type(random: Random, rank: int, number: int, name: str, *names: str) -> ObjectType:
    return ObjectType(name, frozenset({name, *names}), _ids(random, rank * 10**10, number))


def _ids(random: Random, floor: int, number: int) -> range:
    """Return ids above a floor in even steps, as HubSpot hands them out or nearly so."""
    first = floor + random.randrange(floor // 10)
    step = random.randrange(3, 100)
    return range(first, first + step * number, step)


def _index(ids: range, id_: str) -> int | None:
    """Return the index of an id, None for any text that is not one of the ids."""
    if not (id_.isascii() and id_.isdigit() and len(id_) < 20 and id_[0] != "0"):
        return None
    number = int(id_)
    return ids.index(number) if number in ids else None


def _texts(ids: range) -> tuple[str, ...]:
    return tuple(map(str, ids))
