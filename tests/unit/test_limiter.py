"""The limiter: it never lets more requests go than the limit, and forgets none of them."""

from __future__ import annotations

import pickle
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyrate_limiter import (
    BucketAsyncWrapper,
    InMemoryBucket,
    Rate,
    RateItem,
    SQLiteBucket,
)

from hubspot_batch_read.sending.limits import (
    MARGIN_MS,
    Limit,
    Limiter,
    RateLimit,
    RateLimitSetting,
    stated_limit,
)

MAX = "x-hubspot-ratelimit-max"
INTERVAL = "x-hubspot-ratelimit-interval-milliseconds"
MARGIN = MARGIN_MS / 1000


class Clock:
    """Time that passes when a test says so, in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._lock = threading.Lock()

    def turn_to(self, moment: float) -> None:
        with self._lock:
            self.now = max(self.now, moment)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of every limiter and every bucket in memory."""
    clock = Clock()
    monkeypatch.setattr("hubspot_batch_read.sending.limits.monotonic", lambda: clock.now)
    monkeypatch.setattr("pyrate_limiter.clocks.monotonic_ns", lambda: round(clock.now * 1e9))
    return clock


class TimedBucket(InMemoryBucket):
    """A bucket in memory that goes by a clock, and remembers all it let in."""

    def __init__(self, rates: list[Rate], clock: Clock) -> None:
        super().__init__(rates)
        self.clock = clock
        self.let_in: list[int] = []
        self.leaks = 0

    def now(self) -> int:
        return round(self.clock.now * 1000)

    def put(self, item: RateItem) -> bool:
        let_in = super().put(item)
        if let_in:
            self.let_in.append(item.timestamp)
        return let_in

    def leak(self, current_timestamp: int | None = None) -> int:
        self.leaks += 1
        return super().leak(current_timestamp)


def stating(requests: object, interval_ms: object = 10_000) -> dict[str, str]:
    return {MAX: str(requests), INTERVAL: str(interval_ms)}


def gone_at_once(limiter: Limiter, tries: int = 50) -> int:
    """Give how many of these requests may go without a wait."""
    return [limiter.delay() for _ in range(tries)].count(0.0)


def send_one(limiter: Limiter, clock: Clock) -> float:
    """Wait as long as the limiter says, then send; give the moment."""
    while delay := limiter.delay():
        clock.turn_to(clock.now + delay)
    return clock.now


# The limit


def test_so_many_requests_go_in_ten_seconds_and_the_next_waits_for_the_first_to_count_no_more(
    clock: Clock,
) -> None:
    limiter = Limiter(RateLimit(3, per=10))
    assert gone_at_once(limiter) == 3
    clock.now += 4
    assert limiter.delay() == pytest.approx(6 + MARGIN, abs=0.002)
    clock.now += limiter.delay()
    assert gone_at_once(limiter) == 3


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_no_ten_seconds_see_more_requests_than_the_limit(limit: int, clock: Clock) -> None:
    limiter, chance = Limiter(RateLimit(limit, per=10)), random.Random(limit)  # noqa: S311 - no secret
    sent: list[float] = []
    for _ in range(200):
        clock.now += chance.choice([0, 0, 0.01, 0.5, 3, 15])
        sent.append(send_one(limiter, clock))
    gaps = [later - earlier for earlier, later in zip(sent, sent[limit:], strict=False)]
    # A travel time that differs by less than the margin does no harm.
    assert min(gaps) > 10 + MARGIN - 0.002


def test_a_wait_is_no_longer_than_the_limit_needs(clock: Clock) -> None:
    limiter = Limiter(RateLimit(5, per=10))
    sent = [send_one(limiter, clock) for _ in range(50)]
    assert sent[-1] - sent[0] == pytest.approx(9 * (10 + MARGIN), abs=0.1)


def test_without_a_limit_every_request_goes_at_once(clock: Clock) -> None:
    limiter = Limiter(None)
    limiter.learn(stating(1))
    limiter.pause(60)
    assert gone_at_once(limiter, 500) == 500


def test_what_counts_no_more_is_forgotten(clock: Clock) -> None:
    bucket = TimedBucket([Rate(5, 10_000)], clock)
    limiter = Limiter(bucket)
    for _ in range(200):
        send_one(limiter, clock)
    assert bucket.count() <= 10
    # Forgetting takes time, in a file or another process above all.
    assert bucket.leaks <= 41


# "auto"


def test_nothing_waits_until_a_response_states_a_limit(clock: Clock) -> None:
    limiter = Limiter("auto")
    assert gone_at_once(limiter, 2000) == 2000
    limiter.learn({"content-type": "application/json"})
    assert gone_at_once(limiter, 2000) == 2000


def test_requests_sent_before_the_limit_was_known_count(clock: Clock) -> None:
    limiter = Limiter("auto")
    assert gone_at_once(limiter, 4) == 4
    clock.now += 3
    limiter.learn(stating(10))
    assert gone_at_once(limiter) == 6
    assert limiter.delay() == pytest.approx(7 + MARGIN, abs=0.002)


def test_of_too_many_requests_sent_before_the_limit_was_known_the_last_count(clock: Clock) -> None:
    limiter = Limiter("auto")
    for _ in range(20):
        limiter.delay()
        clock.now += 0.1
    limiter.learn(stating(5))
    # The sixteenth of them left half a second ago.
    assert limiter.delay() == pytest.approx(9.5 + MARGIN, abs=0.002)


@pytest.mark.parametrize(("before", "after"), [(5, 3), (5, 8), (8, 8)])
def test_a_limit_that_changes_is_followed(before: int, after: int, clock: Clock) -> None:
    limiter = Limiter("auto")
    limiter.learn(stating(before))
    assert gone_at_once(limiter) == before
    limiter.learn(stating(after))
    assert gone_at_once(limiter) == max(0, after - before)
    clock.now += 10 + MARGIN + 0.001
    assert gone_at_once(limiter) == after


def test_an_interval_that_changes_is_followed(clock: Clock) -> None:
    limiter = Limiter("auto")
    limiter.learn(stating(2, 1000))
    assert gone_at_once(limiter) == 2
    assert limiter.delay() == pytest.approx(1 + MARGIN, abs=0.002)
    limiter.learn(stating(2, 20_000))
    assert limiter.delay() == pytest.approx(20 + MARGIN, abs=0.002)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {MAX: "1"},
        {INTERVAL: "10000"},
        *({MAX: value, INTERVAL: "10000"} for value in ("0", "-1", "", "1.5", "1e2", "many", "²")),
        *({MAX: "1", INTERVAL: value} for value in ("0", "-1", "", "10 s", "60001", "9" * 5000)),
        {MAX: "1, 1", INTERVAL: "10000"},
    ],
)
def test_headers_that_state_no_sensible_limit_are_ignored(
    headers: dict[str, str], clock: Clock
) -> None:
    limiter = Limiter("auto")
    limiter.learn(headers)
    assert gone_at_once(limiter) == 50
    limiter.learn(stating(60))
    limiter.learn(headers)
    assert gone_at_once(limiter) == 10


def test_a_limit_is_read_as_hubspot_writes_it() -> None:
    assert stated_limit(stating(190)) == Limit(190, 10_000)


def test_a_limit_that_was_given_stays_whatever_responses_state(clock: Clock) -> None:
    for limiter in (Limiter(RateLimit(3, per=10)), Limiter(TimedBucket([Rate(3, 10_000)], clock))):
        limiter.learn(stating(40))
        assert gone_at_once(limiter) == 3


# Pauses


@pytest.mark.parametrize("rate_limit", ["auto", RateLimit(100, per=10)])
def test_no_request_goes_in_a_pause(rate_limit: RateLimitSetting, clock: Clock) -> None:
    limiter = Limiter(rate_limit)
    limiter.pause(10)
    assert limiter.delay() == 10
    clock.now += 9.5
    assert limiter.delay() == 0.5
    clock.now += 0.5
    assert limiter.delay() == 0.0


def test_of_two_pauses_the_one_that_ends_later_counts(clock: Clock) -> None:
    limiter = Limiter("auto")
    limiter.pause(10)
    limiter.pause(2)
    assert limiter.delay() == 10
    clock.now += 5
    limiter.pause(10)
    assert limiter.delay() == 10


def test_a_request_that_has_to_wait_is_not_counted(clock: Clock) -> None:
    limiter = Limiter(RateLimit(3, per=10))
    limiter.pause(5)
    assert gone_at_once(limiter) == 0
    clock.now += 5
    assert gone_at_once(limiter) == 3


# Threads and processes


@pytest.mark.parametrize("limiters", [1, 2])
def test_threads_together_never_go_over_the_limit(limiters: int) -> None:
    clock = Clock()
    bucket = TimedBucket([Rate(5, 10_000)], clock)
    shared = [Limiter(bucket) for _ in range(limiters)]

    def send_twenty(limiter: Limiter) -> None:
        for _ in range(20):
            send_one(limiter, clock)

    threads = [threading.Thread(target=send_twenty, args=(shared[i % limiters],)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counted = sorted(bucket.let_in)
    assert len(counted) == 8 * 20
    assert all(
        later - earlier > 10_000 for earlier, later in zip(counted, counted[5:], strict=False)
    )


class CountedLock:
    """A lock that tells whether it is held."""

    held = 0

    def __enter__(self) -> None:
        self.held += 1

    def __exit__(self, *exc_info: object) -> None:
        self.held -= 1


def test_threads_that_come_first_find_one_limit() -> None:
    gone: list[float] = []

    def ask(limiter: Limiter, start: threading.Barrier) -> None:
        start.wait(timeout=30)
        gone.append(limiter.delay())

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(20):
            asked = (Limiter(RateLimit(3, per=10)), threading.Barrier(8))
            threads = [threading.Thread(target=ask, args=asked) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    finally:
        sys.setswitchinterval(usual)
    assert gone.count(0.0) == 20 * 3


def test_what_another_user_of_a_bucket_is_told_lets_no_request_go() -> None:
    class Busy(TimedBucket):
        def put(self, item: RateItem) -> bool:
            let_in = super().put(item)
            # As if another one had been let in since.
            self.failing_rate = None
            return let_in

    limiter = Limiter(Busy([Rate(3, 10_000)], Clock()))
    assert gone_at_once(limiter) == 3
    assert limiter.delay() > 0


@pytest.fixture
def buckets(tmp_path: Path) -> Iterator[list[SQLiteBucket]]:
    """Two buckets in one file, as two processes would open them."""
    path = str(tmp_path / "limit.sqlite")
    both = [SQLiteBucket.init_from_file([Rate(10, 60_000)], db_path=path) for _ in range(2)]
    yield both
    for bucket in both:
        bucket.conn.close()


def test_a_limit_in_a_file_is_shared(buckets: list[SQLiteBucket]) -> None:
    one, other = (Limiter(bucket) for bucket in buckets)
    assert gone_at_once(one, 7) == 7
    assert gone_at_once(other, 7) == 3
    assert 0 < one.delay() <= 60.001


def test_the_lock_of_a_shared_bucket_is_held_while_a_request_is_counted() -> None:
    lock = CountedLock()

    class Locked(TimedBucket):
        def limiter_lock(self) -> CountedLock:
            return lock

        def now(self) -> int:
            assert lock.held
            return super().now()

        def put(self, item: RateItem) -> bool:
            assert lock.held
            return super().put(item)

    assert gone_at_once(Limiter(Locked([Rate(3, 10_000)], Clock()))) == 3
    assert not lock.held


# What can be a limit


@pytest.mark.parametrize(
    "rate_limit",
    [0, 100, -1, True, False, 1.5, float("nan"), "none", "", "100", b"auto", [], object()],
)
def test_what_is_no_limit_is_refused(rate_limit: object) -> None:
    with pytest.raises(ValueError, match=r"^rate_limit: "):
        Limiter(rate_limit)  # type: ignore[arg-type]


@pytest.mark.parametrize("requests", [0, -1, True, 1.5, float("nan"), "100", None])
def test_a_number_of_requests_that_makes_no_sense_is_refused(requests: object) -> None:
    with pytest.raises(ValueError, match=r"^requests: .*got "):
        RateLimit(requests, per=10)  # type: ignore[arg-type]


@pytest.mark.parametrize("per", [0, -1, True, float("nan"), float("inf"), 3601, "10", None])
def test_a_time_that_makes_no_sense_is_refused(per: object) -> None:
    with pytest.raises(ValueError, match=r"^per: .*got "):
        RateLimit(100, per=per)  # type: ignore[arg-type]


def test_a_rate_limit_is_a_value() -> None:
    limit = RateLimit(100, per=10)
    assert repr(limit) == "RateLimit(requests=100, per=10)"
    assert limit == RateLimit(requests=100, per=10.0)
    assert limit != RateLimit(100, per=1)
    assert pickle.loads(pickle.dumps(limit)) == limit
    with pytest.raises(AttributeError):
        limit.per = 5  # type: ignore[misc]


def test_a_limit_counts_in_its_own_time(clock: Clock) -> None:
    limiter = Limiter(RateLimit(3, per=0.5))
    assert gone_at_once(limiter) == 3
    assert limiter.delay() == pytest.approx(0.5 + MARGIN, abs=0.002)


def test_an_async_bucket_is_refused() -> None:
    bucket = BucketAsyncWrapper(InMemoryBucket([Rate(1, 1000)]))
    with pytest.raises(TypeError, match=r"^rate_limit: .*async"):
        Limiter(bucket)


@pytest.mark.parametrize("method", ["leak", "now", "put", "waiting"])
def test_a_bucket_that_turns_out_to_be_async_lets_nothing_go(method: str) -> None:
    async def later(*_: object) -> int:
        return 1

    bucket = TimedBucket([Rate(1, 1000)], Clock())
    bucket.put(RateItem("request", bucket.now()))
    setattr(bucket, method, later)
    # A warning that its coroutine was never awaited would fail this test.
    with pytest.raises(TypeError, match=r"^rate_limit: .*async"):
        Limiter(bucket).delay()


def test_nothing_heavy_is_imported_before_there_is_a_limit_to_keep() -> None:
    code = (
        "import sys; from hubspot_batch_read.sending.limits import Limiter, RateLimit; "
        "limiter = Limiter('auto'); limiter.delay(); "
        "limiter.learn({}); limiter.delay(); Limiter(None).delay(); "
        "Limiter(RateLimit(5, per=10)); print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"asyncio", "pyrate_limiter", "httpx"} & set(run.stdout.split())
