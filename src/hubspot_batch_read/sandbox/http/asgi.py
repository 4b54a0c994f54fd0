"""The parts of ASGI that this project needs, and the connection of a request."""

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
"""The key of the connection's transport in the state of a request."""


def transport_of(scope: Scope) -> asyncio.Transport:
    """Return the transport of a request."""
    transport: asyncio.Transport = scope["state"][TRANSPORT]
    return transport


def reset_when_closed(transport: asyncio.Transport) -> None:
    """Make a connection end with a reset when it is closed, as after a crash."""
    linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
