"""Faults: what a client gets instead of the response, or of all of it."""

import json
import math
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import Any

import httpx
import pytest

from hubspot_batch_read.sandbox import (
    Altered,
    Drop,
    Fault,
    Hold,
    Latency,
    Portal,
    Sandbox,
    SandboxRequest,
    SandboxResponse,
    SlowBody,
    in_order,
)

from .asking import COMPANIES, DEALS, Ask, Json, receive_all, send, send_again


@pytest.fixture
def client(faulty: Sandbox) -> Iterator[httpx.Client]:
    """A client that has the token and expects nothing of the responses."""
    headers = {"Authorization": f"Bearer {faulty.token}"}
    with httpx.Client(base_url=faulty.base_url, headers=headers, timeout=60) as client:
        yield client


@pytest.fixture
def ask(client: httpx.Client) -> Ask:
    return Ask(client)


@pytest.fixture
def contact(portal: Portal) -> str:
    return portal.contact_ids[0]


def same_results(response: httpx.Response, other: httpx.Response) -> bool:
    """Whether two responses differ in nothing but their times."""
    times = {"startedAt": "", "completedAt": ""}
    return bool(response.json() | times == other.json() | times)


# Another response -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 202, 299, 301, 404, 423, 477, 500, 520, 599, 600, 999])
@pytest.mark.parametrize(
    ("body", "content", "content_type"),
    [
        (b"", b"", None),
        (b"\x00\xff", b"\x00\xff", None),
        ("<p>\xdf</p>", b"<p>\xc3\x9f</p>", "text/html; charset=utf-8"),
        ({"status": "error"}, b'{"status":"error"}', "application/json"),
    ],
)
def test_a_response_has_any_status_and_body(
    faulty: Sandbox,
    ask: Ask,
    status: int,
    body: bytes | str | Json,
    content: bytes,
    content_type: str | None,
) -> None:
    faulty.faults = in_order([SandboxResponse(status, body)])

    response = ask(COMPANIES, "1")

    assert response.status_code == status
    assert response.content == content
    assert response.headers.get("content-type") == content_type


@pytest.mark.parametrize("status", [204, 304])
def test_a_response_can_be_one_without_a_body(faulty: Sandbox, ask: Ask, status: int) -> None:
    faulty.faults = in_order([SandboxResponse(status)])

    assert [ask(COMPANIES, "1").status_code for _ in range(2)] == [status, 207]


def test_a_response_has_the_headers_it_was_given(faulty: Sandbox, ask: Ask) -> None:
    headers = {"Retry-After": "86400", "content-type": "text/plain", "Set-Cookie": "__cf_bm=\xe9"}
    faulty.faults = in_order([SandboxResponse(477, "<p>", headers)])

    response = ask(COMPANIES, "1")

    assert response.headers["retry-after"] == "86400"
    assert response.headers.get_list("content-type") == ["text/plain"]
    assert (b"set-cookie", b"__cf_bm=\xe9") in response.headers.raw


def test_what_would_be_no_response_is_refused() -> None:
    for status in (0, 100, 199, 1000):
        with pytest.raises(ValueError, match=f"between 200 and 999, not {status}"):
            SandboxResponse(status)
        with pytest.raises(ValueError, match=f"between 200 and 999, not {status}"):
            Altered(dict, status=status)
    with pytest.raises(ValueError, match="status 204 has no body"):
        SandboxResponse(204, "x")
    for header in ("content-length", "Transfer-Encoding"):
        with pytest.raises(ValueError, match=f"{header} follows from the body"):
            SandboxResponse(200, "x", {header: "1"})
    for seconds in (-1, math.nan):
        with pytest.raises(ValueError, match="seconds must be 0 or more"):
            Latency(seconds)
        with pytest.raises(ValueError, match="seconds must be 0 or more"):
            SlowBody(seconds)
    with pytest.raises(ValueError, match="pieces must be 1 or more, got 0"):
        SlowBody(1, pieces=0)


def test_faults_are_values_that_can_be_compared_and_counted() -> None:
    one, same, other = (SandboxResponse(400, {"a": [number]}) for number in (1, 1, 2))

    assert one == same
    assert one != other
    assert len({one, same, Latency(1), Latency(1.0)}) == 2


def test_a_response_leaves_the_connection_to_the_next_request(faulty: Sandbox) -> None:
    faulty.faults = in_order([SandboxResponse(429), SandboxResponse(502), SandboxResponse(999)])

    with send(faulty, COMPANIES, "1") as connection:
        statuses = [connection.recv(65536)[9:12]]
        send_again(connection, faulty, COMPANIES, "1")
        statuses.append(connection.recv(65536)[9:12])
        send_again(connection, faulty, COMPANIES, "1")
        statuses.append(receive_all(connection)[0][9:12])  # and the connection is closed

    assert statuses == [b"429", b"502", b"999"]


# Later, and in pieces ---------------------------------------------------------------------------


def test_latency_is_the_normal_response_later(faulty: Sandbox, ask: Ask, contact: str) -> None:
    normal = ask(COMPANIES, contact)
    faulty.faults = in_order([Latency(0.2)])

    late = ask(COMPANIES, contact)

    assert late.elapsed.total_seconds() >= 0.2
    assert late.status_code == 200
    assert same_results(late, normal)


def test_latency_and_hold_can_be_followed_by_another_fault(faulty: Sandbox, ask: Ask) -> None:
    at_once = threading.Event()
    at_once.set()
    faulty.faults = in_order([Latency(0.1, then=Hold(at_once, then=SandboxResponse(502)))])

    response = ask(COMPANIES, "1")

    assert response.elapsed.total_seconds() >= 0.1
    assert response.status_code == 502


def test_a_request_is_held_until_the_event(faulty: Sandbox, ask: Ask) -> None:
    everyone = threading.Event()
    arrived: list[int] = []

    def faults(request: SandboxRequest) -> Fault:
        arrived.append(request.ordinal)
        if len(arrived) == 4:
            everyone.set()
        return Hold(everyone)

    faulty.faults = faults
    with ThreadPoolExecutor(4) as threads:
        statuses = [each.status_code for each in threads.map(ask, repeat(COMPANIES, 8), "12345678")]

    assert statuses == [207] * 8
    assert faulty.traffic.most_at_once == 4


def test_a_slow_body_is_the_normal_response_and_takes_its_time(
    faulty: Sandbox, ask: Ask, contact: str
) -> None:
    normal = ask(COMPANIES, contact)
    faulty.faults = in_order([SlowBody(0.2, pieces=4), SlowBody(0.0, pieces=10**6)])

    slow = ask(COMPANIES, contact)
    smallest = ask(COMPANIES, contact)

    assert slow.elapsed.total_seconds() >= 0.2
    assert slow.headers["content-length"] == str(len(slow.content))
    assert same_results(slow, normal)
    assert same_results(smallest, normal)


def test_a_slow_body_comes_in_pieces(faulty: Sandbox, contact: str) -> None:
    faulty.faults = in_order([SlowBody(60, pieces=600)])

    with send(faulty, DEALS, contact) as connection:
        received = b""
        while not received.partition(b"\r\n\r\n")[2]:
            received += connection.recv(65536)

    # The head was followed by one piece or a few, and the rest by no means came with them.
    assert received.startswith(b"HTTP/1.1 200 ")
    assert not received.endswith(b"}")


@pytest.mark.parametrize("fault", [Latency(math.inf), Hold(threading.Event()), SlowBody(600)])
def test_a_client_that_hangs_up_ends_the_waiting(
    fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    with Sandbox(faults=in_order([fault])) as sandbox, httpx.Client(timeout=0.2) as client:
        headers = {"Authorization": f"Bearer {sandbox.token}"}
        with pytest.raises(httpx.ReadTimeout):
            client.post(sandbox.base_url + COMPANIES, headers=headers, json={"inputs": []})

    # Requests that are still waiting at the end would be complained about.
    assert caplog.text == ""


# Dropped connections ----------------------------------------------------------------------------


def test_dropped_before_the_response_nothing_comes(faulty: Sandbox) -> None:
    faulty.faults = in_order([Drop.BEFORE])

    with send(faulty, COMPANIES, "1") as connection:
        assert connection.recv(1) == b""


def test_reset_before_the_response_not_even_an_end_comes(faulty: Sandbox) -> None:
    faulty.faults = in_order([Drop.RESET])

    with send(faulty, COMPANIES, "1") as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)


def test_dropped_in_the_middle_the_length_tells(faulty: Sandbox, contact: str) -> None:
    faulty.faults = in_order([Drop.MIDDLE])

    with send(faulty, DEALS, contact) as connection:
        head, body = receive_all(connection)

    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"\r\ncontent-length: %d" % (2 * len(body)) in head.removesuffix(b"1")
    assert body.startswith(b"{")


def test_dropped_between_chunks_the_last_one_is_missing(faulty: Sandbox, contact: str) -> None:
    faulty.faults = in_order([Drop.MIDDLE_CHUNKED])

    with send(faulty, DEALS, contact) as connection:
        head, body = receive_all(connection)

    size, chunk, rest = body.split(b"\r\n")
    assert b"\r\ntransfer-encoding: chunked" in head
    assert b"content-length" not in head
    assert int(size, 16) == len(chunk) > 0
    assert rest == b""


def test_dropped_without_a_length_only_the_json_tells(faulty: Sandbox, contact: str) -> None:
    faulty.faults = in_order([Drop.MIDDLE_WITHOUT_LENGTH])

    with send(faulty, DEALS, contact) as connection:
        head, body = receive_all(connection)

    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"content-length" not in head
    assert b"transfer-encoding" not in head
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


@pytest.mark.parametrize(
    ("drop", "error"),
    [
        (Drop.BEFORE, httpx.RemoteProtocolError),
        (Drop.RESET, httpx.ReadError),
        (Drop.MIDDLE, httpx.RemoteProtocolError),
        (Drop.MIDDLE_CHUNKED, httpx.RemoteProtocolError),
    ],
)
def test_a_client_notices_a_drop_and_its_next_request_succeeds(
    faulty: Sandbox, ask: Ask, drop: Drop, error: type[Exception]
) -> None:
    faulty.faults = in_order([None, drop])

    assert ask(COMPANIES, "1").status_code == 207  # so that the connection is a used one
    with pytest.raises(error):
        ask(COMPANIES, "1")
    assert ask(COMPANIES, "1").status_code == 207


def test_a_large_body_is_cut_in_the_middle_too(faulty: Sandbox, portal: Portal) -> None:
    faulty.faults = in_order([Drop.MIDDLE])

    with send(faulty, DEALS, *portal.contact_ids[:1000]) as connection:
        head, body = receive_all(connection)

    (length,) = [line for line in head.split(b"\r\n") if line.startswith(b"content-length: ")]
    assert len(body) > 100_000  # more than goes out at once
    assert len(body) == int(length.removeprefix(b"content-length: ")) // 2


# The normal response, changed ---------------------------------------------------------------------


def reversed_results(document: dict[str, Any]) -> dict[str, Any]:
    document["results"].reverse()
    return document


def no_results(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "results": [], "numErrors": -1}


def no_object(document: dict[str, Any]) -> object:
    return [document]


@pytest.mark.parametrize("change", [reversed_results, no_results, no_object])
def test_the_document_is_sent_as_it_was_changed(
    faulty: Sandbox, ask: Ask, portal: Portal, change: Callable[[dict[str, Any]], object]
) -> None:
    ids = [portal.contact_ids[0], *portal.contact_ids[2:6]]
    normal: list[Json] = []

    def keep_and_change(document: dict[str, Any]) -> object:
        normal.append(json.loads(json.dumps(document)))
        return change(document)

    faulty.faults = in_order([Altered(keep_and_change, status=202), Altered(keep_and_change)])

    responses = [ask(DEALS, *ids) for _ in range(2)]

    assert [response.status_code for response in responses] == [202, 200]
    assert [response.json() for response in responses] == [change(document) for document in normal]


def test_only_2xx_is_changed(faulty: Sandbox, ask: Ask) -> None:
    faulty.faults = in_order(repeat(Altered(no_results, status=299)))

    assert ask(COMPANIES).status_code == 400
    assert ask("/nowhere").status_code == 404
    assert ask(COMPANIES, "1").status_code == 299
