"""Spark 3.5 and 4."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from hubspot_batch_read.engines.table_read import TableRead

if TYPE_CHECKING:
    # Not installed for type checkers, because it takes 400 MB.
    from pyspark.sql import DataFrame  # pyright: ignore[reportMissingImports]

NAMES = {
    pa.string(): "STRING",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.timestamp("us", tz="UTC"): "TIMESTAMP",
}


def read_frame(read: TableRead, frame: DataFrame) -> DataFrame:
    """Return the rows for the ids in a Spark data frame.

        rows = read_frame(TableRead.associations("contacts", "companies"), contacts)
        rows.groupBy("outcome").agg(countDistinct("input_id")).show()

    Each partition is read by one task, with its own client, so each running task sends up to
    `max_concurrency` requests at a time. If Spark repeats a task, its ids are read again.

    Args:
        read: The description of the read.
        frame: The data frame with the columns that the read names; other columns are dropped. Spark
            cannot resolve a name with a dot or a backtick here.
    """
    return frame.select(*map(quoted, read.columns)).mapInArrow(read, ddl(read.schema))


def ddl(schema: pa.Schema) -> str:
    """Return an Arrow schema as Spark's DDL."""
    return ", ".join(f"{quoted(field.name)} {_name(field.type)}" for field in schema)


def quoted(name: str) -> str:
    """Return the name of a column, quoted for Spark's SQL."""
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
