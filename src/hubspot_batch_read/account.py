"""What `Batch` and `AsyncBatch` have in common: the account, and taking an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic

from hubspot_batch_read.chunk import Request
from hubspot_batch_read.operations import Answer, RowT
from hubspot_batch_read.plan import Entry, Plan
from hubspot_batch_read.results import Failure, InputError, Summary, Truncation, WithoutRecord
from hubspot_batch_read_api.errors import HubSpotError
from hubspot_batch_read_api.models import BatchError

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import Future

OnProgress = Callable[[Summary], object]
"""Called after each answer, and at the end, with how far the read has come."""


class ClosedError(HubSpotError):
    """The client was closed during a read; the ids left are `unread`."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("the client was closed during the read; `unread` has the ids left")


class Account(Generic[RowT]):
    """What became of each id of a read.

    At every moment, also after an exception or a `break`, each id is in exactly one place: it has a
    record that was handed over, or it is in `errors`, in `without_associations`, in `unanswered` or
    in `unread`. What is left is read by passing `unread` to a new call.
    """

    def __init__(self, plan: Plan[RowT], *, on_progress: OnProgress | None) -> None:
        """Begin with nothing read; for use by `Batch` and `AsyncBatch`."""
        self._plan = plan
        self._on_progress = on_progress

    @property
    def errors(self) -> list[InputError]:
        """The ids that HubSpot has an error for, and the error."""
        return list(self._plan.errors)

    @property
    def without_associations(self) -> list[str]:
        """The ids of which HubSpot says that they have no associations, or do not exist.

        HubSpot does not tell the two apart (observed).
        """
        return self._plan.without_associations

    @property
    def unanswered(self) -> list[str]:
        """The ids that HubSpot was asked for and said nothing of.

        It may be leaving out campaigns that do not exist. An object is here, too, if one of its
        further pages did not come.
        """
        return self._plan.unanswered

    @property
    def unread(self) -> Iterator[str]:
        """The ids that were not read: their request failed, is under way, or is still to come.

        It yields those that were taken and have no place in the account yet, then those that were
        not taken, and can be gone through once; ask again for another one. Unless the ids came from
        a sequence or a set, it takes the latter from their iterator: use it when the batch is not
        to be read on. Something that is not an id is yielded as it is.
        """
        return self._plan.unread

    def new_without_record(self) -> list[WithoutRecord]:
        """Return the ids found to have no record since the last call, each once.

        It is for writing them down while the read goes on: called in the loop over the records and
        once after it, it returns what `errors`, `without_associations` and `unanswered` hold.
        """
        return self._plan.new_without_record()

    @property
    def truncated(self) -> list[Truncation]:
        """The records handed over that HubSpot cut short, and how to read the rest of each."""
        return self._plan.truncated

    @property
    def failures(self) -> list[Failure]:
        """The requests that failed for good, and faults in what was given as ids.

        With `on_error="raise"`, these are the exceptions that were raised.
        """
        return list(self._plan.failures)

    @property
    def other_errors(self) -> list[BatchError]:
        """Errors that HubSpot listed without naming an id they explain."""
        return list(self._plan.other_errors)

    @property
    def summary(self) -> Summary:
        """The account in numbers."""
        return self._plan.summary

    def __repr__(self) -> str:
        """Return the numbers."""
        return f"<{type(self).__name__}: {self.summary}>"

    def _settle(
        self,
        request: Request[RowT],
        result: Future[Answer[RowT]] | asyncio.Future[Answer[RowT]],
    ) -> None:
        try:
            answer = result.result()
        except Exception as error:  # noqa: BLE001 - raised again at its place among the records
            self._plan.fail(request, error)
        else:
            self._plan.receive(request, answer.parsed)
        self._report()

    def _report(self) -> None:
        if self._on_progress is not None:
            self._on_progress(self.summary)

    def _report_end(self, error: Exception | None) -> None:
        """Report the end of a loop, unless it had to end before everything was read."""
        if error is not None and not self._plan.finished:
            raise error
        self._report()

    def _by_id(self, entries: list[Entry[RowT]]) -> dict[str, RowT]:
        records = {source.ids.text(key): record for source, key, record in entries}
        if len(records) < len(entries):
            self._plan.give_back(entries)
            raise ValueError("two records have the same id; use all()")
        self._plan.note_end()
        return records
