"""How often it is worth to send a request again that failed: a matter of why it failed."""

from __future__ import annotations

import re
import socket
import ssl
import sys

import httpx

from hubspot_batch_read_api.errors import ApiError, DecodeError, causes

ANY_NUMBER = sys.maxsize
"""What may pass with time, as an overloaded server does."""
A_FEW = 4
"""What passes soon or not at all, as when nothing listens at an address."""

RETRIED_STATUSES = frozenset({423, 429, 477, 500, 502, 503, 504, 521, 523, 524})
"""The statuses to retry (documentation), and 500, which HubSpot's own clients retry as well."""
WRONG_DATA_CENTRE = 488
"""For most it passes, but not for a token that is older than the routing to data centres."""

_SOCKS_REFUSALS = ("not allowed", "not supported", "username", "Requested")
_TLS_RECORD = r"illegal status line: bytearray(b'\x15\x03"


def retries_worth(error: BaseException) -> int:
    """Return how many more times a request is worth sending after it failed with this error."""
    if isinstance(error, ApiError):
        return _of_status(error)
    if isinstance(error, DecodeError):
        # A body that breaks off is not JSON; one that is JSON comes again as it is.
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
    # The limit of a day is not worth waiting for.
    is_transient = error.status_code in RETRIED_STATUSES and error.policy_name != "DAILY"
    return ANY_NUMBER if is_transient else 0


def _of_proxy(error: httpx.ProxyError) -> int:
    """Return the worth of asking a proxy again: accounts get locked by the same wrong password."""
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
