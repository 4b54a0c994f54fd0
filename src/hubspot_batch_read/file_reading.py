"""The code that `Read` and `AsyncRead` share if chunks become parts: for files and engines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING

from hubspot_batch_read.core.account import Part
from hubspot_batch_read.core.id_checks import shown
from hubspot_batch_read.core.operation import RowT
from hubspot_batch_read.core.results import Failure
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
        ids = self._plan.ids
        self._make_parts(needs_content=writer.needs_content)
        if writer.before is None:
            ids.hash_order()
        else:
            writer.check_ids(ids.skip(*writer.before), is_ordered=ids.is_ordered)

    def _make_parts(self, *, needs_content: bool) -> None:
        """Let chunks become parts, of plain rows; records without content may count as missing."""
        self._plan.makes_parts = self._plan.is_plain = True
        self._plan.needs_content = needs_content

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

        parts, failures, unread = self._left_over()
        why = "the run ended before" if error is None else self._explain(error)
        for part in parts:
            yield from (missing_lines([each]) for each in part.missing)
        for failure in failures:
            why_not = self._explain(failure.error)
            yield from (unread_line(id_, why_not) for id_ in failure.ids)
        records = (key for part in parts for key in part.keys)
        others: Iterator[object] = chain(map(str, chain(writer.undelivered(), records)), unread)
        try:
            for id_ in others:  # which may not be ids, or not even text
                yield unread_line(id_ if isinstance(id_, str) else shown(id_), why)
        except KeyboardInterrupt:
            return

    def _left_over(self) -> tuple[list[Part[RowT]], list[Failure], Iterator[str]]:
        """After the end, return the parts not taken, the failures and all other unread ids."""
        with self._lock:  # responses may still arrive
            self._account.drop_returned()
            self._plan.is_over = True
            parts, failures = [*self._account.parts], [*self._account.failures]
            unread = self._plan.unread(self._account.returned)
        elsewhere = sum(len(each.ids) for each in failures) + sum(len(each.keys) for each in parts)
        return parts, failures, islice(unread, elsewhere, None)
