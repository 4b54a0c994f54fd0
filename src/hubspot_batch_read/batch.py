"""`Batch`: a read under way, and its driver.

The driver sends the requests that the plan hands out, in threads, gives the plan the answers, and
yields the records. `async_batch` has the same with tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from queue import SimpleQueue
from threading import Event
from typing import Self
from weakref import ref

from hubspot_batch_read.account import Account, OnProgress
from hubspot_batch_read.chunk import Request
from hubspot_batch_read.operations import Answer, RowT
from hubspot_batch_read.plan import Entry, Plan

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
        super().__init__(plan, max_concurrency=max_concurrency, on_progress=on_progress)
        self._send = send
        self._running = False
        self._entries: ref[Generator[Entry[RowT]]] | None = None

    def __iter__(self) -> Iterator[RowT]:
        """Yield the records.

        Raises:
            ApiError: A request failed for good: it is not worth a retry, or has had them all.
            DecodeError: A response does not match its model, and none of its rows does.
            httpx.RequestError: No complete response arrived, after all retries.
            ValueError: Something among the ids is not an id.
        """
        return map(_record, self._start())

    def all(self) -> list[RowT]:
        """Read everything, and return the records.

        If this raises, nothing is lost: another call returns what was read before, and the rest.

        Raises:
            Exception: As when iterating.
        """
        return [entry.record for entry in self._read()]

    def by_id(self) -> dict[str, RowT]:
        """Read everything, and return the records by their id, as it was given.

        Raises:
            Exception: As when iterating.
            ValueError: Flow ids and workflow ids were given, and two of them are the same number.
        """
        return self._by_id(self._read())

    def close(self) -> None:
        """End the loop that iterates over the batch, if there is one."""
        entries = self._entries and self._entries()
        if entries:
            entries.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exc_info: object) -> None:
        """End the loop that iterates over the batch, if there is one."""
        self.close()

    def _read(self) -> list[Entry[RowT]]:
        entries: list[Entry[RowT]] = []
        try:
            with closing(self._start()) as read:
                for entry in read:
                    entries.append(entry)  # noqa: PERF402 - what was read must survive an exception
        except BaseException:
            self._plan.give_back(entries)
            raise
        return entries

    def _start(self) -> Generator[Entry[RowT]]:
        entries = self._drive()
        self._entries = ref(entries)
        return entries

    def _drive(self) -> Generator[Entry[RowT]]:
        if self._running:
            raise RuntimeError("this batch is being read already")
        self._running = True
        self._plan.put_back()
        stopped = Event()
        requests: dict[Future[Answer[RowT]], Request[RowT]] = {}
        answered: SimpleQueue[Future[Answer[RowT]]] = SimpleQueue()
        threads = ThreadPoolExecutor(self._max_concurrency, "hubspot-batch-read")

        def wait(seconds: float) -> None:
            if stopped.wait(seconds):
                raise _StoppedError

        try:
            while not self._plan.finished:
                ready = self._plan.advance()
                while len(requests) < self._max_concurrency:
                    request = self._plan.next_request()
                    if request is None:
                        break
                    future = threads.submit(self._send, request, wait)
                    requests[future] = request
                    future.add_done_callback(answered.put)
                while ready and answered.empty() and (entry := self._plan.take()) is not None:
                    yield entry
                if requests and not (ready and answered.empty()):
                    future = answered.get()
                    self._settle(requests.pop(future), future)
            self._report()
        finally:
            stopped.set()
            threads.shutdown(cancel_futures=True)
            self._running = False


def _record(entry: Entry[RowT]) -> RowT:
    return entry.record


class _StoppedError(Exception):
    """The loop has ended; nobody waits for the request any more."""
