"""The decision about a failed attempt: nothing but the error, the attempt and chance matter."""

from __future__ import annotations

import json

import httpx
import pytest

from hubspot_batch_read.sending.retries import GiveUp, Rules, decide
from hubspot_batch_read_api.client import parse_response
from hubspot_batch_read_api.errors import ApiError
from hubspot_batch_read_api.models import AssociationEnvelope

RULES = Rules(max_retries=8, max_wait=60)
TIMEOUT = httpx.ReadTimeout("no")


def api_error(status: int, body: object = None, retry_after: str = "") -> ApiError:
    headers = {"retry-after": retry_after} if retry_after else {}
    content = json.dumps(body or {}).encode()
    request = httpx.Request("POST", "https://api.example")
    response = httpx.Response(status, headers=headers, content=content, request=request)
    with pytest.raises(ApiError) as caught:
        parse_response(response, AssociationEnvelope.from_json)
    return caught.value


@pytest.mark.parametrize("error", [TIMEOUT, api_error(503), api_error(429), api_error(477)])
def test_a_failure_that_may_pass_is_retried_to_the_last(error: Exception) -> None:
    decisions = [decide(error, attempt, RULES, 0.5) for attempt in range(1, 12)]
    assert all(isinstance(seconds, float) for seconds in decisions[:8])
    assert decisions[8:] == [GiveUp()] * 3


@pytest.mark.parametrize("error", [api_error(400), api_error(429, {"policyName": "DAILY"})])
def test_a_failure_that_will_not_pass_is_given_up_at_once(
    error: Exception,
) -> None:
    assert decide(error, 1, RULES, 0.5) == GiveUp()


def test_a_wait_beyond_the_limit_is_given_up_with_the_reason() -> None:
    assert decide(api_error(477, retry_after="61"), 1, RULES, 0.5) == GiveUp(
        "that requires a wait of 61.0 s, longer than max_wait (60 s)"
    )


@pytest.mark.parametrize("attempt", [1, 2, 5, 9, 2000])
def test_chance_draws_from_nothing_to_the_longest_wait(attempt: int) -> None:
    rules = Rules(max_retries=5000, max_wait=60)
    longest = min(0.5 * 2 ** min(attempt - 1, 10), 20)
    for draw in (0.0, 0.25, 1.0):
        assert decide(TIMEOUT, attempt, rules, draw) == draw * longest


def test_the_same_failure_brings_the_same_decision() -> None:
    error = api_error(503)
    assert decide(error, 3, RULES, 0.7) == decide(error, 3, RULES, 0.7)
    assert not hasattr(error, "__notes__")


def test_after_a_429_the_wait_is_for_room_in_the_rate_limit() -> None:
    assert decide(api_error(429), 1, RULES, 0.5, room=7.0) == 7.0
    assert decide(api_error(429), 1, RULES, 0.5, room=60.5) == GiveUp(
        "that requires a wait of 60.5 s, longer than max_wait (60 s)"
    )
    assert decide(api_error(503), 1, RULES, 0.5, room=7.0) == 0.25
