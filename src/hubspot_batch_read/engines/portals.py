"""Many portals in one process: a few are read at a time, each in a thread."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import islice
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from hubspot_batch_read.engines.partition import PortalClient

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")

Open = Callable[[T], tuple[PortalClient, Iterator["pa.RecordBatch"]]]
"""Returns the client of a portal, and its rows, which nobody has begun to read."""


class _PortalThread(Thread):
    """Reads a portal. It makes a record batch only when the one before was taken."""

    def __init__(self, client: PortalClient, rows: Iterator[pa.RecordBatch], news: _News) -> None:
        super().__init__(name="hubspot-batch-read portal", daemon=True)
        self._client = client
        self._rows = rows
        self._news = news
        self._goes_on: SimpleQueue[bool] = SimpleQueue()

    def run(self) -> None:
        """Read until the end, or until it is stopped."""
        end: BaseException | None = None
        try:
            with self._client:
                for batch in self._rows:
                    self._news.put((self, batch))
                    if not self._goes_on.get():
                        return
        except BaseException as error:  # noqa: BLE001 - raised where the rows are taken
            end = error
        self._news.put((self, end))

    def go_on(self) -> None:
        """Make the next record batch."""
        self._goes_on.put(True)

    def stop(self) -> None:
        """End, without waiting for that."""
        self._goes_on.put(False)
        self._client.stop()


_News = SimpleQueue[tuple[_PortalThread, "pa.RecordBatch | BaseException | None"]]


def rows_of_portals(
    portals: Iterable[T], open_: Open[T], *, at_once: int
) -> Generator[pa.RecordBatch]:
    """Yield the rows of portals, mixed, as they come.

    Args:
        portals: The portals, taken one by one as others come to their end.
        open_: Begins to read a portal.
        at_once: How many are read at a time.

    Raises:
        Exception: What an iterable raises. Those that are being read are stopped.
    """
    news: _News = SimpleQueue()
    running: set[_PortalThread] = set()
    rest = iter(portals)
    try:
        while True:
            for portal in islice(rest, at_once - len(running)):
                thread = _PortalThread(*open_(portal), news)
                running.add(thread)
                thread.start()
            if not running:
                return
            thread, what = news.get()
            if what is None:
                running.remove(thread)
            elif isinstance(what, BaseException):
                raise what
            else:
                yield what
                thread.go_on()
    finally:
        for thread in running:
            thread.stop()
