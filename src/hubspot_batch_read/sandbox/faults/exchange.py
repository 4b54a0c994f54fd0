"""Responds to one request: normally, or with its fault."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import assert_never

from hubspot_batch_read.sandbox.faults.kinds import Altered, Drop, Fault, Hold, Latency, SlowBody
from hubspot_batch_read.sandbox.http.asgi import (
    Message,
    Receive,
    Send,
    reset_when_closed,
)
from hubspot_batch_read.sandbox.http.messages import SandboxRequest, SandboxResponse
from hubspot_batch_read.sandbox.http.service import Service

_LOOK = 0.01  # seconds between two checks of the event that a request is held for


class Exchange:
    """One request, and the ways to respond to it."""

    def __init__(
        self,
        request: SandboxRequest,
        service: Service,
        transport: asyncio.Transport,
        receive: Receive,
        send: Send,
    ) -> None:
        """Set the complete request, the service, and the connection."""
        self._request = request
        self._service = service
        self._receive = receive
        self._send = send
        self._transport = transport

    async def respond(self, fault: Fault | None) -> None:
        """Respond to the request with the fault."""
        match fault:
            case None:
                await self._send_all(self._normal())
            case SandboxResponse():
                await self._send_all(_encoded(fault))
            case Latency():
                if not await self._hung_up_within(fault.seconds):
                    await self.respond(fault.then)
            case Hold():
                await self._hold(fault)
            case SlowBody():
                await self._dribble(fault)
            case Drop():
                await self._drop(fault)
            case Altered():
                await self._send_all(_altered(self._normal(), fault))
            case _:
                assert_never(fault)

    def _normal(self) -> "_Encoded":
        return _encoded(self._service.respond(self._request))

    async def _send_all(self, response: "_Encoded") -> None:
        if response.status > 599:  # uvicorn has no phrase for these, and fails
            headers = (response.length, (b"connection", b"close"))
            await self._write_and_close(response.head(*headers) + response.body)
            return
        await self._send(response.start())
        await self._send({"type": "http.response.body", "body": response.body})

    async def _hold(self, hold: Hold) -> None:
        while not hold.until.is_set():
            if await self._hung_up_within(_LOOK):
                return
        await self.respond(hold.then)

    async def _dribble(self, slow: SlowBody) -> None:
        response = self._normal()
        await self._send(response.start())
        pieces = list(_pieces(response.body, slow.pieces))
        for piece in pieces:
            if await self._hung_up_within(slow.seconds / len(pieces)):
                return
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        await self._send({"type": "http.response.body", "body": b""})

    async def _drop(self, drop: Drop) -> None:
        if drop is Drop.RESET:
            reset_when_closed(self._transport)
        sent = b""
        if drop not in {Drop.BEFORE, Drop.RESET}:
            sent = _first_half(self._normal(), drop)
        await self._write_and_close(sent)

    async def _write_and_close(self, data: bytes) -> None:
        """Write to the connection without uvicorn, and close it.

        uvicorn logs an error, and responds 500, if an application returns without a response before
        uvicorn knows that the connection is gone. So wait for that.
        """
        self._transport.write(data)
        self._transport.close()
        await self._hung_up_within(None)

    async def _hung_up_within(self, seconds: float | None) -> bool:
        """Wait, and return whether the connection was closed, which ends the wait."""
        try:
            async with asyncio.timeout(seconds):
                while (await self._receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            return False
        return True


@dataclass(frozen=True)
class _Encoded:
    """A response in bytes; the headers about its length depend on how it is sent."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @property
    def length(self) -> tuple[bytes, bytes]:
        return (b"content-length", b"%d" % len(self.body))

    def start(self) -> Message:
        headers = [*self.headers, self.length]
        return {"type": "http.response.start", "status": self.status, "headers": headers}

    def head(self, *headers: tuple[bytes, bytes]) -> bytes:
        """Return the head with these headers, as bytes."""
        lines = [b"%s: %s" % header for header in (*self.headers, *headers)]
        return b"\r\n".join([b"HTTP/1.1 %d " % self.status, *lines, b"", b""])


def _encoded(response: SandboxResponse) -> _Encoded:
    body, content_type = response.body, None
    if isinstance(body, str):
        body, content_type = body.encode(), "text/html; charset=utf-8"
    elif not isinstance(body, bytes):
        body, content_type = _json(body), "application/json"
    headers = {name.lower(): value for name, value in response.headers.items()}
    if content_type is not None:
        headers.setdefault("content-type", content_type)
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return _Encoded(response.status, encoded, body)


def _altered(response: _Encoded, altered: Altered) -> _Encoded:
    if not 200 <= response.status < 300:
        return response
    body = _json(altered.change(json.loads(response.body)))
    return replace(response, status=altered.status or response.status, body=body)


def _json(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _pieces(body: bytes, number: int) -> Iterator[bytes]:
    """Yield a body in n non-empty pieces of nearly the same size."""
    number = min(number, len(body))
    for piece in range(number):
        yield body[len(body) * piece // number : len(body) * (piece + 1) // number]


def _first_half(response: _Encoded, drop: Drop) -> bytes:
    """Return the head of a response and the first half of its body, as bytes."""
    half = response.body[: len(response.body) // 2]
    if drop is Drop.MIDDLE:
        return response.head(response.length) + half
    if drop is Drop.MIDDLE_CHUNKED:
        chunk = b"%x\r\n%s\r\n" % (len(half), half)
        return response.head((b"transfer-encoding", b"chunked")) + chunk
    return response.head((b"connection", b"close")) + half
