"""The results of a read besides its records: missing ids, failures, and the summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from reprlib import repr as short_repr
from typing import Literal

from attrs import asdict, define, field

Reason = Literal["error", "without_associations", "unanswered", "invalid"]
"""Why an id has no record; `Missing.reason` says what each means."""


@define(frozen=True, kw_only=True)
class Missing:
    """An id without a record, and why.

    A read has them in `missing`:

        contacts = hubspot.read_associations("contacts", "companies", contact_ids)
        contacts.all()
        for missing in contacts.missing:
            print(missing.id, missing.reason, missing.message)
    """

    id: str
    """The text of the id that was passed."""
    reason: Reason
    """Why there is no record.

    - `error`: HubSpot has an error for the id, or its row or pages cannot be read.
    - `without_associations`: The object has no associations or does not exist; HubSpot does not say
      which (observed).
    - `unanswered`: HubSpot was asked for the id and did not mention it. It may omit campaigns that
      do not exist. An object is also unanswered if one of its further pages did not arrive.
    - `invalid`: The value is not a valid id, and was not sent.
    """
    category: str | None = None
    """Broad kind of error, such as VALIDATION_ERROR; None for any other reason.

    Some categories are set by this package, not by HubSpot: DECODE_ERROR if the row for the id does
    not match its model; CURSOR_REPEATED, CURSOR_INVALID or TOO_MANY_PAGES if not all pages can be
    read, because a cursor or a page was repeated, a cursor cannot be sent, or there are more than
    1000 pages.
    """
    sub_category: str | None = None
    """Exact kind of error, such as crm.associations.INVALID_IDENTIFIER."""
    message: str | None = None
    """What went wrong, in words that HubSpot may change; for an invalid id, the problem with it."""
    context: Mapping[str, Sequence[str]] | None = field(default=None, hash=False)
    """The values that the error is about, as HubSpot names them."""


@define(frozen=True)
class Failure:
    """A request that failed for good, or an exception of the iterable of ids."""

    error: Exception
    """The exception that was raised, or would have been with `on_error="raise"`."""
    ids: Sequence[str] = field(repr=short_repr)
    """The ids of the request, which are `unread`; empty if the iterable raised the exception."""


@define(frozen=True)
class Truncation:
    """A record that HubSpot cut short."""

    id: str
    """The record's id."""
    fields: Sequence[str]
    """The incomplete fields: `to`, or lists of assets, such as `assets.MARKETING_EMAIL`."""
    remedy: str
    """How to read the rest."""


@define(frozen=True, kw_only=True)
class Summary:
    """The progress of a read in numbers of ids; printing it gives a one-line summary."""

    total: int | None
    """Number of ids, including duplicates; None if that is not known in advance."""
    taken: int
    """Ids taken so far, without duplicates: the sum of the fields from `records` to `unread`."""
    duplicates: int
    """Repeated ids, which are read only once."""
    records: int
    """Ids whose record was returned."""
    errors: int
    """Ids that are missing because HubSpot has an error for them."""
    without_associations: int
    """Ids that are missing because they have no associations, or do not exist."""
    unanswered: int
    """Ids that are missing because HubSpot did not mention them."""
    invalid: int
    """Values that are missing because they are not valid ids."""
    unread: int
    """Ids that were taken, and whose request failed, is in flight, or has not been sent."""
    truncated: int
    """Records that HubSpot cut short."""
    unexpected: int
    """Rows for ids that were not requested, which were dropped."""
    requests: int
    """Responses received and requests that failed for good; retries do not count."""
    failures: int
    """Requests that failed for good, and exceptions of the iterable of ids."""
    earlier: int = 0
    """Ids that earlier runs accounted for, if a file was resumed; included in the other numbers."""
    seconds: float = field(default=0.0, eq=False)
    """Seconds since the read started."""

    @property
    def ids_per_second(self) -> float | None:
        """Ids read per second; None before the first."""
        placed = self.taken - self.unread - self.earlier
        return placed / self.seconds if placed and self.seconds else None

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the end at this speed; None if the speed or the total is not known."""
        if self.total is None or (speed := self.ids_per_second) is None:
            return None
        return (self.total - self.duplicates - self.taken + self.unread) / speed

    def __str__(self) -> str:
        """Return the main numbers as a sentence."""
        others = {
            "without associations": self.without_associations,
            "with errors": self.errors,
            "unanswered": self.unanswered,
            "invalid": self.invalid,
            "unread": self.unread,
            "failures": self.failures,
        }
        parts = [f"{self.records:,} record{'' if self.records == 1 else 's'}"]
        parts += [f"{number:,} {name}" for name, number in others.items() if number]
        if self.truncated:
            parts[0] += f" ({self.truncated:,} truncated)"
        left = 0 if self.total is None else self.total - self.taken - self.duplicates
        more = f" of {self.taken + left:,}" if left else ""
        return f"{self.taken:,}{more} id{'' if self.taken == 1 else 's'}: {', '.join(parts)}"

    def _repr_html_(self) -> str:
        """Return the numbers that are not zero as an HTML table, for notebooks."""
        rows = [
            f"<tr><th>{name.replace('_', ' ')}</th><td>{number:,}</td></tr>"
            for name, number in asdict(self).items()
            if name != "seconds" and (number or name == "records")
        ]
        return f"<table>{''.join(rows)}</table>"
