"""`Read`: a read in progress, and its threads.

Threads send the requests of the plan, and pass the responses to it; so the account is changed where
no KeyboardInterrupt arrives. The caller's thread pulls the ids, calls `on_progress` and returns the
records. `async_read` does the same with tasks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from inspect import GEN_SUSPENDED, getgeneratorstate
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Any, Self, TypeVar
from weakref import ref

from hubspot_batch_read.core.account import Part, Ready
from hubspot_batch_read.core.operation import RowT
from hubspot_batch_read.core.plan import Plan
from hubspot_batch_read.core.results import Summary
from hubspot_batch_read.file_reading import FileReading
from hubspot_batch_read.reading import Explain, OnProgress, by_id
from hubspot_batch_read.tables.filling import Filling, table_of
from hubspot_batch_read.tables.frames import to_pandas, to_polars
from hubspot_batch_read.threads import PATIENCE, Loop, Send

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # pandas has no types of its own
    import polars as pl
    import pyarrow as pa

    from hubspot_batch_read.files import FileFormat, FileWriter, Target


T = TypeVar("T")
FrameT = TypeVar("FrameT")


class Read(FileReading[RowT]):
    """A read: iterate over it for the records; its attributes account for the ids.

        contacts = hubspot.read_associations("contacts", "companies", contact_ids)
        for contact in contacts:
            print(contact.from_.id, [company.to_object_id for company in contact.to])
        print(contacts.summary)

    Nothing is sent before it is iterated over. Records are yielded one by one, each complete, in
    the order of the ids, while up to `max_concurrency` further requests run.

    A record counts as returned when the iterator yields it. Iterating again continues where the
    last loop stopped, by `break` or an exception. It does not repeat requests that failed, or that
    are in flight. Once a loop has reached its end, iterating again raises RuntimeError.

    One thread at a time can iterate over a read.
    """

    def __init__(
        self,
        plan: Plan[RowT],
        send: Send[RowT],
        *,
        max_concurrency: int,
        on_progress: OnProgress | None,
        explain: Explain = str,
        register: Callable[[Loop[Any]], object] = lambda _: None,
    ) -> None:
        """Create a read that has not started; only the methods of `HubSpot` do this."""
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

    def __iter__(self) -> Iterator[RowT]:
        """Yield the records.

        Raises:
            ApiError: A request failed for good: a retry would not help, or all retries failed.
            DecodeError: Neither a response nor any of its rows matches its model.
            httpx.RequestError: No complete response arrived, after all retries.
            WaitTooLongError: The rate limit requires a wait that is longer than `max_wait`.
            InvalidIdError: A value is not a valid id.
            ClosedError: The client was closed during the read. The remaining ids are `unread()`,
                and another loop continues with them.
            RuntimeError: The read is already being iterated over, or is finished.
            Exception: An exception of the iterable of ids, or of the callable for the token.
        """
        return self._noted(self._iterate())

    def all(self) -> list[RowT]:
        """Read everything, and return the records.

        If this raises, nothing is lost: another call returns what was read before, and the rest,
        except for the ids of the request that failed. These are `unread()`, as are the ids that
        were left when another thread called `close`.

        Raises:
            Exception: As when iterating.
        """
        _, left = self._read_all()
        records, number = [*self._models(left)], len(left)
        self._end_was_seen = self._plan_is_finished()
        # The last step, so that no interrupt can come after it: until then, another call returns
        # the records.
        self._account.returned += number
        return records

    def by_id(self) -> dict[str, RowT]:
        """Read everything, and return the records by the text of the id that was passed.

        Raises:
            Exception: As when iterating.
            ValueError: Two records have the same id, which was passed twice with `unique_ids`.
        """
        ids, left = self._read_all()
        records, number = by_id(ids, self._models(left)), len(left)
        self._end_was_seen = self._plan_is_finished()
        self._account.returned += number  # as in `all`
        return records

    def to_arrow(self) -> pa.RecordBatchReader:
        """Return the records as a stream of Arrow record batches, for pandas, Polars and DuckDB.

            frame = hubspot.read_campaigns(campaign_ids).to_arrow().read_pandas()

        HubSpot is read while the stream is consumed, with about 10,000 rows in memory at a time.
        `docs/tables.md` lists the columns. A stream stops by an exception, by `close` of the read,
        or when it is garbage-collected (its own `close` does nothing). Another call continues after
        the last record batch. Records count as returned with their record batch, even if the
        function that consumes the stream, such as `read_all`, raises: with `on_error="collect"`, no
        failed request makes it raise.

        Raises:
            ModuleNotFoundError: The extra `arrow` is not installed.
            Exception: While it is consumed, as when iterating. Polars and DuckDB raise exceptions
                of their own instead; the original one is in `failures`.
        """
        from hubspot_batch_read.tables import arrow  # noqa: PLC0415 - needs an extra, and is heavy

        generator = self._noted(self._record_batches())
        return arrow.reader(self._plan.operation.table.schema, generator)

    def to_file(
        self,
        path: Target,
        *,
        format: FileFormat | None = None,  # noqa: A002 - the usual name
        missing: str | os.PathLike[str] | None = None,
        resume: bool = False,
    ) -> Summary:
        """Read everything, and write the records to a file.

            contacts = hubspot.read_associations("contacts", "companies", contact_ids)
            contacts.to_file("companies.parquet", missing="missing.jsonl", resume=True)

        However this ends, everything that was read is in the file, and with `missing`, each id is
        in one of the two files. A checkpoint beside the file (`companies.parquet.checkpoint`) lets
        another run with `resume` continue, even after a crash. `docs/files.md` has the details.

        Args:
            path: The path of the file, or an open binary file, such as `sys.stdout.buffer`.
            format: "jsonl", "csv", "excel" (CSV that Excel decodes correctly) or "parquet";
                default: from the file extension, or JSON Lines without one.
            missing: The path of a file for missing ids: a JSON line for each id without a record,
                and for each id that was not read.
            resume: Whether to continue an earlier run, if there is one. The ids must be the same in
                the same order; others may follow them.

        Returns:
            The numbers of the whole, including those of earlier runs. With `on_error="collect"`,
            some ids may not have been read: see its `unread`.

        Raises:
            RuntimeError: The read has started.
            FileRefusedError: A file would be overwritten, is being written by another run, or
                cannot be resumed. Nothing was changed.
            OSError: A file cannot be written.
            Exception: As when iterating. With `on_error="collect"`, an exception is raised if it
                affects every id, or if three chunks in a row could not be read.
        """
        with self._writer(path, format, missing, resume=resume) as writer:
            self._begin(writer)
            writer.begin()
            try:
                self._write_parts(writer)
                self._report_end()
                self._finish(writer)
            except BaseException as error:
                self.close()
                self._stop(writer, error)
                raise
        return self.summary

    def to_pandas(self) -> pd.DataFrame:
        """Read everything, and return the rows as a data frame of pandas with Arrow's types.

        So ids are text, and integers stay integers beside nulls. `docs/tables.md` lists the
        columns. All records are in memory at the same time; for larger tables, use `to_arrow`. If
        this raises, another call returns what was read before, and the rest.

        Raises:
            ModuleNotFoundError: The extra `arrow`, or pandas, is not installed.
            Exception: As when iterating.
        """
        frame, number = self._read_table(to_pandas)
        self._account.returned += number  # as in `all`
        return frame

    def to_polars(self) -> pl.DataFrame:
        """Read everything, and return the rows as a data frame of Polars; see `to_pandas`.

        Raises:
            ModuleNotFoundError: The extra `arrow`, or Polars, is not installed.
            Exception: As when iterating.
        """
        frame, number = self._read_table(to_polars)
        self._account.returned += number  # as in `all`
        return frame

    def close(self) -> None:
        """End the loop over the read, if there is one. Any thread may call this."""
        if self._loop is not None:
            self._loop.stop()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exc_info: object) -> None:
        """End the loop over the read, if there is one."""
        self.close()

    # Returning records. A record counts as returned when the caller has it: while a generator is
    # suspended, the caller has what it yielded last.

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
    def _returned(self) -> int:
        return self._account.returned + (self._yielded if self._is_suspended else 0)

    def _iterate(self) -> Generator[RowT]:
        account = self._account
        self._yielded = 1
        with self._running() as loop:
            while ready := self._next_ready(loop):
                for record in self._models(ready.records[account.returned - ready.start :]):
                    if loop.is_stopped:
                        break
                    try:
                        yield record
                    finally:
                        account.returned += 1
            self._report_end()
            is_end = not loop.is_stopped
        self._end_was_seen = is_end

    def _record_batches(self) -> Generator[pa.RecordBatch]:
        with self._running() as loop, self._keeping_all(plain=True):
            while True:
                filling = self._fill(loop)
                if filling.is_empty:
                    self._account.returned += filling.records
                    break
                record_batch = filling.record_batch()
                self._yielded = filling.records
                try:
                    yield record_batch
                finally:
                    self._account.returned += filling.records
            self._report_end()
            is_end = not loop.is_stopped
        self._end_was_seen = is_end

    def _write_parts(self, writer: FileWriter[RowT]) -> None:
        with self._running(for_file=True) as loop:
            self._pull()
            while not (loop.is_stopped or self._is_over()):
                if part := self._next_part():
                    writer.write(part)
                    self._return_part(writer, part)
                elif self._wait_for_news(writer.seconds_left):
                    writer.save_if_due()
            if loop.is_stopped:  # by another thread; the requests in flight may still be answered
                loop.join(monotonic() + PATIENCE)
                while part := self._next_part():
                    writer.write(part)
                    self._return_part(writer, part)

    def _parts(self) -> Generator[Part[RowT]]:
        """Yield the outcome of the ids by chunks, including what arrived before `close`."""
        self._make_parts(needs_content=True)
        with self._running(for_file=True) as loop:
            self._pull()
            while True:
                if part := self._next_part():
                    yield part
                    self._account.parts_written += 1
                elif loop.is_stopped or self._is_over():
                    break
                else:
                    self._wait_for_news()

    def _read_table(self, convert: Callable[[pa.Table], FrameT]) -> tuple[FrameT, int]:
        """Read everything; return the converted table and the number of its records."""
        _, records = self._read_all(plain=True)
        frame = convert(table_of(self._plan.operation.table, records))
        self._end_was_seen = self._plan_is_finished()
        return frame, len(records)

    def _read_all(self, *, plain: bool = False) -> tuple[list[str], list[RowT]]:
        """Read everything; return the ids and records, which do not count as returned yet."""
        with self._running() as loop, self._keeping_all(plain=plain):
            self._is_collecting = True
            try:
                while not (loop.is_stopped or self._plan_is_finished()):
                    self._raise_failure()
                    self._wait_for_news()
                self._raise_failure()
                self._report_end()
            finally:
                self._is_collecting = False
        return self._left()

    # The loop

    @contextmanager
    def _running(self, *, for_file: bool = False) -> Iterator[Loop[RowT]]:
        """Let threads send requests inside this context.

        Raises:
            Exception: The reason why the loop ended before everything was read.
        """
        is_running = self._loop is not None and not self._loop.is_stopped
        if is_running and (self._is_suspended or self._is_collecting):
            raise RuntimeError("this is being read already")
        self.close()  # an interrupt can leave a loop
        self._begin_loop(for_file=for_file)
        self._leave_requests_to_parent()
        self._loop = loop = Loop(
            self._plan, self._lock, self._send, self._bell, self._news, self._max_concurrency
        )
        try:
            self._register(loop)
            loop.start_thread()
            yield loop
            if loop.error is not None and not self._plan_is_finished():
                raise loop.error
        finally:
            loop.stop()

    def _leave_requests_to_parent(self) -> bool:
        """In a forked process, abandon the requests that the parent's threads have sent."""
        if self._process == os.getpid():
            return False
        self._process = os.getpid()
        self._bell, self._news = SimpleQueue(), SimpleQueue()
        self._plan.abandon_all()
        return True

    def _next_ready(self, loop: Loop[RowT]) -> Ready[RowT] | None:
        """Wait for the chunk with the next records, and return it, or None at the end."""
        if self._leave_requests_to_parent():
            loop.begin_again(self._bell, self._news)
        self._pull()
        while not loop.is_stopped:
            if ready := self._first_ready():
                return ready
            if self._is_over():
                return None
            self._wait_for_news()
        return None

    def _fill(self, loop: Loop[RowT]) -> Filling[RowT]:
        """Wait for the rows of a record batch, and return them."""
        filling = Filling(self._plan.operation.table)
        while not (filling.is_full or loop.is_stopped):
            is_over = self._plan_is_finished()
            records = self._ready_after(self._account.returned + filling.records)
            filling.add(records)
            if not records and is_over:
                break
            if not records:
                self._wait_for_news()
        return filling

    def _wait_for_news(self, seconds: float | None = None) -> bool:
        """Wait until something may have changed; return whether the time ran out."""
        self._report()
        if not self._pull():
            try:
                self._news.get(timeout=seconds)
            except Empty:
                return True
        return False

    def _pull(self) -> bool:
        """Pull ids if the plan needs some; return whether it did."""
        with self._lock:
            lack = self._plan.lack
        if lack:
            self._plan.ids.pull(lack)
        self._bell.put(None)  # returned records make room, too
        return bool(lack)

    def _plan_is_finished(self) -> bool:
        with self._lock:
            return self._plan.is_finished
