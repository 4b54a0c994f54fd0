"""The memory and time that one client can cost a sandbox are limited."""

import socket
import threading
import tracemalloc
from collections.abc import Iterator

import httpx
import pytest

from hubspot_batch_read.sandbox import (
    Latency,
    Portal,
    Sandbox,
    SandboxRequest,
    SandboxResponse,
)
from hubspot_batch_read.sandbox.faults import application
from hubspot_batch_read.sandbox.http import connections

from .asking import COMPANIES, Ask, connect, receive_all, send

HEAD = f"POST {COMPANIES} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n".encode()
MEGABYTE = 1_000_000


@pytest.fixture
def empty() -> Iterator[Sandbox]:
    with Sandbox(portal=Portal.empty()) as sandbox:
        yield sandbox


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox that waits for no client longer than a moment."""
    monkeypatch.setattr(connections, "PATIENCE", 0.2)
    with Sandbox(portal=Portal.empty()) as sandbox:
        yield sandbox


def open_connection(sandbox: Sandbox) -> socket.socket:
    url = httpx.URL(sandbox.base_url)
    return socket.create_connection((url.host, url.port or 0), timeout=60)


# Memory -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("announced", [True, False], ids=["content-length", "chunked"])
def test_a_body_that_is_too_large_is_refused_and_not_kept(empty: Sandbox, announced: bool) -> None:
    piece, pieces = bytes(MEGABYTE), 100
    headers = {"Content-Length": str(len(piece) * pieces)} if announced else {}

    with connect(empty) as client:
        tracemalloc.start()
        body = (piece for _ in range(pieces))
        response = client.post(COMPANIES, content=body, headers=headers)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert response.status_code == 413
        assert peak < 4 * application.MAX_BODY_BYTES
        assert Ask(client)(COMPANIES, "1").status_code == 207

    assert empty.traffic.requests == 2


@pytest.mark.parametrize(("over", "status"), [(0, 207), (1, 413)])
def test_a_body_may_have_ten_megabytes(empty: Sandbox, over: int, status: int) -> None:
    body = b'{"inputs": [{"id": "1"}]}'.ljust(10 * MEGABYTE + over)

    with connect(empty) as client:
        assert Ask(client).body(COMPANIES, body).status_code == status


def test_a_body_that_is_too_large_meets_no_fault(empty: Sandbox) -> None:
    met: list[SandboxRequest] = []
    empty.faults = met.append

    with connect(empty) as client:
        assert Ask(client).body(COMPANIES, bytes(11 * MEGABYTE)).status_code == 413

    assert met == []
    assert empty.traffic.faults == (None,)


# Time -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "begun", [b"", HEAD[:30], HEAD, HEAD + b"{"], ids=["nothing", "half a head", "a head", "a byte"]
)
def test_a_request_that_does_not_arrive_ends_its_connection(
    impatient: Sandbox, begun: bytes
) -> None:
    with open_connection(impatient) as connection:
        connection.sendall(begun)

        head, body = receive_all(connection)

    assert head.startswith(b"HTTP/1.1 408 ")
    assert body == b""
    assert impatient.traffic.requests == 0


@pytest.mark.parametrize("begun", [b"", HEAD], ids=["head", "body"])
def test_a_request_that_arrives_byte_by_byte_is_cut_off(impatient: Sandbox, begun: bytes) -> None:
    received = None
    with open_connection(impatient) as connection:
        connection.sendall(begun)
        connection.settimeout(0.02)
        for byte in HEAD:
            connection.sendall(bytes([byte]))
            try:
                received = connection.recv(65536)
            except TimeoutError:
                continue
            break

    assert received
    assert received.startswith(b"HTTP/1.1 408 ")


def test_a_later_request_of_a_connection_has_to_arrive_too(impatient: Sandbox) -> None:
    with send(impatient, COMPANIES, "1") as connection:
        begun = connection.recv(65536)
        connection.sendall(HEAD)

        rest = b"".join(receive_all(connection))

    assert begun.startswith(b"HTTP/1.1 207 ")
    assert b"HTTP/1.1 408 " in rest


def test_a_request_that_arrived_may_wait_for_its_response(impatient: Sandbox) -> None:
    impatient.faults = lambda _: Latency(0.5)

    with connect(impatient) as client:
        assert [Ask(client)(COMPANIES, "1").status_code for _ in range(2)] == [207, 207]


def test_a_response_that_is_not_taken_ends_its_connection(
    impatient: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 50 * MEGABYTE
    impatient.faults = lambda _: SandboxResponse(200, bytes(size))
    lost = threading.Event()

    lose = connections.Connection.connection_lost

    def connection_lost(self: connections.Connection, exc: Exception | None) -> None:
        lose(self, exc)
        lost.set()

    monkeypatch.setattr(connections.Connection, "connection_lost", connection_lost)
    with send(impatient, COMPANIES, "1") as connection:
        assert lost.wait(30)
        try:
            _, body = receive_all(connection)
        except ConnectionResetError:
            body = b""

    assert len(body) < size


def test_a_response_that_is_taken_in_time_is_complete(impatient: Sandbox) -> None:
    impatient.faults = lambda _: SandboxResponse(200, bytes(5 * MEGABYTE))

    with connect(impatient) as client:
        client.event_hooks = {}
        assert len(Ask(client)(COMPANIES, "1").content) == 5 * MEGABYTE
