"""A response, as operations return it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import attrs

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")


@attrs.define(frozen=True)
class Response(Generic[T]):
    """A response with its status, headers and raw body."""

    status_code: int
    """HTTP status, 200 to 299."""
    headers: httpx.Headers
    """HTTP headers; names are case-insensitive."""
    content: bytes = attrs.field(repr=False)
    """The body, decompressed."""
    parsed: T
    """The decoded body."""
