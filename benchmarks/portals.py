"""Measure the seconds to read 100,000 ids of each of eight portals, in one process and with Dask.

The server answers 30 ms after a request and has no rate limit. It is another process on the same
machine, so it uses part of the CPU.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pandas as pd  # type: ignore[import-untyped]  # pandas has no types of its own
import pyarrow as pa
from processes import rounded, say
from server import serve

from hubspot_batch_read import TableRead
from hubspot_batch_read.engines.dask import read_frame

LATENCY = 0.03
# Dask has no types of its own.
dd: Any = import_module("dask.dataframe")
distributed: Any = import_module("distributed")


def one_process(read: TableRead, table: pd.DataFrame) -> int:
    """Read in this process; return the number of rows."""
    batches = pa.Table.from_pandas(table).to_batches()
    return sum(batch.num_rows for batch in read(batches))


def workers(number: int) -> Callable[[TableRead, pd.DataFrame], int]:
    """Return a function that reads on this number of workers, which already run."""

    def on_workers(read: TableRead, table: pd.DataFrame) -> int:
        frame: Any = dd.from_pandas(table, npartitions=number)
        rows: Any = read_frame(read, frame)
        return int(rows.outcome.count().compute())

    return on_workers


def measure(portals: int, ids: int, runs: int) -> dict[str, float]:
    """Return the seconds of the fastest run with each number of workers."""
    table = pd.DataFrame(
        {
            "portal": [str(portal) for portal in range(portals) for _ in range(ids)],
            "id": [*range(1, ids + 1)] * portals,
        }
    )
    ways = {"one process": one_process, "one worker": workers(1), "two workers": workers(2)}
    found = {}
    with serve(latency=LATENCY) as base_url:
        read = TableRead.associations(
            "contacts",
            "companies",
            portal_column="portal",
            access_token=lambda portal: f"token-{portal}",
            settings={"base_url": base_url},
        )
        for name, way in ways.items():
            number = 2 if name == "two workers" else 1
            with (
                distributed.LocalCluster(
                    n_workers=number, threads_per_worker=1, silence_logs=logging.ERROR
                ) as cluster,
                distributed.Client(cluster),
            ):
                found[name] = min(timed(name, way, read, table) for _ in range(runs))
    return found


def timed(
    name: str, way: Callable[[TableRead, pd.DataFrame], int], read: TableRead, table: pd.DataFrame
) -> float:
    """Return the seconds of a run; raise RuntimeError if a row is missing."""
    say(name)
    start = time.perf_counter()
    rows = way(read, table)
    seconds = time.perf_counter() - start
    if rows < len(table):
        raise RuntimeError(f"{name}: {len(table)} ids, but only {rows} rows")
    return rounded(seconds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--portals", type=int, default=8)
    parser.add_argument("--ids", type=int, default=100_000, help="per portal")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    print(json.dumps(measure(arguments.portals, arguments.ids, arguments.runs), indent=2))
