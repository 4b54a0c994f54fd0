"""The ids to read: checked, each taken once, in chunks; and what became of those without a record.

A read of a million ids keeps each of them for as long as it lasts, so ids are kept packed: as an
`int` where that gives back the same text, which takes half the memory.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from collections.abc import Set as AbstractSet
from itertools import chain, islice
from reprlib import repr as short_repr
from typing import SupportsIndex, cast
from uuid import UUID

Id = str | int
"""What is accepted as an id: text, or a whole number, NumPy's included."""

Key = int | str
"""An id as it is kept."""

_DECIMAL = re.compile("[1-9][0-9]{0,38}", re.ASCII)
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
            TypeError: `ids` is not an iterable, or is a single text.
        """
        if isinstance(ids, str | bytes) or not isinstance(ids, Iterable):
            raise TypeError(f"{name}: expected an iterable of ids, got {_shown(ids)}")
        self.total = _length(ids)
        self.exhausted = False
        self.duplicates = 0
        self.count = 0
        self.without_associations: list[Key] = []
        self.unanswered: list[Key] = []
        self._ids = ids
        self._iterator: Iterator[Id] | None = None
        self._position = 0
        self._value: Id | None = None
        self._name = name
        self.kind = kind
        self._seen: set[Key] | None = None if unique else set()

    def take(self, limit: int, chunk: dict[str, Key]) -> None:
        """Move the next ids into a chunk until it has as many as the limit, or none is left.

        Whatever is raised, the ids taken before are in the chunk.

        Raises:
            InvalidIdError: Something is not an id; it is skipped the next time.
            Exception: What the iterable raises; nothing more is taken from it.
        """
        if self._iterator is None:
            self._iterator = iter(self._ids)
        try:
            for value in chain(self._interrupted(), self._iterator):
                self._value = value
                self._position += 1
                self._add(self._checked(value), chunk)
                if len(chunk) == limit:
                    return
        except InvalidIdError:
            self._value = None
            raise
        except Exception:
            self.exhausted = True
            raise
        self.exhausted = True

    def _interrupted(self) -> list[Id]:
        """Return what was being taken when an interrupt came, and is in no chunk."""
        if self._value is None:
            return []
        self._position -= 1
        return [self._value]

    def _add(self, text: str, chunk: dict[str, Key]) -> None:
        key = pack(text)
        if text in chunk or (self._seen is not None and key in self._seen):
            self.duplicates += 1
            self._value = None
            return
        # Nothing between these calls a function, so no interrupt comes in between either.
        chunk[text] = key
        self.count += 1
        self._value = None
        if self._seen is not None:
            self._seen.add(key)

    def text(self, key: Key) -> str:
        """Return a packed id as it is handed out."""
        return self.kind(unpack(key))

    def rest(self) -> Iterator[str]:
        """Yield what has not been taken yet, each id once.

        A sequence or a set is gone through from its beginning and stays as it is; of anything else,
        these are its next items. What is not an id is yielded as it is.
        """
        if isinstance(self._ids, Sequence | AbstractSet | Mapping):
            values: Iterator[Id] = islice(self._ids, self._position, None)
        else:
            values = self._iterator or iter(self._ids)
        seen: set[Key] = set()
        interrupted = [] if self._value is None else [self._value]
        for value in chain(interrupted, values):
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

    def _checked(self, value: object) -> str:
        if type(value) is str:
            text = value
        elif isinstance(value, str):
            text = self._of_kind(value)
        elif isinstance(value, SupportsIndex) and not isinstance(value, bool):
            text = _decimal(value)
        else:
            text = ""
        if text and text.isprintable() and text == text.strip():
            return text
        raise self._invalid(f"expected an id as text or whole number, got {_shown(value)}")

    def _of_kind(self, value: str) -> str:
        """Return the plain text of a subclass of `str`, unless it is an id of another kind."""
        if isinstance(value, FlowId | WorkflowId) and not isinstance(value, self.kind):
            raise self._invalid(f"{str(value)!r} is a {type(value).__name__}")
        return str.__str__(value)  # not str(), which an enum has its own idea of

    def _invalid(self, problem: str) -> InvalidIdError:
        return InvalidIdError(f"{self._name}[{self._position - 1}]: {problem}")


def _length(ids: Iterable[Id]) -> int | None:
    try:
        return len(ids) if isinstance(ids, Sized) else None
    except TypeError:  # a progress bar around an iterator has a length or not
        return None


def _decimal(value: SupportsIndex) -> str:
    try:
        return str(operator.index(value))
    except Exception:  # noqa: BLE001 - an array, thousands of digits, whatever its author had in mind
        return ""


def _shown(value: object) -> str:
    try:
        return short_repr(value)
    except Exception:  # noqa: BLE001 - likewise
        return f"something of type {type(value).__name__}"
