"""What a failure means, in a sentence."""

from __future__ import annotations

from typing import overload

import httpx

from hubspot_batch_read.cli.faults import CommandError
from hubspot_batch_read.ids import InvalidIdError
from hubspot_batch_read_api.errors import (
    ApiError,
    AuthenticationError,
    HubSpotError,
    PermissionDeniedError,
    RateLimitError,
)

LONGEST_TEXT = 500
"""Characters of a text that somebody else wrote: HubSpot, or the author of an exception."""


@overload
def shortened(text: str) -> str: ...
@overload
def shortened(text: None) -> None: ...
def shortened(text: str | None) -> str | None:
    """Return the beginning of a text that may be long; None stays None."""
    if text is None or len(text) <= LONGEST_TEXT:
        return text
    return f"{text[:LONGEST_TEXT]}…"


def sentence(error: BaseException) -> str:
    """Return what happened, with what is known of why; it may hold secrets."""
    notes = [shortened(str(note)) for note in getattr(error, "__notes__", [])]
    return "; ".join([_sentence(error).removesuffix("."), *notes])


def _sentence(error: BaseException) -> str:
    if isinstance(error, CommandError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, ApiError):
        return f"{_meaning(error)} ({_details(error)})"
    if isinstance(error, httpx.ProxyError):
        return f"the proxy did not let the request through ({_named(error)})"
    if isinstance(error, httpx.RequestError):
        return f"no answer from {_address(error)} ({_named(error)})"
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, HubSpotError | InvalidIdError):
        return shortened(str(error))
    return _named(error)


def _named(error: BaseException) -> str:
    text = shortened(str(error))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _address(error: httpx.RequestError) -> str:
    try:
        return error.request.url.netloc.decode()
    except RuntimeError:  # there is no request
        return "HubSpot"


def _meaning(error: ApiError) -> str:
    if isinstance(error, AuthenticationError):
        return "HubSpot does not accept the access token"
    if isinstance(error, PermissionDeniedError):
        scopes = shortened(", ".join(error.missing_scopes))
        return f"the access token lacks a scope{f', one of {scopes}' if scopes else ''}"
    if isinstance(error, RateLimitError) and error.policy_name == "DAILY":
        return "HubSpot's daily limit is used up; it starts anew at midnight in the account's zone"
    return "HubSpot refused the request"


def _details(error: ApiError) -> str:
    """Return the status, HubSpot's words, and the id to ask HubSpot's support with."""
    details = [f"HTTP {error.status_code}"]
    if error.message:
        details.append(shortened(error.message.removesuffix(".")))
    if error.correlation_id:
        details.append(f"correlation id {shortened(error.correlation_id)}")
    return ", ".join(details)
