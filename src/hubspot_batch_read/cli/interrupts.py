"""Ctrl-C: the first one ends the read, the second one the program."""

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
"""Seconds within which two signals count as one: a terminal and a parent may both send it."""


class Interrupts:
    """Turns the first signal in a `with` block into a call, made by another thread.

    So a signal never arrives between a record being returned and being written. A second signal
    ends the program at once; what was written stays in the files. Ignored signals, as with nohup,
    stay ignored.
    """

    def __init__(self, end: Callable[[], object]) -> None:
        """Prepare to call `end`."""
        self.came = False
        self._came_at = 0.0
        self._is_waiting = False
        self._end = end
        self._told: SimpleQueue[bool] = SimpleQueue()  # a signal handler may use no other queue
        self._thread = Thread(target=self._wait, daemon=True)

    def __enter__(self) -> Self:
        """Start to listen."""
        heeded = [each for each in SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]
        self._before = {each: signal.signal(each, self._handle) for each in heeded}
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Restore the signal handlers."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._told.put(False)
        self._thread.join()

    @contextmanager
    def end_a_wait(self) -> Iterator[None]:
        """Let a signal raise KeyboardInterrupt in a block that may wait indefinitely."""
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
                os.write(2, b"\x1b[?25h\n")  # show the cursor, which a progress bar hides
            os._exit(STOPPED)
        if self._is_waiting:
            raise KeyboardInterrupt

    def _wait(self) -> None:
        if self._told.get():
            say("Waiting for the requests in flight; press Ctrl-C again to stop at once.")
            self._end()
