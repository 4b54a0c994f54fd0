"""The campaigns of a portal: their properties, their assets and the assets' metrics."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from hubspot_batch_read.sandbox.data.ids import checked_guid
from hubspot_batch_read.sandbox.seeded import seeded

PROPERTY_NAMES = (
    "hs_name",
    "hs_start_date",
    "hs_end_date",
    "hs_notes",
    "hs_audience",
    "hs_currency_code",
    "hs_campaign_status",
    "hs_owner",
    "hs_color_hex",
    "hs_budget_items_sum_amount",
)
"""The properties that a campaign can have; asking for any other is refused."""

METRIC_NAMES: dict[str, tuple[str, ...]] = {
    "AD_CAMPAIGN": ("IMPRESSIONS", "CLICKS", "COST"),
    "FORM": ("VIEWS", "SUBMISSIONS", "CONVERSION_RATE"),
    "MARKETING_EMAIL": ("SENT", "DELIVERED", "OPEN", "CLICKED"),
    "MARKETING_EVENT": ("REGISTRATIONS", "ATTENDANCES"),
    "MEETING_EVENT": ("BOOKED",),
    "OBJECT_LIST": ("CONTACTS_ADDED",),
    "SOCIAL_BROADCAST": ("IMPRESSIONS", "CLICKS", "INTERACTIONS"),
}
"""The asset types seen in responses, and the sandbox's metrics for each."""

AssetNames = Mapping[str, Mapping[str, str | None]]
"""For each type of asset, the name of each by its id; None for one without a name."""

EVERY_TYPE, NO_ASSETS, MANY_ASSETS = range(3)
"""Indexes of campaigns with assets of every type, with none, and with 60 of one type."""


@dataclass(frozen=True, slots=True)
class Asset:
    """An asset of a campaign; not every asset has a name."""

    id: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign, with the properties that are not empty."""

    id: str
    created_at: datetime
    updated_at: datetime
    properties: dict[str, str]
    assets: dict[str, list[Asset]]


class Campaigns:
    """The campaigns of one portal. Only the ids of the generated ones are stored."""

    def __init__(self, seed: int, number: int) -> None:
        """Generate the ids of n campaigns."""
        self._seed = seed
        self._indexes = {_guid(seed, index): index for index in range(number)}
        self._added: dict[str, Campaign] = {}
        self.drawn_ids = tuple(self._indexes)
        self.property_names = {*PROPERTY_NAMES}

    def get(self, id_: str) -> Campaign | None:
        """Return the campaign with this id, or None if it does not exist."""
        index = self._indexes.get(id_)
        return self._added.get(id_) if index is None else _draw(self._seed, index, id_)

    def metrics(self, kind: str, asset: Asset, period: tuple[str, str]) -> dict[str, float]:
        """Return the metrics of an asset in a period; rates are fractions, others counts."""
        random = seeded(self._seed, "metrics", asset.id, period)
        return {
            name: round(random.random(), 4) if name.endswith("RATE") else random.randrange(5000)
            for name in METRIC_NAMES[kind]
        }

    def add(self, id_: str, properties: Mapping[str, str], assets: AssetNames) -> None:
        """Add a campaign, as `Portal.add_campaign` describes it."""
        if self.get(checked_guid("id_", id_)) is not None:
            raise ValueError(f"id_: campaign {id_} exists already")
        created = datetime(2026, 1, 1, tzinfo=UTC)
        values, parts = _checked_properties(properties), _checked_assets(assets)
        self._added[id_] = Campaign(id_, created, created, values, parts)
        self.property_names.update(properties)


def _guid(seed: int, index: int) -> str:
    return str(UUID(int=seeded(seed, "campaign", index).getrandbits(128), version=4))


def _draw(seed: int, index: int, id_: str) -> Campaign:
    """Return the generated campaign at an index.

    The first has assets of every type, the second has none, the third has 60 emails; the others
    have a few assets of some types.
    """
    random = seeded(seed, "campaign", index, "content")
    created = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=random.randrange(31_536_000))
    return Campaign(
        id=id_,
        created_at=created,
        updated_at=created + timedelta(milliseconds=random.randrange(10**10)),
        properties=_properties(random, index, created),
        assets=_assets(random, index),
    )


def _properties(random: Random, index: int, created: datetime) -> dict[str, str]:
    start = created.date() + timedelta(days=random.randrange(30))
    properties = {
        "hs_name": f"Campaign {index + 1}",
        "hs_start_date": start.isoformat(),
        "hs_end_date": (start + timedelta(days=random.randrange(1, 90))).isoformat(),
        "hs_notes": random.choice(("", "Agreed with sales", "Frühjahr, «Größe» 東京")),
        "hs_audience": random.choice(("", "Existing customers", "New leads")),
        "hs_currency_code": random.choice(("EUR", "USD", "JPY")),
        "hs_campaign_status": random.choice(("planned", "in_progress", "completed")),
        "hs_owner": "" if random.random() < 0.5 else str(random.randrange(10**6, 10**8)),
        "hs_color_hex": f"#{random.randrange(2**24):06x}",
        "hs_budget_items_sum_amount": str(random.randrange(0, 50_000)),
    }
    return {name: value for name, value in properties.items() if value}


def _assets(random: Random, index: int) -> dict[str, list[Asset]]:
    if index == EVERY_TYPE:
        numbers = dict.fromkeys(METRIC_NAMES, 2)
    elif index == NO_ASSETS:
        numbers = {}
    elif index == MANY_ASSETS:
        numbers = {"MARKETING_EMAIL": 60, "FORM": 1}
    else:
        kinds = random.sample(sorted(METRIC_NAMES), random.randrange(4))
        numbers = {kind: random.randint(1, 5) for kind in kinds}
    return {
        kind: [_asset(random, kind, index) for _ in range(number)]
        for kind, number in numbers.items()
    }


def _asset(random: Random, kind: str, index: int) -> Asset:
    name = f"{kind.replace('_', ' ').capitalize()} of campaign {index + 1}"
    return Asset(str(random.randrange(10**7, 10**11)), None if kind == "MEETING_EVENT" else name)


def _checked_properties(values: Mapping[str, str]) -> dict[str, str]:
    """Return the properties that are not empty."""
    for name, value in values.items():
        if not name or "," in name:
            raise ValueError(f"properties: expected names without commas, got {name!r}")
        if not isinstance(value, str):
            raise TypeError(f"properties[{name!r}]: expected text, got {value!r}")
    return {name: value for name, value in values.items() if value}


def _checked_assets(values: AssetNames) -> dict[str, list[Asset]]:
    """Return the assets of each type."""
    for kind, named in values.items():
        if kind not in METRIC_NAMES:
            known = ", ".join(METRIC_NAMES)
            raise ValueError(f"assets: expected the types {known}, got {kind!r}")
        if not isinstance(named, Mapping):
            raise TypeError(f"assets[{kind!r}]: expected names by id, got {named!r}")
    return {
        kind: [Asset(str(id_), name) for id_, name in named.items()]
        for kind, named in values.items()
    }
