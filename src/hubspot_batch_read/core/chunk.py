"""A chunk: ids that are read together, with one request for each page.

Each id of a chunk has one state:

    waiting ──> in flight ──> found: a record, why it is missing, or FAILED
       ^            │
       └────────────┘  a further page; or the request was halved, or abandoned

A waiting id is part of the next request, an id in flight of exactly one request.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from enum import Enum
from itertools import chain, compress, islice
from operator import attrgetter
from typing import Final, Generic, Literal, NamedTuple

from attrs import Factory, define

from hubspot_batch_read.core.account import UNANSWERED, WITHOUT_ASSOCIATIONS, Why
from hubspot_batch_read.core.id_order import Mark
from hubspot_batch_read.core.id_texts import Key
from hubspot_batch_read.core.matching import Outcome
from hubspot_batch_read.core.operation import Inputs, Operation, RowT
from hubspot_batch_read.core.pages import Pages
from hubspot_batch_read.core.results import Failure
from hubspot_batch_read_api.models import BatchError
from hubspot_batch_read_api.types import Model

MOST_FURTHER_REQUESTS = 64
"""Maximum number of further requests of a chunk, to find the ids that HubSpot refuses."""


class Failed(Enum):
    """Placeholder for the record of an id whose request failed for good: the id is unread."""

    FAILED = "failed"


FAILED: Final = Failed.FAILED


class Refusal(NamedTuple):
    """A refused request."""

    inputs: Inputs
    error: Exception
    why: Why
    """The reason to record for ids that cannot be read because of this."""


_reason_of = attrgetter("error.category", "error.message")
"""Returns why HubSpot refused a request, to compare its halves."""


@define(frozen=True, eq=False)
class Request(Generic[RowT]):
    """A request, with everything needed to send it."""

    operation: Operation[RowT]
    inputs: Inputs
    chunk: Chunk[RowT]

    @property
    def body(self) -> Model:
        """The body to send."""
        return self.operation.body(self.inputs)


@define(eq=False)
class Chunk(Generic[RowT]):
    """Ids that are read together, and what is known about them so far."""

    operation: Operation[RowT]
    keys: dict[str, Key] = Factory(dict)
    """The ids, in their order."""
    taken_at: list[range] = Factory(list)
    """Their positions among all values."""
    mark: Mark = Factory(Mark)
    """Progress through the ids when all ids of the chunk had been taken."""
    is_full: bool = False
    """Whether all of its ids have been taken."""
    found: dict[str, RowT | Why | Literal[Failed.FAILED]] = Factory(dict)
    invalid: list[tuple[str, Why]] = Factory(list)
    other_errors: list[BatchError] = Factory(list)
    failures: list[Failure] = Factory(list)
    """Exceptions to raise after the records: failed requests, invalid ids."""
    further_requests: int = 0
    _waiting: deque[Request[RowT]] = Factory(deque)
    _next_pages: dict[str, str | None] = Factory(dict)
    _in_flight: list[Request[RowT]] = Factory(list)
    _refused: Refusal | None = None
    """The first request, if it was refused before any request of the read had succeeded."""
    _refused_halves: list[Refusal] = Factory(list)
    _blames_ids: bool = False
    """Whether refusals are caused by ids, and not by the rest of the request."""
    _pages: dict[str, Pages[RowT]] = Factory(dict)

    # Requests

    def start(self) -> None:
        """Mark the chunk as full: all of its ids can be sent."""
        self.is_full = True
        if self.keys:
            self._ask(dict.fromkeys(self.keys))

    def next_request(self) -> Request[RowT] | None:
        """Return a request to send now; None until a response arrives."""
        if self._next_pages and not self._waiting:
            self._ask(self._next_pages)
            self._next_pages = {}
        if not self._waiting:
            return None
        request = self._waiting.popleft()
        self._in_flight.append(request)
        return request

    def _ask(self, inputs: Inputs) -> None:
        self._waiting.append(Request(self.operation, inputs, self))

    def abandon(self, request: Request[RowT]) -> None:
        """Let a request that got no response be sent again."""
        self._in_flight.remove(request)
        self._waiting.appendleft(request)

    def abandon_all(self) -> None:
        """Let all requests in flight be sent again."""
        for request in [*self._in_flight]:
            self.abandon(request)

    @property
    def is_done(self) -> bool:
        """Whether everything has been read."""
        return self.is_full and len(self.found) == len(self.keys)

    # Responses

    def receive(self, request: Request[RowT], outcome: Outcome[RowT]) -> None:
        """Process the response to one of the chunk's requests."""
        self._in_flight.remove(request)
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
            # For a further page, this can only mean that it did not arrive.
            self.found[id_] = why if is_first or why is not WITHOUT_ASSOCIATIONS else UNANSWERED
        self.other_errors += outcome.other_errors

    def fail(self, request: Request[RowT], error: Exception) -> None:
        """Record that one of the chunk's requests failed for good."""
        self._in_flight.remove(request)
        self._fail(request.inputs, error)
        if self._refused is not None:  # its other half was not refused, so this one may be readable
            self.blame_ids()

    def _fail(self, inputs: Inputs, error: Exception) -> None:
        self.failures.append(Failure(error, tuple(inputs)))
        self.found |= dict.fromkeys(inputs, FAILED)

    def _add_pages(self, id_: str, rows: Sequence[RowT]) -> None:
        """Add a page of an id, and follow its cursor."""
        pages = self._pages.setdefault(id_, Pages(self.operation))
        following = pages.add(rows)
        if isinstance(following, str):
            self._next_pages[id_] = following
        else:
            del self._pages[id_]
            self.found[id_] = following or pages.merged()

    # Refusals

    def refuse(
        self, request: Request[RowT], error: Exception, why: Why, *, may_be_whole: bool
    ) -> None:
        """Find the ids that made HubSpot refuse a request, by sending its halves.

        Args:
            request: The request that was refused.
            error: The exception that it failed with.
            why: The reason to record for ids that cannot be read because of this.
            may_be_whole: Whether the request itself may be wrong, because no request of the read
                has succeeded yet. It is wrong if both halves are refused for the same reason.
        """
        self._in_flight.remove(request)
        refusal = Refusal(request.inputs, error, why)
        if not may_be_whole:
            self.blame_ids()
        if self._blames_ids:
            self._divide(refusal)
        elif self._refused is not None:
            self._refuse_half(refusal, self._refused)
        elif len(request.inputs) == 1:
            self._fail(request.inputs, error)
        else:
            self._refused = refusal
            self._halve(refusal)

    def _refuse_half(self, half: Refusal, whole: Refusal) -> None:
        self._refused_halves.append(half)
        if len(self._refused_halves) == 1:
            return
        first, second = map(_reason_of, self._refused_halves)
        if first == second:
            self._fail(whole.inputs, whole.error)
        else:
            self.blame_ids()

    def blame_ids(self) -> None:
        """Record that ids cause the refusals: not every request is refused for the same reason."""
        self._blames_ids = True
        halves, self._refused_halves = self._refused_halves, []
        for half in halves:
            self._divide(half)

    def _divide(self, refusal: Refusal) -> None:
        """Send the halves of a refused request; a single id is missing, as are all at the limit."""
        is_limit = self.further_requests + 2 > MOST_FURTHER_REQUESTS
        if len(refusal.inputs) > 1 and not is_limit:
            self._halve(refusal)
            return
        self.found |= dict.fromkeys(refusal.inputs, refusal.why)

    def _halve(self, refusal: Refusal) -> None:
        self.further_requests += 2
        items = iter(refusal.inputs.items())
        self._ask(dict(islice(items, len(refusal.inputs) // 2)))
        self._ask(dict(items))

    # The account

    def places(self) -> tuple[list[Key], list[RowT], list[tuple[Key, Why]]]:
        """Return the ids that have records, these, and the missing ids, once the chunk is done."""
        keys, records = [], []
        missing: list[tuple[Key, Why]] = [*self.invalid]
        for id_, key in self.keys.items():
            found = self.found[id_]
            if isinstance(found, Why):
                missing.append((key, found))
            elif found is not FAILED:
                keys.append(key)
                records.append(found)
        return keys, records, missing

    def unread_at(self) -> list[int]:
        """Return the positions of the ids whose request failed, once the chunk is done."""
        taken_at = chain.from_iterable(self.taken_at)
        return [*compress(taken_at, (self.found[id_] is FAILED for id_ in self.keys))]
