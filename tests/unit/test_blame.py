"""Errors without a complete response: the host that is named, the retries, and the message."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

import httpx
import pytest

from hubspot_batch_read import AsyncHubSpot, HubSpot
from hubspot_batch_read.sending.retries import A_FEW, ANY_NUMBER, retries_worth

from .servers import Answer, running, serve

BOTH = pytest.mark.parametrize("mode", ["sync", "async"])
TOKEN = "secret-of-the-portal"
PASSWORD = "word-of-the-proxy"


def failure_of(url: str, mode: str, **options: Any) -> Exception:
    """Read one id, and return what is raised; nothing is waited for."""

    async def read_async() -> None:
        async with AsyncHubSpot(TOKEN, base_url=url, **options) as hubspot:
            await hubspot.read_associations("0-1", "0-2", ["1"]).all()

    def read_sync() -> None:
        with HubSpot(TOKEN, base_url=url, **options) as hubspot:
            hubspot.read_associations("0-1", "0-2", ["1"]).all()

    with pytest.raises(Exception) as caught:  # noqa: PT011 - the caller looks at it
        if mode == "sync":
            read_sync()
        else:
            asyncio.run(read_async())
    return caught.value


@contextmanager
def bytes_server(*answers: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Respond to each connection with these bytes; yield the port and the first data received."""
    received: list[bytes] = []

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            received.append(self.connection.recv(65536))
            self.wfile.write(answers[0])
            for answer in answers[1:]:
                self.connection.recv(65536)
                self.wfile.write(answer)

    server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
    with running(server):
        yield server.server_address[1], received


@pytest.fixture
def dead_port() -> Iterator[int]:
    """Return a port at which nothing listens, and nothing else will meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the waits between attempts take no time; how long they are is tested elsewhere."""
    monkeypatch.setattr("hubspot_batch_read.sending.sender.random", lambda: 0.0)


@BOTH
@pytest.mark.parametrize(
    ("status", "attempts"),
    [(400, 1), (403, 1), (404, 1), (405, 1), (407, 1), (502, 9), (503, 9), (504, 9)],
)
def test_a_proxys_refusal_is_retried_only_if_it_may_pass(
    status: int, attempts: int, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = f"HTTP/1.1 {status} No {PASSWORD}\r\nContent-Length: 0\r\n\r\n".encode()
    with bytes_server(answer) as (port, received):
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:{PASSWORD}@127.0.0.1:{port}")
        error = failure_of("https://hubspot.example", mode)
    assert [each.split(b"\r\n")[0] for each in received] == [
        b"CONNECT hubspot.example:443 HTTP/1.1"
    ] * attempts
    assert isinstance(error, httpx.ProxyError)
    assert str(error).startswith(f"the proxy 127.0.0.1:{port}: it answered {status} to CONNECT")
    assert ("user name and password" in str(error)) == (status == 407)
    assert PASSWORD not in str(error)


@BOTH
def test_a_proxy_in_front_of_plain_http_says_no_by_its_status(
    mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = b"<html><title>Proxy wants\nto know you</title></html>"
    asked: list[object] = []

    def answer(request: object) -> Answer:
        asked.append(request)
        return Answer(407, {"content-type": "text/html"}, page)

    with serve(answer) as url:
        monkeypatch.setenv("HTTP_PROXY", url)
        error = failure_of("http://hubspot.example", mode)
    assert len(asked) == 1
    assert str(error) == (
        f"HTTP 407, without a message (text/html, {len(page)} bytes): Proxy wants to know you"
    )


@BOTH
def test_a_dead_proxy_is_blamed_itself(
    dead_port: int, mode: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "hubspot_batch_read")
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:{PASSWORD}@127.0.0.1:{dead_port}")
    error = failure_of("https://hubspot.example", mode)
    assert isinstance(error, httpx.ConnectError)
    assert str(error).startswith(f"the proxy 127.0.0.1:{dead_port}: ")
    assert error.__notes__ == [f"gave up after {A_FEW + 1} attempts"]
    assert f"the proxy 127.0.0.1:{dead_port}: " in caplog.text
    assert PASSWORD not in caplog.text + str(error)


@BOTH
def test_a_connection_that_is_refused_is_tried_a_few_times(dead_port: int, mode: str) -> None:
    error = failure_of(f"http://127.0.0.1:{dead_port}", mode)
    assert str(error).startswith(f"127.0.0.1:{dead_port}: ")
    assert error.__notes__ == [f"gave up after {A_FEW + 1} attempts"]


@BOTH
def test_tls_to_a_server_without_tls_fails_at_once(mode: str) -> None:
    with bytes_server(b"HTTP/1.1 400 no\r\n\r\n") as (port, received):
        error = failure_of(f"https://127.0.0.1:{port}", mode)
    assert isinstance(error, httpx.ConnectError)
    assert str(error).startswith(f"127.0.0.1:{port}: ")
    assert str(error).endswith("; it does not speak TLS: is its address http://…?")
    assert len(received) == 1


@BOTH
def test_plain_http_to_a_server_with_tls_fails_at_once(mode: str) -> None:
    alert = b"\x15\x03\x03\x00\x02\x02\x46"
    with bytes_server(alert + b"\r\n\r\n") as (port, received):
        error = failure_of(f"http://127.0.0.1:{port}", mode)
    assert isinstance(error, httpx.RemoteProtocolError)
    assert str(error).endswith("; it speaks TLS: is its address https://…?")
    assert len(received) == 1


@BOTH
@pytest.mark.parametrize(
    ("code", "attempts"),
    [(socket.EAI_NONAME, 1), (socket.EAI_FAIL, 1), (socket.EAI_AGAIN, 9)],
)
def test_a_name_that_does_not_exist_is_looked_up_once(
    code: int, attempts: int, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def look_up(host: object, *_: object, **__: object) -> list[Any]:
        asked.append(host)
        raise socket.gaierror(code, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    error = failure_of("http://hubspot.example", mode)
    assert str(error).startswith("hubspot.example:80: ")
    assert len(asked) == attempts


@BOTH
@pytest.mark.parametrize("header", ["HTTP/1.1 200 {}\r\n{}:x\r\n", "HTTP/9 {}\r\n", "x{}\r\n"])
def test_a_token_in_a_head_that_cannot_be_read_is_masked(
    header: str, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "hubspot_batch_read")
    answer = header.replace("{}", f"{TOKEN} \x1b[2J\x00").encode() + b"\r\n"
    with bytes_server(answer) as (port, _):
        error: BaseException | None = failure_of(f"http://127.0.0.1:{port}", mode, max_retries=1)
    assert isinstance(error, httpx.RemoteProtocolError)
    while error is not None:
        assert TOKEN not in f"{error!r} {error}"
        error = error.__cause__ or error.__context__
    assert TOKEN not in caplog.text
    assert "\x1b" not in caplog.text


@BOTH
def test_an_exception_of_what_fetches_the_token_is_left_alone(mode: str) -> None:
    request = httpx.Request("POST", "https://login.example", headers={"Authorization": "Basic x"})
    own = httpx.ConnectTimeout("the login is slow", request=request)

    def fetch() -> str:
        raise own

    def read() -> None:
        with HubSpot(fetch, max_retries=0) as hubspot:
            hubspot.read_associations("0-1", "0-2", ["1"]).all()

    async def read_async() -> None:
        async with AsyncHubSpot(fetch, max_retries=0) as hubspot:
            await hubspot.read_associations("0-1", "0-2", ["1"]).all()

    with pytest.raises(httpx.ConnectTimeout, match=r"^the login is slow$"):
        read() if mode == "sync" else asyncio.run(read_async())
    assert request.headers["Authorization"] == "Basic x"


def test_an_exception_that_is_its_own_cause_is_looked_at_once() -> None:
    error = httpx.ConnectError("no")
    other = OSError("no")
    error.__cause__, other.__cause__ = other, error
    assert retries_worth(error) == ANY_NUMBER


@pytest.mark.parametrize(
    ("text", "worth"),
    [
        ("Invalid username/password", 0),
        ("Requested NO AUTHENTICATION REQUIRED from proxy server, but got USERNAME/PASSWORD.", 0),
        ("Proxy Server could not connect: Connection not allowed by ruleset.", 0),
        ("Proxy Server could not connect: Address type not supported.", 0),
        ("Proxy Server could not connect: Host unreachable.", A_FEW),
        ("Proxy Server could not connect: Connection refused.", A_FEW),
    ],
)
def test_a_socks_proxys_refusal_is_retried_only_if_it_may_pass(text: str, worth: int) -> None:
    assert retries_worth(httpx.ProxyError(text)) == worth


@BOTH
@pytest.mark.parametrize(
    ("answers", "attempts", "text"),
    [
        ([b"\x05\x02", b"\x01\x01"], 1, "Invalid username/password"),
        ([b"\x05\xff"], 1, "but got NO ACCEPTABLE METHODS"),
        ([b"HTTP/1.1 400 no\r\n\r\n"], A_FEW + 1, "it does not answer as a SOCKS proxy does"),
        ([b""], A_FEW + 1, "it does not answer as a SOCKS proxy does"),
    ],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # httpcore leaves the connection open
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # as it says here
def test_a_socks_proxy_is_blamed_itself(
    answers: list[bytes], attempts: int, text: str, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bytes_server(*answers) as (port, received):
        monkeypatch.setenv("ALL_PROXY", f"socks5://user:{PASSWORD}@127.0.0.1:{port}")
        monkeypatch.setenv("NO_PROXY", "")
        error = failure_of("https://hubspot.example", mode)
    assert isinstance(error, httpx.ProxyError)
    assert str(error).startswith(f"the proxy 127.0.0.1:{port}: ")
    assert text in str(error)
    assert len(received) == attempts
    assert PASSWORD not in str(error)
    gc.collect()  # what httpcore left open, while its warnings are ignored
