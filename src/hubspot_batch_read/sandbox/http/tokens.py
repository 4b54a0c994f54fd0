"""The access tokens of a sandbox, and the refusals of all others."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Lock
from uuid import UUID

from hubspot_batch_read.sandbox.answers.refused import Refused
from hubspot_batch_read.sandbox.http.messages import SandboxRequest, request_key
from hubspot_batch_read.sandbox.seeded import seeded

TOKEN = "sandbox-token"  # noqa: S105 - it only opens a sandbox
"""The token that may read everything."""
EXPIRED_TOKEN = "sandbox-token-expired"  # noqa: S105 - as above
"""A token whose requests are refused with 401 EXPIRED_AUTHENTICATION."""
TOKEN_WITHOUT_SCOPES = "sandbox-token-without-scopes"  # noqa: S105 - as above
"""A token whose requests are refused with 403 MISSING_SCOPES."""


class Tokens:
    """The tokens of one sandbox: the three above, and those that were issued.

    Any thread may issue and expire them.
    """

    def __init__(self, seed: int) -> None:
        """Start without issued tokens; their names are generated from the seed."""
        self._random = seeded(seed, "tokens")
        self._lock = Lock()
        self._left: dict[str, int | None] = {EXPIRED_TOKEN: 0}
        self._used_up: set[str] = set()
        self._refused: dict[bytes, str] = {}  # a request, and the token that had expired

    def issue(self, requests: int | None = None) -> str:
        """Return a new token for n requests, or for any number of them until `expire`.

        Raises ValueError for fewer than 0.
        """
        if requests is not None and requests < 0:
            raise ValueError(f"a token is for 0 requests or more, not for {requests}")
        with self._lock:
            token = f"{TOKEN}-{UUID(int=self._random.getrandbits(128), version=4)}"
            self._left[token] = requests
        return token

    def expire(self, token: str) -> None:
        """Expire a token now. Raises ValueError, without showing it, if it was not issued."""
        with self._lock:
            if token not in self._left:
                raise ValueError("the sandbox issued no such token")
            self._left[token] = 0
            self._used_up.discard(token)

    def check(self, request: SandboxRequest, scopes: Sequence[str], now: datetime) -> None:
        """Accept a request whose Authorization header has a valid token.

        Raises Refused, 401 or 403, in the forms observed. `scopes` are those that the endpoint
        needs; an expired token says that it expired five minutes before `now`. No response repeats
        the token.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise _unknown()
        if token == TOKEN_WITHOUT_SCOPES:
            raise _without(scopes)
        if token != TOKEN:
            self._use(token, request, now)

    def _use(self, token: str, request: SandboxRequest, now: datetime) -> None:
        key = request_key(request.method, request.path, request.query, request.body)
        with self._lock:
            if token not in self._left:
                raise _unknown()
            left = self._left[token]
            if left == 0 and not self._is_repeated(key, token):
                self._refused[key] = token
                raise expired(now)
            self._refused.pop(key, None)
            if left:
                self._left[token] = left - 1
                if left == 1:
                    self._used_up.add(token)

    def _is_repeated(self, key: bytes, token: str) -> bool:
        """Return whether this request was refused before, and others have used up its new token.

        HubSpot's tokens last for half an hour, so this does not happen there. Here, a read with
        more requests in flight than a token is valid for would fail, and the client could not
        prevent it.
        """
        return token in self._used_up and self._refused.get(key, token) != token


def expired(now: datetime) -> Refused:
    """Return the 401 for a token that expired five minutes before now (observed)."""
    time = (now - timedelta(minutes=5)).astimezone(UTC)
    return Refused(
        401,
        message="The OAuth token used to make this call expired 5 minutes ago.",
        category="EXPIRED_AUTHENTICATION",
        # Observed: a space in the name, no fraction in the time.
        context={"expire time": [f"{time:%Y-%m-%dT%H:%M:%SZ}"]},
    )


def _unknown() -> Refused:
    return Refused(
        401,
        message="Authentication credentials not found. This API supports OAuth 2.0 authentication.",
        category="INVALID_AUTHENTICATION",
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
