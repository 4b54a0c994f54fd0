"""One run: reads the ids, writes the records, and accounts for every id."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, suppress
from functools import partial
from itertools import chain, islice, repeat
from typing import Generic

from attrs import define, field

from hubspot_batch_read.cli.display import Display
from hubspot_batch_read.cli.done import Done
from hubspot_batch_read.cli.faults import ID_ERRORS, OK, CommandError, WrongUseError
from hubspot_batch_read.cli.hidden import Hidden
from hubspot_batch_read.cli.inputs import Entry, Input
from hubspot_batch_read.cli.interrupts import Interrupts
from hubspot_batch_read.cli.missing_file import INVALID, PROBLEMS, UNREAD, MissingFile
from hubspot_batch_read.cli.outputs import Output
from hubspot_batch_read.cli.sentences import counted, sentence
from hubspot_batch_read.core.operation import Operation, RowT
from hubspot_batch_read.core.results import Missing, Summary
from hubspot_batch_read.read import Read
from hubspot_batch_read.reading import OnProgress
from hubspot_batch_read_api.errors import (
    BadRequestError,
    DecodeError,
    NotFoundError,
    ServerError,
)

Begin = Callable[[Iterator[str], OnProgress], Read[RowT]]
"""Begins to read ids."""

FAILURES = 3
"""Chunks that may fail one after the other before a run stops."""


NAMES = {
    "without_associations": "without associations",
    "error": "with errors",
    "unanswered": "unanswered",
    INVALID: "invalid",
    UNREAD: "unread",
}
"""What the reasons are called in the account."""


@define
class Run(Generic[RowT]):
    """The ids, the records, and what became of the ids that have none."""

    operation: Operation[RowT]
    input: Input
    output: Output[RowT]
    missing: MissingFile
    done: Done
    display: Display
    hidden: Hidden
    read: Read[RowT] = field(init=False)
    _interrupts: Interrupts = field(init=False)
    _expected: int | None = field(default=None, init=False)
    """How many ids will have a place in the account, None if that is not known."""
    _unwritten: list[str] = field(factory=list, init=False)
    _missing_told: int = field(default=0, init=False)
    """How many of the ids that are missing were written."""

    def read_all(self, begin: Begin[RowT]) -> None:
        """Read everything, and complete the output.

        Raises:
            CommandError: The run stopped early, for whatever reason. What was read is written, and
                the file of missing ids has those that were not read.
        """
        with closing(self._ids()) as ids, ExitStack() as shown:
            self.read = begin(ids, self._on_progress)
            with Interrupts(self.read.close) as self._interrupts:
                stop = self._attempt(partial(self._read, shown))
                stop = self._account_for_the_rest(stop)
            stop = stop or self._attempt(self._show)
        if stop is not None:
            raise stop

    def _account_for_the_rest(self, stop: CommandError | None) -> CommandError | None:
        """Complete the output, and write what became of all other ids; return what stopped it."""
        undelivered: Iterator[str] = iter(())
        failure = self._attempt(partial(self._finish, is_complete=stop is None))
        if failure is not None:
            stop, undelivered = stop or failure, self.output.undelivered()
        missing, left = self._left()
        failures = [self._attempt(partial(self.missing.write_all, missing))]
        why = None if stop is None else str(stop)
        unread = chain(self._unread(left, why), zip(undelivered, repeat(why)))
        # A step that failed continues where it stopped: every id is accounted for.
        while failure := self._attempt(partial(self._write_unread, unread)):
            failures.append(failure)
        return next(filter(None, [stop, *failures]), None)

    def _attempt(self, action: Callable[[], None]) -> CommandError | None:
        """Do something; return what ended it early, None if nothing did."""
        try:
            action()
        except CommandError as error:
            return error
        except KeyboardInterrupt:  # it ended a wait for ids
            return CommandError("interrupted")
        except Exception as error:  # noqa: BLE001 - whatever it is, the ids are accounted for
            return self._refusal(error)
        return None

    @property
    def exit_code(self) -> int:
        """0 if all ids were answered, 1 if not."""
        return ID_ERRORS if self.missing.number else OK

    @property
    def total(self) -> int:
        """How many ids have a place in the account."""
        return self.output.records + self.missing.counts.total()

    @property
    def account(self) -> str:
        """What became of the ids, in numbers."""
        parts = [counted(self.output.records, "record"), *self._reasons(*NAMES)]
        return f"{counted(self.total, 'id')}: {', '.join(parts)}"

    def _reasons(self, *reasons: str) -> list[str]:
        counts = self.missing.counts
        return [f"{counts[reason]:,} {NAMES[reason]}" for reason in reasons if counts[reason]]

    @property
    def first_failure(self) -> Exception | None:
        """Why the first of the chunks that could not be read could not."""
        return next((failure.error for failure in self.read.failures), None)

    def _ids(self) -> Generator[str]:
        if self.output.incomplete is not None and self.done.take(self.output.incomplete):
            self._expect(1)
            yield self.output.incomplete
        with closing(self.input.entries()) as entries:
            while (entry := self._next(entries)) is not None:
                if entry.problem is not None:
                    message = f"{entry.place}: {entry.problem}"
                    if not self.missing.write_invalid(entry.text, message):
                        self._expect(-1)
                elif self.done.take(entry.text):
                    yield entry.text
                else:
                    self._expect(-1)

    def _expect(self, more: int) -> None:
        """Take note that there are more ids to account for than there seemed to be, or fewer."""
        if self._expected is not None:
            self._expected += more

    def _next(self, entries: Iterator[Entry]) -> Entry | None:
        if self.input.is_repeatable:
            return next(entries, None)
        with self._interrupts.end_a_wait():
            return next(entries, None)

    def _refusal(self, error: Exception) -> CommandError:
        """Return what a failure means: if no id was answered before, the request may be wrong."""
        summary = self.read.summary
        is_first = summary.taken == summary.unread
        is_wrong = is_first and isinstance(error, BadRequestError | NotFoundError)
        stop = (WrongUseError if is_wrong else CommandError)(self._sentence(error))
        stop.__cause__ = error
        return stop

    def _sentence(self, error: Exception) -> str:
        return self.hidden.mask(sentence(error))

    def _read(self, shown: ExitStack) -> None:
        """Show the display, and read.

        Raises:
            CommandError: It was interrupted, or no chunk at all could be read.
        """
        shown.enter_context(self.display)
        self._expected = self._count_ids()
        self._read_chunks()
        if self._interrupts.came:
            raise CommandError("interrupted")
        summary, failure = self.read.summary, self.first_failure
        if failure is not None and summary.taken == summary.unread:
            raise self._refusal(failure)

    def _count_ids(self) -> int | None:
        """Return how many ids there seem to be, None if it would not be shown or is not known."""
        if not self.display.is_shown or not self.input.is_repeatable:
            return None
        try:
            return self.total + sum(1 for _ in self.input.entries())
        except CommandError:  # is told where the run comes to it
            return None

    def _read_chunks(self) -> None:
        """Read, past chunks that HubSpot cannot answer, as long as others can be read."""
        placed, failures = -1, 0
        while not self._interrupts.came:
            try:
                self._write_records()
            except (ServerError, DecodeError):
                summary = self.read.summary
                before, placed = placed, summary.taken - summary.unread
                failures = failures + 1 if placed == before else 1
                if failures == FAILURES:
                    raise
            else:
                return

    def _write_records(self) -> None:
        for record in self.read:
            id_ = self.operation.id_of(record) or ""
            try:
                is_new = not self.done.is_written(id_)
                has_row = is_new and self.output.write(record)
            except Exception as error:
                self._unwritten.append(id_)
                if isinstance(error, OSError):
                    raise _unwritable(error) from error
                raise
            if not is_new:
                self._expect(-1)
            elif not has_row:
                self.missing.write(id_, "without_associations")
            self._write_missing()

    def _show(self) -> None:
        problems = self._reasons(*PROBLEMS, UNREAD)
        self.display.update(self.total, self._expected, ", ".join(problems))

    def _on_progress(self, _: Summary) -> None:
        self._write_missing()
        self._check(self.output.sync)
        self._show()
        if self._interrupts.came:
            self.read.close()

    def _write_missing(self) -> None:
        missing = self.read.missing[self._missing_told :]
        self._missing_told += len(missing)
        self.missing.write_all(missing)

    def _left(self) -> tuple[list[Missing], Iterator[str]]:
        """Return the missing ids that were not written, and the unread ones, of one moment.

        Responses to the requests that are still in flight may arrive meanwhile.
        """
        self.read.close()
        while True:
            missing, unread = self.read.missing[self._missing_told :], self.read.unread()
            if len(self.read.missing) == self._missing_told + len(missing):
                return missing, unread

    def _unread(self, left: Iterator[str], why: str | None) -> Iterator[tuple[str, str | None]]:
        """Yield the ids that were not read, and why."""
        for id_ in self._unwritten:
            yield id_, why
        failed = 0
        for failure in self.read.failures:
            failed += len(failure.ids)
            why_not = self._sentence(failure.error)
            for id_ in failure.ids:
                yield id_, why_not
        with suppress(KeyboardInterrupt):  # what is still to come from a pipe is not waited for
            for id_ in islice(left, failed, None):
                yield id_, why

    def _write_unread(self, unread: Iterator[tuple[str, str | None]]) -> None:
        for id_, message in unread:
            self.missing.write(id_, UNREAD, message)

    def _finish(self, *, is_complete: bool) -> None:
        self._check(partial(self.output.finish, is_complete=is_complete))

    def _check(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            raise _unwritable(error) from error


def _unwritable(error: OSError) -> CommandError:
    if isinstance(error, BrokenPipeError):
        return CommandError("standard output was closed")
    return CommandError(f"the records cannot be written: {error.strerror}")
