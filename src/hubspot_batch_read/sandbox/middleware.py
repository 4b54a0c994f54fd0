"""The faults at work, as an ASGI application around the one that answers for the portal."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import assert_never

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubspot_batch_read.sandbox.answers import page
from hubspot_batch_read.sandbox.connections import reset_when_closed, transport_of
from hubspot_batch_read.sandbox.faults import (
    Altered,
    Drop,
    Fault,
    FaultSource,
    Hold,
    Latency,
    SandboxRequest,
    SandboxResponse,
    SlowBody,
)
from hubspot_batch_read.sandbox.request import request_key
from hubspot_batch_read.sandbox.traffic import Traffic

MAX_BODY_BYTES = 10_000_000
"""The longest body of a request; a thousand ids take less than a hundredth of it."""
_TOO_LARGE = SandboxResponse(413, page("413 Request Entity Too Large"))

_LOOK = 0.01  # seconds between two looks at the event that a request is held for


class FaultMiddleware:
    """Counts the requests, and lets each of them meet what the fault source says."""

    def __init__(self, app: ASGIApp, faults: FaultSource | None) -> None:
        """Wrap an application; it has to be served by `connections.Connection`."""
        self._app = app
        self.traffic = Traffic()
        self.faults = faults

    @property
    def faults(self) -> FaultSource | None:
        """The fault source. Any thread may set another one, which counts attempts from 1 again."""
        return self._faults[0]

    @faults.setter
    def faults(self, faults: FaultSource | None) -> None:
        # One attribute for both, so that no request sees the source without its attempts.
        self._faults = (faults, Counter[bytes]())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or do whatever the fault is instead."""
        with self.traffic.under_way():
            body = await _body(receive)
            if body is None:
                return
            ordinal = self.traffic.count_request()
            exchange = _Exchange(self._app, scope, receive, send, body)
            if len(body) > MAX_BODY_BYTES:
                await exchange.answer(_TOO_LARGE)
                return
            fault = self._fault(ordinal, scope, body)
            self.traffic.count_fault(ordinal, fault)
            await exchange.answer(fault)

    def _fault(self, ordinal: int, scope: Scope, body: bytes) -> Fault | None:
        source, attempts = self._faults
        if source is None:
            return None
        key = request_key(scope, body)
        attempts[key] += 1
        request = SandboxRequest(
            ordinal=ordinal,
            attempt=attempts[key],
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            headers={name.decode(): value.decode("latin-1") for name, value in scope["headers"]},
            body=body,
        )
        return source(request)


async def _body(receive: Receive) -> bytes | None:
    """Return the body of a request, None where the client hung up within it.

    Of one that is too long, what shows that it is. The rest is read all the same: a client that is
    still sending does not see an answer.
    """
    body = bytearray()
    while (message := await receive())["type"] == "http.request":
        if len(body) <= MAX_BODY_BYTES:
            body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)
    return None


@dataclass(frozen=True)
class _Reply:
    """An answer as it is sent. The headers about its length are added when that is decided."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def start(self) -> Message:
        length = (b"content-length", b"%d" % len(self.body))
        headers = [*self.headers, length]
        return {"type": "http.response.start", "status": self.status, "headers": headers}


class _Exchange:
    """One request, and the ways to answer it."""

    def __init__(
        self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, body: bytes
    ) -> None:
        self._app = app
        self._scope = scope
        self._receive = receive
        self._send = send
        self._body = body
        self._transport = transport_of(scope)

    async def answer(self, fault: Fault | None) -> None:
        """Answer the request as the fault has it."""
        match fault:
            case None:
                await self._app(self._scope, self._request, self._send)
            case SandboxResponse():
                await self._reply(_reply(fault))
            case Latency():
                if not await self._hung_up_within(fault.seconds):
                    await self.answer(fault.then)
            case Hold():
                await self._hold(fault)
            case SlowBody():
                await self._dribble(fault)
            case Drop():
                await self._drop(fault)
            case Altered():
                await self._reply(_altered(await self._normal_reply(), fault))
            case _:
                assert_never(fault)

    async def _request(self) -> Message:
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def _normal_reply(self) -> _Reply:
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(self._scope, self._request, keep)
        start, *parts = messages
        headers = [each for each in start["headers"] if each[0] != b"content-length"]
        return _Reply(start["status"], headers, b"".join(part["body"] for part in parts))

    async def _reply(self, reply: _Reply) -> None:
        if reply.status > 599:  # uvicorn has no phrase for these, and fails
            close = (b"connection", b"close")
            await self._write_and_close(_head(reply, *reply.start()["headers"], close) + reply.body)
            return
        await self._send(reply.start())
        await self._send({"type": "http.response.body", "body": reply.body})

    async def _hold(self, hold: Hold) -> None:
        while not hold.until.is_set():
            if await self._hung_up_within(_LOOK):
                return
        await self.answer(hold.then)

    async def _dribble(self, slow: SlowBody) -> None:
        reply = await self._normal_reply()
        await self._send(reply.start())
        pieces = list(_pieces(reply.body, slow.pieces))
        for piece in pieces:
            if await self._hung_up_within(slow.seconds / len(pieces)):
                return
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        await self._send({"type": "http.response.body", "body": b""})

    async def _drop(self, drop: Drop) -> None:
        if drop is Drop.RESET:
            reset_when_closed(self._transport)
        begun = b""
        if drop not in {Drop.BEFORE, Drop.RESET}:
            begun = _first_half(await self._normal_reply(), drop)
        await self._write_and_close(begun)

    async def _write_and_close(self, data: bytes) -> None:
        """Write past uvicorn, and close.

        uvicorn logs an error, and answers 500, if an application ends without an answer before
        uvicorn knows that the connection is gone. So wait for that.
        """
        self._transport.write(data)
        self._transport.close()
        await self._hung_up_within(None)

    async def _hung_up_within(self, seconds: float | None) -> bool:
        """Wait, and return whether the connection was closed meanwhile, which ends the waiting."""
        try:
            async with asyncio.timeout(seconds):
                while (await self._receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            return False
        return True


def _reply(answer: SandboxResponse) -> _Reply:
    body, content_type = answer.body, None
    if isinstance(body, str):
        body, content_type = body.encode(), "text/html; charset=utf-8"
    elif not isinstance(body, bytes):
        body, content_type = _json(body), "application/json"
    headers = {name.lower(): value for name, value in answer.headers.items()}
    if content_type is not None:
        headers.setdefault("content-type", content_type)
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return _Reply(answer.status, encoded, body)


def _altered(reply: _Reply, altered: Altered) -> _Reply:
    if not 200 <= reply.status < 300:
        return reply
    body = _json(altered.change(json.loads(reply.body)))
    return replace(reply, status=altered.status or reply.status, body=body)


def _json(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _pieces(body: bytes, number: int) -> Iterator[bytes]:
    """Give a body in so many pieces of nearly the same size, of which none is empty."""
    number = min(number, len(body))
    for piece in range(number):
        yield body[len(body) * piece // number : len(body) * (piece + 1) // number]


def _first_half(reply: _Reply, drop: Drop) -> bytes:
    """Return the head of an answer and the first half of its body, as they go over the wire."""
    half = reply.body[: len(reply.body) // 2]
    if drop is Drop.MIDDLE:
        return _head(reply, *reply.start()["headers"]) + half
    if drop is Drop.MIDDLE_CHUNKED:
        chunk = b"%x\r\n%s\r\n" % (len(half), half)
        return _head(reply, *reply.headers, (b"transfer-encoding", b"chunked")) + chunk
    return _head(reply, *reply.headers, (b"connection", b"close")) + half


def _head(reply: _Reply, *headers: tuple[bytes, bytes]) -> bytes:
    lines = [b"HTTP/1.1 %d " % reply.status, *(b"%s: %s" % header for header in headers)]
    return b"\r\n".join([*lines, b"", b""])
