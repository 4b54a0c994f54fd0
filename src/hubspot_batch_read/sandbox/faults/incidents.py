"""Error responses of HubSpot, and of the proxies in front of it.

Each function returns a `SandboxResponse` to be used as a fault, and names its source: *observed*
means seen in a response, *documentation* that HubSpot's documentation names the status, and a
*guess* has neither. Two incidents of a kind are equal, including the correlation id, so that they
can be counted: `sandbox.traffic.faults.count(incidents.bad_gateway())`.

    faults = in_order([incidents.rate_limited("SECONDLY", interval_milliseconds=50)])
"""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Literal
from uuid import UUID

from hubspot_batch_read.sandbox.answers.refused import Refused
from hubspot_batch_read.sandbox.http.messages import SandboxResponse, error_response, html_page
from hubspot_batch_read.sandbox.http.rate_limits import limited, rate_headers
from hubspot_batch_read.sandbox.http.tokens import expired
from hubspot_batch_read.sandbox.seeded import seeded

Policy = Literal["DAILY", "TEN_SECONDLY_ROLLING", "SECONDLY"]
"""The rate limits that a 429 can be about."""

_MAX, _DAILY = 100, 250_000  # HubSpot's lowest limits (documentation)
_EXPIRED_TOKEN_MET = datetime(2026, 3, 1, 12, tzinfo=UTC)


def rate_limited(policy: Policy, *, interval_milliseconds: int = 10_000) -> SandboxResponse:
    """Return a 429: an errorType, no category and no Retry-After (observed).

    The headers say that the limit is used up: of the day for DAILY, otherwise of the interval of
    `interval_milliseconds`. HubSpot's is 10,000; use a shorter one in a test that waits for its
    end. That the headers of SECONDLY describe its second is a guess.
    """
    daily = policy == "DAILY"
    headers = rate_headers(
        interval_milliseconds=interval_milliseconds,
        limit=_MAX,
        remaining=_MAX - 1 if daily else 0,
        daily=_DAILY,
        daily_remaining=0 if daily else _DAILY - 1,
    )
    return _refusal(limited(policy), headers)


def expired_token() -> SandboxResponse:
    """Return a 401 EXPIRED_AUTHENTICATION (observed), for any token.

    `Sandbox.issue_token` returns tokens that really expire.
    """
    return _refusal(expired(_EXPIRED_TOKEN_MET))


def not_found() -> SandboxResponse:
    """Return a 404 that is an HTML page, as for an unknown path (observed)."""
    return SandboxResponse(404, html_page("404 Not Found"))


def locked() -> SandboxResponse:
    """Return a 423: too many requests at once, to be retried after 2 seconds (documentation).

    The body is a guess.
    """
    return _refusal(Refused(423, message="The resource is locked.", category="LOCKED"))


def migrating(retry_after: int | str = 2) -> SandboxResponse:
    """Return a 477: the account moves to another data centre (documentation).

    `retry_after` is the header Retry-After, in seconds, up to a day. The body is a guess.
    """
    message = "This account is being migrated to another data center."
    refused = Refused(477, message=message, category="MIGRATION_IN_PROGRESS")
    return _refusal(refused, {"Retry-After": str(retry_after)})


def server_error() -> SandboxResponse:
    """Return a 500 in JSON, without a category (observed)."""
    return _refusal(Refused(500, message="internal error"))


def empty_500() -> SandboxResponse:
    """Return a 500 without a body (observed)."""
    return SandboxResponse(500)


def bad_gateway() -> SandboxResponse:
    """Return a 502 that is nginx's HTML page (observed)."""
    return SandboxResponse(502, _nginx(502))


def unavailable(retry_after: int | str | None = None) -> SandboxResponse:
    """Return a 503 (documentation), as an HTML page (a guess).

    `retry_after` is the header Retry-After: seconds, an HTTP date, or None for no such header,
    since it is not known whether HubSpot sends one.
    """
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return SandboxResponse(503, _nginx(503), headers)


def gateway_timeout() -> SandboxResponse:
    """Return a 504 (documentation), as an HTML page (a guess)."""
    return SandboxResponse(504, _nginx(504))


def cloudflare(status: int = 520) -> SandboxResponse:
    """Return Cloudflare's response when it cannot reach HubSpot: an HTML page.

    520 was observed; 521 to 526 are in the documentation, which asks to retry 521, 523 and 524
    but not 522, 525 and 526.
    """
    title = f"api.hubapi.com | {status}: Web server is returning an unknown error"
    body = f"<!DOCTYPE html>\n<html>\n<head><title>{title}</title></head>\n<body></body>\n</html>\n"
    return SandboxResponse(status, body, {"Server": "cloudflare"})


def _refusal(refused: Refused, headers: dict[str, str] | None = None) -> SandboxResponse:
    words = seeded("incident", refused.http_status, refused.body).getrandbits(128)
    return error_response(refused, str(UUID(int=words, version=4)), headers or {})


def _nginx(status: int) -> str:
    title = f"{status} {HTTPStatus(status).phrase}"
    head = f"<head><title>{title}</title></head>"
    body = f"<body>\n<center><h1>{title}</h1></center>\n<hr><center>nginx</center>\n</body>"
    return f"<html>\n{head}\n{body}\n</html>\n"
