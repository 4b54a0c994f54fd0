"""Unread ids stay unread while a loop that was stopped ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from hubspot_batch_read import HubSpot, Read
from hubspot_batch_read_api.models import Association


class LateLock:
    """A lock that other threads than the main one get only once they may."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.opened = threading.Event()

    def __enter__(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            self.opened.wait(20)
        self.lock.acquire()

    def __exit__(self, *exc_info: object) -> None:
        self.lock.release()


def test_a_late_thread_takes_no_ids_from_a_stopped_loop() -> None:
    reads: list[Read[Association]] = []

    def ids() -> Iterator[str]:
        yield from ("1", "2", "3")
        reads[0].close()

    lock = LateLock()
    with HubSpot("token", base_url="http://127.0.0.1:9", max_retries=0) as hubspot:
        reads.append(hubspot.read_associations("contacts", "companies", ids()))
        reads[0]._driver.lock = lock  # type: ignore[assignment]
        assert list(reads[0]) == []
        unread = reads[0].unread()
        lock.opened.set()
        for thread in threading.enumerate():
            # Not those that an interrupt kept from starting, in a test before.
            if thread.name == "hubspot-batch-read" and thread.ident is not None:
                thread.join(20)
        assert list(unread) == ["1", "2", "3"]
