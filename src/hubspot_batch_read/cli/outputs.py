"""Where the rows go: standard output or a file, new or continued."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Generic

from hubspot_batch_read.cli.done import Done
from hubspot_batch_read.cli.faults import WrongUseError
from hubspot_batch_read.cli.formats import Format
from hubspot_batch_read.operations import RowT


class Output(Generic[RowT]):
    """Rows that are written one record at a time: a crash cuts off one record at most."""

    def __init__(self, file: BinaryIO, format_: Format[RowT], *, rows: int = 0) -> None:
        """Write to a file, from where it stands; so many records are there already."""
        self.rows = rows
        self._file = file
        self._format = format_
        self._is_on_disk = file is not sys.stdout.buffer and _is_regular(file)

    def write(self, record: RowT) -> bool:
        """Write a record; tell whether it makes a row."""
        lines = self._format.encode(record)
        if lines:
            self._file.write(lines)
            self._file.flush()
            self.rows += 1
        return bool(lines)

    def sync(self) -> None:
        """Have what was written survive a crash of the machine, too."""
        if self._is_on_disk:
            os.fsync(self._file.fileno())

    def finish(self) -> None:
        """Make the output complete, after the last row."""
        self.sync()

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not sys.stdout.buffer:
            with suppress(OSError):  # it was raised already, where it was written
                self._file.close()


def open_standard_output(format_: Format[RowT]) -> Output[RowT]:
    """Return standard output for rows."""
    sys.stdout.buffer.write(format_.header)
    return Output(sys.stdout.buffer, format_)


def open_output(path: Path, format_: Format[RowT], done: Done | None) -> Output[RowT]:
    """Return a file for rows; its ids are added to those that are done, None for a new file."""
    if done is None:
        return Output(open_new(path, format_), format_)
    file, rows = open_continued(path, format_, done)
    return Output(file, format_, rows=rows)


def open_new(path: Path, format_: Format[RowT]) -> BinaryIO:
    """Return a file to write to, which has nothing yet.

    Raises:
        WrongUseError: It has something.
        OSError: It cannot be written.
    """
    refuse_existing(path)
    file = path.open("w+b" if path.is_file() or not path.exists() else "wb")
    file.write(format_.header)
    file.flush()
    return file


def refuse_existing(path: Path) -> None:
    """Raise WrongUseError if a file has something."""
    if path.is_file() and path.stat().st_size:
        raise WrongUseError(f"{path} exists: continue it with --resume, or remove it")


def open_continued(path: Path, format_: Format[RowT], done: Done) -> tuple[BinaryIO, int]:
    """Return a file to write to after what it has, and how many records that are.

    What is cut off at the end of the file is removed. The file need not exist.

    Raises:
        WrongUseError: It holds something else than rows of this format.
        OSError: It cannot be read or written.
    """
    if not path.exists():
        return open_new(path, format_), 0
    rows = 0

    def add(id_: str) -> None:
        nonlocal rows
        rows += 1
        done.add(id_)

    file = path.open("r+b")
    end = format_.scan(file, str(path), add)
    file.seek(end)
    file.truncate()
    if end == 0:
        file.write(format_.header)
        file.flush()
    return file, rows


def _is_regular(file: BinaryIO) -> bool:
    return stat.S_ISREG(os.fstat(file.fileno()).st_mode)
