"""The sandbox's end of a connection. This module alone needs uvicorn."""

import asyncio
import socket
from asyncio import TimerHandle
from contextlib import suppress

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from hubspot_batch_read.sandbox.http.asgi import TRANSPORT

GRACE = 1
"""Seconds that requests in flight have to finish when the sandbox stops."""
PATIENCE = 30
"""Seconds that a client has to send a request, and to read a response."""

_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Connection(H11Protocol):
    """A connection that an application can close, and that does not outlast the sandbox.

    It is closed if its client takes too long to send a request or to read a response. uvicorn has a
    timeout only for the time between the two.

    h11 parses it, even where the faster httptools is installed, so that the bytes are the same.
    """

    _sending: TimerHandle
    _taking: TimerHandle

    # As in uvicorn: asyncio declares any kind of transport here, and passes a TCP one.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start. In ASGI, requests do not know their connection, so the state carries it."""
        super().connection_made(transport)
        self.access_log = False  # an option of uvicorn would silence other servers, too
        self.app_state = {**self.app_state, TRANSPORT: transport}
        self._sending = self.loop.call_later(PATIENCE, self._refuse_to_wait)

    def data_received(self, data: bytes) -> None:
        """Continue reading, and wait for the rest of a request, even if it arrives slowly."""
        super().data_received(data)
        if self.conn.their_state not in {h11.IDLE, h11.SEND_BODY}:
            self._sending.cancel()
        elif self._sending.cancelled():
            self._sending = self.loop.call_later(PATIENCE, self._refuse_to_wait)

    def pause_writing(self) -> None:
        """Wait for the client to read the response."""
        super().pause_writing()
        self._taking = self.loop.call_later(PATIENCE, self.transport.abort)

    def resume_writing(self) -> None:
        """Continue writing."""
        super().resume_writing()
        self._taking.cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._sending.cancel()
        if self.flow.write_paused:
            self._taking.cancel()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Close after the response in flight, at the latest at the end of the grace period.

        If uvicorn had to close it, it would log an error, with the traceback of the request.
        """
        super().shutdown()
        self.loop.call_later(GRACE, self.transport.abort)

    def _refuse_to_wait(self) -> None:
        self.transport.write(_TOO_SLOW)
        self.transport.close()


class Server(uvicorn.Server):
    """A server that stops at once; uvicorn only checks every 0.1 s whether to stop.

    Each test starts a server, so that wait would take most of its time.
    """

    _loop: asyncio.AbstractEventLoop | None = None

    def end(self) -> None:
        """End, from any thread."""
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ended.set)

    async def main_loop(self) -> None:
        """Serve until the end, with a Date header that is a second old at most."""
        self._ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()  # after the event, since `end` looks at this first
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wait for connections, as uvicorn does, unless there are none."""
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for server in self.servers:
            server.close()
        for each in sockets or []:
            each.close()
