"""The ids, from arguments, files, or standard input."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, cast

from attrs import define

from hubspot_batch_read.cli.console import is_terminal
from hubspot_batch_read.cli.csv_column import DELIMITERS, cells
from hubspot_batch_read.cli.faults import CommandError, WrongUseError
from hubspot_batch_read.cli.file_kinds import refuse_other_kinds
from hubspot_batch_read.core.id_checks import InvalidIdError, problem_of_text, what_spoilt
from hubspot_batch_read.core.id_texts import Id, normal_form

LONGEST_ID = 255
"""Minimum length of a text that cannot be an id; HubSpot's ids have at most 36 characters."""
SEVERAL = "it has several values"
_GUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Entry(NamedTuple):
    """A value in the position of an id."""

    place: str
    """Its position, for messages."""
    text: str
    problem: str | None = None
    """Why it is not a valid id."""

    @property
    def id_(self) -> Id:
        """The id as HubSpot writes it, so that it is read once, however it is spelled.

        For an invalid id, an exception, which tells the read that it is invalid.
        """
        if self.problem is not None:
            return cast("Id", InvalidIdError(self.place, self.problem, self.text))
        is_normal = self.text.isdecimal() or _GUID.fullmatch(self.text)
        return normal_form(self.text) if is_normal else self.text


@define(frozen=True)
class Input:
    """The ids of a run."""

    entries: Callable[[], Generator[Entry]]
    """Yields the ids; raises WrongUseError if the file cannot be read."""
    is_repeatable: bool
    """Whether the ids can be iterated over more than once."""


def from_arguments(ids: Sequence[str]) -> Input:
    """Return the ids given as arguments."""

    def entries() -> Generator[Entry]:
        for number, text in enumerate(ids, 1):
            yield _entry(f"argument {number}", text)

    return Input(entries, is_repeatable=True)


def from_file(path: Path, column: str | None) -> Input:
    """Return the ids in a file: one per line, or those in a column of a CSV file with a header.

    Raises:
        OSError: The file cannot be read.
        WrongUseError: It is not text.
    """

    def entries() -> Generator[Entry]:
        with path.open("rb") as binary:
            yield from _entries(binary, str(path), column)

    if path.is_file():
        with path.open("rb") as binary, suppress(OSError):  # raised when the run reaches it
            refuse_other_kinds(binary, str(path))
    elif not path.is_fifo():
        path.open("rb").close()  # it can be read
    return Input(entries, is_repeatable=path.is_file())


def from_standard_input(column: str | None) -> Input:
    """Return the ids in standard input, in the same form as in a file.

    Raises:
        WrongUseError: It is a terminal.
    """
    if sys.stdin is None or is_terminal(sys.stdin):
        raise WrongUseError("no ids: pass them as arguments, with --ids FILE or on standard input")
    binary = cast("io.BufferedReader", sys.stdin.buffer)
    return Input(lambda: _entries(binary, "standard input", column), is_repeatable=False)


def joined(inputs: Iterable[Input]) -> Input:
    """Return the ids of several inputs, one after the other."""
    parts = list(inputs)

    def entries() -> Generator[Entry]:
        for each in parts:
            yield from each.entries()

    return Input(entries, is_repeatable=all(each.is_repeatable for each in parts))


def _entries(binary: io.BufferedReader, name: str, column: str | None) -> Generator[Entry]:
    try:
        refuse_other_kinds(binary, name)
        text = _text(binary)
        try:
            yield from _lines(text, name) if column is None else _cells(text, name, column)
        finally:
            text.detach()  # the code that opened the file closes it
    except UnicodeError as error:
        raise WrongUseError(f"{name} is not text: {error}") from error
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}") from error


def _text(binary: io.BufferedReader) -> io.TextIOWrapper:
    is_utf16 = binary.peek(2)[:2] in {b"\xff\xfe", b"\xfe\xff"}  # Excel's "Unicode text"
    encoding = "utf-16" if is_utf16 else "utf-8-sig"
    # Invalid bytes become characters that no id has, and so an invalid id.
    return io.TextIOWrapper(binary, encoding, "surrogateescape", newline="")


def _lines(file: io.TextIOWrapper, name: str) -> Generator[Entry]:
    """Yield the lines of a file with one id per line; blank lines are skipped."""
    is_first = True
    for number, line in enumerate(file, 1):
        text = line.strip().lstrip("\ufeff")  # also inside a file, where files were joined
        if len(text) > 1 and text[0] == text[-1] == '"':
            text = text[1:-1].strip()
        if not text:
            continue
        entry = _entry(f"{name}, line {number}", text)
        if is_first and entry.problem == SEVERAL and not set(text).isdisjoint(DELIMITERS):
            raise WrongUseError(
                f"{entry.place} has several values; name the column of the ids with --column"
            )
        is_first = False
        yield entry


def _cells(file: io.TextIOWrapper, name: str, column: str) -> Generator[Entry]:
    """Yield the cells of a column of a CSV file."""
    for cell in cells(file, name, column):
        place = f"{name}, line {cell.line}"
        yield _entry(place, cell.text, f"no column {column!r}" if cell.is_missing else None)


def _entry(place: str, text: str, problem: str | None = None) -> Entry:
    return Entry(place, text[:LONGEST_ID], problem or _problem(text))


def _problem(text: str) -> str | None:
    if len(text) > LONGEST_ID:
        return f"it has {len(text):,} characters"
    if text.isdecimal() and text.isascii():
        return None
    if spoilt := what_spoilt(text):  # first of all: 1,09426E+11 has a comma
        return spoilt
    return SEVERAL if re.search(rf"[{DELIMITERS}\s]", text) else problem_of_text(text)
