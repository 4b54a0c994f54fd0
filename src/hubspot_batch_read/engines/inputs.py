"""Extracts ids and portals from record batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hubspot_batch_read.core.id_texts import Id
from hubspot_batch_read_api.errors import ArgumentError

TOGETHER = 10_000
"""Number of values that are converted to Python objects at a time."""


def ids_of(batches: Iterable[pa.RecordBatch], column: str) -> Iterator[Id | None]:
    """Yield the ids of a column.

    Raises:
        ArgumentError: There is no such column, or it holds neither text nor whole numbers.
    """
    for batch in batches:
        yield from _values(_column(batch, "id_column", column))


def by_portal(
    batches: Iterable[pa.RecordBatch], portal_column: str, id_column: str
) -> dict[str | None, Iterator[Id | None]]:
    """Return the ids of each portal, and those without a portal under None, all in memory.

    Raises:
        ArgumentError: A column is missing, or holds neither text nor whole numbers.
    """
    portals, ids = [], []
    for batch in batches:
        portals.append(_column(batch, "portal_column", portal_column).cast(pa.string()))
        ids.append(_column(batch, "id_column", id_column))
    if not ids:
        return {}
    names = pa.chunked_array(portals)
    order = pc.sort_indices(names)
    runs: Any = pc.call_function("run_end_encode", [names.take(order).combine_chunks()])
    sorted_ids = pa.chunked_array(ids).take(order)
    ends = runs.run_ends.to_pylist()
    starts = [0, *ends]
    return {
        portal: _values(sorted_ids.slice(start, end - start))
        for portal, start, end in zip(runs.values.to_pylist(), starts, ends, strict=False)
    }


def _values(array: pa.Array[Any] | pa.ChunkedArray[Any]) -> Iterator[Id | None]:
    for start in range(0, len(array), TOGETHER):
        yield from array.slice(start, TOGETHER).to_pylist()


def _column(batch: pa.RecordBatch, argument: str, name: str) -> pa.Array[Any]:
    if not isinstance(batch, pa.RecordBatch):
        kind_of_it = type(batch).__name__
        raise TypeError(
            f"expected record batches, got a {kind_of_it}; for a table, pass table.to_batches()"
        )
    names = batch.schema.names
    if (number := names.count(name)) > 1:
        raise ArgumentError(argument, f"the table has {number} columns named {name}")
    if number == 0:
        there = ", ".join(names)
        raise ArgumentError(argument, f"the table has no column {name}; it has: {there}")
    array: pa.Array[Any] = batch.column(name)
    if isinstance(array, pa.DictionaryArray):
        array = array.dictionary_decode()
    kind = array.type
    if pa.types.is_decimal(kind) and kind.scale == 0:
        return array.cast(pa.string())
    if kind == pa.string_view():
        return array.cast(pa.large_string())  # Arrow cannot sort string_view
    is_id = pa.types.is_integer(kind) or pa.types.is_null(kind)
    if is_id or kind in (pa.string(), pa.large_string()):
        return array
    raise ArgumentError(
        argument, f"the column {name} has the type {kind}; cast it to text or whole numbers"
    )
