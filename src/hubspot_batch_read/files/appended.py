"""Targets that bytes are appended to: a file, which can be truncated, or a stream."""

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
"""Number of bytes before the end that are hashed, to check whether a file has changed."""


@define(frozen=True)
class End:
    """The length of a file, and a hash of its last bytes."""

    offset: int = 0
    tail: str = ""
    """Hash of the last bytes."""


class AppendedFile:
    """A file that is only written at its end, without a buffer."""

    def __init__(self, path: Path, offset: int) -> None:
        """Open or create a file, and truncate it.

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
            OSError: Not all of them could be written; `cut` removes those that were.
        """
        left = memoryview(data)
        with self._naming_it():
            while left:
                left = left[self._file.write(left) :]
        self.offset += len(data)

    def cut(self, offset: int) -> None:
        """Truncate the file."""
        with self._naming_it():
            self._file.seek(offset)
            self._file.truncate()
        self.offset = offset

    def sync(self) -> None:
        """Sync the file to disk, so that it survives a crash of the machine.

        Raises:
            OSError: It cannot be synced, or was removed or replaced.
        """
        with self._naming_it():
            os.fsync(self._file.fileno())
            if not os.path.samestat(self.path.stat(), os.fstat(self._file.fileno())):
                raise FileNotFoundError(errno.ENOENT, "it was replaced during the run")

    def end(self) -> End:
        """Return its length and a hash of its last bytes."""
        return _end(self._file, self.offset)

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):  # the write has already raised it
            self._file.close()

    @contextmanager
    def _naming_it(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise type(error)(error.errno, error.strerror, str(self.path)) from error


class Stream:
    """A stream, which cannot be truncated, and has no path."""

    def __init__(self, file: BinaryIO, *, is_ours: bool = False) -> None:
        """Write to an open file, and close it only if it is ours."""
        self.offset = 0
        self._is_ours = is_ours
        self.file = file
        self._is_terminal = file.isatty()

    def append(self, data: bytes) -> None:
        """Write bytes, and flush them."""
        self.file.write(_harmless(data) if self._is_terminal else data)
        self.file.flush()
        self.offset += len(data)

    def cut(self, offset: int) -> None:
        """Do nothing."""

    def sync(self) -> None:
        """Sync the stream to disk, if it is a file."""
        with suppress(OSError, AttributeError):  # a stream without a descriptor
            if stat.S_ISREG(os.fstat(self.file.fileno()).st_mode):
                os.fsync(self.file.fileno())

    def end(self) -> End:
        """Return the number of bytes written."""
        return End(self.offset)

    def close(self) -> None:
        """Close it, if it is ours."""
        if self._is_ours:
            with suppress(OSError):  # the write has already raised it
                self.file.close()


def _harmless(lines: bytes) -> bytes:
    """Return lines for a terminal, with control characters from HubSpot escaped."""
    return "\n".join(map(printable, lines.decode().split("\n"))).encode()


def end_of(path: Path) -> End:
    """Return the length of a file and a hash of its last bytes."""
    with path.open("rb") as file:
        return _end(file, file.seek(0, os.SEEK_END))


def check_end(path: Path, end: End) -> None:
    """Raise FileRefusedError unless a file still has its content, possibly with more after it."""
    size = path.stat().st_size if path.exists() else 0
    if size < end.offset:
        missing = "is not there" if not path.exists() else f"has {size:,} bytes"
        raise FileRefusedError(
            f"{path} {missing}, but {end.offset:,} bytes were written to it; "
            "put it back, or write to another file"
        )
    if end.offset:
        with path.open("rb") as file:
            if _end(file, end.offset) != end:
                raise FileRefusedError(
                    f"{path} has changed: the bytes before {end.offset:,} are different"
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
    """Sync the folder of a file to disk, if the system can, so that file names survive a crash."""
    if os.name == "posix":
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
