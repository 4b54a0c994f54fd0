"""The sandbox over real HTTP, on a port of this machine."""

import socket
from threading import Thread
from types import TracebackType
from typing import Self

import uvicorn

from hubspot_batch_read.sandbox.access import TOKEN
from hubspot_batch_read.sandbox.app import create_app
from hubspot_batch_read.sandbox.limits import Clock, RateLimits, utc_now
from hubspot_batch_read.sandbox.portal import Portal

GRACE = 1
"""Seconds that requests under way have to finish when the sandbox ends."""


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
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """Prepare a sandbox; nothing listens yet.

        `portal` is what it answers from, by default `Portal(seed=seed)`; `limits` how much it takes
        before it answers 429; `clock` what it reads the time from; port 0 any port that is free.
        """
        self.portal = portal or Portal(seed=seed)
        self.token = TOKEN
        self._app = create_app(self.portal, limits=limits, clock=clock)
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

    def __enter__(self) -> Self:
        """Listen, and answer from now on. Raises OSError where the address cannot be had."""
        # Listening begins here and not in the thread: a client may connect at once, and is served
        # when the server is up, so that nobody has to wait for it.
        listener = socket.create_server(self._address)
        # Without this, an answer waits 40 ms for the client's acknowledgement of its head.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        host, port = listener.getsockname()[:2]
        self._base_url = f"http://{host}:{port}"
        config = uvicorn.Config(
            self._app,
            lifespan="off",
            ws="none",
            log_config=None,  # the application's logging is not the sandbox's to change
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE,
        )
        self._server = uvicorn.Server(config)
        self._thread = Thread(
            target=self._server.run, args=([listener],), name="sandbox", daemon=True
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
        self._base_url = None
