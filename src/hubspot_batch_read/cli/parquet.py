"""Parquet: records are kept as JSON Lines during the read, and become rows of Parquet at its end.

A Parquet file cannot be read before it is complete, and nothing can be added to it. Until it is
complete, the records are in `FILE.part`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby, islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from hubspot_batch_read.cli.done import Done
from hubspot_batch_read.cli.faults import CommandError, WrongUseError
from hubspot_batch_read.cli.files import (
    has_content,
    is_device,
    part_of,
    refuse_existing,
    replacing,
)
from hubspot_batch_read.cli.formats import Begun, CompleteLines, JsonLines
from hubspot_batch_read.cli.outputs import Output, open_continued, open_new, standard_output
from hubspot_batch_read.core.operation import Operation, RowT
from hubspot_batch_read.tables.filling import table_of
from hubspot_batch_read_api.errors import DecodeError

ROWS = 100_000
"""Rows in a row group, which is what many readers take at a time."""


class StagedRecords(JsonLines[RowT]):
    """Records as JSON Lines: those that make a row of the operation's table."""

    def __init__(self, operation: Operation[RowT]) -> None:
        """Prepare to write the records of an operation."""
        super().__init__(operation)
        self._table = operation.table

    def encode(self, record: RowT) -> bytes:
        """Return the line of a record; nothing if it makes no row."""
        return super().encode(record) if any(self._table.rows_of([record])) else b""


class ParquetOutput(Output[RowT]):
    """Records that become a Parquet file, or a stream, when the output is finished."""

    def __init__(
        self,
        staged: BinaryIO,
        operation: Operation[RowT],
        target: Path | BinaryIO,
        begun: Begun | None = None,
    ) -> None:
        """Write to a file of staged records, which may have some already."""
        super().__init__(staged, StagedRecords(operation), begun)
        self._operation = operation
        self._target = target

    def finish(self, *, is_complete: bool) -> None:
        """Write the Parquet file, unless the run can be continued."""
        super().finish(is_complete=is_complete)
        if not isinstance(self._target, Path):
            self._convert(self._target)
            self._target.flush()
        elif is_complete:
            self._complete(self._target)

    def undelivered(self) -> Iterator[str]:
        """Yield the ids of all records, if the stream could not be written."""
        if not isinstance(self._target, Path):
            self.records = 0
            yield from (self._operation.id_of(record) or "" for record in self._staged())

    def close(self) -> None:
        """Let go of the file."""
        super().close()
        if not isinstance(self._target, Path):
            with suppress(OSError):
                self._target.close()

    def _complete(self, path: Path) -> None:
        part = part_of(path)
        if has_content(part) or not has_content(path):
            with replacing(path) as file:
                self._convert(file, path)
        self.close()
        part.unlink()

    def _convert(self, target: IO[bytes], before: Path | None = None) -> None:
        table = self._operation.table
        with pq.ParquetWriter(target, table.schema) as writer:
            if before is not None and has_content(before):
                with pq.ParquetFile(before) as file:
                    for batch in file.iter_batches(ROWS):
                        writer.write_batch(batch.cast(table.schema))
            records = self._staged()
            while group := list(islice(records, ROWS)):
                writer.write_table(table_of(table, group), row_group_size=ROWS)

    def _staged(self) -> Iterator[RowT]:
        self._file.seek(0)
        for number, line in enumerate(self._file, 1):
            try:
                yield self._operation.row.from_json(line)
            except DecodeError as error:
                place = f"{self._file.name}, line {number}"
                raise CommandError(f"{place}, is no record of this command: {error}") from error


def open_parquet(
    path: Path | None, operation: Operation[RowT], id_column: str, done: Done | None
) -> ParquetOutput[RowT]:
    """Return a Parquet file for records, None for standard output.

    The ids of the records that are there are added to those that are done, None for a new file.

    Raises:
        WrongUseError: There is something else.
        OSError: It cannot be read or written.
    """
    if path is None:
        return ParquetOutput(TemporaryFile(), operation, standard_output())
    if is_device(path):
        return ParquetOutput(TemporaryFile(), operation, path.open("wb"))
    part = part_of(path)
    if done is None:
        refuse_existing(path)
        return ParquetOutput(open_new(part), operation, path)
    before = 0
    if has_content(path):
        before = sum(map(done.add, _ids(path, operation, id_column)))
    if not part.exists() or (before and _is_in(part, StagedRecords(operation), done)):
        # Its records are in the Parquet file already: there was no time left to remove it.
        part.write_bytes(b"")
    file, begun = open_continued(part, StagedRecords(operation), done)
    return ParquetOutput(file, operation, path, begun._replace(records=before + begun.records))


def _ids(path: Path, operation: Operation[RowT], id_column: str) -> Iterator[str]:
    """Yield the ids of the records in a Parquet file."""
    try:
        with pq.ParquetFile(path) as file:
            if file.schema_arrow.names != operation.table.schema.names:
                names = ", ".join(file.schema_arrow.names)
                raise WrongUseError(f"{path} has other columns: {names}")
            for batch in file.iter_batches(ROWS, columns=[id_column]):
                for id_, _ in groupby(batch.column(0).to_pylist()):
                    yield str(id_)
    except pa.ArrowInvalid as error:
        raise WrongUseError(f"{path} is no Parquet file: {error}") from error


def _is_in(part: Path, format_: StagedRecords[RowT], done: Done) -> bool:
    """Return whether the first of the staged records is done."""
    with part.open("rb") as file:
        line = next(CompleteLines(file), None)
    return line is not None and format_.id_of(line, f"{part}, line 1") in done
