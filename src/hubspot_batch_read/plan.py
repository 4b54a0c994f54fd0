"""The plan of a read: which requests to send, and what became of each id. It does no I/O.

Ids are taken in chunks, as many as a request can hold. A chunk is done when each of its ids has a
complete record or is known not to get one; its records are handed out when those of the chunks
before it have been. So records come in the order of the chunks, and no more than `window` chunks
are in memory beside the one that is being handed out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain, groupby
from operator import itemgetter
from typing import Generic

from hubspot_batch_read.answers import errors_of, read_answer, salvage
from hubspot_batch_read.chunk import Chunk, Cut, Ready, Request, Source
from hubspot_batch_read.ids import Key
from hubspot_batch_read.operations import Envelope, RowT
from hubspot_batch_read.results import Failure, InputError, Summary, Truncation, WithoutRecord
from hubspot_batch_read_api.errors import DecodeError, causes
from hubspot_batch_read_api.models import BatchError

Entry = tuple[Source[RowT], Key, RowT]
"""A record on its way to the caller, with the id it was asked by."""


class Plan(Generic[RowT]):
    """Hands out requests, takes answers, and keeps the account.

    At every moment, each id that was taken is in exactly one place: it has a record that was handed
    out, or is in `errors`, in `without_associations`, in `unanswered` or in `unread`.
    """

    def __init__(self, sources: Sequence[Source[RowT]], *, window: int, collect: bool) -> None:
        """Plan to read all ids of the sources, one source after the other.

        Args:
            sources: The ids.
            window: How many chunks may be in memory beside the one that is being handed out.
            collect: Whether failures are only recorded, and not raised.
        """
        self.table = sources[0].operation.table
        self.errors: list[InputError] = []
        self.other_errors: list[BatchError] = []
        self.failures: list[Failure] = []
        self._sources = sources
        self._window = window
        self._collect = collect
        self._records = self._requests = self._unexpected = 0
        self._cut: list[Cut[RowT]] = []
        self._told = 0  # so many of the errors
        self._end_is_known = False
        self._chunks: deque[Chunk[RowT]] = deque()
        self._ready: deque[Ready[RowT] | Failure] = deque()

    # Requests

    def next_request(self) -> Request[RowT] | None:
        """Return a request to send now, None if there is none before something else happens.

        Takes ids from their iterable; what that raises is a failure with a place of its own among
        the records.
        """
        for chunk in self._chunks:
            if chunk.to_send:
                return self._request(chunk)
        while len(self._chunks) < self._window and (new := self._next_chunk()):
            if new.to_send:
                return self._request(new)
        return None

    def _request(self, chunk: Chunk[RowT]) -> Request[RowT]:
        request = Request(chunk, chunk.to_send)
        chunk.to_send = {}
        return request

    def _next_chunk(self) -> Chunk[RowT] | None:
        source = next((source for source in self._sources if not source.ids.exhausted), None)
        if source is None:
            return None
        chunk = Chunk(source)
        # First of all, so that the ids taken are in the account whatever happens.
        self._chunks.append(chunk)
        self._fill(chunk)
        chunk.restart()
        return chunk

    def _fill(self, chunk: Chunk[RowT]) -> None:
        """Take ids into a chunk; what that raises is a failure, to be raised after its records."""
        ids, limit = chunk.source.ids, chunk.source.operation.max_inputs
        while not ids.exhausted and len(chunk.keys) + len(chunk.failures) < limit:
            try:
                ids.take(limit, chunk.keys)
            except Exception as error:  # noqa: BLE001 - see above
                chunk.failures.append(Failure(error, ()))
                if not self._collect:
                    return

    def restart(self) -> None:
        """Discard the requests in flight, which will be sent again.

        Raises:
            RuntimeError: Everything has been read, and the caller knows.
        """
        self.check_left()
        for chunk in self._chunks:
            chunk.restart()

    @property
    def finished(self) -> bool:
        """Whether every id has been taken and every record handed out."""
        under_way = self._chunks or self._ready
        return not under_way and all(source.ids.exhausted for source in self._sources)

    def check_left(self) -> None:
        """Refuse to read what has been read to its end, if the caller knows."""
        if self._end_is_known and self.finished:
            again = "to read the ids again, call the method of the client again"
            raise RuntimeError(f"this batch has been read to its end; {again}")

    def note_end(self) -> None:
        """Note that a caller has seen the end of a loop."""
        self._end_is_known = self.finished

    # Answers

    def receive(self, request: Request[RowT], envelope: Envelope[RowT]) -> None:
        """Take the answer to a request."""
        self._settle(request, envelope.results, errors_of(envelope))

    def fail(self, request: Request[RowT], error: Exception) -> None:
        """Take note that a request failed for good.

        Of a body that does not match its model as a whole, the rows that do are received.
        """
        if isinstance(error, DecodeError):
            salvaged = salvage(request.operation, error)
            if salvaged is not None:
                self._settle(request, *salvaged)
                return
        if self._collect:
            _drop_frames(error)
        self._requests += 1
        request.chunk.fail(request, error)

    def _settle(
        self, request: Request[RowT], rows: Sequence[RowT], errors: Sequence[BatchError]
    ) -> None:
        answer = read_answer(request.operation, request.inputs, rows, errors)
        self._requests += 1
        self._unexpected += answer.unexpected
        request.chunk.receive(request, answer)

    # Records

    def advance(self) -> bool:
        """Tell whether there is a record or a failure to take, if need be from the next chunk."""
        while not self._ready:
            if not self._chunks or not self._chunks[0].done:
                return False
            self._account_for(self._chunks[0])
        return True

    def take(self) -> Entry[RowT] | None:
        """Hand out the next record; None if there is none before the plan advances.

        Raises:
            Exception: What made a request fail, in its place among the records, unless failures
                are collected.
        """
        while self._ready:
            item = self._ready[0]
            if isinstance(item, Ready):
                source, key, record = item.source, item.keys[-1], item.records[-1]
                fields = source.operation.cut(record)
                cut = [Cut(source, key, fields)] if fields else []
                # Nothing from here on calls a function, so no interrupt comes in between.
                self._cut += cut
                self._records += 1
                del item.keys[-1], item.records[-1]
                if not item.keys:
                    del self._ready[0]
                return source, key, record
            self.failures += [item]
            del self._ready[0]
            if not self._collect:
                raise item.error
        return None

    def give_back(self, entries: Sequence[Entry[RowT]]) -> None:
        """Take back the records handed out last: nobody got to see them."""
        ready: deque[Ready[RowT] | Failure] = deque()
        for source, same in groupby(entries, itemgetter(0)):
            _, keys, records = zip(*same, strict=True)
            ready.append(Ready(source, list(keys[::-1]), list(records[::-1])))
        ready += self._ready
        cut = sum(1 for source, _, record in entries if source.operation.cut(record))
        number, left = len(entries), self._cut[: len(self._cut) - cut]
        # Nothing from here on calls a function, so no interrupt comes in between.
        self._ready = ready
        self._cut = left
        self._records -= number

    def _account_for(self, chunk: Chunk[RowT]) -> None:
        """Give each id of the first chunk its place, and make the records ready."""
        source = chunk.source
        failed = {id_ for failure in chunk.failures for id_ in failure.ids}
        keys: list[Key] = []
        records: list[RowT] = []
        without_associations: list[Key] = []
        unanswered: list[Key] = []
        for id_, key in chunk.keys.items():
            if record := chunk.record(id_):
                keys.append(key)
                records.append(record)
            elif id_ in chunk.without_associations:
                without_associations.append(key)
            elif id_ not in chunk.errors and id_ not in failed:
                unanswered.append(key)
        ready = [Ready(source, keys[::-1], records[::-1])] if keys else []
        errors = list(chunk.errors.values())
        # Nothing from here on calls a function, so no interrupt comes in between.
        self._ready += ready
        self._ready += chunk.failures
        self.errors += errors
        self.other_errors += chunk.other_errors
        source.ids.without_associations += without_associations
        source.ids.unanswered += unanswered
        del self._chunks[0]

    # The account

    @property
    def without_associations(self) -> list[str]:
        """The ids of which HubSpot says that they have no associations."""
        return [
            source.ids.text(key)
            for source in self._sources
            for key in source.ids.without_associations
        ]

    @property
    def unanswered(self) -> list[str]:
        """The ids that HubSpot said nothing of."""
        return [source.ids.text(key) for source in self._sources for key in source.ids.unanswered]

    def new_without_record(self) -> list[WithoutRecord]:
        """Return the ids that were found to have no record since the last call."""
        new = [WithoutRecord(error.id, "error", error) for error in self.errors[self._told :]]
        self._told = len(self.errors)
        for ids in (source.ids for source in self._sources):
            new += ids.new_without_record()
        return new

    @property
    def truncated(self) -> list[Truncation]:
        """The records handed out that HubSpot cut short."""
        return [
            Truncation(source.ids.text(key), fields, source.operation.remedy)
            for source, key, fields in self._cut
        ]

    @property
    def unread(self) -> Iterator[str]:
        """The ids taken without a place in the account yet, then those not taken."""
        pending: list[str] = [id_ for failure in self.failures for id_ in failure.ids]
        for item in self._ready:
            pending += item.ids
        for chunk in self._chunks:
            pending += map(chunk.source.operation.kind, chunk.keys)
        return chain(pending, *(source.ids.rest() for source in self._sources))

    @property
    def summary(self) -> Summary:
        """The account in numbers."""
        ids = [source.ids for source in self._sources]
        totals = [each.total for each in ids]
        places = {
            "records": self._records,
            "errors": len(self.errors),
            "without_associations": sum(len(each.without_associations) for each in ids),
            "unanswered": sum(len(each.unanswered) for each in ids),
        }
        taken = sum(each.count for each in ids)
        return Summary(
            total=None if None in totals else sum(total for total in totals if total is not None),
            taken=taken,
            duplicates=sum(each.duplicates for each in ids),
            **places,
            unread=taken - sum(places.values()),
            truncated=len(self._cut),
            unexpected=self._unexpected,
            requests=self._requests,
            failures=len(self.failures),
        )


def _drop_frames(error: BaseException) -> None:
    """Let go of what the frames of an exception hold: a failure may be kept for long."""
    for each in causes(error):
        each.__traceback__ = None
