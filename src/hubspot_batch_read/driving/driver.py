"""`Driver`: reads with threads, and returns the results in the caller's thread.

Threads send the requests of the plan, and pass the responses to it; so the account is changed where
no KeyboardInterrupt arrives. The caller's thread pulls the ids, calls `on_progress` and returns the
records.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from inspect import GEN_SUSPENDED, getgeneratorstate
from queue import Empty, SimpleQueue
from threading import get_ident
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import ref

from hubspot_batch_read.core.account import Part, Ready
from hubspot_batch_read.core.operation import RowT
from hubspot_batch_read.core.plan import Plan
from hubspot_batch_read.driving.delivery import Delivery, Explain, OnProgress
from hubspot_batch_read.driving.threads import PATIENCE, Loop, Send
from hubspot_batch_read.tables.filling import Filling

if TYPE_CHECKING:
    import pyarrow as pa

    from hubspot_batch_read.driving.writing import Writing

T = TypeVar("T")


class Driver(Delivery[RowT]):
    """Runs one loop of threads after another, until everything was read."""

    def __init__(
        self,
        plan: Plan[RowT],
        send: Send[RowT],
        *,
        max_concurrency: int,
        on_progress: OnProgress | None = None,
        explain: Explain = str,
        register: Callable[[Loop[Any]], object] = lambda _: None,
    ) -> None:
        """Prepare to carry out a plan; nothing is sent yet.

        Args:
            plan: The plan.
            send: Sends a request, and returns its response.
            max_concurrency: Maximum number of requests at the same time.
            on_progress: Called with the summary so far.
            explain: Returns what happened in a sentence without secrets.
            register: Called with each loop when it starts.
        """
        super().__init__(plan, on_progress=on_progress, explain=explain)
        self._max_concurrency = max_concurrency
        self._send = send
        self._register = register
        self._process = os.getpid()
        self._loop: Loop[RowT] | None = None
        self._generators: list[ref[Generator[object]]] = []
        self._yielded = 0
        self._is_collecting = False
        # Each item says that something may have changed: to a waiting thread, and to the caller.
        self._bell: SimpleQueue[None] = SimpleQueue()
        self._news: SimpleQueue[None] = SimpleQueue()

    def close(self) -> None:
        """End the loop, if there is one. Any thread may call this."""
        if self._loop is not None:
            self._loop.stop()

    # Results. A record counts as returned when the caller has it: while a generator is
    # suspended, the caller has what it yielded last.

    def records(self) -> Iterator[RowT]:
        """Yield the records one by one."""
        return self._noted(self._records())

    def record_batches(self) -> Generator[pa.RecordBatch]:
        """Yield the records as Arrow record batches."""
        return self._noted(self._record_batches())

    def _noted(self, generator: Generator[T]) -> Generator[T]:
        self._generators = [each for each in self._generators if each() is not None]
        self._generators.append(ref(generator))
        return generator

    @property
    def _is_suspended(self) -> bool:
        """Whether the caller is in a loop over the records."""
        generators = [each() for each in self._generators]
        states = [getgeneratorstate(each) for each in generators if each is not None]
        return GEN_SUSPENDED in states

    @property
    def returned(self) -> int:
        """Number of records that the caller has."""
        return self.account.returned + (self._yielded if self._is_suspended else 0)

    def _records(self) -> Generator[RowT]:
        account = self.account
        self._yielded = 1
        with self._running() as loop:
            while ready := self._next_ready(loop):
                for record in self.models(ready.records[account.returned - ready.start :]):
                    if loop.is_stopped:
                        break
                    try:
                        yield record
                    finally:
                        account.returned += 1
            self.report_end()
            is_end = not loop.is_stopped
        self._end_was_seen = is_end

    def _record_batches(self) -> Generator[pa.RecordBatch]:
        with self._running() as loop, self.keeping_all(plain=True):
            while True:
                filling = self._fill(loop)
                if filling.is_empty:
                    self.account.returned += filling.records
                    break
                record_batch = filling.record_batch()
                self._yielded = filling.records
                try:
                    yield record_batch
                finally:
                    self.account.returned += filling.records
            self.report_end()
            is_end = not loop.is_stopped
        self._end_was_seen = is_end

    def write(self, writing: Writing[RowT]) -> None:
        """Read everything, and write the parts."""
        with self._running(for_file=True) as loop:
            self._pull()
            while not (loop.is_stopped or writing.failure or self.is_over()):
                if part := self.next_part():
                    writing.write(part)
                elif self._wait_for_news(writing.writer.seconds_left):
                    writing.writer.save_if_due()
            if not self.is_over():
                loop.stop()
                loop.join(monotonic() + PATIENCE)  # the requests in flight may still be answered
            while part := self.next_part():
                writing.write(part)
            if writing.failure:
                raise writing.failure
        self.report_end()

    def parts(self) -> Generator[Part[RowT]]:
        """Yield the outcome of the ids by chunks, including what arrived before `close`."""
        self.make_parts(needs_content=True)
        with self._running(for_file=True) as loop:
            self._pull()
            while True:
                if part := self.next_part():
                    yield part
                    self.account.parts_written += 1
                elif loop.is_stopped or self.is_over():
                    break
                else:
                    self._wait_for_news()

    def read_all(self, *, plain: bool = False) -> tuple[Sequence[str], Sequence[RowT]]:
        """Read everything; return the ids and records, which do not count as returned yet."""
        with self._running() as loop, self.keeping_all(plain=plain):
            self._is_collecting = True
            try:
                while not (loop.is_stopped or self.is_finished()):
                    self.raise_failure()
                    self._wait_for_news()
                self.raise_failure()
                self.report_end()
            finally:
                self._is_collecting = False
        ids, records = self.left()
        return ids, records if plain else self.models(records)

    # The loop

    @contextmanager
    def _running(self, *, for_file: bool = False) -> Iterator[Loop[RowT]]:
        """Let threads send requests inside this context.

        Raises:
            RuntimeError: There is a loop already, or the read is finished.
            Exception: The reason why the loop ended before everything was read.
        """
        self.begin(for_file=for_file)
        loop = self._new_loop()
        try:
            self._register(loop)
            loop.start_thread()
            yield loop
            if loop.error is not None and not self.is_finished():
                raise loop.error
        finally:
            loop.stop()

    def _new_loop(self) -> Loop[RowT]:
        is_forked = self._leave_requests_to_parent()
        with self.lock:  # two threads may begin at the same time
            if self._loop is not None and not self._loop.is_stopped:
                is_of_other_thread = self._loop.owner != get_ident() and not is_forked
                if is_of_other_thread or self._is_suspended or self._is_collecting:
                    raise RuntimeError("this read is already in progress; close() ends its loop")
                self._loop.stop()  # an interrupt has left it
            self._loop = loop = Loop(
                self.plan, self.lock, self._send, self._bell, self._news, self._max_concurrency
            )
        return loop

    def _leave_requests_to_parent(self) -> bool:
        """In a forked process, abandon the requests that the parent's threads have sent."""
        if self._process == os.getpid():
            return False
        self._process = os.getpid()
        self._bell, self._news = SimpleQueue(), SimpleQueue()
        self.plan.abandon_all()
        return True

    def _next_ready(self, loop: Loop[RowT]) -> Ready[RowT] | None:
        """Wait for the chunk with the next records, and return it, or None at the end."""
        if self._leave_requests_to_parent():
            loop.begin_again(self._bell, self._news)
        self._pull()
        while not loop.is_stopped:
            if ready := self.first_ready():
                return ready
            if self.is_over():
                return None
            self._wait_for_news()
        return None

    def _fill(self, loop: Loop[RowT]) -> Filling[RowT]:
        """Wait for the rows of a record batch, and return them."""
        filling = Filling(self.table)
        while not (filling.is_full or loop.is_stopped):
            is_over = self.is_finished()
            records = self.ready_after(self.account.returned + filling.records)
            filling.add(records)
            if not records and is_over:
                break
            if not records:
                self._wait_for_news()
        return filling

    def _wait_for_news(self, seconds: float | None = None) -> bool:
        """Wait until something may have changed; return whether the time ran out."""
        self.report()
        if not self._pull():
            try:
                self._news.get(timeout=seconds)
            except Empty:
                return True
        return False

    def _pull(self) -> bool:
        """Pull ids if the plan needs some; return whether it did."""
        with self.lock:
            lack = self.plan.lack
        if lack:
            self.plan.ids.pull(lack)
        self._bell.put(None)  # returned records make room, too
        return bool(lack)
