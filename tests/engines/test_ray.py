"""Ray Data, on a cluster of two processes; `make test-engines` has Ray."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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

ray = pytest.importorskip("ray", reason="needs Ray: make test-engines")
ray_data = pytest.importorskip("ray.data")


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with sandbox(portal=portal()) as made:
        ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False)
        ray_data.DataContext.get_current().enable_progress_bars = False
        yield made
        ray.shutdown()


@pytest.fixture(autouse=True)
def healthy(running: Sandbox) -> Iterator[None]:
    yield
    running.faults = None


def rows(read: TableRead, blocks: int = 3, **columns: Any) -> Counter[object]:
    """Return the rows that the cluster makes of a table."""
    from hubspot_batch_read.engines.ray import read_dataset  # noqa: PLC0415 - needs Ray

    table = pa.table(columns)
    size = -(-table.num_rows // blocks)
    dataset = ray_data.from_arrow([table.slice(at, size) for at in range(0, len(table), size)])
    return counted(read_dataset(read, dataset, actors=2).take_all())


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


def test_requests_are_full_in_a_block(running: Sandbox) -> None:
    before = running.traffic.requests
    rows(contacts(running), blocks=1, id=IDS[:6_000])
    assert running.traffic.requests - before == 6


def test_a_worker_that_is_killed_costs_no_row(running: Sandbox, tmp_path: Path) -> None:
    clean = expected(contacts(running), id=IDS[:6_000])
    first = running.traffic.requests
    read = contacts(running, access_token=token_that_notes_its_process(tmp_path))
    running.faults = kills_a_process(tmp_path, first + 3)
    assert rows(read, id=IDS[:6_000]) == clean
    assert (tmp_path / "killed").exists()


def test_a_refusal_fails_the_job(running: Sandbox) -> None:
    read = contacts(running, access_token=lambda: "wrong")
    with pytest.raises(AuthenticationError, match="HubSpot does not accept the access token"):
        rows(read, id=IDS[:10])


def test_workers_share_a_budget(running: Sandbox) -> None:
    arrivals = Arrivals()
    running.faults = arrivals
    with budget_server() as server:
        limit = RateLimit(5, per=1, shared=server.address)
        rows(contacts(running, rate_limit=limit), id=IDS)
    assert arrivals.most_in(1) <= 5


def test_portals_that_refuse_stop_no_other(running: Sandbox) -> None:
    token = running.token
    read = contacts(
        running,
        portal_column="portal",
        access_token=lambda name: "wrong" if name.endswith("0") else token,
    )
    found = rows(read, portal=[str(number) for number in range(200)], id=["1"] * 200)
    outcomes = Counter(dict(row)["outcome"] for row in found)  # type: ignore[call-overload]
    assert outcomes == {"record": 180, "unread": 20}


def test_the_plan_and_the_logs_hold_no_token(running: Sandbox) -> None:
    from hubspot_batch_read.engines.ray import read_dataset  # noqa: PLC0415 - needs Ray

    dataset = read_dataset(contacts(running), ray_data.from_arrow(pa.table({"id": IDS[:10]})))
    dataset = dataset.materialize()
    assert running.token not in f"{dataset}{dataset.stats()}"
    logs = Path(ray.worker._global_node.get_session_dir_path(), "logs")
    for log in logs.rglob("*"):
        assert not log.is_file() or running.token.encode() not in log.read_bytes()


def test_the_example_runs(running: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    with budget_server() as server:
        run_example("ray", running, server.address)
    assert "invalid" in capsys.readouterr().out
