"""Decides after a failed attempt how long to wait for the next one, or to give up. No I/O."""

from __future__ import annotations

import re
import socket
import ssl
import sys
from typing import NamedTuple

import httpx

from hubspot_batch_read_api.errors import ApiError, DecodeError, RateLimitError, causes

LOCKED_SECONDS = 2.0
"""Minimum wait after status 423, in seconds (documentation)."""
BACKOFF_SECONDS = 20.0
"""Maximum wait of the exponential backoff, in seconds."""

ANY_NUMBER = sys.maxsize
"""For errors that may pass with time, such as an overloaded server."""
A_FEW = 4
"""For errors that pass soon or not at all, such as a refused connection."""

RETRIED_STATUSES = frozenset({423, 429, 477, 500, 502, 503, 504, 521, 523, 524})
"""The statuses to retry (documentation), and 500, which HubSpot's own clients retry, too."""
LOCKED = 423
WRONG_DATA_CENTRE = 488
"""Usually temporary, but not for tokens older than the routing to data centres."""

_SOCKS_REFUSALS = ("not allowed", "not supported", "username", "Requested")
_TLS_RECORD = r"illegal status line: bytearray(b'\x15\x03"


class Rules(NamedTuple):
    """A client's maximum number of retries, and its maximum wait in seconds."""

    max_retries: int
    max_wait: float


class GiveUp(NamedTuple):
    """No further attempt; the reason is set if the error itself does not state it."""

    reason: str | None = None


def decide(
    error: Exception, attempt: int, rules: Rules, draw: float, room: float = 0.0
) -> float | GiveUp:
    """Return how many seconds to wait before the next attempt, or `GiveUp`.

    Args:
        error: Why the attempt failed.
        attempt: Its number, from 1.
        rules: The client's limits.
        draw: A random number from 0 to 1, which spreads the retries of many clients.
        room: Seconds until the rate limit has room again, after a 429.
    """
    if attempt > most_retries(error, rules):
        return GiveUp()
    seconds = _wait(error, attempt, rules, draw, room)
    if seconds > rules.max_wait:
        return GiveUp(f"that requires {too_long(seconds, rules.max_wait)}")
    return seconds


def most_retries(error: Exception, rules: Rules) -> int:
    """Return the maximum number of retries of a request that fails with this error."""
    return min(rules.max_retries, retries_worth(error))


def too_long(seconds: float, max_wait: float) -> str:
    """Describe a wait that would exceed `max_wait`."""
    return f"a wait of {seconds:.1f} s, longer than max_wait ({max_wait:g} s)"


def _wait(error: Exception, attempt: int, rules: Rules, draw: float, room: float) -> float:
    if isinstance(error, RateLimitError):
        return room
    # Ignore a Retry-After of 0: a failure does not pass immediately.
    if isinstance(error, ApiError) and error.retry_after:
        return error.retry_after
    # A random part of half a second, one, two, four …
    seconds = draw * min(0.5 * 2.0 ** min(attempt - 1, 10), BACKOFF_SECONDS, rules.max_wait)
    is_locked = isinstance(error, ApiError) and error.status_code == LOCKED
    return max(LOCKED_SECONDS, seconds) if is_locked else seconds


def retries_worth(error: BaseException) -> int:
    """Return how many retries may help after this error, regardless of the client's limits."""
    if isinstance(error, ApiError):
        return _of_status(error)
    if isinstance(error, DecodeError):
        # Invalid JSON may be a truncated body; valid JSON would be the same again.
        return ANY_NUMBER if error.problem.startswith("not JSON") else 0
    if isinstance(error, httpx.ProxyError):
        return _of_proxy(error)
    if isinstance(error, httpx.ConnectError):
        return _of_connection(error)
    if isinstance(error, httpx.RemoteProtocolError) and _TLS_RECORD in str(error):
        return 0
    is_incomplete = isinstance(
        error,
        httpx.TimeoutException
        | httpx.NetworkError
        | httpx.RemoteProtocolError
        | httpx.DecodingError,
    )
    return ANY_NUMBER if is_incomplete else 0


def _of_status(error: ApiError) -> int:
    if error.status_code == WRONG_DATA_CENTRE:
        return A_FEW
    # Waiting for the daily limit makes no sense.
    is_transient = error.status_code in RETRIED_STATUSES and error.policy_name != "DAILY"
    return ANY_NUMBER if is_transient else 0


def _of_proxy(error: httpx.ProxyError) -> int:
    """Return how many retries may help; repeating a wrong password can lock the account."""
    text = str(error.__cause__ or error)
    if status := re.match("[1-5][0-9]{2}", text):
        return ANY_NUMBER if int(status[0]) in RETRIED_STATUSES else 0
    return 0 if any(refusal in text for refusal in _SOCKS_REFUSALS) else A_FEW


def _of_connection(error: httpx.ConnectError) -> int:
    found = list(causes(error))
    for cause in found:
        if isinstance(cause, ssl.SSLError) and not isinstance(
            cause, ssl.SSLEOFError | ssl.SSLZeroReturnError
        ):
            return 0
        if isinstance(cause, socket.gaierror) and cause.errno != socket.EAI_AGAIN:
            return 0
    is_refused = any(isinstance(cause, ConnectionRefusedError) for cause in found)
    return A_FEW if is_refused else ANY_NUMBER
