"""The body of a response: decompressed as it arrives, and refused above a limit."""

from __future__ import annotations

import re
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

from hubspot_batch_read_runtime.errors import ArgumentError, ResponseTooLargeError
from hubspot_batch_read_runtime.heads import end_heads
from hubspot_batch_read_runtime.printing import printable


class Limit:
    """Refuses responses that are too long, before httpx reads them.

    httpx calls it for every response, including redirects and those that refuse the token.
    """

    def __init__(self, max_bytes: int) -> None:
        """Set the maximum size of a body; raises ArgumentError if it is invalid."""
        if type(max_bytes) is not int or max_bytes < 1:
            raise ArgumentError(
                "max_response_bytes", f"expected a whole number, 1 or more, got {max_bytes!r}"
            )
        self.max_bytes = max_bytes

    def apply(self, response: httpx.Response) -> None:
        """Let the response be decompressed and counted while it is read."""
        end_heads(response)
        length = response.headers.get("content-length", "")
        if re.fullmatch("[0-9]{1,20}", length) and int(length) > self.max_bytes:
            raise ResponseTooLargeError(response.status_code, self.max_bytes)
        # httpx would decompress a chunk without a limit, several times if the header says so.
        codings = response.headers.pop("content-encoding", "").lower().split(",")
        unusual = [each.strip() for each in codings if each.strip() not in _USUAL_CODINGS]
        if unusual or len([each for each in codings if "gzip" in each]) > 1:
            response.extensions["coding"] = printable(", ".join(map(str.strip, codings)))
            response.stream = Body(response, self.max_bytes)
        else:
            response.stream = Body(response, self.max_bytes, Gunzip())

    async def apply_async(self, response: httpx.Response) -> None:
        """Do the same in an async client."""
        self.apply(response)


_USUAL_CODINGS = {"", "identity", "gzip", "x-gzip"}


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The body of a response, decompressed as it arrives, up to the limit."""

    def __init__(self, response: httpx.Response, limit: int, gunzip: Gunzip | None = None) -> None:
        """Read from the response's stream, and decompress if there is a `gunzip`."""
        self._stream: Any = response.stream
        self._status = response.status_code
        self._limit = limit
        self._room = limit
        # Data that cannot be compressed gets a little longer.
        self._compressed_room = limit + 64 * 1024
        self._gunzip = gunzip
        # An error is identified by its status, even if its body is too long.
        self._is_error = not response.is_success
        self._is_over = False

    def __iter__(self) -> Iterator[bytes]:
        """Yield the body as it arrives."""
        for chunk in self._stream:
            yield self._decoded(chunk)
            if self._is_over:
                return

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives."""
        async for chunk in self._stream:
            yield self._decoded(chunk)
            if self._is_over:
                return

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()

    async def aclose(self) -> None:
        """Close the stream."""
        await self._stream.aclose()

    def _decoded(self, chunk: bytes) -> bytes:
        # A compressed body can be endless and decompress to nothing.
        self._compressed_room -= len(chunk)
        if self._compressed_room < 0:
            raise ResponseTooLargeError(self._status, self._limit)
        if self._gunzip is not None:
            try:
                # One byte beyond the limit shows that there is more.
                chunk = self._gunzip.decompress(chunk, self._room + 1)
                self._is_over = self._gunzip.is_over
            except zlib.error as error:
                if not self._is_error:
                    raise httpx.DecodingError(f"the gzip body is damaged: {error}") from error
                chunk, self._is_over = b"", True
        self._room -= len(chunk)
        if self._room < 0:
            raise ResponseTooLargeError(self._status, self._limit)
        return chunk


class Gunzip:
    """Decompresses a gzip body; any other body is not changed."""

    def __init__(self) -> None:
        """Start before the first byte."""
        self.is_over = False
        """Whether the body has ended, even if more data follows."""
        self._start = b""  # too little data to identify it
        self._is_plain = False
        self._member: Any = None
        self._members = 0
        self._length = 0  # of the member, decompressed

    def decompress(self, chunk: bytes, most: int) -> bytes:
        """Decompress a chunk, and return at most a number of bytes.

        Raises:
            zlib.error: The body is damaged.
        """
        if self._is_plain:
            return chunk
        rest, self._start = self._start + chunk, b""
        body = bytearray()
        while rest and len(body) < most and not self.is_over:
            if self._member is None:
                unchanged = self._start_member(rest)
                if self._member is None:
                    return bytes(body) + unchanged
            part = self._member.decompress(rest, most - len(body))
            body += part
            self._length += len(part)
            rest = self._member.unused_data
            if self._member.eof:
                # There could be an endless sequence of empty members.
                self.is_over = not self._length
                self._member = None
        return bytes(body)

    def _start_member(self, rest: bytes) -> bytes:
        """Start a member if there is one; return data that is not compressed."""
        if rest == _GZIP[:1]:
            self._start = rest
        elif rest.startswith(_GZIP):
            self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
            self._members += 1
            self._length = 0
        elif self._members:
            self.is_over = True
        else:
            self._is_plain = True
            return rest
        return b""


_GZIP = b"\x1f\x8b"
