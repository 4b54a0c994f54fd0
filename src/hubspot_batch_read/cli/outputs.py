"""Where the records go: standard output or a file, new or continued."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Generic

from hubspot_batch_read.cli.done import Done
from hubspot_batch_read.cli.faults import WrongUseError
from hubspot_batch_read.cli.files import is_device, lock, refuse_existing
from hubspot_batch_read.cli.formats import Begun, Format
from hubspot_batch_read.core.operation import RowT
from hubspot_batch_read_api.errors import printable


class Output(Generic[RowT]):
    """Records that are written one at a time: a crash cuts off one record at most."""

    def __init__(self, file: BinaryIO, format_: Format[RowT], begun: Begun | None = None) -> None:
        """Write to a file, after what it has.

        Nothing is cut off or written before there is a record, or it is known that there is none.
        """
        self.records = begun.records if begun else 0
        self.incomplete = begun.incomplete if begun else None
        """The id of a record that is cut off, and to be read again."""
        self._file = file
        self._format = format_
        self._end = begun.end if begun else 0
        self._is_continued = begun is not None
        self._is_begun = False
        self._is_terminal = file.isatty()
        self._is_on_disk = stat.S_ISREG(os.fstat(file.fileno()).st_mode)

    def write(self, record: RowT) -> bool:
        """Write a record; return whether it makes a row."""
        lines = self._format.encode(record)
        if lines:
            self._begin()
            self._file.write(_harmless(lines) if self._is_terminal else lines)
            self._file.flush()
            self.records += 1
        return bool(lines)

    def sync(self) -> None:
        """Have what was written survive a crash of the machine, too."""
        if self._is_on_disk:
            os.fsync(self._file.fileno())

    def finish(self, *, is_complete: bool) -> None:
        """Take note that there are no more records: all were read, or the run stopped early."""
        if is_complete:
            self._begin()
            self._file.flush()
        self.sync()

    def undelivered(self) -> Iterator[str]:
        """Yield the ids of records that were written to nowhere, if finishing has failed."""
        yield from ()

    def close(self) -> None:
        """Let go of the file."""
        with suppress(OSError):  # it was raised already, where it was written
            self._file.close()

    def _begin(self) -> None:
        """Cut off what is incomplete, and write the header if that is missing."""
        if self._is_begun:
            return
        self._is_begun = True
        if self._is_continued:
            self._file.seek(self._end)
            self._file.truncate()
        if self._end == 0:
            self._file.write(self._format.header)


def _harmless(lines: bytes) -> bytes:
    """Return lines for a terminal, which would do what control characters from HubSpot say."""
    return "\n".join(map(printable, lines.decode().split("\n"))).encode()


def open_output(path: Path | None, format_: Format[RowT], done: Done | None) -> Output[RowT]:
    """Return an output for records.

    Args:
        path: The file; None for standard output.
        format_: The format of the output.
        done: The ids that were answered, to which those in the file are added; None for a new
            file.

    Raises:
        WrongUseError: There is something else in the file, or anything if it is to be a new one.
        OSError: It cannot be read or written.
    """
    if path is None:
        return Output(standard_output(), format_)
    if done is None or not path.is_file():
        return Output(open_new(path), format_)
    file, begun = open_continued(path, format_, done)
    return Output(file, format_, begun)


def standard_output() -> BinaryIO:
    """Return standard output.

    Raises:
        WrongUseError: It is closed.
    """
    if sys.stdout is None:
        raise WrongUseError("standard output is closed: name a file with --output")
    return os.fdopen(sys.stdout.fileno(), "wb", closefd=False)


def open_new(path: Path) -> BinaryIO:
    """Return a file to write to, which has nothing yet.

    Raises:
        WrongUseError: It has something.
        OSError: It cannot be written.
    """
    refuse_existing(path)
    return lock(path.open("wb" if is_device(path) else "w+b"), path)


def open_continued(path: Path, format_: Format[RowT], done: Done) -> tuple[BinaryIO, Begun]:
    """Return a file to write to, and what it has.

    Raises:
        WrongUseError: It holds something else than records in this format.
        OSError: It cannot be read or written.
    """
    file = lock(path.open("r+b"), path)
    try:
        return file, format_.scan(file, str(path), done.add)
    except BaseException:
        file.close()
        raise
