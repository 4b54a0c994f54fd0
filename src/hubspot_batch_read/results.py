"""What a read tells of the ids that did not become a record, and of the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from attrs import define


@define(frozen=True, kw_only=True)
class InputError:
    """Why HubSpot has no record for an id, in HubSpot's words.

    Every field but `id` can be None; the sub-category tells the kinds apart.
    """

    id: str
    """The text of the id that was given."""
    category: str | None = None
    """Broad kind of error, such as VALIDATION_ERROR.

    Some are this package's and not HubSpot's. DECODE_ERROR: there was a row for the id that does
    not match its model. The others: its pages cannot be read to the end, since a cursor or a page
    came a second time (CURSOR_REPEATED), a cursor cannot be sent (CURSOR_INVALID), or there are
    more than 1000 pages (TOO_MANY_PAGES).
    """
    sub_category: str | None = None
    """Exact kind of error, such as crm.associations.INVALID_IDENTIFIER."""
    message: str | None = None
    """What went wrong, in words that HubSpot may change."""
    context: Mapping[str, Sequence[str]] | None = None
    """What the error is about."""


@define(frozen=True)
class WithoutRecord:
    """An id that was asked for and has no record."""

    id: str
    """The text of the id that was given."""
    reason: Literal["error", "without_associations", "unanswered"]
    """Its place in the account."""
    error: InputError | None = None
    """What HubSpot said, if the reason is an error."""


@define(frozen=True)
class Failure:
    """A request that failed for good, or something among the ids that could not be read."""

    error: Exception
    """What was raised, or would have been with `on_error="raise"`."""
    ids: Sequence[str]
    """The ids of the request, which are `unread`; none if the ids themselves were the reason."""


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
    """How far a read has come, in numbers of ids; `str()` puts them into a sentence."""

    total: int | None
    """How many ids there are, duplicates included; None if that is not known in advance."""
    taken: int
    """Ids taken so far, without duplicates: the sum of the five places, `records` to `unread`."""
    duplicates: int
    """Ids that were taken before, and so not read again."""
    records: int
    """Ids whose record was handed over."""
    errors: int
    """Ids with an error of their own."""
    without_associations: int
    """Ids of which HubSpot says that they have no associations, or do not exist."""
    unanswered: int
    """Ids that HubSpot was asked for and said nothing of."""
    unread: int
    """Ids whose request failed, is under way, or is still to come; those not taken do not count."""
    truncated: int
    """Records that HubSpot cut short."""
    unexpected: int
    """Rows of ids that were not asked for, which were dropped."""
    requests: int
    """Answers received and requests that failed for good; retries do not count."""
    failures: int
    """Requests that failed for good, and faults in what was given as ids."""

    def __str__(self) -> str:
        """Return the numbers that matter, as a sentence."""
        others = {
            "without associations": self.without_associations,
            "with errors": self.errors,
            "unanswered": self.unanswered,
            "unread": self.unread,
            "failures": self.failures,
        }
        parts = [f"{self.records:,} records"]
        parts += [f"{number:,} {name}" for name, number in others.items() if number]
        if self.truncated:
            parts[0] += f" ({self.truncated:,} truncated)"
        left = 0 if self.total is None else self.total - self.taken - self.duplicates
        more = f" of {self.taken + left:,}" if left else ""
        return f"{self.taken:,}{more} ids: {', '.join(parts)}"
