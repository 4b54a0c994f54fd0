"""The tasks of an async read, which send the requests of the plan."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, ParamSpec, TypeVar

from hubspot_batch_read.core.chunk import Request
from hubspot_batch_read.core.operation import Response, RowT
from hubspot_batch_read.core.plan import Plan

P = ParamSpec("P")
T = TypeVar("T")

Send = Callable[[Request[RowT]], Coroutine[Any, Any, Response[RowT]]]


class AsyncLoop(Generic[RowT]):
    """The tasks that send the requests of a read while it is being iterated over."""

    def __init__(self, plan: Plan[RowT], send: Send[RowT], max_tasks: int) -> None:
        """Start without tasks.

        Raises:
            RuntimeError: There is no running event loop of asyncio.
        """
        self.event_loop = _running_loop()
        self.is_stopped = False
        self.error: BaseException | None = None
        """The reason why the loop ended early."""
        self.bell = asyncio.Event()
        """Set when there may be something to send."""
        self.news = asyncio.Event()
        """Set when there may be something to return."""
        self._plan = plan
        self._send = send
        self._max_tasks = max_tasks
        self._tasks: list[asyncio.Task[None]] = []

    def start_task(self) -> None:
        """Start a task, which starts others as they are needed."""
        self._tasks.append(self.event_loop.create_task(self._work()))

    def stop(self, error: BaseException | None = None) -> None:
        """End the loop without waiting, and raise the error in it if there is one."""
        self.error = self.error or error
        self.is_stopped = True
        self.news.set()
        for task in self._tasks:
            task.cancel()

    async def end(self) -> None:
        """Stop, and wait for the requests in flight, which are cancelled."""
        self.stop()
        current = asyncio.current_task()
        left = [task for task in self._tasks if task is not current and not task.done()]
        if left:  # otherwise, they may be of an event loop that is closed
            await asyncio.gather(*left, return_exceptions=True)

    async def _work(self) -> None:
        try:
            while True:
                await self._answer(await self._next_request())
        except Exception as error:  # noqa: BLE001 - raised in the loop
            self.stop(error)

    async def _next_request(self) -> Request[RowT]:
        while True:
            self.bell.clear()
            before = self._plan.position
            if lack := self._plan.lack:
                self._plan.ids.pull(lack)
            request = self._plan.next_request()
            # Not always: the caller rings the bell when it waits, so that would never end.
            if self._plan.position != before:
                self.news.set()
            if request is not None:
                self.bell.set()  # another task may find one, too
                if len(self._tasks) < self._max_tasks:
                    self.start_task()
                return request
            if not self._plan.lack:
                await self.bell.wait()

    async def _answer(self, request: Request[RowT]) -> None:
        try:
            response = await self._send(request)
        except Exception as error:  # noqa: BLE001 - raised at its place among the records
            self._plan.fail(request, error)
        except BaseException:  # cancelled
            self._plan.abandon(request)
            raise
        else:
            self._plan.receive(request, response.parsed)
        self.news.set()
        self.bell.set()


async def in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function in a thread, and wait for its end even if the task is cancelled."""
    task = asyncio.ensure_future(asyncio.to_thread(call, *args, **kwargs))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _running_loop() -> asyncio.AbstractEventLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(
            "AsyncHubSpot needs a running event loop of asyncio; "
            "under trio, use HubSpot in a separate thread"
        ) from None
