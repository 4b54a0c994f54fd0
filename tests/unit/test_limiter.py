"""The limiter: requests are spread over the time of the limit, and never more than the limit."""

from __future__ import annotations

import json
import pickle
import random
import subprocess
import sys
import threading
from itertools import pairwise

import httpx
import pytest

from hubspot_batch_read import RateLimit, RateLimitError
from hubspot_batch_read.sending.budgets import LATE
from hubspot_batch_read.sending.limiter import STALE, TURN, Limiter
from hubspot_batch_read.sending.limits import RateLimitSetting, stated_limit, stated_use
from hubspot_batch_read.sending.window import MARGIN, RESERVE
from hubspot_batch_read_api.client import parse_response
from hubspot_batch_read_api.models import AssociationEnvelope

MAX = "x-hubspot-ratelimit-max"
REMAINING = "x-hubspot-ratelimit-remaining"
INTERVAL = "x-hubspot-ratelimit-interval-milliseconds"


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
    """The clock of every limiter."""
    clock = Clock()
    monkeypatch.setattr("hubspot_batch_read.sending.limiter.monotonic", lambda: clock.now)
    return clock


def stating(
    requests: object, interval_ms: object = 10_000, remaining: object = None
) -> dict[str, str]:
    headers = {MAX: str(requests), INTERVAL: str(interval_ms)}
    return headers if remaining is None else {**headers, REMAINING: str(remaining)}


def refusal(policy: str = "", **headers: str) -> RateLimitError:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    content = json.dumps({"policyName": policy} if policy else {}).encode()
    response = httpx.Response(429, headers=names, content=content)
    response.request = httpx.Request("POST", "https://api.example")
    with pytest.raises(RateLimitError) as caught:
        parse_response(response, AssociationEnvelope.from_json)
    return caught.value


def wait(limiter: Limiter, max_wait: float = 1e6) -> float:
    """Return the seconds to wait for the next request, 0.0 if it is sent."""
    return limiter.take(max_wait)


def gone_at_once(limiter: Limiter, tries: int = 50) -> int:
    """Return how many requests are sent without a wait."""
    return [wait(limiter) for _ in range(tries)].count(0.0)


def send_one(limiter: Limiter, clock: Clock) -> float:
    """Wait as long as the limiter says, then send; return the moment."""
    while delay := wait(limiter):
        clock.turn_to(clock.now + delay)
    return clock.now


def close(seconds: float) -> object:
    return pytest.approx(seconds, abs=0.002)


# The limit


@pytest.mark.parametrize(("requests", "per"), [(4, 10), (100, 10), (5, 1), (1, 60)])
def test_requests_are_spread_evenly_over_the_time(requests: int, per: float, clock: Clock) -> None:
    limiter = Limiter(RateLimit(requests, per=per))
    sent = [send_one(limiter, clock) for _ in range(3 * requests)]
    gaps = [later - earlier for earlier, later in pairwise(sent)]
    assert gaps == [close((per + MARGIN) / requests)] * len(gaps)


def test_a_slightly_late_request_delays_none_after_it(clock: Clock) -> None:
    limiter = Limiter(RateLimit(100, per=10))
    start = send_one(limiter, clock)
    for _ in range(99):
        while delay := wait(limiter):
            clock.now += delay + 0.05
    assert clock.now - start == pytest.approx(99 * (10 + MARGIN) / 100, abs=0.2)


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_no_ten_seconds_see_more_requests_than_the_limit(limit: int, clock: Clock) -> None:
    limiter, chance = Limiter(RateLimit(limit, per=10)), random.Random(limit)  # noqa: S311
    sent: list[float] = []
    for _ in range(300):
        clock.now += chance.choice([0, 0, 0.01, 0.1, 0.5, 3, 15])
        sent.append(send_one(limiter, clock))
    gaps = [later - earlier for earlier, later in zip(sent, sent[limit:], strict=False)]
    # A time on the way that differs by less than the rest of the margin does no harm.
    assert min(gaps) > 10 + MARGIN - LATE - 0.002


def test_without_a_limit_every_request_goes_at_once(clock: Clock) -> None:
    limiter = Limiter(None)
    limiter.learn(stating(1))
    limiter.refused(refusal(), 60)
    assert gone_at_once(limiter, 500) == 500


def test_a_slot_that_is_too_far_away_is_left_to_others(clock: Clock) -> None:
    limiter = Limiter(RateLimit(1, per=10))
    assert wait(limiter) == 0.0
    for _ in range(3):
        assert wait(limiter, max_wait=5) == close(10 + MARGIN)
    clock.now += 6
    assert wait(limiter, max_wait=5) == close(4 + MARGIN)


def test_a_client_waits_for_one_slot_at_a_time(clock: Clock) -> None:
    limiter = Limiter(RateLimit(1, per=10))
    assert wait(limiter) == 0.0
    assert [wait(limiter, max_wait=11) for _ in range(50)] == [close(10 + MARGIN)] * 50


def test_the_slot_of_a_lost_request_is_used_or_given_up(clock: Clock) -> None:
    limiter = Limiter(RateLimit(1, per=10))
    assert wait(limiter) == 0.0
    clock.now += wait(limiter) + STALE / 2
    assert wait(limiter) == 0.0
    assert wait(limiter) == close(10 + MARGIN - LATE)  # it was late
    clock.now += wait(limiter) + 50
    assert wait(limiter) == 0.0
    assert wait(limiter) == close(10 + MARGIN)


def test_the_request_that_has_waited_longest_goes_first(clock: Clock) -> None:
    limiter = Limiter(RateLimit(1, per=10))
    assert limiter.take(60, since=clock.now) == 0.0
    younger, older = clock.now + 2, clock.now + 1
    delay = limiter.take(60, older)
    assert limiter.take(60, younger) == delay
    clock.now += delay
    assert 0 < limiter.take(60, younger) < TURN
    assert limiter.take(60, older) == 0.0
    clock.now += limiter.take(60, younger)
    assert limiter.take(60, younger) == 0.0


def test_a_request_that_is_gone_keeps_no_younger_one_waiting(clock: Clock) -> None:
    limiter = Limiter(RateLimit(1, per=10))
    assert limiter.take(60, since=clock.now) == 0.0
    younger, older = clock.now + 2, clock.now + 1
    clock.now += limiter.take(60, older) + TURN
    assert limiter.take(60, younger) == 0.0


# "auto"


def test_one_request_goes_before_the_first_response(clock: Clock) -> None:
    limiter = Limiter("auto")
    assert gone_at_once(limiter) == 1
    assert wait(limiter) <= 0.01  # a response can come at any time
    clock.now += 1 + MARGIN
    assert gone_at_once(limiter) == 1  # the first may hang


def test_nothing_waits_if_the_first_response_states_no_limit(clock: Clock) -> None:
    limiter = Limiter("auto")
    wait(limiter)
    limiter.learn({"content-type": "application/json"})
    assert gone_at_once(limiter, 2000) == 2000


def test_the_limit_of_the_first_response_holds_at_once(clock: Clock) -> None:
    limiter = Limiter("auto")
    assert gone_at_once(limiter) == 1
    clock.now += 0.3
    limiter.learn(stating(4))
    assert wait(limiter) == close((10 + MARGIN) / 4 - 0.3)


@pytest.mark.parametrize(
    ("before", "after"), [((5, 10), (3, 10)), ((5, 10), (8, 10)), ((2, 1), (2, 20))]
)
def test_a_limit_that_changes_is_followed(
    before: tuple[int, float], after: tuple[int, float], clock: Clock
) -> None:
    limiter = Limiter("auto")
    for requests, per in (before, after):
        limiter.learn(stating(requests, round(per * 1000)))
        first, second, third = (send_one(limiter, clock) for _ in range(3))
        assert third - second == close((per + MARGIN) / requests)
        assert second - first <= third - second + 0.002


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
    limiter.learn(stating(4))
    limiter.learn(headers)
    assert wait(limiter) == 0.0
    assert wait(limiter) == close((10 + MARGIN) / 4)


def test_a_limit_is_read_as_hubspot_writes_it() -> None:
    headers = stating(190, remaining=150)
    assert stated_limit(headers) == RateLimit(190, per=10)
    assert stated_use(headers) == 40


@pytest.mark.parametrize("remaining", [None, "", "-1", "many", "1.5"])
def test_a_use_that_makes_no_sense_is_none(remaining: str | None) -> None:
    assert stated_use(stating(190, remaining=remaining)) is None


def test_a_limit_that_was_given_stays_whatever_responses_state(clock: Clock) -> None:
    limiter = Limiter(RateLimit(4, per=10))
    limiter.learn(stating(40, remaining=0))
    assert wait(limiter) == 0.0
    assert wait(limiter) == close((10 + MARGIN) / 4)


# "auto", beside others


def beside_others(clock: Clock, own: int, used: int) -> Limiter:
    """Make a limiter that sent some of the 100 requests that HubSpot has counted, evenly."""
    limiter = Limiter("auto")
    limiter.learn(stating(100))
    clock.now += 20
    for _ in range(own):
        clock.now += 9 / own
        assert wait(limiter) == 0.0
        limiter._window.answered.append(clock.now)
    limiter._window.answered.pop()
    limiter.learn(stating(100, remaining=100 - used))
    return limiter


def test_a_client_that_is_alone_has_all_of_the_limit(clock: Clock) -> None:
    limiter = beside_others(clock, own=20, used=20)
    assert wait(limiter) == close((10 + MARGIN) / 100)


def test_late_requests_are_not_taken_for_those_of_others(
    clock: Clock,
) -> None:
    limiter = Limiter("auto")
    limiter.learn(stating(100))
    for _ in range(200):
        send_one(limiter, clock)
    # It has sent 96 in ten seconds, but those before arrived a little later.
    limiter.learn(stating(100, remaining=0))
    assert wait(limiter) == close((10 + MARGIN) / 100)
    send_one(limiter, clock)
    assert wait(limiter) == close((10 + MARGIN) / 100)


@pytest.mark.parametrize(("own", "used"), [(1, 60), (10, 40), (30, 90)])
def test_beside_others_a_client_takes_half_of_the_rest(own: int, used: int, clock: Clock) -> None:
    limiter = beside_others(clock, own, used)
    limiter.take(1e6)
    clock.now += 1e-6
    clock.turn_to(clock.now + wait(limiter))
    assert wait(limiter) == 0.0
    assert wait(limiter) == pytest.approx((10 + MARGIN) / (own + 1 + (100 - used) / 2), rel=0.1)


def test_a_client_waits_for_room_if_others_leave_none(
    clock: Clock,
) -> None:
    limiter = beside_others(clock, own=10, used=round(100 - 100 * RESERVE))
    # Its first request was answered 8.1 seconds ago.
    assert wait(limiter) == close(10 - 8.1)


# 429


@pytest.mark.parametrize("rate_limit", ["auto", RateLimit(100, per=10)])
@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (refusal(), 10),
        (refusal("TEN_SECONDLY_ROLLING"), 10),
        (refusal("SECONDLY"), 1),
        (refusal(x_hubspot_ratelimit_interval_milliseconds="4000"), 4),
        (refusal(x_hubspot_ratelimit_interval_milliseconds="86400000"), 10),
        (refusal(x_hubspot_ratelimit_interval_milliseconds="soon"), 10),
        (refusal(x_hubspot_ratelimit_interval_milliseconds="4000", retry_after="7"), 7),
        (refusal(retry_after="0"), 10),
    ],
)
def test_after_a_429_all_requests_wait_for_room(
    rate_limit: RateLimitSetting, error: RateLimitError, seconds: float, clock: Clock
) -> None:
    limiter = Limiter(rate_limit)
    assert limiter.refused(error, 60) == seconds
    clock.now += seconds - 0.5
    assert limiter.claim() == 0.5
    clock.now += 0.5
    assert wait(limiter) == 0.0


def test_room_comes_when_the_first_request_counts_no_more(clock: Clock) -> None:
    limiter = Limiter(RateLimit(100, per=10))
    for _ in range(3):
        limiter.learn({})
        clock.now += 2
    # They were answered 6, 4 and 2 seconds ago.
    assert limiter.refused(refusal(), 60) == close(4)
    assert limiter.refused(refusal(), 60) == close(6)
    assert limiter.refused(refusal("SECONDLY"), 60) == close(1)
    clock.now += 11
    assert limiter.refused(refusal(), 60) == 10


def test_a_wait_that_is_too_long_stops_no_other_request(clock: Clock) -> None:
    limiter = Limiter(RateLimit(100, per=10))
    assert limiter.refused(refusal(retry_after="61"), 60) == 61
    assert wait(limiter) == 0.0


def test_of_two_waits_the_one_that_ends_later_counts(clock: Clock) -> None:
    limiter = Limiter(RateLimit(100, per=10))
    limiter.refused(refusal(retry_after="10"), 60)
    limiter.refused(refusal(retry_after="2"), 60)
    assert wait(limiter) == 10


def test_after_a_429_without_a_stated_limit_requests_are_spread(clock: Clock) -> None:
    limiter = Limiter("auto")
    limiter.learn({})
    clock.now += 11
    limiter.refused(refusal(), 60)
    clock.now += 10
    limiter.learn({})
    assert wait(limiter) == 0.0
    assert wait(limiter) == close((10 + MARGIN) / 100)


# Threads


def test_threads_together_never_go_over_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr("hubspot_batch_read.sending.limiter.monotonic", lambda: clock.now)
    limiter = Limiter(RateLimit(5, per=10))

    def send_twenty() -> None:
        for _ in range(20):
            send_one(limiter, clock)

    threads = [threading.Thread(target=send_twenty) for _ in range(8)]
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(usual)
    # All of them went, none before its slot.
    assert clock.now - 1000 >= 159 * (10 + MARGIN) / 5 - 0.01


# What can be a limit


@pytest.mark.parametrize(
    "rate_limit", [0, 100, True, 1.5, float("nan"), "none", "", "100", b"auto", [], (100, 10)]
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


@pytest.mark.parametrize(
    "shared", ["", 5, b"redis://x", "a\0b", "http://x", "postgres://:secret@x"]
)
def test_a_place_that_makes_no_sense_is_refused(shared: object) -> None:
    with pytest.raises(ValueError, match=r"^shared: ") as caught:
        RateLimit(100, per=10, shared=shared)  # type: ignore[arg-type]
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("key", ["", 5, None])
def test_a_key_that_makes_no_sense_is_refused(key: object) -> None:
    with pytest.raises(ValueError, match=r"^key: "):
        RateLimit(100, per=10, key=key)  # type: ignore[arg-type]


def test_a_rate_limit_is_a_value() -> None:
    limit = RateLimit(100, per=10)
    assert repr(limit) == "RateLimit(100, per=10)"
    assert limit == RateLimit(requests=100, per=10.0)
    assert limit != RateLimit(100, per=1)
    assert pickle.loads(pickle.dumps(limit)) == limit
    with pytest.raises(AttributeError):
        limit.per = 5  # type: ignore[misc]


def test_nothing_heavy_is_imported_for_a_limit() -> None:
    code = (
        "import sys; from hubspot_batch_read import RateLimit; "
        "from hubspot_batch_read.sending.limiter import Limiter; "
        "limiter = Limiter(RateLimit(5, per=10)); limiter.take(60); limiter.learn({}); "
        "print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"asyncio", "httpx", "redis", "sqlite3"} & set(run.stdout.split())
