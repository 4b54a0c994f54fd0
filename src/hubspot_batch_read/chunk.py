"""A chunk: ids that are read together, by one request for each page of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from reprlib import repr as short_repr
from typing import Generic, NamedTuple

from attrs import Factory, define

from hubspot_batch_read.answers import Outcome
from hubspot_batch_read.ids import Ids, Key
from hubspot_batch_read.operations import Operation, RowT
from hubspot_batch_read.results import Failure, InputError
from hubspot_batch_read_api.models import BatchError
from hubspot_batch_read_api.types import Model

MOST_PAGES = 1000
"""Pages of one object; more are not followed. HubSpot's have hundreds of associations each."""
LONGEST_CURSOR = 10_000
"""Characters of a cursor."""


@define(frozen=True, eq=False)
class Source(Generic[RowT]):
    """Ids, and the operation that reads them."""

    operation: Operation[RowT]
    ids: Ids


@define(eq=False)
class Chunk(Generic[RowT]):
    """Ids that are read together, and what is known of them so far."""

    source: Source[RowT]
    keys: dict[str, Key] = Factory(dict)
    """The ids, in their order."""
    to_send: dict[str, str | None] = Factory(dict)
    """Ids for the next request, each with the cursor of the page to read, None for the first."""
    after: dict[str, str] = Factory(dict)
    """The cursor of the page that an id has come to."""
    cursors: dict[str, set[str]] = Factory(dict)
    """The cursors followed for an id."""
    records: dict[str, RowT] = Factory(dict)
    """What was read of each id in one page."""
    pages: dict[str, list[RowT]] = Factory(dict)
    """The pages read of each other id; all of them, once the chunk is done."""
    errors: dict[str, InputError] = Factory(dict)
    without_associations: set[str] = Factory(set)
    settled: set[str] = Factory(set)
    """Ids of which there is nothing more to ask."""
    other_errors: list[BatchError] = Factory(list)
    failures: list[Failure] = Factory(list)

    @property
    def done(self) -> bool:
        """Whether there is nothing left to ask."""
        return len(self.settled) == len(self.keys)

    def record(self, id_: str) -> RowT | None:
        """Return the record of an id, once the chunk is done; None if there is none."""
        if record := self.records.get(id_):
            return record
        pages = self.pages.get(id_)
        return self.source.operation.merge(pages) if pages else None

    def restart(self) -> None:
        """Ask for everything that is not settled, whatever was asked before."""
        to_send: dict[str, str | None] = dict.fromkeys(self.keys)
        to_send.update(self.after)
        for id_ in self.settled:
            del to_send[id_]
        self.to_send = to_send

    def receive(self, request: Request[RowT], answer: Outcome[RowT]) -> None:
        """Take the answer to one of the chunk's requests."""
        cursor = self.source.operation.cursor
        for id_ in request.inputs:
            if rows := answer.rows.get(id_):
                if id_ in self.pages or len(rows) > 1 or cursor(rows[0]):
                    self._add(id_, rows)
                else:
                    self.records[id_] = rows[0]
                    self.settled.add(id_)
            elif error := answer.errors.get(id_):
                self._settle_without_record(id_, error)
            elif id_ in answer.without_associations and id_ not in self.pages:
                self.without_associations.add(id_)
                self.settled.add(id_)
            else:
                self._settle_without_record(id_)
        self.other_errors += answer.other_errors

    def _add(self, id_: str, rows: Sequence[RowT]) -> None:
        """Add a page of an id, and follow its cursor."""
        operation = self.source.operation
        cursors = [cursor for row in rows if (cursor := operation.cursor(row))]
        pages = self.pages.setdefault(id_, [])
        before = operation.content(pages[-1]) if pages and cursors else None
        pages += rows
        if not cursors:
            self.settled.add(id_)
        elif problem := self._problem_with(id_, cursors, before, operation.content(rows[-1])):
            category, message = problem
            error = InputError(id=id_, category=category, message=message)
            self._settle_without_record(id_, error)
        else:
            self.after[id_] = cursors[0]
            self.cursors.setdefault(id_, set()).add(cursors[0])
            self.to_send[id_] = cursors[0]

    def _problem_with(
        self, id_: str, cursors: Sequence[str], before: object, content: object
    ) -> tuple[str, str] | None:
        """Return why a cursor cannot be followed, as category and message; None if it can."""
        cursor, shown = cursors[0], short_repr(cursors[0])
        if len(set(cursors)) > 1:
            other = short_repr(cursors[-1])
            return "CURSOR_REPEATED", f"rows of one id have different cursors: {shown}, {other}"
        if not _can_be_sent(cursor):
            return (
                "CURSOR_INVALID",
                f"the cursor {shown} cannot be sent; no page after it can be read",
            )
        if cursor in self.cursors.get(id_, ()):
            message = f"the cursor {shown} came a second time; no page after it can be read"
            return "CURSOR_REPEATED", message
        if before is not None and before == content:
            return "CURSOR_REPEATED", f"the page before the cursor {shown} came a second time"
        if len(self.cursors.get(id_, ())) >= MOST_PAGES - 1:
            return "TOO_MANY_PAGES", f"there are more than {MOST_PAGES} pages"
        return None

    def _settle_without_record(self, id_: str, error: InputError | None = None) -> None:
        """Drop the pages read of an id: a record is complete, or it is none."""
        self.pages.pop(id_, None)
        if error is not None:
            self.errors[id_] = error
        self.settled.add(id_)

    def fail(self, request: Request[RowT], error: Exception) -> None:
        """Take note that one of the chunk's requests failed for good."""
        self.failures.append(Failure(error, tuple(map(self.source.ids.kind, request.inputs))))
        for id_ in request.inputs:
            self._settle_without_record(id_)


def _can_be_sent(cursor: str) -> bool:
    try:
        cursor.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can escape
        return False
    return len(cursor) <= LONGEST_CURSOR


@define(frozen=True, eq=False)
class Request(Generic[RowT]):
    """A request to send: some ids of a chunk, each with the cursor of the page to read."""

    chunk: Chunk[RowT]
    inputs: Mapping[str, str | None]

    @property
    def operation(self) -> Operation[RowT]:
        """The operation that reads the chunk."""
        return self.chunk.source.operation

    @property
    def body(self) -> Model:
        """The body to send."""
        return self.operation.body(self.inputs)


@define(eq=False)
class Ready(Generic[RowT]):
    """Records that can be handed out, and their ids; the last one is the next."""

    source: Source[RowT]
    keys: list[Key]
    records: list[RowT]

    @property
    def ids(self) -> Iterator[str]:
        """The ids, in the order of the records."""
        return map(self.source.ids.text, reversed(self.keys))


class Cut(NamedTuple, Generic[RowT]):
    """A record that was cut short."""

    source: Source[RowT]
    key: Key
    fields: tuple[str, ...]
