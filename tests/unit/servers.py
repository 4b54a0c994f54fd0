"""Real HTTP servers for one test, on a free loopback port."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer, StreamRequestHandler, ThreadingTCPServer
from typing import NamedTuple


class Request(NamedTuple):
    """A request that the server received."""

    path: str
    headers: dict[str, str]
    body: bytes
    peer: str
    """The client's end of the connection."""


class Answer(NamedTuple):
    """A response for the server to send."""

    status: int
    headers: dict[str, str]
    body: bytes


@contextmanager
def serve(answer: Callable[[Request], Answer], tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Respond to every GET and POST with the result of `answer`; yield the server's address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, extra, content = answer(
                Request(self.path, headers, body, str(self.client_address))
            )
            self.send_response(status)
            for name, value in {"content-length": str(len(content)), **extra}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST  # noqa: N815 - http.server looks for this name

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        # The TLS handshake runs in the connection's thread, so that a failed one blocks no other.
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # by default, it prints
    with running(server):
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"


@contextmanager
def serve_bytes(*answers: Callable[[], Iterable[bytes]]) -> Iterator[str]:
    """Respond to the requests of a connection with these bytes, then close; yield the address.

    At the end, wait until all bytes are sent or the client has closed the connection.
    """

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                for answer in answers:
                    self.take_request()
                    for part in answer():
                        self.wfile.write(part)

        def take_request(self) -> None:
            length = 0
            while (line := self.rfile.readline()) not in {b"\r\n", b""}:
                name, _, value = line.lower().partition(b":")
                if name == b"content-length":
                    length = int(value)
            self.rfile.read(length)

    server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
    with running(server):
        yield f"http://127.0.0.1:{server.server_address[1]}"


@contextmanager
def running(server: BaseServer) -> Iterator[None]:
    """Serve in a thread inside this context."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
