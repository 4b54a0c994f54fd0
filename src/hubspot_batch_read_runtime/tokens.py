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
"""What fetches an access token: a function, or an async one for async calls."""


class Token:
    """The access token in use, once there is one, and what to ask for another."""

    def __init__(self, ask: TokenSource) -> None:
        """Take what to ask; nothing is asked yet."""
        self.ask = ask
        self.current: str | None = None
        self.lock = Lock()
        # Those that responses may still repeat.
        self.recent: deque[str] = deque(maxlen=8)

    def use(self, token: object) -> str:
        """Take a token into use.

        Raises:
            ArgumentError: It cannot be a token.
        """
        self.current = checked = checked_token(token)
        self.recent.append(checked)
        return checked


class Auth(httpx.Auth):
    """Sends the token with each request, and replaces it when HubSpot says that it has expired.

    Of the requests that are refused together, the first asks for another token. The others then
    find that the token in use is not the one that they were refused with.
    """

    def __init__(
        self,
        token: Token,
        error_model: type[ErrorBody],
        async_lock: AbstractAsyncContextManager[object] | None = None,
    ) -> None:
        """Take the lock that coroutines wait for while one of them asks for another token."""
        self._token = token
        self._error_model = error_model
        # Not the lock of sync calls, which must not be held across an await.
        self._async_lock = async_lock or nullcontext()

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Send a request, and again if its token has expired."""
        token = self._token.current or self._other_than(None)
        response = yield _with_token(request, token)
        if _refuses_token(response):
            response.read()
            if self._says_expired(response) and (other := self._other_than(token)) != token:
                yield _with_token(request, other)

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send a request, and again if its token has expired."""
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
    """Return what to ask for a token; raises ArgumentError for a token that cannot be sent."""
    if callable(token):
        return token
    checked = checked_token(token)
    return lambda: checked


def checked_token(token: object, name: str = "access_token") -> str:
    """Return an access token that can be sent.

    Raises:
        ArgumentError: It cannot; names what holds it, and does not show the token.
    """
    # httpx would quote an invalid header, and so the token, in its error.
    if not isinstance(token, str) or not re.fullmatch("[!-~]+", token):
        raise ArgumentError(name, "expected visible ASCII characters, without white space")
    return token
