"""Shared budgets, with a real server and real files: kept together, and no read fails without."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from time import monotonic

import pytest

from hubspot_batch_read import AsyncHubSpot, HubSpot, RateLimit
from hubspot_batch_read.sending.budgets import InRedis, shared_budget
from hubspot_batch_read.sending.limiter import Limiter
from hubspot_batch_read.sending.shared import SharedSlots
from hubspot_batch_read.sending.window import MARGIN
from tests.unit.budget_servers import BudgetServer, budget_server
from tests.unit.forks import FORKS, succeeds_in_child
from tests.unit.servers import Answer, Request, serve
from tests.unit.slots import slots

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="needs a server's wheel, which Windows lacks"
)

TOKEN = "pat-na1-0123456789abcdef"
KINDS = pytest.mark.parametrize("kind", ["redis", "file"])


@pytest.fixture(scope="module")
def lasting() -> Iterator[BudgetServer]:
    """A server for all tests that leave it as it is."""
    with budget_server() as server:
        yield server


@pytest.fixture
def server() -> Iterator[BudgetServer]:
    with budget_server() as server:
        yield server


@pytest.fixture
def limit(kind: str, lasting: BudgetServer, tmp_path: Path) -> RateLimit:
    """A limit of five requests in a second, with its own budget."""
    shared = lasting.address if kind == "redis" else tmp_path / "budget"
    return RateLimit(5, per=1, shared=shared, key=str(tmp_path))


def answer(request: Request) -> Answer:
    rows = [{"from": {"id": each["id"]}, "to": []} for each in json.loads(request.body)["inputs"]]
    return Answer(200, {}, json.dumps({"results": rows}).encode())


# One budget


@KINDS
def test_two_clients_share_the_limit(kind: str, limit: RateLimit) -> None:
    one, other = Limiter(limit), Limiter(limit)
    spacing = (1 + MARGIN) / 5
    assert one.take(60) == 0.0
    assert other.take(60) == pytest.approx(spacing, abs=0.05)
    assert one.take(60) == pytest.approx(2 * spacing, abs=0.05)


@KINDS
def test_keys_are_budgets_of_their_own(kind: str, limit: RateLimit) -> None:
    for key in ("portal 42", "portal 43"):
        other = RateLimit(5, per=1, shared=limit.shared, key=key + str(monotonic()))
        assert Limiter(other).take(60) == 0.0


@KINDS
@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_no_two_requests_get_the_same_slot(kind: str, limit: RateLimit, executor: str) -> None:
    pool = (
        ThreadPoolExecutor(8)
        if executor == "threads"
        else ProcessPoolExecutor(3, mp_context=get_context("spawn"))
    )
    with pool:
        taken = [each for part in pool.map(slots, [limit] * 8, [25] * 8) for each in part]
    assert sorted(round(each / 1000) for each in taken) == list(range(200))


@KINDS
def test_a_slot_that_is_too_far_away_is_left(kind: str, limit: RateLimit) -> None:
    budget = shared_budget(limit)
    assert budget.take(0, 5, 3) == 0.0
    assert budget.take(0, 2, 3) == pytest.approx(3, abs=0.1)
    assert budget.take(0, 5, 3) == pytest.approx(3, abs=0.1)
    assert budget.take(20, 30, 3) == pytest.approx(20, abs=0.1)
    assert budget.take(0, 30, 3) == pytest.approx(23, abs=0.1)


@KINDS
@pytest.mark.parametrize("seconds", [3600, -3600])
def test_a_clock_that_jumps_stops_no_read(kind: str, limit: RateLimit, seconds: float) -> None:
    budget = shared_budget(limit)
    for _ in range(3):
        budget.take(0, 60, 2)
    # As if it had been ahead or behind until now.
    if isinstance(budget, InRedis):
        for field in ("free", "now"):
            budget._client().hincrby(budget._key, field, round(seconds * 1e6))
    else:
        with closing(sqlite3.connect(limit.shared or "")) as file, file:
            file.execute("UPDATE slot SET free = free + ?, now = now + ?", [seconds, seconds])
    assert budget.take(0, 60, 2) <= 6
    assert budget.take(0, 60, 2) <= 8


@KINDS
def test_slots_that_a_budget_has_forgotten_are_not_given_again(
    kind: str, limit: RateLimit, lasting: BudgetServer
) -> None:
    one, other = Limiter(limit), Limiter(limit)
    for limiter in (one, other, one, other, one):
        wait(limiter)
    ahead = one.take(60)
    if kind == "redis":
        with lasting.client() as client:
            client.flushall()
    else:
        Path(limit.shared or "").unlink()
    # The slot of `one` is taken, and `other` does not know it.
    assert other.take(60) > ahead - 0.1


def test_the_server_keeps_nothing_of_an_unused_budget(lasting: BudgetServer) -> None:
    shared_budget(RateLimit(1, per=1, shared=lasting.address, key="short")).take(0, 60, 5)
    with lasting.client() as client:
        assert 60 < client.ttl("hubspot-batch-read:short") <= 70


# Out of reach


def read(limit: RateLimit, number: int, between: Callable[[], None] = lambda: None) -> None:
    """Read ids in batches of a thousand, and account for all of them."""
    with serve(answer) as url, HubSpot(TOKEN, base_url=url, rate_limit=limit) as hubspot:
        contacts = hubspot.read_associations("0-1", "0-2", range(number))
        records = iter(contacts)
        first = list(islice(records, 1500))
        between()
        rest = list(records)
    assert sorted(int(each.from_.id) for each in (*first, *rest)) == list(range(number))
    assert contacts.failures == []


def test_a_server_that_is_killed_and_comes_back_costs_no_id(
    server: BudgetServer, caplog: pytest.LogCaptureFixture
) -> None:
    limit = RateLimit(500, per=10, shared=server.address)

    def restart() -> None:
        server.kill()
        threading.Timer(1.5, server.start).start()

    read(limit, 90_000, restart)
    gone, back = caplog.messages
    assert "the shared rate limit is unreachable (ConnectionError: " in gone
    assert "at most 50 requests in 10 s" in gone
    assert back == "the shared rate limit is reachable again"


def test_a_server_that_is_not_there_costs_no_id(
    server: BudgetServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.kill()
    read(RateLimit(500, per=1, shared=server.address), 9000)
    assert len(caplog.messages) == 1
    server.start()


def test_a_file_that_cannot_be_one_costs_no_id(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "budget"
    path.write_text("no budget " * 200)
    for shared in (path, tmp_path, tmp_path / "missing" / "budget"):
        read(RateLimit(500, per=1, shared=shared), 5000)
    assert len(caplog.messages) == 3
    assert path.read_text() == "no budget " * 200


def test_alone_a_client_keeps_the_pace_that_it_had(server: BudgetServer) -> None:
    limit = RateLimit(50, per=1, shared=server.address)
    one, other = Limiter(limit), Limiter(limit)
    end = monotonic() + 1.5
    while monotonic() < end:
        for limiter in (one, other):
            wait(limiter)
    server.kill()
    wait(one)
    wait(one)
    assert one.take(60) == pytest.approx(2 * (1 + MARGIN) / 50, rel=0.2)
    server.start()


def test_a_burst_is_no_pace(server: BudgetServer) -> None:
    limiter = Limiter(RateLimit(50, per=1, shared=server.address))
    for _ in range(10):
        wait(limiter)
    server.kill()
    wait(limiter)
    # At the pace of the burst, it would be 0.02; a busy machine is some hundredths late.
    assert limiter.take(60) == pytest.approx((1 + MARGIN) / 10, abs=0.05)
    server.start()


def test_a_client_keeps_its_pace_until_others_are_back_too(server: BudgetServer) -> None:
    slots = SharedSlots(RateLimit(100, per=1, shared=server.address))
    together, pace, now = slots.spacing, 0.1, monotonic()
    server.kill()
    assert slots.take(now, now, 60, pace) == pytest.approx(pace - together, abs=0.01)
    server.start()
    now += 1.5
    assert slots.take(now, now + pace, 60, pace) == pytest.approx(pace, abs=0.01)
    assert slots.spacing == pace
    now += 1.5
    assert slots.take(now, now + pace, 60, pace) == pytest.approx(pace + together, abs=0.15)
    assert slots.spacing == together


@KINDS
def test_a_slot_is_no_later_because_a_budget_is_slow(kind: str, limit: RateLimit) -> None:
    slots = SharedSlots(limit)
    now = monotonic()
    assert slots.take(now, now, 60, 1) == 0.0
    assert slots.take(now, now + 5, 60, 1) == pytest.approx(slots.spacing, abs=0.1)


def wait(limiter: Limiter) -> None:
    while seconds := limiter.take(60):
        threading.Event().wait(seconds)


def hanging_redis(server: BudgetServer) -> Iterator[RateLimit]:
    limit = RateLimit(500, per=1, shared=server.address)
    Limiter(limit).take(60)
    with server.hanging():
        yield limit


def locked_file(path: Path) -> Iterator[RateLimit]:
    limit = RateLimit(500, per=1, shared=path)
    Limiter(limit).take(60)
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("BEGIN EXCLUSIVE")
        yield limit


@KINDS
def test_a_budget_that_does_not_answer_holds_up_no_event_loop(
    kind: str, server: BudgetServer, tmp_path: Path
) -> None:
    async def longest_gap(limit: RateLimit) -> float:
        gaps, before = [0.0], monotonic()
        is_done = False

        async def tick() -> None:
            nonlocal before
            while not is_done:
                await asyncio.sleep(0.01)
                gaps.append(monotonic() - before)
                before = monotonic()

        ticking = asyncio.create_task(tick())
        with serve(answer) as url:
            async with AsyncHubSpot(TOKEN, base_url=url, rate_limit=limit) as hubspot:
                records = await hubspot.read_associations("0-1", "0-2", range(9)).all()
        is_done = True
        await ticking
        assert len(records) == 9
        return max(gaps)

    for limit in hanging_redis(server) if kind == "redis" else locked_file(tmp_path / "budget"):
        start = monotonic()
        assert asyncio.run(longest_gap(limit)) < 0.7
        assert monotonic() - start >= 1  # it did not answer


# Forks


@KINDS
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_budget_stays_shared_over_a_fork(kind: str, limit: RateLimit) -> None:
    budget = shared_budget(limit)
    assert budget.take(0, 1000, 100) == 0.0

    def take_next() -> None:
        assert budget.take(0, 1000, 100) == pytest.approx(100, abs=40)

    assert succeeds_in_child(take_next)
    assert budget.take(0, 1000, 100) == pytest.approx(200, abs=40)


@KINDS
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_budget_that_other_threads_use_keeps_no_child_waiting(
    kind: str, limit: RateLimit
) -> None:
    limiter, stop = Limiter(RateLimit(10**6, per=1, shared=limit.shared)), threading.Event()

    def load() -> None:
        while not stop.is_set():
            limiter.take(60)

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        assert all(succeeds_in_child(partial(wait, limiter)) for _ in range(FORKS))
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_connection_pool_held_at_a_fork_holds_up_no_child(
    lasting: BudgetServer,
) -> None:
    budget = InRedis(lasting.address, "held")
    budget.take(0, 60, 0)
    pool = budget._client().connection_pool
    holds, done = threading.Event(), threading.Event()

    def hold() -> None:
        with pool._lock, pool._fork_lock:
            holds.set()
            done.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    assert holds.wait(30)
    try:
        assert succeeds_in_child(partial(budget.take, 0, 60, 0))
    finally:
        done.set()
        thread.join()


# Passwords, arguments


ADDRESS = "redis://user:geheim@127.0.0.1:1/0?password=geheim"


def test_a_password_is_never_shown(server: BudgetServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    limit = RateLimit(100, per=1, shared=ADDRESS, key="portal 42")
    assert repr(limit) == (
        "RateLimit(100, per=1, shared='redis://***@127.0.0.1:1/0?***', key='portal 42')"
    )
    with server.client() as client:
        client.config_set("requirepass", "anders")
    secret = RateLimit(100, per=1, shared=f"{server.address}?password=geheim")
    with HubSpot(TOKEN, rate_limit=limit) as hubspot:
        assert "geheim" not in repr(hubspot)
    for each in (limit, secret):
        assert Limiter(each).take(60) >= 0
        with pytest.raises(TypeError, match="password"):
            pickle.dumps(each)
    assert len(caplog.messages) == 2
    assert "geheim" not in caplog.text


@pytest.mark.parametrize(
    "address",
    [
        "redis://:geheim@host:port",
        "redis://:ge/heim@host",
        "redis://host?geheim=1",
        "redis://:geheim@host?db=x",
        "rediss://:geheim@host?ssl_cert_reqs=geheim",
    ],
)
def test_an_invalid_address_is_refused_without_its_password(address: str) -> None:
    with pytest.raises(ValueError, match=r"^shared: ") as caught:
        HubSpot(TOKEN, rate_limit=RateLimit(100, per=1, shared=address))
    assert "ge" not in str(caught.value).replace("message", "")
    assert caught.value.__cause__ is None


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ImportError, match=r"hubspot-batch-read\[shared\]"):
        HubSpot(TOKEN, rate_limit=RateLimit(100, per=1, shared="redis://127.0.0.1"))


def test_a_relative_path_is_that_of_the_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    budget = shared_budget(RateLimit(5, per=1, shared="budget"))
    monkeypatch.chdir("/")
    budget.take(0, 60, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["budget"]
