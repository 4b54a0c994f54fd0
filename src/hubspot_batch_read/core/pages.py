"""The pages of one object: the next cursor, and the record that they form together."""

from __future__ import annotations

from collections.abc import Sequence
from reprlib import repr as short_repr
from typing import Generic

from attrs import Factory, define

from hubspot_batch_read.core.account import Why
from hubspot_batch_read.core.operation import Operation, RowT

MOST_PAGES = 1000
"""Maximum number of pages of one object. HubSpot's have hundreds of associations each."""
LONGEST_CURSOR = 10_000
"""Maximum number of characters in a cursor."""


@define(eq=False)
class Pages(Generic[RowT]):
    """The pages read so far of an object that has several, and their cursors."""

    operation: Operation[RowT]
    rows: list[RowT] = Factory(list)
    cursors: set[str] = Factory(set)

    def add(self, rows: Sequence[RowT]) -> str | Why | None:
        """Add a page, which may have several rows.

        Returns:
            The cursor of the next page, why that cannot be read, or None after the last page.
        """
        is_repeated = bool(self.rows) and self._is_same(self.rows[-1], rows[-1])
        self.rows += rows
        cursors = [cursor for row in rows if (cursor := self.operation.cursor(row))]
        if not cursors:
            return None
        if problem := self._problem_with(cursors, is_repeated=is_repeated):
            category, message = problem
            return Why("error", category=category, message=message)
        self.cursors.add(cursors[0])
        return cursors[0]

    def merged(self) -> RowT:
        """Return the record of all pages."""
        return self.operation.merged(self.rows)

    def _is_same(self, row: RowT, other: RowT) -> bool:
        content = self.operation.content(row)
        return content is not None and content == self.operation.content(other)

    def _problem_with(self, cursors: Sequence[str], *, is_repeated: bool) -> tuple[str, str] | None:
        """Return why a cursor cannot be followed, as category and message, or None if it can."""
        cursor, *others = dict.fromkeys(cursors)
        shown = short_repr(cursor)
        if others:
            other = short_repr(others[0])
            return "CURSOR_REPEATED", f"rows of one id have different cursors: {shown}, {other}"
        if not _can_be_sent(cursor):
            message = f"the cursor {shown} cannot be sent; no page after it can be read"
            return "CURSOR_INVALID", message
        if cursor in self.cursors:
            message = f"the cursor {shown} was repeated; no page after it can be read"
            return "CURSOR_REPEATED", message
        if is_repeated:
            return "CURSOR_REPEATED", f"the page before the cursor {shown} was repeated"
        if len(self.cursors) >= MOST_PAGES - 1:
            return "TOO_MANY_PAGES", f"there are more than {MOST_PAGES} pages"
        return None


def _can_be_sent(cursor: str) -> bool:
    try:
        cursor.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can escape
        return False
    return len(cursor) <= LONGEST_CURSOR
