"""The sandbox over real HTTP, on a port of this machine."""

import socket
from threading import Thread
from types import TracebackType
from typing import Self

import uvicorn

from hubspot_batch_read.sandbox.access import TOKEN, Tokens
from hubspot_batch_read.sandbox.app import create_app
from hubspot_batch_read.sandbox.connections import GRACE, Connection
from hubspot_batch_read.sandbox.faults import FaultSource
from hubspot_batch_read.sandbox.limits import Clock, RateLimits, utc_now
from hubspot_batch_read.sandbox.middleware import FaultMiddleware
from hubspot_batch_read.sandbox.portal import Portal
from hubspot_batch_read.sandbox.traffic import Traffic


class Sandbox:
    """HubSpot on your machine: a seeded portal that answers for as long as the `with` block runs.

        with Sandbox(seed=7) as sandbox:
            httpx.post(
                f"{sandbox.base_url}/crm/v3/associations/contacts/deals/batch/read",
                headers={"Authorization": f"Bearer {sandbox.token}"},
                json={"inputs": [{"id": sandbox.portal.contact_ids[0]}]},
            )

    It answers from a thread of its own and ends with the block, by whatever way that is left.
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

        `portal` is what it answers from, by default `Portal(seed=seed)`; `limits` how much it takes
        before it answers 429; `clock` what it reads the time from; `faults` says what goes wrong,
        by default nothing; port 0 is any port that is free.
        """
        self.portal = portal or Portal(seed=seed)
        self.token = TOKEN
        self._tokens = Tokens(self.portal.seed)
        app = create_app(self.portal, limits=limits, clock=clock, tokens=self._tokens)
        self._app = FaultMiddleware(app, faults)
        self._address = (host, port)
        self._base_url: str | None = None

    @property
    def base_url(self) -> str:
        """Where the sandbox listens, such as `http://127.0.0.1:8765`.

        Raises RuntimeError outside of the `with` block.
        """
        if self._base_url is None:
            raise RuntimeError("the sandbox listens only inside its with block")
        return self._base_url

    @property
    def faults(self) -> FaultSource | None:
        """What says which request meets which fault; None for no faults.

        Another one can be set at any time, from any thread, and is asked from the next request on.
        """
        return self._app.faults

    @faults.setter
    def faults(self, faults: FaultSource | None) -> None:
        self._app.faults = faults

    @property
    def traffic(self) -> Traffic:
        """What came so far: how many requests, how many at once, and the faults that they met."""
        return self._app.traffic

    def issue_token(self, *, requests: int | None = None) -> str:
        """Return a new access token, which may read everything until it expires.

            token = sandbox.issue_token(requests=5)  # the sixth is answered with 401

        It expires after this number of requests, or when `expire_token` is called, and is answered
        with 401 EXPIRED_AUTHENTICATION from then on. Without a number only the call ends it.
        Requests that a fault keeps from the portal (a `SandboxResponse`, `Drop.BEFORE`,
        `Drop.RESET`) do not count. A refused request that is repeated with another token is
        answered even if other requests have used that one up meanwhile, so that any number works for any number of
        requests at once.
        Raises ValueError for less than 0 requests.
        """
        return self._tokens.issue(requests)

    def expire_token(self, token: str) -> None:
        """Let a token expire at once. Raises ValueError if `issue_token` did not return it."""
        self._tokens.expire(token)

    def __enter__(self) -> Self:
        """Listen, and answer from now on. Raises OSError where the address cannot be had."""
        # Listening begins here and not in the thread: a client may connect at once, and is served
        # when the server is up, so that nobody has to wait for it.
        self._listener = socket.create_server(self._address)
        # Without this, an answer waits 40 ms for the client's acknowledgement of its head.
        self._listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        host, port = self._listener.getsockname()[:2]
        self._base_url = f"http://{host}:{port}"
        config = uvicorn.Config(
            self._app,
            http=Connection,
            lifespan="off",
            ws="none",
            log_config=None,  # the application's logging is not the sandbox's to change
            server_header=False,
            timeout_graceful_shutdown=GRACE + 1,  # never needed: connections end before
        )
        self._server = uvicorn.Server(config)
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
        """Stop listening, let requests under way finish, and end the thread."""
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()  # uvicorn does too, unless it is an old one that had not yet started
        self._base_url = None
