"""The rows of a read, and what became of each id, as record batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, repeat
from typing import Any, Generic

import pyarrow as pa

from hubspot_batch_read.core.account import Part
from hubspot_batch_read.core.operation import Operation, RowT
from hubspot_batch_read.tables.arrow import record_batch
from hubspot_batch_read.tables.filling import ROWS
from hubspot_batch_read_api.errors import ArgumentError

INPUT_ID = "input_id"
OUTCOME = ("outcome", "error_category", "error_message")
TRUNCATED = "TRUNCATED"
"""The `error_category` of a record that HubSpot cut short."""
NO_ID = "it stands for a missing value"


def schema_of(operation: Operation[Any], portal_column: str | None) -> pa.Schema:
    """Return the schema: portal, input id, the operation's columns, outcome.

    A campaign property with the name of another column becomes `properties.<name>`.

    Raises:
        ArgumentError: The column of the portals has the name of another.
    """
    portal = [] if portal_column is None else [portal_column]
    own = operation.table.schema
    taken = {*portal, INPUT_ID, *OUTCOME}
    if portal_column in {INPUT_ID, *OUTCOME, *own.names}:
        raise ArgumentError("portal_column", f"the rows have another column {portal_column}")
    # Only a campaign has columns with names that somebody else chose: its properties.
    names = [f"properties.{name}" if name in taken else name for name in own.names]
    return pa.schema(
        [
            *((name, pa.string()) for name in (*portal, INPUT_ID)),
            *zip(names, own.types, strict=True),
            *((name, pa.string()) for name in OUTCOME),
        ]
    )


class Outcomes(Generic[RowT]):
    """Makes the record batches of one portal."""

    def __init__(
        self, operation: Operation[RowT], schema: pa.Schema, portal: Sequence[str | None]
    ) -> None:
        """Prepare for an operation; its portal has a column if there is one."""
        self._operation = operation
        self._schema = schema
        self._portal = portal

    def of_part(self, part: Part[RowT]) -> pa.RecordBatch:
        """Return the rows of the records of a chunk, and one for each missing id."""
        table, records = self._operation.table, part.records
        counts = table.row_counts(records)
        ids = [str(key) for key, count in zip(part.keys, counts, strict=True) for _ in range(count)]
        remedies = [*self._remedies(records)]
        notes = [note for note, count in zip(remedies, counts, strict=True) for _ in range(count)]
        missing = part.missing
        return self._record_batch(
            [*ids, *(str(key) for key, _ in missing)],
            [[*column, *repeat(None, len(missing))] for column in table.columns_of(records)],
            [*repeat("record", len(ids)), *(why.reason for _, why in missing)],
            [*(note and TRUNCATED for note in notes), *(why.category for _, why in missing)],
            [*notes, *(why.message for _, why in missing)],
        )

    def unread(
        self, ids: Iterable[str], category: str | None, message: str
    ) -> Iterator[pa.RecordBatch]:
        """Yield rows for ids that were not read."""
        return self._without_record(ids, "unread", category, message)

    def invalid(self, ids: Iterable[str | None], message: str) -> Iterator[pa.RecordBatch]:
        """Yield rows for what cannot be asked for."""
        return self._without_record(ids, "invalid", None, message)

    def _without_record(
        self, ids: Iterable[str | None], outcome: str, category: str | None, message: str
    ) -> Iterator[pa.RecordBatch]:
        iterator = iter(ids)
        for first in iterator:
            part = [first, *islice(iterator, ROWS - 1)]
            number = len(part)
            columns = [[None] * number for _ in self._operation.table.columns]
            same = ([value] * number for value in (outcome, category, message))
            yield self._record_batch(part, columns, *same)

    def _remedies(self, records: Sequence[RowT]) -> Iterator[str | None]:
        """Yield, for each record, what HubSpot cut short and how to read the rest."""
        if (cut := self._operation.cut) is None:
            yield from repeat(None, len(records))
            return
        for record in records:
            fields = cut(record)
            yield f"cut short: {', '.join(fields)}; {self._operation.remedy}" if fields else None

    def _record_batch(
        self,
        ids: Sequence[str | None],
        columns: Iterable[Sequence[object]],
        *outcome: Sequence[object],
    ) -> pa.RecordBatch:
        portal = ([name] * len(ids) for name in self._portal)
        return record_batch(self._schema, chain(portal, [ids], columns, outcome))
