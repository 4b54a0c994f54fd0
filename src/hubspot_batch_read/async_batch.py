"""`AsyncBatch`: a read under way, and its driver.

The driver sends the requests that the plan hands out, in tasks, gives the plan the answers, and
yields the records. `batch` has the same with threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from itertools import chain
from typing import TYPE_CHECKING, Any, Generic, Self
from weakref import ref

from hubspot_batch_read.account import Account, OnProgress
from hubspot_batch_read.chunk import Request
from hubspot_batch_read.operations import Answer, RowT
from hubspot_batch_read.plan import Entry, Plan
from hubspot_batch_read.tables import LINES, Line

if TYPE_CHECKING:
    import pyarrow as pa


class AsyncBatch(Account[RowT]):
    """The asynchronous version of `Batch`: `async for`, `await batch.all()`, `batch.by_id()`.

    `break` cancels the requests under way, which then takes place as soon as the event loop gets
    its turn. To have it done when the loop is left, use `async with`:

        async with hubspot.read_campaigns(campaign_ids) as campaigns:
            async for campaign in campaigns:
                break
    """

    def __init__(
        self,
        plan: Plan[RowT],
        send: Callable[[Request[RowT]], Coroutine[Any, Any, Answer[RowT]]],
        *,
        on_progress: OnProgress | None,
        register: Callable[[AsyncRun[RowT]], object] = lambda _: None,
    ) -> None:
        """Begin with nothing read; batches come from the methods of `AsyncHubSpot`."""
        super().__init__(plan, on_progress=on_progress)
        self._send = send
        self._register = register
        self._run: AsyncRun[RowT] | None = None
        self._loop: ref[_Loop[RowT]] | None = None

    def __aiter__(self) -> AsyncIterator[RowT]:
        """Yield the records. Raises what `Batch` raises."""
        return self._new_loop()

    async def all(self) -> list[RowT]:
        """Read everything, and return the records; see `Batch.all`."""
        entries = await self._new_loop().rest()
        self._plan.note_end()
        return [record for _, _, record in entries]

    async def by_id(self) -> dict[str, RowT]:
        """Read everything, and return the records by their id; see `Batch.by_id`."""
        return self._by_id(await self._new_loop().rest())

    def to_arrow(self) -> AsyncRecordBatches[RowT]:
        """Return the records as Arrow record batches; see `Batch.to_arrow`.

        Raises:
            ModuleNotFoundError: The extra `arrow` is not installed.
        """
        return AsyncRecordBatches(self._plan, self._new_loop())

    async def aclose(self) -> None:
        """End the loop that iterates over the batch, if there is one; any task may do this."""
        if self._run is not None:
            await self._end(self._run)

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """End the loop that iterates over the batch, if there is one."""
        await self.aclose()

    def _new_loop(self) -> _Loop[RowT]:
        return _Loop(self._plan, self._drive)

    async def _drive(self, loop: ref[_Loop[RowT]]) -> AsyncGenerator[Entry[RowT]]:
        if self._run is not None:
            # After a `break`, the loop is gone at once, while its generator ends when the event
            # loop gets to it.
            if self._loop is not None and self._loop() is not None:
                raise RuntimeError("this batch is being read already")
            await self._end(self._run)
        plan = self._plan
        plan.restart()
        self._loop = loop
        self._run = run = AsyncRun(self._send)
        try:
            self._register(run)
            while not plan.finished and not run.stopped:
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
                    answered = await run.answered.get()
                    if answered is not None and not run.stopped:
                        self._settle(run.requests.pop(answered), answered)
            self._report_end(run.error)
        finally:
            await self._end(run)

    async def _end(self, run: AsyncRun[RowT]) -> None:
        try:
            await run.end()
        finally:
            if self._run is run:
                self._run = None


class AsyncRun(Generic[RowT]):
    """What a loop over a batch needs: tasks, their requests, and the answers to take."""

    def __init__(self, send: Callable[[Request[RowT]], Coroutine[Any, Any, Answer[RowT]]]) -> None:
        """Begin with nothing sent, in the running event loop."""
        self.loop = _running_loop()
        self.stopped = False
        self.error: Exception | None = None
        self.requests: dict[asyncio.Task[Answer[RowT]], Request[RowT]] = {}
        self.answered: asyncio.Queue[asyncio.Task[Answer[RowT]] | None] = asyncio.Queue()
        self._send = send

    def start(self, request: Request[RowT]) -> None:
        """Send a request."""
        task = asyncio.create_task(self._send(request))
        self.requests[task] = request
        task.add_done_callback(self.answered.put_nowait)

    def stop(self, error: Exception | None = None) -> None:
        """End the loop from any task, by raising the error if there is one; wait for nothing."""
        self.error = self.error or error
        self.stopped = True
        self.answered.put_nowait(None)  # wakes the loop, if it is another task that ends it
        for task in self.requests:
            task.cancel()

    async def end(self) -> None:
        """Stop, and wait for the requests in flight, which are cancelled."""
        self.stop()
        await asyncio.gather(*self.requests, return_exceptions=True)


def _running_loop() -> asyncio.AbstractEventLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(
            "AsyncHubSpot needs a running event loop of asyncio; "
            "under trio, use HubSpot, in a thread of its own"
        ) from None


class _Loop(AsyncIterator[RowT]):
    """A loop over the records of a batch.

    While it exists, somebody may go on with it: `break` lets go of it at once.
    """

    def __init__(
        self,
        plan: Plan[RowT],
        drive: Callable[[ref[_Loop[RowT]]], AsyncGenerator[Entry[RowT]]],
    ) -> None:
        self.entries = drive(ref(self))
        self._plan = plan

    async def __anext__(self) -> RowT:
        try:
            _, _, record = await anext(self.entries)
        except StopAsyncIteration:
            self._plan.note_end()
            raise
        return record

    async def rest(self) -> list[Entry[RowT]]:
        """Read all that is left; if this raises, the plan has it back.

        Raises:
            RuntimeError: Everything has been read, and the caller knows.
        """
        self._plan.check_left()
        entries: list[Entry[RowT]] = []
        try:
            async with aclosing(self.entries):
                async for entry in self.entries:
                    entries.append(entry)  # noqa: PERF401 - what was read must survive an exception
        except BaseException:
            self._plan.give_back(entries)
            raise
        return entries


class AsyncRecordBatches(AsyncIterator["pa.RecordBatch"], Generic[RowT]):
    """The records of an `AsyncBatch` as Arrow record batches, with about 10,000 lines each.

        async for record_batch in hubspot.read_campaigns(campaign_ids).to_arrow():
            writer.write_batch(record_batch)

    Records that were in no record batch yet come again from another `to_arrow` or loop.
    """

    def __init__(self, plan: Plan[RowT], loop: _Loop[RowT]) -> None:
        """Begin with nothing read; these come from `AsyncBatch.to_arrow`."""
        self.schema: pa.Schema = plan.table.schema
        """The columns, also if no record comes."""
        self._plan = plan
        self._loop = loop

    async def __anext__(self) -> pa.RecordBatch:
        """Return the next one. Raises what `Batch` raises."""
        table = self._plan.table
        entries: list[Entry[RowT]] = []
        lines: list[Line] = []
        try:
            async for entry in self._loop.entries:
                entries.append(entry)
                lines += table.lines(entry[2])
                if len(lines) >= LINES:
                    break
            if lines:
                return table.record_batch(lines)
        except BaseException:
            self._plan.give_back(entries)
            raise
        self._plan.note_end()
        raise StopAsyncIteration

    async def read_all(self) -> pa.Table:
        """Read all that is left, and return it as one table.

        The records are in memory until the table is there. If this raises, they come again from
        another `to_arrow`.

        Raises:
            Exception: As when iterating.
        """
        from hubspot_batch_read import arrow  # noqa: PLC0415 - needs an extra, and is heavy

        entries = await self._loop.rest()
        table = self._plan.table
        lines = chain.from_iterable(table.lines(record) for _, _, record in entries)
        try:
            whole = arrow.table(self.schema, lines)
        except BaseException:
            self._plan.give_back(entries)
            raise
        self._plan.note_end()
        return whole
