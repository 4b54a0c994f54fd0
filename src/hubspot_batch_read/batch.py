"""`Batch`: a read under way, and its driver.

The driver sends the requests that the plan hands out, in threads, gives the plan the answers, and
yields the records. `async_batch` has the same with tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from operator import itemgetter
from queue import SimpleQueue
from threading import Event, Lock
from typing import TYPE_CHECKING, Generic, Self

from hubspot_batch_read.account import Account, OnProgress
from hubspot_batch_read.chunk import Request
from hubspot_batch_read.operations import Answer, RowT
from hubspot_batch_read.plan import Entry, Plan
from hubspot_batch_read.tables import LINES, Line

if TYPE_CHECKING:
    import pyarrow as pa

Wait = Callable[[float], None]
"""Waits for so many seconds; raises as soon as the read has ended."""


class Batch(Account[RowT]):
    """A read: iterate over it for the records, and look at it for the account of the ids.

        contacts = hubspot.read_associations("contacts", "companies", contact_ids)
        for contact in contacts:
            print(contact.from_.id, [company.to_object_id for company in contact.to])
        print(contacts.summary)

    Nothing is sent before it is iterated over. Records come one by one, each complete, while up to
    `max_concurrency` further requests run. They come in the order of the ids by chunks of as many
    ids as a request can hold, and in the order of the ids within a chunk.

    Each record is handed over once. Iterating again goes on where the last loop ended, be it by
    `break` or by an exception. A loop that ends early waits for the requests under way (never for
    a retry or a rate limit); their answers are dropped.

    One thread at a time can iterate over a batch.
    """

    def __init__(
        self,
        plan: Plan[RowT],
        send: Callable[[Request[RowT], Wait], Answer[RowT]],
        *,
        max_concurrency: int,
        on_progress: OnProgress | None,
    ) -> None:
        """Begin with nothing read; batches come from the methods of `HubSpot`."""
        super().__init__(plan, on_progress=on_progress)
        self._max_concurrency = max_concurrency
        self._send = send
        self._run: _Run[RowT] | None = None

    def __iter__(self) -> Iterator[RowT]:
        """Yield the records.

        Raises:
            ApiError: A request failed for good: it is not worth a retry, or has had them all.
            DecodeError: A response does not match its model, and none of its rows does.
            httpx.RequestError: No complete response arrived, after all retries.
            WaitTooLongError: The rate limit asks for a wait that is longer than `max_wait`.
            InvalidIdError: Something among the ids is not an id.
            Exception: What the iterable of the ids raises, or the callable for the token.
        """
        return map(itemgetter(2), self._drive())

    def all(self) -> list[RowT]:
        """Read everything, and return the records.

        If this raises, nothing is lost: another call returns what was read before, and the rest,
        without the ids of the request that failed. They are `unread`, as are those that were left
        when another thread called `close`.

        Raises:
            Exception: As when iterating.
        """
        return [record for _, _, record in self._read()]

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

    def _drive(self) -> Generator[Entry[RowT]]:
        if self._run is not None:
            raise RuntimeError("this batch is being read already")
        plan = self._plan
        self._run = run = _Run(self._send, self._max_concurrency)
        try:
            plan.restart()
            while not plan.finished and not run.stopped.is_set():
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
                    if answered is not None:
                        self._settle(run.requests.pop(answered), answered)
            self._report()
        finally:
            self._end(run)

    def _end(self, run: _Run[RowT]) -> None:
        try:
            run.end()
        finally:
            if self._run is run:
                self._run = None


class _Run(Generic[RowT]):
    """What a loop over a batch needs: threads, their requests, and the answers to take."""

    def __init__(
        self, send: Callable[[Request[RowT], Wait], Answer[RowT]], max_concurrency: int
    ) -> None:
        self.stopped = Event()
        self.requests: dict[Future[Answer[RowT]], Request[RowT]] = {}
        self.answered: SimpleQueue[Future[Answer[RowT]] | None] = SimpleQueue()
        self._send = send
        self._lock = Lock()
        self._threads = ThreadPoolExecutor(max_concurrency, "hubspot-batch-read")

    def start(self, request: Request[RowT]) -> None:
        with self._lock:
            if self.stopped.is_set():  # by another thread, while ids were taken
                return
            future = self._threads.submit(self._send, request, self._wait)
        self.requests[future] = request
        future.add_done_callback(self.answered.put)

    def end(self) -> None:
        with self._lock:
            self.stopped.set()
        self.answered.put(None)  # wakes the loop, if it is another thread that ends it
        self._threads.shutdown(cancel_futures=True)

    def _wait(self, seconds: float) -> None:
        if self.stopped.wait(seconds):
            raise _StoppedError


class _StoppedError(Exception):
    """The loop has ended; nobody waits for the request any more."""
