"""The sandbox's end of a connection."""

import asyncio
import os
import socket
import struct
from collections.abc import MutableMapping
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

GRACE = 1
"""Seconds that requests under way have to finish when the sandbox ends."""

_TRANSPORT = "sandbox.transport"


class Connection(H11Protocol):
    """A connection that an application can close, and that does not outlast the sandbox.

    h11 reads it, even where the faster httptools is installed, so that the bytes are the same.
    """

    # As uvicorn has it: asyncio declares a transport of any kind here, and gives a TCP one.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin. ASGI has no way from a request to its connection: the state takes it along."""
        super().connection_made(transport)
        self.access_log = False  # as an option of uvicorn, it would silence that of other servers
        self.app_state = {**self.app_state, _TRANSPORT: transport}

    def shutdown(self) -> None:
        """End after the answer that is under way, and at the latest when the grace is over.

        If uvicorn had to end it, it would log that as an error, with the traceback of the request.
        """
        super().shutdown()
        self.loop.call_later(GRACE, self.transport.abort)


def transport_of(scope: MutableMapping[str, Any]) -> asyncio.Transport:
    """Return the transport that a request came by; `scope` is its ASGI scope."""
    transport: asyncio.Transport = scope["state"][_TRANSPORT]
    return transport


def reset_when_closed(transport: asyncio.Transport) -> None:
    """Let a connection end with a reset, as if the other end had crashed, when it is closed."""
    linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
