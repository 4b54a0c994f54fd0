"""Ray Data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from hubspot_batch_read.engines.table_read import TableRead

if TYPE_CHECKING:
    from ray.data import Dataset  # pyright: ignore[reportMissingImports]  # see spark.py

BATCH_SIZE = 20_000
"""Ids that an actor reads at a time: a multiple of what each kind of request can hold."""


def read_dataset(read: TableRead, dataset: Dataset, *, actors: int = 1) -> Dataset:
    """Return the rows of a read of the ids in a Ray dataset.

        rows = read_dataset(TableRead.associations("contacts", "companies"), contacts, actors=2)
        rows.groupby("outcome").count().show()

    Actors keep their connections between blocks. As many requests are sent at a time as there are
    actors, times `max_concurrency`. A block that Ray repeats is read again.

    Args:
        read: What to read.
        dataset: Has the columns that the read names; others are left out.
        actors: How many processes read.
    """
    return dataset.select_columns(read.columns).map_batches(
        _Actor,
        batch_size=BATCH_SIZE,
        batch_format="pyarrow",
        fn_constructor_args=(read,),
        concurrency=actors,
    )


class _Actor:
    """Reads one table of ids after the other."""

    def __init__(self, read: TableRead) -> None:
        self._read = read
        self._client = read.client() if read.portal_column is None else None

    def __call__(self, ids: pa.Table) -> Iterator[pa.Table]:
        yield self._read.schema.empty_table()  # a block needs a schema, also where no id was in it
        for batch in self._read(ids.to_batches(), self._client):
            yield pa.Table.from_batches([batch])
