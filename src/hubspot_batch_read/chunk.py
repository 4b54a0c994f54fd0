"""A chunk: ids that are read together, by one request for each page of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic

from attrs import Factory, define

from hubspot_batch_read.answers import Outcome
from hubspot_batch_read.ids import Ids, Key
from hubspot_batch_read.operations import Operation, RowT
from hubspot_batch_read.results import Failure, InputError
from hubspot_batch_read_api.models import BatchError
from hubspot_batch_read_api.types import Model


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
    under_way: int = 0
    """Requests that are not answered yet."""
    rows: dict[str, list[RowT]] = Factory(dict)
    """The pages read of each id; all of them, once the chunk is done."""
    cursors: dict[str, set[str]] = Factory(dict)
    """The cursors followed for an id."""
    errors: dict[str, InputError] = Factory(dict)
    without_associations: set[str] = Factory(set)
    other_errors: list[BatchError] = Factory(list)
    failures: list[Failure] = Factory(list)

    @property
    def done(self) -> bool:
        """Whether there is nothing left to ask."""
        return not self.to_send and not self.under_way

    def receive(self, request: Request[RowT], answer: Outcome[RowT]) -> None:
        """Take the answer to one of the chunk's requests."""
        for id_ in request.inputs:
            if rows := answer.rows.get(id_):
                self.rows.setdefault(id_, []).extend(rows)
                self._follow(id_, rows)
            elif error := answer.errors.get(id_):
                self._without_record(id_, error)
            elif id_ not in answer.without_associations:
                self._without_record(id_)
            elif id_ not in self.rows:  # otherwise there was just nothing on its last page
                self.without_associations.add(id_)
        self.other_errors += answer.other_errors

    def _follow(self, id_: str, rows: Sequence[RowT]) -> None:
        cursor = None
        for row in rows:
            cursor = self.source.operation.cursor(row) or cursor
        if cursor is None:
            return
        followed = self.cursors.setdefault(id_, set())
        if cursor in followed:
            message = f"the cursor {cursor!r} came a second time; no page after it can be read"
            self._without_record(
                id_, InputError(id=id_, category="CURSOR_REPEATED", message=message)
            )
        else:
            followed.add(cursor)
            self.to_send[id_] = cursor

    def _without_record(self, id_: str, error: InputError | None = None) -> None:
        """Drop the pages read of an id: a record is complete, or it is none."""
        self.rows.pop(id_, None)
        if error is not None:
            self.errors[id_] = error

    def fail(self, request: Request[RowT], error: Exception) -> None:
        """Take note that one of the chunk's requests failed for good."""
        for id_ in request.inputs:
            self._without_record(id_)
        self.failures.append(Failure(error, tuple(map(self.source.ids.kind, request.inputs))))


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
