"""The options that all commands share."""

import inspect
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer
from attrs import define
from typer.core import TyperCommand, TyperOption

from hubspot_batch_read.cli.faults import WrongUseError
from hubspot_batch_read.files import FileFormat
from hubspot_batch_read.sending.limits import RateLimit, RateLimitSetting
from hubspot_batch_read_api.client import BASE_URL


class OutputFormat(StrEnum):
    """The formats of the output."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


def _option(
    name: str, text: str, panel: str, metavar: str | None = None, *, least: float | None = None
) -> Any:
    return typer.Option(
        name, help=text, rich_help_panel=panel, metavar=metavar, show_default=False, min=least
    )


_IDS, _OUTPUT, _RUN = "Ids", "Output", "Run"


@define(frozen=True, kw_only=True)
class Options:
    """The options of a command: the input, the output, and the settings."""

    ids: Annotated[
        list[Path] | None,
        _option(
            "--ids",
            "Read the ids from a file, one per line (- for standard input); can be repeated.",
            _IDS,
        ),
    ] = None
    column: Annotated[
        str | None,
        _option("--column", "The ids are in this column of a CSV file with a header.", _IDS),
    ] = None
    output: Annotated[
        Path | None,
        _option("--output", "Write the records to a file instead of standard output.", _OUTPUT),
    ] = None
    format_: Annotated[
        OutputFormat | None,
        _option(
            "--format", "JSON Lines, CSV or Parquet; default: from --output's extension.", _OUTPUT
        ),
    ] = None
    excel: Annotated[
        bool,
        _option("--excel", "Write CSV with a byte order mark, which Excel needs.", _OUTPUT),
    ] = False
    missing: Annotated[
        Path | None,
        _option("--missing", "Write a JSON line for every id without a record.", _OUTPUT),
    ] = None
    resume: Annotated[
        bool,
        _option("--resume", "Continue an interrupted run; read only the rest.", _OUTPUT),
    ] = False
    token_file: Annotated[
        Path | None,
        _option(
            "--token-file",
            "Take the access token from a file instead of HUBSPOT_ACCESS_TOKEN.",
            _RUN,
        ),
    ] = None
    token_command: Annotated[
        str | None,
        _option(
            "--token-command",
            "Take the token from the output of a command, run again when the token has expired.",
            _RUN,
            "COMMAND",
        ),
    ] = None
    timeout: Annotated[
        float,
        _option(
            "--timeout",
            "Seconds to wait for each part of a response; default 30.",
            _RUN,
            least=0.001,
        ),
    ] = 30.0
    max_retries: Annotated[
        int, _option("--max-retries", "Maximum retries of a request; default 8.", _RUN, least=0)
    ] = 8
    concurrency: Annotated[
        int, _option("--concurrency", "Requests at the same time; default 4.", _RUN, least=1)
    ] = 4
    rate_limit: Annotated[
        str,
        _option(
            "--rate-limit",
            "Requests per ten seconds, or none; default: the limit in HubSpot's responses.",
            _RUN,
            "NUMBER",
        ),
    ] = "auto"
    base_url: Annotated[
        str, _option("--base-url", "Read from a sandbox instead of HubSpot.", _RUN, "URL")
    ] = BASE_URL
    no_progress: Annotated[
        bool, _option("--no-progress", "Hide the progress, even on a terminal.", _RUN)
    ] = False
    debug: Annotated[bool, _option("--debug", "Show the traceback of an error.", _RUN)] = False

    @property
    def limit(self) -> RateLimitSetting:
        """The rate limit.

        Raises:
            WrongUseError: It is invalid.
        """
        if self.rate_limit == "auto":
            return "auto"
        if self.rate_limit == "none":
            return None
        if not (self.rate_limit.isdecimal() and int(self.rate_limit)):
            raise WrongUseError(
                f"--rate-limit: expected a number of requests in ten seconds, auto or none, "
                f"got {self.rate_limit!r}"
            )
        return RateLimit(int(self.rate_limit), per=10)

    @property
    def file_format(self) -> FileFormat | None:
        """The format of the output, or None to derive it from the name of the output.

        Raises:
            WrongUseError: `--excel` was combined with a format other than CSV.
        """
        if not self.excel:
            return None if self.format_ is None else self.format_.value
        if self.format_ is None and (self.output is None or self.output.suffix.lower() != ".csv"):
            raise WrongUseError("--excel requires --format csv")
        if self.format_ not in (None, OutputFormat.CSV):
            raise WrongUseError("--excel requires --format csv")
        return "excel"


class Command(TyperCommand):
    """A command that refuses a repeated option, of which Typer would take the last value."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments of the command."""
        _, _, given = self.make_parser(ctx).parse_args(args=[*args])
        for option, number in Counter(given).items():
            is_single = isinstance(option, TyperOption) and not (option.multiple or option.is_flag)
            if is_single and number > 1:
                raise typer.BadParameter(f"given {number} times", ctx=ctx, param=option)
        return super().parse_args(ctx, args)


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Replace a command's parameter `options` by the options."""
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
