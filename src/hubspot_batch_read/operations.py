"""The operations: one row for each kind of id, with all that the plan has to know about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from itertools import chain, starmap
from operator import itemgetter
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from attrs import define, evolve

from hubspot_batch_read import tables
from hubspot_batch_read.ids import FlowId, WorkflowId
from hubspot_batch_read.tables import Table
from hubspot_batch_read_api.api.associations import read_associations, read_associations_v3
from hubspot_batch_read_api.api.campaigns import read_campaigns
from hubspot_batch_read_api.api.workflow_id_mappings import read_workflow_id_mappings
from hubspot_batch_read_api.models import (
    AssociatedObject,
    Association,
    AssociationInput,
    AssociationRequest,
    AssociationV3,
    AssociationV3Input,
    AssociationV3Request,
    BatchError,
    Campaign,
    CampaignInput,
    CampaignRequest,
    FlowIdInput,
    Paging,
    WorkflowIdInput,
    WorkflowIdMapping,
    WorkflowIdMappingRequest,
)
from hubspot_batch_read_api.types import Model

if TYPE_CHECKING:
    import httpx

RowT = TypeVar("RowT", bound=Model)
InputT = TypeVar("InputT", bound=Model)

Inputs = Mapping[str, str | None]
"""The ids of a request, each with the cursor of the page to read, None for the first."""


class Envelope(Protocol[RowT]):
    """What the envelopes of all operations have."""

    results: list[RowT]
    errors: list[BatchError] | None

    @property
    def additional_properties(self) -> Mapping[str, object]:
        """Among others, the `errors` if they are not a list of objects."""
        ...


class Answer(Protocol[RowT]):
    """A response with its envelope."""

    @property
    def headers(self) -> httpx.Headers:
        """HTTP headers."""
        ...

    @property
    def parsed(self) -> Envelope[RowT]:
        """The envelope."""
        ...


class Endpoint(Protocol[RowT]):
    """The generated module of an operation."""

    @property
    def sync_detailed(self) -> Callable[..., Answer[RowT]]:
        """Sends a request."""
        ...

    @property
    def asyncio_detailed(self) -> Callable[..., Awaitable[Answer[RowT]]]:
        """Sends a request."""
        ...


@define(frozen=True)
class LazyInputs(Collection[InputT]):
    """The inputs of a request, each made when its turn comes and kept by nobody.

    A thousand that are kept would make the garbage collector run.
    """

    make: Callable[[str, str | None], InputT]
    """Makes an input of an id and a cursor."""
    inputs: Inputs

    def __iter__(self) -> Iterator[InputT]:
        """Make one after the other."""
        return starmap(self.make, self.inputs.items())

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.inputs)

    def __contains__(self, item: object) -> bool:
        """Return whether one of them is equal."""
        return any(item == each for each in self)


@define(frozen=True, kw_only=True)
class Operation(Generic[RowT]):
    """What differs between the operations."""

    endpoint: Endpoint[RowT]
    """The generated module that sends a request."""
    max_inputs: int
    """Inputs per request; the spec's `maxItems`."""
    body: Callable[[Inputs], Model]
    """Makes the body of a request."""
    row: type[RowT]
    """The model of a row."""
    id_path: tuple[str, ...]
    """Where a row has the id it was asked by, as keys of the JSON object."""
    id_of: Callable[[RowT], str | None]
    """Returns this id; None if the row has none."""
    table: Table[RowT]
    """The table that the records make."""
    kind: type[str] = str
    """What ids are handed out as."""
    cursor: Callable[[RowT], str | None] = lambda _: None
    """Returns the cursor of the row's next page, None if there is none."""
    content: Callable[[RowT], object] = lambda _: None
    """Returns what the row brings, to tell a new page from the one before."""
    merge: Callable[[Sequence[RowT]], RowT] = itemgetter(0)
    """Makes one record of several rows with the same id: its pages, or duplicates."""
    cut: Callable[[RowT], tuple[str, ...]] = lambda _: ()
    """Returns what of a record HubSpot cut short."""
    remedy: str = ""
    """How to read what was cut."""
    error_keys: tuple[str, ...] = ("id",)
    """Keys of an error's context that hold the ids it is about."""
    error_texts: bool = False
    """Whether errors may name ids in their text alone."""
    nothing_found: str | None = None
    """Sub-category of the errors that say no more than that an id has no associations."""


def after(paging: Paging | None) -> str | None:
    """Return the cursor of the next page, None if there is none."""
    return paging.next_.after if paging and paging.next_ else None


def merge_associations(rows: Sequence[Association]) -> Association:
    """Return one row with the associated objects of all pages, each once with all its types."""
    found: dict[str, list[AssociatedObject]] = {}
    for each in chain.from_iterable(row.to for row in rows):
        found.setdefault(each.to_object_id, []).append(each)
    return evolve(
        rows[0],
        to=[same[0] if len(same) == 1 else _with_all_types(same) for same in found.values()],
        paging=rows[-1].paging,
        additional_properties=all_additional(rows),
    )


def _with_all_types(same: Sequence[AssociatedObject]) -> AssociatedObject:
    types = {
        (kind.category, kind.type_id, kind.label): kind
        for each in reversed(same)
        for kind in reversed(each.association_types)
    }
    return evolve(same[0], association_types=list(reversed(types.values())))


def merge_associations_v3(rows: Sequence[AssociationV3]) -> AssociationV3:
    """Return one row with the associations of all, each once."""
    merged = {(each.id, each.type_): each for row in reversed(rows) for each in reversed(row.to)}
    return evolve(
        rows[0],
        to=list(reversed(merged.values())),
        paging=next((row.paging for row in rows if after(row.paging)), rows[0].paging),
        additional_properties=all_additional(rows),
    )


def all_additional(rows: Sequence[Model]) -> dict[str, object] | None:
    """Return the unknown keys of all rows; the first row that has a key decides."""
    found: dict[str, object] = {}
    for row in reversed(rows):
        found.update(row.additional_properties)
    return found or None


def cut_assets(campaign: Campaign) -> tuple[str, ...]:
    """Return the lists of assets that go on."""
    assets = campaign.assets or {}
    return tuple(f"assets.{kind}" for kind, page in assets.items() if after(page.paging))


def text(number: int | None) -> str | None:
    """Return the text of an id that is a number by contract."""
    return None if number is None else str(number)


NO_ASSOCIATIONS_FOUND = "crm.associations.NO_ASSOCIATIONS_FOUND"

ASSOCIATIONS = Operation(
    endpoint=read_associations,
    max_inputs=1000,
    body=lambda inputs: AssociationRequest(
        inputs=LazyInputs(lambda id_, cursor: AssociationInput(id=id_, after=cursor), inputs)
    ),
    row=Association,
    id_path=("from", "id"),
    id_of=lambda row: row.from_.id,
    table=tables.ASSOCIATIONS,
    cursor=lambda row: after(row.paging) if row.paging is not None else None,
    content=lambda row: row.to,
    merge=merge_associations,
    error_keys=("fromObjectId", "id"),
    nothing_found=NO_ASSOCIATIONS_FOUND,
)

ASSOCIATIONS_V3 = Operation(
    endpoint=read_associations_v3,
    max_inputs=1000,
    body=lambda inputs: AssociationV3Request(
        inputs=LazyInputs(lambda id_, _: AssociationV3Input(id=id_), inputs)
    ),
    row=AssociationV3,
    id_path=("from", "id"),
    id_of=lambda row: row.from_.id,
    table=tables.ASSOCIATIONS_V3,
    merge=merge_associations_v3,
    cut=lambda row: ("to",) if after(row.paging) else (),
    remedy="read_associations reads all of them",
    error_keys=("fromObjectId", "id"),
    nothing_found=NO_ASSOCIATIONS_FOUND,
)

CAMPAIGNS = Operation(
    endpoint=read_campaigns,
    max_inputs=50,
    body=lambda inputs: CampaignRequest(
        inputs=LazyInputs(lambda id_, _: CampaignInput(id=id_), inputs)
    ),
    row=Campaign,
    id_path=("id",),
    id_of=lambda row: row.id,
    table=tables.campaigns(properties=None),
    cut=cut_assets,
    remedy="HubSpot's campaign assets endpoint reads on from the `after` of the list's paging",
    error_texts=True,
)

WORKFLOWS_BY_FLOW_ID = Operation(
    endpoint=read_workflow_id_mappings,
    max_inputs=100,
    body=lambda inputs: WorkflowIdMappingRequest(
        inputs=LazyInputs(lambda id_, _: FlowIdInput(flow_id=id_), inputs)
    ),
    row=WorkflowIdMapping,
    id_path=("flowId",),
    id_of=lambda row: text(row.flow_id),
    table=tables.WORKFLOW_ID_MAPPINGS,
    kind=FlowId,
    error_keys=("flowId", "flowIds", "id", "ids"),
)

WORKFLOWS_BY_WORKFLOW_ID = Operation(
    endpoint=read_workflow_id_mappings,
    max_inputs=100,
    body=lambda inputs: WorkflowIdMappingRequest(
        inputs=LazyInputs(lambda id_, _: WorkflowIdInput(workflow_id=id_), inputs)
    ),
    row=WorkflowIdMapping,
    id_path=("workflowId",),
    id_of=lambda row: text(row.workflow_id),
    table=tables.WORKFLOW_ID_MAPPINGS,
    kind=WorkflowId,
    error_keys=("workflowId", "workflowIds", "id", "ids"),
)
