"""`AsyncDriver`: reads with tasks; the asynchronous version of `Driver`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from hubspot_batch_read.core.operation import RowT
from hubspot_batch_read.core.plan import Plan
from hubspot_batch_read.driving.delivery import Delivery, Explain, OnProgress
from hubspot_batch_read.driving.tasks import AsyncLoop, Send, in_thread
from hubspot_batch_read.tables.filling import Filling

if TYPE_CHECKING:
    from hubspot_batch_read.driving.writing import Writing


class AsyncDriver(Delivery[RowT]):
    """Runs one loop of tasks after another, until everything was read."""

    def __init__(
        self,
        plan: Plan[RowT],
        send: Send[RowT],
        *,
        max_concurrency: int,
        on_progress: OnProgress | None = None,
        explain: Explain = str,
        register: Callable[[AsyncLoop[Any]], object] = lambda _: None,
    ) -> None:
        """Prepare to carry out a plan; the arguments are those of `Driver`."""
        super().__init__(plan, on_progress=on_progress, explain=explain)
        self._send = send
        self._max_concurrency = max_concurrency
        self._register = register
        self._loop: AsyncLoop[RowT] | None = None

    async def end(self) -> None:
        """End the loop, if there is one; any task may do this."""
        if self._loop is not None:
            await self._loop.end()

    async def start(self, *, for_file: bool = False) -> AsyncLoop[RowT]:
        """Start a loop.

        Raises:
            RuntimeError: There is one already, or the read is finished.
        """
        if self._loop is not None and self._loop.is_stopped:
            # Its requests must be sent again, and nothing would notify the new loop of that later.
            await self._loop.end()
        if self._loop is not None and not self._loop.is_stopped:
            raise RuntimeError("this read is already in progress; aclose() ends its loop")
        self.begin(for_file=for_file)
        self._loop = AsyncLoop(self.plan, self._send, self._max_concurrency)
        self._register(self._loop)
        self._loop.start_task()
        return self._loop

    async def finish(self, loop: AsyncLoop[RowT]) -> None:
        """Finish a loop that has reached its end.

        Raises:
            Exception: The reason why it ended before everything was read.
        """
        await loop.end()
        if loop.error is not None and not self.is_over():
            raise loop.error
        self.report_end()
        self.note_end()

    async def next_record(self, loop: AsyncLoop[RowT]) -> RowT | None:
        """Wait for the next record, and return it, or None at the end."""
        while not loop.is_stopped:
            if ready := self.first_ready():
                (record,) = self.models([ready.records[self.account.returned - ready.start]])
                self.account.returned += 1
                return record
            if self.is_over():
                break
            await self._wait_for_news(loop)
        return None

    async def fill(self, loop: AsyncLoop[RowT]) -> Filling[RowT]:
        """Wait for the rows of a record batch; their records do not count as returned yet."""
        filling = Filling(self.table)
        with self.keeping_all(plain=True):
            while not (filling.is_full or loop.is_stopped):
                is_over = self.is_finished()
                records = self.ready_after(self.account.returned + filling.records)
                filling.add(records)
                if not records and is_over:
                    break
                if not records:
                    await self._wait_for_news(loop)
        return filling

    async def read_all(self, *, plain: bool = False) -> tuple[Sequence[str], Sequence[RowT]]:
        """Read everything; return the ids and records, which do not count as returned yet."""
        loop = await self.start()
        try:
            with self.keeping_all(plain=plain):
                while not (loop.is_stopped or self.is_finished()):
                    self.raise_failure()
                    await self._wait_for_news(loop)
                self.raise_failure()
                if loop.error is not None and not self.is_finished():
                    raise loop.error
                self.report_end()
        finally:
            await loop.end()
        ids, records = self.left()
        return ids, records if plain else self.models(records)

    def return_all(self, records: Sequence[RowT]) -> None:
        """Count all of these records as returned; no others are left."""
        self.note_end()
        self.account.returned += len(records)

    async def write(self, writing: Writing[RowT]) -> None:
        """Read everything, and write the parts in a thread."""
        loop = await self.start(for_file=True)
        try:
            while not (loop.is_stopped or writing.failure or self.is_over()):
                if part := self.next_part():
                    await in_thread(writing.write, part)
                elif await self._wait_for_news(loop, writing.writer.seconds_left):
                    await in_thread(writing.writer.save_if_due)
            while part := self.next_part():
                await in_thread(writing.write, part)
            if writing.failure:
                raise writing.failure
            if loop.error is not None and not self.is_over():
                raise loop.error
        finally:
            await loop.end()
        self.report_end()

    async def _wait_for_news(self, loop: AsyncLoop[RowT], seconds: float | None = None) -> bool:
        """Wait until something may have changed; return whether the time ran out."""
        self.report()
        loop.bell.set()  # returned records make room, too
        try:
            async with asyncio.timeout(seconds):
                await loop.news.wait()
        except TimeoutError:
            return True
        loop.news.clear()
        return False
