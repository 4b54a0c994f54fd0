"""The threads of a read, which send the requests of the plan."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Generic

from hubspot_batch_read.core.chunk import Request
from hubspot_batch_read.core.operation import Response, RowT
from hubspot_batch_read.core.plan import Plan
from hubspot_batch_read_api.types import Lock

Wait = Callable[[float], None]
"""Waits for a number of seconds; raises as soon as the loop has ended."""
Send = Callable[[Request[RowT], Wait], Response[RowT]]

PATIENCE = 1.0
"""Seconds to wait for the requests in flight when a read ends early."""


class Loop(Generic[RowT]):
    """The threads that send the requests of a read while it is being iterated over.

    They are daemons, because Python waits for all other threads when a program exits. After a loop
    has stopped, responses to requests in flight may still arrive. The plan processes them; no
    caller waits for them.
    """

    def __init__(
        self,
        plan: Plan[RowT],
        lock: Lock,
        send: Send[RowT],
        bell: SimpleQueue[None],
        news: SimpleQueue[None],
        max_threads: int,
    ) -> None:
        """Start without threads."""
        self.is_stopped = False
        self.owner = threading.get_ident()
        """The thread that iterates over the read."""
        # Held while the loop runs. Unlike other ways to wait for its end, a lock is not left in an
        # odd state if the thread that ends the loop is interrupted.
        self._going_on = threading.Lock()
        self._going_on.acquire()
        self.error: BaseException | None = None
        """The reason why the loop ended early."""
        self._plan = plan
        self._lock = lock
        self._send = send
        self._bell = bell
        self._news = news
        self._max_threads = max_threads
        self._threads: list[Thread] = []

    def start_thread(self) -> None:
        """Start a thread, which starts others as they are needed."""
        thread = Thread(target=self._work, name="hubspot-batch-read", daemon=True)
        start(thread)
        self._threads.append(thread)

    def begin_again(self, bell: SimpleQueue[None], news: SimpleQueue[None]) -> None:
        """Start threads in a forked process, which has none of its parent's."""
        self._bell, self._news, self._threads = bell, news, []
        self.start_thread()

    def stop(self, error: BaseException | None = None) -> None:
        """End the loop from any thread, without waiting; the loop raises the error, if any."""
        self.error = self.error or error
        self.is_stopped = True
        with suppress(RuntimeError):  # it was free already
            self._going_on.release()
        self._bell.put(None)
        self._news.put(None)

    def join(self, until: float) -> None:
        """Wait for the threads, until a time of the monotonic clock."""
        for thread in self._threads:
            thread.join(max(0.0, until - monotonic()))

    def _work(self) -> None:
        try:
            while request := self._next_request():
                self._answer(request)
        except BaseException as error:  # noqa: BLE001 - raised in the loop
            self.stop(error)

    def _next_request(self) -> Request[RowT] | None:
        while not self.is_stopped:
            with suppress(Empty):  # the code below sees what changed
                while True:
                    self._bell.get_nowait()
            with self._lock:
                if self.is_stopped:  # unread() may have listed the remaining ids
                    break
                before = self._plan.position
                request = self._plan.next_request()
                is_short = request is not None and len(self._threads) < self._max_threads
                has_news = request is not None or self._plan.position != before
            # Not always: the caller rings the bell when it waits, so that would never end.
            if has_news:
                self._news.put(None)
            if request is not None:
                self._bell.put(None)  # another thread may find one, too
                if is_short:
                    self.start_thread()
                return request
            self._bell.get()
        self._bell.put(None)  # for the others
        return None

    def _answer(self, request: Request[RowT]) -> None:
        try:
            response = self._send(request, self._wait)
        except BaseException as error:
            with self._lock:
                if self.is_stopped or not isinstance(error, Exception):
                    self._plan.abandon(request)
                else:
                    self._plan.fail(request, error)
            if not isinstance(error, Exception):
                raise
        else:
            with self._lock:
                if self._plan.is_over:
                    self._plan.abandon(request)
                else:
                    self._plan.receive(request, response.parsed)
        self._news.put(None)

    def _wait(self, seconds: float) -> None:
        if self._going_on.acquire(timeout=min(seconds, threading.TIMEOUT_MAX)):
            self._going_on.release()  # for the others that wait
            raise _StoppedError


def start(thread: Thread) -> None:
    """Start a thread. If a KeyboardInterrupt arrives meanwhile, it is raised.

    At one moment, Python raises a RuntimeError instead: about a lock of its own, which the
    interrupt has left released.
    """
    try:
        thread.start()
    except RuntimeError as error:
        if isinstance(error.__context__, KeyboardInterrupt):
            raise error.__context__ from None
        raise


class _StoppedError(Exception):
    """The loop has ended, and nothing waits for the request."""
