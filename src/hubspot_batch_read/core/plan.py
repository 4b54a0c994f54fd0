"""The plan of a read: which requests to send, and what their responses mean. It does no I/O.

Ids are taken in chunks, as many as a request can hold. A chunk is done when each of its ids has a
complete record or cannot get one; its records are ready to be returned when those of the chunks
before it are. So records are returned in the order of the chunks, and no more than `window` chunks
are in memory in addition to the one that is being returned.

A driver calls `next_request` for the next request, and `receive`, `fail` or `abandon` with the
result. If `lack` says so, it pulls ids first. A driver makes these calls one at a time, and where
no KeyboardInterrupt arrives.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from typing import Any, Generic

from attrs import define, field

from hubspot_batch_read.core.account import WITHOUT_ASSOCIATIONS, Account, Part, Why
from hubspot_batch_read.core.chunk import Chunk, Request
from hubspot_batch_read.core.id_checks import InvalidIdError
from hubspot_batch_read.core.ids import Ids
from hubspot_batch_read.core.matching import errors_of, match, salvage
from hubspot_batch_read.core.operation import Envelope, Operation, RowT
from hubspot_batch_read.core.results import Failure, Summary
from hubspot_batch_read_api.errors import (
    ApiError,
    BadRequestError,
    DecodeError,
    ResponseTooLargeError,
    causes,
)
from hubspot_batch_read_api.models import BatchError
from hubspot_batch_read_runtime import plain


@define(eq=False)
class Plan(Generic[RowT]):
    """Returns requests, processes responses, and keeps the account."""

    operation: Operation[RowT]
    """The operation that reads the ids."""
    ids: Ids
    _window: int = field(kw_only=True, alias="window")
    """Number of chunks in memory in addition to the one that is being returned."""
    collects: bool = field(kw_only=True, alias="collect")
    """Whether failures are only recorded, and not raised."""
    account: Account[RowT] = field(factory=Account, init=False)
    keeps_all: bool = field(default=False, init=False)
    """Whether all records are kept until the end, so that the window does not apply."""
    makes_parts: bool = field(default=False, init=False)
    """Whether a file is written, so that chunks become parts in the account."""
    needs_content: bool = field(default=False, init=False)
    """Whether a record without content, which has no row in a table, counts as missing."""
    is_plain: bool = field(default=False, init=False)
    """Whether responses are decoded as plain rows, for tables and files, not as models."""
    is_over: bool = field(default=False, init=False)
    """Whether the files were closed, so that late responses must not count."""
    _has_succeeded: bool = field(default=False, init=False)
    _chunks: deque[Chunk[RowT]] = field(factory=deque, init=False)

    # Requests

    def next_request(self) -> Request[RowT] | None:
        """Return a request to send now, or None if ids or responses are needed first."""
        for chunk in self._chunks:
            if request := chunk.next_request():
                return request
        while self._can_fill:
            if request := self._fill().next_request():
                return request
        return None

    @property
    def position(self) -> tuple[int, int, int, bool]:
        """Progress through the ids; if `next_request` changes it, there is news for the caller."""
        account, ids = self.account, self.ids
        return account.taken, len(account.failures), ids.duplicates, ids.exhausted

    @property
    def lack(self) -> int:
        """Number of values to be pulled from the ids: at most as many as fit into a chunk.

        Pulled values are taken when there are enough for a chunk, or at the end of the ids.
        """
        limit = self.operation.max_inputs
        return min(limit, self.ids.lack(self._room * limit - self._filled))

    @property
    def _room(self) -> int:
        """Number of chunks that may be filled."""
        if self.ids.exhausted and not self._is_filling:
            return 0
        open_chunks = len(self._chunks) - self._is_filling
        self.account.drop_returned()
        ready = 0 if self.keeps_all else len(self.account.ready) + len(self.account.parts)
        return max(0, min(self._window - open_chunks, self._window + 1 - open_chunks - ready))

    @property
    def _is_filling(self) -> bool:
        return bool(self._chunks) and not self._chunks[-1].is_full

    @property
    def _filled(self) -> int:
        """Number of ids in the chunk that is being filled."""
        return self._number(self._chunks[-1]) if self._is_filling else 0

    def _number(self, chunk: Chunk[RowT]) -> int:
        return len(chunk.keys) + len(chunk.failures)

    @property
    def _can_fill(self) -> bool:
        """Whether enough values have been pulled to fill a chunk."""
        return self._room > 0 and not self.ids.lack(self.operation.max_inputs - self._filled)

    def _fill(self) -> Chunk[RowT]:
        """Take ids into the last chunk, or a new one, until it is full or one is invalid."""
        if not self._chunks or self._chunks[-1].is_full:
            self._chunks.append(Chunk(self.operation))
        chunk, limit = self._chunks[-1], self.operation.max_inputs
        before = len(chunk.keys)
        try:
            self.ids.take(limit - len(chunk.failures), chunk.keys, chunk.taken_at)
        except Exception as error:  # noqa: BLE001 - raised after the records of the chunk
            self._note_fault(chunk, error)
        if self._is_complete(chunk):
            chunk.mark = self.ids.mark()
            chunk.start()
        self.account.taken += len(chunk.keys) - before
        self._make_ready()
        return chunk

    def _is_complete(self, chunk: Chunk[RowT]) -> bool:
        has_fault = bool(chunk.failures) and not self.collects
        is_full = self._number(chunk) >= self.operation.max_inputs
        return has_fault or self.ids.exhausted or is_full

    def _note_fault(self, chunk: Chunk[RowT], error: Exception) -> None:
        """Record an invalid id, or an exception of the iterable."""
        if isinstance(error, InvalidIdError):
            chunk.invalid.append((error.value, Why("invalid", message=str(error))))
            self.account.taken += 1
        chunk.failures.append(Failure(error, ()))

    def abandon(self, request: Request[RowT]) -> None:
        """Let a request be sent again that will get no response."""
        request.chunk.abandon(request)

    def abandon_all(self) -> None:
        """Let all requests in flight be sent again, as after a fork."""
        for chunk in self._chunks:
            chunk.abandon_all()

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to request."""
        return not self._chunks and self.ids.exhausted

    # Responses

    def decode(self, content: bytes) -> Envelope[RowT]:
        """Decode the body of a response.

        Raises:
            DecodeError: It does not match its model.
        """
        model: type[Any] = self.operation.envelope
        decoded: Envelope[RowT] = (
            plain.envelope_from_json(model, content) if self.is_plain else model.from_json(content)
        )
        return decoded

    def receive(self, request: Request[RowT], envelope: Envelope[RowT]) -> None:
        """Process the response to a request."""
        self._receive(request, envelope.results, errors_of(envelope))

    def fail(self, request: Request[RowT], error: Exception) -> None:
        """Record that a request failed for good.

        If the body as a whole does not match its model, the rows that do match are processed. If
        HubSpot refuses the content of a request, smaller requests find the ids that cause this.
        """
        if isinstance(error, DecodeError):
            salvaged = salvage(self.operation, error, is_plain=self.is_plain)
            if salvaged is not None:
                self._receive(request, *salvaged)
                return
        if self.collects:
            _drop_frames(error)
        self.account.requests += 1
        is_size = isinstance(error, ResponseTooLargeError) or (
            isinstance(error, ApiError) and error.status_code == 413
        )
        if is_size or isinstance(error, BadRequestError):
            may_be_whole = not is_size and not self._has_succeeded
            request.chunk.refuse(request, error, Why.of(error), may_be_whole=may_be_whole)
        else:
            request.chunk.fail(request, error)
        self._make_ready()

    def _receive(
        self, request: Request[RowT], rows: Sequence[RowT], errors: Sequence[BatchError]
    ) -> None:
        outcome = match(self.operation, request.inputs, rows, errors)
        self.account.requests += 1
        self.account.unexpected += outcome.unexpected
        request.chunk.receive(request, outcome)
        if not self._has_succeeded:
            self._has_succeeded = True
            for chunk in self._chunks:
                chunk.blame_ids()
        self._make_ready()

    # The account

    def _make_ready(self) -> None:
        """Move the first chunks to the account, as far as they are done."""
        while self._chunks and self._chunks[0].is_done:
            self._place(self._chunks.popleft())

    def _place(self, chunk: Chunk[RowT]) -> None:
        account = self.account
        keys, records, missing = chunk.places()
        if self.needs_content:
            keys, records, empty = self.operation.with_content(keys, records)
            missing += zip(empty, repeat(WITHOUT_ASSOCIATIONS))
        cuts = [*self.operation.truncations(keys, records)]
        account.truncated += cuts
        for key, why in missing:
            account.missing.add(key, why)
        account.other_errors += chunk.other_errors
        account.failures += [
            each for each in chunk.failures if not isinstance(each.error, InvalidIdError)
        ]
        if self.makes_parts:
            account.add_part(
                Part(
                    account.records,
                    keys,
                    records,
                    number=account.next_part,
                    missing=missing,
                    truncated=len(cuts),
                    failures=chunk.failures,
                    taken_at=chunk.taken_at,
                    unread_at=chunk.unread_at(),
                    mark=chunk.mark,
                )
            )
        else:
            account.add_records(keys, records)
            account.ready += () if self.collects else chunk.failures

    def unread(self, returned: int) -> Iterator[str]:
        """Yield the ids taken that have no other place yet, then those not taken.

        Args:
            returned: Number of records that were returned to the caller.
        """
        account = self.account
        pending = [id_ for failure in account.failures for id_ in failure.ids]
        pending += map(str, account.undelivered)
        pending += [str(key) for key, _ in account.left(returned)]
        for chunk in self._chunks:
            pending += chunk.keys
            pending += [value for value, _ in chunk.invalid]
        return chain(pending, self.ids.rest())

    def summary(self, returned: int) -> Summary:
        """Return the account in numbers.

        Args:
            returned: Number of records that were returned to the caller.
        """
        ids = self.ids
        return self.account.summary(returned, total=ids.total, duplicates=ids.duplicates)


def _drop_frames(error: BaseException) -> None:
    """Release the objects in the frames of an exception: a failure may be kept for a long time."""
    for each in causes(error):
        each.__traceback__ = None
