"""The ready-made responses: what HubSpot and what stands before it say when something is wrong."""

import re

import httpx
import pytest

from hubspot_batch_read.sandbox import Sandbox, SandboxResponse, in_order, incidents

from .asking import COMPANIES, Ask, connect

HEADER = "X-HubSpot-RateLimit-"
HTML = "text/html; charset=utf-8"
JSON = "application/json"


def meet(sandbox: Sandbox, incident: SandboxResponse) -> httpx.Response:
    """Return the response that a client gets; a JSON body is checked against the spec."""
    sandbox.faults = in_order([incident])
    with connect(sandbox) as client:
        return Ask(client)(COMPANIES, "1")


@pytest.mark.parametrize(
    ("incident", "status", "content_type", "words"),
    [
        (incidents.rate_limited("DAILY"), 429, JSON, "daily"),
        (incidents.expired_token(), 401, JSON, "EXPIRED_AUTHENTICATION"),
        (incidents.not_found(), 404, HTML, "404 Not Found"),
        (incidents.locked(), 423, JSON, "locked"),
        (incidents.migrating(), 477, JSON, "migrated"),
        (incidents.server_error(), 500, JSON, "internal error"),
        (incidents.empty_500(), 500, None, ""),
        (incidents.bad_gateway(), 502, HTML, "502 Bad Gateway</h1>"),
        (incidents.unavailable(), 503, HTML, "503 Service Unavailable"),
        (incidents.gateway_timeout(), 504, HTML, "504 Gateway Time"),
        (incidents.cloudflare(), 520, HTML, "520"),
        (incidents.cloudflare(524), 524, HTML, "524"),
    ],
)
def test_an_incident_has_its_status_and_kind_of_body(
    faulty: Sandbox, incident: SandboxResponse, status: int, content_type: str | None, words: str
) -> None:
    response = meet(faulty, incident)

    assert response.status_code == status
    assert response.headers.get("content-type") == content_type
    assert re.search(words, response.text)
    assert bool(response.content) == (content_type is not None)
    if content_type == JSON:
        correlation_id = response.headers["x-hubspot-correlation-id"]
        assert response.json()["correlationId"] == correlation_id


@pytest.mark.parametrize("policy", ["DAILY", "TEN_SECONDLY_ROLLING", "SECONDLY"])
def test_a_429_tells_its_policy_and_what_is_left(faulty: Sandbox, policy: incidents.Policy) -> None:
    response = meet(faulty, incidents.rate_limited(policy, interval_milliseconds=50))

    body = response.json()
    left = [response.headers[HEADER + name] for name in ("Remaining", "Daily-Remaining")]
    assert body.keys() == {"status", "message", "errorType", "correlationId", "policyName"}
    assert body["policyName"] == policy
    assert response.headers[HEADER + "Interval-Milliseconds"] == "50"
    assert [number == "0" for number in left] == [policy != "DAILY", policy == "DAILY"]
    assert "retry-after" not in response.headers


def test_the_interval_is_hubspots_unless_told_otherwise() -> None:
    response = incidents.rate_limited("SECONDLY")

    assert response.headers[HEADER + "Interval-Milliseconds"] == "10000"


@pytest.mark.parametrize("category_is_missing", [incidents.server_error(), incidents.empty_500()])
def test_a_500_has_no_category(faulty: Sandbox, category_is_missing: SandboxResponse) -> None:
    assert "category" not in meet(faulty, category_is_missing).text


def test_retry_after_is_sent_where_it_is_given(faulty: Sandbox) -> None:
    date = "Sun, 01 Mar 2026 12:00:00 GMT"

    assert meet(faulty, incidents.migrating(86400)).headers["retry-after"] == "86400"
    assert meet(faulty, incidents.unavailable(0)).headers["retry-after"] == "0"
    assert meet(faulty, incidents.unavailable(date)).headers["retry-after"] == date
    assert "retry-after" not in meet(faulty, incidents.unavailable()).headers


def test_two_incidents_of_a_kind_are_equal_and_others_are_not() -> None:
    assert incidents.rate_limited("DAILY") == incidents.rate_limited("DAILY")
    assert incidents.rate_limited("DAILY") != incidents.rate_limited("SECONDLY")
    assert incidents.expired_token() == incidents.expired_token()
    assert incidents.bad_gateway() != incidents.gateway_timeout()
