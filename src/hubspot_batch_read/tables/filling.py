"""Turns records into record batches of about the same number of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from hubspot_batch_read.tables.table import Table
from hubspot_batch_read_api.types import Model

if TYPE_CHECKING:
    import pyarrow as pa

RowT = TypeVar("RowT", bound=Model)

ROWS = 10_000
"""Approximate number of rows in a record batch, whose records are in memory at the same time."""
STEP = 100
"""Number of records that are converted in one step, after which a record batch may be full."""


class Filling(Generic[RowT]):
    """The columns of a record batch that is being filled."""

    def __init__(self, table: Table[RowT]) -> None:
        """Start without rows."""
        self.table = table
        self.records = 0
        """Number of records in it."""
        self._columns: list[list[object]] = [[] for _ in table.columns]

    def add(self, records: Sequence[RowT]) -> None:
        """Add the rows of records, until it is full."""
        for start in range(0, len(records), STEP):
            if self.is_full:
                return
            part = records[start : start + STEP]
            for column, values in zip(self._columns, self.table.columns_of(part), strict=True):
                column.extend(values)
            self.records += len(part)

    @property
    def is_full(self) -> bool:
        """Whether it has enough rows for a record batch."""
        return len(self._columns[0]) >= ROWS

    @property
    def is_empty(self) -> bool:
        """Whether it has no rows."""
        return not self._columns[0]

    def record_batch(self) -> pa.RecordBatch:
        """Return the rows as a record batch."""
        return self.table.record_batch(self._columns)


def table_of(table: Table[RowT], records: Sequence[RowT]) -> pa.Table:
    """Return records as an Arrow table; see `Table.record_batch`.

    Raises:
        ModuleNotFoundError: The extra `arrow` is not installed.
    """
    from hubspot_batch_read.tables import arrow  # noqa: PLC0415 - needs an extra, and is heavy

    record_batches = []
    done = 0
    while done < len(records):
        filling = Filling(table)
        filling.add(records[done:])
        record_batches.append(filling.record_batch())
        done += filling.records
    return arrow.table(table.schema, record_batches)
