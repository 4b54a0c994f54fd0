"""Parquet: rows are kept as JSON Lines while the read goes on, and become Parquet at its end.

A Parquet file cannot be read before it is complete, and nothing can be added to it. Until it is
complete, the rows are in `FILE.part`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from itertools import chain, groupby, islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from hubspot_batch_read.cli.done import Done
from hubspot_batch_read.cli.faults import WrongUseError
from hubspot_batch_read.cli.formats import CompleteLines, JsonLines
from hubspot_batch_read.cli.outputs import Output, open_continued, open_new, refuse_existing
from hubspot_batch_read.operations import Operation, RowT

LINES = 100_000
"""Lines in a row group, which is what many readers take at a time."""


class StagedRows(JsonLines[RowT]):
    """Records as JSON Lines, those that have a row in the operation's table."""

    def __init__(self, operation: Operation[RowT]) -> None:
        """Prepare to write the records of an operation."""
        super().__init__(operation)
        self._table = operation.table

    def encode(self, record: RowT) -> bytes:
        """Return the line of a record; nothing if it makes no row."""
        return super().encode(record) if any(self._table.lines(record)) else b""


class ParquetOutput(Output[RowT]):
    """Rows that become a Parquet file when the output is finished."""

    def __init__(
        self, staged: BinaryIO, operation: Operation[RowT], path: Path | None, *, rows: int = 0
    ) -> None:
        """Write to a file of staged rows, from where it stands; None is standard output."""
        super().__init__(staged, StagedRows(operation), rows=rows)
        self._operation = operation
        self._path = path

    def finish(self, *, is_complete: bool) -> None:
        """Write the Parquet file, unless the run can be continued."""
        super().finish(is_complete=is_complete)
        if self._path is None:
            self._convert(sys.stdout.buffer)
            sys.stdout.buffer.flush()
        elif is_complete:
            self._replace(self._path)

    def _replace(self, path: Path) -> None:
        part, unfinished = _part(path), _beside(path, ".tmp")
        if part.stat().st_size or not _has_rows(path):
            try:
                with unfinished.open("wb") as file:
                    self._convert(file)
                    os.fsync(file.fileno())
                unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)
        self.close()
        part.unlink()

    def _convert(self, target: BinaryIO) -> None:
        table = self._operation.table
        with pq.ParquetWriter(target, table.schema) as writer:
            if self._path is not None and _has_rows(self._path):
                with pq.ParquetFile(self._path) as before:
                    for batch in before.iter_batches(LINES):
                        writer.write_batch(batch.cast(table.schema))
            lines = chain.from_iterable(map(table.lines, self._staged()))
            while group := list(islice(lines, LINES)):
                writer.write_batch(table.record_batch(group))

    def _staged(self) -> Iterator[RowT]:
        self._file.seek(0)
        return map(self._operation.row.from_json, self._file)


def open_parquet(
    path: Path | None, operation: Operation[RowT], id_column: str, done: Done | None
) -> ParquetOutput[RowT]:
    """Return a Parquet file for rows, None for standard output.

    The ids of the rows that are there are added to those that are done, None for a new file.

    Raises:
        WrongUseError: There is something else.
        OSError: It cannot be read or written.
    """
    if path is None:
        return ParquetOutput(TemporaryFile(), operation, None)
    format_, part = StagedRows(operation), _part(path)
    if done is None:
        refuse_existing(path)
        return ParquetOutput(open_new(part), operation, path)
    before = 0
    if _has_rows(path):
        before = sum(map(done.add, _ids(path, operation, id_column)))
        if part.exists() and _is_in(part, format_, done):
            part.unlink()  # its rows are in the Parquet file; there was no time left to remove it
    part.touch()
    file, staged = open_continued(part, format_, done)
    return ParquetOutput(file, operation, path, rows=before + staged)


def _ids(path: Path, operation: Operation[RowT], id_column: str) -> Iterator[str]:
    """Yield the ids of the records in a Parquet file."""
    try:
        with pq.ParquetFile(path) as file:
            if file.schema_arrow.names != operation.table.schema.names:
                names = ", ".join(file.schema_arrow.names)
                raise WrongUseError(f"{path} has other columns: {names}")
            for batch in file.iter_batches(LINES, columns=[id_column]):
                for id_, _ in groupby(batch.column(0).to_pylist()):
                    yield str(id_)
    except pa.ArrowInvalid as error:
        raise WrongUseError(f"{path} is no Parquet file: {error}") from error


def _is_in(part: Path, format_: StagedRows[RowT], done: Done) -> bool:
    """Tell whether the first of the staged rows is done."""
    with part.open("rb") as file:
        line = next(CompleteLines(file), None)
    return line is not None and format_.id_of(line, f"{part}, line 1") in done


def _has_rows(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _part(path: Path) -> Path:
    return _beside(path, ".part")


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
