"""The account: what became of each id that was taken.

An id has one place at any time. It is in a chunk until the chunk is done; then its record is in
`ready` until it is returned, or it is in `missing`, or its request is in `failures`. What is in a
chunk, in `ready` or in `failures` is unread.

The plan changes the account, where no KeyboardInterrupt arrives. Whoever returns records changes
`returned`, in one step, after the caller has them.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, TypeVar, overload

from attrs import define, field

from hubspot_batch_read.core.ids import Key, Mark
from hubspot_batch_read.core.results import Failure, Missing, Reason, Truncation
from hubspot_batch_read_api.models import BatchError

RecordT = TypeVar("RecordT")


@define(frozen=True, eq=False)
class Why:
    """Why ids are missing; those of one error share it."""

    reason: Reason
    category: str | None = None
    sub_category: str | None = None
    message: str | None = None
    context: Mapping[str, Sequence[str]] | None = None


WITHOUT_ASSOCIATIONS = Why("without_associations")
UNANSWERED = Why("unanswered")


class MissingIds(Sequence[Missing]):
    """The missing ids, in the order in which they were found.

    Each `Missing` is made when it is asked for: a million of them take a reference each, and the
    ids. Those that follow each other for the same reason share it.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self.counts: Counter[Reason] = Counter()
        self._keys: list[Key] = []
        self._starts = array("Q")  # where each reason begins
        self._whys: list[Why] = []

    def add(self, key: Key, why: Why) -> None:
        """Add an id."""
        if not self._whys or self._whys[-1] is not why:
            self._whys.append(why)
            self._starts.append(len(self._keys))
        self._keys.append(key)
        self.counts[why.reason] += 1

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._keys)

    @overload
    def __getitem__(self, index: int) -> Missing: ...
    @overload
    def __getitem__(self, index: slice) -> list[Missing]: ...
    def __getitem__(self, index: int | slice) -> Missing | list[Missing]:
        """Return one of them, or a list of some."""
        if isinstance(index, slice):
            return [*map(self._at, range(len(self))[index])]
        return self._at(range(len(self))[index])

    def __iter__(self) -> Iterator[Missing]:
        """Yield each that was found so far."""
        return map(self._at, range(len(self)))

    def __repr__(self) -> str:
        """Return how many there are, by reason."""
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
    """How many records of the read came before them."""
    keys: Sequence[Key]
    """The ids they were asked by."""
    records: Sequence[RecordT]

    @property
    def end(self) -> int:
        """How many records of the read come before the next chunk's."""
        return self.start + len(self.records)


@define(frozen=True, eq=False)
class Part(Ready[RecordT]):
    """What became of all ids of a chunk: what is written to a file at a time."""

    number: int
    """How many parts came before."""
    missing: Sequence[tuple[Key, Why]]
    truncated: int
    """How many of the records HubSpot cut short."""
    failures: Sequence[Failure]
    taken_at: Sequence[range]
    """The positions of the ids among all values."""
    unread_at: Sequence[int]
    """The positions of those that were not read, since their request failed."""
    mark: Mark
    """How far the ids were taken when the last of the chunk was."""


@define(eq=False)
class Account(Generic[RecordT]):
    """Everything that is known of the ids whose chunk is done, and the numbers of the whole."""

    returned: int = field(default=0, init=False)
    """How many records were returned to the caller, from the first on.

    It is the one thing that is not for the plan to change, but for whoever returns records.
    """
    ready: deque[Ready[RecordT] | Failure] = field(factory=deque, init=False)
    """Records to be returned, and among them the failures that are to be raised in their place."""
    parts: deque[Part[RecordT]] = field(factory=deque, init=False)
    """What is to be written, if a file is: all chunks that are done, and nothing is in `ready`."""
    parts_written: int = field(default=0, init=False)
    """How many parts were written; like `returned`, it is changed by whoever writes them."""
    earlier: Counter[str] = field(factory=Counter, init=False)
    """The numbers of the runs before, if a file is gone on with: `PLACES` and a few others."""
    missing: MissingIds = field(factory=MissingIds, init=False)
    failures: list[Failure] = field(factory=list, init=False)
    other_errors: list[BatchError] = field(factory=list, init=False)
    """Errors that HubSpot listed without naming an id they explain."""
    truncated: list[Truncation] = field(factory=list, init=False)
    taken: int = field(default=0, init=False)
    """Ids taken, and values that are not ids."""
    records: int = field(default=0, init=False)
    """Records that were made ready."""
    requests: int = field(default=0, init=False)
    unexpected: int = field(default=0, init=False)

    def add_records(self, keys: Sequence[Key], records: Sequence[RecordT]) -> None:
        """Make the records of a chunk ready."""
        if keys:
            self.ready.append(Ready(self.records, keys, records))
            self.records += len(keys)

    def add_part(self, part: Part[RecordT]) -> None:
        """Make what became of a chunk ready to be written."""
        self.parts.append(part)
        self.records += len(part.keys)

    @property
    def next_part(self) -> int:
        """The number of the part that comes next."""
        return self.parts[-1].number + 1 if self.parts else self.parts_written

    def drop_returned(self) -> None:
        """Let go of the chunks whose records were all returned or written."""
        while self.parts and self.parts[0].number < self.parts_written:
            self.returned = self.parts.popleft().end
        while self.ready:
            first = self.ready[0]
            if isinstance(first, Failure) or first.end > self.returned:
                return
            self.ready.popleft()

    def left(self, returned: int) -> Iterator[tuple[Key, RecordT]]:
        """Yield the ready records after the first `returned` of the read, each with its id."""
        for item in (*self.ready, *self.parts):
            if isinstance(item, Ready):
                begin = max(0, returned - item.start)
                yield from zip(item.keys[begin:], item.records[begin:], strict=True)
