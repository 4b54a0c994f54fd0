"""The ids to read: pulled from the caller's iterable, checked, and each taken once.

If a file is resumed, the ids that an earlier run has taken are skipped. Those that it did not read
are taken again, before any others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from itertools import chain, islice
from typing import Any

from attrs import define

from hubspot_batch_read.core.id_checks import (
    InvalidIdError,
    checked,
    refuse_other_things,
    valid_text,
)
from hubspot_batch_read.core.id_order import Mark, Order, spelling
from hubspot_batch_read.core.id_texts import Id, Key, pack, usual_ids

_SKIPPED_TOGETHER = 10_000


class _End(Enum):
    """Marks the end of the pulled values."""

    END = "end"


@define(frozen=True)
class _Fault:
    """Stands for the exception that the iterable raised instead of a value."""

    error: Exception


_Value = Id | InvalidIdError | _Fault | _End


class Ids:
    """The ids of a read: the taken ones, the pulled ones, and the rest of the iterable.

    Only `pull` and `skip` run the caller's code; if they are interrupted, no value is lost. At the
    same time, another thread may take pulled values.

    An InvalidIdError among the values stands for a value that the caller knows to be invalid.
    """

    def __init__(self, ids: Iterable[Id], *, name: str = "ids", unique: bool = False) -> None:
        """Prepare to take ids from an iterable; none is taken yet.

        Args:
            ids: The ids. They are pulled as they are needed.
            name: The name of the argument in errors.
            unique: Whether the ids contain no duplicates; then they are not remembered.

        Raises:
            TypeError: `ids` is not an iterable of ids, but a single text, a dict or a data frame.
        """
        refuse_other_things(name, ids)
        self.total = _length(ids)
        self.duplicates = 0
        self.exhausted = False
        """Whether all ids have been taken."""
        self.is_ordered = not isinstance(ids, set | frozenset)
        """Whether their order would be the same in another run."""
        self._ids = ids
        self._iterator: Iterator[_Value] | None = None
        self._pending: deque[_Value] = deque()
        self._again: deque[tuple[int, str]] = deque()  # skipped ids that have to be read
        self._position = 0
        self._order: Order | None = None
        self._name = name
        self._seen: set[Key] | None = None if unique else set()

    @property
    def is_begun(self) -> bool:
        """Whether any value has been pulled."""
        return self._iterator is not None

    def hash_order(self) -> None:
        """Keep a hash of the ids from now on, for `mark`; call this before any are pulled."""
        self._order = Order()

    def mark(self) -> Mark:
        """Return the progress through the ids."""
        digest = "" if self._order is None else self._order.digest()
        return Mark(self._position, digest, self.duplicates)

    def skip(self, before: Mark, unread: Iterable[range]) -> Mark:
        """Skip the values that an earlier run has taken, and return the progress.

        Values at the positions in `unread` will be taken again, before any others.

        Raises:
            Exception: An exception of the iterable.
        """
        order = self._order = Order()
        while self._position < before.position and not self._is_at_end:
            self.pull(min(_SKIPPED_TOGETHER, before.position - self._position))
            self._skip_pending(order, unread)
        self.duplicates = before.duplicates
        return self.mark()

    @property
    def _is_at_end(self) -> bool:
        return bool(self._pending) and self._pending[-1] is _End.END

    def _skip_pending(self, order: Order, unread: Iterable[range]) -> None:
        values = list(self._pending)
        at_end = values[-1:] == [_End.END]
        self._pending = deque(values[-1:] if at_end else ())
        del values[len(values) - at_end :]
        for value in values:
            if isinstance(value, _Fault):
                raise value.error
        texts = self._skipped(values)
        order.add(texts)
        start, self._position = self._position, self._position + len(values)
        for each in unread:
            again = range(max(each.start, start), min(each.stop, self._position))
            self._again += ((position, texts[position - start]) for position in again)

    def _skipped(self, values: Sequence[_Value]) -> list[str]:
        """Return the texts of values, and remember those that are ids."""
        if usual := usual_ids(values):
            if self._seen is not None:
                self._seen.update(usual.keys)
            return usual.texts
        if self._seen is not None:
            self._seen.update(pack(text) for text in map(valid_text, values) if text is not None)
        return [*map(spelling, values)]

    def pull(self, number: int) -> None:
        """Pull up to `number` more values; an exception of the iterable counts as one of them."""
        try:
            if self._iterator is None:
                self._iterator = chain(iter(self._ids), (_End.END,))
            # One step per value: after an interrupt, the values before it are pending.
            self._pending.extend(islice(self._iterator, number))
        except Exception as error:  # noqa: BLE001 - the iterable is the caller's code
            self._pending.extend((_Fault(error), _End.END))

    def lack(self, number: int) -> int:
        """Return how many more values must be pulled before `number` can be taken."""
        if self.exhausted or self._is_at_end:
            return 0
        return max(0, number - len(self._again) - len(self._pending))

    def take(self, limit: int, chunk: dict[str, Key], positions: list[range]) -> None:
        """Move pending values into a chunk until it is full.

        If this raises, the ids before the exception are in the chunk.

        Args:
            limit: Maximum number of ids in the chunk.
            chunk: The ids of the chunk.
            positions: Their positions among all values.

        Raises:
            InvalidIdError: A value is not a valid id; the next call skips it.
            Exception: An exception of the iterable, once; it yields no further values.
        """
        while self._again and len(chunk) < limit:
            position, text = self._again.popleft()
            chunk[text] = pack(text)
            _add(positions, position)
        number = min(limit - len(chunk), len(self._pending))
        values = deque(self._pending.popleft() for _ in range(number))
        if values and values[-1] is _End.END:
            self._pending.append(values.pop())
        try:
            self._take_many(values, chunk, positions)
            while values:
                self._take_next(values.popleft(), chunk, positions)
        finally:
            self._pending.extendleft(reversed(values))
            if self._pending and self._pending[0] is _End.END and not self._again:
                self._pending.popleft()
                self.exhausted = True

    def _take_many(
        self, values: deque[_Value], chunk: dict[str, Key], positions: list[range]
    ) -> None:
        """Take several values at once if all are usual: decimal numbers that are not repeated.

        This takes a third of the time of taking them one by one.
        """
        usual = usual_ids(values)
        if usual is None:
            return
        keys, texts = usual
        added, key_set = dict(zip(texts, keys, strict=True)), set(keys)
        is_known = self._seen is not None and not self._seen.isdisjoint(key_set)
        if is_known or len(key_set) < len(keys) or not added.keys().isdisjoint(chunk):
            return
        chunk |= added
        positions.append(range(self._position, self._position + len(keys)))
        self._position += len(keys)
        values.clear()
        if self._seen is not None:
            self._seen |= key_set
        if self._order is not None:
            self._order.add(texts)

    def _take_next(self, value: _Value, chunk: dict[str, Key], positions: list[range]) -> None:
        if isinstance(value, _Fault):
            raise value.error
        position, self._position = self._position, self._position + 1
        if self._order is not None:
            self._order.add([spelling(value)])
        text = checked(value, f"{self._name}[{position}]")
        key = pack(text)
        if text in chunk or (self._seen is not None and key in self._seen):
            self.duplicates += 1
            return
        chunk[text] = key
        _add(positions, position)
        if self._seen is not None:
            self._seen.add(key)

    def rest(self) -> Iterator[str]:
        """Yield the values that have not been taken yet, each id once.

        A sequence or a set is iterated over from the start and is not changed; of any other
        iterable, these are the next items. Invalid ids are yielded unchanged.
        """
        if isinstance(self._ids, Sequence | AbstractSet):
            values: Iterator[_Value] = islice(self._ids, self._position, None)
        else:
            values = chain([*self._pending], self._iterator or iter(self._ids))
        return chain([text for _, text in self._again], self._each(values))

    def _each(self, values: Iterator[Any]) -> Iterator[str]:
        seen: set[Key] = set()
        for value in values:
            if isinstance(value, _Fault):
                raise value.error
            if value is _End.END:
                if not self._is_at_end:  # the iterator yielded it, and has no more items
                    self._pending.append(value)
                return
            text = valid_text(value)
            if text is None:
                yield value.value if isinstance(value, InvalidIdError) else value
                continue
            key = pack(text)
            if self._seen is not None:
                if key in self._seen or key in seen:
                    continue
                seen.add(key)
            yield text


def _add(positions: list[range], position: int) -> None:
    """Add a position, which is greater than all others, to ranges of positions."""
    if positions and positions[-1].stop == position:
        positions[-1] = range(positions[-1].start, position + 1)
    else:
        positions.append(range(position, position + 1))


def _length(ids: Any) -> int | None:
    try:
        return len(ids)
    except Exception:  # noqa: BLE001 - it may be unknown, or more than a C integer holds
        return None
