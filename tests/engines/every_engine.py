"""The tests that every engine has to pass; each engine has its own fixtures for its cluster."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hubspot_batch_read import RateLimit, TableRead
from hubspot_batch_read.sandbox import Portal, Sandbox
from tests.engines.portal import (
    IDS,
    VARIABLE,
    Arrivals,
    contacts,
    expected,
    faulty,
    kills_a_process,
    options,
    outcomes,
    run_example,
    token_that_notes_its_process,
    without_positions,
)
from tests.unit.budget_servers import budget_server

Rows = Callable[..., Counter[object]]
"""Returns the rows that a cluster returns for columns: `rows(read, parts=3, id=[...])`."""


class EveryEngine:
    """The fixtures `running` and `rows` are those of the engine."""

    name: str
    """The engine's module."""

    @pytest.fixture(autouse=True)
    def healthy(self, running: Sandbox) -> Iterator[None]:
        """Leave no faults for the next test."""
        yield
        running.faults = None

    def test_the_rows_are_those_of_one_process(self, rows: Rows, running: Sandbox) -> None:
        read = contacts(running)
        clean = expected(read, id=IDS)
        running.faults = faulty()
        assert without_positions(rows(read, id=IDS)) == without_positions(clean)

    def test_all_types_of_columns_arrive(self, rows: Rows) -> None:
        made = Portal()
        days = {"start_date": "2026-01-01", "end_date": "2026-01-31"}
        with Sandbox(portal=made) as running:
            read = TableRead.campaigns(properties=["hs_name"], **days, **options(running))
            assert rows(read, id=made.campaign_ids) == expected(read, id=made.campaign_ids)

    def test_requests_are_full_in_a_part(self, rows: Rows, running: Sandbox) -> None:
        before = running.traffic.requests
        rows(contacts(running), parts=1, id=IDS[:6_000])
        assert running.traffic.requests - before == 6

    def test_a_worker_that_is_killed_costs_no_row(
        self, rows: Rows, running: Sandbox, tmp_path: Path
    ) -> None:
        clean = expected(contacts(running), id=IDS[:6_000])
        first = running.traffic.requests
        read = contacts(running, access_token=token_that_notes_its_process(tmp_path))
        running.faults = kills_a_process(tmp_path, first + 3)
        assert rows(read, id=IDS[:6_000]) == clean
        assert (tmp_path / "killed").exists()

    def test_a_refusal_fails_the_job(self, rows: Rows, running: Sandbox) -> None:
        read = contacts(running, access_token=lambda: "wrong")
        with pytest.raises(Exception) as raised:  # noqa: PT011 - each engine has its own
            rows(read, id=IDS[:10])
        notes = getattr(raised.value, "__notes__", [])
        assert "HubSpot does not accept the access token" in f"{raised.value}{notes}"

    def test_workers_share_a_budget(self, rows: Rows, running: Sandbox) -> None:
        arrivals = Arrivals()
        running.faults = arrivals
        with budget_server() as server:
            limit = RateLimit(5, per=1, shared=server.address)
            rows(contacts(running, rate_limit=limit), parts=4, id=IDS)
        assert arrivals.most_in(1) <= 5

    def test_portals_that_refuse_stop_no_other(self, rows: Rows, running: Sandbox) -> None:
        variable = VARIABLE
        read = contacts(
            running,
            portal_column="portal",
            access_token=lambda name: "wrong" if name.endswith("0") else os.environ[variable],
        )
        found = rows(read, portal=[str(number) for number in range(200)], id=["1"] * 200)
        assert outcomes(found) == {"record": 180, "unread": 20}

    def test_the_example_runs(self, running: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
        with budget_server() as server:
            run_example(self.name, running, server.address)
        assert "invalid" in capsys.readouterr().out
