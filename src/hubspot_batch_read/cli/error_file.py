"""The file of `--errors`: a JSON line for every id that did not become a row."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from attrs import asdict, define, field

from hubspot_batch_read.cli.done import Done
from hubspot_batch_read.cli.faults import CommandError, WrongUseError
from hubspot_batch_read.cli.files import lock, refuse_existing, replacing
from hubspot_batch_read.cli.formats import CompleteLines, json_line, json_object
from hubspot_batch_read.results import WithoutRecord

UNREAD = "unread"
INVALID = "invalid"
REASONS = {"error", "without_associations", "unanswered", INVALID, UNREAD}


@define
class ErrorFile:
    """The ids without a row, counted by the reason, and written to a file if there is one."""

    _file: BinaryIO | None
    counts: Counter[str] = field(factory=Counter)
    _invalid: set[str] = field(factory=set)
    """What was said of invalid ids."""

    @property
    def has_file(self) -> bool:
        """Whether the ids are written anywhere."""
        return self._file is not None

    @property
    def number(self) -> int:
        """How many ids were not answered, or with an error."""
        return self.counts.total() - self.counts["without_associations"]

    def write(self, id_: str, reason: str, **details: object) -> None:
        """Write why an id has no row.

        Raises:
            CommandError: The file cannot be written. From then on, ids are only counted.
        """
        self.counts[reason] += 1
        if self._file is None:
            return
        told = {name: value for name, value in details.items() if value is not None}
        try:
            self._file.write(json_line({"id": id_, "reason": reason, **told}))
            self._file.flush()
        except OSError as error:
            self.close()
            self._file = None
            raise CommandError(f"the errors cannot be written: {error.strerror}") from error

    def write_all(self, found: list[WithoutRecord]) -> None:
        """Write what HubSpot said of ids without a record.

        Raises:
            CommandError: The file cannot be written. All of them are counted.
        """
        failure = None
        for each in found:
            details = asdict(each.error) if each.error is not None else {}
            details.pop("id", None)
            try:
                self.write(each.id, each.reason, **details)
            except CommandError as error:
                failure = error
        if failure is not None:
            raise failure

    def write_invalid(self, text: str, message: str) -> None:
        """Write what is no id, and why, unless that is there already."""
        if message not in self._invalid:
            self.write(text, INVALID, message=message)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            with suppress(OSError):  # it was raised already, where it was written
                self._file.close()


def open_errors(path: Path | None, done: Done | None, *, is_replaced: bool = False) -> ErrorFile:
    """Open the file; None for none.

    Args:
        path: The file.
        done: The ids that have an answer, to which those in the file are added; ids that were not
            read are removed from the file. None for a new file.
        is_replaced: Whether a new file may take the place of one that was written by `--errors`.

    Raises:
        WrongUseError: The file holds something else, or something at all if it is to be a new one.
        OSError: It cannot be read or written.
    """
    if path is None:
        return ErrorFile(None)
    if done is None or not path.is_file():
        if not (is_replaced and _is_ours(path)):
            refuse_existing(path)
        return ErrorFile(lock(path.open("wb"), path))
    counts: Counter[str] = Counter()
    invalid: set[str] = set()
    with path.open("rb") as before, replacing(path) as after:
        lines = CompleteLines(before)
        for line in lines:
            id_, reason, message = _read(line, f"{path}, line {lines.number}")
            if reason == INVALID:
                invalid.add(message)
            elif reason == UNREAD or not done.add(id_):
                continue
            counts[reason] += 1
            after.write(line)
        lines.refuse_other_end(str(path), b"{")
    return ErrorFile(lock(path.open("ab"), path), counts, invalid)


def _is_ours(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        line = file.readline()
    try:
        _read(line, str(path))
    except WrongUseError:
        return False
    return True


def _read(line: bytes, place: str) -> tuple[str, str, str]:
    entry = json_object(line, place)
    id_, reason = entry.get("id"), entry.get("reason")
    if not isinstance(id_, str) or reason not in REASONS:
        raise WrongUseError(f"{place}: not written by --errors")
    return id_, str(reason), str(entry.get("message"))
