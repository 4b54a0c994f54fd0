"""The output of a run: records that are appended, and made into what was asked for at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic

from hubspot_batch_read.core.ids import Key
from hubspot_batch_read.core.operation import Operation, RowT
from hubspot_batch_read.files.appended import AppendedFile, End, Stream
from hubspot_batch_read.files.formats import Csv, Format, JsonLines
from hubspot_batch_read.files.places import Places, is_device

Note = Callable[[End], object]
"""Notes that a file is about to get its name, which ends there."""


class Output(Generic[RowT]):
    """JSON Lines or CSV, in a file or a stream."""

    def __init__(self, places: Places, format_: Format[RowT]) -> None:
        """Prepare to write records."""
        self._places = places
        self._format = format_
        self._sink: AppendedFile | Stream | None = None
        self.is_complete = False

    def open(self, offset: int, *, is_complete: bool) -> None:
        """Cut the file, and write what it begins with if nothing is left.

        Args:
            offset: Where to cut it.
            is_complete: Whether it was completed by an earlier run.
        """
        self._let_go()
        output = self._places.output
        self._sink = AppendedFile(output, offset) if isinstance(output, Path) else Stream(output)
        if offset == 0:
            self._sink.append(self._format.header)

    @property
    def sink(self) -> AppendedFile | Stream:
        """What is appended to, once it is open."""
        assert self._sink is not None  # noqa: S101 - it is opened first
        return self._sink

    def write(self, keys: Sequence[Key], records: Sequence[RowT]) -> None:
        """Append records, which were asked for by these ids."""
        self.sink.append(self._format.encode(records))

    def complete(self, note: Note) -> None:
        """Make the file complete, which it is."""
        self.is_complete = True

    def deliver(self) -> None:
        """Write what is to go to a stream, of which there will be no more."""

    def undelivered(self) -> Sequence[Key]:
        """Return the ids of records that were to go to a stream, and did not."""
        return ()

    def close(self) -> None:
        """Let go of the file."""
        self._let_go()

    def _let_go(self) -> None:
        if self._sink is not None:  # also of one whose opening was interrupted
            self._sink.close()


def output_for(operation: Operation[RowT], places: Places) -> Output[RowT]:
    """Return the output for records of an operation.

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
    """Return a file to append to, cut; or what is there that is no file."""
    return Stream(path.open("ab"), is_ours=True) if is_device(path) else AppendedFile(path, offset)
