"""The account: what happened to each id that was taken.

At any time, an id is in one place. It is in a chunk until the chunk is done; then its record is in
`ready` until it is returned, or it is in `missing`, or its request is in `failures`. Ids in a
chunk, in `ready` or in `failures` are unread.

The plan changes the account, where no KeyboardInterrupt arrives. The one exception is `returned`,
which is changed in one step, after the caller has the records.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, TypeVar, overload

from attrs import define, field

from hubspot_batch_read.core.id_order import Mark
from hubspot_batch_read.core.id_texts import Key
from hubspot_batch_read.core.results import Failure, Missing, Reason, Summary, Truncation
from hubspot_batch_read_api.errors import ApiError
from hubspot_batch_read_api.models import BatchError

RecordT = TypeVar("RecordT")

PLACES = ("records", "error", "without_associations", "unanswered", "invalid")
"""The places of ids that are not unread, as they are named in the numbers of earlier runs."""


@define(frozen=True, eq=False)
class Why:
    """The reason why ids are missing; the ids of one error share it."""

    reason: Reason
    category: str | None = None
    sub_category: str | None = None
    message: str | None = None
    context: Mapping[str, Sequence[str]] | None = None

    @staticmethod
    def of(error: Exception) -> Why:
        """Return the reason to record for an id whose request HubSpot refuses."""
        if isinstance(error, ApiError):
            context = error.context or None
            return Why("error", error.category, error.sub_category, error.description, context)
        return Why("error", message=str(error))


WITHOUT_ASSOCIATIONS = Why("without_associations")
UNANSWERED = Why("unanswered")


class MissingIds(Sequence[Missing]):
    """The missing ids, in the order in which they were found.

    Each `Missing` is created when it is asked for, so a million missing ids only take the memory of
    the ids and a reference each. Consecutive ids with the same reason share it.
    """

    def __init__(self) -> None:
        """Start empty."""
        self.counts: Counter[Reason] = Counter()
        self._keys: list[Key] = []
        self._starts = array("Q")  # where each reason starts
        self._whys: list[Why] = []

    def add(self, key: Key, why: Why) -> None:
        """Add an id."""
        if not self._whys or self._whys[-1] is not why:
            self._whys.append(why)
            self._starts.append(len(self._keys))
        self._keys.append(key)
        self.counts[why.reason] += 1

    def __len__(self) -> int:
        """Return the number of missing ids."""
        return len(self._keys)

    @overload
    def __getitem__(self, index: int) -> Missing: ...
    @overload
    def __getitem__(self, index: slice) -> list[Missing]: ...
    def __getitem__(self, index: int | slice) -> Missing | list[Missing]:
        """Return the missing id at an index, or a list for a slice."""
        if isinstance(index, slice):
            return [*map(self._at, range(len(self))[index])]
        return self._at(range(len(self))[index])

    def __iter__(self) -> Iterator[Missing]:
        """Yield the missing ids found so far."""
        return map(self._at, range(len(self)))

    def __repr__(self) -> str:
        """Return the number of missing ids for each reason."""
        counts = ", ".join(f"{number:,} {reason}" for reason, number in self.counts.items())
        return f"<{len(self):,} missing ids{': ' if counts else ''}{counts}>"

    def _at(self, position: int) -> Missing:
        why = self._whys[bisect_right(self._starts, position) - 1]
        return Missing(
            id=str(self._keys[position]),
            reason=why.reason,
            category=why.category,
            sub_category=why.sub_category,
            message=why.message,
            context=why.context,
        )


@define(frozen=True, eq=False)
class Ready(Generic[RecordT]):
    """The records of a chunk, in the order of its ids."""

    start: int
    """Number of records of the read before these."""
    keys: Sequence[Key]
    """The ids that were sent for them."""
    records: Sequence[RecordT]

    @property
    def end(self) -> int:
        """Number of records of the read before those of the next chunk."""
        return self.start + len(self.records)


@define(frozen=True, eq=False)
class Part(Ready[RecordT]):
    """The outcome for all ids of a chunk, which is written to a file in one step."""

    number: int
    """Number of parts before this one."""
    missing: Sequence[tuple[Key, Why]]
    truncated: int
    """Number of records that HubSpot cut short."""
    failures: Sequence[Failure]
    taken_at: Sequence[range]
    """The positions of the ids among all values."""
    unread_at: Sequence[int]
    """The positions of the ids that were not read because their request failed."""
    mark: Mark
    """Progress through the ids when the last id of the chunk was taken."""


@define(eq=False)
class Account(Generic[RecordT]):
    """Everything known about the ids whose chunk is done, and the totals."""

    returned: int = field(default=0, init=False)
    """Number of records that were returned to the caller.

    The only attribute that the plan does not change: the code that returns records does.
    """
    ready: deque[Ready[RecordT] | Failure] = field(factory=deque, init=False)
    """Records to be returned, and failures to be raised at their positions among them."""
    parts: deque[Part[RecordT]] = field(factory=deque, init=False)
    """The chunks to be written, if a file is written; `ready` is then empty."""
    parts_written: int = field(default=0, init=False)
    """Number of parts written; like `returned`, it is changed by the code that writes them."""
    undelivered: Sequence[Key] = field(default=(), init=False)
    """The ids of records that were written, but are in no file because a stream broke."""
    earlier: Counter[str] = field(factory=Counter, init=False)
    """The numbers of earlier runs, if a file is resumed: `PLACES` and a few others."""
    missing: MissingIds = field(factory=MissingIds, init=False)
    failures: list[Failure] = field(factory=list, init=False)
    other_errors: list[BatchError] = field(factory=list, init=False)
    """Errors that HubSpot listed and that could not be attributed to an id."""
    truncated: list[Truncation] = field(factory=list, init=False)
    taken: int = field(default=0, init=False)
    """Number of ids taken, including invalid values."""
    records: int = field(default=0, init=False)
    """Number of records that have been ready."""
    requests: int = field(default=0, init=False)
    unexpected: int = field(default=0, init=False)

    def add_records(self, keys: Sequence[Key], records: Sequence[RecordT]) -> None:
        """Add the records of a chunk to `ready`."""
        if keys:
            self.ready.append(Ready(self.records, keys, records))
            self.records += len(keys)

    def add_part(self, part: Part[RecordT]) -> None:
        """Add a chunk that is done to the parts to be written."""
        self.parts.append(part)
        self.records += len(part.keys)

    @property
    def next_part(self) -> int:
        """The number of the next part."""
        return self.parts[-1].number + 1 if self.parts else self.parts_written

    def summary(self, returned: int, *, total: int | None, duplicates: int) -> Summary:
        """Return the numbers, including those of earlier runs.

        Args:
            returned: How many records were returned to the caller.
            total: The number of ids, if it is known.
            duplicates: How many of them were duplicates.
        """
        counts = self.missing.counts + self.earlier
        placed = sum(self.earlier[name] for name in PLACES)
        returned -= len(self.undelivered)
        return Summary(
            total=total,
            taken=self.taken + placed,
            duplicates=duplicates,
            records=returned + self.earlier["records"],
            errors=counts["error"],
            without_associations=counts["without_associations"],
            unanswered=counts["unanswered"],
            invalid=counts["invalid"],
            unread=self.taken - returned - len(self.missing),
            truncated=len(self.truncated) + self.earlier["truncated"],
            unexpected=self.unexpected,
            requests=self.requests + self.earlier["requests"],
            failures=len(self.failures),
            earlier=placed,
        )

    def drop_returned(self) -> None:
        """Drop the chunks whose records were all returned or written."""
        while self.parts and self.parts[0].number < self.parts_written:
            self.returned = self.parts[0].end  # before it is dropped: an interrupt may come between
            self.parts.popleft()
        while self.ready:
            first = self.ready[0]
            if isinstance(first, Failure) or first.end > self.returned:
                return
            self.ready.popleft()

    def pop_failure(self) -> Failure | None:
        """Return the first failure among the ready records, and remove it there."""
        failure = next((item for item in self.ready if isinstance(item, Failure)), None)
        if failure is not None:
            self.ready.remove(failure)
        return failure

    def next_after(self, number: int) -> Ready[RecordT] | Failure | None:
        """Return the first chunk with records after the first `number` of the read.

        If there is a failure before it, that is returned, and removed.
        """
        for item in self.ready:
            if isinstance(item, Failure):
                return self.pop_failure()
            if item.end > number:
                return item
        return None

    def left(self, returned: int) -> Iterator[tuple[Key, RecordT]]:
        """Yield the ready records after the first `returned` of the read, each with its id."""
        for item in (*self.ready, *self.parts):
            if isinstance(item, Ready):
                begin = max(0, returned - item.start)
                yield from zip(item.keys[begin:], item.records[begin:], strict=True)
