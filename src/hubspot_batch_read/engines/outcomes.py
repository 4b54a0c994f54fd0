"""The rows of a read, with the outcome of each id, as record batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, islice, repeat
from typing import Any, Generic, cast

import pyarrow as pa
import pyarrow.compute as pc

from hubspot_batch_read.core.account import Part
from hubspot_batch_read.core.id_texts import Key
from hubspot_batch_read.core.operation import Operation, RowT
from hubspot_batch_read.tables.arrow import record_batch
from hubspot_batch_read.tables.filling import ROWS
from hubspot_batch_read.tables.table import Column
from hubspot_batch_read_api.errors import ArgumentError

INPUT_ID = "input_id"
OUTCOME = ("outcome", "error_category", "error_message")
TRUNCATED = "TRUNCATED"
"""The `error_category` of a record that HubSpot cut short."""


def schema_of(own: pa.Schema, portal_column: str | None) -> pa.Schema:
    """Return the schema: portal, input id, the operation's columns and the outcome.

    A campaign property with the name of another column becomes `properties.<name>`.

    Raises:
        ArgumentError: The portal column has the same name as another column.
    """
    portal = [] if portal_column is None else [portal_column]
    taken = {*portal, INPUT_ID, *OUTCOME}
    if portal_column in {INPUT_ID, *OUTCOME, *own.names}:
        raise ArgumentError("portal_column", f"the rows already have a column {portal_column}")
    # Only campaigns have columns that users name: their properties.
    names = [f"properties.{name}" if name in taken else name for name in own.names]
    return pa.schema(
        [
            *((name, pa.string()) for name in (*portal, INPUT_ID)),
            *zip(names, own.types, strict=True),
            *((name, pa.string()) for name in OUTCOME),
        ]
    )


class Outcomes(Generic[RowT]):
    """Makes the record batches of one portal, or of all ids if there is no portal column."""

    def __init__(
        self, operation: Operation[RowT], schema: pa.Schema, portal: Sequence[str | None]
    ) -> None:
        """Set the operation, the schema, and the portal, if it has a column."""
        self._operation = operation
        self._schema = schema
        self._portal = portal

    def of_part(self, part: Part[RowT]) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a chunk's records, and a row for each missing id."""
        if part.keys:
            yield self._of_records(part.keys, part.records)
        if part.missing:
            whys = [why for _, why in part.missing]
            yield self._without_record(
                [str(key) for key, _ in part.missing],
                [why.reason for why in whys],
                [why.category for why in whys],
                [why.message for why in whys],
            )

    def unread(
        self, ids: Iterable[str], category: str | None, message: str
    ) -> Iterator[pa.RecordBatch]:
        """Yield rows for ids that were not read."""
        return self._alike(ids, "unread", category, message)

    def invalid(self, ids: Iterable[str | None], message: str) -> Iterator[pa.RecordBatch]:
        """Yield rows for invalid ids."""
        return self._alike(ids, "invalid", None, message)

    def _of_records(self, keys: Sequence[Key], records: Sequence[RowT]) -> pa.RecordBatch:
        table = self._operation.table
        rows = table.record_batch(table.columns_of(records))
        # A record with several rows repeats its id in each.
        ends = pa.array(accumulate(table.row_counts(records)), pa.int32())

        def repeated(values: Iterable[str | None]) -> pa.Array[Any]:
            runs = pa.RunEndEncodedArray.from_arrays(ends, pa.array(values, pa.string()))  # type: ignore[var-annotated]
            return cast("pa.Array[Any]", pc.call_function("run_end_decode", [runs]))

        number, notes = rows.num_rows, self._notes(records)
        nothing = pa.nulls(number, pa.string())
        columns = [
            *(pa.repeat(name, number) for name in self._portal),
            repeated(map(str, keys)),
            *rows.columns,
            pa.repeat("record", number),
            nothing if notes is None else repeated(note and TRUNCATED for note in notes),
            nothing if notes is None else repeated(notes),
        ]
        return pa.RecordBatch.from_arrays(columns, schema=self._schema)

    def _notes(self, records: Sequence[RowT]) -> list[str | None] | None:
        """Return how each record was cut short; None if the operation never does that."""
        if (cut := self._operation.cut) is None:
            return None
        cuts = [", ".join(cut(record)) for record in records]
        return [f"cut short: {each}; {self._operation.remedy}" if each else None for each in cuts]

    def _alike(
        self, ids: Iterable[str | None], outcome: str, category: str | None, message: str
    ) -> Iterator[pa.RecordBatch]:
        """Yield rows without a record for ids with the same outcome."""
        iterator = iter(ids)
        while part := [*islice(iterator, ROWS)]:
            same = ([value] * len(part) for value in (outcome, category, message))
            yield self._without_record(part, *same)

    def _without_record(
        self, ids: Sequence[str | None], *outcome: Sequence[str | None]
    ) -> pa.RecordBatch:
        number = len(ids)
        portal = ([name] * number for name in self._portal)
        nothing: Iterator[Column] = repeat([None] * number, len(self._operation.table.columns))
        return record_batch(self._schema, chain(portal, [ids], nothing, outcome))
