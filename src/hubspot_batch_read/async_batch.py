"""`AsyncBatch`: a read under way, and its driver.

The driver sends the requests that the plan hands out, in tasks, gives the plan the answers, and
yields the records. `batch` has the same with threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from typing import Any, Self
from weakref import ref

from hubspot_batch_read.account import Account, OnProgress
from hubspot_batch_read.chunk import Request
from hubspot_batch_read.operations import Answer, RowT
from hubspot_batch_read.plan import Entry, Plan


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
        max_concurrency: int,
        on_progress: OnProgress | None,
    ) -> None:
        """Begin with nothing read; batches come from the methods of `AsyncHubSpot`."""
        super().__init__(plan, max_concurrency=max_concurrency, on_progress=on_progress)
        self._send = send
        self._requests: dict[asyncio.Task[Answer[RowT]], Request[RowT]] | None = None
        self._loop: ref[_Loop[RowT]] | None = None

    def __aiter__(self) -> AsyncIterator[RowT]:
        """Yield the records. Raises what `Batch` raises."""
        return _Loop(self._drive)

    async def all(self) -> list[RowT]:
        """Read everything, and return the records; see `Batch.all`."""
        return [entry.record for entry in await self._read()]

    async def by_id(self) -> dict[str, RowT]:
        """Read everything, and return the records by their id; see `Batch.by_id`."""
        return self._by_id(await self._read())

    async def aclose(self) -> None:
        """End the loop that iterates over the batch, if there is one."""
        if loop := self._loop and self._loop():
            await loop.entries.aclose()
        await self._end(self._requests)

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """End the loop that iterates over the batch, if there is one."""
        await self.aclose()

    async def _read(self) -> list[Entry[RowT]]:
        entries: list[Entry[RowT]] = []
        loop = _Loop(self._drive)
        try:
            async with aclosing(loop.entries):
                async for entry in loop.entries:
                    entries.append(entry)  # noqa: PERF401 - what was read must survive an exception
        except BaseException:
            self._plan.give_back(entries)
            raise
        return entries

    async def _drive(self, loop: ref[_Loop[RowT]]) -> AsyncGenerator[Entry[RowT]]:
        # After a `break`, the loop is gone at once, while its generator ends when the event loop
        # gets to it.
        if self._requests is not None and self._loop is not None and self._loop() is not None:
            raise RuntimeError("this batch is being read already")
        self._loop = loop
        await self._end(self._requests)
        self._plan.put_back()
        requests: dict[asyncio.Task[Answer[RowT]], Request[RowT]] = {}
        self._requests = requests
        answered: asyncio.Queue[asyncio.Task[Answer[RowT]]] = asyncio.Queue()
        try:
            while not self._plan.finished:
                ready = self._plan.advance()
                while len(requests) < self._max_concurrency:
                    request = self._plan.next_request()
                    if request is None:
                        break
                    task = asyncio.create_task(self._send(request))
                    requests[task] = request
                    task.add_done_callback(answered.put_nowait)
                while ready and answered.empty() and (entry := self._plan.take()) is not None:
                    yield entry
                if requests and not (ready and answered.empty()):
                    task = await answered.get()
                    self._settle(requests.pop(task), task)
            self._report()
        finally:
            await self._end(requests)

    async def _end(self, requests: dict[asyncio.Task[Answer[RowT]], Request[RowT]] | None) -> None:
        """Cancel the requests of a loop."""
        tasks = list(requests or ())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._requests is requests:
            self._requests = None


class _Loop(AsyncIterator[RowT]):
    """A loop over the records of a batch."""

    def __init__(self, drive: Callable[[ref[_Loop[RowT]]], AsyncGenerator[Entry[RowT]]]) -> None:
        self.entries = drive(ref(self))

    async def __anext__(self) -> RowT:
        return (await anext(self.entries)).record
