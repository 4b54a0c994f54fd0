"""The output of a run: records are appended, and the file is completed at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic

from hubspot_batch_read.core.id_texts import Key
from hubspot_batch_read.core.operation import Operation, RowT
from hubspot_batch_read.files.appended import AppendedFile, End, Stream
from hubspot_batch_read.files.formats import Csv, Format, JsonLines
from hubspot_batch_read.files.places import Places, is_device

Note = Callable[[End], object]
"""Records that a file with this end is about to be renamed."""


class Output(Generic[RowT]):
    """JSON Lines or CSV, in a file or a stream."""

    def __init__(self, places: Places, format_: Format[RowT]) -> None:
        """Prepare to write records."""
        self._places = places
        self._format = format_
        self._sink: AppendedFile | Stream | None = None
        self.is_complete = False

    def open(self, offset: int, *, is_complete: bool) -> None:
        """Truncate the file, and write its header if it is then empty.

        Args:
            offset: The length to truncate it to.
            is_complete: Whether it was completed by an earlier run.
        """
        self._let_go()
        output = self._places.output
        self._sink = AppendedFile(output, offset) if isinstance(output, Path) else Stream(output)
        if offset == 0:
            self._sink.append(self._format.header)

    @property
    def sink(self) -> AppendedFile | Stream:
        """The file that is appended to, once it is open."""
        assert self._sink is not None  # noqa: S101 - it is opened first
        return self._sink

    def write(self, keys: Sequence[Key], records: Sequence[RowT]) -> None:
        """Append records; `keys` are the ids that they were requested with."""
        self.sink.append(self._format.encode(records))

    def complete(self, note: Note) -> None:
        """Do nothing: the file is complete."""
        self.is_complete = True

    def deliver(self) -> None:
        """Write everything that has to be written to a stream, at the end of the run."""

    def undelivered(self) -> Sequence[Key]:
        """Return the ids of records that could not be written to a stream."""
        return ()

    def close(self) -> None:
        """Close the file."""
        self._let_go()

    def _let_go(self) -> None:
        if self._sink is not None:  # even if opening it was interrupted
            self._sink.close()


def output_for(operation: Operation[RowT], places: Places) -> Output[RowT]:
    """Return the output for the records of an operation.

    Raises:
        ModuleNotFoundError: The extra `arrow` is not installed.
    """
    if places.format_ == "parquet":
        from hubspot_batch_read.files.parquet import (  # noqa: PLC0415 - needs an extra
            ParquetFile,
            ParquetStream,
        )

        kind = ParquetStream if places.is_stream else ParquetFile
        return kind(places, operation)
    if places.format_ == "jsonl":
        return Output(places, JsonLines(operation))
    mark = b"\xef\xbb\xbf" if places.format_ == "excel" else b""
    return Output(places, Csv(operation, mark=mark))


def sink_for(path: Path, offset: int) -> AppendedFile | Stream:
    """Return the truncated file to append to, or the stream."""
    return Stream(path.open("ab"), is_ours=True) if is_device(path) else AppendedFile(path, offset)
