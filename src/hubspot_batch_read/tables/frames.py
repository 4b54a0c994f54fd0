"""Arrow tables as data frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # pandas has no types of its own
    import polars as pl
    import pyarrow as pa


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """Return a table as a data frame of pandas with Arrow's types."""
    try:
        import pandas as pd  # noqa: PLC0415 - heavy
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("to_pandas needs pandas: pip install pandas") from error
    return table.to_pandas(types_mapper=pd.ArrowDtype)


def to_polars(table: pa.Table) -> pl.DataFrame:
    """Return a table as a data frame of Polars."""
    try:
        import polars as pl  # noqa: PLC0415 - heavy
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("to_polars needs Polars: pip install polars") from error
    return cast("pl.DataFrame", pl.from_arrow(table))
