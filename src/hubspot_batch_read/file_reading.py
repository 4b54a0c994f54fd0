"""The code that `Read.to_file` and `AsyncRead.to_file` share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING

from hubspot_batch_read.core.account import Part
from hubspot_batch_read.core.id_checks import shown
from hubspot_batch_read.core.operation import RowT
from hubspot_batch_read.reading import Reading

if TYPE_CHECKING:
    from hubspot_batch_read.files import FileFormat, FileWriter, Target


class FileReading(Reading[RowT]):
    """A read that can be written to files."""

    def _writer(
        self,
        target: Target,
        format_: FileFormat | None,
        missing: str | os.PathLike[str] | None,
        *,
        resume: bool,
    ) -> FileWriter[RowT]:
        """Return the writer of the files, which holds their locks.

        Raises:
            RuntimeError: The read has started.
            FileRefusedError: A file would be overwritten, or cannot be resumed.
            OSError: A file cannot be read or created.
        """
        from hubspot_batch_read.files import FileWriter, Places  # noqa: PLC0415 - only files need it

        if self._plan.ids.is_begun or self._plan.makes_parts:
            raise RuntimeError(
                "this is being read already; to write a file, call the client's method again"
            )
        return FileWriter(
            self._plan.operation,
            self._account,
            Places.of(target, missing, format_),
            resume=resume,
            collect=self._plan.collects,
        )

    def _begin(self, writer: FileWriter[RowT]) -> None:
        """Skip the ids that an earlier run has taken, and turn chunks into parts."""
        ids, plan = self._plan.ids, self._plan
        plan.makes_parts = plan.is_plain = True
        plan.needs_content = writer.needs_content
        if writer.before is None:
            ids.hash_order()
        else:
            writer.check_ids(ids.skip(*writer.before), is_ordered=ids.is_ordered)

    def _next_part(self) -> Part[RowT] | None:
        """Return the next part to be written, or None if none is ready."""
        with self._lock:
            self._account.drop_returned()
            return self._account.parts[0] if self._account.parts else None

    def _return_part(self, writer: FileWriter[RowT], part: Part[RowT]) -> None:
        """Note that a part was written.

        Raises:
            Exception: The exception of a failed request, if it ends the run.
        """
        self._account.parts_written = writer.parts
        if failure := writer.failure(part):
            raise failure

    def _finish(self, writer: FileWriter[RowT]) -> None:
        """Complete the files if everything was read; otherwise leave them to be resumed."""
        if not self._is_over():
            self._stop(writer, None)
            return
        writer.finish()
        writer.tell(self._unread_lines(writer, None))

    def _stop(self, writer: FileWriter[RowT], error: BaseException | None) -> None:
        """Leave the files so that they can be resumed, whatever ended the run."""
        self._account.parts_written = max(self._account.parts_written, writer.parts)
        steps = (writer.stop, lambda: writer.tell(self._unread_lines(writer, error)))
        for step in steps:
            try:
                step()
            except Exception as failure:
                if error is None:
                    raise
                if str(failure) != str(error):
                    error.add_note(self._explain(failure))

    def _unread_lines(
        self, writer: FileWriter[RowT], error: BaseException | None
    ) -> Iterator[bytes]:
        """Yield a line for each id that is in neither file: why it is missing, or was not read.

        An interrupt ends them: the rest of a pipe is not waited for.
        """
        from hubspot_batch_read.files.missing import missing_lines, unread_line  # noqa: PLC0415

        with self._lock:  # responses may still arrive
            self._account.drop_returned()
            parts, failures = [*self._account.parts], [*self._account.failures]
            unread = self._plan.unread(self._account.returned)
        why = "the run ended before" if error is None else self._explain(error)
        for part in parts:
            yield from (missing_lines([each]) for each in part.missing)
        failed = 0
        for failure in failures:
            failed += len(failure.ids)
            why_not = self._explain(failure.error)
            yield from (unread_line(id_, why_not) for id_ in failure.ids)
        others: Iterator[object] = chain(
            map(str, writer.undelivered()), islice(unread, failed, None)
        )
        try:
            for id_ in others:  # which may not be ids, or not even text
                yield unread_line(id_ if isinstance(id_, str) else shown(id_), why)
        except KeyboardInterrupt:
            return
