"""Reads the ids of one portal in this process, with at least one row for each id."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from itertools import repeat
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic

import httpx

from hubspot_batch_read.client import HubSpot
from hubspot_batch_read.core.account import Part
from hubspot_batch_read.core.id_checks import InvalidIdError, shown
from hubspot_batch_read.core.id_texts import Id
from hubspot_batch_read.core.ids import Ids
from hubspot_batch_read.core.operation import Envelope, Operation, RowT
from hubspot_batch_read.driving.delivery import ClosedError
from hubspot_batch_read.driving.threads import Wait
from hubspot_batch_read.sending.sender import WaitTooLongError
from hubspot_batch_read_api.errors import (
    ApiError,
    BadRequestError,
    DecodeError,
    RateLimitError,
    ServerError,
)
from hubspot_batch_read_api.types import Response

if TYPE_CHECKING:
    import pyarrow as pa

    from hubspot_batch_read.engines.outcomes import Outcomes

FAILED_IN_A_ROW = 3
"""Number of failed chunks in a row after which no more are requested."""
MAY_PASS = (ServerError, RateLimitError, DecodeError, WaitTooLongError, httpx.TransportError)
"""Errors after which the next chunk may succeed; any other error would affect all ids."""


class PortalClient(HubSpot):
    """The client of one portal. The first request is sent alone; if refused, no other is sent."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        """Accept the arguments of `HubSpot`."""
        super().__init__(*args, **settings)
        self._first = Lock()
        self._is_accepted = False
        self._refusal: ApiError | None = None

    def rows(
        self,
        operation: Operation[RowT],
        ids: Iterable[Id | None],
        outcomes: Outcomes[RowT],
        *,
        raises: bool,
    ) -> Generator[pa.RecordBatch]:
        """Yield at least one row for each id.

        Args:
            operation: The operation that reads the ids.
            ids: The ids; None gets a row, too.
            outcomes: Makes the rows.
            raises: Whether to raise an error that affects every id; if not, the rest is unread.

        Raises:
            Exception: An exception of the iterable, or an error that affects every id.
        """
        present = _Present(ids)
        driver = self._driver(self._plan(operation, Ids(present), "collect"), None)
        end = _End[RowT]()
        with closing(driver.parts()) as parts:
            for part in parts:
                yield from outcomes.of_part(part)
                end.look_at(part)
                if end.error is not None:
                    driver.close()
                    if end.is_for_all and raises:
                        end.error.add_note(self._explain(end.error))
                        raise end.error
        late, failures, unread = driver.left_over()
        for part in late:
            yield from outcomes.of_part(part)
        for failure in failures:
            yield from self._unread(outcomes, failure.ids, failure.error)
        if end.error is not None:
            yield from self._unread(outcomes, unread, end.error)
        yield from outcomes.invalid(repeat(None, present.missing), "it stands for a missing value")

    def stop(self) -> None:
        """Stop reading, without waiting for the end. Any thread may call this."""
        with self._loops_lock:
            for loop in self._loops:
                loop.stop(ClosedError())

    def _unread(
        self, outcomes: Outcomes[RowT], ids: Iterable[object], error: Exception
    ) -> Iterator[pa.RecordBatch]:
        category = error.category if isinstance(error, ApiError) else None
        # The rest of the iterable may contain values that are not ids, nor text.
        texts = (each if isinstance(each, str) else shown(each) for each in ids)
        return outcomes.unread(texts, category, self._explain(error))

    def _send(
        self, call: Callable[[], Response[Envelope[RowT]]], wait: Wait, name: str
    ) -> Response[Envelope[RowT]]:
        if not self._is_accepted:
            with self._first:
                wait(0)  # raises an error if the read has ended meanwhile
                if self._refusal is not None:
                    raise self._refusal
                if not self._is_accepted:
                    return self._send_first(call, wait, name)
        return super()._send(call, wait, name)

    def _send_first(
        self, call: Callable[[], Response[Envelope[RowT]]], wait: Wait, name: str
    ) -> Response[Envelope[RowT]]:
        try:
            response = super()._send(call, wait, name)
        except ApiError as error:
            # A 400 may be caused by a single id.
            if not isinstance(error, (*MAY_PASS, BadRequestError)):
                self._refusal = error
            raise
        self._is_accepted = True
        return response


class _Present(Iterable[Id]):
    """The ids other than None, and the number of None that were skipped."""

    def __init__(self, ids: Iterable[Id | None]) -> None:
        self.missing = 0
        self._ids = ids

    def __iter__(self) -> Iterator[Id]:
        for each in self._ids:
            if each is None:
                self.missing += 1
            else:
                yield each


class _End(Generic[RowT]):
    """Decides whether an error ends the read."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.is_for_all = False
        self._failed_in_a_row = 0

    def look_at(self, part: Part[RowT]) -> None:
        """Set `error` if the read has to end after this chunk.

        Raises:
            Exception: An exception that the iterable of the ids raised.
        """
        if self.error is not None:
            return
        failures = [each for each in part.failures if not isinstance(each.error, InvalidIdError)]
        for failure in failures:
            if not failure.ids:
                raise failure.error
            if not isinstance(failure.error, MAY_PASS):
                self.error, self.is_for_all = failure.error, True
                return
        if part.keys or part.missing:
            self._failed_in_a_row = 0
        self._failed_in_a_row += bool(failures)
        if self._failed_in_a_row >= FAILED_IN_A_ROW:
            self.error = failures[0].error
