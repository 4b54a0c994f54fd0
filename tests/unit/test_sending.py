"""Sending: what is sent again, after which wait, and what is said of it."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import ssl
import subprocess
import sys
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import nullcontext
from typing import TypeVar

import httpx
import pytest

from hubspot_batch_read import RateLimit, WaitTooLongError
from hubspot_batch_read.sending.sender import Sender
from hubspot_batch_read_api import AuthenticatedClient
from hubspot_batch_read_api.api.associations import read_associations
from hubspot_batch_read_api.client import parse_response
from hubspot_batch_read_api.errors import ApiError, HubSpotError, RateLimitError
from hubspot_batch_read_api.models import (
    AssociationEnvelope,
    AssociationInput,
    AssociationRequest,
)
from hubspot_batch_read_api.types import Response

from .servers import Answer, Request, serve

T = TypeVar("T")
Outcome = httpx.Response | BaseException

NAME = "read_associations from id 7"
GOOD = httpx.Response(200, json={"results": []})
BOTH = pytest.mark.parametrize("mode", ["sync", "async"])


def answer(status: int, body: object = None, **headers: str) -> httpx.Response:
    """Make a response; `_` in the name of a header stands for `-`."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    return httpx.Response(status, headers=names, content=content)


def finish(coroutine: Coroutine[object, object, T]) -> T:
    """Run a coroutine that never really waits, and so needs no event loop."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    raise AssertionError("it waits")


class Trial:
    """Calls that end as told, one after another, and the waits between them, which take no time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.outcomes: list[Outcome] = []
        self.calls = 0
        self.waits: list[float] = []
        monkeypatch.setattr("hubspot_batch_read.sending.limiter.monotonic", lambda: self.now)
        # The longest wait of those that chance chooses from.
        monkeypatch.setattr("hubspot_batch_read.sending.sender.random", lambda: 1.0)

    def send(
        self, sender: Sender, outcomes: Iterable[Outcome], mode: str
    ) -> Response[AssociationEnvelope]:
        self.outcomes = list(outcomes)
        if mode == "sync":
            return sender.send(self.call, self.wait, NAME)
        return finish(sender.asend(self.call_async, NAME, self.wait_async))

    def call(self) -> Response[AssociationEnvelope]:
        self.calls += 1
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        outcome.request = httpx.Request("POST", "https://api.example")
        return parse_response(outcome, AssociationEnvelope.from_json)

    async def call_async(self) -> Response[AssociationEnvelope]:
        return self.call()

    def wait(self, seconds: float) -> None:
        self.waits.append(round(seconds, 2))
        self.now += seconds

    async def wait_async(self, seconds: float) -> None:
        self.wait(seconds)

    def is_retried(self, outcome: Outcome, mode: str) -> bool:
        """Tell whether a request is sent again after this."""
        try:
            self.send(Sender(), [outcome, GOOD], mode)
        except (HubSpotError, httpx.HTTPError):
            return False
        return self.calls == 2


@pytest.fixture
def trial(monkeypatch: pytest.MonkeyPatch) -> Trial:
    return Trial(monkeypatch)


# What is sent again


@BOTH
@pytest.mark.parametrize("status", [423, 429, 477, 500, 502, 503, 504, 521, 523, 524])
def test_a_status_that_may_pass_is_retried(status: int, trial: Trial, mode: str) -> None:
    assert trial.is_retried(answer(status), mode)


@BOTH
@pytest.mark.parametrize(
    "status",
    [300, 307, 400, 401, 403, 404, 405, 408, 409, 413, 414, 422, 501, 505, 520, 522, 525, 526, 600],
)
def test_any_other_status_raises_at_once(status: int, trial: Trial, mode: str) -> None:
    assert not trial.is_retried(answer(status), mode)
    assert trial.waits == []


@BOTH
@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectTimeout,
        httpx.ReadTimeout,
        httpx.WriteTimeout,
        httpx.PoolTimeout,
        httpx.ConnectError,
        httpx.ReadError,
        httpx.WriteError,
        httpx.CloseError,
        httpx.RemoteProtocolError,
        httpx.DecodingError,
    ],
)
def test_a_connection_that_fails_is_retried(
    failure: type[httpx.TransportError], trial: Trial, mode: str
) -> None:
    assert trial.is_retried(failure("no"), mode)


@BOTH
@pytest.mark.parametrize(
    "failure",
    [
        httpx.LocalProtocolError("no"),
        httpx.UnsupportedProtocol("no"),
        httpx.TooManyRedirects("no"),
        httpx.InvalidURL("no"),
        ValueError("no"),
        TypeError("no"),
        OSError("no"),
        HubSpotError("no"),
        KeyboardInterrupt(),
        SystemExit(),
        asyncio.CancelledError(),
        GeneratorExit(),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_any_other_exception_passes_at_once(
    failure: BaseException, trial: Trial, mode: str
) -> None:
    with pytest.raises(type(failure)) as caught:
        trial.send(Sender(), [failure], mode)
    assert caught.value is failure
    assert not hasattr(failure, "__notes__")


def certificate_failure(by: str) -> httpx.ConnectError:
    """Make what httpx raises for a bad certificate: the reason is two exceptions further back."""
    outer, middle = httpx.ConnectError("no"), OSError("no")
    inner = ssl.SSLCertVerificationError("self-signed certificate")
    setattr(outer, by, middle)
    setattr(middle, by, inner)
    return outer


@BOTH
@pytest.mark.parametrize("by", ["__cause__", "__context__"])
def test_a_certificate_that_is_refused_raises_at_once(by: str, trial: Trial, mode: str) -> None:
    assert not trial.is_retried(certificate_failure(by), mode)


@BOTH
def test_another_failure_of_tls_is_retried(trial: Trial, mode: str) -> None:
    failure = httpx.ConnectError("no")
    failure.__cause__ = ssl.SSLEOFError("EOF occurred in violation of protocol")
    assert trial.is_retried(failure, mode)


@BOTH
@pytest.mark.parametrize(
    ("body", "retried"),
    [
        (b'{"results": [{"from": {"id": "1"}, "to', True),
        (b"", True),
        (b"<html>", True),
        (b"\xff", True),
        (b"[]", False),
        (b"null", False),
        (b"{}", False),
        (b'{"results": {}}', False),
        (b'{"results": [5]}', False),
    ],
)
def test_only_a_body_that_is_not_json_is_retried(
    body: bytes, retried: bool, trial: Trial, mode: str
) -> None:
    assert trial.is_retried(answer(200, body), mode) == retried


@BOTH
def test_the_daily_limit_raises_at_once_and_stops_no_other(trial: Trial, mode: str) -> None:
    sender = Sender()
    with pytest.raises(RateLimitError):
        trial.send(sender, [answer(429, {"policyName": "DAILY"})], mode)
    trial.send(sender, [GOOD], mode)
    assert trial.waits == []


@BOTH
def test_a_body_that_breaks_off_on_the_way_is_retried(mode: str) -> None:
    broken = Answer(200, {"content-length": "900", "connection": "close"}, b'{"results": [')
    check_over_a_socket(broken, mode)


@BOTH
def test_a_status_that_may_pass_is_retried_over_a_socket(mode: str) -> None:
    check_over_a_socket(Answer(477, {"retry-after": "0.01"}, b"{}"), mode)


def check_over_a_socket(first: Answer, mode: str) -> None:
    answers = [first, Answer(200, {}, b'{"results": []}')]
    bodies: list[bytes] = []
    waits: list[float] = []

    def take_turns(request: Request) -> Answer:
        bodies.append(request.body)
        return answers[len(bodies) - 1]

    def read(client: AuthenticatedClient) -> Response[AssociationEnvelope]:
        body = AssociationRequest(inputs=[AssociationInput(id="1")])
        types = ("contacts", "companies")
        if mode == "sync":
            return Sender().send(
                lambda: read_associations.sync_detailed(*types, client=client, body=body),
                waits.append,
                NAME,
            )

        async def read_async() -> Response[AssociationEnvelope]:
            async with client:
                return await Sender().asend(
                    lambda: read_associations.asyncio_detailed(*types, client=client, body=body),
                    NAME,
                )

        return asyncio.run(read_async())

    with serve(take_turns) as url, AuthenticatedClient("token", url) as client:
        assert read(client).parsed == AssociationEnvelope(results=[])
    assert bodies == [b'{"inputs":[{"id":"1"}]}'] * 2
    assert len(waits) == (1 if mode == "sync" else 0)


# How long is waited


@BOTH
@pytest.mark.parametrize(
    ("failure", "seconds"),
    [
        (answer(429), 10),
        (answer(429, {"policyName": "TEN_SECONDLY_ROLLING"}), 10),
        (answer(429, {"policyName": "SECONDLY"}), 1),
        (answer(429, x_hubspot_ratelimit_interval_milliseconds="4000"), 4),
        (answer(429, x_hubspot_ratelimit_interval_milliseconds="86400000"), 10),
        (answer(429, x_hubspot_ratelimit_interval_milliseconds="soon"), 10),
        (answer(429, x_hubspot_ratelimit_interval_milliseconds="4000", retry_after="7"), 7),
        (answer(429, retry_after="0"), 10),
        (answer(423), 2),
        (answer(423, retry_after="1"), 1),
        (answer(477, retry_after="45.5"), 45.5),
        (answer(503, retry_after="3"), 3),
        (answer(503, retry_after="0"), 0.5),
        (answer(503, x_hubspot_ratelimit_interval_milliseconds="4000"), 0.5),
        (answer(502), 0.5),
        (httpx.ReadTimeout("no"), 0.5),
    ],
)
def test_the_wait_is_the_one_that_the_failure_asks_for(
    failure: Outcome, seconds: float, trial: Trial, mode: str
) -> None:
    trial.send(Sender(), [failure, GOOD], mode)
    assert trial.waits == [seconds]


@BOTH
def test_waits_grow_with_each_failure_to_twenty_seconds(trial: Trial, mode: str) -> None:
    trial.send(Sender(), [*[answer(502)] * 8, GOOD], mode)
    assert trial.waits == [0.5, 1, 2, 4, 8, 16, 20, 20]


@BOTH
def test_a_lock_is_given_two_seconds_at_least(trial: Trial, mode: str) -> None:
    trial.send(Sender(), [*[answer(423)] * 5, GOOD], mode)
    assert trial.waits == [2, 2, 2, 4, 8]


def test_chance_spreads_the_waits_of_many_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = []
    for _ in range(20):
        trial = Trial(monkeypatch)
        monkeypatch.undo()
        trial.send(Sender(), [answer(502), GOOD], "sync")
        waits += trial.waits
    assert len(set(waits)) > 5
    assert max(waits) <= 0.5


@BOTH
def test_after_a_429_the_other_requests_wait_too(trial: Trial, mode: str) -> None:
    sender = Sender(max_retries=0)
    with pytest.raises(RateLimitError):
        trial.send(sender, [answer(429, retry_after="5")], mode)
    trial.now += 2
    trial.send(sender, [GOOD], mode)
    assert trial.waits == [3]


@BOTH
@pytest.mark.parametrize("status", [423, 477, 503])
def test_after_another_failure_the_other_requests_do_not_wait(
    status: int, trial: Trial, mode: str
) -> None:
    sender = Sender(max_retries=0)
    with pytest.raises(ApiError):
        trial.send(sender, [answer(status, retry_after="5")], mode)
    trial.send(sender, [GOOD], mode)
    assert trial.waits == []


@BOTH
def test_each_attempt_counts_for_the_rate_limit(trial: Trial, mode: str) -> None:
    trial.send(Sender(rate_limit=RateLimit(2, per=10)), [answer(502), answer(502), GOOD], mode)
    # After the wait for a retry, each waits for its slot: one in every 5.2 seconds.
    assert trial.waits == [0.5, 4.7, 1, 4.2]


@BOTH
@pytest.mark.parametrize("status", [200, 400, 502])
def test_the_rate_limit_is_learned_from_every_answer(status: int, trial: Trial, mode: str) -> None:
    headers = {
        "x_hubspot_ratelimit_max": "1",
        "x_hubspot_ratelimit_interval_milliseconds": "10000",
    }
    sender = Sender(max_retries=0)
    with nullcontext() if status == 200 else pytest.raises(ApiError):
        trial.send(sender, [answer(status, {"results": []}, **headers)], mode)
    trial.send(sender, [GOOD], mode)
    assert trial.waits == [10.4]


# What ends it


@BOTH
@pytest.mark.parametrize("retries", [0, 1, 3])
def test_a_request_is_sent_again_as_often_as_that_is_allowed(
    retries: int, trial: Trial, mode: str
) -> None:
    failures = [httpx.ReadTimeout(str(number)) for number in range(retries + 1)]
    with pytest.raises(httpx.ReadTimeout) as caught:
        trial.send(Sender(max_retries=retries), failures, mode)
    assert caught.value is failures[-1]
    assert trial.calls == retries + 1
    assert len(trial.waits) == retries


@BOTH
def test_what_is_raised_is_the_failure_itself_and_nothing_else(trial: Trial, mode: str) -> None:
    with pytest.raises(ApiError) as caught:
        trial.send(Sender(max_retries=1), [answer(502), answer(504)], mode)
    error = caught.value
    assert (error.status_code, error.__cause__, error.__context__) == (504, None, None)
    assert pickle.loads(pickle.dumps(error)).__notes__ == error.__notes__


@BOTH
@pytest.mark.parametrize(("last", "tried"), [(502, 9), (400, 3), (None, 3)])
def test_an_error_after_retries_says_how_often_it_was_tried(
    last: int | None, tried: int, trial: Trial, mode: str
) -> None:
    end = answer(last) if last else httpx.UnsupportedProtocol("no")
    with pytest.raises((HubSpotError, httpx.HTTPError)) as caught:
        trial.send(Sender(), [*[answer(502)] * (tried - 1), end], mode)
    assert caught.value.__notes__ == [f"gave up after {tried} attempts"]


@BOTH
@pytest.mark.parametrize("retries", [0, 8])
def test_an_error_at_the_first_attempt_has_no_note(retries: int, trial: Trial, mode: str) -> None:
    with pytest.raises(ApiError) as caught:
        trial.send(Sender(max_retries=retries), [answer(502 if retries == 0 else 400)], mode)
    assert not hasattr(caught.value, "__notes__")


@BOTH
def test_a_wait_longer_than_allowed_is_an_error_that_says_so(trial: Trial, mode: str) -> None:
    migration = answer(477, {"message": "moving"}, retry_after="86400")
    with pytest.raises(ApiError, match="moving") as caught:
        trial.send(Sender(), [answer(502), migration], mode)
    assert caught.value.__notes__ == [
        "not retried: that requires a wait of 86400.0 s, longer than max_wait (60 s)",
        "gave up after 2 attempts",
    ]
    assert trial.waits == [0.5]


@BOTH
def test_a_wait_as_long_as_allowed_is_waited(trial: Trial, mode: str) -> None:
    trial.send(Sender(max_wait=30), [answer(503, retry_after="30"), GOOD], mode)
    assert trial.waits == [30]


@BOTH
def test_the_waits_that_nobody_asked_for_are_never_too_long(trial: Trial, mode: str) -> None:
    trial.send(Sender(max_wait=3), [*[answer(502)] * 5, GOOD], mode)
    assert trial.waits == [0.5, 1, 2, 3, 3]


@BOTH
def test_a_rate_limit_that_asks_for_too_long_a_wait_is_an_error(trial: Trial, mode: str) -> None:
    sender = Sender(rate_limit=RateLimit(1, per=10), max_wait=5)
    trial.send(sender, [GOOD], mode)
    with pytest.raises(WaitTooLongError, match=r"10\.4 s, longer than max_wait \(5 s\)") as caught:
        trial.send(sender, [GOOD], mode)
    error = caught.value
    assert isinstance(error, HubSpotError)
    assert (round(error.seconds, 2), error.max_wait) == (10.4, 5)
    assert (trial.calls, trial.waits) == (1, [])
    other = pickle.loads(pickle.dumps(error))
    assert (str(other), vars(other)) == (str(error), vars(error))


@BOTH
def test_a_retry_that_is_delayed_too_long_is_an_error(trial: Trial, mode: str) -> None:
    sender = Sender(rate_limit=RateLimit(1, per=5), max_wait=5)
    with pytest.raises(WaitTooLongError) as caught:
        trial.send(sender, [answer(502), answer(503, retry_after="0.1")], mode)
    assert caught.value.__notes__ == ["gave up after 2 attempts"]
    assert trial.waits == [0.5, 4.9, 0.1]


@BOTH
def test_an_interrupt_after_retries_is_not_called_giving_up(trial: Trial, mode: str) -> None:
    with pytest.raises(KeyboardInterrupt) as caught:
        trial.send(Sender(), [answer(502), answer(502), KeyboardInterrupt()], mode)
    assert not hasattr(caught.value, "__notes__")


class Abort(Exception):  # noqa: N818 - it is none
    """Raised by a wait to stop the sending."""


@BOTH
@pytest.mark.parametrize("reason", [Abort(), KeyboardInterrupt(), httpx.ReadTimeout("no")])
def test_what_a_wait_raises_ends_the_sending_at_once(
    reason: BaseException, trial: Trial, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: float) -> None:
        raise reason

    sender = Sender(rate_limit=RateLimit(1, per=10))
    monkeypatch.setattr(trial, "wait", interrupted)
    waits_for_a_retry: Sequence[Outcome] = [answer(502)]
    waits_for_the_limit: Sequence[Outcome] = []
    for outcomes in (waits_for_a_retry, waits_for_the_limit):
        with pytest.raises(type(reason)) as caught:
            trial.send(sender, outcomes, mode)
        assert caught.value is reason
    assert trial.calls == 1
    assert not hasattr(reason, "__notes__")


def test_a_task_can_be_cancelled_while_it_waits() -> None:
    async def cancel_a_wait() -> int:
        waiting = asyncio.Event()
        calls = 0

        async def call() -> Response[AssociationEnvelope]:
            nonlocal calls
            calls += 1
            raise httpx.ReadTimeout("no")

        async def wait(_: float) -> None:
            waiting.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(Sender().asend(call, NAME, wait))
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return calls

    assert asyncio.run(cancel_a_wait()) == 1


def test_tasks_that_share_a_sender_do_not_mix_up_their_attempts() -> None:
    async def read(sender: Sender, failures: int) -> int:
        calls = 0

        async def call() -> Response[AssociationEnvelope]:
            nonlocal calls
            calls += 1
            await asyncio.sleep(0)
            if calls <= failures:
                raise httpx.ReadTimeout("no")
            return Response(200, httpx.Headers(), b"", AssociationEnvelope(results=[]))

        await sender.asend(call, NAME, lambda _: asyncio.sleep(0))
        return calls

    async def read_all() -> list[int]:
        sender = Sender()
        return await asyncio.gather(*(read(sender, failures) for failures in range(9)))

    assert asyncio.run(read_all()) == list(range(1, 10))


# What is logged


@BOTH
def test_each_wait_is_logged(trial: Trial, mode: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "hubspot_batch_read")
    outcomes: list[Outcome] = [
        answer(502, {"correlationId": "abc"}),
        answer(200, b"{", x_hubspot_correlation_id="def"),
        httpx.ConnectError("api.example:443: \x1b[31mno"),
        GOOD,
    ]
    trial.send(Sender(rate_limit=RateLimit(2, per=10)), outcomes, mode)
    assert [record.getMessage() for record in caplog.records] == [
        "attempt 1 of 9: HTTP 502, correlation id abc; retrying in 0.50 s",
        f"waiting 4.70 s for the rate limit: {NAME}",
        "attempt 2 of 9: DecodeError, AssociationEnvelope: $: not JSON: Expecting property name "
        "enclosed in double quotes: line 1 column 2 (char 1), HTTP 200, no content type, 1 bytes, "
        "correlation id def; retrying in 1.00 s",
        f"waiting 4.20 s for the rate limit: {NAME}",
        "attempt 3 of 9: ConnectError, api.example:443: \\x1b[31mno; retrying in 2.00 s",
        f"waiting 3.20 s for the rate limit: {NAME}",
    ]
    assert {(record.name, record.levelname) for record in caplog.records} == {
        ("hubspot_batch_read", "INFO")
    }


@BOTH
@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, "HubSpot's rate limit is reached"),
        (
            {
                "x_hubspot_ratelimit_max": "100",
                "x_hubspot_ratelimit_remaining": "0",
                "x_hubspot_ratelimit_interval_milliseconds": "10000",
            },
            "HubSpot's limit of 100 requests in 10 s is reached (100 used)",
        ),
    ],
)
def test_a_429_does_not_read_like_a_failure(
    headers: dict[str, str],
    words: str,
    trial: Trial,
    mode: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "hubspot_batch_read")
    trial.send(Sender(), [answer(429, **headers), GOOD], mode)
    assert caplog.messages == [f"{words}; waiting 10.00 s: {NAME}"]


@BOTH
def test_waits_that_spread_requests_are_not_logged(
    trial: Trial, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "hubspot_batch_read")
    sender = Sender(rate_limit=RateLimit(100, per=10))
    for _ in range(5):
        trial.send(sender, [GOOD], mode)
    assert trial.waits == [0.1] * 4
    assert caplog.records == []


@BOTH
def test_nothing_is_logged_where_nothing_is_waited_for(
    trial: Trial, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "hubspot_batch_read")
    sender = Sender(max_retries=1)
    trial.send(sender, [GOOD], mode)
    for failure in (answer(400), answer(503, retry_after="61")):
        with pytest.raises(ApiError):
            trial.send(sender, [failure], mode)
    assert caplog.records == []


# Arguments, imports


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *(("max_retries", value) for value in (-1, True, False, 1.0, "8", None)),
        *(("max_wait", value) for value in (0, -1.5, True, float("nan"), "60", None)),
        *(("rate_limit", value) for value in (0, 100, "100")),
    ],
)
def test_an_argument_that_makes_no_sense_is_refused_by_name(argument: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"^{argument}: "):
        Sender(**{argument: value})  # type: ignore[arg-type]


def test_the_generated_client_does_without_what_sending_needs() -> None:
    code = "import sys, hubspot_batch_read_api.client; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"asyncio", "hubspot_batch_read", "redis", "sqlite3"} & set(run.stdout.split())
