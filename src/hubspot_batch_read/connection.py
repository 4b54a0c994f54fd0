"""The settings that `HubSpot` and `AsyncHubSpot` share."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar
from weakref import WeakSet

from hubspot_batch_read.core.chunk import Request
from hubspot_batch_read.core.ids import Ids
from hubspot_batch_read.core.operation import Operation, RowT
from hubspot_batch_read.core.plan import Plan
from hubspot_batch_read.hidden import Hidden
from hubspot_batch_read.sending.limits import RateLimitSetting
from hubspot_batch_read.sending.sender import Sender
from hubspot_batch_read.sentences import sentence
from hubspot_batch_read_api import AuthenticatedClient
from hubspot_batch_read_api.client import (
    BASE_URL,
    MAX_RESPONSE_BYTES,
    TokenSource,
    checked_token,
)
from hubspot_batch_read_api.errors import ArgumentError
from hubspot_batch_read_api.types import Lock

if TYPE_CHECKING:
    import httpx

LoopT = TypeVar("LoopT")

OnError = Literal["raise", "collect"]
"""What to do when a request fails for good: raise the exception, or collect it and continue."""

TOKEN_VARIABLE = "HUBSPOT_ACCESS_TOKEN"  # noqa: S105 - a name, not a token


class BaseHubSpot(Generic[LoopT]):
    """The base class of both clients: the address, the token, the connections and the settings."""

    def __init__(
        self,
        access_token: str | TokenSource | None = None,
        *,
        base_url: str = BASE_URL,
        timeout: float | httpx.Timeout | None = 30.0,
        max_retries: int = 8,
        rate_limit: RateLimitSetting = "auto",
        max_wait: float = 60.0,
        max_concurrency: int = 4,
        max_response_bytes: int = MAX_RESPONSE_BYTES,
        httpx_args: Mapping[str, Any] | None = None,
    ) -> None:
        """Create a client; nothing is sent yet.

        Args:
            access_token: OAuth access token or private app token, or a callable that returns one.
                A callable is called before the first request, and again when HubSpot responds that
                the token has expired. Default: the environment variable HUBSPOT_ACCESS_TOKEN. The
                token is never part of a repr, an error or a log line.
            base_url: Address of HubSpot, or of a sandbox.
            timeout: Seconds to wait for a connection, and for each read and write; None to wait
                forever.
            max_retries: Maximum number of retries of a request; 0 disables them.
            rate_limit: "auto" for the limit in HubSpot's headers, `RateLimit(100, per=10)` for 100
                requests per ten seconds, which processes can share, or None for no limit.
            max_wait: Maximum wait for a retry or the rate limit, in seconds; if it would be longer,
                the error is raised instead.
            max_concurrency: Maximum number of requests of a read at the same time.
            max_response_bytes: Maximum size of a response body in bytes, decompressed; default
                256 MiB. If a response is larger, its ids are sent again in smaller requests.
            httpx_args: Further arguments for the httpx client, such as `proxy` or `verify`.

        Raises:
            ImportError: A rate limit in Redis needs the extra `shared`.
            TypeError: `httpx_args` has an argument that httpx does not know.
            ArgumentError: There is no access token, an argument is invalid, or an environment
                variable for proxies or certificates cannot be used (`ALL_PROXY`, `SSL_CERT_FILE`
                and the like). The error names it, and never shows a password.
        """
        if access_token is None:
            access_token = _token_of_environment()
        elif not access_token:
            raise _no_token()
        if type(max_concurrency) is not int or max_concurrency < 1:
            raise ArgumentError("max_concurrency", "expected a whole number, 1 or more")
        self._client = AuthenticatedClient(
            access_token,
            base_url,
            timeout=timeout,
            max_response_bytes=max_response_bytes,
            httpx_args=httpx_args,
        )
        self._sender = Sender(max_retries=max_retries, rate_limit=rate_limit, max_wait=max_wait)
        self._max_concurrency = max_concurrency
        self._given_token = access_token if isinstance(access_token, str) else None
        self._base_url = base_url
        self._loops: WeakSet[LoopT] = WeakSet()
        self._loops_lock = Lock()

    def __repr__(self) -> str:
        """Return the address."""
        return f"{type(self).__name__}(base_url={self._base_url!r})"

    def __reduce__(self) -> Any:
        """Refuse to be pickled, because the pickle would contain a token."""
        raise TypeError(
            f"{type(self).__name__} cannot be pickled, because it holds an access token; create "
            "one where it is used, or describe the read with TableRead"
        )

    def _register(self, loop: LoopT) -> None:
        """Remember a loop over a read, to end it when the client is closed."""
        with self._loops_lock:
            self._loops.add(loop)

    def _plan(self, operation: Operation[RowT], ids: Ids, on_error: OnError) -> Plan[RowT]:
        if on_error not in ("raise", "collect"):
            raise ArgumentError("on_error", f"expected 'raise' or 'collect', got {on_error!r}")
        return Plan(operation, ids, window=self._max_concurrency, collect=on_error == "collect")

    def _explain(self, error: BaseException) -> str:
        """Return what happened in a sentence without secrets, for a file."""
        tokens = self._client.tokens + ((self._given_token,) if self._given_token else ())
        return Hidden(tokens).mask(sentence(error))

    def _http_request(self, request: Request[RowT]) -> dict[str, Any]:
        """Return a request as arguments for httpx."""
        operation = request.operation
        return operation.endpoint.request(*operation.path, body=request.body, **operation.query)


def name_of(request: Request[Any]) -> str:
    """Return the name of a request in the log."""
    _, _, operation = str(getattr(request.operation.endpoint, "__name__", "")).rpartition(".")
    return f"{operation} from id {next(iter(request.inputs))}"


def _token_of_environment() -> str:
    # A variable that was read from a file often ends with a line ending.
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token:
        raise _no_token()
    return checked_token(token, TOKEN_VARIABLE)


def _no_token() -> ArgumentError:
    return ArgumentError("access_token", f"pass one, or set {TOKEN_VARIABLE}")
