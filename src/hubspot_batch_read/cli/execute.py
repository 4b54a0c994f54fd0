"""A command from its options to its exit code."""

from __future__ import annotations

import os
import shlex
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import combinations
from pathlib import Path

import httpx

from hubspot_batch_read import HubSpot
from hubspot_batch_read.account import OnProgress
from hubspot_batch_read.batch import Batch
from hubspot_batch_read.cli.console import is_terminal, say
from hubspot_batch_read.cli.display import Display
from hubspot_batch_read.cli.done import Done
from hubspot_batch_read.cli.error_file import UNREAD, open_errors
from hubspot_batch_read.cli.faults import STOPPED, WRONG_USE, CommandError, WrongUseError
from hubspot_batch_read.cli.files import is_device, part_of
from hubspot_batch_read.cli.formats import Flat, JsonLines
from hubspot_batch_read.cli.inputs import Input, from_arguments, from_file, from_standard_input
from hubspot_batch_read.cli.options import Options, RowFormat
from hubspot_batch_read.cli.outputs import Output, open_output
from hubspot_batch_read.cli.run import Run
from hubspot_batch_read.operations import Operation, RowT

Begin = Callable[[HubSpot, Iterator[str], OnProgress], Batch[RowT]]
"""Begins to read ids; sends nothing yet."""


NAMES = {
    "token": "the access token",
    "base_url": "--base-url",
    "from_type": "FROM",
    "to_type": "TO",
    "properties": "--properties",
    "start_date": "--start-date",
    "end_date": "--end-date",
}
"""What the command line calls the arguments that errors name."""


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
    try:
        with ExitStack() as stack:
            hubspot = stack.enter_context(_connect(options, begin))
            run = _run(operation, id_column, given, options, stack)
            return _read(run, options, lambda ids, tell: begin(hubspot, ids, tell))
    except CommandError as error:
        return _fail(error, error.exit_code, options)
    except OSError as error:  # a file that cannot be opened
        return _fail(error, WrongUseError.exit_code, options)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - a traceback is for who asks
        return _fail(error, STOPPED, options)


def _connect(options: Options, begin: Begin[RowT]) -> HubSpot:
    """Return a client, after a look whether it can read such things at all."""
    try:
        hubspot = HubSpot(_token(options), base_url=options.base_url)
        begin(hubspot, iter(()), print)
    except (ValueError, httpx.InvalidURL) as error:
        name, colon, problem = str(error).partition(": ")
        raise WrongUseError(f"{NAMES.get(name, name)}{colon}{problem}") from error
    return hubspot


def _run(
    operation: Operation[RowT],
    id_column: str,
    given: Sequence[str],
    options: Options,
    stack: ExitStack,
) -> Run[RowT]:
    """Open everything that a run needs."""
    _check_files(options)
    ids = _input(given, options)
    done = Done()
    output = stack.enter_context(closing(_output(operation, id_column, options, done)))
    # Where rows go to standard output, the shell begins anew, and so do the errors.
    errors = open_errors(
        options.errors, _if_resumed(options, done), is_replaced=options.output is None
    )
    stack.enter_context(closing(errors))
    # A bar between rows on the same terminal could not be read.
    is_free = options.output is not None or not is_terminal(sys.stdout)
    display = Display(is_shown=_is_talkative(options) and is_free)
    return Run(operation, ids, output, errors, done, display)


def _read(run: Run[RowT], options: Options, begin: Callable[..., Batch[RowT]]) -> int:
    """Read, and say on standard error what came of it."""
    stop = None
    try:
        with run.display:
            run.display.begin(_total(run))
            run.read(begin)
    except CommandError as error:
        stop = error
    for warning in run.warnings:
        say(f"Warning: {warning}.")
    if stop is not None:
        _fail(stop, stop.exit_code, options)
        if run.total:
            say(f"{run.account}.")
    elif not run.total:
        say("Warning: there were no ids.")
    elif run.exit_code:
        where = f"{options.errors} says" if options.errors else "--errors FILE tells"
        say(f"{run.account}; {where} why.")
    elif _is_talkative(options):
        say(f"{run.account}.")
    exit_code = run.exit_code if stop is None else stop.exit_code
    can_go_on = exit_code == STOPPED or (run.errors.counts[UNREAD] and exit_code != WRONG_USE)
    if can_go_on and options.output is not None and not is_device(options.output):
        say(_how_to_go_on(run))
    return exit_code


def _total(run: Run[RowT]) -> int | None:
    """Return how many ids there are, None if nobody would see it or nobody knows."""
    if not run.display.is_shown or not run.input.is_repeatable:
        return None
    try:
        return sum(1 for _ in run.input.entries())
    except CommandError:  # is told where the run comes to it
        return None


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
    paths = [options.ids, options.output, options.errors, options.token_file]
    if options.output is not None and options.row_format is RowFormat.PARQUET:
        paths.append(part_of(options.output))
    files = [path for path in paths if path is not None and not is_device(path)]
    for one, other in combinations(files, 2):
        if one.resolve() == other.resolve() or _are_one(one, other):
            raise WrongUseError(f"{other} is given for two things")


def _are_one(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _input(given: Sequence[str], options: Options) -> Input:
    if given and options.ids:
        raise WrongUseError("ids: give them either as arguments or with --ids")
    if given and options.column:
        raise WrongUseError("--column is about a file: give that with --ids")
    if given:
        return from_arguments(given)
    if options.ids is None or str(options.ids) == "-":
        return from_standard_input(options.column)
    return from_file(options.ids, options.column)


def _output(
    operation: Operation[RowT], id_column: str, options: Options, done: Done
) -> Output[RowT]:
    before = _if_resumed(options, done)
    if options.row_format is RowFormat.PARQUET:
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
    is_csv = options.row_format is RowFormat.CSV
    format_ = Flat(operation, id_column) if is_csv else JsonLines(operation)
    return open_output(options.output, format_, before)


def _if_resumed(options: Options, done: Done) -> Done | None:
    return done if options.resume else None


def _is_talkative(options: Options) -> bool:
    return is_terminal(sys.stderr) and not options.no_progress


def _how_to_go_on(run: Run[RowT]) -> str:
    # Not at the end, where there may be ids after `--`.
    name, *arguments = [each for each in sys.argv[1:] if each != "--resume"]
    command = shlex.join(["hubspot-batch-read", name, "--resume", *arguments])
    again = "" if run.input.is_repeatable else " (with the same ids on standard input)"
    return f"To continue{again}: {command}"


def _fail(error: BaseException, exit_code: int, options: Options) -> int:
    if options.debug:
        traceback.print_exception(error)
    say(f"Error: {_in_words(error).removesuffix('.')}.")
    return exit_code


def _in_words(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error)
    if isinstance(error, CommandError):
        return str(error)
    return f"{type(error).__name__}; --debug shows where"
