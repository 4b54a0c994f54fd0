"""`Batch`: a read under way, and its driver.

The driver sends the requests that the plan hands out, in threads, gives the plan the answers, and
yields the records. `async_batch` has the same with tasks.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from contextlib import closing
from itertools import chain
from operator import itemgetter
from queue import SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Generic, Self

from hubspot_batch_read.account import Account, OnProgress
from hubspot_batch_read.chunk import Request
from hubspot_batch_read.operations import Answer, RowT
from hubspot_batch_read.plan import Entry, Plan
from hubspot_batch_read.tables import LINES, Line
from hubspot_batch_read_api.types import Lock

if TYPE_CHECKING:
    import pyarrow as pa

Wait = Callable[[float], None]
"""Waits for so many seconds; raises as soon as the read has ended."""

PATIENCE = 1.0
"""Seconds that the end of a loop waits for the requests in flight."""


class Batch(Account[RowT]):
    """A read: iterate over it for the records, and look at it for the account of the ids.

        contacts = hubspot.read_associations("contacts", "companies", contact_ids)
        for contact in contacts:
            print(contact.from_.id, [company.to_object_id for company in contact.to])
        print(contacts.summary)

    Nothing is sent before it is iterated over. Records come one by one, each complete, while up to
    `max_concurrency` further requests run. They come in the order of the ids by chunks of as many
    ids as a request can hold, and in the order of the ids within a chunk.

    Each record is returned once. Iterating again continues where the last loop stopped, after
    `break` or an exception. A loop that stops early waits a second at most for the requests in
    flight, and never for a retry or a rate limit; their answers are dropped. Once the loop has
    reached the end of the read, or `all`, `by_id` or a table is complete, another one raises
    RuntimeError: to read the ids again, call the method of the client again.

    One thread at a time can iterate over a batch.
    """

    def __init__(
        self,
        plan: Plan[RowT],
        send: Callable[[Request[RowT], Wait], Answer[RowT]],
        *,
        on_progress: OnProgress | None,
        register: Callable[[Run[RowT]], object] = lambda _: None,
    ) -> None:
        """Begin with nothing read; batches come from the methods of `HubSpot`."""
        super().__init__(plan, on_progress=on_progress)
        self._send = send
        self._register = register
        self._run: Run[RowT] | None = None

    def __iter__(self) -> Iterator[RowT]:
        """Yield the records.

        Raises:
            ApiError: A request failed for good: it is not worth a retry, or has had them all.
            DecodeError: A response does not match its model, and none of its rows does.
            httpx.RequestError: No complete response arrived, after all retries.
            WaitTooLongError: The rate limit asks for a wait that is longer than `max_wait`.
            InvalidIdError: Something among the ids is not an id.
            ClosedError: The client was closed during the read. The ids left are `unread`, and
                another loop continues with them.
            RuntimeError: The batch is being read already, or has been read to its end.
            Exception: What the iterable of the ids raises, or the callable for the token.
        """
        return chain(map(itemgetter(2), self._drive()), self._end_of_loop())

    def _end_of_loop(self) -> Iterator[RowT]:
        self._plan.note_end()
        yield from ()

    def all(self) -> list[RowT]:
        """Read everything, and return the records.

        If this raises, nothing is lost: another call returns what was read before, and the rest,
        without the ids of the request that failed. They are `unread`, as are those that were left
        when another thread called `close`.

        Raises:
            Exception: As when iterating.
        """
        entries = self._read()
        self._plan.note_end()
        return [record for _, _, record in entries]

    def by_id(self) -> dict[str, RowT]:
        """Read everything, and return the records by the text of the id that was given.

        Raises:
            Exception: As when iterating.
            ValueError: Two records have the same id: one of a flow and one of a workflow, or one
                that was given twice with `unique_ids`.
        """
        return self._by_id(self._read())

    def to_arrow(self) -> pa.RecordBatchReader:
        """Return the records as a stream of Arrow record batches, for pandas, Polars and DuckDB.

            frame = hubspot.read_campaigns(campaign_ids).to_arrow().read_pandas()

        It is read as it is consumed, with about 10,000 lines in memory at a time. `docs/tables.md`
        has the columns. Another call goes on where the stream before it ended: by an exception, by
        `close`, or because nothing has it any more (`close` of the stream itself does nothing).
        Records that were in no record batch yet come again then, and those that were are handed
        over, also if what took them, such as `read_all`, does not return: with
        `on_error="collect"`, no request can bring that about.

        Raises:
            ModuleNotFoundError: The extra `arrow` is not installed.
            Exception: While it is consumed, as when iterating. Polars and DuckDB raise exceptions
                of their own instead; `failures` has what it was.
        """
        from hubspot_batch_read import arrow  # noqa: PLC0415 - needs an extra, and is heavy

        return arrow.reader(self._plan.table.schema, self._record_batches())

    def close(self) -> None:
        """End the loop that iterates over the batch, if there is one; any thread may do this."""
        if self._run is not None:
            self._end(self._run)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exc_info: object) -> None:
        """End the loop that iterates over the batch, if there is one."""
        self.close()

    def _read(self) -> list[Entry[RowT]]:
        entries: list[Entry[RowT]] = []
        try:
            with closing(self._drive()) as read:
                for entry in read:
                    entries.append(entry)  # noqa: PERF402 - what was read must survive an exception
        except BaseException:
            self._plan.give_back(entries)
            raise
        return entries

    def _record_batches(self) -> Generator[pa.RecordBatch]:
        table = self._plan.table
        entries: list[Entry[RowT]] = []
        lines: list[Line] = []
        try:
            with closing(self._drive()) as read:
                for entry in read:
                    entries.append(entry)
                    lines += table.lines(entry[2])
                    if len(lines) >= LINES:
                        record_batch = table.record_batch(lines)
                        entries, lines = [], []
                        yield record_batch  # no interrupt comes between this and the line before
            if lines:
                record_batch = table.record_batch(lines)
                entries = []
                yield record_batch  # likewise
        except BaseException:
            self._plan.give_back(entries)
            raise
        self._plan.note_end()

    def _drive(self) -> Generator[Entry[RowT]]:
        if self._run is not None and not self._run.stopped.is_set():
            raise RuntimeError("this batch is being read already")
        plan = self._plan
        plan.restart()
        self._run = run = Run(self._send)
        try:
            self._register(run)
            while not plan.finished and not run.stopped.is_set():
                if run.process != os.getpid():  # forked in this loop, and the threads are not here
                    plan.restart()
                    self._run = run = Run(self._send)
                    self._register(run)
                ready = plan.advance()
                request = plan.next_request()
                if request is not None:
                    run.start(request)
                while ready and run.answered.empty():
                    entry = plan.take()
                    if entry is None:
                        break
                    yield entry  # no interrupt comes between this and `take`
                # Wait only where there is nothing to hand out and nothing more to send.
                if not run.answered.empty() or (not ready and request is None and run.requests):
                    answered = run.answered.get()
                    if answered is not None and not run.stopped.is_set():
                        self._settle(run.request_of(answered), answered)
            self._report_end(run.error)
        finally:
            self._end(run)

    def _end(self, run: Run[RowT]) -> None:
        try:
            run.end()
        finally:
            if self._run is run:
                self._run = None


class Run(Generic[RowT]):
    """What a loop over a batch needs: threads, their requests, and the answers to take.

    The threads are daemons, since a program that ends waits for all others.
    """

    def __init__(self, send: Callable[[Request[RowT], Wait], Answer[RowT]]) -> None:
        """Begin with nothing sent."""
        self.stopped = Event()
        self.error: Exception | None = None
        self.process = os.getpid()
        self.requests: dict[Future[Answer[RowT]], tuple[Request[RowT], Thread]] = {}
        self.answered: SimpleQueue[Future[Answer[RowT]] | None] = SimpleQueue()
        self._send = send
        self._lock = Lock()

    def start(self, request: Request[RowT]) -> None:
        """Send a request, unless the loop has ended."""
        future: Future[Answer[RowT]] = Future()
        thread = Thread(
            target=self._answer, args=[future, request], name="hubspot-batch-read", daemon=True
        )
        with self._lock:
            if self.stopped.is_set():  # by another thread, while ids were taken
                return
            thread.start()
        self.requests[future] = request, thread

    def request_of(self, answered: Future[Answer[RowT]]) -> Request[RowT]:
        """Return the request that was answered, which is no longer in flight."""
        request, thread = self.requests.pop(answered)
        thread.join()
        return request

    def stop(self, error: Exception | None = None) -> None:
        """End the loop from any thread, by raising the error if there is one; wait for nothing."""
        if self._has_threads():
            with self._lock:
                self.error = self.error or error
                self.stopped.set()
            self.answered.put(None)  # wakes the loop, if it is another thread that ends it

    def wait(self, until: float) -> None:
        """Wait for the requests in flight, but not for ever."""
        if self._has_threads():
            for _, thread in [*self.requests.values()]:
                thread.join(max(0.0, until - monotonic()))

    def end(self) -> None:
        """Stop, and wait a moment for the requests in flight."""
        self.stop()
        self.wait(monotonic() + PATIENCE)

    def _has_threads(self) -> bool:
        """Return whether threads can be waited for, and cannot have gone with a lock."""
        return self.process == os.getpid() and not sys.is_finalizing()

    def _answer(self, future: Future[Answer[RowT]], request: Request[RowT]) -> None:
        try:
            future.set_result(self._send(request, self._wait))
        except BaseException as error:  # noqa: BLE001 - raised in the loop
            future.set_exception(error)
        self.answered.put(future)
        del future  # which has the exception, which has this frame

    def _wait(self, seconds: float) -> None:
        if self.stopped.wait(seconds):
            raise _StoppedError


class _StoppedError(Exception):
    """The loop has ended, and nothing waits for the request any more."""
