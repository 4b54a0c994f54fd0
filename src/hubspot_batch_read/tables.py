"""The records as lines of flat tables: for Arrow, CSV, and whatever else has rows and columns.

A table holds what its columns say, and nothing else of a record: no unknown keys, and nothing of
whether HubSpot cut it short. `docs/tables.md` says what is lost, and where it is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from attrs import define

from hubspot_batch_read_api.models import (
    Association,
    AssociationV3,
    Campaign,
    WorkflowIdMapping,
)
from hubspot_batch_read_api.types import Model

if TYPE_CHECKING:
    import pyarrow as pa

RowT = TypeVar("RowT", bound=Model)

ColumnType = Literal["string", "int64", "timestamp", "list<int64>", "list<asset>"]
"""What a column holds; `arrow.py` has the Arrow type of each. Every column can be null."""

Line = tuple[object, ...]
"""The values of one line, in the order of the columns."""

LINES = 10_000
"""About as many lines as a record batch should have: their records are in memory meanwhile."""


@define(frozen=True)
class Table(Generic[RowT]):
    """What a table has, and the lines that a record makes."""

    types: Mapping[str, ColumnType]
    """The type of each column, by its name."""
    lines: Callable[[RowT], Iterable[Line]]
    """Returns the lines of a record: plain values, None for what is absent.

    An asset is a dict. Text and integers are as HubSpot sent them, also where Arrow cannot hold
    them: see `record_batch`.
    """

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self.types)

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema.

        Raises:
            ModuleNotFoundError: The extra `arrow` is not installed.
        """
        from hubspot_batch_read import arrow  # noqa: PLC0415 - needs an extra, and is heavy

        return arrow.schema(self.types)

    def record_batch(self, lines: Iterable[Line]) -> pa.RecordBatch:
        """Return lines as an Arrow record batch with the schema of the table.

        An integer beyond 64 bits becomes null, half of a surrogate pair becomes U+FFFD, and a
        metric with more digits than a double has is rounded.

        Raises:
            ModuleNotFoundError: The extra `arrow` is not installed.
        """
        from hubspot_batch_read import arrow  # noqa: PLC0415 - likewise

        return arrow.record_batch(self.schema, lines)


def _association_lines(record: Association) -> Iterator[Line]:
    from_id = record.from_.id
    for each in record.to:
        for kind in each.association_types:
            yield from_id, each.to_object_id, kind.type_id, str(kind.category), kind.label
        if not each.association_types:
            yield from_id, each.to_object_id, None, None, None


def _association_v3_lines(record: AssociationV3) -> Iterator[Line]:
    for each in record.to:
        yield record.from_.id, each.id, each.type_


def _workflow_lines(record: WorkflowIdMapping) -> Iterator[Line]:
    yield record.flow_id, record.workflow_id


ASSOCIATIONS = Table[Association](
    {
        "from_id": "string",
        "to_id": "string",
        "type_id": "int64",
        "category": "string",
        "label": "string",
    },
    _association_lines,
)
"""A line for each pair of objects and type; one with nulls for a pair without types."""

ASSOCIATIONS_V3 = Table[AssociationV3](
    {"from_id": "string", "to_id": "string", "type": "string"}, _association_v3_lines
)
"""A line for each pair of objects and type."""

WORKFLOW_ID_MAPPINGS = Table[WorkflowIdMapping](
    {"flow_id": "int64", "workflow_id": "int64"}, _workflow_lines
)
"""A line for each record."""

_BEFORE_PROPERTIES: Mapping[str, ColumnType] = {
    "id": "string",
    "created_at": "timestamp",
    "updated_at": "timestamp",
    "business_unit_ids": "list<int64>",
}
_AFTER_PROPERTIES: Mapping[str, ColumnType] = {"assets": "list<asset>"}


def campaigns(properties: Sequence[str] | None) -> Table[Campaign]:
    """Return the table of campaigns that were read with these properties: a line for each campaign.

    A property has a column of its own name, or `properties.<name>` if another column has that.
    """
    names = tuple(dict.fromkeys(properties or ()))

    def lines(record: Campaign) -> Iterator[Line]:
        units, values = record.business_units, record.properties or {}
        yield (
            record.id,
            record.created_at,
            record.updated_at,
            None if units is None else [unit.id for unit in units],
            *map(values.get, names),
            _assets(record),
        )

    own: dict[str, ColumnType] = {}
    for name in names:
        own[_free_name(name, {*_BEFORE_PROPERTIES, *own, *_AFTER_PROPERTIES})] = "string"
    return Table({**_BEFORE_PROPERTIES, **own, **_AFTER_PROPERTIES}, lines)


def _free_name(name: str, taken: set[str]) -> str:
    while name in taken:
        name = f"properties.{name}"
    return name


def _assets(record: Campaign) -> list[dict[str, object]] | None:
    """Return the assets of all types in one list."""
    if record.assets is None:
        return None
    return [
        {"type": kind, "id": each.id, "name": each.name, "metrics": each.metrics}
        for kind, page in record.assets.items()
        for each in page.results or ()
    ]
