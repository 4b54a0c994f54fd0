"""A run that writes files: one part at a time, with checkpoints to resume from.

A part is in the files as a whole, or is cut off. A checkpoint is written at most once a second,
after everything that it counts is on disk. The order is: the output, the missing ids, the new
checkpoint under a temporary name, its renaming, the folder. A later run cuts off what follows the
checkpoint, and reads it again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Generic, Self

from attrs import evolve

from hubspot_batch_read.core.account import Account, Part
from hubspot_batch_read.core.id_checks import InvalidIdError
from hubspot_batch_read.core.id_order import Mark
from hubspot_batch_read.core.id_texts import Key
from hubspot_batch_read.core.operation import Operation, RowT
from hubspot_batch_read.files.appended import AppendedFile, End, Stream
from hubspot_batch_read.files.checkpoint import Checkpoint, State, beside, save
from hubspot_batch_read.files.locks import Locks
from hubspot_batch_read.files.missing import missing_lines
from hubspot_batch_read.files.output import output_for, sink_for
from hubspot_batch_read.files.places import Places
from hubspot_batch_read.files.progress import Progress, ranges
from hubspot_batch_read.files.same import check_ids, fingerprint
from hubspot_batch_read_api.errors import DecodeError, ServerError

SECONDS = 1.0
"""Minimum number of seconds between two checkpoints."""
FAILED_IN_A_ROW = 3
"""Number of chunks in a row that may fail before a run stops."""
TOGETHER = 1000
"""Number of lines for unread ids that are written in one step."""


class FileWriter(Generic[RowT]):
    """Writes the results of a read to files, and keeps the checkpoint."""

    def __init__(
        self,
        operation: Operation[RowT],
        account: Account[RowT],
        places: Places,
        *,
        resume: bool,
        collect: bool,
    ) -> None:
        """Acquire the locks and check existing files; nothing is changed yet.

        Args:
            operation: The operation of the records.
            account: The account of the read.
            places: The files to write to.
            resume: Whether to resume an earlier run.
            collect: Whether the run continues after chunks that fail.

        Raises:
            FileRefusedError: A file would be overwritten, or cannot be resumed.
            OSError: A file cannot be read or created.
        """
        self._account = account
        self._places = places
        self._collect = collect
        self.needs_content = places.format_ != "jsonl"
        """Whether a record without content cannot be written, because it has no rows."""
        self._fingerprint = fingerprint(operation, places)
        self._output = output_for(operation, places)
        self._missing: AppendedFile | Stream | None = None
        self._is_open = False
        self._progress = Progress()
        self._saved = 0.0
        self._has_unsaved = False
        self._failed_in_a_row = 0
        self._locks = Locks()
        try:
            places.lock(self._locks)
            self._before = places.before(self._fingerprint, resume=resume)
        except BaseException:
            self._locks.release()
            raise

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Close the files and release the locks."""
        self.close()

    def close(self) -> None:
        """Close the files and release the locks."""
        try:
            self._output.close()
            if self._missing is not None:
                self._missing.close()
            self._places.close()
        finally:
            self._locks.release()

    # Resuming

    @property
    def before(self) -> tuple[Mark, list[range]] | None:
        """An earlier run's progress through the ids, and the positions of those it did not read."""
        if self._before is None:
            return None
        return self._before.mark, [range(*each) for each in self._before.unread]

    def check_ids(self, skipped: Mark, *, is_ordered: bool) -> None:
        """Check that the ids are those of the earlier run, which were skipped.

        Raises:
            FileRefusedError: They are different.
        """
        if self._before is not None:
            check_ids(self._before.mark, skipped, is_ordered=is_ordered)

    def begin(self) -> None:
        """Resume from the checkpoint, if there is one; remove temporary files of a killed run."""
        if self._places.is_stream:
            return
        before = self._before
        if before is not None and self._places.is_renamed(before):
            if before.state == "completing":
                self._places.written.unlink(missing_ok=True)
                before = evolve(before, state="complete", output=before.completed)
                save(self._places.checkpoint, before)
            self._before = before
        for path in (self._places.checkpoint, self._places.path):
            beside(path).unlink(missing_ok=True)
        if before is not None:
            self._progress = Progress.of(before)
            self._account.earlier = Counter(before.counts)

    # Writing

    @property
    def parts(self) -> int:
        """Number of parts in the files."""
        return self._progress.parts

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the next checkpoint is due, or None if there is nothing to save."""
        return max(0.0, self._saved + SECONDS - monotonic()) if self._has_unsaved else None

    def write(self, part: Part[RowT]) -> None:
        """Write the results of a chunk.

        Raises:
            OSError: It cannot be written.
        """
        if part.keys or part.missing:
            self._open()
        if self._is_open:
            self._output.write(part.keys, part.records)
            if self._missing is not None:
                self._missing.append(missing_lines(part.missing))
        before = self._progress
        self._progress = before.after(
            part,
            output=self._output.sink.offset if self._is_open else before.output,
            missing=self._missing.offset if self._missing is not None else before.missing,
        )
        self._has_unsaved = self._is_open
        self.save_if_due()

    def failure(self, part: Part[RowT]) -> Exception | None:
        """Return the exception that ends the run after a written part, or None."""
        errors = [each.error for each in part.failures]
        if not self._collect:
            return next(iter(errors), None)
        errors = [error for error in errors if not isinstance(error, InvalidIdError)]
        for error in errors:
            if not isinstance(error, ServerError | DecodeError):
                return error  # it would affect all other ids
        if part.keys or part.missing:
            self._failed_in_a_row = 0
        self._failed_in_a_row += bool(errors)
        return errors[0] if self._failed_in_a_row >= FAILED_IN_A_ROW else None

    def save_if_due(self) -> None:
        """Write a checkpoint, unless the last one was less than a second ago."""
        if self.seconds_left == 0:
            self._save("reading")

    def finish(self) -> None:
        """Complete the output once all ids are read, except those whose request failed."""
        is_as_before = self._before is not None and self._before.state == "complete"
        if is_as_before and self._progress.parts == 0:
            return
        self._open()
        self._save("reading")
        self._output.complete(lambda end: self._save("completing", end))
        self._save("complete")

    def stop(self) -> None:
        """Leave the files so that a later run can resume: without an incomplete part."""
        if self._before is None and self._places.has_missing_beside:
            self._open()
        if self._is_open and not self._output.is_complete:
            self._output.sink.cut(self._progress.output)
            if self._missing is not None:
                self._missing.cut(self._progress.missing)
            self._save("reading")
            self._output.deliver()

    def tell(self, lines: Iterator[bytes]) -> None:
        """Write the lines for the ids that were not read.

        They are written after the end in the checkpoint, so that a later run cuts them off.
        """
        if self._places.missing is None:
            return
        if self._missing is not None:
            self._missing.cut(self._progress.missing)
        while together := b"".join(islice(lines, TOGETHER)):
            self._open_missing(self._places.missing).append(together)
        if self._missing is not None:
            self._missing.sync()

    def undelivered(self) -> Iterable[Key]:
        """Return the ids of records that are in no file, because a stream broke."""
        return self._output.undelivered()

    def _open(self) -> None:
        """Open the files when there is something to write, so that a refused run leaves none."""
        if self._is_open:
            return
        if self._places.missing is None:
            self._save_first()
        else:
            self._open_missing(self._places.missing)
        is_complete = self._before is not None and self._before.state == "complete"
        self._output.open(self._progress.output, is_complete=is_complete)
        self._progress = evolve(self._progress, output=self._output.sink.offset)
        self._is_open = True

    def _open_missing(self, path: Path) -> AppendedFile | Stream:
        if self._missing is None:
            self._save_first()
            self._missing = sink_for(path, self._progress.missing)
        return self._missing

    def _save_first(self) -> None:
        """Save a checkpoint before creating any file, so that there is never a file without one."""
        if self._before is None and not self._places.is_stream:
            save(self._places.checkpoint, self._checkpoint("reading", End(), End()))

    def _save(self, state: State, completed: End | None = None) -> None:
        missing = End()
        if state != "complete":
            self._end = self._synced(self._output.sink)
        if self._missing is not None:
            missing = self._synced(self._missing)
        if completed is not None:
            self._completed = completed
        if not self._places.is_stream:
            save(self._places.checkpoint, self._checkpoint(state, self._end, missing))
        self._saved, self._has_unsaved = monotonic(), False

    def _synced(self, sink: AppendedFile | Stream) -> End:
        sink.sync()
        return sink.end()

    def _checkpoint(self, state: State, output: End, missing: End) -> Checkpoint:
        requests = self._account.earlier["requests"] + self._account.requests
        return Checkpoint(
            state=state,
            fingerprint=self._fingerprint,
            mark=self._progress.mark,
            unread=tuple(ranges(self._progress.unread)),
            counts={**self._progress.counts, "requests": requests},
            output=output,
            missing=missing,
            completed=self._completed,
        )

    _end = End()
    _completed = End()
