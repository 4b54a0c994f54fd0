"""Rate limits: those that users pass, and those in HubSpot's headers."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, TypeAlias

from hubspot_batch_read_api.errors import ArgumentError, RateLimitError

LONGEST_SECONDS = 3600
"""Maximum `per` of a `RateLimit`, in seconds; waiting for a daily limit makes no sense."""
LONGEST_STATED_SECONDS = 60
"""Longer intervals in a response, in seconds, are ignored as nonsense."""
SCHEMES = ("redis://", "rediss://", "unix://")


@dataclass(frozen=True, repr=False)
class RateLimit:
    """A limit of requests per time: `RateLimit(100, per=10)` is 100 requests in ten seconds.

    With `shared`, all clients with the same `shared` and `key` share one budget, in any process.
    Without it, each client has its own budget, and so does each side of a fork.

    Raises:
        ArgumentError: An argument is invalid. The message shows no password.
    """

    requests: int
    """Maximum number of requests in `per` seconds: 1 or more."""
    _: KW_ONLY
    per: float
    """Length of the period, in seconds: more than 0, at most an hour."""
    shared: str | os.PathLike[str] | None = None
    """Where a shared budget is kept: the address of a Redis or Valkey server (`redis://`,
    `rediss://` or `unix://`; needs the extra `shared`), or the path of a file, for the processes
    of one machine."""
    key: str = "hubspot"
    """Name of the budget in `shared`. HubSpot limits each app and portal, so name each."""

    def __post_init__(self) -> None:
        """Check the arguments."""
        if type(self.requests) is not int or self.requests < 1:
            raise ArgumentError(
                "requests", f"expected a whole number, 1 or more, got {self.requests!r}"
            )
        if type(self.per) not in (int, float) or not 0 < self.per <= LONGEST_SECONDS:
            raise ArgumentError(
                "per",
                f"expected seconds, more than 0 and at most {LONGEST_SECONDS}, got {self.per!r}",
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
        """Pickle it, unless the address may contain a secret."""
        if self.shared is not None and masked(os.fspath(self.shared)) != os.fspath(self.shared):
            raise TypeError(
                "a RateLimit cannot be pickled if its address has a user, a password or "
                "parameters; pass a function that returns it"
            )
        return super().__reduce__()


RateLimitSetting: TypeAlias = RateLimit | Literal["auto"] | None
"""A limit, "auto" for the limit in HubSpot's headers, or None for no limit."""


def masked(address: str) -> str:
    """Return an address with user, password and parameters masked, which may be secret."""
    return re.sub(r"(?s)\?.*", "?***", re.sub(r"(?s)://.*@", "://***@", address))


def stated_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """Return the limit that the headers of a response state; None if it is absent or invalid."""
    requests = _number(headers, "max")
    seconds = stated_seconds(headers)
    return RateLimit(requests, per=seconds) if requests and seconds else None


def stated_seconds(headers: Mapping[str, str]) -> float | None:
    """Return the length of HubSpot's window in seconds, if the headers state it."""
    seconds = (_number(headers, "interval-milliseconds") or 0) / 1000
    return seconds if 0 < seconds <= LONGEST_STATED_SECONDS else None


def stated_use(headers: Mapping[str, str]) -> int | None:
    """Return how many requests of all clients HubSpot has counted, if the headers state it."""
    most, remaining = _number(headers, "max"), _number(headers, "remaining")
    return None if most is None or remaining is None else max(0, most - remaining)


def seconds_of(error: RateLimitError) -> float:
    """Return the length of the window of the exceeded limit, in seconds."""
    return stated_seconds(error.headers) or (1.0 if error.policy_name == "SECONDLY" else 10.0)


def in_words(error: RateLimitError) -> str:
    """Describe the exceeded limit as HubSpot states it."""
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
