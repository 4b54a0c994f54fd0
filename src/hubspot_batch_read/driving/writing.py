"""A read that is written to files, for `Read.to_file` and `AsyncRead.to_file`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain
from typing import Generic

from hubspot_batch_read.core.account import Part
from hubspot_batch_read.core.id_checks import shown
from hubspot_batch_read.core.operation import RowT
from hubspot_batch_read.driving.delivery import Delivery
from hubspot_batch_read.files import FileFormat, FileWriter, Places, Target
from hubspot_batch_read.files.missing import missing_lines, unread_line


class Writing(Generic[RowT]):
    """Passes the parts of a read to a writer, and leaves files that can be resumed."""

    def __init__(
        self,
        delivery: Delivery[RowT],
        target: Target,
        format_: FileFormat | None,
        missing: str | os.PathLike[str] | None,
        *,
        resume: bool,
    ) -> None:
        """Acquire the locks of the files; nothing is changed yet.

        Raises:
            RuntimeError: The read has started.
            FileRefusedError: A file would be overwritten, or cannot be resumed.
            OSError: A file cannot be read or created.
        """
        plan = delivery.plan
        if plan.ids.is_begun or plan.makes_parts:
            raise RuntimeError(
                "this read has already started; to write a file, call the client's method again"
            )
        self.failure: Exception | None = None
        """The exception of a failed request that ends the run."""
        self._delivery = delivery
        self.writer = FileWriter(
            plan.operation,
            delivery.account,
            Places.of(target, missing, format_),
            resume=resume,
            collect=plan.collects,
        )

    def skip_ids(self) -> None:
        """Skip the ids that an earlier run has taken, and turn chunks into parts."""
        ids, writer = self._delivery.plan.ids, self.writer
        self._delivery.make_parts(needs_content=writer.needs_content)
        if writer.before is None:
            ids.hash_order()
        else:
            writer.check_ids(ids.skip(*writer.before), is_ordered=ids.is_ordered)

    def write(self, part: Part[RowT]) -> None:
        """Write the next part, and set `failure` if the run has to end.

        Raises:
            OSError: It cannot be written.
        """
        self.writer.write(part)
        self._delivery.account.parts_written = self.writer.parts
        self.failure = self.failure or self.writer.failure(part)

    def finish(self) -> None:
        """Complete the files if everything was read; otherwise leave them to be resumed."""
        if not self._delivery.is_over():
            self.stop(None)
            return
        self.writer.finish()
        self.writer.tell(self._unread_lines(None))

    def stop(self, error: BaseException | None) -> None:
        """Leave the files so that they can be resumed, however the run ended."""
        account, writer = self._delivery.account, self.writer
        account.parts_written = max(account.parts_written, writer.parts)
        for step in (writer.stop, lambda: writer.tell(self._unread_lines(error))):
            try:
                step()
            except Exception as failure:
                if error is None:
                    raise
                if str(failure) != str(error):
                    error.add_note(self._delivery.explain(failure))
        account.undelivered = [*writer.undelivered()]

    def _unread_lines(self, error: BaseException | None) -> Iterator[bytes]:
        """Yield a line for each id that is in neither file: why it is missing, or was not read.

        They stop at an interrupt, so that the rest of a pipe is not waited for.
        """
        parts, failures, unread = self._delivery.left_over()
        explain = self._delivery.explain
        why = "the run ended before" if error is None else explain(error)
        for part in parts:
            yield from (missing_lines([each]) for each in part.missing)
        for failure in failures:
            why_not = explain(failure.error)
            yield from (unread_line(id_, why_not) for id_ in failure.ids)
        records = (key for part in parts for key in part.keys)
        others: Iterator[object] = chain(
            map(str, chain(self.writer.undelivered(), records)), unread
        )
        try:
            for id_ in others:  # which may not be ids, or not even text
                yield unread_line(id_ if isinstance(id_, str) else shown(id_), why)
        except KeyboardInterrupt:
            return
