"""Where the ids come from: arguments, a file, or standard input."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import NamedTuple, cast

from attrs import define

from hubspot_batch_read.cli.console import is_terminal
from hubspot_batch_read.cli.faults import CommandError, WrongUseError
from hubspot_batch_read.cli.formats import read_csv

DELIMITERS = ",;\t|"
LONGEST_ID = 255
"""Characters beyond which something is taken for anything but an id; HubSpot's have 36 at most."""


class Entry(NamedTuple):
    """What stands where an id is expected."""

    number: int
    """The number of its line or argument, from 1."""
    text: str
    problem: str | None = None
    """Why it is no id."""


@define(frozen=True)
class Input:
    """The ids of a run."""

    entries: Callable[[], Generator[Entry]]
    """Goes through the ids; raises WrongUseError if nothing can be made of the file."""
    where: str
    """What comes before the number of an entry in a message."""
    is_repeatable: bool
    """Whether one can go through the ids more than once."""


def from_arguments(ids: Sequence[str]) -> Input:
    """Return the ids given as arguments."""

    def entries() -> Generator[Entry]:
        for number, text in enumerate(ids, 1):
            yield _entry(number, text)

    return Input(entries, "argument", is_repeatable=True)


def from_file(path: Path, column: str | None) -> Input:
    """Return the ids in a file: one a line, or those in a column of a CSV file with a header.

    Raises:
        OSError: The file cannot be read.
    """

    def entries() -> Generator[Entry]:
        with path.open("rb") as binary:
            yield from _entries(binary, str(path), column)

    if not path.is_fifo():
        with path.open("rb"):
            pass  # it can be read
    return Input(entries, f"{path}, line", is_repeatable=path.is_file())


def from_standard_input(column: str | None) -> Input:
    """Return the ids in standard input, which has what a file can have.

    Raises:
        WrongUseError: It is a terminal.
    """
    if sys.stdin is None or is_terminal(sys.stdin):
        raise WrongUseError("no ids: give some as arguments, with --ids FILE or on standard input")
    binary, name = cast("io.BufferedReader", sys.stdin.buffer), "standard input"
    return Input(lambda: _entries(binary, name, column), f"{name}, line", is_repeatable=False)


def _entries(binary: io.BufferedReader, name: str, column: str | None) -> Generator[Entry]:
    try:
        text = _text(binary)
        try:
            yield from _lines(text, name) if column is None else _cells(text, name, column)
        finally:
            text.detach()  # whoever opened the file closes it
    except UnicodeError as error:
        raise WrongUseError(f"{name} is not text: {error}") from error
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}") from error


def _text(binary: io.BufferedReader) -> io.TextIOWrapper:
    is_utf16 = binary.peek(2)[:2] in {b"\xff\xfe", b"\xfe\xff"}  # Excel's "Unicode text"
    encoding = "utf-16" if is_utf16 else "utf-8-sig"
    # Bytes that are no text become characters that no id has, and so an entry with a problem.
    return io.TextIOWrapper(binary, encoding, "surrogateescape", newline="")


def _lines(file: io.TextIOWrapper, name: str) -> Generator[Entry]:
    """Yield what is in a file that has one id a line; blank lines are skipped."""
    is_first = True
    for number, line in enumerate(file, 1):
        text = line.strip().lstrip("\ufeff")  # in the middle, where files were joined
        if len(text) > 1 and text[0] == text[-1] == '"':
            text = text[1:-1].strip()
        if not text:
            continue
        problem = "several values" if re.search(f"[{DELIMITERS}]", text) else None
        if problem and is_first:
            raise WrongUseError(
                f"{name}, line {number} has several values; say with --column "
                "which column has the ids"
            )
        is_first = False
        yield _entry(number, text, problem)


def _cells(file: io.TextIOWrapper, name: str, column: str) -> Generator[Entry]:
    """Yield what is in a column of a CSV file; empty cells are skipped."""
    header = file.readline()
    delimiter, index = _column(header, name, column)
    rows = read_csv(file, delimiter)
    number = 2
    try:
        for row in rows:
            if index < len(row):
                text = row[index].strip()
                if text:
                    yield _entry(number, text)
            elif row:
                yield _entry(number, delimiter.join(row), f"no column {column!r}")
            number = rows.line_num + 2
    except csv.Error as error:
        raise WrongUseError(f"{name}: the row that begins in line {number}: {error}") from error


def _column(header: str, name: str, column: str) -> tuple[str, int]:
    """Return how the cells are separated, and which of them has the ids."""
    found: list[str] = []
    for delimiter in DELIMITERS:
        names = [cell.strip() for cell in next(csv.reader([header], delimiter=delimiter), [])]
        if names.count(column) > 1:
            raise WrongUseError(f"{name} has several columns {column!r}")
        if column in names:
            return delimiter, names.index(column)
        found = max(found, names, key=len)
    raise WrongUseError(f"{name} has no column {column!r}; it has: {', '.join(found) or 'nothing'}")


def _entry(number: int, text: str, problem: str | None = None) -> Entry:
    return Entry(number, text[:LONGEST_ID], problem or _problem(text))


def _problem(text: str) -> str | None:
    if text.isalnum() and len(text) <= LONGEST_ID:
        return None
    if not text:
        return "empty"
    if len(text) > LONGEST_ID:
        return f"{len(text):,} characters"
    if not text.isprintable() or text != text.strip():
        return "not printable"
    return None
