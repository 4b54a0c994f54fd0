"""Ctrl-C: the first ends the read, the second the program."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from types import FrameType
from typing import Self

from hubspot_batch_read.cli.faults import STOPPED

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Turns the first SIGINT or SIGTERM in a `with` block into a call, made by another thread.

    So an interrupt never comes between a record's being handed over and its being written. The
    second one ends the program at once; what was written is in the files by then.
    """

    def __init__(self, end: Callable[[], object]) -> None:
        """Prepare to call `end`."""
        self.came = False
        self._end = end
        self._told: SimpleQueue[bool] = SimpleQueue()  # the one queue that a signal handler may use
        self._thread = Thread(target=self._wait, daemon=True)

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._before = {number: signal.signal(number, self._handle) for number in SIGNALS}
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Let signals do what they did before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._told.put(False)
        self._thread.join()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.came:
            os._exit(STOPPED)
        self.came = True
        self._told.put(True)

    def _wait(self) -> None:
        if self._told.get():
            sys.stderr.write("Waiting for the requests under way; Ctrl-C again ends at once.\n")
            self._end()
