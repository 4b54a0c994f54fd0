"""`AsyncRead`: a read in progress, and its tasks.

Tasks send the requests of the plan, and pass the responses to it. `read` does the same with
threads.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, Self

from hubspot_batch_read.core.operation import RowT
from hubspot_batch_read.core.plan import Plan
from hubspot_batch_read.core.results import Summary
from hubspot_batch_read.file_reading import FileReading
from hubspot_batch_read.reading import Explain, OnProgress, by_id
from hubspot_batch_read.tables.filling import Filling, table_of
from hubspot_batch_read.tables.frames import to_pandas, to_polars
from hubspot_batch_read.tables.table import Table
from hubspot_batch_read.tasks import AsyncLoop, Send, in_thread

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # pandas has no types of its own
    import polars as pl
    import pyarrow as pa

    from hubspot_batch_read.files import FileFormat, FileWriter, Target


class AsyncRead(FileReading[RowT]):
    """The asynchronous version of `Read`: `async for`, `await read.all()`, `read.by_id()`.

    After a `break`, the requests in flight are cancelled when the event loop runs next. To wait for
    that, use `async with`:

        async with hubspot.read_campaigns(campaign_ids) as campaigns:
            async for campaign in campaigns:
                break
    """

    def __init__(
        self,
        plan: Plan[RowT],
        send: Send[RowT],
        *,
        max_concurrency: int,
        on_progress: OnProgress | None,
        explain: Explain = str,
        register: Callable[[AsyncLoop[Any]], object] = lambda _: None,
    ) -> None:
        """Create a read that has not started; only the methods of `AsyncHubSpot` do this."""
        super().__init__(plan, on_progress=on_progress, explain=explain)
        self._send = send
        self._max_concurrency = max_concurrency
        self._register = register
        self._loop: AsyncLoop[RowT] | None = None

    def __aiter__(self) -> AsyncIterator[RowT]:
        """Yield the records. Raises what `Read` raises."""
        return _Records(self)

    async def all(self) -> list[RowT]:
        """Read everything, and return the records; see `Read.all`."""
        _, left = await self.read_all()
        records = [*self._models(left)]
        self.return_all(left)
        return records

    async def by_id(self) -> dict[str, RowT]:
        """Read everything, and return the records by their id; see `Read.by_id`."""
        ids, left = await self.read_all()
        records = by_id(ids, self._models(left))
        self.return_all(left)
        return records

    def to_arrow(self) -> AsyncRecordBatches[RowT]:
        """Return the records as Arrow record batches; see `Read.to_arrow`.

        Raises:
            ModuleNotFoundError: The extra `arrow` is not installed.
        """
        return AsyncRecordBatches(self)

    async def to_file(
        self,
        path: Target,
        *,
        format: FileFormat | None = None,  # noqa: A002 - the usual name
        missing: str | os.PathLike[str] | None = None,
        resume: bool = False,
    ) -> Summary:
        """Read everything, and write the records to a file; see `Read.to_file`.

        Files are written in a thread, so they do not block the event loop.
        """
        writer = await in_thread(self._writer, path, format, missing, resume=resume)
        try:
            self._begin(writer)
            await in_thread(writer.begin)
            try:
                await self._write_parts(writer)
                self._report_end()
                await in_thread(self._finish, writer)
            except BaseException as error:
                await self.aclose()
                await in_thread(self._stop, writer, error)
                raise
        finally:
            await in_thread(writer.close)
        return self.summary

    async def to_pandas(self) -> pd.DataFrame:
        """Read everything, and return a data frame; see `Read.to_pandas`."""
        return to_pandas(await self.to_arrow().read_all())

    async def to_polars(self) -> pl.DataFrame:
        """Read everything, and return a data frame; see `Read.to_polars`."""
        return to_polars(await self.to_arrow().read_all())

    async def aclose(self) -> None:
        """End the loop that iterates over the read, if there is one; any task may do this."""
        if self._loop is not None:
            await self._loop.end()

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """End the loop that iterates over the read, if there is one."""
        await self.aclose()

    async def _write_parts(self, writer: FileWriter[RowT]) -> None:
        loop = await self.start(for_file=True)
        try:
            while not (loop.is_stopped or self._is_over()):
                if part := self._next_part():
                    await in_thread(writer.write, part)
                    self._return_part(writer, part)
                elif await self._wait_for_news(loop, writer.seconds_left):
                    await in_thread(writer.save_if_due)
            if loop.error is not None and not self._is_over():
                raise loop.error
        finally:
            await loop.end()

    async def start(self, *, for_file: bool = False) -> AsyncLoop[RowT]:
        """Start a loop; for `_Records` and `AsyncRecordBatches`.

        Raises:
            RuntimeError: There is one already, or the read is finished.
        """
        if self._loop is not None and self._loop.is_stopped:
            # Its requests must be sent again, and nothing would notify the new loop of that later.
            await self._loop.end()
        if self._loop is not None and not self._loop.is_stopped:
            raise RuntimeError("this is being read already")
        self._begin_loop(for_file=for_file)
        self._loop = AsyncLoop(self._plan, self._send, self._max_concurrency)
        self._register(self._loop)
        self._loop.start_task()
        return self._loop

    async def next_record(self, loop: AsyncLoop[RowT]) -> RowT | None:
        """Wait for the next record, and return it, or None at the end."""
        while not loop.is_stopped:
            if ready := self._first_ready():
                (record,) = self._models([ready.records[self._account.returned - ready.start]])
                self._account.returned += 1
                return record
            if self._is_over():
                break
            await self._wait_for_news(loop)
        return None

    async def fill(self, loop: AsyncLoop[RowT]) -> Filling[RowT]:
        """Wait for the rows of a record batch, and return them."""
        filling = Filling(self.table)
        with self._keeping_all(plain=True):
            while not (filling.is_full or loop.is_stopped):
                is_over = self._plan.is_finished
                records = self._ready_after(self._account.returned + filling.records)
                filling.add(records)
                if not records and is_over:
                    break
                if not records:
                    await self._wait_for_news(loop)
        return filling

    async def finish(self, loop: AsyncLoop[RowT]) -> None:
        """Finish a loop that has reached its end.

        Raises:
            Exception: The reason why it ended before everything was read.
        """
        await loop.end()
        if loop.error is not None and not self._is_over():
            raise loop.error
        self._report_end()
        self._end_was_seen = self._plan.is_finished

    async def read_all(self, *, plain: bool = False) -> tuple[list[str], list[RowT]]:
        """Read everything; return the ids and records, which are still to be returned."""
        loop = await self.start()
        try:
            with self._keeping_all(plain=plain):
                while not (loop.is_stopped or self._plan.is_finished):
                    self._raise_failure()
                    await self._wait_for_news(loop)
                self._raise_failure()
                if loop.error is not None and not self._plan.is_finished:
                    raise loop.error
                self._report_end()
        finally:
            await loop.end()
        return self._left()

    def return_all(self, records: Sequence[RowT]) -> None:
        """Count all these records as returned."""
        self._end_was_seen = self._plan.is_finished
        self.count_returned(len(records))

    def count_returned(self, number: int) -> None:
        """Count the next ready records as returned."""
        self._account.returned += number

    @property
    def table(self) -> Table[RowT]:
        """The table for the records."""
        return self._plan.operation.table

    async def _wait_for_news(self, loop: AsyncLoop[RowT], seconds: float | None = None) -> bool:
        """Wait until something may have changed; return whether the time ran out."""
        self._report()
        loop.bell.set()  # returned records make room, too
        try:
            async with asyncio.timeout(seconds):
                await loop.news.wait()
        except TimeoutError:
            return True
        loop.news.clear()
        return False


class _Looping(Generic[RowT]):
    """An iterator over a read; its loop ends when the iterator is dropped, as by `break`."""

    def __init__(self, read: AsyncRead[RowT]) -> None:
        self._read = read
        self._loop: AsyncLoop[RowT] | None = None
        self._is_over = False

    async def _begin(self) -> AsyncLoop[RowT]:
        if self._is_over:
            raise StopAsyncIteration
        if self._loop is None:
            self._loop = await self._read.start()
        return self._loop

    async def _end(self) -> None:
        self._is_over = True
        if self._loop is not None:
            await self._loop.end()

    def __del__(self) -> None:
        loop = self._loop
        if loop is not None and not loop.is_stopped:
            loop.is_stopped = True
            with suppress(RuntimeError):  # the event loop is closed, and so is everything else
                loop.event_loop.call_soon_threadsafe(loop.stop)


class _Records(_Looping[RowT], AsyncIterator[RowT]):
    """A loop over the records of a read."""

    async def __anext__(self) -> RowT:
        loop = await self._begin()
        try:
            record = await self._read.next_record(loop)
            if record is None:
                await self._read.finish(loop)
        except BaseException:
            await self._end()
            raise
        if record is None:
            self._is_over = True
            raise StopAsyncIteration
        return record


class AsyncRecordBatches(_Looping[RowT], AsyncIterator["pa.RecordBatch"]):
    """The records of an `AsyncRead` as Arrow record batches, with about 10,000 rows each.

        async for record_batch in hubspot.read_campaigns(campaign_ids).to_arrow():
            writer.write_batch(record_batch)

    Records that were not in a record batch yet are returned by another `to_arrow` or loop.
    """

    schema: pa.Schema
    """The columns, known before the first record batch."""

    def __init__(self, read: AsyncRead[RowT]) -> None:
        """Create a stream that has not started; only `AsyncRead.to_arrow` does this."""
        super().__init__(read)
        self.schema = read.table.schema

    async def __anext__(self) -> pa.RecordBatch:
        """Return the next record batch. Raises what `Read` raises."""
        loop = await self._begin()
        try:
            filling = await self._read.fill(loop)
            record_batch = filling.record_batch()
            if filling.is_empty:
                await self._read.finish(loop)
        except BaseException:
            await self._end()
            raise
        self._read.count_returned(filling.records)
        if filling.is_empty:
            self._is_over = True
            raise StopAsyncIteration
        return record_batch

    async def read_all(self) -> pa.Table:
        """Read all remaining records, and return them as one table.

        All records are in memory until the table is complete. If this raises, another `to_arrow`
        returns them again.

        Raises:
            Exception: As when iterating.
        """
        if self._loop is not None:
            await self._loop.end()
        _, records = await self._read.read_all(plain=True)
        table = table_of(self._read.table, records)
        self._read.return_all(records)
        return table
