"""Describes failures in sentences."""

from __future__ import annotations

from typing import overload

import httpx

from hubspot_batch_read_api.errors import (
    ApiError,
    ArgumentError,
    HubSpotError,
    PermissionDeniedError,
    RateLimitError,
)

LONGEST_TEXT = 500
"""Maximum number of characters of a foreign text: HubSpot's, or that of an exception."""


class SentenceError(Exception):
    """An exception whose text is a sentence for users, to be shown without its class name."""


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, such as "2 ids"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


@overload
def shortened(text: str) -> str: ...
@overload
def shortened(text: None) -> None: ...
def shortened(text: str | None) -> str | None:
    """Return the start of a text that may be long; None stays None."""
    if text is None or len(text) <= LONGEST_TEXT:
        return text
    return f"{text[:LONGEST_TEXT]}…"


def sentence(error: BaseException) -> str:
    """Return what happened, and why if that is known. The text may contain secrets."""
    notes = [shortened(str(note)) for note in getattr(error, "__notes__", [])]
    return "; ".join([_sentence(error).removesuffix("."), *notes])


def _sentence(error: BaseException) -> str:
    if isinstance(error, SentenceError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, ApiError):
        return f"{_meaning(error)} ({_details(error)})"
    if isinstance(error, httpx.RequestError):  # its text names the host, which may be a proxy
        return f"no response from {shortened(str(error))} ({type(error).__name__})"
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, HubSpotError | ArgumentError):
        return shortened(str(error))
    return _named(error)


def _named(error: BaseException) -> str:
    text = shortened(str(error))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _meaning(error: ApiError) -> str:
    if isinstance(error, PermissionDeniedError) and error.missing_scopes:
        scopes = shortened(", ".join(error.missing_scopes))
        return f"the access token lacks a scope, one of {scopes}"
    if error.category in ACCESS_TOKEN_PROBLEMS:
        return ACCESS_TOKEN_PROBLEMS[error.category]
    if isinstance(error, RateLimitError) and error.policy_name == "DAILY":
        return "HubSpot's daily limit is used up; it resets at midnight in the account's time zone"
    if error.correct_base_url:
        return f"the account is in another data centre, at {error.correct_base_url}"
    if error.is_from_hubspot:
        return "HubSpot refused the request"
    return "the request was refused, by HubSpot or by a proxy or firewall in front of it"


ACCESS_TOKEN_PROBLEMS: dict[str | None, str] = {
    "INVALID_AUTHENTICATION": "HubSpot does not accept the access token",
    "EXPIRED_AUTHENTICATION": "the access token has expired",
    "MISSING_SCOPES": "the access token lacks a scope",
}
"""The problem with the access token, by error category; no other category concerns the token."""


def _details(error: ApiError) -> str:
    """Return the status, HubSpot's message, and the correlation id for HubSpot's support."""
    details = [f"HTTP {error.status_code}", shortened(error.description.removesuffix("."))]
    if error.printable_correlation_id:
        details.append(f"correlation id {error.printable_correlation_id}")
    return ", ".join(details)
