"""A chunk: ids that are read together, by one request for each page of them.

Each id of a chunk has one state:

    waiting ──> in flight ──> found: a record, why it is missing, or FAILED
       ^            │
       └────────────┘  a further page; or the request was halved, or abandoned

It is waiting or in flight as part of the inputs of one request.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import chain, islice
from reprlib import repr as short_repr
from typing import Final, Generic, Literal, NamedTuple

from attrs import Factory, define

from hubspot_batch_read.core.account import UNANSWERED, WITHOUT_ASSOCIATIONS, Why
from hubspot_batch_read.core.ids import Key, Mark
from hubspot_batch_read.core.matching import Outcome
from hubspot_batch_read.core.operation import Inputs, Operation, RowT
from hubspot_batch_read.core.results import Failure
from hubspot_batch_read_api.models import BatchError
from hubspot_batch_read_api.types import Model

MOST_PAGES = 1000
"""Pages of one object; more are not followed. HubSpot's have hundreds of associations each."""
LONGEST_CURSOR = 10_000
"""Characters of a cursor."""
MOST_FURTHER_REQUESTS = 64
"""Requests that a chunk may need beyond its own, to find the ids that HubSpot refuses."""


class Failed(Enum):
    """Stands for the record of an id whose request failed for good: the id is unread."""

    FAILED = "failed"


FAILED: Final = Failed.FAILED


@define(eq=False)
class Pages(Generic[RowT]):
    """The pages read so far of an object that has several, and the cursors that led there."""

    rows: list[RowT] = Factory(list)
    cursors: set[str] = Factory(set)


class Refusal(NamedTuple):
    """Inputs that HubSpot refused to read."""

    inputs: Inputs
    error: Exception
    why: Why
    """Why an id is missing that cannot be read for this reason."""


@define(eq=False)
class Split:
    """A request that was refused before any had succeeded, and its halves that were, too."""

    whole: Refusal
    halves: list[Refusal] = Factory(list)


@define(frozen=True, eq=False)
class Request(Generic[RowT]):
    """A request to send, with all that sending it needs."""

    operation: Operation[RowT]
    inputs: Inputs
    chunk: Chunk[RowT]
    part_of: Split | Literal["refused"] | None = None
    """What it is a part of: a request that may be wrong as a whole, or one of which ids are."""

    @property
    def body(self) -> Model:
        """The body to send."""
        return self.operation.body(self.inputs)


@define(eq=False)
class Chunk(Generic[RowT]):
    """Ids that are read together, and what is known of them so far."""

    operation: Operation[RowT]
    keys: dict[str, Key] = Factory(dict)
    """The ids, in their order."""
    taken_at: list[range] | None = None
    """Their positions among all values, if a file is written."""
    mark: Mark = Factory(Mark)
    """How far the ids were taken when all of the chunk were."""
    is_full: bool = False
    """Whether all of its ids have been taken."""
    found: dict[str, RowT | Why | Literal[Failed.FAILED]] = Factory(dict)
    invalid: list[tuple[str, Why]] = Factory(list)
    other_errors: list[BatchError] = Factory(list)
    failures: list[Failure] = Factory(list)
    """What is to be raised after the records: failed requests, invalid ids."""
    further_requests: int = 0
    _waiting: deque[Request[RowT]] = Factory(deque)
    _next_pages: dict[str, str | None] = Factory(dict)
    _in_flight: dict[Request[RowT], None] = Factory(dict)
    _splits: dict[Split, None] = Factory(dict)
    _pages: dict[str, Pages[RowT]] = Factory(dict)

    # Requests

    def start(self) -> None:
        """Ask for all ids; no more are taken."""
        self.is_full = True
        if self.keys:
            self._ask(dict.fromkeys(self.keys))

    def next_request(self) -> Request[RowT] | None:
        """Return a request to send now, None if there is none before a response arrives."""
        if self._next_pages and not self._waiting:
            self._ask(self._next_pages)
            self._next_pages = {}
        if not self._waiting:
            return None
        request = self._waiting.popleft()
        self._in_flight[request] = None
        return request

    def _ask(self, inputs: Inputs, part_of: Split | Literal["refused"] | None = None) -> None:
        self._waiting.append(Request(self.operation, inputs, self, part_of))

    def abandon(self, request: Request[RowT]) -> None:
        """Note that a request was not answered, and is to be sent again."""
        self._in_flight.pop(request, None)
        self._waiting.appendleft(request)

    def abandon_all(self) -> None:
        """Note that all requests in flight are to be sent again."""
        for request in [*self._in_flight]:
            self.abandon(request)

    @property
    def is_done(self) -> bool:
        """Whether there is nothing left to ask."""
        return self.is_full and len(self.found) == len(self.keys)

    # Responses

    def receive(self, request: Request[RowT], outcome: Outcome[RowT]) -> None:
        """Take the response to one of the chunk's requests."""
        self._in_flight.pop(request, None)
        operation = self.operation
        for id_ in request.inputs:
            if rows := outcome.rows.get(id_):
                if id_ in self._pages or len(rows) > 1 or operation.cursor(rows[0]):
                    self._add_pages(id_, rows)
                else:
                    self.found[id_] = rows[0]
                continue
            why = outcome.missing.get(id_, UNANSWERED)
            is_first = self._pages.pop(id_, None) is None
            # Of a further page, it can only mean that the page did not arrive.
            self.found[id_] = why if is_first or why is not WITHOUT_ASSOCIATIONS else UNANSWERED
        self.other_errors += outcome.other_errors

    def fail(self, request: Request[RowT], error: Exception) -> None:
        """Note that one of the chunk's requests failed for good."""
        self._in_flight.pop(request, None)
        self._fail(request.inputs, error)

    def _fail(self, inputs: Inputs, error: Exception) -> None:
        self.failures.append(Failure(error, tuple(inputs)))
        for id_ in inputs:
            self._pages.pop(id_, None)
            self.found[id_] = FAILED

    def _add_pages(self, id_: str, rows: Sequence[RowT]) -> None:
        """Add a page of an id, and follow its cursor."""
        operation = self.operation
        pages = self._pages.setdefault(id_, Pages())
        before = pages.rows[-1:]
        pages.rows += rows
        cursors = [cursor for row in rows if (cursor := operation.cursor(row))]
        if not cursors:
            self.found[id_] = operation.merge(self._pages.pop(id_).rows)
        elif problem := self._problem_with(cursors, pages, before):
            category, message = problem
            del self._pages[id_]
            self.found[id_] = Why("error", category=category, message=message)
        else:
            pages.cursors.add(cursors[0])
            self._next_pages[id_] = cursors[0]

    def _problem_with(
        self, cursors: Sequence[str], pages: Pages[RowT], before: Sequence[RowT]
    ) -> tuple[str, str] | None:
        """Return why a cursor cannot be followed, as category and message; None if it can."""
        cursor, shown = cursors[0], short_repr(cursors[0])
        content = self.operation.content
        if len(set(cursors)) > 1:
            other = short_repr(cursors[-1])
            return "CURSOR_REPEATED", f"rows of one id have different cursors: {shown}, {other}"
        if not _can_be_sent(cursor):
            message = f"the cursor {shown} cannot be sent; no page after it can be read"
            return "CURSOR_INVALID", message
        if cursor in pages.cursors:
            message = f"the cursor {shown} came a second time; no page after it can be read"
            return "CURSOR_REPEATED", message
        if (
            before
            and content(before[0]) is not None
            and content(before[0]) == content(pages.rows[-1])
        ):
            return "CURSOR_REPEATED", f"the page before the cursor {shown} came a second time"
        if len(pages.cursors) >= MOST_PAGES - 1:
            return "TOO_MANY_PAGES", f"there are more than {MOST_PAGES} pages"
        return None

    # Refusals

    def refuse(
        self, request: Request[RowT], error: Exception, why: Why, *, may_be_whole: bool
    ) -> None:
        """Find out which ids HubSpot refused a request for: ask for its halves, and so on.

        Args:
            request: The request that was refused.
            error: What it failed with.
            why: Why an id is missing that cannot be read for this reason.
            may_be_whole: Whether the request may be wrong whatever its ids are, since none of the
                read has succeeded yet. It is if both halves are refused for the same reason.
        """
        self._in_flight.pop(request, None)
        refusal = Refusal(request.inputs, error, why)
        if not may_be_whole or request.part_of == "refused":
            self._divide(refusal)
        elif request.part_of is not None:
            self._refuse_half(refusal, request.part_of)
        elif len(request.inputs) == 1:
            self._fail(request.inputs, error)
        else:
            self._halve(refusal, Split(refusal))

    def succeed(self) -> None:
        """Note that a request of the read has succeeded: refusals are about ids from now on."""
        for split in self._splits:
            for half in split.halves:
                self._divide(half)
        self._splits.clear()

    def _refuse_half(self, half: Refusal, split: Split) -> None:
        split.halves.append(half)
        if len(split.halves) == 1:
            self._splits[split] = None
            return
        self._splits.pop(split, None)
        if _is_same(*(each.error for each in split.halves)):
            self._fail(split.whole.inputs, split.whole.error)
        else:
            for each in split.halves:
                self._divide(each)

    def _divide(self, refusal: Refusal) -> None:
        """Ask for the halves of what was refused; a single id is missing, and so is the rest."""
        is_limit = self.further_requests + 2 > MOST_FURTHER_REQUESTS
        if len(refusal.inputs) > 1 and not is_limit:
            self._halve(refusal, "refused")
            return
        for id_ in refusal.inputs:
            self._pages.pop(id_, None)
            self.found[id_] = refusal.why

    def _halve(self, refusal: Refusal, part_of: Split | Literal["refused"]) -> None:
        self.further_requests += 2
        items = iter(refusal.inputs.items())
        self._ask(dict(islice(items, len(refusal.inputs) // 2)), part_of)
        self._ask(dict(items), part_of)

    # The account

    def records(self) -> tuple[list[Key], list[RowT]]:
        """Return the records, once the chunk is done, and their ids."""
        keys, records = [], []
        for id_, key in self.keys.items():
            found = self.found[id_]
            if not isinstance(found, Why | Failed):
                keys.append(key)
                records.append(found)
        return keys, records

    def unread_at(self) -> list[int]:
        """Return the positions of the ids whose request failed, once the chunk is done."""
        if not any(failure.ids for failure in self.failures):
            return []
        taken_at = chain.from_iterable(self.taken_at or ())
        ids = zip(self.keys, taken_at, strict=True)
        return [position for id_, position in ids if self.found[id_] is FAILED]

    def missing(self) -> Iterator[tuple[Key, Why]]:
        """Yield the ids that are missing, once the chunk is done."""
        yield from self.invalid
        for id_, key in self.keys.items():
            found = self.found[id_]
            if isinstance(found, Why):
                yield key, found


def _is_same(error: Exception, other: Exception) -> bool:
    """Return whether HubSpot refused two requests for the same reason."""
    names = ("status_code", "category", "message")
    return [getattr(error, name, None) for name in names] == [
        getattr(other, name, None) for name in names
    ]


def _can_be_sent(cursor: str) -> bool:
    try:
        cursor.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can escape
        return False
    return len(cursor) <= LONGEST_CURSOR
