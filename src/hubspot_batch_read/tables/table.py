"""The records as flat tables: for Arrow, CSV, and other formats with rows and columns.

A table contains only the columns, and nothing else of a record: no unknown keys, and no mark of a
record that HubSpot cut short. `docs/tables.md` says where these can be found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from attrs import define

from hubspot_batch_read_api.types import Model

if TYPE_CHECKING:
    import pyarrow as pa

RowT = TypeVar("RowT", bound=Model)

ColumnType = Literal["string", "int64", "timestamp", "list<int64>", "list<asset>"]
"""The type of a column; `arrow.py` has the Arrow type for each. Every column can be null."""

Column = Sequence[object]
"""The values of a column, one for each row: plain values, or None if absent.

An asset is a dict. Text and integers are as HubSpot sent them, even if Arrow cannot hold them: see
`Table.record_batch`.
"""

Row = tuple[object, ...]
"""The values of one row, in the order of the columns."""


@define(frozen=True)
class Table(Generic[RowT]):
    """The columns of a table, and the conversion of records to rows."""

    types: Mapping[str, ColumnType]
    """The type of each column, by its name."""
    columns_of: Callable[[Sequence[RowT]], list[Column]]
    """Returns the columns of the rows for some records."""
    row_counts: Callable[[Sequence[RowT]], list[int]] = lambda records: [1] * len(records)
    """Returns the number of rows for each record."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self.types)

    def rows_of(self, records: Sequence[RowT]) -> Iterator[Row]:
        """Yield the rows for some records."""
        return zip(*self.columns_of(records), strict=True)

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema.

        Raises:
            ModuleNotFoundError: The extra `arrow` is not installed.
        """
        from hubspot_batch_read.tables import arrow  # noqa: PLC0415 - needs an extra, and is heavy

        return arrow.schema(self.types)

    def record_batch(self, columns: Iterable[Column]) -> pa.RecordBatch:
        """Return columns as an Arrow record batch with the schema of the table.

        An integer beyond 64 bits becomes null, half of a surrogate pair becomes U+FFFD, and a
        metric with more digits than a double has is rounded.

        Raises:
            ModuleNotFoundError: The extra `arrow` is not installed.
        """
        from hubspot_batch_read.tables import arrow  # noqa: PLC0415 - see above

        return arrow.record_batch(self.schema, columns)
