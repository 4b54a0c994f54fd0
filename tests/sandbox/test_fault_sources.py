"""Which request meets which fault, and the account of it."""

import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import Any, cast

import httpx
import pytest

from hubspot_batch_read.sandbox import (
    Drop,
    Fault,
    FaultSource,
    Latency,
    Sandbox,
    SandboxRequest,
    SandboxResponse,
    at_rate,
    in_order,
    incidents,
)

from .asking import CAMPAIGNS, COMPANIES, DEALS, Ask, connect

BAD = SandboxResponse(502)
WORSE = SandboxResponse(520)


@pytest.fixture
def ask(faulty: Sandbox) -> Iterator[Ask]:
    with connect(faulty) as client:
        yield Ask(client)


def request(body: bytes, attempt: int = 1, *, path: str = COMPANIES) -> SandboxRequest:
    return SandboxRequest(
        ordinal=1, attempt=attempt, method="POST", path=path, query="", headers={}, body=body
    )


# In order ---------------------------------------------------------------------------------------


def test_in_order_the_next_requests_meet_the_faults(faulty: Sandbox, ask: Ask) -> None:
    ask(COMPANIES, "1")
    faulty.faults = in_order([BAD, None, WORSE])

    assert [ask(COMPANIES, "1").status_code for _ in range(5)] == [502, 207, 520, 207, 207]


def test_in_order_can_be_endless(faulty: Sandbox, ask: Ask) -> None:
    faulty.faults = in_order(repeat(BAD))

    assert [ask(COMPANIES, "1").status_code for _ in range(5)] == [502] * 5


def test_faults_can_be_given_read_and_taken_away() -> None:
    source = in_order([BAD, BAD])
    with Sandbox(faults=source) as sandbox, connect(sandbox) as client:
        assert sandbox.faults is source
        assert Ask(client)(COMPANIES, "1").status_code == 502
        sandbox.faults = None
        assert Ask(client)(COMPANIES, "1").status_code == 207
        sandbox.faults = source
        assert Ask(client)(COMPANIES, "1").status_code == 502


# At a rate --------------------------------------------------------------------------------------


def drawn(source: FaultSource, *requests: SandboxRequest) -> list[Fault | None]:
    return [source(each) for each in requests]


def test_at_a_rate_about_as_many_meet_each_of_the_faults() -> None:
    requests = [request(b"%d" % number) for number in range(2000)]

    counts = Counter(drawn(at_rate(0.2, [BAD, WORSE, WORSE]), *requests))

    assert 300 < counts[BAD] + counts[WORSE] < 500
    assert 0.4 < counts[BAD] / counts[WORSE] < 0.6


def test_at_a_rate_the_seed_decides_and_no_order_of_requests() -> None:
    requests = [request(b"%d" % number) for number in range(200)]

    forwards = drawn(at_rate(0.5, [BAD], seed=1), *requests)
    backwards = drawn(at_rate(0.5, [BAD], seed=1), *reversed(requests))
    other_seed = drawn(at_rate(0.5, [BAD], seed=2), *requests)

    assert backwards[::-1] == forwards
    assert other_seed != forwards


def test_at_a_rate_a_repeated_request_is_drawn_anew() -> None:
    source = at_rate(0.5, [BAD])

    assert set(drawn(source, *(request(b"x", attempt) for attempt in range(1, 50)))) == {BAD, None}
    assert set(drawn(source, *repeat(request(b"x"), 50))) in ({BAD}, {None})


def test_at_a_rate_the_address_counts_too() -> None:
    source = at_rate(0.5, [BAD])

    paths = (f"/{number}" for number in range(50))
    assert set(drawn(source, *(request(b"x", path=path) for path in paths))) == {BAD, None}


def test_at_rate_zero_none_fail_and_at_one_all() -> None:
    requests = [request(b"%d" % number) for number in range(200)]

    assert set(drawn(at_rate(0, [BAD]), *requests)) == {None}
    assert set(drawn(at_rate(1, [BAD]), *requests)) == {BAD}


def test_a_rate_that_is_none_is_refused() -> None:
    for rate in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="between 0 and 1"):
            at_rate(rate, [BAD])
    with pytest.raises(ValueError, match="list of faults is empty"):
        at_rate(0.5, [])


def test_threads_in_any_order_meet_the_same_faults_at_a_rate() -> None:
    def statuses() -> list[int]:
        source = at_rate(0.3, [BAD, WORSE], seed=3)
        ids = [str(number % 30) for number in range(90)]
        with (
            Sandbox(faults=source) as sandbox,
            connect(sandbox) as client,
            ThreadPoolExecutor(8) as threads,
        ):
            responses = list(threads.map(Ask(client), repeat(COMPANIES), ids))
        return sorted(response.status_code for response in responses)

    first = statuses()
    assert set(first) == {207, 502, 520}
    assert statuses() == first


# By the request ---------------------------------------------------------------------------------


def test_a_source_sees_the_request(faulty: Sandbox, ask: Ask) -> None:
    seen: list[SandboxRequest] = []
    before = faulty.traffic.requests
    faulty.faults = seen.append  # returns None: no fault

    response = ask.inputs(CAMPAIGNS, [{"id": "\xfc"}], properties="a,b")
    ask.client.get("/no%20where", headers={b"X-Name": b"\xfc"})

    first, second = seen
    assert (first.ordinal, second.ordinal) == (before + 1, before + 2)
    assert (first.method, second.method) == ("POST", "GET")
    assert (first.path, second.path) == (CAMPAIGNS, "/no where")
    assert (first.query, second.query) == ("properties=a%2Cb", "")
    assert first.headers["authorization"] == f"Bearer {faulty.token}"
    assert second.headers["x-name"] == "\xfc"
    assert first.body == response.request.content
    assert first.document == {"inputs": [{"id": "\xfc"}]}
    assert second.document == {}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]", b'"x"', b"null", b"[" * 100_000])
def test_a_body_that_is_no_object_is_an_empty_document(body: bytes) -> None:
    assert request(body).document == {}


def test_a_request_does_not_show_its_token(faulty: Sandbox, ask: Ask) -> None:
    seen: list[SandboxRequest] = []
    faulty.faults = seen.append

    ask(COMPANIES, "1")

    assert faulty.token not in repr(seen)
    assert COMPANIES in repr(seen)


def test_a_source_can_tell_a_repeated_request(faulty: Sandbox, ask: Ask) -> None:
    def faults(request: SandboxRequest) -> Fault | None:
        return BAD if request.attempt <= 2 else None

    questions: list[Callable[[], httpx.Response]] = [
        lambda: ask(COMPANIES, "1"),
        lambda: ask(COMPANIES, "2"),
        lambda: ask(DEALS, "1"),
        lambda: ask(COMPANIES, "1", a="b"),
        lambda: ask.client.put(COMPANIES, json={"inputs": [{"id": "1"}]}),
    ]
    for _ in range(2):  # setting the faults restarts the count
        faulty.faults = faults
        statuses = [[question().status_code for question in questions] for _ in range(3)]
        assert statuses == [[502] * 5, [502] * 5, [207, 207, 207, 207, 405]]


def test_a_source_decides_by_the_document(faulty: Sandbox, ask: Ask) -> None:
    def faults(request: SandboxRequest) -> Fault | None:
        return BAD if len(request.document["inputs"]) > 2 else None

    faulty.faults = faults

    assert ask(COMPANIES, "1", "2").status_code == 207
    assert ask(COMPANIES, "1", "2", "3").status_code == 502


def test_a_source_that_fails_is_seen(
    faulty: Sandbox, ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_request: SandboxRequest) -> Fault | None:
        raise LookupError("no such fault")

    not_called = cast("Any", incidents.bad_gateway)
    requests = faulty.traffic.requests
    for source, words in [(broken, "no such fault"), (in_order([not_called]), "bad_gateway")]:
        faulty.faults = source
        assert ask.body(COMPANIES, b"").status_code == 500
        assert words in caplog.text

    faulty.faults = None
    assert ask(COMPANIES, "1").status_code == 207
    assert faulty.traffic.requests == len(faulty.traffic.faults) == requests + 3


# The account ------------------------------------------------------------------------------------


def test_the_account_has_each_request_and_what_it_met() -> None:
    faults = [None, BAD, Drop.BEFORE, Latency(0), BAD]
    with Sandbox(faults=in_order(faults)) as sandbox, connect(sandbox) as client:
        assert (sandbox.traffic.requests, sandbox.traffic.most_at_once) == (0, 0)
        for _ in range(6):
            try:
                Ask(client)(COMPANIES, "1")
            except httpx.RemoteProtocolError:
                continue

        assert sandbox.traffic.requests == 6
        assert sandbox.traffic.most_at_once == 1
        assert sandbox.traffic.faults == (*faults, None)
        assert sandbox.traffic.faults.count(SandboxResponse(502)) == 2


def test_the_requests_of_many_threads_are_counted() -> None:
    ordinals: list[int] = []

    def faults(request: SandboxRequest) -> Fault | None:
        ordinals.append(request.ordinal)
        return BAD if request.ordinal % 5 == 0 else Latency(0)

    with Sandbox(faults=faults) as sandbox, connect(sandbox) as client:
        with ThreadPoolExecutor(8) as threads:
            responses = list(threads.map(Ask(client), repeat(COMPANIES, 200), repeat("1")))

        assert ordinals == list(range(1, 201))
        assert sandbox.traffic.requests == 200
        assert sandbox.traffic.faults.count(BAD) == 40
        assert [response.status_code for response in responses].count(502) == 40
        assert 1 <= sandbox.traffic.most_at_once <= 8


def test_faults_can_be_changed_while_requests_are_under_way(faulty: Sandbox, ask: Ask) -> None:
    sources: list[Callable[[SandboxRequest], Fault | None]] = [
        in_order(repeat(BAD)),
        at_rate(1, [WORSE]),
        lambda _request: None,
    ]
    done = threading.Event()

    def change() -> int:
        changes = 0
        while not done.is_set():
            faulty.faults = sources[changes % len(sources)]
            changes += 1
        return changes

    with ThreadPoolExecutor(5) as threads:
        changing = threads.submit(change)
        responses = list(threads.map(ask, repeat(COMPANIES, 200), repeat("1")))
        done.set()
        assert changing.result() > 0

    assert {response.status_code for response in responses} <= {502, 520, 207}


def test_a_request_that_does_not_arrive_whole_does_not_count(faulty: Sandbox, ask: Ask) -> None:
    seen: list[SandboxRequest] = []
    faulty.faults = seen.append
    url = httpx.URL(faulty.base_url)
    with socket.create_connection((url.host, url.port or 0)) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")

    assert [ask(COMPANIES, "1").status_code for _ in range(5)] == [207] * 5
    assert [json.loads(each.body) for each in seen] == [{"inputs": [{"id": "1"}]}] * 5
