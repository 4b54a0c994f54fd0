"""The access token: checked, sent with each request, and replaced when it has expired."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator
from contextlib import AbstractAsyncContextManager, nullcontext

import httpx

from hubspot_batch_read_runtime.error_body import ErrorBody, error_in
from hubspot_batch_read_runtime.errors import ArgumentError
from hubspot_batch_read_runtime.locks import Lock

TokenSource = Callable[[], str | Awaitable[str]]
"""Returns an access token: a function, or a coroutine function for async calls."""


class Token:
    """The access token in use, and the function that returns another."""

    def __init__(self, ask: TokenSource) -> None:
        """Set the function; it is not called yet."""
        self.ask = ask
        self.current: str | None = None
        self.lock = Lock()
        # Tokens that responses may still repeat.
        self.recent: deque[str] = deque(maxlen=8)

    def use(self, token: object) -> str:
        """Use a token from now on, and return it.

        Raises:
            ArgumentError: It is not a valid token.
        """
        self.current = checked = checked_token(token)
        self.recent.append(checked)
        return checked


class Auth(httpx.Auth):
    """Sends the token with each request, and replaces it when HubSpot says that it has expired.

    If several requests are refused at the same time, the first one gets another token. The others
    then see that the token in use is no longer the one that was refused.
    """

    def __init__(
        self,
        token: Token,
        error_model: type[ErrorBody],
        async_lock: AbstractAsyncContextManager[object] | None = None,
    ) -> None:
        """Set the lock that coroutines wait for while one of them gets another token."""
        self._token = token
        self._error_model = error_model
        # Not the lock of sync calls, which must not be held across an await.
        self._async_lock = async_lock or nullcontext()

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Send a request, and repeat it if its token has expired."""
        token = self._token.current or self._other_than(None)
        response = yield _with_token(request, token)
        if _refuses_token(response):
            response.read()
            if self._says_expired(response) and (other := self._other_than(token)) != token:
                yield _with_token(request, other)

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send a request, and repeat it if its token has expired."""
        token = self._token.current or await self._other_than_async(None)
        response = yield _with_token(request, token)
        if _refuses_token(response):
            await response.aread()
            if (
                self._says_expired(response)
                and (other := await self._other_than_async(token)) != token
            ):
                yield _with_token(request, other)

    def _says_expired(self, response: httpx.Response) -> bool:
        error = error_in(response.content, self._error_model)
        return error.category == "EXPIRED_AUTHENTICATION"

    def _other_than(self, refused: str | None) -> str:
        with self._token.lock:
            if self._token.current is None or self._token.current == refused:
                return self._token.use(_without_waiting(self._token.ask()))
            return self._token.current

    async def _other_than_async(self, refused: str | None) -> str:
        async with self._async_lock:
            if self._token.current is None or self._token.current == refused:
                token = self._token.ask()
                return self._token.use(await token if isinstance(token, Awaitable) else token)
            return self._token.current


def _with_token(request: httpx.Request, token: str) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token}"
    return request


def _refuses_token(response: httpx.Response) -> bool:
    # A redirect to another host drops the token; a 401 from there is not about it.
    return response.status_code == 401 and "Authorization" in response.request.headers


def _without_waiting(token: str | Awaitable[str]) -> str:
    if isinstance(token, Coroutine):
        # Otherwise Python would warn that it was never awaited.
        token.close()
    if isinstance(token, Awaitable):
        raise TypeError("access_token: an async callable can be used in async calls only")
    return token


def token_source(token: str | TokenSource) -> TokenSource:
    """Return a function that returns the token; raises ArgumentError for an invalid token."""
    if callable(token):
        return token
    checked = checked_token(token)
    return lambda: checked


def checked_token(token: object, name: str = "access_token") -> str:
    """Return an access token if it is valid in a header.

    Raises:
        ArgumentError: It is not. The error has the given name, and does not show the token.
    """
    # httpx would quote an invalid header, and so the token, in its error.
    if not isinstance(token, str) or not re.fullmatch("[!-~]+", token):
        raise ArgumentError(name, "expected visible ASCII characters, without white space")
    return token
