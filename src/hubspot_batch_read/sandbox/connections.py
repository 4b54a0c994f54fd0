"""The sandbox's end of a connection."""

import asyncio
import os
import socket
import struct
from asyncio import TimerHandle
from collections.abc import MutableMapping
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

GRACE = 1
"""Seconds that requests under way have to finish when the sandbox ends."""
PATIENCE = 30
"""Seconds in which a client has to send a request, and to take an answer."""

_TRANSPORT = "sandbox.transport"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Connection(H11Protocol):
    """A connection that an application can close, and that does not outlast the sandbox.

    It ends if its client takes too long over a request or an answer. uvicorn has a timeout for the
    time between the two only.

    h11 reads it, even where the faster httptools is installed, so that the bytes are the same.
    """

    _sending: TimerHandle
    _taking: TimerHandle

    # As uvicorn has it: asyncio declares a transport of any kind here, and gives a TCP one.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin. ASGI has no way from a request to its connection: the state takes it along."""
        super().connection_made(transport)
        self.access_log = False  # as an option of uvicorn, it would silence that of other servers
        self.app_state = {**self.app_state, _TRANSPORT: transport}
        self._sending = self.loop.call_later(PATIENCE, self._refuse_to_wait)

    def data_received(self, data: bytes) -> None:
        """Read on, and wait for what is missing of a request, however it trickles in."""
        super().data_received(data)
        if self.conn.their_state not in {h11.IDLE, h11.SEND_BODY}:
            self._sending.cancel()
        elif self._sending.cancelled():
            self._sending = self.loop.call_later(PATIENCE, self._refuse_to_wait)

    def pause_writing(self) -> None:
        """Wait for the client to take what it was sent."""
        super().pause_writing()
        self._taking = self.loop.call_later(PATIENCE, self.transport.abort)

    def resume_writing(self) -> None:
        """Write on."""
        super().resume_writing()
        self._taking.cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._sending.cancel()
        if self.flow.write_paused:
            self._taking.cancel()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """End after the answer that is under way, and at the latest when the grace is over.

        If uvicorn had to end it, it would log that as an error, with the traceback of the request.
        """
        super().shutdown()
        self.loop.call_later(GRACE, self.transport.abort)

    def _refuse_to_wait(self) -> None:
        self.transport.write(_TOO_SLOW)
        self.transport.close()


def transport_of(scope: MutableMapping[str, Any]) -> asyncio.Transport:
    """Return the transport that a request came by; `scope` is its ASGI scope."""
    transport: asyncio.Transport = scope["state"][_TRANSPORT]
    return transport


def reset_when_closed(transport: asyncio.Transport) -> None:
    """Let a connection end with a reset, as if the other end had crashed, when it is closed."""
    linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
