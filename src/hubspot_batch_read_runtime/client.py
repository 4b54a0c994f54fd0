"""The base class of the client: its settings, and the httpx clients that send requests."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakKeyDictionary

import httpx

from hubspot_batch_read_runtime.body import Limit
from hubspot_batch_read_runtime.environment import (
    check_proxies,
    checked_base_url,
    checked_timeout,
    with_tls_context,
)
from hubspot_batch_read_runtime.error_body import ErrorBody
from hubspot_batch_read_runtime.errors import ArgumentError
from hubspot_batch_read_runtime.exchange import AsyncClient, SyncClient
from hubspot_batch_read_runtime.locks import Lock
from hubspot_batch_read_runtime.tokens import Auth, Token, TokenSource, token_source

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

# 1000 inputs with 500 associated objects of 200 bytes each are 100 MB; twice that, and more.
MAX_RESPONSE_BYTES = 256 * 1024 * 1024


class Client:
    """An address, an access token and the connections, for sync and async calls.

    Threads and event loops can share it; each event loop has an httpx client of its own.
    """

    def __init__(
        self,
        token: str | TokenSource,
        base_url: str,
        *,
        timeout: float | httpx.Timeout | None,
        max_response_bytes: int,
        httpx_args: Mapping[str, Any] | None,
        user_agent: str,
        error_model: type[ErrorBody],
    ) -> None:
        """Create a client; nothing is sent yet.

        Args:
            token: Access token, or a callable that returns one.
            base_url: Address of the server.
            timeout: Seconds to wait for a connection, and for each read and write.
            max_response_bytes: Maximum size of a response body in bytes.
            httpx_args: Further arguments for httpx.
            user_agent: The User-Agent header.
            error_model: The model of a response with an error.

        Raises:
            ArgumentError: An argument, or an environment variable for httpx, is invalid.
            TypeError: `httpx_args` has an argument that httpx does not know.
        """
        self._token = Token(token_source(token))
        self._base_url = checked_base_url(base_url)
        self._timeout = checked_timeout(timeout)
        self._limit = Limit(max_response_bytes)
        self._error_model = error_model
        args = dict(httpx_args or {})
        headers = httpx.Headers({"User-Agent": user_agent})
        headers.update(args.pop("headers", None))
        headers["Accept-Encoding"] = "gzip"  # what Body decompresses
        if taken := args.keys() & {"auth", "base_url", "timeout"}:
            raise ArgumentError("httpx_args", f"{min(taken)} is set by the client itself")
        check_proxies(args)
        common = {
            "base_url": base_url,
            "timeout": timeout,
            "headers": headers,
            "cookies": _no_cookies(),
        }
        self._httpx_args = {**common, **with_tls_context(args)}
        self._process = os.getpid()
        self._lock = Lock()
        # Created now, so that invalid arguments for httpx are found now.
        self._sync_client: httpx.Client | None = self._new_sync_client()
        self._async_clients: WeakKeyDictionary[object, httpx.AsyncClient] = WeakKeyDictionary()

    def __repr__(self) -> str:
        """Return the address and the timeout."""
        return f"{type(self).__name__}(base_url={self._base_url!r}, timeout={self._timeout!r})"

    @property
    def tokens(self) -> tuple[str, ...]:
        """The access tokens in use, which have to be masked in texts."""
        return tuple(self._token.recent)

    def get_httpx_client(self) -> httpx.Client:
        """Return the httpx client of sync calls."""
        with self._lock:
            self._leave_connections_of_parent()
            if self._sync_client is None:
                self._sync_client = self._new_sync_client()
            return self._sync_client

    def _new_sync_client(self) -> httpx.Client:
        auth = Auth(self._token, self._error_model)
        client = SyncClient(self._token, self._limit.max_bytes, auth=auth, **self._httpx_args)
        client.event_hooks["response"].insert(0, self._limit.apply)
        return client

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """Return the httpx client of async calls in the running event loop.

        Connections belong to an event loop, so each loop has its own httpx client.
        """
        loop = _running_loop()
        with self._lock:
            self._leave_connections_of_parent()
            if loop not in self._async_clients:
                auth = Auth(self._token, self._error_model, _async_lock(loop))
                client = AsyncClient(
                    self._token, self._limit.max_bytes, auth=auth, **self._httpx_args
                )
                client.event_hooks["response"].insert(0, self._limit.apply_async)
                self._async_clients[loop] = client
            return self._async_clients[loop]

    def _leave_connections_of_parent(self) -> None:
        # After a fork, both processes would read from the same connections, and each could get
        # the other's responses.
        if self._process != os.getpid():
            self._process = os.getpid()
            self._sync_client = None
            self._async_clients.clear()

    def close(self) -> None:
        """Close the connections of sync calls. Later calls open new ones."""
        with self._lock:
            self._leave_connections_of_parent()
            client, self._sync_client = self._sync_client, None
        if client is not None:
            client.close()

    async def aclose(self) -> None:
        """Close the connections of sync calls, and of async calls in the running event loop.

        Later calls open new ones.
        """
        self.close()
        with self._lock:
            client = self._async_clients.pop(_running_loop(), None)
        if client is not None:
            await client.aclose()

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Close the connections of sync calls."""
        self.close()

    async def __aenter__(self) -> Self:
        """Return the client."""
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Close the connections of sync calls, and of async calls in this event loop."""
        await self.aclose()


class _NoLoop:
    """Stands for the event loop where no event loop of asyncio is running."""


_NO_LOOP = _NoLoop()


def _running_loop() -> AbstractEventLoop | _NoLoop:
    # Importing asyncio takes a third as long as importing httpx, and sync calls do not need it.
    from asyncio import get_running_loop  # noqa: PLC0415 - see above

    try:
        return get_running_loop()
    except RuntimeError:
        return _NO_LOOP


def _async_lock(loop: object) -> AbstractAsyncContextManager[object] | None:
    """Return a lock for coroutines, or None if there is no event loop of asyncio."""
    if loop is _NO_LOOP:
        return None
    from asyncio import Lock  # noqa: PLC0415 - see `_running_loop`

    return Lock()


def _no_cookies() -> CookieJar:
    """Return a cookie jar that stays empty: cookies are not needed, and could fill the memory."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))
