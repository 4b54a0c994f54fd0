"""Dask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd  # type: ignore[import-untyped]  # pandas has no types of its own
import pyarrow as pa

from hubspot_batch_read.engines.table_read import TableRead

if TYPE_CHECKING:
    from dask.dataframe import DataFrame


def read_frame(read: TableRead, frame: DataFrame) -> DataFrame:
    """Return the rows for the ids in a Dask data frame, with Arrow types.

        rows = read_frame(TableRead.associations("contacts", "companies"), contacts)
        rows.groupby("outcome").input_id.nunique().compute()

    Each partition is read by one task, with its own client, so each running task sends up to
    `max_concurrency` requests at a time. If Dask repeats a task, its ids are read again.

    Args:
        read: The description of the read.
        frame: The data frame with the columns that the read names; other columns are dropped.
    """
    meta = _frame(read.schema.empty_table())
    rows: DataFrame = frame[read.columns].map_partitions(_rows, read, meta=meta)
    return rows


def _rows(frame: pd.DataFrame, read: TableRead) -> pd.DataFrame:
    ids = pa.Table.from_pandas(frame, preserve_index=False)
    return _frame(pa.Table.from_batches(read(ids.to_batches()), read.schema))


def _frame(table: pa.Table) -> pd.DataFrame:
    return table.to_pandas(types_mapper=pd.ArrowDtype)
