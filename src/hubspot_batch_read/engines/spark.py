"""Spark: 3.5 and 4.x."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from hubspot_batch_read.engines.table_read import TableRead

if TYPE_CHECKING:
    # what type checkers see where the engine is not installed, as here: it takes 400 MB
    from pyspark.sql import DataFrame  # pyright: ignore[reportMissingImports]

NAMES = {
    pa.string(): "STRING",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.timestamp("us", tz="UTC"): "TIMESTAMP",
}


def read_frame(read: TableRead, frame: DataFrame) -> DataFrame:
    """Return the rows of a read of the ids in a Spark data frame.

        rows = read_frame(TableRead.associations("contacts", "companies"), contacts)
        rows.groupBy("outcome").agg(countDistinct("input_id")).show()

    Each partition is read by one task, with requests of its own: as many are sent at a time as
    there are tasks, times `max_concurrency`. A task that Spark repeats reads its ids again.

    Args:
        read: What to read.
        frame: Has the columns that the read names; others are left out. Spark cannot resolve a
            name with a dot or a backtick here.
    """
    return frame.select(*map(quoted, read.columns)).mapInArrow(read, ddl(read.schema))


def ddl(schema: pa.Schema) -> str:
    """Return an Arrow schema in Spark's words."""
    return ", ".join(f"{quoted(field.name)} {_name(field.type)}" for field in schema)


def quoted(name: str) -> str:
    """Return the name of a column as Spark's SQL has it."""
    doubled = name.replace("`", "``")
    return f"`{doubled}`"


def _name(kind: pa.DataType) -> str:
    if isinstance(kind, pa.StructType):
        fields = (f"{quoted(field.name)}: {_name(field.type)}" for field in kind)
        return f"STRUCT<{', '.join(fields)}>"
    if isinstance(kind, pa.ListType):
        return f"ARRAY<{_name(kind.value_type)}>"
    if isinstance(kind, pa.MapType):
        return f"MAP<{_name(kind.key_type)}, {_name(kind.item_type)}>"
    return NAMES[kind]
