"""The ids to read: checked, each taken once, in chunks; and what became of those without a record.

A read of a million ids keeps each of them for as long as it lasts, so ids are kept packed: as an
`int` where that gives back the same text, which takes half the memory.
"""

from __future__ import annotations

import operator
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence, Sized
from collections.abc import Set as AbstractSet
from itertools import chain, islice
from typing import SupportsIndex, cast
from uuid import UUID

from hubspot_batch_read.id_checks import (
    problem_of_object,
    problem_of_text,
    refuse_other_things,
    shown,
)
from hubspot_batch_read.results import WithoutRecord

Id = str | int | UUID
"""What is accepted as an id: text, a whole number, NumPy's included, or a UUID."""

Key = int | str
"""An id as it is kept."""

_DECIMAL = re.compile("[1-9][0-9]{0,38}", re.ASCII)
_TOO_LONG = 10**39
_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class FlowId(str):
    """A flow id, where flow ids and workflow ids stand together; otherwise like any `str`."""

    __slots__ = ()


class WorkflowId(str):
    """A workflow id, where flow ids and workflow ids stand together; otherwise like any `str`."""

    __slots__ = ()


def pack(text: str) -> Key:
    """Return the smallest form of an id that `unpack` turns into the same text again."""
    if _DECIMAL.fullmatch(text):
        return int(text)
    if len(text) == 36 and _UUID.fullmatch(text):
        return -1 - UUID(text).int
    return text


def unpack(key: Key) -> str:
    """Return the text of a packed id."""
    if isinstance(key, str):
        return key
    return str(key) if key >= 0 else str(UUID(int=-1 - key))


def normal_form(text: str) -> str:
    """Return an id as HubSpot may write it: without leading zeros, in lower case."""
    return text.lstrip("0") or "0" if text.isdecimal() else text.lower()


class InvalidIdError(ValueError):
    """Something among the ids is none; the message says what, and where it stands."""


class Ids:
    """The ids of one kind that are to be read, and the account of those without a record."""

    def __init__(
        self,
        ids: Iterable[Id],
        *,
        name: str = "ids",
        kind: type[str] = str,
        unique: bool = False,
    ) -> None:
        """Prepare to take ids from an iterable; none is taken yet.

        Args:
            ids: The ids. They are taken as they are needed.
            name: What errors call them.
            kind: What ids are handed out as.
            unique: Whether each id is known to come once only; then they are not remembered.

        Raises:
            TypeError: `ids` is not an iterable of ids, but a single text, a dict or a data frame.
        """
        refuse_other_things(name, ids)
        self.total = _length(ids)
        self.duplicates = 0
        self.count = 0
        self.without_associations: list[Key] = []
        self.unanswered: list[Key] = []
        self._told = (0, 0)  # so many of the two
        self._ids = ids
        self._iterator: Iterator[Id] | None = None
        self._ended = False
        self._fault: Exception | None = None
        self._pending: deque[Id] = deque()
        self._position = 0
        self._name = name
        self.kind = kind
        self._seen: set[Key] | None = None if unique else set()

    @property
    def exhausted(self) -> bool:
        """Whether there is nothing left to take."""
        return self._ended and not self._pending and self._fault is None

    def take(self, limit: int, chunk: dict[str, Key]) -> None:
        """Move the next ids into a chunk until it has as many as the limit, or none is left.

        Whatever is raised, the ids taken before are in the chunk.

        Raises:
            InvalidIdError: Something is not an id; it is skipped the next time.
            Exception: What the iterable raises; nothing more is taken from it.
        """
        while len(chunk) < limit and not self.exhausted:
            if not self._pending:
                self._pull(limit - len(chunk))
            if len(self._pending) > limit - len(chunk) or not self._add_all(chunk):
                while self._pending and len(chunk) < limit:
                    self._add_next(chunk)

    def _pull(self, number: int) -> None:
        """Make so many values pending; what the iterable raises is raised when those are taken."""
        if self._fault is not None:
            fault, self._fault = self._fault, None
            raise fault
        try:
            if self._iterator is None:
                self._iterator = iter(self._ids)
            # If this is interrupted, the values before are pending.
            self._pending.extend(islice(self._iterator, number))
        except Exception as error:  # noqa: BLE001 - see above
            self._fault = error
        self._ended = len(self._pending) < number

    def _add_all(self, chunk: dict[str, Key]) -> bool:
        """Add all that is pending, if it is usual: decimal numbers, each for the first time.

        It takes a third of the time that it takes to add them one by one.
        """
        kinds = set(map(type, self._pending))
        if kinds not in ({int}, {str}):
            return False
        try:
            keys = [*map(int, self._pending)]
            texts = [*map(str, keys)]
        except ValueError:
            return False
        if kinds == {str} and texts != [*self._pending]:
            return False
        added, key_set, nothing = dict(zip(texts, keys, strict=True)), set(keys), deque[Id]()
        is_known = self._seen is not None and not self._seen.isdisjoint(key_set)
        if is_known or len(key_set) < len(keys) or not added.keys().isdisjoint(chunk):
            return False
        number = len(keys)
        if min(keys) < 1 or max(keys) >= _TOO_LONG:
            return False
        # Nothing from here on calls a function, so no interrupt comes in between.
        chunk |= added
        self.count += number
        self._position += number
        self._pending = nothing
        if self._seen is not None:
            self._seen |= key_set
        return True

    def _add_next(self, chunk: dict[str, Key]) -> None:
        try:
            text = self._checked(self._pending[0])
        except InvalidIdError:
            del self._pending[0]
            self._position += 1
            raise
        key = pack(text)
        is_new = text not in chunk and (self._seen is None or key not in self._seen)
        # Nothing from here on calls a function, so no interrupt comes in between.
        del self._pending[0]
        self._position += 1
        if not is_new:
            self.duplicates += 1
            return
        chunk[text] = key
        self.count += 1
        if self._seen is not None:
            self._seen |= {key}

    def new_without_record(self) -> list[WithoutRecord]:
        """Return what was added to the two lists of the account since the last call."""
        without_associations, unanswered = self._told
        self._told = len(self.without_associations), len(self.unanswered)
        return [
            *(
                WithoutRecord(self.text(key), "without_associations")
                for key in self.without_associations[without_associations:]
            ),
            *(WithoutRecord(self.text(key), "unanswered") for key in self.unanswered[unanswered:]),
        ]

    def text(self, key: Key) -> str:
        """Return a packed id as it is handed out."""
        return self.kind(unpack(key))

    def rest(self) -> Iterator[str]:
        """Yield what has not been taken yet, each id once.

        A sequence or a set is gone through from its beginning and stays as it is; of anything else,
        these are its next items. What is not an id is yielded as it is.
        """
        if isinstance(self._ids, Sequence | AbstractSet):
            values: Iterator[Id] = islice(self._ids, self._position, None)
        else:
            values = chain(self._pending, self._left())
        seen: set[Key] = set()
        for value in values:
            try:
                key = pack(self._checked(value))
            except InvalidIdError:
                yield cast("str", value)
                continue
            if self._seen is not None:
                if key in self._seen or key in seen:
                    continue
                seen.add(key)
            yield self.text(key)

    def _left(self) -> Iterator[Id]:
        """Yield what was not taken from an iterator, or raise what it raised."""
        if self._fault is not None:
            raise self._fault
        yield from self._iterator or iter(self._ids)

    def _checked(self, value: object) -> str:
        text = self._text(value)
        problem = problem_of_object(value) if text is None else problem_of_text(text)
        if text is not None and problem is None:
            return text
        reason = f": {problem}" if problem else ""
        raise self._invalid(f"expected an id as text or whole number, got {shown(value)}{reason}")

    def _text(self, value: object) -> str | None:
        """Return the text of a value of a type that ids have, None if it is of another."""
        if type(value) is str:
            return value
        if isinstance(value, str):
            return self._of_kind(value)
        if isinstance(value, UUID):
            return str(value)
        if isinstance(value, SupportsIndex) and not isinstance(value, bool):
            return _decimal(value)
        return None

    def _of_kind(self, value: str) -> str:
        """Return the plain text of a subclass of `str`, unless it is an id of another kind."""
        if isinstance(value, FlowId | WorkflowId) and not isinstance(value, self.kind):
            raise self._invalid(f"{str(value)!r} is a {type(value).__name__}")
        return str.__str__(value)  # not str(), which an enum has its own idea of

    def _invalid(self, problem: str) -> InvalidIdError:
        return InvalidIdError(f"{self._name}[{self._position}]: {problem}")


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
