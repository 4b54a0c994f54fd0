"""Arrow tables as data frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # pandas has no types of its own
    import polars as pl
    import pyarrow as pa


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """Return a table as a data frame of pandas with Arrow's types."""
    import pandas as pd  # noqa: PLC0415 - heavy, and may be missing

    return table.to_pandas(types_mapper=pd.ArrowDtype)


def to_polars(table: pa.Table) -> pl.DataFrame:
    """Return a table as a data frame of Polars."""
    import polars as pl  # noqa: PLC0415 - heavy, and may be missing

    return cast("pl.DataFrame", pl.from_arrow(table))
