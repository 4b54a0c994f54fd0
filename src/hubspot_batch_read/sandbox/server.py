"""The sandbox over real HTTP, on a port of this machine."""

import socket
from threading import Thread
from types import TracebackType
from typing import Self

from hubspot_batch_read.sandbox.data.portal import Portal
from hubspot_batch_read.sandbox.faults.application import Application
from hubspot_batch_read.sandbox.faults.sources import FaultSource
from hubspot_batch_read.sandbox.faults.traffic import Traffic
from hubspot_batch_read.sandbox.http.rate_limits import Clock, RateLimits, utc_now
from hubspot_batch_read.sandbox.http.service import Service
from hubspot_batch_read.sandbox.http.tokens import TOKEN


class Sandbox:
    """HubSpot on your machine: a seeded portal that responds while the `with` block runs.

        with Sandbox(seed=7) as sandbox:
            httpx.post(
                f"{sandbox.base_url}/crm/v3/associations/contacts/deals/batch/read",
                headers={"Authorization": f"Bearer {sandbox.token}"},
                json={"inputs": [{"id": sandbox.portal.contact_ids[0]}]},
            )

    It runs in its own thread, and stops at the end of the block, even if that raises.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        portal: Portal | None = None,
        limits: RateLimits | None = None,
        clock: Clock = utc_now,
        faults: FaultSource | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """Prepare a sandbox; nothing listens yet.

        Args:
            seed: Seed of the default portal.
            portal: The data that it serves; default `Portal(seed=seed)`.
            limits: The rate limits, above which it responds with 429.
            clock: Returns the current time, with a time zone.
            faults: Returns the fault of each request; default no faults.
            host: Address to listen on.
            port: Port to listen on; 0 for any free one.
        """
        self.portal = portal or Portal(seed=seed)
        self.token = TOKEN
        service = Service(self.portal, limits or RateLimits(), clock)
        self._tokens = service.tokens
        self._app = Application(service, faults)
        self._address = (host, port)
        self._base_url: str | None = None

    @property
    def base_url(self) -> str:
        """The address at which the sandbox listens, such as `http://127.0.0.1:8765`.

        Raises RuntimeError outside of the `with` block.
        """
        if self._base_url is None:
            raise RuntimeError("the sandbox listens only inside its with block")
        return self._base_url

    @property
    def faults(self) -> FaultSource | None:
        """The source of faults, which is called for each request; None for no faults.

        It can be replaced at any time, from any thread, and applies from the next request on.
        """
        return self._app.faults

    @faults.setter
    def faults(self, faults: FaultSource | None) -> None:
        self._app.faults = faults

    @property
    def traffic(self) -> Traffic:
        """The requests so far: how many, how many at once, and the fault of each."""
        return self._app.traffic

    def issue_token(self, *, requests: int | None = None) -> str:
        """Return a new access token, which may read everything until it expires.

            token = sandbox.issue_token(requests=5)  # the sixth is refused with 401

        It expires after this number of requests (by default, never), or when `expire_token` is
        called; from then on, it is refused with 401 EXPIRED_AUTHENTICATION. Requests that do not
        reach the portal because of a fault (a `SandboxResponse`, `Drop.BEFORE`, `Drop.RESET`) do
        not count. A refused request that is repeated with another token succeeds even if other
        requests have used up that token in the meantime. So a client can use such tokens with any
        number of requests in flight.

        Raises ValueError for fewer than 0 requests.
        """
        return self._tokens.issue(requests)

    def expire_token(self, token: str) -> None:
        """Expire a token now. Raises ValueError if it is not from `issue_token`."""
        self._tokens.expire(token)

    def __enter__(self) -> Self:
        """Start to listen.

        Raises OSError if the address is not available, and ModuleNotFoundError, with what to
        install, without the extra.
        """
        try:
            import uvicorn  # noqa: PLC0415 - only a sandbox that runs needs the extra

            from hubspot_batch_read.sandbox.http.connections import (  # noqa: PLC0415 - as above
                GRACE,
                Connection,
                Server,
            )
        except ModuleNotFoundError as error:
            message = 'The sandbox needs an extra: pip install "hubspot-batch-read[sandbox]"'
            raise ModuleNotFoundError(message, name=error.name) from error
        # It listens from here on, before the thread runs: a client may connect at once, and waits
        # until it is served.
        self._listener = socket.create_server(self._address)
        # Without this, a response waits 40 ms for the client's acknowledgement of its head.
        self._listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        host, port = self._listener.getsockname()[:2]
        self._base_url = f"http://{host}:{port}"
        config = uvicorn.Config(
            self._app,
            http=Connection,
            lifespan="off",
            ws="none",
            log_config=None,  # the sandbox must not change the application's logging
            server_header=False,
            timeout_graceful_shutdown=GRACE + 1,  # never needed: connections are closed before
        )
        self._server = Server(config)
        self._thread = Thread(
            target=self._server.run, args=([self._listener],), name="sandbox", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop listening, let requests in flight finish, and end the thread."""
        self._server.end()
        self._thread.join()
        self._listener.close()  # uvicorn does too, unless it is an old one that had not yet started
        self._base_url = None
