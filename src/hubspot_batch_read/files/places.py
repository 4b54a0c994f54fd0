"""The files of a run, the checks of existing files, and the locks."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

from attrs import define

from hubspot_batch_read.core.id_checks import shown
from hubspot_batch_read.files.appended import check_end
from hubspot_batch_read.files.checkpoint import Checkpoint, beside, checkpoint_of, load
from hubspot_batch_read.files.errors import FileRefusedError
from hubspot_batch_read.files.formats import FileFormat, format_of
from hubspot_batch_read.files.locks import Locks, lock_of
from hubspot_batch_read.files.missing import is_ours

Target: TypeAlias = str | os.PathLike[str] | BinaryIO
"""The target of records: the path of a file, or an open binary file."""


def is_device(path: Path) -> bool:
    """Return whether a path is not a regular file but a terminal, a pipe, or /dev/stdout."""
    is_open_already = str(path.absolute()).startswith(("/dev/std", "/dev/fd/", "/proc/"))
    return is_open_already or (path.exists() and not path.is_file() and not path.is_dir())


def own_files(path: Path) -> list[Path]:
    """Return a file, and all files that a run creates beside it."""
    checkpoint = checkpoint_of(path)
    new = [beside(path), beside(checkpoint)]
    return [path, checkpoint, staged_of(path), lock_of(path), *new]


def has_content(path: Path) -> bool:
    """Return whether a path is a non-empty file."""
    return path.is_file() and path.stat().st_size > 0


def staged_of(path: Path) -> Path:
    """Return the path of the staged rows of a Parquet file."""
    return path.with_name(f"{path.name}.part")


@define(frozen=True)
class Places:
    """The files of a run. All paths are resolved: they are not links."""

    output: Path | BinaryIO
    """A path, or a stream, which has no checkpoint and cannot be resumed."""
    missing: Path | None
    format_: FileFormat
    is_opened: bool = False
    """Whether the output is a stream that was opened here."""

    @classmethod
    def of(cls, target: Target, missing: object, format_: FileFormat | None) -> Places:
        """Return the files for the arguments of the caller.

        Raises:
            FileRefusedError: The extension of the output implies no format that can be written.
            TypeError: The output is open in text mode, or neither a path nor a file.
            ValueError: The format is unknown.
            OSError: The output is a folder, or a device that cannot be opened.
        """
        lines = None if missing is None else Path(os.fsdecode(missing)).resolve()  # type: ignore[arg-type]
        if isinstance(target, io.TextIOBase):
            raise TypeError("path: expected a file that is open in binary mode, not in text mode")
        if not isinstance(target, str | os.PathLike):
            if not hasattr(target, "write"):
                raise TypeError(f"path: expected a path or a binary file, got {shown(target)}")
            return cls(target, lines, format_of(None, format_))
        given = Path(target)
        if is_device(given):
            return cls(given.open("ab"), lines, format_of(None, format_), is_opened=True)
        if given.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(given))
        return cls(given.resolve(), lines, format_of(given, format_))

    @property
    def is_parquet(self) -> bool:
        """Whether rows are staged."""
        return self.format_ == "parquet"

    @property
    def path(self) -> Path:
        """The path of the output, if it is not a stream."""
        assert isinstance(self.output, Path)  # noqa: S101 - only called for files
        return self.output

    @property
    def is_stream(self) -> bool:
        """Whether the output is a stream."""
        return not isinstance(self.output, Path)

    @property
    def has_missing_beside(self) -> bool:
        """Whether a run writes two files, which must be consistent."""
        return self.missing is not None and not self.is_stream

    def close(self) -> None:
        """Close a stream that was opened here."""
        if self.is_opened:
            with suppress(OSError):  # the write has already raised it
                cast("BinaryIO", self.output).close()

    @property
    def written(self) -> Path:
        """The file that is appended to: the output, or the staged rows."""
        return staged_of(self.path) if self.is_parquet else self.path

    @property
    def checkpoint(self) -> Path:
        """The path of the checkpoint."""
        return checkpoint_of(self.path)

    def lock(self, locks: Locks) -> None:
        """Lock the files.

        Raises:
            FileRefusedError: Another run writes to a file, or a file is used for two options.
            OSError: A lock file cannot be created.
        """
        paths = [self.path] if isinstance(self.output, Path) else [*_path_of(self.output)]
        if self.missing is not None and not is_device(self.missing):
            paths.append(self.missing)
            self._refuse_one_for_two(self.missing)
        for path in paths:
            locks.hold(path)

    def _refuse_one_for_two(self, missing: Path) -> None:
        is_file = isinstance(self.output, Path)
        others = own_files(self.path) if is_file else _path_of(cast("BinaryIO", self.output))
        if any(missing == other or _is_one(missing, other) for other in others):
            raise FileRefusedError(f"{missing} is used for two options")

    def before(self, fingerprint: Mapping[str, str], *, resume: bool) -> Checkpoint | None:
        """Return the checkpoint to resume from, or None to start from scratch.

        Raises:
            FileRefusedError: A file would be overwritten, or the earlier run read something else.
        """
        if self.is_stream:
            if resume:
                raise FileRefusedError("a stream cannot be resumed; give the path of a file")
            if self.missing is not None and has_content(self.missing) and not is_ours(self.missing):
                raise FileRefusedError(f"{self.missing} exists, and is not a file of missing ids")
            return None
        checkpoint = load(self.checkpoint)
        if resume and checkpoint is not None and checkpoint.is_empty:
            return None
        if resume and checkpoint is not None:
            checkpoint.refuse_others(self.path, fingerprint)
            self._check(checkpoint)
            return checkpoint
        for path in filter(has_content, self._files()):
            if resume:
                raise FileRefusedError(
                    f"{path} has no checkpoint: it is complete, or another program wrote it; "
                    "it was not changed"
                )
            raise FileRefusedError(f"{path} exists: resume it, or remove it")
        if checkpoint is not None and not checkpoint.is_empty and checkpoint.state != "complete":
            raise FileRefusedError(
                f"{self.checkpoint} belongs to an unfinished run: resume it, or remove it"
            )
        return None

    def _files(self) -> Iterator[Path]:
        yield self.path
        if self.is_parquet:
            yield self.written
        if self.missing is not None:
            yield self.missing

    def is_renamed(self, checkpoint: Checkpoint) -> bool:
        """Return whether the completed Parquet file has already been renamed."""
        is_past = checkpoint.state == "completing" and not beside(self.path).exists()
        return self.is_parquet and (is_past or checkpoint.state == "complete")

    def _check(self, checkpoint: Checkpoint) -> None:
        if self.is_renamed(checkpoint):
            check_end(self.path, checkpoint.completed)
        else:
            check_end(self.written, checkpoint.output)
        if self.missing is not None and not is_device(self.missing):
            check_end(self.missing, checkpoint.missing)


def _path_of(file: BinaryIO) -> Iterable[Path]:
    """Return the path of a stream that is a file, if the system says so."""
    try:
        path = Path(f"/proc/self/fd/{file.fileno()}").resolve()
        return [path] if path.is_file() else []
    except (OSError, AttributeError):
        return []


def _is_one(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)
