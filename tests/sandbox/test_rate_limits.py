"""Rate limits: headers that count, and 429 when a limit is used up."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from hubspot_batch_read.sandbox import EXPIRED_TOKEN, RateLimits, Sandbox

from .asking import CAMPAIGNS, COMPANIES, Ask, Clock, connect

HEADER = "X-HubSpot-RateLimit-"


@pytest.fixture
def clock() -> Clock:
    """Half a minute before the day ends."""
    return Clock(datetime(2026, 3, 1, 23, 59, 30, tzinfo=UTC))


@pytest.fixture
def limited(clock: Clock) -> Iterator[Ask]:
    limits = RateLimits(ten_secondly=3, daily=5)
    with Sandbox(limits=limits, clock=clock) as sandbox, connect(sandbox) as client:
        yield Ask(client)


def remaining(response: httpx.Response) -> tuple[int, int]:
    """Return the requests that are left of ten seconds and of the day, from the headers."""
    names = ("Remaining", "Daily-Remaining")
    ten_secondly, daily = (int(response.headers[HEADER + name]) for name in names)
    return ten_secondly, daily


def test_headers_tell_the_limits_and_what_is_left(limited: Ask) -> None:
    first = limited(COMPANIES, "1")
    second = limited(CAMPAIGNS, "x")

    assert first.headers[f"{HEADER}Interval-Milliseconds"] == "10000"
    assert first.headers[f"{HEADER}Max"] == "3"
    assert first.headers[f"{HEADER}Daily"] == "5"
    assert [remaining(first), remaining(second)] == [(2, 4), (1, 3)]


def test_the_request_above_the_limit_is_a_429_without_category(
    limited: Ask,
) -> None:
    granted = [limited(COMPANIES, "1").status_code for _ in range(3)]
    refused = limited(COMPANIES, "1")

    body = refused.json()
    assert granted == [207, 207, 207]
    assert refused.status_code == 429
    assert body.keys() == {"status", "message", "errorType", "correlationId", "policyName"}
    assert body["errorType"] == "RATE_LIMIT"
    assert body["policyName"] == "TEN_SECONDLY_ROLLING"
    assert "retry-after" not in refused.headers
    assert remaining(refused) == (0, 2)


def test_each_request_comes_back_after_ten_seconds(limited: Ask, clock: Clock) -> None:
    left = []
    for seconds in (0, 4, 4, 1.999, 0.001, 4):
        clock.turn(seconds)
        left.append(remaining(limited(COMPANIES, "1")))

    # The fourth comes a thousandth of a second too early and is refused, which costs nothing.
    assert left == [(2, 4), (1, 3), (0, 2), (0, 2), (0, 1), (0, 0)]


def test_the_day_is_used_up_until_midnight(limited: Ask, clock: Clock) -> None:
    for _ in range(5):
        assert limited(COMPANIES, "1").status_code == 207
        clock.turn(5)

    refused = limited(COMPANIES, "1")
    assert refused.status_code == 429
    assert refused.json()["policyName"] == "DAILY"
    assert remaining(refused)[1] == 0

    clock.turn(5)  # midnight
    assert remaining(limited(COMPANIES, "1"))[1] == 4


def test_refused_tokens_neither_count_nor_tell_the_limits(limited: Ask) -> None:
    for _ in range(4):
        headers = {"Authorization": f"Bearer {EXPIRED_TOKEN}"}
        refused = limited.client.post(COMPANIES, headers=headers)
        assert refused.status_code == 401
        assert f"{HEADER}Remaining" not in refused.headers

    assert remaining(limited(COMPANIES, "1")) == (2, 4)


def test_requests_that_are_refused_for_their_body_count(limited: Ask) -> None:
    assert limited.body(COMPANIES, b"{").status_code == 400

    assert remaining(limited(COMPANIES, "1")) == (1, 3)


def test_the_default_limits_are_out_of_the_way(ask: Ask) -> None:
    response = ask(COMPANIES, "1")

    ten_secondly, daily = remaining(response)
    assert ten_secondly > 90_000
    assert daily > 900_000
