"""Sends requests. Exceptions name the host, and do not contain the token."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from hubspot_batch_read_runtime.causes import causes
from hubspot_batch_read_runtime.heads import limit_heads
from hubspot_batch_read_runtime.masking import MASK, masked
from hubspot_batch_read_runtime.tokens import Token

EXTENSION = "hubspot"
"""The extension of a request that contains its `Exchange`."""

_NEW_STREAM = ("connect_tcp.complete", "start_tls.complete")
_FAILED = "socks.setup_socks5_connection.failed"
"""The event after which httpcore leaves the connection open."""


def tokens_of(request: httpx.Request) -> Iterable[str]:
    """Return the access tokens that the response to a request may repeat."""
    exchange = request.extensions.get(EXTENSION)
    return exchange.tokens if isinstance(exchange, Exchange) else ()


class Exchange:
    """Follows the sending of a request: its current host, and the tokens to mask."""

    def __init__(self, request: httpx.Request, token: Token, max_bytes: int) -> None:
        """Start with the host of the request."""
        url = request.url
        self.target = self.peer = _address(
            url.host, url.port or (443 if url.scheme == "https" else 80)
        )
        self.tokens = token.recent
        self._max_bytes = max_bytes
        self._stream: Any = None

    def watch(self, event: str, info: Mapping[str, Any]) -> None:
        """Follow an event of httpcore."""
        self._note_peer(event, info)
        if event.endswith(_NEW_STREAM):
            self._stream = info["return_value"]
            limit_heads(self._stream, self._max_bytes, is_async=False)
        elif event == _FAILED:
            self._stream.close()

    async def watch_async(self, event: str, info: Mapping[str, Any]) -> None:
        """Follow an event of httpcore in an async client."""
        self._note_peer(event, info)
        if event.endswith(_NEW_STREAM):
            self._stream = info["return_value"]
            limit_heads(self._stream, self._max_bytes, is_async=True)
        elif event == _FAILED:
            await self._stream.aclose()

    def _note_peer(self, event: str, info: Mapping[str, Any]) -> None:
        """Note the host that the client is connected to."""
        if event.endswith("connect_tcp.started"):
            self.peer = _address(info["host"], info["port"])
        elif event in ("proxy.start_tls.started", "socks.setup_socks5_connection.complete"):
            self.peer = self.target

    @contextmanager
    def explaining(self, request: httpx.Request) -> Iterator[None]:
        """Make exceptions of httpx name the host, and remove the token from them."""
        try:
            yield
        except httpx.RequestError as error:
            self._explain(error)
            raise
        except Exception as error:
            if not type(error).__module__.startswith("socksio."):
                raise
            # httpx does not convert these.
            failure = httpx.ProxyError("it does not answer as a SOCKS proxy does", request=request)
            self._explain(failure)
            raise failure from error

    def _explain(self, error: httpx.RequestError) -> None:
        """Rewrite the text of an exception: name the host, and mask the token."""
        if error.request.extensions.get(EXTENSION) is not self:
            return  # raised by the callable for the token
        text = _answer_of_proxy(error) or masked(str(error), self.tokens)
        peer = self.peer if self.peer == self.target else f"the proxy {self.peer}"
        error.args = (f"{peer}: {text or type(error).__name__}{_hint(text)}",)
        error.request.headers["Authorization"] = MASK
        error.request.extensions = {}  # they contain the token
        for cause in [*causes(error)][1:]:
            cause.args = tuple(
                masked(each, self.tokens) if isinstance(each, str) else each for each in cause.args
            )


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class SyncClient(httpx.Client):
    """Sends requests. Exceptions name the host, and do not contain the token."""

    def __init__(self, token: Token, max_bytes: int, **httpx_args: Any) -> None:
        """Keep the token, to mask it, and the maximum size of a response."""
        super().__init__(**httpx_args)
        self._access_token = token
        self._max_bytes = max_bytes

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send a request; raises what httpx raises."""
        exchange = Exchange(request, self._access_token, self._max_bytes)
        request.extensions = {**request.extensions, EXTENSION: exchange, "trace": exchange.watch}
        with exchange.explaining(request):
            return super().send(request, **options)


class AsyncClient(httpx.AsyncClient):
    """The asynchronous version of `SyncClient`."""

    def __init__(self, token: Token, max_bytes: int, **httpx_args: Any) -> None:
        """Keep the token, to mask it, and the maximum size of a response."""
        super().__init__(**httpx_args)
        self._access_token = token
        self._max_bytes = max_bytes

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send a request; raises what httpx raises."""
        exchange = Exchange(request, self._access_token, self._max_bytes)
        request.extensions = {
            **request.extensions,
            EXTENSION: exchange,
            "trace": exchange.watch_async,
        }
        with exchange.explaining(request):
            return await super().send(request, **options)


def _answer_of_proxy(error: httpx.RequestError) -> str | None:
    """Describe a proxy's response to CONNECT in our words: its own may repeat a password."""
    if not isinstance(error, httpx.ProxyError) or not (
        status := re.match("[1-5][0-9]{2}", str(error))
    ):
        return None
    wish = "; it asks for a user name and password" if status[0] == "407" else ""
    return f"it answered {status[0]} to CONNECT{wish}"


def _hint(text: str) -> str:
    """Return the likely cause of a protocol error."""
    if "WRONG_VERSION_NUMBER" in text or "RECORD_LAYER_FAILURE" in text:
        return "; it does not speak TLS: is its address http://…?"
    if r"illegal status line: bytearray(b'\x15\x03" in text:
        return "; it speaks TLS: is its address https://…?"
    return ""
