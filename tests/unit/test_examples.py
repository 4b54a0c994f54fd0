"""The programs in examples/, run as a user would, against a sandbox."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
import pytest

from hubspot_batch_read.sandbox import Sandbox, in_order, incidents

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
TESTED = {"nightly.py", "mirror.py", "several.py", "campaigns.py", "demo.py"}


class Ran(NamedTuple):
    """The exit code and the output of a program."""

    code: int
    output: str
    errors: str


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox(seed=7) as sandbox:
        monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", sandbox.token)
        monkeypatch.chdir(tmp_path)
        write_ids(sandbox.portal.contact_ids)
        yield sandbox


def write_ids(ids: Iterable[str]) -> None:
    Path("contacts.txt").write_text("".join(f"{id_}\n" for id_ in ids))


def run(sandbox: Sandbox, name: str, *arguments: str, standard_input: str = "") -> Ran:
    command = [sys.executable, "-W", "error", str(EXAMPLES / name)]
    ran = subprocess.run(
        [*command, *arguments, "--base-url", sandbox.base_url],
        input=standard_input,
        env=os.environ,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def missing_in(path: str) -> list[str]:
    return [json.loads(line)["id"] for line in Path(path).read_text().splitlines()]


def test_every_program_is_tested() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == TESTED


def test_nightly_accounts_for_each_id(sandbox: Sandbox) -> None:
    ran = run(sandbox, "nightly.py", "contacts.txt", "companies.parquet")
    assert (ran.code, ran.output) == (0, "")
    assert "INFO nightly: 3,000 ids: 2,623 records, 377 without associations" in ran.errors
    found = set(pq.read_table("companies.parquet")["from_id"].to_pylist())
    missing = missing_in("companies.missing.jsonl")
    assert Counter([*found, *missing]) == Counter(sandbox.portal.contact_ids)


def test_nightly_continues_after_a_revoked_token(sandbox: Sandbox) -> None:
    sandbox.faults = in_order([None, None, *[incidents.expired_token()] * 20])
    ran = run(sandbox, "nightly.py", "contacts.txt", "companies.jsonl")
    assert ran.code == 2
    assert "ERROR nightly: stopped early: " in ran.errors
    assert sandbox.token not in ran.errors
    before = Path("companies.jsonl").read_text().splitlines()
    assert 0 < len(before) < 2623

    sandbox.faults = None
    assert run(sandbox, "nightly.py", "contacts.txt", "companies.jsonl").code == 0
    lines = Path("companies.jsonl").read_text().splitlines()
    assert len(lines) == len({json.loads(line)["from"]["id"] for line in lines}) == 2623
    assert len(missing_in("companies.missing.jsonl")) == 377


def test_nightly_reports_values_that_are_not_ids(sandbox: Sandbox) -> None:
    write_ids(["101.0", sandbox.portal.contact_ids[0]])
    ran = run(sandbox, "nightly.py", "contacts.txt", "companies.csv")
    assert ran.code == 1
    assert missing_in("companies.missing.jsonl") == ["101.0"]


def test_nightly_without_its_file_of_ids_is_one_line(sandbox: Sandbox) -> None:
    ran = run(sandbox, "nightly.py", "nowhere.txt", "companies.csv")
    assert ran.code == 2
    assert "No such file" in ran.errors
    assert len(ran.errors.splitlines()) == 1


def rows(sandbox: Sandbox) -> tuple[int, int, int]:
    """Return the number of contacts in the mirror that were read, that have rows, and of rows."""
    with closing(sqlite3.connect("crm.sqlite")) as database:
        (read,) = database.execute(
            "select count(*) from contacts where read_at is not null"
        ).fetchone()
        (contacts, companies) = database.execute(
            "select count(distinct contact_id), count(*) from contact_companies"
        ).fetchone()
    return read, contacts, companies


def test_the_mirror_continues_and_replaces_rows(sandbox: Sandbox) -> None:
    sandbox.faults = in_order([None, None, None, *[incidents.expired_token()] * 20])
    ran = run(sandbox, "mirror.py", "crm.sqlite", "--add", "contacts.txt")
    assert ran.code == 1
    assert "stopped early: " in ran.errors
    assert 0 < rows(sandbox)[0] < 3000

    sandbox.faults = None
    assert run(sandbox, "mirror.py", "crm.sqlite").code == 0
    whole = rows(sandbox)
    assert whole[:2] == (3000, 2623)

    requests = sandbox.traffic.requests
    assert run(sandbox, "mirror.py", "crm.sqlite").output.startswith("0 ids")
    assert sandbox.traffic.requests == requests
    assert run(sandbox, "mirror.py", "crm.sqlite", "--older-than", "0").code == 0
    assert rows(sandbox) == whole


def test_several_reads_share_a_client(sandbox: Sandbox) -> None:
    ran = run(sandbox, "several.py", "contacts.txt", "folder")
    assert (ran.code, ran.errors) == (0, "")
    for to_type in ("companies", "deals", "tickets"):
        with Path(f"folder/{to_type}.csv").open() as file:
            found = {row["from_id"] for row in csv.DictReader(file)}
        missing = missing_in(f"folder/{to_type}.missing.jsonl")
        assert Counter([*found, *missing]) == Counter(sandbox.portal.contact_ids)


def test_one_of_several_reads_may_fail(sandbox: Sandbox) -> None:
    sandbox.faults = lambda request: incidents.not_found() if "/deals/" in request.path else None
    ran = run(sandbox, "several.py", "contacts.txt", "folder")
    assert ran.code == 1
    assert "\ndeals: HTTP 404" in ran.output
    assert ran.output.count("3,000 ids: ") == 2


def test_the_report_has_the_metrics_of_each_campaign(sandbox: Sandbox) -> None:
    guid = "0e1cf94a-1b2c-4d3e-8f50-6a7b8c9d0e1f"
    guids = [sandbox.portal.campaign_ids[0], guid]
    ran = run(sandbox, "campaigns.py", "2026-01-01", "2026-03-31", standard_input="\n".join(guids))
    assert ran.code == 1
    assert ran.errors.startswith(f"{guid}: ")
    report = list(csv.DictReader(io.StringIO(ran.output)))
    assert {row["campaign"] for row in report} == {guids[0]}
    assert all(float(row["VIEWS"]) > 0 for row in report if row["type"] == "FORM")
