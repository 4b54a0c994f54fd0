"""`Read`: a read in progress, and the ways to get its records."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Self

from hubspot_batch_read.core.operation import RowT
from hubspot_batch_read.core.results import Summary
from hubspot_batch_read.driving.delivery import by_id
from hubspot_batch_read.driving.driver import Driver
from hubspot_batch_read.reading import Reading
from hubspot_batch_read.tables.filling import table_of
from hubspot_batch_read.tables.frames import to_pandas, to_polars

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # pandas has no types of its own
    import polars as pl
    import pyarrow as pa

    from hubspot_batch_read.files import FileFormat, Target


class Read(Reading[RowT]):
    """A read: iterate over it for the records; its attributes account for the ids.

        contacts = hubspot.read_associations("contacts", "companies", contact_ids)
        for contact in contacts:
            print(contact.from_.id, [company.to_object_id for company in contact.to])
        print(contacts.summary)

    Nothing is sent before it is iterated over. Records are yielded one by one, each complete, in
    the order of the ids, while up to `max_concurrency` further requests run.

    A record counts as returned when the iterator yields it. Iterating again continues where the
    last loop stopped, by `break` or an exception. It does not repeat requests that failed, or that
    are in flight. Once a loop has reached its end, iterating again raises RuntimeError.

    One thread at a time can iterate over a read.
    """

    def __init__(self, driver: Driver[RowT]) -> None:
        """Create a read that has not started; only the methods of `HubSpot` do this."""
        super().__init__(driver)
        self._driver = driver

    def __iter__(self) -> Iterator[RowT]:
        """Yield the records.

        Raises:
            ApiError: A request failed for good: a retry would not help, or all retries failed.
            DecodeError: Neither a response nor any of its rows matches its model.
            httpx.RequestError: No complete response arrived, after all retries.
            WaitTooLongError: The rate limit requires a wait that is longer than `max_wait`.
            InvalidIdError: A value is not a valid id.
            ClosedError: The client was closed during the read. The remaining ids are `unread()`,
                and another loop continues with them.
            RuntimeError: The read is already being iterated over, or is finished.
            Exception: An exception of the iterable of ids, or of the callable for the token.
        """
        return self._driver.records()

    def all(self) -> list[RowT]:
        """Read everything, and return the records.

        If this raises, nothing is lost: another call returns what was read before, and the rest,
        except for the ids of the request that failed. These are `unread()`, as are the ids that
        were left when another thread called `close`.

        Raises:
            Exception: As when iterating.
        """
        _, left = self._driver.read_all()
        records, number = [*left], len(left)
        self._driver.note_end()
        # The last step, so that no interrupt can come after it: until then, another call returns
        # the records.
        self._account.returned += number
        return records

    def by_id(self) -> dict[str, RowT]:
        """Read everything, and return the records by the text of the id that was passed.

        Raises:
            Exception: As when iterating.
            ValueError: Two records have the same id, because it was passed twice with `unique_ids`.
        """
        ids, left = self._driver.read_all()
        records, number = by_id(ids, left), len(left)
        self._driver.note_end()
        self._account.returned += number  # as in `all`
        return records

    def to_arrow(self) -> pa.RecordBatchReader:
        """Return the records as a stream of Arrow record batches, for pandas, Polars and DuckDB.

            frame = hubspot.read_campaigns(campaign_ids).to_arrow().read_pandas()

        HubSpot is read while the stream is consumed, with about 10,000 rows in memory at a time.
        `docs/tables.md` lists the columns. A stream stops at an exception, when the read is closed,
        or when it is garbage-collected (its own `close` does nothing). Another call continues after
        the last record batch. Records count as returned with their record batch, even if the
        function that consumes the stream, such as `read_all`, raises: with `on_error="collect"`, no
        failed request makes it raise.

        Raises:
            ModuleNotFoundError: The extra `arrow` is not installed.
            Exception: While it is consumed, as when iterating. Polars and DuckDB raise exceptions
                of their own instead; the original one is in `failures`.
        """
        from hubspot_batch_read.tables import arrow  # noqa: PLC0415 - needs an extra, and is heavy

        return arrow.reader(self._driver.table.schema, self._driver.record_batches())

    def to_file(
        self,
        path: Target,
        *,
        format: FileFormat | None = None,  # noqa: A002 - the usual name
        missing: str | os.PathLike[str] | None = None,
        resume: bool = False,
    ) -> Summary:
        """Read everything, and write the records to a file.

            contacts = hubspot.read_associations("contacts", "companies", contact_ids)
            contacts.to_file("companies.parquet", missing="missing.jsonl", resume=True)

        However this ends, everything that was read is in the file, and with `missing`, each id is
        in one of the two files. A checkpoint beside the file (`companies.parquet.checkpoint`) lets
        another run with `resume` continue, even after a crash. `docs/files.md` has the details.

        Args:
            path: The path of the file, or an open binary file, such as `sys.stdout.buffer`.
            format: "jsonl", "csv", "excel" (CSV that Excel decodes correctly) or "parquet";
                default: from the file extension, or JSON Lines without one.
            missing: The path of a file for missing ids: a JSON line for each id without a record,
                and for each id that was not read.
            resume: Whether to continue an earlier run, if there is one. The ids must be the same in
                the same order; others may follow them.

        Returns:
            The summary, including the numbers of earlier runs. With `on_error="collect"`, some ids
            may not have been read: see its `unread`.

        Raises:
            RuntimeError: The read has started.
            FileRefusedError: A file would be overwritten, is being written by another run, or
                cannot be resumed. Nothing was changed.
            OSError: A file cannot be written.
            Exception: As when iterating. With `on_error="collect"`, an exception is raised if it
                affects every id, or if three chunks in a row could not be read.
        """
        from hubspot_batch_read.driving.writing import Writing  # noqa: PLC0415 - only files need it

        writing = Writing(self._driver, path, format, missing, resume=resume)
        with closing(writing.writer) as writer:
            writing.skip_ids()
            writer.begin()
            try:
                self._driver.write(writing)
                writing.finish()
            except BaseException as error:
                self.close()
                writing.stop(error)
                raise
        return self.summary

    def to_pandas(self) -> pd.DataFrame:
        """Read everything, and return the rows as a data frame of pandas with Arrow's types.

        Ids are text, and integers stay integers beside nulls. `docs/tables.md` lists the columns.
        All records are in memory at the same time; for larger tables, use `to_arrow`. If this
        raises, another call returns what was read before, and the rest.

        Raises:
            ModuleNotFoundError: The extra `arrow`, or pandas, is not installed.
            Exception: As when iterating.
        """
        _, left = self._driver.read_all(plain=True)
        frame, number = to_pandas(table_of(self._driver.table, left)), len(left)
        self._driver.note_end()
        self._account.returned += number  # as in `all`
        return frame

    def to_polars(self) -> pl.DataFrame:
        """Read everything, and return the rows as a data frame of Polars; see `to_pandas`.

        Raises:
            ModuleNotFoundError: The extra `arrow`, or Polars, is not installed.
            Exception: As when iterating.
        """
        _, left = self._driver.read_all(plain=True)
        frame, number = to_polars(table_of(self._driver.table, left)), len(left)
        self._driver.note_end()
        self._account.returned += number  # as in `all`
        return frame

    def close(self) -> None:
        """End the loop over the read, if there is one. Any thread may call this."""
        self._driver.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exc_info: object) -> None:
        """End the loop over the read, if there is one."""
        self.close()
