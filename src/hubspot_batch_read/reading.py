"""What is to be read: the arguments of the four methods, checked."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, Literal

from attrs import Factory, define, evolve

from hubspot_batch_read import tables
from hubspot_batch_read.chunk import Source
from hubspot_batch_read.ids import Id, Ids
from hubspot_batch_read.operations import (
    ASSOCIATIONS,
    ASSOCIATIONS_V3,
    CAMPAIGNS,
    WORKFLOWS_BY_FLOW_ID,
    WORKFLOWS_BY_WORKFLOW_ID,
    Operation,
    RowT,
)
from hubspot_batch_read.plan import Plan
from hubspot_batch_read_api.client import comma_separated, iso_date, path_segment
from hubspot_batch_read_api.models import (
    Association,
    AssociationV3,
    Campaign,
    WorkflowIdMapping,
)

OnError = Literal["raise", "collect"]
"""What to do when a request fails for good: raise the exception, or collect it and go on."""


@define(frozen=True)
class Reading(Generic[RowT]):
    """Ids, and the arguments that all requests for them share."""

    sources: Sequence[Source[RowT]]
    path: tuple[str, ...] = ()
    query: Mapping[str, object] = Factory(dict)

    def plan(self, *, window: int, on_error: OnError) -> Plan[RowT]:
        """Return a new plan to read it."""
        if on_error not in ("raise", "collect"):
            raise ValueError(f"on_error: expected 'raise' or 'collect', got {on_error!r}")
        return Plan(self.sources, window=window, collect=on_error == "collect")


def associations(
    from_type: str, to_type: str, ids: Iterable[Id], *, unique: bool
) -> Reading[Association]:
    """Return the reading of associations."""
    return Reading([_source(ASSOCIATIONS, ids, unique)], _types(from_type, to_type))


def associations_v3(
    from_type: str, to_type: str, ids: Iterable[Id], *, unique: bool
) -> Reading[AssociationV3]:
    """Return the reading of associations, v3."""
    return Reading([_source(ASSOCIATIONS_V3, ids, unique)], _types(from_type, to_type))


def campaigns(
    ids: Iterable[Id],
    *,
    properties: Iterable[str] | None,
    start_date: datetime.date | str | None,
    end_date: datetime.date | str | None,
    unique: bool,
) -> Reading[Campaign]:
    """Return the reading of campaigns."""
    # All requests send the properties, and an iterator would be used up by the first.
    names = None if properties is None or isinstance(properties, str) else list(properties)
    comma_separated("properties", properties if names is None else names)
    start, end = iso_date("start_date", start_date), iso_date("end_date", end_date)
    if start is not None and end is not None and end < start:
        raise ValueError(f"end_date: {end} is before the start date, {start}")
    query = {"properties": names, "start_date": start, "end_date": end}
    operation = evolve(CAMPAIGNS, table=tables.campaigns(names))
    return Reading([_source(operation, ids, unique)], query=query)


def workflow_id_mappings(
    flow_ids: Iterable[Id], workflow_ids: Iterable[Id], *, unique: bool
) -> Reading[WorkflowIdMapping]:
    """Return the reading of workflow id mappings."""
    return Reading(
        [
            _source(WORKFLOWS_BY_FLOW_ID, flow_ids, unique, "flow_ids"),
            _source(WORKFLOWS_BY_WORKFLOW_ID, workflow_ids, unique, "workflow_ids"),
        ]
    )


def _source(
    operation: Operation[RowT], ids: Iterable[Id], unique: bool, name: str = "ids"
) -> Source[RowT]:
    return Source(operation, Ids(ids, name=name, kind=operation.kind, unique=unique))


def _types(from_type: str, to_type: str) -> tuple[str, str]:
    return path_segment("from_type", from_type), path_segment("to_type", to_type)
