"""What a read tells of the ids that did not become a record, and of the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from attrs import asdict, define, field

Reason = Literal["error", "without_associations", "unanswered", "invalid"]
"""Why an id has no record; `Missing.reason` says what each means."""


@define(frozen=True, kw_only=True)
class Missing:
    """An id without a record, and why.

    for missing in contacts.missing:
        print(missing.id, missing.reason, missing.message)
    """

    id: str
    """The text of the id that was given."""
    reason: Reason
    """Why there is no record.

    error: HubSpot has an error for it, or its row or pages cannot be read.
    without_associations: HubSpot says that it has no associations; it says the same of an id that
    does not exist (observed).
    unanswered: HubSpot was asked for it and did not mention it. It may omit campaigns that do not
    exist. An object is here, too, if one of its further pages did not arrive.
    invalid: It is not an id, and was not sent.
    """
    category: str | None = None
    """Broad kind of error, such as VALIDATION_ERROR; None for any other reason.

    Some are this package's and not HubSpot's. DECODE_ERROR: there was a row for the id that does
    not match its model. The others: its pages cannot be read to the end, since a cursor or a page
    came a second time (CURSOR_REPEATED), a cursor cannot be sent (CURSOR_INVALID), or there are
    more than 1000 pages (TOO_MANY_PAGES).
    """
    sub_category: str | None = None
    """Exact kind of error, such as crm.associations.INVALID_IDENTIFIER."""
    message: str | None = None
    """What went wrong, in words that HubSpot may change; with an invalid id, what is wrong."""
    context: Mapping[str, Sequence[str]] | None = None
    """What the error is about."""


@define(frozen=True)
class Failure:
    """A request that failed for good, or what the iterable of the ids raised."""

    error: Exception
    """What was raised, or would have been with `on_error="raise"`."""
    ids: Sequence[str]
    """The ids of the request, which are `unread`; none if the iterable was the reason."""


@define(frozen=True)
class Truncation:
    """A record that HubSpot cut short."""

    id: str
    """The record's id."""
    fields: Sequence[str]
    """What was cut: `to`, or a list of assets, such as `assets.MARKETING_EMAIL`."""
    remedy: str
    """How to read the rest."""


@define(frozen=True, kw_only=True)
class Summary:
    """How far a read has come, in numbers of ids; printing it gives a one-line summary."""

    total: int | None
    """Number of ids, duplicates included; None if that is not known in advance."""
    taken: int
    """Ids taken so far, without duplicates: the sum of `records` to `unread`."""
    duplicates: int
    """Ids that were taken before, and so not read again."""
    records: int
    """Ids whose record was returned."""
    errors: int
    """Ids that are missing because of an error of their own."""
    without_associations: int
    """Ids that are missing because they have no associations, or do not exist."""
    unanswered: int
    """Ids that are missing because HubSpot did not mention them."""
    invalid: int
    """Values that are missing because they are not ids."""
    unread: int
    """Ids whose request failed, is in flight, or is still to be sent; only ids that were taken."""
    truncated: int
    """Records that HubSpot cut short."""
    unexpected: int
    """Rows of ids that were not asked for, which were dropped."""
    requests: int
    """Responses received and requests that failed for good; retries do not count."""
    failures: int
    """Requests that failed for good, and exceptions of the iterable of the ids."""
    earlier: int = 0
    """Ids of these that have their place since earlier runs, if a file was resumed."""
    seconds: float = field(default=0.0, eq=False)
    """Seconds since the read began."""

    @property
    def ids_per_second(self) -> float | None:
        """Ids that found their place in a second; None if none has yet."""
        placed = self.taken - self.unread - self.earlier
        return placed / self.seconds if placed and self.seconds else None

    @property
    def seconds_left(self) -> float | None:
        """Seconds that the rest takes at this speed; None if that or the total is not known."""
        if self.total is None or (speed := self.ids_per_second) is None:
            return None
        return (self.total - self.duplicates - self.taken + self.unread) / speed

    def __str__(self) -> str:
        """Return the numbers that matter, as a sentence."""
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
        """Return the numbers that are not zero as a table, for notebooks."""
        rows = [
            f"<tr><th>{name.replace('_', ' ')}</th><td>{number:,}</td></tr>"
            for name, number in asdict(self).items()
            if name != "seconds" and (number or name == "records")
        ]
        return f"<table>{''.join(rows)}</table>"
