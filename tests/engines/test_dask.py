"""Dask, on a cluster of two processes."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd  # type: ignore[import-untyped]  # pandas has no types of its own
import pyarrow as pa
import pytest

from hubspot_batch_read import AuthenticationError, RateLimit, TableRead
from hubspot_batch_read.sandbox import Portal, Sandbox
from tests.engines.portal import (
    IDS,
    Arrivals,
    contacts,
    counted,
    expected,
    faulty,
    kills_a_process,
    options,
    portal,
    run_example,
    sandbox,
    token_that_notes_its_process,
    without_positions,
)
from tests.unit.budget_servers import budget_server

dd: Any = pytest.importorskip("dask.dataframe")
distributed: Any = pytest.importorskip("distributed")

pytestmark = pytest.mark.filterwarnings("default")  # those of Dask are not ours


@contextmanager
def cluster() -> Iterator[Any]:
    """Run two workers, each a process, with the environment of now."""
    silent = {"dashboard_address": None, "silence_logs": logging.CRITICAL}
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, **silent) as workers,
        distributed.Client(workers) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with sandbox(portal=portal()) as made, cluster():
        yield made


@pytest.fixture(autouse=True)
def healthy(running: Sandbox) -> Iterator[None]:
    yield
    running.faults = None


def rows(read: TableRead, partitions: int = 3, **columns: Any) -> Counter[object]:
    """Return the rows that the cluster makes of a table."""
    from hubspot_batch_read.engines.dask import read_frame  # noqa: PLC0415 - needs Dask

    frame = dd.from_pandas(pd.DataFrame(columns), npartitions=partitions, sort=False)
    made: Any = read_frame(read, frame)
    table = pa.Table.from_pandas(made.compute(), read.schema)
    return counted(table.to_pylist())


def test_the_rows_are_those_of_one_process(running: Sandbox) -> None:
    read = contacts(running)
    clean = expected(read, id=IDS)
    running.faults = faulty()
    assert without_positions(rows(read, id=IDS)) == without_positions(clean)


def test_all_types_of_columns_arrive() -> None:
    made = Portal()
    days = {"start_date": "2026-01-01", "end_date": "2026-01-31"}
    with sandbox(portal=made) as running:
        read = TableRead.campaigns(properties=["hs_name"], **days, **options(running))
        assert rows(read, id=made.campaign_ids) == expected(read, id=made.campaign_ids)


def test_the_types_are_known_before(running: Sandbox) -> None:
    from hubspot_batch_read.engines.dask import read_frame  # noqa: PLC0415 - needs Dask

    frame = dd.from_pandas(pd.DataFrame({"id": IDS[:9]}), npartitions=2)
    made: Any = read_frame(contacts(running), frame)
    assert dict(made.dtypes) == dict(made.compute().dtypes)
    assert made.dtypes["type_id"] == pd.ArrowDtype(pa.int64())


def test_a_worker_that_is_killed_costs_no_row(running: Sandbox, tmp_path: Path) -> None:
    clean = expected(contacts(running), id=IDS[:6_000])
    first = running.traffic.requests
    read = contacts(running, access_token=token_that_notes_its_process(tmp_path))
    running.faults = kills_a_process(tmp_path, first + 3)
    assert rows(read, id=IDS[:6_000]) == clean
    assert (tmp_path / "killed").exists()


def test_a_refusal_fails_the_job(running: Sandbox) -> None:
    read = contacts(running, access_token=lambda: "wrong")
    with pytest.raises(AuthenticationError) as raised:
        rows(read, id=IDS[:10])
    assert raised.value.category == "INVALID_AUTHENTICATION"
    assert "HubSpot does not accept the access token" in raised.value.__notes__[-1]


def test_workers_share_a_budget(running: Sandbox, tmp_path: Path) -> None:
    arrivals = Arrivals()
    running.faults = arrivals
    limit = RateLimit(5, per=1, shared=tmp_path / "budget")
    rows(contacts(running, rate_limit=limit), partitions=6, id=IDS)
    assert arrivals.most_in(1) <= 5


def test_portals_that_refuse_stop_no_other(running: Sandbox) -> None:
    token = running.token
    read = contacts(
        running,
        portal_column="portal",
        access_token=lambda name: "wrong" if name.endswith("0") else token,
    )
    names = [str(number) for number in range(200)]
    found = rows(read, portal=names, id=["1"] * 200)
    outcomes = Counter(dict(row)["outcome"] for row in found)  # type: ignore[call-overload]
    assert outcomes == {"record": 180, "unread": 20}


def test_the_graph_holds_no_token(running: Sandbox) -> None:
    from hubspot_batch_read.engines.dask import read_frame  # noqa: PLC0415 - needs Dask

    frame = dd.from_pandas(pd.DataFrame({"id": IDS[:9]}), npartitions=2)
    graph = b"".join(
        map(bytes, distributed.protocol.dumps(dict(read_frame(contacts(running), frame).dask)))
    )
    assert b"TableRead" in graph
    assert running.token.encode() not in graph


def test_the_example_runs(running: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    with budget_server() as server:
        run_example("dask", running, server.address)
    assert "invalid" in capsys.readouterr().out
