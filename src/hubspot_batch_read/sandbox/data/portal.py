"""The seeded portal: the data behind the responses of the sandbox."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Self

from hubspot_batch_read.sandbox.data.associations import Associations, ObjectType
from hubspot_batch_read.sandbox.data.campaigns import AssetNames, Campaigns
from hubspot_batch_read.sandbox.data.workflows import Workflows
from hubspot_batch_read.sandbox.seeded import seeded


class Portal:
    """A HubSpot portal generated from a seed: same seed and same sizes, same portal.

    It has contacts, deals, tickets, companies, and cars, a custom type (`2-9001`, `p_car`,
    `p{portal.id}_car`). `Specimen` describes the first objects of each type. Nothing is
    stored per object of these types, so a million contacts cost no more than ten.

    A test adds objects of its own with `associate`, `add_campaign` and `add_workflow`, to a
    generated portal or to `Portal.empty()`. `contact_ids`, `campaign_ids` and the other lists of
    ids contain only the generated ones.
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
        """Generate a portal with these numbers of objects.

        Args:
            seed: Random seed for everything.
            contacts: Number of contacts, 0 or more; the same applies to the following numbers.
            deals: Number of deals.
            tickets: Number of tickets.
            cars: Number of cars.
            companies: Number of companies.
            campaigns: Number of campaigns.
            workflows: Number of workflows.
            page_size: Associated objects in a page, 1 or more (HubSpot documents no size; its pages
                have 500 or more).
            reports_unknown_campaigns: Whether a well-formed but unknown campaign id is listed in
                `errors`, or silently omitted. It is not known what HubSpot does, so clients must
                handle both.

        Raises:
            ValueError: A number is too small.
        """
        if min(contacts, deals, tickets, cars, companies, campaigns, workflows) < 0:
            raise ValueError("a portal cannot have fewer than 0 objects of a type")
        if page_size < 1:
            raise ValueError(f"page_size must be at least 1, got {page_size}")
        random = seeded(seed)
        self.seed = seed
        self.id = random.randrange(10**7, 10**8)
        self.page_size = page_size
        self.reports_unknown_campaigns = reports_unknown_campaigns
        self._contacts = ObjectType.draw(random, 1, contacts, "contact", "contacts", "0-1")
        self._deals = ObjectType.draw(random, 2, deals, "deal", "deals", "0-3")
        self._tickets = ObjectType.draw(random, 3, tickets, "ticket", "tickets", "0-5")
        car_names = ("p_car", "p_cars", f"p{self.id}_car", "2-9001")
        self._cars = ObjectType.draw(random, 4, cars, *car_names)
        self._companies = ObjectType.draw(random, 5, companies, "company", "companies", "0-2")
        types = (self._contacts, self._deals, self._tickets, self._cars, self._companies)
        # The data of the endpoints.
        self.associations = Associations(random, types)
        self.campaigns = Campaigns(seed, campaigns)
        self.workflows = Workflows(random, workflows)

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

    @property
    def campaign_ids(self) -> tuple[str, ...]:
        """The ids (GUIDs) of all campaigns.

        The first has assets of every type, the second has none, the third has more than a page.
        """
        return self.campaigns.drawn_ids

    @property
    def flow_ids(self) -> tuple[str, ...]:
        """The flow ids of all workflows, in the order of `workflow_ids`."""
        return self.workflows.drawn_flow_ids

    @property
    def workflow_ids(self) -> tuple[str, ...]:
        """The workflow ids of all workflows, in the order of `flow_ids`."""
        return self.workflows.drawn_workflow_ids

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
        """Associate two objects; the association can be read from both sides.

            portal.associate("contacts", "companies", 101, 7, labels=["Buyer"], primary=True)

        Args:
            from_type: Type of one object, by any of its names in paths.
            to_type: Type of the other object; associations within a type are not supported.
            from_id: Id of the first, a whole number.
            to_id: Id of the other.
            labels: Custom labels, in addition to the unlabelled type.
            primary: Whether the company is the primary one of the other object; v3 returns only
                this one.

        Raises:
            TypeError: `labels` is not a list of texts.
            ValueError: An argument is invalid, or the two are associated already.
        """
        self.associations.add(from_type, to_type, from_id, to_id, labels=labels, primary=primary)

    def add_campaign(
        self,
        id_: str,
        *,
        properties: Mapping[str, str] | None = None,
        assets: AssetNames | None = None,
    ) -> None:
        """Add a campaign.

            portal.add_campaign(guid, properties={"hs_name": "A"}, assets={"FORM": {"12": "B"}})

        Args:
            id_: Its GUID.
            properties: Values by name; reads can request these names from then on.
            assets: For each type of asset, the name of each by its id; None for no name.

        Raises:
            TypeError: A name or value is of the wrong type.
            ValueError: An argument is invalid, or the campaign exists already.
        """
        self.campaigns.add(id_, properties or {}, assets or {})

    def add_workflow(self, *, flow_id: int | str, workflow_id: int | str) -> None:
        """Add a workflow.

            portal.add_workflow(flow_id=5, workflow_id=6)

        Raises:
            ValueError: An id is invalid, or belongs to another workflow.
        """
        self.workflows.add(flow_id, workflow_id)


def _texts(ids: range) -> tuple[str, ...]:
    return tuple(map(str, ids))
