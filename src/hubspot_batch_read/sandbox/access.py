"""Who may read: the access tokens that the sandbox knows, and what it says to the others."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hubspot_batch_read.sandbox.errors import Refused

TOKEN = "sandbox-token"  # noqa: S105 - it opens nothing but a sandbox
"""The token that may read everything."""
EXPIRED_TOKEN = "sandbox-token-expired"  # noqa: S105 - likewise
"""A token that is answered with 401 EXPIRED_AUTHENTICATION."""
TOKEN_WITHOUT_SCOPES = "sandbox-token-without-scopes"  # noqa: S105 - likewise
"""A token that is answered with 403 MISSING_SCOPES."""


def check_access(authorization: str | None, scopes: Sequence[str], now: datetime) -> None:
    """Let a request pass whose Authorization header has the token.

    Raises Refused, 401 or 403, in the forms observed. `scopes` are those the operation needs, `now`
    is what the time of an expired token is reckoned from. No answer repeats the token.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or token not in {TOKEN, EXPIRED_TOKEN, TOKEN_WITHOUT_SCOPES}:
        raise Refused(
            401,
            message="Authentication credentials not found. This API supports OAuth 2.0 "
            "authentication.",
            category="INVALID_AUTHENTICATION",
        )
    if token == EXPIRED_TOKEN:
        raise _expired(now)
    if token == TOKEN_WITHOUT_SCOPES:
        raise _without(scopes)


def _expired(now: datetime) -> Refused:
    expired = (now - timedelta(minutes=5)).astimezone(UTC)
    return Refused(
        401,
        message="The OAuth token used to make this call expired 5 minutes ago.",
        category="EXPIRED_AUTHENTICATION",
        # Observed: a space in the name, no fraction in the time.
        context={"expire time": [f"{expired:%Y-%m-%dT%H:%M:%SZ}"]},
    )


def _without(scopes: Sequence[str]) -> Refused:
    return Refused(
        403,
        message="This app hasn't been granted all required scopes to make this call.",
        category="MISSING_SCOPES",
        errors=[
            {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": scopes},
            }
        ],
        links={"scopes": "https://developers.hubspot.com/scopes"},
    )
