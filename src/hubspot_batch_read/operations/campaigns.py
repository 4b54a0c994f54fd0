"""Campaigns v3."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence

from attrs import evolve

from hubspot_batch_read.core.operation import LazyInputs, Operation
from hubspot_batch_read.operations.common import after, as_instant, present
from hubspot_batch_read.tables.table import Column, ColumnType, Table
from hubspot_batch_read_api.api.campaigns import read_campaigns
from hubspot_batch_read_api.client import comma_separated, iso_date
from hubspot_batch_read_api.errors import ArgumentError
from hubspot_batch_read_api.models import (
    Campaign,
    CampaignEnvelope,
    CampaignInput,
    CampaignRequest,
)


def campaigns(
    *,
    properties: Iterable[str] | None,
    start_date: datetime.date | str | None,
    end_date: datetime.date | str | None,
) -> Operation[Campaign]:
    """Return the operation for some properties, and the first and last day of the metrics.

    Raises:
        ArgumentError: A property or a day is invalid, or the last day is before the first.
    """
    # All requests send the properties, and the first one would exhaust an iterator.
    names = None if properties is None or isinstance(properties, str) else list(properties)
    comma_separated("properties", properties if names is None else names)
    start, end = iso_date("start_date", start_date), iso_date("end_date", end_date)
    if start is not None and end is not None and end < start:
        raise ArgumentError("end_date", f"{end} is before the start date, {start}")
    query = {"properties": names, "start_date": start, "end_date": end}
    return evolve(CAMPAIGNS, query=query, table=_table(names))


def _cut(campaign: Campaign) -> tuple[str, ...]:
    """Return the incomplete asset lists."""
    return tuple(
        f"assets.{kind}" for kind, page in present(campaign.assets).items() if after(page.paging)
    )


_BEFORE_PROPERTIES: Mapping[str, ColumnType] = {
    "id": "string",
    "created_at": "timestamp",
    "updated_at": "timestamp",
    "business_unit_ids": "list<int64>",
}
_AFTER_PROPERTIES: Mapping[str, ColumnType] = {"assets": "list<asset>"}


def _table(properties: Sequence[str] | None) -> Table[Campaign]:
    """Return the table of campaigns that were read with these properties: a row for each campaign.

    A property has a column of its own name, or `properties.<name>` if that name is already taken.
    """
    names = tuple(dict.fromkeys(properties or ()))

    def columns(records: Sequence[Campaign]) -> list[Column]:
        values = [record.properties or {} for record in records]
        return [
            [str(record.id) for record in records],
            [as_instant(record.created_at) for record in records],
            [as_instant(record.updated_at) for record in records],
            [_unit_ids(record) for record in records],
            *([each.get(name) for each in values] for name in names),
            [_assets(record) for record in records],
        ]

    own: dict[str, ColumnType] = {}
    for name in names:
        own[_free_name(name, {*_BEFORE_PROPERTIES, *own, *_AFTER_PROPERTIES})] = "string"
    return Table({**_BEFORE_PROPERTIES, **own, **_AFTER_PROPERTIES}, columns)


def _free_name(name: str, taken: set[str]) -> str:
    while name in taken:
        name = f"properties.{name}"
    return name


def _unit_ids(record: Campaign) -> list[int] | None:
    units = record.business_units
    return None if units is None else [unit.id for unit in units]


def _assets(record: Campaign) -> list[dict[str, object]] | None:
    """Return the assets of all types in one list."""
    if record.assets is None:
        return None
    return [
        {
            "type": kind,
            "id": str(each.id),
            "name": each.name,
            "metrics": None if each.metrics is None else present(each.metrics),
        }
        for kind, page in present(record.assets).items()
        for each in page.results or ()
    ]


CAMPAIGNS = Operation(
    endpoint=read_campaigns,
    max_inputs=read_campaigns.MAX_INPUTS,
    body=lambda inputs: CampaignRequest(
        inputs=LazyInputs(lambda id_, _: CampaignInput(id=id_), inputs)
    ),
    envelope=CampaignEnvelope,
    row=Campaign,
    id_path=("id",),
    id_of=lambda row: str(row.id),
    table=_table(properties=None),
    cut=_cut,
    remedy="HubSpot's campaign assets endpoint continues from the `after` of the list's paging",
    error_texts=True,
)
