"""The forms that records take in a file."""

from __future__ import annotations

import csv
import datetime
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Generic, Literal, Protocol, TypeVar, get_args

from hubspot_batch_read.core.operation import Operation, RowT
from hubspot_batch_read.files.errors import FileRefusedError
from hubspot_batch_read_api.errors import ArgumentError
from hubspot_batch_read_api.types import Model

FileFormat = Literal["jsonl", "csv", "excel", "parquet"]
"""JSON Lines, CSV, CSV with a byte order mark, without which Excel takes UTF-8 for something else,
or Parquet."""

ENDINGS: Mapping[str, FileFormat] = {
    "": "jsonl",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
}
"""What the ending of a file's name says of its format."""

COMPRESSED = {".gz", ".zst", ".bz2", ".xz", ".lz4", ".br", ".zip"}

RecordT_contra = TypeVar("RecordT_contra", bound=Model, contravariant=True)


class Format(Protocol[RecordT_contra]):
    """How records become bytes, which can be appended to those before."""

    header: bytes
    """What a file begins with."""

    def encode(self, records: Sequence[RecordT_contra]) -> bytes:
        """Return records as bytes."""
        ...


def format_of(path: Path | None, format_: FileFormat | None) -> FileFormat:
    """Return the format of a file: what its name says, unless it is given.

    Raises:
        ValueError: It is not one of the formats.
        FileRefusedError: The name says something else.
    """
    ending = path.suffix.lower() if path is not None else ""
    if ending in COMPRESSED:
        raise FileRefusedError(f"{path}: compressed files are not written; leave out {ending}")
    if format_ is None and ending not in ENDINGS:
        raise FileRefusedError(
            f"{path}: say with format what to write; {ending} is not one of its formats"
        )
    if format_ is not None and format_ not in get_args(FileFormat):
        names = ", ".join(get_args(FileFormat))
        raise ArgumentError("format", f"expected one of {names}, got {format_!r}")
    return format_ or ENDINGS[ending]


class JsonLines(Generic[RowT]):
    """A record a line."""

    header = b""

    def __init__(self, operation: Operation[RowT]) -> None:
        """Prepare to write the records of an operation."""
        self.encode = operation.lines


class Csv(Generic[RowT]):
    """A line for each row of the operation's table, after a header."""

    def __init__(self, operation: Operation[RowT], *, mark: bytes = b"") -> None:
        """Prepare to write the records of an operation, after a byte order mark if it is given."""
        self._table = operation.table
        self.header = mark + _lines([self._table.columns])

    def encode(self, records: Sequence[RowT]) -> bytes:
        """Return the lines of records."""
        return _lines(self._table.rows_of(records))


def json_line(data: Mapping[str, object]) -> bytes:
    """Return a JSON object as a line."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:  # half of a surrogate pair, which only an escape can hold
        return json.dumps(data, separators=(",", ":")).encode() + b"\n"


def _lines(rows: Iterable[Iterable[object]]) -> bytes:
    file = io.StringIO(newline="")
    plain, quoted = csv.writer(file, lineterminator="\n"), csv.writer(file, "unix")
    for row in rows:
        cells = [_cell(value) for value in row]
        # Python's csv module can read a carriage return only within quotes, and sets none.
        has_return = any(isinstance(cell, str) and "\r" in cell for cell in cells)
        (quoted if has_return else plain).writerow(cells)
    return file.getvalue().encode(errors="backslashreplace")


def _cell(value: object) -> object:
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return value
