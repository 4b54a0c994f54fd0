"""Limits the data before a response: a server can send endless informational responses (1xx).

httpcore skips them without notice. So the connection's network stream counts the bytes that are
read between the end of a request and the head of its response.
"""

from __future__ import annotations

import math
from typing import Any
from weakref import ref

import httpx

from hubspot_batch_read_runtime.errors import ResponseTooLargeError

# A head is much shorter, but the limit for a body may be low, too.
ROOM = 128 * 1024


class Heads:
    """Counts the bytes read from a connection while a response is expected."""

    def __init__(self, max_bytes: int) -> None:
        """Set the maximum size of a response."""
        self._max_bytes = max_bytes
        self._room: float = 0

    def expect(self) -> None:
        """Start to count: a request is being sent."""
        self._room = self._max_bytes + ROOM

    def count(self, content: bytes) -> bytes:
        """Return the data that was read; raises ResponseTooLargeError if it is too much."""
        self._room -= len(content)
        if self._room < 0:
            raise ResponseTooLargeError(100, self._max_bytes)
        return content

    def end(self) -> None:
        """Stop counting: the head of the response has arrived."""
        self._room = math.inf


def limit_heads(stream: Any, max_bytes: int, *, is_async: bool) -> None:
    """Limit the data that is read from a new connection before a response."""
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
    """Stop counting, because the head of a response has arrived."""
    heads = getattr(response.extensions.get("network_stream"), "heads", None)
    if isinstance(heads, Heads):
        heads.end()
