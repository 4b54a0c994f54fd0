"""One run: from the ids, through a read, into files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from attrs import define, field

from hubspot_batch_read.cli.display import Display
from hubspot_batch_read.cli.faults import ID_ERRORS, OK, CommandError, WrongUseError
from hubspot_batch_read.cli.inputs import Entry, Input
from hubspot_batch_read.cli.interrupts import Interrupts
from hubspot_batch_read.cli.options import Options
from hubspot_batch_read.core.id_texts import Id
from hubspot_batch_read.core.results import Summary
from hubspot_batch_read.driving.delivery import Explain, OnProgress
from hubspot_batch_read.files import FileRefusedError
from hubspot_batch_read.read import Read
from hubspot_batch_read.sentences import counted
from hubspot_batch_read_api.errors import BadRequestError, NotFoundError

Begin = Callable[[Iterator[Id], OnProgress], Read[Any]]
"""Creates a read of ids."""


@define
class Run:
    """A read with signals, progress and exit codes."""

    input: Input
    options: Options
    display: Display
    explain: Explain
    _read: Read[Any] | None = field(default=None, init=False)
    _interrupts: Interrupts = field(init=False)
    _expected: int | None = field(default=None, init=False)
    """The number of ids, or None if it is not known."""

    def close(self) -> None:
        """End the read."""
        if self._read is not None:
            self._read.close()

    @property
    def read(self) -> Read[Any]:
        """The read, once it has started."""
        assert self._read is not None  # noqa: S101 - `read_all` comes first
        return self._read

    def read_all(self, begin: Begin, interrupts: Interrupts) -> CommandError | None:
        """Read everything into the files; return the exception that ended it early, or None.

        Raises:
            WrongUseError: A file was refused; nothing was read.
            OSError: A file cannot be opened; nothing was read.
        """
        with closing(self._ids()) as ids, ExitStack() as stack:
            self._interrupts = interrupts
            self._read = begin(ids, self._on_progress)
            target = stack.enter_context(_target(self.options.output))
            stack.enter_context(self.display)
            if self.display.is_shown and self.input.is_repeatable:
                self._expected = self._count_ids()
            stop = self._write(target)
            if stop is not None and self.input.is_repeatable:
                self._expected = self._count_ids()
            return stop or self._show_end()

    def _write(self, target: Path | BinaryIO) -> CommandError | None:
        """Read everything; return the exception that ended it early, or None."""
        options = self.options
        try:
            self.read.to_file(
                target, format=options.file_format, missing=options.missing, resume=options.resume
            )
        except (FileRefusedError, ModuleNotFoundError) as error:
            raise WrongUseError(str(error)) from error
        except CommandError as error:
            return error
        except KeyboardInterrupt:  # it interrupted a wait for ids
            return CommandError("interrupted")
        except Exception as error:
            if isinstance(error, OSError) and not self.read.summary.taken:
                raise
            return self._refusal(error)
        if self._interrupts.came:
            return CommandError("interrupted")
        failure, summary = self.first_failure, self.read.summary
        is_none_read = summary.taken == summary.unread
        return self._refusal(failure) if failure is not None and is_none_read else None

    def _refusal(self, error: Exception) -> CommandError:
        """Return what a failure means: if no id was answered before, the request may be wrong."""
        summary = self.read.summary
        is_first = summary.taken == summary.unread
        is_wrong = is_first and isinstance(error, BadRequestError | NotFoundError)
        words = _unwritable(error) if isinstance(error, OSError) else None
        stop = (WrongUseError if is_wrong else CommandError)(words or self.explain(error))
        stop.__cause__ = error
        return stop

    @property
    def exit_code(self) -> int:
        """0 if all ids were answered, 1 if not."""
        summary = self.read.summary
        problems = summary.errors + summary.unanswered + summary.invalid + summary.unread
        return ID_ERRORS if problems else OK

    @property
    def account(self) -> str:
        """The numbers of ids, by what happened to them."""
        summary = self.read.summary
        parts = [counted(summary.records, "record")]
        if summary.without_associations:
            parts.append(f"{summary.without_associations:,} without associations")
        numbers = ", ".join(parts + _problems(summary))
        number = (self._expected or 0) - summary.duplicates
        if number > summary.taken:
            return f"{summary.taken:,} of {counted(number, 'id')}: {numbers}"
        return f"{counted(summary.taken, 'id')}: {numbers}"

    @property
    def first_failure(self) -> Exception | None:
        """The exception of the first chunk that could not be read."""
        return next((failure.error for failure in self.read.failures), None)

    def _ids(self) -> Generator[Id]:
        with closing(self.input.entries()) as entries:
            while (entry := self._next(entries)) is not None:
                yield entry.id_

    def _next(self, entries: Iterator[Entry]) -> Entry | None:
        if self.input.is_repeatable:
            return next(entries, None)
        with self._interrupts.end_a_wait():
            return next(entries, None)

    def _count_ids(self) -> int | None:
        with suppress(CommandError):  # raised when the run reaches it
            return sum(1 for _ in self.input.entries())
        return None

    def _on_progress(self, summary: Summary) -> None:
        self._show(summary, _problems(summary, is_over=False))
        if self._interrupts.came:
            self.read.close()

    def _show_end(self) -> CommandError | None:
        try:
            self._show(self.read.summary, _problems(self.read.summary))
        except Exception as error:  # noqa: BLE001 - the files are complete
            return self._refusal(error)
        return None

    def _show(self, summary: Summary, problems: list[str]) -> None:
        expected = None if self._expected is None else self._expected - summary.duplicates
        self.display.update(summary.taken - summary.unread, expected, ", ".join(problems))


def _problems(summary: Summary, *, is_over: bool = True) -> list[str]:
    """Return the numbers of ids with a problem; ids in flight do not count."""
    numbers = {
        "with errors": summary.errors,
        "unanswered": summary.unanswered,
        "invalid": summary.invalid,
        "unread": summary.unread if is_over else 0,
    }
    return [f"{number:,} {name}" for name, number in numbers.items() if number]


@contextmanager
def _target(path: Path | None) -> Iterator[Path | BinaryIO]:
    """Yield the target of the records: the file, or standard output without one.

    Raises:
        WrongUseError: Standard output is closed.
    """
    if path is not None:
        yield path
        return
    if sys.stdout is None:
        raise WrongUseError("standard output is closed: use --output FILE")
    file = os.fdopen(sys.stdout.fileno(), "wb", closefd=False)
    try:
        yield file
    finally:
        with suppress(OSError):  # the write has already raised it
            file.close()


def _unwritable(error: OSError) -> str:
    if isinstance(error, BrokenPipeError):
        return "standard output was closed"
    name = error.filename or "the records"
    return f"{name} cannot be written: {error.strerror}"
