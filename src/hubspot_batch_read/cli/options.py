"""The options that all reads have."""

import inspect
from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer
from attrs import define

from hubspot_batch_read_api.client import BASE_URL


class RowFormat(StrEnum):
    """What rows are written as."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


def _option(name: str, text: str, panel: str, metavar: str | None = None) -> Any:
    return typer.Option(name, help=text, rich_help_panel=panel, metavar=metavar, show_default=False)


_IDS, _ROWS, _RUN = "Ids", "Rows", "Run"


@define(frozen=True, kw_only=True)
class Options:
    """What a run reads, where the rows go, and how."""

    ids: Annotated[
        Path | None,
        _option("--ids", "Read the ids from a file, one a line (- for standard input).", _IDS),
    ] = None
    column: Annotated[
        str | None,
        _option(
            "--column", "The ids are in this column of the file, which is CSV with a header.", _IDS
        ),
    ] = None
    output: Annotated[
        Path | None,
        _option("--output", "Write the rows to a file, not to standard output.", _ROWS),
    ] = None
    format_: Annotated[
        RowFormat | None,
        _option(
            "--format", "JSON Lines, CSV or Parquet; if not given, as --output is called.", _ROWS
        ),
    ] = None
    errors: Annotated[
        Path | None,
        _option("--errors", "Write a JSON line for every id that did not become a row.", _ROWS),
    ] = None
    resume: Annotated[
        bool,
        _option("--resume", "Continue the files of an interrupted run; read only the rest.", _ROWS),
    ] = False
    token_file: Annotated[
        Path | None,
        _option(
            "--token-file",
            "Take the access token from a file, not from HUBSPOT_ACCESS_TOKEN.",
            _RUN,
        ),
    ] = None
    base_url: Annotated[
        str, _option("--base-url", "Read from a sandbox, not from HubSpot.", _RUN, "URL")
    ] = BASE_URL
    no_progress: Annotated[
        bool, _option("--no-progress", "Show no progress, even on a terminal.", _RUN)
    ] = False
    debug: Annotated[bool, _option("--debug", "Show the traceback of an error.", _RUN)] = False

    @property
    def row_format(self) -> RowFormat:
        """The format of the rows: what the name of the output says, unless it is given."""
        suffix = self.output.suffix[1:].lower() if self.output is not None else ""
        named = RowFormat(suffix) if suffix in set(RowFormat) else RowFormat.JSONL
        return self.format_ or named


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options in place of its parameter `options`."""
    own = [each for each in _parameters(command) if each.name != "options"]
    shared = _parameters(Options)

    @wraps(command)
    def run(**arguments: Any) -> None:
        options = Options(**{each.name: arguments.pop(each.name) for each in shared})
        command(**arguments, options=options)

    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*own, *shared)]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return run


def _parameters(of: Callable[..., object]) -> list[inspect.Parameter]:
    return list(inspect.signature(of, eval_str=True).parameters.values())
