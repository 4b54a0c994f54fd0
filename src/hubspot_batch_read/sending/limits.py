"""Rate limits: what users pass, and what HubSpot states in its headers."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, TypeAlias

from hubspot_batch_read_api.errors import ArgumentError, RateLimitError

LONGEST_SECONDS = 3600
"""Longest time of a `RateLimit`, in seconds; HubSpot's limit of a day is not worth waiting for."""
LONGEST_STATED_SECONDS = 60
"""Seconds beyond which an interval that a response states is taken for nonsense."""
SCHEMES = ("redis://", "rediss://", "unix://")


@dataclass(frozen=True, repr=False)
class RateLimit:
    """A limit of requests in a time: `RateLimit(100, per=10)` is 100 requests in ten seconds.

    With `shared`, all clients with the same `shared` and `key` have one budget, in any process.
    Without, each client has a budget of its own, and so has each side of a fork.

    Raises:
        ArgumentError: An argument is invalid. The message shows no password.
    """

    requests: int
    """How many requests may be sent in `per` seconds: 1 or more."""
    _: KW_ONLY
    per: float
    """Length of the time, in seconds: more than 0, an hour at most."""
    shared: str | os.PathLike[str] | None = None
    """Where a shared budget is kept: the address of a Redis or Valkey server (`redis://`,
    `rediss://` or `unix://`; needs the extra `shared`), or the path of a file, for the processes
    of one machine."""
    key: str = "hubspot"
    """Name of the budget in there; HubSpot has one for each app and portal."""

    def __post_init__(self) -> None:
        """Check the arguments."""
        if type(self.requests) is not int or self.requests < 1:
            raise ArgumentError(
                "requests", f"expected a whole number, 1 or more, got {self.requests!r}"
            )
        if type(self.per) not in (int, float) or not 0 < self.per <= LONGEST_SECONDS:
            raise ArgumentError(
                "per", f"expected seconds, {LONGEST_SECONDS} at most, got {self.per!r}"
            )
        if self.shared is not None:
            _check_shared(self.shared)
        if not _is_text(self.key):
            raise ArgumentError("key", f"expected a name, got {self.key!r}")

    def __repr__(self) -> str:
        """Return the arguments, without a password in the address."""
        text = f"RateLimit({self.requests}, per={self.per:g}"
        if self.shared is not None:
            text += f", shared={masked(os.fspath(self.shared))!r}, key={self.key!r}"
        return text + ")"

    def __reduce__(self) -> Any:
        """Pickle it, unless the address may have a secret."""
        if self.shared is not None and masked(os.fspath(self.shared)) != os.fspath(self.shared):
            raise TypeError(
                "a RateLimit cannot be pickled if its address has a user, a password or "
                "parameters; pass a function that returns it"
            )
        return super().__reduce__()


RateLimitSetting: TypeAlias = RateLimit | Literal["auto"] | None
"""A limit, HubSpot's own statement, or no limit."""


def masked(address: str) -> str:
    """Return an address without what may be secret: user, password and parameters."""
    return re.sub(r"(?s)\?.*", "?***", re.sub(r"(?s)://.*@", "://***@", address))


def stated_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """Return the limit that the headers of a response state; None if that is nothing sensible."""
    requests = _number(headers, "max")
    seconds = stated_seconds(headers)
    return RateLimit(requests, per=seconds) if requests and seconds else None


def stated_seconds(headers: Mapping[str, str]) -> float | None:
    """Return the time in which HubSpot counts requests, if the headers state it, in seconds."""
    seconds = (_number(headers, "interval-milliseconds") or 0) / 1000
    return seconds if 0 < seconds <= LONGEST_STATED_SECONDS else None


def stated_use(headers: Mapping[str, str]) -> int | None:
    """Return how many requests HubSpot has counted, of all clients, if the headers state it."""
    most, remaining = _number(headers, "max"), _number(headers, "remaining")
    return None if most is None or remaining is None else max(0, most - remaining)


def seconds_of(error: RateLimitError) -> float:
    """Return the time in which HubSpot counts requests for the exceeded limit, in seconds."""
    return stated_seconds(error.headers) or (1.0 if error.policy_name == "SECONDLY" else 10.0)


def in_words(error: RateLimitError) -> str:
    """Return what HubSpot says of an exceeded limit."""
    limit, use = stated_limit(error.headers), stated_use(error.headers)
    text = f"HubSpot's limit of {limit.requests} requests in {limit.per:g} s" if limit else ""
    return (text or "HubSpot's rate limit") + " is reached" + (f" ({use} used)" if use else "")


def _number(headers: Mapping[str, str], name: str) -> int | None:
    value = headers.get(f"x-hubspot-ratelimit-{name}")
    return int(value) if value and re.fullmatch("[0-9]{1,9}", value) else None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _check_shared(shared: object) -> None:
    if not (isinstance(shared, os.PathLike) or _is_text(shared)) or "\0" in str(shared):
        raise ArgumentError("shared", f"expected an address or a path, got {shared!r}")
    scheme, separator, _ = str(shared).partition("://")
    if separator and scheme + separator not in SCHEMES:
        raise ArgumentError("shared", f"expected {', '.join(SCHEMES)} or a path, got {scheme}://…")
