"""The checkpoint of a file: how far it was written, and from which ids and arguments.

It is a separate file beside the output, and is replaced as a whole. So it is always complete and
consistent.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

from attrs import asdict, define

from hubspot_batch_read.core.account import PLACES
from hubspot_batch_read.core.id_order import Mark
from hubspot_batch_read.files.appended import End, sync_folder
from hubspot_batch_read.files.errors import FileRefusedError

VERSION = 1

State = Literal["reading", "completing", "complete"]
"""Only Parquet is "completing": the Parquet file is written, and is about to be renamed."""


@define(frozen=True, kw_only=True)
class Checkpoint:
    """Everything that a later run needs to know."""

    state: State
    fingerprint: Mapping[str, str]
    """The arguments and the format: a run that resumes must have the same."""
    mark: Mark
    """Progress through the ids: up to the last chunk that is in the files."""
    unread: tuple[tuple[int, int], ...]
    """Positions before that whose ids were not read, as ranges: start, and stop (exclusive)."""
    counts: Mapping[str, int]
    output: End
    """The end of the output, or of the staged rows."""
    missing: End
    completed: End
    """The end of the Parquet file that is being completed."""

    @property
    def is_empty(self) -> bool:
        """Whether no id is in the files yet, so that there is nothing to resume."""
        return not any(self.counts.get(place) for place in PLACES)

    def refuse_others(self, path: Path, fingerprint: Mapping[str, str]) -> None:
        """Raise FileRefusedError if the arguments or the format of a run are different."""
        for name in {**self.fingerprint, **fingerprint}:
            before, now = self.fingerprint.get(name), fingerprint.get(name)
            if before != now:
                raise FileRefusedError(
                    f"{path} was started with another {name}: {before or 'none'}, not "
                    f"{now or 'none'}; use the same, or another file"
                )


def checkpoint_of(path: Path) -> Path:
    """Return the path of the checkpoint of a file."""
    return path.with_name(f"{path.name}.checkpoint")


def beside(path: Path) -> Path:
    """Return the temporary path for a file that will replace another."""
    return path.with_name(f".{path.name}.new")


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Replace a checkpoint.

    Raises:
        OSError: It cannot be written; the previous one is unchanged.
    """
    content = {"version": VERSION, **asdict(checkpoint)}
    text = json.dumps({**content, "checksum": _checksum(content)}, indent=1)
    new = beside(path)
    try:
        with new.open("wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from error
    new.replace(path)
    sync_folder(path)


def load(path: Path) -> Checkpoint | None:
    """Return a checkpoint, or None if the file does not exist.

    Raises:
        FileRefusedError: It is damaged, or of another version.
        OSError: It cannot be read.
    """
    if not path.exists():
        return None
    content: Any = None
    with suppress(ValueError, RecursionError):
        content = json.loads(path.read_bytes())
    checksum = content.pop("checksum", None) if isinstance(content, dict) else None
    if checksum is None or checksum != _checksum(content):
        raise FileRefusedError(f"{path} is damaged; remove it, and the file that it belongs to")
    if content.pop("version") != VERSION:
        raise FileRefusedError(f"{path} was written by another version of this package")
    return _checkpoint(content)


def _checkpoint(content: dict[str, Any]) -> Checkpoint:
    return Checkpoint(
        state=content["state"],
        fingerprint=content["fingerprint"],
        mark=Mark(**content["mark"]),
        unread=tuple((start, stop) for start, stop in content["unread"]),
        counts=content["counts"],
        output=End(**content["output"]),
        missing=End(**content["missing"]),
        completed=End(**content["completed"]),
    )


def _checksum(content: Mapping[str, object]) -> str:
    text = json.dumps(content, sort_keys=True)
    return blake2b(text.encode(), digest_size=16).hexdigest()
