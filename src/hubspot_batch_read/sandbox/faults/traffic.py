"""Counts a sandbox's requests: how many, how many at once, and their faults."""

from collections.abc import Iterator
from contextlib import contextmanager

from hubspot_batch_read.sandbox.faults.kinds import Fault


class Traffic:
    """The requests of a sandbox so far. Any thread may read it at any time.

    A request is counted when it is complete, before the response.

        with Sandbox(faults=in_order([Drop.BEFORE])) as sandbox:
            ...
            assert sandbox.traffic.requests == 12
            assert sandbox.traffic.most_at_once <= 4
            assert sandbox.traffic.faults.count(Drop.BEFORE) == 1
    """

    # Only the sandbox's thread writes, so no lock is needed.

    def __init__(self) -> None:
        """Start with no request."""
        self._at_once = 0
        self._most_at_once = 0
        self._faults: list[Fault | None] = []

    @property
    def requests(self) -> int:
        """Number of requests, including those with faults."""
        return len(self._faults)

    @property
    def most_at_once(self) -> int:
        """The highest number of requests that were in flight at the same time.

        A request is in flight from its head to the end of its response. If its client hangs up, it
        counts until the sandbox notices, which takes a moment.
        """
        return self._most_at_once

    @property
    def faults(self) -> tuple[Fault | None, ...]:
        """The fault of each request, or None, in order of arrival."""
        return tuple(self._faults)

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        """Count a request as in flight while the block runs."""
        self._at_once += 1
        self._most_at_once = max(self._most_at_once, self._at_once)
        try:
            yield
        finally:
            self._at_once -= 1

    def count_request(self) -> int:
        """Count a request, and return its ordinal."""
        self._faults.append(None)
        return len(self._faults)

    def count_fault(self, ordinal: int, fault: Fault | None) -> None:
        """Record the fault of a request."""
        self._faults[ordinal - 1] = fault
