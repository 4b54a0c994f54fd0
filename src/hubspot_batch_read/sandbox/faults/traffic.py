"""The count of a sandbox's requests: how many, how many at once, and the faults they met."""

from collections.abc import Iterator
from contextlib import contextmanager

from hubspot_batch_read.sandbox.faults.kinds import Fault


class Traffic:
    """The requests of a sandbox so far. Any thread may read it at any time.

    A request is counted when it is complete, and before the response.

        with Sandbox(faults=in_order([Drop.BEFORE])) as sandbox:
            ...
            assert sandbox.traffic.requests == 12
            assert sandbox.traffic.most_at_once <= 4
            assert sandbox.traffic.faults.count(Drop.BEFORE) == 1
    """

    # One thread writes, the sandbox's, so that no lock is needed.

    def __init__(self) -> None:
        """Start with no request."""
        self._at_once = 0
        self._most_at_once = 0
        self._faults: list[Fault | None] = []

    @property
    def requests(self) -> int:
        """How many requests came, whatever happened to them."""
        return len(self._faults)

    @property
    def most_at_once(self) -> int:
        """The highest number of requests that were in flight at the same time.

        A request is in flight from its head to the end of its response. One whose client hung up
        still is until the sandbox notices, which takes a moment.
        """
        return self._most_at_once

    @property
    def faults(self) -> tuple[Fault | None, ...]:
        """The fault that each request met, or None, in order of arrival."""
        return tuple(self._faults)

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        """Count a request as in flight for as long as the block runs."""
        self._at_once += 1
        self._most_at_once = max(self._most_at_once, self._at_once)
        try:
            yield
        finally:
            self._at_once -= 1

    def count_request(self) -> int:
        """Count a request that came, and return its ordinal."""
        self._faults.append(None)
        return len(self._faults)

    def count_fault(self, ordinal: int, fault: Fault | None) -> None:
        """Record the fault that a request meets."""
        self._faults[ordinal - 1] = fault
