"""One run: reads the ids, writes the rows, and accounts for every id."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from functools import partial
from itertools import chain, islice, repeat
from typing import Generic

import httpx
from attrs import define, field

from hubspot_batch_read.account import OnProgress
from hubspot_batch_read.batch import Batch
from hubspot_batch_read.cli.display import Display
from hubspot_batch_read.cli.done import Done
from hubspot_batch_read.cli.error_file import INVALID, UNREAD, ErrorFile
from hubspot_batch_read.cli.faults import ID_ERRORS, OK, CommandError, WrongUseError
from hubspot_batch_read.cli.inputs import Entry, Input
from hubspot_batch_read.cli.interrupts import Interrupts
from hubspot_batch_read.cli.outputs import Output
from hubspot_batch_read.cli.sentences import sentence
from hubspot_batch_read.operations import Operation, RowT
from hubspot_batch_read.results import Summary
from hubspot_batch_read_api.errors import (
    BadRequestError,
    DecodeError,
    HubSpotError,
    NotFoundError,
    ResponseTooLargeError,
    ServerError,
)

Begin = Callable[[Iterator[str], OnProgress], Batch[RowT]]
"""Begins to read ids."""

FAILURES = 3
"""Chunks that may fail one after the other before a run stops."""


@define
class Run(Generic[RowT]):
    """The ids, the rows, and what became of the ids that have none."""

    operation: Operation[RowT]
    input: Input
    output: Output[RowT]
    errors: ErrorFile
    done: Done
    display: Display
    batch: Batch[RowT] = field(init=False)
    _interrupts: Interrupts = field(init=False)
    _skipped: int = field(default=0, init=False)
    _unwritten: list[str] = field(factory=list, init=False)

    def read(self, begin: Begin[RowT]) -> None:
        """Read everything, and complete the output.

        Raises:
            CommandError: The run stopped early. What was read is written, and the error file has
                the ids that were not read.
        """
        with closing(self._ids()) as ids:
            self.batch = begin(ids, self._on_progress)
            self._read_and_finish()

    def _read_and_finish(self) -> None:
        with Interrupts(self.batch.close) as self._interrupts:
            stop = self._stop()
            undelivered: Iterator[str] = iter(())
            try:
                self._check(partial(self.output.finish, is_complete=stop is None))
            except CommandError as error:
                stop, undelivered = stop or error, self.output.undelivered()
            stop = self._account_for_the_rest(stop, undelivered)
        if stop is not None:
            raise stop

    def _account_for_the_rest(
        self, stop: CommandError | None, undelivered: Iterator[str]
    ) -> CommandError | None:
        """Write what became of all other ids; return what stopped the run."""
        why = None if stop is None else str(stop)
        unread = chain(self._unread(why), zip(undelivered, repeat(why)))
        writes = chain(
            [partial(self.errors.write_all, self.batch.new_without_record())],
            (partial(self.errors.write, id_, UNREAD, message=message) for id_, message in unread),
        )
        for write in writes:
            try:
                write()
            except CommandError as error:
                stop = stop or error
        return stop

    @property
    def exit_code(self) -> int:
        """0 if all ids were answered, 1 if not."""
        return ID_ERRORS if self.errors.number else OK

    @property
    def total(self) -> int:
        """How many ids have a place in the account."""
        return self.output.rows + self.errors.counts.total()

    @property
    def account(self) -> str:
        """What became of the ids, in numbers."""
        names = {
            "without_associations": "without associations",
            "error": "with errors",
            "unanswered": "unanswered",
            INVALID: "invalid",
            UNREAD: "unread",
        }
        counts = self.errors.counts
        parts = [f"{counts[reason]:,} {name}" for reason, name in names.items() if counts[reason]]
        parts.insert(0, _number(self.output.rows, "record"))
        return f"{_number(self.total, 'id')}: {', '.join(parts)}"

    @property
    def warnings(self) -> list[str]:
        """What else there is to know."""
        warnings = []
        if truncated := self.batch.truncated:
            ids = ", ".join(cut.id for cut in truncated[:3])
            more = ", …" if len(truncated) > 3 else ""
            warnings.append(
                f"HubSpot cut {_number(len(truncated), 'record')} short ({ids}{more}); "
                + truncated[0].remedy
            )
        messages = dict.fromkeys(error.message or "?" for error in self.batch.other_errors)
        return warnings + [f"HubSpot also says: {message}" for message in messages]

    def _ids(self) -> Generator[str]:
        if self.output.incomplete is not None and self.done.take(self.output.incomplete):
            yield self.output.incomplete
        with closing(self.input.entries()) as entries:
            while (entry := self._next(entries)) is not None:
                if entry.problem is not None:
                    place = f"{self.input.where} {entry.number}"
                    self.errors.write_invalid(entry.text, f"{place}: {entry.problem}")
                elif self.done.take(entry.text):
                    yield entry.text
                else:
                    self._skipped += 1

    def _next(self, entries: Iterator[Entry]) -> Entry | None:
        if self.input.is_repeatable:
            return next(entries, None)
        with self._interrupts.end_a_wait():
            return next(entries, None)

    def _stop(self) -> CommandError | None:
        """Read; return what stopped the run early, None if nothing did."""
        try:
            self._read_all()
        except CommandError as error:
            return error
        except KeyboardInterrupt:  # it ended a wait for ids
            return CommandError("interrupted")
        except (HubSpotError, httpx.RequestError) as error:
            return self._refusal(error)
        return CommandError("interrupted") if self._interrupts.came else None

    def _refusal(self, error: Exception) -> CommandError:
        """Return what a failure means: if nothing was answered before, the request may be wrong."""
        summary = self.batch.summary
        is_first = summary.taken == summary.unread
        is_wrong = is_first and isinstance(error, BadRequestError | NotFoundError)
        stop = (WrongUseError if is_wrong else CommandError)(sentence(error))
        stop.__cause__ = error
        return stop

    def _read_all(self) -> None:
        """Read, also on after a chunk that HubSpot cannot answer, as long as others can be read."""
        placed, failures = -1, 0
        while not self._interrupts.came:
            try:
                self._write_records()
            except (ServerError, DecodeError, ResponseTooLargeError):
                summary = self.batch.summary
                before, placed = placed, summary.taken - summary.unread
                failures = failures + 1 if placed == before else 1
                if failures == FAILURES:
                    raise
            else:
                return

    def _write_records(self) -> None:
        for record in self.batch:
            id_ = self.operation.id_of(record) or ""
            if self.done.is_written(id_):
                continue
            try:
                has_row = self.output.write(record)
            except OSError as error:
                self._unwritten.append(id_)
                raise _unwritable(error) from error
            if not has_row:
                self.errors.write(id_, "without_associations")
            self.errors.write_all(self.batch.new_without_record())

    def _on_progress(self, summary: Summary) -> None:
        self.errors.write_all(self.batch.new_without_record())
        self._check(self.output.sync)
        answered = summary.taken - summary.unread
        self.display.update(
            answered + self._skipped + self.errors.counts[INVALID], self.errors.number
        )
        if self._interrupts.came:
            self.batch.close()

    def _unread(self, why: str | None) -> Iterator[tuple[str, str | None]]:
        """Yield the ids that were not read, and why."""
        for id_ in self._unwritten:
            yield id_, why
        failed = 0
        for failure in self.batch.failures:
            failed += len(failure.ids)
            for id_ in failure.ids:
                yield id_, sentence(failure.error)
        with suppress(KeyboardInterrupt):  # nobody waits for what is still to come from a pipe
            for id_ in islice(self.batch.unread, failed, None):
                yield id_, why

    def _check(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            raise _unwritable(error) from error


def _number(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"


def _unwritable(error: OSError) -> CommandError:
    if isinstance(error, BrokenPipeError):
        return CommandError("standard output was closed")
    return CommandError(f"the rows cannot be written: {error.strerror}")
