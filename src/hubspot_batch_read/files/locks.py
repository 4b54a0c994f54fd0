"""Locks: a file is written by one run at a time.

The lock is a file of its own beside it, since the file itself is replaced and removed. Whoever has
the lock removes that file as the last thing, which is safe: `filelock` takes no lock of a file that
was removed meanwhile.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from hubspot_batch_read.files.errors import FileRefusedError


def lock_of(path: Path) -> Path:
    """Return where the lock of a file is."""
    return path.with_name(f"{path.name}.lock")


class Locks:
    """The locks that a run holds."""

    def __init__(self) -> None:
        """Hold none."""
        self._locks: list[FileLock] = []

    def hold(self, path: Path) -> None:
        """Take the lock of a file.

        Raises:
            FileRefusedError: Another run has it.
            OSError: There can be no file beside it.
        """
        if not path.parent.is_dir():  # which filelock would make
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
        """Let go of all locks."""
        while self._locks:
            lock = self._locks.pop()
            if os.name == "posix":  # elsewhere a file that is open cannot be removed
                with suppress(OSError):
                    Path(lock.lock_file).unlink()
            lock.release()
