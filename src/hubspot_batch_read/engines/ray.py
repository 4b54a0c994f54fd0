"""Ray Data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from hubspot_batch_read.engines.table_read import TableRead

if TYPE_CHECKING:
    from ray.data import Dataset  # pyright: ignore[reportMissingImports]  # see spark.py

BATCH_SIZE = 20_000
"""Ids that an actor reads at a time: a multiple of the maximum ids of each kind of request."""


def read_dataset(read: TableRead, dataset: Dataset, *, actors: int = 1) -> Dataset:
    """Return the rows for the ids in a Ray dataset.

        rows = read_dataset(TableRead.associations("contacts", "companies"), contacts, actors=2)
        rows.groupby("outcome").count().show()

    Each actor has its own client, keeps its connections between blocks, and sends up to
    `max_concurrency` requests at a time. If Ray repeats a block, its ids are read again.

    Args:
        read: The description of the read.
        dataset: The dataset with the columns that the read names; other columns are dropped.
        actors: The number of processes that read.
    """
    return dataset.select_columns(read.columns).map_batches(
        _Actor,
        batch_size=BATCH_SIZE,
        batch_format="pyarrow",
        fn_constructor_args=(read,),
        concurrency=actors,
    )


class _Actor:
    """Reads tables of ids, one at a time."""

    def __init__(self, read: TableRead) -> None:
        self._read = read
        self._client = read.client() if read.portal_column is None else None

    def __call__(self, ids: pa.Table) -> Iterator[pa.Table]:
        yield self._read.schema.empty_table()  # a block needs a schema even without ids
        for batch in self._read(ids.to_batches(), self._client):
            yield pa.Table.from_batches([batch])
