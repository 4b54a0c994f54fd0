"""The formats of records in a file."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Generic, Literal, Protocol, TypeVar, cast, get_args

from hubspot_batch_read.core.operation import Operation, RowT
from hubspot_batch_read.files.errors import FileRefusedError
from hubspot_batch_read.tables.table import Column
from hubspot_batch_read_api.errors import ArgumentError
from hubspot_batch_read_api.types import Model

FileFormat = Literal["jsonl", "csv", "excel", "parquet"]
"""JSON Lines, CSV, CSV with a byte order mark (Excel needs it to recognise UTF-8), or Parquet."""

ENDINGS: Mapping[str, FileFormat] = {
    "": "jsonl",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
}
"""The formats implied by file extensions."""

COMPRESSED = {".gz", ".zst", ".bz2", ".xz", ".lz4", ".br", ".zip"}

RecordT_contra = TypeVar("RecordT_contra", bound=Model, contravariant=True)


class Format(Protocol[RecordT_contra]):
    """Converts records into bytes that can be appended to a file."""

    header: bytes
    """The start of a file."""

    def encode(self, records: Sequence[RecordT_contra]) -> bytes:
        """Return records as bytes."""
        ...


def format_of(path: Path | None, format_: FileFormat | None) -> FileFormat:
    """Return the format of a file: the given one, or the one implied by the extension.

    Raises:
        ValueError: It is not one of the formats.
        FileRefusedError: The extension implies compression, or no known format.
    """
    ending = path.suffix.lower() if path is not None else ""
    if ending in COMPRESSED:
        raise FileRefusedError(f"{path}: compressed files cannot be written; leave out {ending}")
    if format_ is None and ending not in ENDINGS:
        raise FileRefusedError(f"{path}: {ending} does not imply a format; specify one")
    if format_ is not None and format_ not in get_args(FileFormat):
        names = ", ".join(get_args(FileFormat))
        raise ArgumentError("format", f"expected one of {names}, got {format_!r}")
    return format_ or ENDINGS[ending]


class JsonLines(Generic[RowT]):
    """A line for each record."""

    header = b""

    def __init__(self, operation: Operation[RowT]) -> None:
        """Prepare to write the records of an operation."""
        self.encode = operation.lines


class Csv(Generic[RowT]):
    """A header, and a line for each row of the operation's table."""

    def __init__(self, operation: Operation[RowT], *, mark: bytes = b"") -> None:
        """Prepare to write the records of an operation, optionally with a byte order mark."""
        self._table = operation.table
        self.header = mark + _lines([_cells(self._table.columns)])

    def encode(self, records: Sequence[RowT]) -> bytes:
        """Return records as lines."""
        columns = self._table.columns_of(records)
        return _lines(zip(*map(_cells, columns), strict=True))


def json_line(data: Mapping[str, object]) -> bytes:
    """Return a JSON object as a line."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:  # half of a surrogate pair, which can only be written as an escape
        return json.dumps(data, separators=(",", ":")).encode() + b"\n"


# Python's csv module takes three times as long, and pyarrow's does not write lists.
def _lines(rows: Iterable[Iterable[str]]) -> bytes:
    lines = [*map(",".join, rows), ""]
    return "\n".join(lines).encode(errors="backslashreplace")


def _cells(values: Column) -> Sequence[str]:
    """Return the values of a column as cells."""
    kinds = set(map(type, values))
    if kinds == {str}:
        cells = cast("Sequence[str]", values)
    elif kinds == {int}:
        return [*map(str, values)]
    else:
        cells = ["" if value is None else _text(value) for value in values]
    together = "".join(cells)
    if not any(mark in together for mark in _MARKS):
        return cells
    return [_quoted(cell) if any(mark in cell for mark in _MARKS) else cell for cell in cells]


_MARKS = (",", '"', "\n", "\r")


def _quoted(cell: str) -> str:
    return '"{}"'.format(cell.replace('"', '""'))


def _text(value: object) -> str:
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)
