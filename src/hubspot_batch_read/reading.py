"""The code that `Read` and `AsyncRead` share: the account, and the end of a read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Generic

from attrs import evolve

from hubspot_batch_read.core.account import MissingIds, Ready
from hubspot_batch_read.core.operation import RowT
from hubspot_batch_read.core.plan import Plan
from hubspot_batch_read.core.results import Failure, Summary, Truncation
from hubspot_batch_read_api.errors import HubSpotError
from hubspot_batch_read_api.models import BatchError
from hubspot_batch_read_api.types import Lock
from hubspot_batch_read_runtime.plain import as_model

if TYPE_CHECKING:
    import pyarrow as pa

OnProgress = Callable[[Summary], object]
"""Called with the summary so far, after responses and at the end."""

Explain = Callable[[BaseException], str]
"""Returns what happened in a sentence without secrets."""


class ClosedError(HubSpotError):
    """The client was closed during a read; the remaining ids are `unread()`."""

    def __init__(self) -> None:
        """Set the message."""
        super().__init__("the client was closed during the read; the remaining ids are in unread()")


class Reading(Generic[RowT]):
    """Accounts for each id of a read.

    At any time, even after an exception or a `break`, each id has exactly one place: its record was
    returned, or it is in `missing`, or in `unread()`. To read the rest, pass `unread()` to another
    call.
    """

    def __init__(
        self, plan: Plan[RowT], *, on_progress: OnProgress | None, explain: Explain
    ) -> None:
        """Create a read that has not started; for `Read` and `AsyncRead`."""
        self._plan = plan
        self._account = plan.account
        self._on_progress = on_progress
        self._explain = explain
        self._reported = 0
        self._begun_at: float | None = None
        self._end_was_seen = False
        self._has_plain_rows = False
        # Held while the plan is read or changed.
        self._lock = Lock()

    @property
    def missing(self) -> MissingIds:
        """The ids without a record, and why: a sequence of `Missing`, which grows during the read.

        for missing in contacts.missing:
            print(missing.id, missing.reason, missing.message)
        """
        return self._account.missing

    def missing_to_arrow(self) -> pa.Table:
        """Return the missing ids as an Arrow table. Its columns are the fields of `Missing`.

        `context` is a map of lists of text. Half of a surrogate pair in a text becomes U+FFFD.

        Raises:
            ModuleNotFoundError: The extra `arrow` is not installed.
        """
        from hubspot_batch_read.tables import arrow  # noqa: PLC0415 - needs an extra, and is heavy

        with self._lock:
            return arrow.missing_table(self._account.missing)

    def unread(self) -> Iterator[str]:
        """Return the ids that were not read: their request failed, is in flight, or was not sent.

        The result can be iterated over once. First, it yields ids that were taken from the iterable
        of ids, then those that were not taken yet. Unless the ids came from a sequence or a set,
        this consumes their iterator, so do not use the read any more. Invalid ids are yielded
        unchanged.
        """
        with self._lock:
            return self._plan.unread(self._returned)

    @property
    def truncated(self) -> list[Truncation]:
        """The records that HubSpot cut short, and how to read the rest of each."""
        return self._account.truncated

    @property
    def failures(self) -> list[Failure]:
        """The requests that failed for good, and exceptions of the iterable of ids.

        With `on_error="raise"`, these are the exceptions that were raised.
        """
        return self._account.failures

    @property
    def other_errors(self) -> list[BatchError]:
        """Errors that HubSpot listed and that could not be attributed to an id."""
        return self._account.other_errors

    @property
    def summary(self) -> Summary:
        """The numbers of the account."""
        return self._summary()

    def __repr__(self) -> str:
        """Return the numbers."""
        return f"<{type(self).__name__}: {self.summary}>"

    def _repr_html_(self) -> str:
        """Return the numbers as a table, for notebooks."""
        return f"<strong>{type(self).__name__}</strong>{self.summary._repr_html_()}"

    @property
    def _returned(self) -> int:
        """Number of records that the caller has."""
        return self._account.returned

    def _begin_loop(self, *, for_file: bool) -> None:
        """Start a loop, unless the read is finished and the caller has seen its end.

        Raises:
            RuntimeError: It is finished, or was written to a file.
        """
        if self._begun_at is None:
            self._begun_at = monotonic()
        if self._plan.makes_parts and not for_file:
            raise RuntimeError(
                "this was written to a file; to read the ids again, call the client's method again"
            )
        if self._end_was_seen and self._is_over():
            raise RuntimeError(
                "this was read to its end; to read the ids again, call the client's method again"
            )

    def _is_over(self) -> bool:
        """Return whether everything was read and returned."""
        with self._lock:
            self._account.drop_returned()
            is_left = self._account.ready or self._account.parts
            return self._plan.is_finished and not is_left

    def _first_ready(self) -> Ready[RowT] | None:
        """Return the chunk whose records are to be returned next, or None if none is ready.

        Raises:
            Exception: The exception of a failed request, where its records would have come.
        """
        with self._lock:
            self._account.drop_returned()
            first = self._account.ready[0] if self._account.ready else None
            if isinstance(first, Failure):
                self._account.ready.popleft()
                raise first.error
            return first

    def _raise_failure(self) -> None:
        """Raise the first failure that is among the records, if there is one."""
        with self._lock:
            for item in self._account.ready:
                if isinstance(item, Failure):
                    self._account.ready.remove(item)
                    raise item.error

    def _left(self) -> tuple[list[str], list[RowT]]:
        """Return the records that are ready, after their ids."""
        with self._lock:
            left = [*self._account.left(self._returned)]
        return [str(key) for key, _ in left], [record for _, record in left]

    @contextmanager
    def _keeping_all(self, *, plain: bool = False) -> Iterator[None]:
        """Keep all records inside this context, as plain rows or models."""
        self._plan.keeps_all = True
        self._plan.is_plain = plain
        self._has_plain_rows |= plain
        try:
            yield
        finally:
            self._plan.keeps_all = self._plan.is_plain = False

    def _models(self, records: Sequence[RowT]) -> Sequence[RowT]:
        """Return records as models, even if an unfinished table has left plain rows."""
        if not self._has_plain_rows:
            return records
        return [as_model(self._plan.operation.row, record) for record in records]

    def _ready_after(self, number: int) -> list[RowT]:
        """Return the records of the first ready chunk that has any after the first `number`.

        Raises:
            Exception: The exception of a failed request, if that comes first.
        """
        with self._lock:
            for item in self._account.ready:
                if isinstance(item, Failure):
                    self._account.ready.remove(item)
                    raise item.error
                if item.end > number:
                    return [*item.records[max(0, number - item.start) :]]
        return []

    def _report(self) -> None:
        """Call `on_progress` if there were responses since the last time."""
        if self._reported != self._account.requests:
            self._tell()

    def _report_end(self) -> None:
        """Call `on_progress` for the end, after any responses."""
        self._report()
        self._tell()

    def _tell(self) -> None:
        if self._on_progress is not None:
            self._reported = self._account.requests
            # Records that will be returned all at once count as returned here.
            self._on_progress(self._summary(is_kept=self._plan.keeps_all))

    def _summary(self, *, is_kept: bool = False) -> Summary:
        with self._lock:
            summary = self._plan.summary(self._account.records if is_kept else self._returned)
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
