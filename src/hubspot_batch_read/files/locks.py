"""Locks: only one run at a time writes to a file.

The lock is a separate file beside it, because the file itself is replaced and removed. The run that
holds the lock removes the lock file at the end. That is safe, because `filelock` does not accept a
lock on a file that was removed in the meantime.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from hubspot_batch_read.files.errors import FileRefusedError


def lock_of(path: Path) -> Path:
    """Return the path of the lock of a file."""
    return path.with_name(f"{path.name}.lock")


class Locks:
    """The locks that a run holds."""

    def __init__(self) -> None:
        """Start without locks."""
        self._locks: list[FileLock] = []

    def hold(self, path: Path) -> None:
        """Acquire the lock of a file.

        Raises:
            FileRefusedError: Another run has it.
            OSError: The lock file cannot be created.
        """
        if not path.parent.is_dir():  # which filelock would create
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        lock = FileLock(lock_of(path), thread_local=False)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            raise FileRefusedError(f"{path} is being written by another run") from None
        except OSError as error:
            raise type(error)(error.errno, error.strerror, str(path)) from error
        self._locks.append(lock)

    def release(self) -> None:
        """Release all locks."""
        while self._locks:
            lock = self._locks.pop()
            if os.name == "posix":  # Windows cannot remove an open file
                with suppress(OSError):
                    Path(lock.lock_file).unlink()
            lock.release()
