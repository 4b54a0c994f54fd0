"""Reads many portals in one process, a few at a time, each in a thread."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import islice
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from hubspot_batch_read.driving.threads import start
from hubspot_batch_read.engines.partition import PortalClient

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")

Open = Callable[[T], tuple[PortalClient, Iterator["pa.RecordBatch"]]]
"""Returns the client of a portal, and an iterator over its rows, not yet started."""


class _PortalThread(Thread):
    """Reads a portal. It makes a record batch only after the one before was consumed."""

    def __init__(self, client: PortalClient, rows: Iterator[pa.RecordBatch], news: _News) -> None:
        super().__init__(name="hubspot-batch-read portal", daemon=True)
        self._client = client
        self._rows = rows
        self._news = news
        self._goes_on: SimpleQueue[bool] = SimpleQueue()

    def run(self) -> None:
        """Read to the end, or until stopped."""
        end: BaseException | None = None
        try:
            with self._client:
                for batch in self._rows:
                    self._news.put((self, batch))
                    if not self._goes_on.get():
                        return
        except BaseException as error:  # noqa: BLE001 - raised in `rows_of_portals`
            end = error
        self._news.put((self, end))

    def go_on(self) -> None:
        """Let the thread make the next record batch."""
        self._goes_on.put(True)

    def stop(self) -> None:
        """Stop the thread, without waiting for its end."""
        self._goes_on.put(False)
        self._client.stop()


_News = SimpleQueue[tuple[_PortalThread, "pa.RecordBatch | BaseException | None"]]


def rows_of_portals(
    portals: Iterable[T], open_: Open[T], *, at_once: int
) -> Generator[pa.RecordBatch]:
    """Yield the rows of all portals in the order in which they arrive.

    Args:
        portals: The portals; the next one is taken when another is finished.
        open_: Starts to read a portal.
        at_once: Number of portals that are read at a time.

    Raises:
        Exception: An exception of an iterable; the portals in progress are stopped.
    """
    news: _News = SimpleQueue()
    running: set[_PortalThread] = set()
    rest = iter(portals)
    try:
        while True:
            for portal in islice(rest, at_once - len(running)):
                thread = _PortalThread(*open_(portal), news)
                running.add(thread)
                start(thread)
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
