"""Arrow schemas and record batches of the tables; imported when they are needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from hubspot_batch_read.core.results import Missing
from hubspot_batch_read.tables.filling import ROWS
from hubspot_batch_read.tables.table import Column, ColumnType

try:
    import pyarrow as pa
except ModuleNotFoundError as error:
    if error.name != "pyarrow":
        raise
    message = 'Arrow needs an extra: pip install "hubspot-batch-read[arrow]"'
    raise ModuleNotFoundError(message, name=error.name) from error

ASSET = pa.struct(
    [
        ("type", pa.string()),
        ("id", pa.string()),
        ("name", pa.string()),
        ("metrics", pa.map_(pa.string(), pa.float64())),
    ]
)

MISSING = pa.schema(
    [
        ("id", pa.string()),
        ("reason", pa.string()),
        ("category", pa.string()),
        ("sub_category", pa.string()),
        ("message", pa.string()),
        ("context", pa.map_(pa.string(), pa.list_(pa.string()))),
    ]
)
"""The columns of the missing ids."""

TYPES: Mapping[ColumnType, pa.DataType] = {
    "string": pa.string(),
    "int64": pa.int64(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "list<int64>": pa.list_(pa.int64()),
    "list<asset>": pa.list_(ASSET),
}


def schema(types: Mapping[str, ColumnType]) -> pa.Schema:
    """Return the schema of a table with these columns."""
    return pa.schema([(name, TYPES[kind]) for name, kind in types.items()])


def record_batch(schema: pa.Schema, columns: Iterable[Column]) -> pa.RecordBatch:
    """Return columns as a record batch; see `Table.record_batch`."""
    arrays = [_array(values, kind) for values, kind in zip(columns, schema.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def reader(schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> pa.RecordBatchReader:
    """Return record batches as a stream."""
    return pa.RecordBatchReader.from_batches(schema, batches)


def table(schema: pa.Schema, batches: Sequence[pa.RecordBatch]) -> pa.Table:
    """Return record batches as a table."""
    return pa.Table.from_batches(batches, schema)


def missing_table(missing: Sequence[Missing]) -> pa.Table:
    """Return a row for each missing id."""
    each = iter(missing)
    parts = iter(lambda: [*islice(each, ROWS)], [])
    return table(MISSING, [_missing_batch(part) for part in parts])


def _missing_batch(missing: Sequence[Missing]) -> pa.RecordBatch:
    columns = [[getattr(each, name) for each in missing] for name in MISSING.names]
    return record_batch(MISSING, columns)


def _array(values: Sequence[object], kind: pa.DataType) -> pa.Array[Any]:
    try:
        return pa.array(values, kind)
    except (ArithmeticError, ValueError):  # rare, so values are not checked beforehand
        return pa.array([_fitting(value, kind) for value in values], kind)


def _fitting(value: Any, kind: Any) -> Any:
    """Return the closest value that Arrow can hold."""
    if value is None:
        return None
    if kind == pa.string():
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if kind == pa.int64():
        return value if -(2**63) <= value < 2**63 else None
    if kind == pa.float64():
        return float(value)
    if pa.types.is_list(kind):
        return [_fitting(each, kind.value_type) for each in value]
    if pa.types.is_struct(kind):
        return {each.name: _fitting(value[each.name], each.type) for each in kind}
    if pa.types.is_map(kind):
        pairs = value.items()
        return {_fitting(key, kind.key_type): _fitting(each, kind.item_type) for key, each in pairs}
    return value
