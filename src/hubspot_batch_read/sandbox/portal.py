"""The seeded portal: the data that the sandbox answers from."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from itertools import combinations, permutations
from random import Random
from typing import Self

from hubspot_batch_read.sandbox import own
from hubspot_batch_read.sandbox.associations import Links, Types
from hubspot_batch_read.sandbox.campaigns import PROPERTY_NAMES, Campaign, campaign, campaign_id
from hubspot_batch_read.sandbox.objects import (
    Associated,
    Direction,
    ObjectType,
    Workflow,
    draw_ids,
    index_of,
    object_type,
)
from hubspot_batch_read.sandbox.seeded import seeded


class Portal:
    """A HubSpot portal out of a seed: same seed and same sizes, same portal.

    It has contacts, deals, tickets, companies, and cars, a custom type (`2-9001`, `p_car`,
    `p{portal.id}_car`). `Specimen` says what to expect of the first objects of each. Nothing is
    stored per object, so a million contacts cost no more than ten.

    A test adds objects of its own with `associate`, `add_campaign` and `add_workflow`, to a portal
    that was drawn or to `Portal.empty()`. `contact_ids` and the like have those that were drawn.
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
        Raises ValueError for a number below 0 and for a page without room.
        """
        if min(contacts, deals, tickets, cars, companies, campaigns, workflows) < 0:
            raise ValueError("a portal cannot have less than 0 objects of a type")
        if page_size < 1:
            raise ValueError("a page needs room for one object")
        random = seeded(seed)
        self.seed = seed
        self.id = random.randrange(10**7, 10**8)
        self.page_size = page_size
        self.reports_unknown_campaigns = reports_unknown_campaigns
        self._contacts = object_type(random, 1, contacts, "contact", "contacts", "0-1")
        self._deals = object_type(random, 2, deals, "deal", "deals", "0-3")
        self._tickets = object_type(random, 3, tickets, "ticket", "tickets", "0-5")
        car_names = ("p_car", "p_cars", f"p{self.id}_car", "2-9001")
        self._cars = object_type(random, 4, cars, *car_names)
        self._companies = object_type(random, 5, companies, "company", "companies", "0-2")
        self._link(random)
        self._campaigns = {campaign_id(seed, index): index for index in range(campaigns)}
        self._flow_ids = draw_ids(random, 10**9, workflows)
        self._workflow_ids = draw_ids(random, 10**7, workflows)
        self.property_names: set[str] = {*PROPERTY_NAMES}
        self._own_associations: dict[tuple[str, str, str], list[Associated]] = {}
        self._own_campaigns: dict[str, Campaign] = {}
        self._own_flows: dict[str, Workflow] = {}
        self._own_workflows: dict[str, Workflow] = {}

    @classmethod
    def empty(cls, *, page_size: int = 500, reports_unknown_campaigns: bool = False) -> Self:
        """Return a portal without objects, for a test to add its own."""
        return cls(
            contacts=0,
            deals=0,
            tickets=0,
            cars=0,
            companies=0,
            campaigns=0,
            workflows=0,
            page_size=page_size,
            reports_unknown_campaigns=reports_unknown_campaigns,
        )

    def _link(self, random: Random) -> None:
        """Draw the links between every two types of object."""
        types = (self._contacts, self._deals, self._tickets, self._cars, self._companies)
        self._types = {name: each for each in types for name in each.names}
        self._links: dict[tuple[str, str], Links] = {}
        for one, other in combinations([each for each in types if each.ids], 2):
            self._links[one.name, other.name] = Links(random, len(one.ids), len(other.ids))
        self._association_types = {
            (source.name, target.name): Types(source.name, target.name)
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

        There are none for an object that does not exist.
        """
        source, target = direction
        added = self._own_associations.get((source.name, target.name, id_), ())
        return [*self._drawn_associations(direction, id_), *added]

    def _drawn_associations(self, direction: Direction, id_: str) -> list[Associated]:
        source, target = direction
        index = index_of(source.ids, id_)
        if index is None or not target.ids or source is target:  # not associated with each other
            return []
        types = self._association_types[source.name, target.name]
        forward = self._links.get((source.name, target.name))
        if forward is not None:
            links = forward.targets_of(index)
        else:
            links = self._links[target.name, source.name].sources_of(index)
        return [Associated(target.ids[other], types[rank]) for other, rank in links]

    def campaign(self, id_: str) -> Campaign | None:
        """Return a campaign, None if there is none of this id."""
        index = self._campaigns.get(id_)
        return self._own_campaigns.get(id_) if index is None else campaign(self.seed, index)

    def workflow_of_flow(self, flow_id: str) -> Workflow | None:
        """Return the workflow with this flow id, None if there is none."""
        return self._workflow(self._flow_ids, flow_id) or self._own_flows.get(flow_id)

    def workflow(self, workflow_id: str) -> Workflow | None:
        """Return the workflow with this workflow id, None if there is none."""
        drawn = self._workflow(self._workflow_ids, workflow_id)
        return drawn or self._own_workflows.get(workflow_id)

    def _workflow(self, ids: range, id_: str) -> Workflow | None:
        index = index_of(ids, id_)
        return None if index is None else Workflow(self._flow_ids[index], self._workflow_ids[index])

    # What a test adds

    def associate(
        self,
        from_type: str,
        to_type: str,
        from_id: int | str,
        to_id: int | str,
        *,
        labels: Iterable[str] = (),
        primary: bool = False,
    ) -> None:
        """Associate two objects, which can be read from either side.

            portal.associate("contacts", "companies", 101, 7, labels=["Buyer"], primary=True)

        Args:
            from_type: Type of the one, by any name that a path may have for it.
            to_type: Type of the other; the sandbox has no associations within a type.
            from_id: Id of the one, a whole number.
            to_id: Id of the other.
            labels: Labels of the portal's own, beside the unlabelled type that every two have.
            primary: Whether the company is the primary one of the other object: v3 knows no other.

        Raises:
            TypeError: `labels` is not a list of texts.
            ValueError: Something cannot be, or is there already; the message says what.
        """
        source, target = self._known("from_type", from_type), self._known("to_type", to_type)
        one, other = own.object_id("from_id", from_id), own.object_id("to_id", to_id)
        if source.name == "company":
            source, target, one, other = target, source, other, one
        if source is target:
            raise ValueError(f"the sandbox cannot associate a {source.name} with a {target.name}")
        there = self.associations(Direction(source, target), one)
        if any(str(each.id) == other for each in there):
            raise ValueError(f"{source.name} {one} has {target.name} {other} already")
        if primary and target.name != "company":
            raise ValueError(f"primary: a {target.name} cannot be primary, only a company")
        if primary and any(each.primary for each in there):
            raise ValueError(f"primary: {source.name} {one} has a primary company already")
        names = own.labels(labels)
        for start, end, id_, far_id in ((source, target, one, other), (target, source, other, one)):
            types = self._association_types[start.name, end.name].of(names, primary=primary)
            added = self._own_associations.setdefault((start.name, end.name, id_), [])
            added.append(Associated(int(far_id), types))

    def _known(self, argument: str, name: str) -> ObjectType:
        found = self.object_type(name)
        if found is None:
            raise ValueError(f"{argument}: the sandbox has no type of object called {name!r}")
        return found

    def add_campaign(
        self,
        id_: str,
        *,
        properties: Mapping[str, str] | None = None,
        assets: own.Assets | None = None,
    ) -> None:
        """Add a campaign.

            portal.add_campaign(guid, properties={"hs_name": "A"}, assets={"FORM": {"12": "B"}})

        Args:
            id_: Its GUID.
            properties: Values by name; reads can ask for these names from then on.
            assets: For each type of asset, the name of each by its id; None for no name.

        Raises:
            TypeError: Something is of the wrong type.
            ValueError: Something cannot be, or is there already; the message says what.
        """
        if self.campaign(own.guid("id_", id_)) is not None:
            raise ValueError(f"id_: there is a campaign {id_} already")
        created = datetime(2026, 1, 1, tzinfo=UTC)
        values, parts = own.properties(properties or {}), own.assets(assets or {})
        self._own_campaigns[id_] = Campaign(id_, created, created, values, parts)
        self.property_names.update(properties or {})

    def add_workflow(self, *, flow_id: int | str, workflow_id: int | str) -> None:
        """Add a workflow.

            portal.add_workflow(flow_id=5, workflow_id=6)

        Raises:
            ValueError: One of the two is no id, or belongs to another workflow.
        """
        flow = own.object_id("flow_id", flow_id)
        workflow = own.object_id("workflow_id", workflow_id)
        if self.workflow_of_flow(flow) is not None:
            raise ValueError(f"flow_id: there is a workflow with {flow} already")
        if self.workflow(workflow) is not None:
            raise ValueError(f"workflow_id: there is a workflow with {workflow} already")
        added = Workflow(int(flow), int(workflow))
        self._own_flows[flow] = self._own_workflows[workflow] = added


def _texts(ids: range) -> tuple[str, ...]:
    return tuple(map(str, ids))
