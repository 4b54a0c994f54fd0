"""Dask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd  # type: ignore[import-untyped]  # pandas has no types of its own
import pyarrow as pa

from hubspot_batch_read.engines.table_read import TableRead

if TYPE_CHECKING:
    from dask.dataframe import DataFrame


def read_frame(read: TableRead, frame: DataFrame) -> DataFrame:
    """Return the rows of a read of the ids in a Dask data frame, with Arrow's types.

        rows = read_frame(TableRead.associations("contacts", "companies"), contacts)
        rows.groupby("outcome").input_id.nunique().compute()

    Each partition is read by one task, with requests of its own: as many are sent at a time as
    there are tasks, times `max_concurrency`. A task that Dask repeats reads its ids again.

    Args:
        read: What to read.
        frame: Has the columns that the read names; others are left out.
    """
    meta = _frame(read.schema.empty_table())
    rows: DataFrame = frame[read.columns].map_partitions(_rows, read, meta=meta)
    return rows


def _rows(frame: pd.DataFrame, read: TableRead) -> pd.DataFrame:
    ids = pa.Table.from_pandas(frame, preserve_index=False)
    return _frame(pa.Table.from_batches(read(ids.to_batches()), read.schema))


def _frame(table: pa.Table) -> pd.DataFrame:
    return table.to_pandas(types_mapper=pd.ArrowDtype)
