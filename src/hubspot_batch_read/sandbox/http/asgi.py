"""What this project needs of ASGI, and the way from a request to its connection."""

import asyncio
import os
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

TRANSPORT = "sandbox.transport"
"""Where the state of a request has the transport of its connection."""


def transport_of(scope: Scope) -> asyncio.Transport:
    """Return the transport that a request came by."""
    transport: asyncio.Transport = scope["state"][TRANSPORT]
    return transport


def reset_when_closed(transport: asyncio.Transport) -> None:
    """Make a connection end with a reset when it is closed, as if the other end had crashed."""
    linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
