"""`AsyncRead`: a read in progress, and the ways to get its records with asyncio."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, Self

from hubspot_batch_read.core.operation import RowT
from hubspot_batch_read.core.results import Summary
from hubspot_batch_read.driving.async_driver import AsyncDriver
from hubspot_batch_read.driving.delivery import by_id
from hubspot_batch_read.driving.tasks import AsyncLoop, in_thread
from hubspot_batch_read.reading import Reading
from hubspot_batch_read.tables.filling import table_of
from hubspot_batch_read.tables.frames import to_pandas, to_polars

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # pandas has no types of its own
    import polars as pl
    import pyarrow as pa

    from hubspot_batch_read.files import FileFormat, Target


class AsyncRead(Reading[RowT]):
    """The asynchronous version of `Read`: use `async for`, or `await` for `all()` and others.

    After a `break`, the requests in flight are cancelled when the event loop runs next. To wait for
    that, use `async with`:

        async with hubspot.read_campaigns(campaign_ids) as campaigns:
            async for campaign in campaigns:
                break
    """

    def __init__(self, driver: AsyncDriver[RowT]) -> None:
        """Create a read that has not started; only the methods of `AsyncHubSpot` do this."""
        super().__init__(driver)
        self._driver = driver

    def __aiter__(self) -> AsyncIterator[RowT]:
        """Yield the records. Raises what `Read` raises."""
        return _Records(self._driver)

    async def all(self) -> list[RowT]:
        """Read everything, and return the records; see `Read.all`."""
        _, records = await self._driver.read_all()
        self._driver.return_all(records)
        return [*records]

    async def by_id(self) -> dict[str, RowT]:
        """Read everything, and return the records by their id; see `Read.by_id`."""
        ids, left = await self._driver.read_all()
        records = by_id(ids, left)
        self._driver.return_all(left)
        return records

    def to_arrow(self) -> AsyncRecordBatches[RowT]:
        """Return the records as Arrow record batches; see `Read.to_arrow`.

        Raises:
            ModuleNotFoundError: The extra `arrow` is not installed.
        """
        return AsyncRecordBatches(self._driver)

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
        from hubspot_batch_read.driving.writing import Writing  # noqa: PLC0415 - only files need it

        writing = await in_thread(Writing, self._driver, path, format, missing, resume=resume)
        try:
            writing.skip_ids()
            await in_thread(writing.writer.begin)
            try:
                await self._driver.write(writing)
                await in_thread(writing.finish)
            except BaseException as error:
                await self.aclose()
                await in_thread(writing.stop, error)
                raise
        finally:
            await in_thread(writing.writer.close)
        return self.summary

    async def to_pandas(self) -> pd.DataFrame:
        """Read everything, and return a data frame; see `Read.to_pandas`."""
        return to_pandas(await self.to_arrow().read_all())

    async def to_polars(self) -> pl.DataFrame:
        """Read everything, and return a data frame; see `Read.to_polars`."""
        return to_polars(await self.to_arrow().read_all())

    async def aclose(self) -> None:
        """End the loop that iterates over the read, if there is one; any task may do this."""
        await self._driver.end()

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """End the loop that iterates over the read, if there is one."""
        await self.aclose()


class _Looping(Generic[RowT]):
    """An iterator over a read; its loop ends when the iterator is dropped, as by `break`."""

    def __init__(self, driver: AsyncDriver[RowT]) -> None:
        self._driver = driver
        self._loop: AsyncLoop[RowT] | None = None
        self._is_over = False

    async def _begin(self) -> AsyncLoop[RowT]:
        if self._is_over:
            raise StopAsyncIteration
        if self._loop is None:
            self._loop = await self._driver.start()
        return self._loop

    async def _end(self) -> None:
        self._is_over = True
        if self._loop is not None:
            await self._loop.end()

    def __del__(self) -> None:
        loop = self._loop
        if loop is not None and not loop.is_stopped:
            loop.is_stopped = True
            with suppress(RuntimeError):  # the event loop is closed, so nothing is left to stop
                loop.event_loop.call_soon_threadsafe(loop.stop)


class _Records(_Looping[RowT], AsyncIterator[RowT]):
    """A loop over the records of a read."""

    async def __anext__(self) -> RowT:
        loop = await self._begin()
        try:
            record = await self._driver.next_record(loop)
            if record is None:
                await self._driver.finish(loop)
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

    Another `to_arrow` or loop returns the records that were not in a record batch yet.
    """

    schema: pa.Schema
    """The columns, known before the first record batch."""

    def __init__(self, driver: AsyncDriver[RowT]) -> None:
        """Create a stream that has not started; only `AsyncRead.to_arrow` does this."""
        super().__init__(driver)
        self.schema = driver.table.schema

    async def __anext__(self) -> pa.RecordBatch:
        """Return the next record batch. Raises what `Read` raises."""
        loop = await self._begin()
        try:
            filling = await self._driver.fill(loop)
            record_batch = filling.record_batch()
            if filling.is_empty:
                await self._driver.finish(loop)
        except BaseException:
            await self._end()
            raise
        self._driver.account.returned += filling.records
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
        _, records = await self._driver.read_all(plain=True)
        table = table_of(self._driver.table, records)
        self._driver.return_all(records)
        return table
