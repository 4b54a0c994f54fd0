"""The cells of a column of a CSV file."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from hubspot_batch_read.cli.faults import WrongUseError

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

DELIMITERS = ",;\t|"
LONGEST_CELL = 2**31 - 1
"""Maximum number of characters in a cell; by default, the csv module stops at 131,072."""
HEADER_LINES = 100
"""Maximum number of lines of the header: a quoted cell may contain line endings."""
LONGEST_LIST = 300
"""Maximum length of the list of columns in a message, in characters."""


class Cell(NamedTuple):
    """A cell of the column."""

    line: int
    """The number of the line in which its row starts."""
    text: str
    """The text, or the text of the row if it is too short to have the column."""
    is_missing: bool = False
    """Whether the row is too short to have the column."""


class _Header(NamedTuple):
    delimiter: str
    position: int
    lines: int


def cells(lines: Iterator[str], name: str, column: str) -> Iterator[Cell]:
    """Yield the cells of a column; empty cells and rows are skipped.

    Raises:
        WrongUseError: There is no such column, or a row is not CSV.
    """
    head = list(islice(lines, HEADER_LINES))
    header = _header(head, name, " ".join(column.split()))
    rows = read_csv(chain(head[header.lines :], lines), header.delimiter)
    line = header.lines + 1
    try:
        for row in rows:
            if header.position < len(row):
                if text := row[header.position].strip():
                    yield Cell(line, text)
            elif row:
                yield Cell(line, header.delimiter.join(row), is_missing=True)
            line = header.lines + rows.line_num + 1
    except csv.Error as error:
        raise WrongUseError(f"{name}: the row that starts in line {line}: {error}") from error


def read_csv(lines: Iterable[str], delimiter: str) -> CsvReader:
    """Return a CSV reader without the usual limit on the length of cells."""
    csv.field_size_limit(LONGEST_CELL)
    return csv.reader(lines, delimiter=delimiter, strict=True)


def _header(head: Sequence[str], name: str, column: str) -> _Header:
    """Return the separator of cells, the index of the column, and the line where the rows start."""
    stated = re.match('sep=([^"\r\n])[\r\n]', head[0]) if head else None  # Excel's
    before = 1 if stated else 0
    found: list[str] = []
    for delimiter in stated[1] if stated else DELIMITERS:
        rows = csv.reader(head[before:], delimiter=delimiter)
        names = [" ".join(_decoded(cell).split()) for cell in next(rows, [])]
        if names.count(column) > 1:
            raise WrongUseError(f"{name} has several columns {column!r}")
        if column in names:
            return _Header(delimiter, names.index(column), before + rows.line_num)
        found = max(found, names, key=len)
    columns = ", ".join(found) or "nothing"
    if len(columns) > LONGEST_LIST:
        columns = columns[:LONGEST_LIST] + "…"
    raise WrongUseError(f"{name} has no column {column!r}; it has: {columns}")


def _decoded(cell: str) -> str:
    """Return a cell of the header; old spreadsheets use a Windows code page."""
    if cell.isascii() or cell.isprintable():
        return cell
    return cell.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
