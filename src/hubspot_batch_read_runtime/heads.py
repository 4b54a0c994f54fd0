"""What comes before a response: a server can send informational responses (1xx) without end.

httpcore skips them, and tells of none. So what is read from a connection is counted from the end of
a request to the head of its response, in the connection's network stream.
"""

from __future__ import annotations

import math
from typing import Any
from weakref import ref

import httpx

from hubspot_batch_read_runtime.errors import ResponseTooLargeError

# A head is much shorter, but the limit of a body may be short too.
ROOM = 128 * 1024


class Heads:
    """Counts what is read from a connection while a response is expected."""

    def __init__(self, max_bytes: int) -> None:
        """Take the maximum size of a response."""
        self._max_bytes = max_bytes
        self._room: float = 0

    def expect(self) -> None:
        """Start to count, since a request is being sent."""
        self._room = self._max_bytes + ROOM

    def count(self, content: bytes) -> bytes:
        """Return what was read; raises ResponseTooLargeError if it is too much."""
        self._room -= len(content)
        if self._room < 0:
            raise ResponseTooLargeError(100, self._max_bytes)
        return content

    def end(self) -> None:
        """Count no more, since the head of the response is there."""
        self._room = math.inf


def limit_heads(stream: Any, max_bytes: int, *, is_async: bool) -> None:
    """Limit what is read from the network stream of a new connection before a response."""
    heads = stream.heads = Heads(max_bytes)
    read, write = type(stream).read, type(stream).write
    # Not the stream, which would then refer to itself, and not be closed when it is dropped.
    itself = ref(stream)

    def counted(*args: Any, **options: Any) -> bytes:
        content: bytes = read(itself(), *args, **options)
        return heads.count(content)

    async def counted_async(*args: Any, **options: Any) -> bytes:
        content: bytes = await read(itself(), *args, **options)
        return heads.count(content)

    def written(*args: Any, **options: Any) -> Any:
        heads.expect()
        return write(itself(), *args, **options)

    stream.read = counted_async if is_async else counted
    stream.write = written


def end_heads(response: httpx.Response) -> None:
    """Take note that the head of a response is there."""
    heads = getattr(response.extensions.get("network_stream"), "heads", None)
    if isinstance(heads, Heads):
        heads.end()
