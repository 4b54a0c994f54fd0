"""A command from its options to its exit code."""

from __future__ import annotations

import os
import shlex
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from hubspot_batch_read import HubSpot
from hubspot_batch_read.account import OnProgress
from hubspot_batch_read.batch import Batch
from hubspot_batch_read.cli.display import Display
from hubspot_batch_read.cli.done import Done
from hubspot_batch_read.cli.error_file import open_errors
from hubspot_batch_read.cli.faults import STOPPED, CommandError, WrongUseError
from hubspot_batch_read.cli.formats import Flat, JsonLines
from hubspot_batch_read.cli.inputs import Input, from_arguments, from_file, from_standard_input
from hubspot_batch_read.cli.options import Options, RowFormat
from hubspot_batch_read.cli.outputs import Output, open_output
from hubspot_batch_read.cli.run import Run
from hubspot_batch_read.operations import Operation, RowT

Begin = Callable[[HubSpot, Iterator[str], OnProgress], Batch[RowT]]
"""Begins to read ids; sends nothing yet."""


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
    except KeyboardInterrupt as error:  # before the read, or after it
        return _fail(error, STOPPED, options)
    except Exception as error:  # noqa: BLE001 - a traceback is for who asks for one
        return _fail(error, STOPPED, options)


def _connect(options: Options, begin: Begin[RowT]) -> HubSpot:
    """Return a client, after a look whether it can read such things at all."""
    try:
        hubspot = HubSpot(_token(options), base_url=options.base_url)
        begin(hubspot, iter(()), print)
    except ValueError as error:
        raise WrongUseError(str(error)) from error
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
    errors = stack.enter_context(closing(open_errors(options.errors, _if_resumed(options, done))))
    # A bar between rows on the same terminal could not be read.
    is_free = options.output is not None or not sys.stdout.isatty()
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
        _say(f"Warning: {warning}.")
    if stop is not None:
        _fail(stop, stop.exit_code, options)
        _say(f"{run.account}.")
        _say(_how_to_go_on(options))
        return stop.exit_code
    if run.exit_code:
        where = f"{options.errors} says" if options.errors else "--errors FILE tells"
        _say(f"{run.account}; {where} why.")
    elif _is_talkative(options):
        _say(f"{run.account}.")
    return run.exit_code


def _total(run: Run[RowT]) -> int | None:
    """Return how many ids there are, None if nobody would see it or nobody knows."""
    if not run.display.is_shown or not run.input.is_repeatable:
        return None
    try:
        return sum(1 for _ in run.input.entries())
    except CommandError:  # is told where the run comes to it
        return None


def _token(options: Options) -> str | None:
    """Return the access token, None if there is one in the environment."""
    if options.token_file is None:
        if not os.environ.get("HUBSPOT_ACCESS_TOKEN"):
            raise WrongUseError("no access token: set HUBSPOT_ACCESS_TOKEN, or give --token-file")
        return None
    token = options.token_file.read_text(encoding="utf-8-sig", errors="replace").strip()
    if not token:
        raise WrongUseError(f"{options.token_file} has no access token")
    return token


def _check_files(options: Options) -> None:
    if options.resume and options.output is None:
        raise WrongUseError("--resume continues a file: name it with --output")
    paths = [options.ids, options.output, options.errors, options.token_file]
    files = [path.resolve() for path in paths if path is not None and not _is_device(path)]
    for path in files:
        if files.count(path) > 1:
            raise WrongUseError(f"{path} is given for two things")


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file()


def _input(given: Sequence[str], options: Options) -> Input:
    if given and (options.ids or options.column):
        raise WrongUseError("ids: give them either as arguments or with --ids")
    if given:
        return from_arguments(given)
    if options.ids is None or str(options.ids) == "-":
        return from_standard_input(options.column)
    return from_file(options.ids, options.column)


def _output(
    operation: Operation[RowT], id_column: str, options: Options, done: Done
) -> Output[RowT]:
    before = _if_resumed(options, done)
    if options.format_ is RowFormat.PARQUET:
        if options.output is None and sys.stdout.isatty():
            raise WrongUseError("Parquet is nothing for a terminal: give --output FILE")
        try:
            from hubspot_batch_read.cli.parquet import open_parquet  # noqa: PLC0415 - needs an extra
        except ModuleNotFoundError as error:
            if error.name != "pyarrow":
                raise
            message = 'Parquet needs an extra: pip install "hubspot-batch-read[arrow]"'
            raise WrongUseError(message) from error
        return open_parquet(options.output, operation, id_column, before)
    is_csv = options.format_ is RowFormat.CSV
    format_ = Flat(operation, id_column) if is_csv else JsonLines(operation)
    return open_output(options.output, format_, before)


def _if_resumed(options: Options, done: Done) -> Done | None:
    return done if options.resume else None


def _is_talkative(options: Options) -> bool:
    return sys.stderr.isatty() and not options.no_progress


def _how_to_go_on(options: Options) -> str:
    if options.output is None or _is_device(options.output):
        return "A run that writes to a file, with --output FILE, can be continued."
    arguments = [each for each in sys.argv[1:] if each != "--resume"]
    command = shlex.join(["hubspot-batch-read", *arguments, "--resume"])
    return f"To continue: {command}"


def _fail(error: BaseException, exit_code: int, options: Options) -> int:
    if options.debug:
        traceback.print_exception(error)
    _say(f"Error: {_in_words(error).removesuffix('.')}.")
    return exit_code


def _in_words(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error)
    if isinstance(error, CommandError):
        return str(error)
    return f"{type(error).__name__}; --debug shows where"


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
