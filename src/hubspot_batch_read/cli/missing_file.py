"""The file of `--missing`: a JSON line for every id without a record, and for those not read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from attrs import define, evolve, field

from hubspot_batch_read.cli.done import Done
from hubspot_batch_read.cli.faults import CommandError, WrongUseError
from hubspot_batch_read.cli.files import lock, refuse_existing, replacing
from hubspot_batch_read.cli.formats import CompleteLines, json_line, json_object
from hubspot_batch_read.cli.sentences import shortened
from hubspot_batch_read.core.ids import normal_form
from hubspot_batch_read.core.results import Missing

UNREAD = "unread"
INVALID = "invalid"
PROBLEMS = {
    "error": "HubSpot has an error for it, without a message",
    "unanswered": "HubSpot did not mention it",
    INVALID: "it is not an id",
}
"""What is wrong with single ids, if nothing else was said."""
REASONS = {*PROBLEMS, "without_associations", UNREAD}
"""Those of the library, and that of ids that were not read."""
NOTHING_MORE = {"category": None, "sub_category": None, "message": None, "context": None}
"""Every line has the same keys."""
MOST_TEXTS = 5
"""Texts of a list from HubSpot that are written."""


@define
class MissingFile:
    """The ids without a record, counted by the reason, and written to a file if there is one."""

    _file: BinaryIO | None
    counts: Counter[str] = field(factory=Counter)
    first: str | None = None
    """The first of the problems that single ids have, as a sentence."""
    _invalid: set[str] = field(factory=set)
    """What was said of invalid ids."""

    @property
    def number(self) -> int:
        """How many ids are missing, but for those without associations, or unread."""
        return self.counts.total() - self.counts["without_associations"]

    def write(self, id_: str, reason: str, message: str | None = None) -> None:
        """Write why an id has no record.

        Raises:
            CommandError: The file cannot be written. From then on, ids are only counted.
        """
        self._write({"id": id_, "reason": reason, **NOTHING_MORE, "message": message})

    def write_all(self, found: Iterable[Missing]) -> None:
        """Write which ids are missing, and what HubSpot said of them.

        Raises:
            CommandError: The file cannot be written. All of them are counted.
        """
        failure = None
        for each in found:
            try:
                self._write({"id": each.id, "reason": each.reason, **_said(each)})
            except CommandError as error:
                failure = error
        if failure is not None:
            raise failure

    def write_invalid(self, text: str, message: str) -> bool:
        """Write what is not an id, and why; return whether it is new, and not there already."""
        is_new = message not in self._invalid
        if is_new:
            self.write(text, INVALID, message)
        return is_new

    def count(self, line: Mapping[str, object]) -> None:
        """Count what is in the file, or would be."""
        reason = str(line["reason"])
        self.counts[reason] += 1
        if self.first is None and reason in PROBLEMS:
            said = line.get("message") or line.get("category") or PROBLEMS[reason]
            self.first = str(said) if reason == INVALID else f"{line['id']}: {said}"

    def _write(self, line: Mapping[str, object]) -> None:
        self.count(line)
        if self._file is None:
            return
        try:
            self._file.write(json_line(line))
            self._file.flush()
        except OSError as error:
            self.close()
            self._file = None
            raise CommandError(f"the missing ids cannot be written: {error.strerror}") from error

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            with suppress(OSError):  # it was raised already, where it was written
                self._file.close()


def open_missing(path: Path | None, done: Done | None, *, is_replaced: bool = False) -> MissingFile:
    """Open the file; None for none.

    Args:
        path: The file.
        done: The ids that were answered, to which those in the file are added; ids that were not
            read are removed from the file. None for a new file.
        is_replaced: Whether a new file may take the place of one that was written by `--missing`.

    Raises:
        WrongUseError: The file holds something else, or something at all if it is to be a new one.
        OSError: It cannot be read or written.
    """
    if path is None:
        return MissingFile(None)
    if done is None or not path.is_file():
        if not (is_replaced and _is_ours(path)):
            refuse_existing(path)
        return MissingFile(lock(path.open("wb"), path))
    missing, invalid = MissingFile(None), set[str]()
    with path.open("rb") as before, replacing(path) as after:
        lines = CompleteLines(before)
        for line in lines:
            entry = _read(line, f"{path}, line {lines.number}")
            is_invalid = entry["reason"] == INVALID
            if is_invalid or (entry["reason"] != UNREAD and done.add(str(entry["id"]))):
                missing.count(entry)
                after.write(line)
            if is_invalid:
                invalid.add(str(entry.get("message")))
        lines.refuse_other_end(str(path), b"{")
    return evolve(missing, file=lock(path.open("ab"), path), invalid=invalid)


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


def _read(line: bytes, place: str) -> Mapping[str, object]:
    entry = json_object(line, place)
    if not isinstance(entry.get("id"), str) or entry.get("reason") not in REASONS:
        raise WrongUseError(f"{place}: not written by --missing")
    return entry


def _said(missing: Missing) -> dict[str, object]:
    """Return what HubSpot said of an id, without the other ids of the request, and not too long."""
    context = islice((missing.context or {}).items(), MOST_TEXTS)
    about = {shortened(name): _about(missing.id, texts) for name, texts in context}
    return {
        "category": shortened(missing.category),
        "sub_category": shortened(missing.sub_category),
        "message": shortened(missing.message),
        "context": about or None,
    }


def _about(id_: str, texts: Sequence[str]) -> list[str | None]:
    """Return those of the texts that may be about an id: itself, if it is among them."""
    for spelling in (id_, normal_form(id_)):
        if spelling in texts:
            return [spelling]
    return [shortened(text) for text in texts[:MOST_TEXTS]]
