"""Ray Data, on a cluster of two processes; `make test-engines` has Ray."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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

ray = pytest.importorskip("ray", reason="needs Ray: make test-engines")
ray_data = pytest.importorskip("ray.data", reason="needs Ray Data")


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with sandbox(portal=portal()) as made:
        ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False)
        ray_data.DataContext.get_current().enable_progress_bars = False
        yield made
        ray.shutdown()


@pytest.fixture
def rows(running: Sandbox) -> Rows:
    from hubspot_batch_read.engines.ray import read_dataset  # noqa: PLC0415 - needs Ray

    def on_cluster(read: TableRead, parts: int = 3, **columns: Any) -> Counter[object]:
        table = pa.table(columns)
        size = -(-table.num_rows // parts)
        blocks = [table.slice(at, size) for at in range(0, len(table), size)]
        return counted(read_dataset(read, ray_data.from_arrow(blocks), actors=2).take_all())

    return on_cluster


class TestRay(EveryEngine):
    name = "ray"


def test_the_plan_and_the_logs_hold_no_token(running: Sandbox) -> None:
    from hubspot_batch_read.engines.ray import read_dataset  # noqa: PLC0415 - needs Ray

    dataset = read_dataset(contacts(running), ray_data.from_arrow(pa.table({"id": IDS[:10]})))
    dataset = dataset.materialize()
    assert running.token not in f"{dataset}{dataset.stats()}"
    logs = Path(ray.worker._global_node.get_session_dir_path(), "logs")
    for log in logs.rglob("*"):
        assert not log.is_file() or running.token.encode() not in log.read_bytes()
