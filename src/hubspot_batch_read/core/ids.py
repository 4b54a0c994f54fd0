"""The ids to read: pulled from the caller's iterable, checked, and each taken once.

A read of a million ids remembers each of them, so they are kept as `int` where that gives back the
same text, which takes half the memory.
"""

from __future__ import annotations

import operator
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence, Sized
from collections.abc import Set as AbstractSet
from enum import Enum
from itertools import chain, islice
from typing import SupportsIndex, cast
from uuid import UUID

from attrs import define

from hubspot_batch_read.core.id_checks import (
    problem_of_object,
    problem_of_text,
    refuse_other_things,
    shown,
)
from hubspot_batch_read_api.errors import ArgumentError

Id = str | int | UUID
"""What is accepted as an id: text, a whole number, NumPy's included, or a UUID."""

Key = int | str
"""An id as it is kept."""

_DECIMAL = re.compile("[1-9][0-9]{0,38}", re.ASCII)
_TOO_LONG = 10**39


def pack(text: str) -> Key:
    """Return the smaller form of an id, of which `str()` makes the same text again."""
    return int(text) if _DECIMAL.fullmatch(text) else text


def normal_form(text: str) -> str:
    """Return an id as HubSpot may write it: without leading zeros, in lower case."""
    return text.lstrip("0") or "0" if text.isdecimal() else text.lower()


class InvalidIdError(ArgumentError):
    """A value is not a valid id; `argument` says where it is, such as `ids[3]`."""

    value: str
    """The value, or a few characters of its repr if it is not text."""

    def __init__(self, argument: str, problem: str, value: str) -> None:
        """Say what is wrong with a value."""
        super().__init__(argument, problem)
        self.value = value


class _End(Enum):
    """Comes after the last of the values that are pulled."""

    END = "end"


@define(frozen=True)
class _Fault:
    """Stands for a value in place of which the iterable raised an exception."""

    error: Exception


class Ids:
    """The ids of a read: those that were taken, those pulled, and the rest of the iterable.

    `pull` runs the caller's code, and nothing else does; an interrupt there loses no value. Another
    thread may take meanwhile what was pulled.
    """

    def __init__(self, ids: Iterable[Id], *, name: str = "ids", unique: bool = False) -> None:
        """Prepare to take ids from an iterable; none is taken yet.

        Args:
            ids: The ids. They are pulled as they are needed.
            name: What errors call them.
            unique: Whether each id is known to come once only; then they are not remembered.

        Raises:
            TypeError: `ids` is not an iterable of ids, but a single text, a dict or a data frame.
        """
        refuse_other_things(name, ids)
        self.total = _length(ids)
        self.duplicates = 0
        self.exhausted = False
        """Whether there is nothing left to take."""
        self._ids = ids
        self._iterator: Iterator[Id | _End] | None = None
        self._pending: deque[Id | _Fault | _End] = deque()
        self._position = 0
        self._name = name
        self._seen: set[Key] | None = None if unique else set()

    def pull(self, number: int) -> None:
        """Make more values pending, up to a number; what the iterable raises is one of them."""
        try:
            if self._iterator is None:
                self._iterator = chain(iter(self._ids), (_End.END,))
            # One step for each value: if this is interrupted, those before are pending.
            self._pending.extend(islice(self._iterator, number))
        except Exception as error:  # noqa: BLE001 - the iterable is the caller's code
            self._pending.extend((_Fault(error), _End.END))

    def lack(self, number: int) -> int:
        """Return how many values have to be pulled before so many can be taken."""
        if self.exhausted or (self._pending and self._pending[-1] is _End.END):
            return 0
        return max(0, number - len(self._pending))

    def take(self, limit: int, chunk: dict[str, Key]) -> None:
        """Move pending values into a chunk until it has as many as the limit.

        Whatever is raised, the ids before are in the chunk.

        Raises:
            InvalidIdError: A value is not an id; it is skipped the next time.
            Exception: What the iterable raised, once; nothing more comes from it.
        """
        number = min(limit - len(chunk), len(self._pending))
        values = deque(self._pending.popleft() for _ in range(number))
        if values and values[-1] is _End.END:
            self._pending.append(values.pop())
        try:
            if not self._take_many(values, chunk):
                while values:
                    self._take_next(values.popleft(), chunk)
        finally:
            self._pending.extendleft(reversed(values))
            if self._pending and self._pending[0] is _End.END:
                self._pending.popleft()
                self.exhausted = True

    def _take_many(self, values: deque[Id | _Fault | _End], chunk: dict[str, Key]) -> bool:
        """Take all of some values if they are usual: decimal numbers, each for the first time.

        It takes a third of the time that it takes to take them one by one.
        """
        kinds = set(map(type, values))
        if kinds not in ({int}, {str}):
            return False
        try:
            keys = [*map(int, cast("deque[str]", values))]
            texts = [*map(str, keys)]
        except ValueError:
            return False
        if kinds == {str} and texts != [*values]:
            return False
        if min(keys) < 1 or max(keys) >= _TOO_LONG:
            return False
        added, key_set = dict(zip(texts, keys, strict=True)), set(keys)
        is_known = self._seen is not None and not self._seen.isdisjoint(key_set)
        if is_known or len(key_set) < len(keys) or not added.keys().isdisjoint(chunk):
            return False
        chunk |= added
        self._position += len(keys)
        values.clear()
        if self._seen is not None:
            self._seen |= key_set
        return True

    def _take_next(self, value: Id | _Fault | _End, chunk: dict[str, Key]) -> None:
        if isinstance(value, _Fault):
            raise value.error
        position, self._position = self._position, self._position + 1
        text = self._checked(value, position)
        key = pack(text)
        if text in chunk or (self._seen is not None and key in self._seen):
            self.duplicates += 1
            return
        chunk[text] = key
        if self._seen is not None:
            self._seen.add(key)

    def rest(self) -> Iterator[str]:
        """Return what has not been taken yet, each id once.

        A sequence or a set is gone through from its beginning and stays as it is; of anything else,
        these are its next items. What is not an id is yielded as it is.
        """
        if isinstance(self._ids, Sequence | AbstractSet):
            values: Iterator[Id | _Fault | _End] = islice(self._ids, self._position, None)
        else:
            values = chain([*self._pending], self._iterator or iter(self._ids))
        return self._each(values)

    def _each(self, values: Iterator[Id | _Fault | _End]) -> Iterator[str]:
        seen: set[Key] = set()
        for value in values:
            if isinstance(value, _Fault):
                raise value.error
            if value is _End.END:
                is_known = self.exhausted or (self._pending and self._pending[-1] is _End.END)
                if not is_known:  # it came from the iterator, which has no more
                    self._pending.append(value)
                return
            try:
                text = self._checked(value, self._position)
            except InvalidIdError:
                yield cast("str", value)
                continue
            key = pack(text)
            if self._seen is not None:
                if key in self._seen or key in seen:
                    continue
                seen.add(key)
            yield text

    def _checked(self, value: object, position: int) -> str:
        text = _text(value)
        problem = problem_of_object(value) if text is None else problem_of_text(text)
        if text is not None and problem is None:
            return text
        reason = f": {problem}" if problem else ""
        raise InvalidIdError(
            f"{self._name}[{position}]",
            f"expected an id as text or whole number, got {shown(value)}{reason}",
            value if type(value) is str else shown(value),
        )


def _text(value: object) -> str | None:
    """Return the text of a value of a type that ids have, None if it is of another."""
    if type(value) is str:
        return value
    if isinstance(value, str):
        return str.__str__(value)  # not str(), which an enum has its own idea of
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, SupportsIndex) and not isinstance(value, bool):
        return _decimal(value)
    return None


def _length(ids: Iterable[Id]) -> int | None:
    try:
        return len(ids) if isinstance(ids, Sized) else None
    except Exception:  # noqa: BLE001 - a progress bar without a length, more than a C integer holds
        return None


def _decimal(value: SupportsIndex) -> str | None:
    try:
        return str(operator.index(value))
    except Exception:  # noqa: BLE001 - an array, thousands of digits, whatever its author had in mind
        return None
