"""The results that are ready, and the progress: the base class of `Driver` and `AsyncDriver`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from time import monotonic
from typing import Generic

from attrs import evolve

from hubspot_batch_read.core.account import Part, Ready
from hubspot_batch_read.core.id_checks import shown
from hubspot_batch_read.core.operation import RowT
from hubspot_batch_read.core.plan import Plan
from hubspot_batch_read.core.results import Failure, Summary
from hubspot_batch_read.tables.table import Table
from hubspot_batch_read_api.errors import ArgumentError, HubSpotError
from hubspot_batch_read_api.types import Lock
from hubspot_batch_read_runtime.plain import as_model

OnProgress = Callable[[Summary], object]
"""Called with the summary so far, after responses and at the end."""

Explain = Callable[[BaseException], str]
"""Returns what happened in a sentence without secrets."""


class ClosedError(HubSpotError):
    """The client was closed during a read; the remaining ids are `unread()`."""

    def __init__(self) -> None:
        """Set the message."""
        super().__init__("the client was closed during the read; the remaining ids are in unread()")


class Delivery(Generic[RowT]):
    """Returns the results that the plan has ready; drivers wait until there are any."""

    def __init__(
        self, plan: Plan[RowT], *, on_progress: OnProgress | None, explain: Explain
    ) -> None:
        """Start with nothing read.

        Raises:
            ArgumentError: `on_progress` is not a function.
        """
        if on_progress is not None and not callable(on_progress):
            raise ArgumentError("on_progress", f"expected a function, got {shown(on_progress)}")
        self.plan = plan
        self.account = plan.account
        self.explain = explain
        self.lock = Lock()
        """Held while the plan is read or changed."""
        self._on_progress = on_progress
        self._reported = 0
        self._begun_at: float | None = None
        self._end_was_seen = False
        self._has_plain_rows = False

    @property
    def table(self) -> Table[RowT]:
        """The table for the records."""
        return self.plan.operation.table

    @property
    def returned(self) -> int:
        """Number of records that the caller has."""
        return self.account.returned

    def unread(self) -> Iterator[str]:
        """Return the ids that were not read."""
        with self.lock:
            self.account.drop_returned()
            return self.plan.unread(self.returned)

    # Start and end

    def begin(self, *, for_file: bool) -> None:
        """Start a loop, unless the read is finished and the caller has seen its end.

        Raises:
            RuntimeError: It is finished, or was written to a file.
        """
        if self._begun_at is None:
            self._begun_at = monotonic()
        if self.plan.makes_parts and not for_file:
            raise RuntimeError(
                "this read was written to a file; "
                "to read the ids again, call the client's method again"
            )
        if self._end_was_seen and self.is_over():
            raise RuntimeError(
                "this read is finished; to read the ids again, call the client's method again"
            )

    def is_over(self) -> bool:
        """Return whether everything was read and returned."""
        with self.lock:
            self.account.drop_returned()
            is_left = self.account.ready or self.account.parts
            return self.plan.is_finished and not is_left

    def is_finished(self) -> bool:
        """Return whether everything was read."""
        with self.lock:
            return self.plan.is_finished

    def note_end(self) -> None:
        """Record that the caller has seen the end, if everything was read."""
        self._end_was_seen = self.is_finished()

    # Records

    def first_ready(self) -> Ready[RowT] | None:
        """Return the chunk with the next records, or None if none is ready.

        Raises:
            Exception: The exception of a failed request, where its records would have come.
        """
        with self.lock:
            self.account.drop_returned()
            first = self.account.ready[0] if self.account.ready else None
            if isinstance(first, Failure):
                self.account.ready.popleft()
                raise first.error
            return first

    def ready_after(self, number: int) -> list[RowT]:
        """Return the records of the first ready chunk that has any after the first `number`.

        Raises:
            Exception: The exception of a failed request, if that comes first.
        """
        with self.lock:
            item = self.account.next_after(number)
        if isinstance(item, Failure):
            raise item.error
        return [] if item is None else [*item.records[max(0, number - item.start) :]]

    def raise_failure(self) -> None:
        """Raise the first failure that is among the records, if there is one."""
        with self.lock:
            failure = self.account.pop_failure()
        if failure is not None:
            raise failure.error

    def left(self) -> tuple[list[str], list[RowT]]:
        """Return the records that are ready, after their ids."""
        with self.lock:
            left = [*self.account.left(self.returned)]
        return [str(key) for key, _ in left], [record for _, record in left]

    @contextmanager
    def keeping_all(self, *, plain: bool) -> Iterator[None]:
        """Keep all records inside this context, as plain rows or models."""
        self.plan.keeps_all = True
        self.plan.is_plain = plain
        self._has_plain_rows |= plain
        try:
            yield
        finally:
            self.plan.keeps_all = self.plan.is_plain = False

    def models(self, records: Sequence[RowT]) -> Sequence[RowT]:
        """Return records as models, even if an unfinished table has left plain rows."""
        if not self._has_plain_rows:
            return records
        return [as_model(self.plan.operation.row, record) for record in records]

    # Parts

    def make_parts(self, *, needs_content: bool) -> None:
        """Let chunks become parts, of plain rows; records without content may count as missing."""
        self.plan.makes_parts = self.plan.is_plain = True
        self.plan.needs_content = needs_content

    def next_part(self) -> Part[RowT] | None:
        """Return the next part, or None if none is ready."""
        with self.lock:
            self.account.drop_returned()
            return self.account.parts[0] if self.account.parts else None

    def left_over(self) -> tuple[list[Part[RowT]], list[Failure], Iterator[str]]:
        """Return, after the end, the unwritten parts, the failures, and all other unread ids."""
        with self.lock:  # responses may still arrive
            self.account.drop_returned()
            self.plan.is_over = True
            parts, failures = [*self.account.parts], [*self.account.failures]
            unread = self.plan.unread(self.account.returned)
        elsewhere = sum(len(each.ids) for each in failures) + sum(len(each.keys) for each in parts)
        return parts, failures, islice(unread, elsewhere, None)

    # Progress

    def report(self) -> None:
        """Call `on_progress` if there were responses since the last time."""
        if self._reported != self.account.requests:
            self._tell()

    def report_end(self) -> None:
        """Call `on_progress` for the end, after any responses."""
        self.report()
        self._tell()

    def _tell(self) -> None:
        if self._on_progress is not None:
            self._reported = self.account.requests
            # Records that will be returned all at once count as returned here.
            self._on_progress(self.summary(is_kept=self.plan.keeps_all))

    def summary(self, *, is_kept: bool = False) -> Summary:
        """Return the numbers of the account; all records may count as returned."""
        with self.lock:
            self.account.drop_returned()
            summary = self.plan.summary(self.account.records if is_kept else self.returned)
        if self._begun_at is None:
            return summary
        return evolve(summary, seconds=monotonic() - self._begun_at)


def by_id(ids: Sequence[str], records: Sequence[RowT]) -> dict[str, RowT]:
    """Return records by their id.

    Raises:
        ValueError: Two have the same id.
    """
    found = dict(zip(ids, records, strict=True))
    if len(found) < len(ids):
        raise ValueError("two records have the same id; use all()")
    return found
