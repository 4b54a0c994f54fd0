"""What a failure of HubSpot or of the network means, in a sentence."""

from __future__ import annotations

import httpx

from hubspot_batch_read_api.errors import (
    ApiError,
    AuthenticationError,
    PermissionDeniedError,
    RateLimitError,
)


def sentence(error: Exception) -> str:
    """Return what happened, with what is known of why; never the access token."""
    notes = getattr(error, "__notes__", [])
    return "; ".join([_sentence(error), *notes])


def _sentence(error: Exception) -> str:
    if isinstance(error, ApiError):
        return f"{_meaning(error)} ({_details(error)})"
    if isinstance(error, httpx.ProxyError):
        return "the proxy did not let the request through"  # its text may hold a password
    if isinstance(error, httpx.RequestError):
        return f"no answer from {_address(error)} ({type(error).__name__}: {error})"
    return str(error)


def _address(error: httpx.RequestError) -> str:
    try:
        return error.request.url.netloc.decode()
    except RuntimeError:  # there is no request
        return "HubSpot"


def _meaning(error: ApiError) -> str:
    if isinstance(error, AuthenticationError):
        return "HubSpot does not accept the access token"
    if isinstance(error, PermissionDeniedError):
        scopes = ", ".join(error.missing_scopes)
        return f"the access token lacks a scope{f', one of {scopes}' if scopes else ''}"
    if isinstance(error, RateLimitError) and error.policy_name == "DAILY":
        return "HubSpot's daily limit is used up; it starts anew at midnight in the account's zone"
    return "HubSpot refused the request"


def _details(error: ApiError) -> str:
    """Return the status, HubSpot's words, and the id to ask HubSpot's support with."""
    details = [f"HTTP {error.status_code}"]
    if error.message:
        details.append(error.message.removesuffix("."))
    if error.correlation_id:
        details.append(f"correlation id {error.correlation_id}")
    return ", ".join(details)
