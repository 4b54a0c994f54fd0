"""Parquet: rows are staged as Arrow IPC messages, and converted to Parquet at the end.

A Parquet file cannot be read before it is complete, and nothing can be added to it. The messages
form an unfinished stream: the schema, then a record batch for each chunk of ids.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, BinaryIO, Generic, cast

from hubspot_batch_read.core.id_texts import Key
from hubspot_batch_read.core.operation import Operation, RowT
from hubspot_batch_read.files.appended import AppendedFile, end_of, sync_folder
from hubspot_batch_read.files.checkpoint import beside
from hubspot_batch_read.files.output import Note, Output
from hubspot_batch_read.files.places import Places

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ModuleNotFoundError as error:
    if error.name != "pyarrow":
        raise
    message = 'Parquet needs an extra: pip install "hubspot-batch-read[arrow]"'
    raise ModuleNotFoundError(message, name=error.name) from error

ROWS = 100_000
"""Approximate number of rows in a row group, which readers usually load as a whole."""


class StagedRows(Generic[RowT]):
    """The rows of the operation's table as messages."""

    def __init__(self, operation: Operation[RowT]) -> None:
        """Prepare to write the records of an operation."""
        self._table = operation.table
        self.schema = operation.table.schema
        self.header = self.schema.serialize().to_pybytes()

    def encode(self, records: Sequence[RowT]) -> bytes:
        """Return records as a message, or nothing if they have no rows."""
        batch = self._table.record_batch(self._table.columns_of(records))
        return batch.serialize().to_pybytes() if batch.num_rows else b""


class ParquetFile(Output[RowT]):
    """A Parquet file, with a file of staged rows beside it."""

    def __init__(self, places: Places, operation: Operation[RowT]) -> None:
        """Prepare to write the records of an operation."""
        self._staged = StagedRows(operation)
        super().__init__(places, self._staged)

    def open(self, offset: int, *, is_complete: bool) -> None:
        """Open the staged rows; if the file was completed, stage its rows again."""
        self._let_go()
        self._sink = staged = AppendedFile(self._places.written, 0 if is_complete else offset)
        if staged.offset == 0:
            staged.append(self._staged.header)
        if is_complete:
            with pq.ParquetFile(self._places.path) as file:
                for batch in file.iter_batches(ROWS):
                    rows = batch.cast(self._staged.schema)
                    staged.append(rows.serialize().to_pybytes())

    def complete(self, note: Note) -> None:
        """Write the Parquet file under a temporary name, note that, and rename it."""
        path, new = self._places.path, beside(self._places.path)
        try:
            with new.open("wb") as file:
                write_parquet(self._places.written, file)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                shutil.copymode(path, new)
            note(end_of(new))
            new.replace(path)
        except OSError as error:
            new.unlink(missing_ok=True)
            raise type(error)(error.errno, error.strerror, str(path)) from error
        self.is_complete = True
        sync_folder(path)
        self.sink.close()
        self._places.written.unlink()


class ParquetStream(ParquetFile[RowT]):
    """Parquet for a stream, written at the end in one step."""

    def __init__(self, places: Places, operation: Operation[RowT]) -> None:
        """Prepare to write the records of an operation."""
        super().__init__(places, operation)
        self._folder = TemporaryDirectory()
        self._path = Path(self._folder.name, "rows")
        self._keys: list[Key] = []

    def open(self, offset: int, *, is_complete: bool) -> None:
        """Start to stage rows."""
        self._let_go()
        self._sink = AppendedFile(self._path, 0)
        self._sink.append(self._staged.header)

    def write(self, keys: Sequence[Key], records: Sequence[RowT]) -> None:
        """Append records; `keys` are the ids that they were requested with."""
        super().write(keys, records)
        self._keys += keys

    def complete(self, note: Note) -> None:
        """Write the stream."""
        self.deliver()
        self.is_complete = True

    def deliver(self) -> None:
        """Write the staged rows to the stream."""
        stream = cast("BinaryIO", self._places.output)
        write_parquet(self._path, stream)
        stream.flush()
        self._keys.clear()

    def undelivered(self) -> Sequence[Key]:
        """Return the ids of all records, unless they were delivered."""
        return self._keys

    def close(self) -> None:
        """Remove the staged rows."""
        super().close()
        self._folder.cleanup()


def write_parquet(staged: Path, target: IO[bytes]) -> None:
    """Write staged rows as Parquet."""
    with (
        staged.open("rb") as file,
        pa.ipc.open_stream(file) as batches,
        pq.ParquetWriter(target, batches.schema) as writer,
    ):
        for group in _row_groups(batches):
            writer.write_table(group, row_group_size=ROWS)


def _row_groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    group: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        group.append(batch)
        rows += batch.num_rows
        if rows >= ROWS:
            yield pa.Table.from_batches(group)
            group, rows = [], 0
    if group:
        yield pa.Table.from_batches(group)
