"""`Reading`: the account of a read; the base class of `Read` and `AsyncRead`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Generic

from hubspot_batch_read.core.account import MissingIds
from hubspot_batch_read.core.operation import RowT
from hubspot_batch_read.core.results import Failure, Summary, Truncation
from hubspot_batch_read.driving.delivery import Delivery
from hubspot_batch_read_api.models import BatchError

if TYPE_CHECKING:
    import pyarrow as pa


class Reading(Generic[RowT]):
    """Accounts for each id of a read.

    At any time, even after an exception or a `break`, each id has exactly one place: its record was
    returned, or it is in `missing`, or in `unread()`. To read the rest, pass `unread()` to another
    call.
    """

    def __init__(self, delivery: Delivery[RowT]) -> None:
        """Account for the ids of a delivery; for `Read` and `AsyncRead`."""
        self._delivery = delivery
        self._account = delivery.account

    @property
    def missing(self) -> MissingIds:
        """The ids without a record, and why.

            contacts = hubspot.read_associations("contacts", "companies", contact_ids)
            contacts.all()
            for missing in contacts.missing:
                print(missing.id, missing.reason, missing.message)

        A sequence of `Missing`, which grows during the read.
        """
        return self._account.missing

    def missing_to_arrow(self) -> pa.Table:
        """Return the missing ids as an Arrow table. Its columns are the fields of `Missing`.

        `context` is a map of lists of text. Half of a surrogate pair in a text becomes U+FFFD.

        Raises:
            ModuleNotFoundError: The extra `arrow` is not installed.
        """
        from hubspot_batch_read.tables import arrow  # noqa: PLC0415 - needs an extra, and is heavy

        with self._delivery.lock:
            return arrow.missing_table(self._account.missing)

    def unread(self) -> Iterator[str]:
        """Return the ids that were not read: their request failed, is in flight, or was not sent.

        The result can be iterated over once. It first yields ids that were taken from the iterable
        of ids, then those that were not taken yet. Unless the ids came from a sequence or a set,
        this consumes their iterator, so do not use the read any more. Invalid ids are yielded
        unchanged.
        """
        return self._delivery.unread()

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
        return self._delivery.summary()

    def __reduce__(self) -> Any:
        """Refuse to be pickled or copied: it has threads or tasks, and each id one place."""
        raise TypeError(
            f"{type(self).__name__} cannot be pickled or copied; pass its records, or describe the "
            "read with TableRead"
        )

    def __repr__(self) -> str:
        """Return the numbers."""
        return f"<{type(self).__name__}: {self.summary}>"

    def _repr_html_(self) -> str:
        """Return the numbers as a table, for notebooks."""
        return f"<strong>{type(self).__name__}</strong>{self.summary._repr_html_()}"
