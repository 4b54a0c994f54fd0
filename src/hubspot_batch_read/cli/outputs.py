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

    def __init__(
        self, file: BinaryIO, format_: Format[RowT], *, is_new: bool = True, rows: int = 0
    ) -> None:
        """Write to a file, from where it stands; so many records are there already."""
        self.rows = rows
        self._is_new = is_new
        self._file = file
        self._format = format_
        self._is_on_disk = file is not sys.stdout.buffer and _is_regular(file)

    def begin(self) -> None:
        """Write what the output begins with."""
        if self._is_new and self._format.header:
            self._file.write(self._format.header)
            self._file.flush()

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

    def finish(self, *, is_complete: bool) -> None:
        """Take note that there are no more rows: all were read, or the run stopped early."""
        self.sync()

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not sys.stdout.buffer:
            with suppress(OSError):  # it was raised already, where it was written
                self._file.close()


def open_output(path: Path | None, format_: Format[RowT], done: Done | None) -> Output[RowT]:
    """Return an output for rows.

    Args:
        path: The file; None for standard output.
        format_: The format of the rows.
        done: The ids that need not be read any more, to which those in the file are added; None
            for a new file.

    Raises:
        WrongUseError: There is something else in the file, or anything if it is to be a new one.
        OSError: It cannot be read or written.
    """
    if path is None:
        return Output(sys.stdout.buffer, format_)
    if done is None or not path.is_file():
        return Output(open_new(path), format_)
    file, rows = open_continued(path, format_, done)
    return Output(file, format_, is_new=file.tell() == 0, rows=rows)


def open_new(path: Path) -> BinaryIO:
    """Return a file to write to, which has nothing yet.

    Raises:
        WrongUseError: It has something.
        OSError: It cannot be written.
    """
    refuse_existing(path)
    return path.open("wb" if _is_device(path) else "w+b")


def refuse_existing(path: Path) -> None:
    """Raise WrongUseError if a file has something."""
    if path.is_file() and path.stat().st_size:
        raise WrongUseError(f"{path} exists: continue it with --resume, or remove it")


def open_continued(path: Path, format_: Format[RowT], done: Done) -> tuple[BinaryIO, int]:
    """Return a file to write to after what it has, and how many records that are.

    What is cut off at the end of the file is removed.

    Raises:
        WrongUseError: It holds something else than rows of this format.
        OSError: It cannot be read or written.
    """
    rows = 0

    def add(id_: str) -> None:
        nonlocal rows
        rows += 1
        done.add(id_)

    with path.open("rb") as before:
        end = format_.scan(before, str(path), add)
    file = path.open("r+b")
    file.seek(end)
    file.truncate()
    return file, rows


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file()


def _is_regular(file: BinaryIO) -> bool:
    return stat.S_ISREG(os.fstat(file.fileno()).st_mode)
