"""JSON Lines and CSV: how a record is written, and which ids are in what was written before."""

from __future__ import annotations

import csv
import datetime
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import BinaryIO, Generic, Protocol, TypeVar

from hubspot_batch_read.cli.faults import WrongUseError
from hubspot_batch_read.operations import Operation, RowT
from hubspot_batch_read_api.types import Model

Add = Callable[[str], object]
"""Takes the id of a record that a file has."""


RecordT_contra = TypeVar("RecordT_contra", bound=Model, contravariant=True)


class Format(Protocol[RecordT_contra]):
    """How records are written to a file, one after the other."""

    header: bytes
    """What a file begins with."""

    def encode(self, record: RecordT_contra) -> bytes:
        """Return the lines of a record; nothing if it makes none."""
        ...

    def scan(self, file: BinaryIO, name: str, add: Add) -> int:
        """Add the ids of the records that a file has; return where the last complete one ends.

        Raises:
            WrongUseError: The file holds something else.
        """
        ...


class JsonLines(Generic[RowT]):
    """A record a line, as HubSpot gave it."""

    header = b""

    def __init__(self, operation: Operation[RowT]) -> None:
        """Prepare to write the records of an operation."""
        self._id_path = operation.id_path

    def encode(self, record: RowT) -> bytes:
        """Return the line of a record."""
        return json_line(record.to_dict())

    def scan(self, file: BinaryIO, name: str, add: Add) -> int:
        """Add the ids of the records that a file has; return where the last complete one ends."""
        lines = CompleteLines(file)
        for line in lines:
            add(self.id_of(line, f"{name}, line {lines.number}"))
        return lines.end

    def id_of(self, line: bytes, place: str) -> str:
        """Return the id of the record in a line.

        Raises:
            WrongUseError: There is none.
        """
        value: object = json_object(line, place)
        for key in self._id_path:
            value = value.get(key) if isinstance(value, Mapping) else None
        if not isinstance(value, str | int):
            path = ".".join(self._id_path)
            raise WrongUseError(f"{place}: no {path}, so this is no row of this command")
        return str(value)


class Flat(Generic[RowT]):
    """A line for each line of the operation's table, as CSV with a header."""

    def __init__(self, operation: Operation[RowT], id_column: str) -> None:
        """Prepare to write the records of an operation, which has its ids in a column."""
        self._table = operation.table
        self._id_index = self._table.columns.index(id_column)
        self.header = _csv([self._table.columns])

    def encode(self, record: RowT) -> bytes:
        """Return the lines of a record."""
        return _csv(map(_cell, line) for line in self._table.lines(record))

    def scan(self, file: BinaryIO, name: str, add: Add) -> int:
        """Add the ids of the records that a file has; return where the last complete one ends.

        A record has several lines, and the last one of the file may lack some, so it is taken for
        incomplete.
        """
        lines = CompleteLines(file)
        rows = csv.reader((line.decode(errors="surrogateescape") for line in lines), strict=True)
        last, end = None, 0
        try:
            header = next(rows, None)
            if header is None:
                return 0
            if tuple(header) != self._table.columns:
                raise WrongUseError(f"{name} has other columns: {', '.join(header)}")
            begin = end = lines.end
            for row in rows:
                if len(row) != len(header):
                    raise WrongUseError(f"{name}, line {lines.number}: {len(row)} columns")
                if row[self._id_index] != last:
                    if last is not None:
                        add(last)
                    last, end = row[self._id_index], begin
                begin = lines.end
        except csv.Error:  # cut off within quotes
            pass
        return end


class CompleteLines(Iterator[bytes]):
    """The lines of a file up to one that is cut off, and how far they go."""

    def __init__(self, file: BinaryIO) -> None:
        """Begin where the file stands."""
        self.number = 0
        self.end = 0
        self._file = file

    def __next__(self) -> bytes:
        """Return the next line."""
        line = self._file.readline()
        if not line.endswith(b"\n"):
            raise StopIteration
        self.number += 1
        self.end += len(line)
        return line


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


def _csv(lines: Iterable[Iterable[object]]) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\n").writerows(lines)
    return file.getvalue().encode(errors="backslashreplace")


def _cell(value: object) -> object:
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return value
