"""Ctrl-C: the first ends the read, the second the program."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from time import monotonic
from types import FrameType
from typing import Self

from hubspot_batch_read.cli.console import is_terminal, say
from hubspot_batch_read.cli.faults import STOPPED

SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]
SAME_SECONDS = 0.5
"""Seconds in which two signals are one: a terminal and a parent process may both send it."""


class Interrupts:
    """Turns the first signal in a `with` block into a call, made by another thread.

    So a signal never comes after a record was returned and before it is written. A second one
    ends the program at once; what was written is in the files by then. Signals that are ignored,
    as by nohup, stay so.
    """

    def __init__(self, end: Callable[[], object]) -> None:
        """Prepare to call `end`."""
        self.came = False
        self._came_at = 0.0
        self._is_waiting = False
        self._end = end
        self._told: SimpleQueue[bool] = SimpleQueue()  # the one queue that a signal handler may use
        self._thread = Thread(target=self._wait, daemon=True)

    def __enter__(self) -> Self:
        """Begin to listen."""
        heeded = [each for each in SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]
        self._before = {each: signal.signal(each, self._handle) for each in heeded}
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Let signals do what they did before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._told.put(False)
        self._thread.join()

    @contextmanager
    def end_a_wait(self) -> Iterator[None]:
        """Let a signal raise KeyboardInterrupt: in the block, one waits for who knows how long."""
        self._is_waiting = True
        try:
            if self.came:
                raise KeyboardInterrupt
            yield
        finally:
            self._is_waiting = False

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if not self.came:
            self.came, self._came_at = True, monotonic()
            self._told.put(True)
        elif monotonic() - self._came_at > SAME_SECONDS:
            if is_terminal(sys.stderr):
                os.write(2, b"\x1b[?25h\n")  # the cursor, which a progress bar hides
            os._exit(STOPPED)
        if self._is_waiting:
            raise KeyboardInterrupt

    def _wait(self) -> None:
        if self._told.get():
            say("Waiting for the requests under way; Ctrl-C again ends at once.")
            self._end()
