"""Dask, on a cluster of two processes."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd  # type: ignore[import-untyped]  # pandas has no types of its own
import pyarrow as pa
import pytest

from hubspot_batch_read import TableRead
from hubspot_batch_read.sandbox import Sandbox
from tests.engines.every_engine import EveryEngine, Rows
from tests.engines.portal import (
    IDS,
    contacts,
    counted,
    portal,
    sandbox,
)

pytestmark = pytest.mark.filterwarnings("default")  # those of Dask are not ours


# Importing them takes more than a second, which only the process pays that runs these tests.
@pytest.fixture(scope="module")
def dd() -> Any:
    return pytest.importorskip("dask.dataframe", reason="needs Dask")


@pytest.fixture(scope="module")
def distributed() -> Any:
    return pytest.importorskip("distributed", reason="needs distributed")


@contextmanager
def cluster(distributed: Any) -> Iterator[Any]:
    """Run two workers, each a process, with the environment of now."""
    silent = {"dashboard_address": None, "silence_logs": logging.CRITICAL}
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, **silent) as workers,
        distributed.Client(workers) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def running(distributed: Any) -> Iterator[Sandbox]:
    with sandbox(portal=portal()) as made, cluster(distributed):
        yield made


@pytest.fixture
def rows(running: Sandbox, dd: Any) -> Rows:
    from hubspot_batch_read.engines.dask import read_frame  # noqa: PLC0415 - needs Dask

    def on_cluster(read: TableRead, parts: int = 3, **columns: Any) -> Counter[object]:
        frame = dd.from_pandas(pd.DataFrame(columns), npartitions=parts, sort=False)
        made: Any = read_frame(read, frame)
        return counted(pa.Table.from_pandas(made.compute(), read.schema).to_pylist())

    return on_cluster


class TestDask(EveryEngine):
    name = "dask"


def test_the_types_are_known_before(running: Sandbox, dd: Any) -> None:
    from hubspot_batch_read.engines.dask import read_frame  # noqa: PLC0415 - needs Dask

    frame = dd.from_pandas(pd.DataFrame({"id": IDS[:9]}), npartitions=2)
    made: Any = read_frame(contacts(running), frame)
    assert dict(made.dtypes) == dict(made.compute().dtypes)
    assert made.dtypes["type_id"] == pd.ArrowDtype(pa.int64())


def test_the_graph_holds_no_token(running: Sandbox, dd: Any, distributed: Any) -> None:
    from hubspot_batch_read.engines.dask import read_frame  # noqa: PLC0415 - needs Dask

    frame = dd.from_pandas(pd.DataFrame({"id": IDS[:9]}), npartitions=2)
    graph = b"".join(
        map(bytes, distributed.protocol.dumps(dict(read_frame(contacts(running), frame).dask)))
    )
    assert b"TableRead" in graph
    assert running.token.encode() not in graph
