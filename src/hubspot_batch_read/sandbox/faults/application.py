"""The ASGI application: reads each request, counts it, and applies its fault."""

from collections import Counter

from hubspot_batch_read.sandbox.faults.exchange import Exchange
from hubspot_batch_read.sandbox.faults.sources import FaultSource
from hubspot_batch_read.sandbox.faults.traffic import Traffic
from hubspot_batch_read.sandbox.http.asgi import Receive, Scope, Send, transport_of
from hubspot_batch_read.sandbox.http.messages import (
    SandboxRequest,
    SandboxResponse,
    html_page,
    request_key,
)
from hubspot_batch_read.sandbox.http.service import Service

MAX_BODY_BYTES = 10_000_000
"""Maximum size of a request body; a thousand ids take less than a hundredth of it."""
_TOO_LARGE = SandboxResponse(413, html_page("413 Request Entity Too Large"))


class Application:
    """Responds to each request with its fault, or with the service's response."""

    def __init__(self, service: Service, faults: FaultSource | None) -> None:
        """Set the service; the application must be served by `connections.Connection`."""
        self._service = service
        self.traffic = Traffic()
        self.faults = faults

    @property
    def faults(self) -> FaultSource | None:
        """The fault source. Any thread may replace it; attempts are then counted from 1 again."""
        return self._faults[0]

    @faults.setter
    def faults(self, faults: FaultSource | None) -> None:
        # One attribute for both, so that no request sees the source without its attempts.
        self._faults = (faults, Counter[bytes]())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a request, or carry out its fault."""
        with self.traffic.in_flight():
            body = await _body(receive)
            if body is None:
                return
            ordinal = self.traffic.count_request()
            source, attempts = self._faults
            request = _request(ordinal, attempts, scope, body)
            exchange = Exchange(request, self._service, transport_of(scope), receive, send)
            if len(body) > MAX_BODY_BYTES:
                await exchange.respond(_TOO_LARGE)
                return
            fault = None if source is None else source(request)
            self.traffic.count_fault(ordinal, fault)
            await exchange.respond(fault)


async def _body(receive: Receive) -> bytes | None:
    """Return the body of a request, or None if the client hung up before its end.

    If it is too long, return only enough to show that. The rest is read nevertheless: a client that
    is still sending does not see a response.
    """
    body = bytearray()
    while (message := await receive())["type"] == "http.request":
        if len(body) <= MAX_BODY_BYTES:
            body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)
    return None


def _request(ordinal: int, attempts: Counter[bytes], scope: Scope, body: bytes) -> SandboxRequest:
    method, path = scope["method"], scope["path"]
    query = scope["query_string"].decode("latin-1")
    key = request_key(method, path, query, body)
    attempts[key] += 1
    return SandboxRequest(
        ordinal=ordinal,
        attempt=attempts[key],
        method=method,
        path=path,
        query=query,
        headers={name.decode(): value.decode("latin-1") for name, value in scope["headers"]},
        body=body,
    )
