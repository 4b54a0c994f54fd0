"""Files that are written: never over something else, by one run at a time, never by halves."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, BinaryIO

from hubspot_batch_read.cli.faults import WrongUseError

if sys.platform != "win32":
    import fcntl


def is_device(path: Path) -> bool:
    """Return whether there is something that is no file: a terminal, a pipe, /dev/null."""
    return path.exists() and not path.is_file()


def has_content(path: Path) -> bool:
    """Return whether there is a file that is not empty."""
    return path.is_file() and path.stat().st_size > 0


def refuse_existing(path: Path) -> None:
    """Raise WrongUseError if a file has something."""
    if has_content(path):
        raise WrongUseError(f"{path} exists: continue it with --resume, or remove it")


def part_of(path: Path) -> Path:
    """Return where the records of a Parquet file are until it is complete."""
    return path.with_name(path.name + ".part")


def lock(file: BinaryIO, path: Path) -> BinaryIO:
    """Return a file that no other run writes to, for as long as it is open.

    Raises:
        WrongUseError: Another run writes to it.
    """
    if sys.platform != "win32" and path.is_file():
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            raise WrongUseError(f"{path} is being written by another run") from error
    return file


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Yield a file that takes the place of another, or that is to be one, when it is complete.

    What is at the end of a link is replaced, not the link; the file's mode stays.
    """
    target = path.resolve()
    with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
        complete = Path(file.name)
        try:
            yield file.file
            file.flush()
            os.fsync(file.fileno())
            if target.exists():
                shutil.copymode(target, complete)
            else:
                complete.chmod(0o666 & ~_umask())
        except BaseException:
            complete.unlink()
            raise
    complete.replace(target)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
