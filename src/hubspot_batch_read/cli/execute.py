"""A command from its options to its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import combinations
from pathlib import Path

from hubspot_batch_read import HubSpot
from hubspot_batch_read.cli.console import is_terminal
from hubspot_batch_read.cli.display import Display
from hubspot_batch_read.cli.done import Done
from hubspot_batch_read.cli.faults import STOPPED, WRONG_USE, CommandError, WrongUseError
from hubspot_batch_read.cli.files import is_device, part_of
from hubspot_batch_read.cli.formats import Flat, JsonLines
from hubspot_batch_read.cli.hidden import Hidden
from hubspot_batch_read.cli.inputs import (
    Input,
    from_arguments,
    from_file,
    from_standard_input,
    joined,
)
from hubspot_batch_read.cli.missing_file import open_missing
from hubspot_batch_read.cli.options import Options, OutputFormat
from hubspot_batch_read.cli.outputs import Output, open_output
from hubspot_batch_read.cli.report import Report, is_talkative
from hubspot_batch_read.cli.run import Run
from hubspot_batch_read.core.operation import Operation, RowT
from hubspot_batch_read.read import Read
from hubspot_batch_read.reading import OnProgress
from hubspot_batch_read_api.errors import ArgumentError

Begin = Callable[[HubSpot, Iterator[str], OnProgress], Read[RowT]]
"""Begins to read ids; sends nothing yet."""


NAMES = {
    "access_token": "the access token",
    "base_url": "--base-url",
    "from_type": "FROM",
    "to_type": "TO",
    "properties": "--properties",
    "start_date": "--start-date",
    "end_date": "--end-date",
}
"""The command line's names of arguments, by their names in errors."""


def execute(
    operation: Operation[RowT],
    id_column: str,
    given: Sequence[str],
    options: Options,
    begin: Begin[RowT],
) -> int:
    """Read as the options say; return the exit code, after a sentence if that is not 0.

    Args:
        operation: What reads.
        id_column: The column of its table that has the ids.
        given: Ids given as arguments.
        options: The options.
        begin: Begins to read.
    """
    report = Report(options, Hidden())
    try:
        with ExitStack() as stack:
            hubspot = stack.enter_context(_connect(options, begin, report.hidden))
            run = _run(operation, id_column, given, options, report.hidden, stack)
            stop = None
            try:
                run.read_all(lambda ids, tell: begin(hubspot, ids, tell))
            except CommandError as error:
                stop = error
            return report.tell(run, stop)
    except CommandError as error:
        return report.fail(error, error.exit_code)
    except OSError as error:  # a file that cannot be opened
        return report.fail(error, WRONG_USE)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - a traceback is for who asks
        return report.fail(error, STOPPED)


def _connect(options: Options, begin: Begin[RowT], hidden: Hidden) -> HubSpot:
    """Return a client, after a look whether it can read such things at all."""
    token = _token(options)
    hidden.add(token)
    try:
        hubspot = HubSpot(token, base_url=options.base_url)
        begin(hubspot, iter(()), print)
    except ArgumentError as error:
        name = NAMES.get(error.argument, error.argument)
        raise WrongUseError(f"{name}: {error.problem}") from error
    return hubspot


def _run(
    operation: Operation[RowT],
    id_column: str,
    given: Sequence[str],
    options: Options,
    hidden: Hidden,
    stack: ExitStack,
) -> Run[RowT]:
    """Open everything that a run needs."""
    _check_files(options)
    ids = _input(given, options)
    done = Done()
    output = stack.enter_context(closing(_output(operation, id_column, options, done)))
    # Where records go to standard output, the shell starts from scratch, and so do the missing ids.
    missing = open_missing(
        options.missing, _if_resumed(options, done), is_replaced=options.output is None
    )
    stack.enter_context(closing(missing))
    # A bar between records on the same terminal could not be read.
    is_free = options.output is not None or not is_terminal(sys.stdout)
    display = Display(is_shown=is_talkative(options) and is_free)
    return Run(operation, ids, output, missing, done, display, hidden)


def _token(options: Options) -> str:
    """Return the access token, without the line end that files and variables often have."""
    if options.token_file is None:
        token = os.environ.get("HUBSPOT_ACCESS_TOKEN", "").strip()
        if not token:
            raise WrongUseError("no access token: set HUBSPOT_ACCESS_TOKEN, or give --token-file")
        return token
    token = options.token_file.read_text(encoding="utf-8-sig", errors="replace").strip()
    if not token:
        raise WrongUseError(f"{options.token_file} has no access token")
    return token


def _check_files(options: Options) -> None:
    if options.resume and options.output is None:
        raise WrongUseError("--resume continues a file: name it with --output")
    paths = [options.output, options.missing, options.token_file, *dict.fromkeys(options.ids or [])]
    if options.output is not None and options.output_format is OutputFormat.PARQUET:
        paths.append(part_of(options.output))
    files = [path for path in paths if path is not None and not is_device(path)]
    for one, other in combinations(files, 2):
        if one.resolve() == other.resolve() or _are_one(one, other):
            raise WrongUseError(f"{other} is given for two things")


def _are_one(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _input(given: Sequence[str], options: Options) -> Input:
    files, column = options.ids or [], options.column
    if given and files:
        raise WrongUseError("ids: give them either as arguments or with --ids")
    if given and column:
        raise WrongUseError("--column is about a file: give that with --ids")
    if given:
        return from_arguments(given)
    if not files:
        return from_standard_input(column)
    return joined(
        from_standard_input(column) if str(path) == "-" else from_file(path, column)
        for path in files
    )


def _output(
    operation: Operation[RowT], id_column: str, options: Options, done: Done
) -> Output[RowT]:
    before = _if_resumed(options, done)
    if options.output_format is OutputFormat.PARQUET:
        if options.output is None and is_terminal(sys.stdout):
            raise WrongUseError("Parquet is nothing for a terminal: give --output FILE")
        try:
            from hubspot_batch_read.cli.parquet import open_parquet  # noqa: PLC0415 - needs an extra
        except ModuleNotFoundError as error:
            if error.name != "pyarrow":
                raise
            message = 'Parquet needs an extra: pip install "hubspot-batch-read[arrow]"'
            raise WrongUseError(message) from error
        return open_parquet(options.output, operation, id_column, before)
    is_csv = options.output_format is OutputFormat.CSV
    format_ = Flat(operation, id_column) if is_csv else JsonLines(operation)
    return open_output(options.output, format_, before)


def _if_resumed(options: Options, done: Done) -> Done | None:
    return done if options.resume else None
