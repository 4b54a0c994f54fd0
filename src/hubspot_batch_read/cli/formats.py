"""JSON Lines and CSV: how a record is written, and which ids are in what was written before."""

from __future__ import annotations

import csv
import datetime
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO, Generic, NamedTuple, Protocol, TypeVar

from hubspot_batch_read.cli.faults import WrongUseError
from hubspot_batch_read.core.operation import Operation, RowT
from hubspot_batch_read_api.types import Model

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

Add = Callable[[str], object]
"""Takes the id of a record that a file has."""

LONGEST_CELL = 2**31 - 1
"""Characters in a cell; the csv module stops at 131,072 unless it is told otherwise."""
LONGEST_CUT = 2**20
"""Bytes after an open quote that can be taken for a record that is cut off."""


class Begun(NamedTuple):
    """What a file has."""

    records: int
    """How many complete records."""
    end: int
    """Where the last of them ends."""
    incomplete: str | None = None
    """The id of the record after them, which may be cut off."""


RecordT_contra = TypeVar("RecordT_contra", bound=Model, contravariant=True)


class Format(Protocol[RecordT_contra]):
    """How records are written to a file, one after the other."""

    header: bytes
    """What a file begins with."""

    def encode(self, record: RecordT_contra) -> bytes:
        """Return the lines of a record; nothing if it makes none."""
        ...

    def scan(self, file: BinaryIO, name: str, add: Add) -> Begun:
        """Return what a file has; add the ids of its complete records.

        Raises:
            WrongUseError: The file holds something else.
        """
        ...


class JsonLines(Generic[RowT]):
    """A record a line, as HubSpot gave it."""

    header = b""

    def __init__(self, operation: Operation[RowT]) -> None:
        """Prepare to write the records of an operation."""
        self._operation = operation

    def encode(self, record: RowT) -> bytes:
        """Return the line of a record."""
        return self._operation.lines([record])

    def scan(self, file: BinaryIO, name: str, add: Add) -> Begun:
        """Return what a file has; add the ids of its complete records."""
        lines = CompleteLines(file)
        for line in lines:
            add(self.id_of(line, f"{name}, line {lines.number}"))
        lines.refuse_other_end(name, b"{")
        return Begun(lines.number, lines.end)

    def id_of(self, line: bytes, place: str) -> str:
        """Return the id of the record in a line.

        Raises:
            WrongUseError: The line holds something else.
        """
        value: object = json_object(line, place)
        for key in self._operation.id_path:
            value = value.get(key) if isinstance(value, Mapping) else None
        if not isinstance(value, str | int):
            path = ".".join(self._operation.id_path)
            raise WrongUseError(f"{place}: no {path}, so this is no record of this command")
        return str(value)


class Flat(Generic[RowT]):
    """A line for each row of the operation's table, as CSV with a header."""

    def __init__(self, operation: Operation[RowT], id_column: str) -> None:
        """Prepare to write the records of an operation, which has its ids in a column."""
        self._table = operation.table
        self._id_index = self._table.columns.index(id_column)
        self.header = _csv([self._table.columns])

    def encode(self, record: RowT) -> bytes:
        """Return the lines of a record."""
        return _csv(self._table.rows_of([record]))

    def scan(self, file: BinaryIO, name: str, add: Add) -> Begun:
        """Return what a file has; add the ids of its complete records.

        A record has several lines, and the last one of the file may lack some, so it is taken for
        incomplete.
        """
        lines = CompleteLines(file)
        rows = read_csv(line.decode(errors="surrogateescape") for line in lines)
        records, last, end, begin = 0, None, 0, 0
        try:
            self._check_header(next(rows, None), lines, name)
            begin = end = lines.end
            for row in rows:
                if len(row) != len(self._table.columns):
                    raise WrongUseError(f"{name}, line {lines.number}: {len(row)} columns")
                if row[self._id_index] != last:
                    if last is not None:
                        add(last)
                        records += 1
                    last, end = row[self._id_index], begin
                begin = lines.end
        except csv.Error as error:
            if lines.tail is None or file.tell() - begin > LONGEST_CUT:
                raise WrongUseError(f"{name}, line {lines.number}: {error}") from error
            if begin == 0:
                raise WrongUseError(f"{name} has no header") from error
        return Begun(records, end, last)

    def _check_header(self, header: list[str] | None, lines: CompleteLines, name: str) -> None:
        if header is None and not self.header.startswith(lines.tail or b""):
            raise WrongUseError(f"{name} has no header")
        if header is not None and tuple(header) != self._table.columns:
            raise WrongUseError(f"{name} has other columns: {', '.join(header)}")


class CompleteLines(Iterator[bytes]):
    """The lines of a file up to one that is cut off, and how far they go."""

    def __init__(self, file: BinaryIO) -> None:
        """Begin where the file stands."""
        self.number = 0
        self.end = 0
        self.tail: bytes | None = None
        """What comes after the lines, once they have come to their end."""
        self._file = file

    def __next__(self) -> bytes:
        """Return the next line."""
        line = self._file.readline()
        if not line.endswith(b"\n"):
            self.tail = line
            raise StopIteration
        self.number += 1
        self.end += len(line)
        return line

    def refuse_other_end(self, name: str, start: bytes) -> None:
        """Raise WrongUseError if what comes after the lines does not begin as a line does."""
        if self.tail and not self.tail.startswith(start):
            raise WrongUseError(f"{name}, line {self.number + 1}: not written by this command")


def read_csv(lines: Iterable[str], delimiter: str = ",") -> CsvReader:
    """Return a reader of CSV, however long its cells are."""
    csv.field_size_limit(LONGEST_CELL)
    return csv.reader(lines, delimiter=delimiter, strict=True)


def json_line(data: Mapping[str, object]) -> bytes:
    """Return a JSON object as a line."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:  # half of a surrogate pair, which only an escape can hold
        return json.dumps(data, separators=(",", ":")).encode() + b"\n"


def json_object(line: bytes, place: str) -> Mapping[str, object]:
    """Return the JSON object in a line.

    Raises:
        WrongUseError: There is none.
    """
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise WrongUseError(f"{place}: not a JSON object")
    return value


def _csv(rows: Iterable[Iterable[object]]) -> bytes:
    file = io.StringIO(newline="")
    cells = [[_cell(value) for value in row] for row in rows]
    # Python's csv module can read a carriage return only within quotes, and sets none.
    has_return = any(isinstance(cell, str) and "\r" in cell for row in cells for cell in row)
    dialect = "unix" if has_return else "excel"  # the former quotes every cell
    csv.writer(file, dialect, lineterminator="\n").writerows(cells)
    return file.getvalue().encode(errors="backslashreplace")


def _cell(value: object) -> object:
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return value
