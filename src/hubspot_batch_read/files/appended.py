"""Where bytes are appended: a file that can be cut where it was before, or a stream."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from attrs import define

from hubspot_batch_read.files.errors import FileRefusedError
from hubspot_batch_read_api.errors import printable

TAIL = 64 * 1024
"""Bytes before the end that show whether a file is still the same."""


@define(frozen=True)
class End:
    """Where a file ended, and what was there."""

    offset: int = 0
    tail: str = ""
    """A hash of the last bytes before."""


class AppendedFile:
    """A file that is written at its end only. What was appended is in it at once."""

    def __init__(self, path: Path, offset: int) -> None:
        """Open a file, or make one, and cut it.

        Raises:
            OSError: It cannot be written.
        """
        self.path = path
        self.offset = 0
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        self._file = os.fdopen(descriptor, "r+b", buffering=0)
        try:
            self.cut(offset)
        except BaseException:
            self._file.close()
            raise

    def append(self, data: bytes) -> None:
        """Write bytes at the end.

        Raises:
            OSError: They cannot be written, or not all of them; `cut` removes those that were.
        """
        left = memoryview(data)
        with self._naming_it():
            while left:
                left = left[self._file.write(left) :]
        self.offset += len(data)

    def cut(self, offset: int) -> None:
        """Remove what is after some offset."""
        with self._naming_it():
            self._file.seek(offset)
            self._file.truncate()
        self.offset = offset

    def sync(self) -> None:
        """Have what was written survive a crash of the machine.

        Raises:
            OSError: That is not possible, or the file was removed or replaced.
        """
        with self._naming_it():
            os.fsync(self._file.fileno())
            if not os.path.samestat(self.path.stat(), os.fstat(self._file.fileno())):
                raise FileNotFoundError(errno.ENOENT, "it was replaced during the run")

    def end(self) -> End:
        """Return where it ends."""
        return _end(self._file, self.offset)

    def close(self) -> None:
        """Let go of the file."""
        with suppress(OSError):  # it was raised already, where it was written
            self._file.close()

    @contextmanager
    def _naming_it(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise type(error)(error.errno, error.strerror, str(self.path)) from error


class Stream:
    """A stream that is written to: it cannot be cut, and has no path."""

    def __init__(self, file: BinaryIO, *, is_ours: bool = False) -> None:
        """Write to a file, which somebody else closes unless it is ours."""
        self.offset = 0
        self._is_ours = is_ours
        self.file = file
        self._is_terminal = file.isatty()

    def append(self, data: bytes) -> None:
        """Write bytes, so that they are there at once."""
        self.file.write(_harmless(data) if self._is_terminal else data)
        self.file.flush()
        self.offset += len(data)

    def cut(self, offset: int) -> None:
        """Do nothing."""

    def sync(self) -> None:
        """Have what was written survive a crash of the machine, if it is in a file."""
        with suppress(OSError, AttributeError):  # it has no descriptor
            if stat.S_ISREG(os.fstat(self.file.fileno()).st_mode):
                os.fsync(self.file.fileno())

    def end(self) -> End:
        """Return how much was written."""
        return End(self.offset)

    def close(self) -> None:
        """Close it, if it is ours."""
        if self._is_ours:
            with suppress(OSError):  # it was raised already, where it was written
                self.file.close()


def _harmless(lines: bytes) -> bytes:
    """Return lines for a terminal, which would do what control characters from HubSpot say."""
    return "\n".join(map(printable, lines.decode().split("\n"))).encode()


def end_of(path: Path) -> End:
    """Return where a file ends."""
    with path.open("rb") as file:
        return _end(file, file.seek(0, os.SEEK_END))


def check_end(path: Path, end: End) -> None:
    """Raise FileRefusedError unless a file has what it had, and perhaps more after that."""
    size = path.stat().st_size if path.exists() else 0
    if size < end.offset:
        missing = "is not there" if not path.exists() else f"has {size:,} bytes"
        raise FileRefusedError(
            f"{path} {missing}, but {end.offset:,} were written; it cannot be gone on with"
        )
    if end.offset:
        with path.open("rb") as file:
            if _end(file, end.offset) != end:
                raise FileRefusedError(
                    f"{path} is not as it was written: the bytes before {end.offset:,} are others"
                )


def _end(file: BinaryIO, offset: int) -> End:
    start = max(0, offset - TAIL)
    file.seek(start)
    tail = b""
    while len(tail) < offset - start and (piece := file.read(offset - start - len(tail))):
        tail += piece
    file.seek(offset)
    return End(offset, blake2b(tail, digest_size=16).hexdigest())


def sync_folder(path: Path) -> None:
    """Have names in the folder of a file survive a crash of the machine, where that is possible."""
    if os.name == "posix":
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
