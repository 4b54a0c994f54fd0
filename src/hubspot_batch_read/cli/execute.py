"""Runs a command, from its options to its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from hubspot_batch_read import HubSpot
from hubspot_batch_read.cli.console import is_terminal
from hubspot_batch_read.cli.display import Display
from hubspot_batch_read.cli.faults import STOPPED, WRONG_USE, CommandError, WrongUseError
from hubspot_batch_read.cli.inputs import (
    Input,
    from_arguments,
    from_file,
    from_standard_input,
    joined,
)
from hubspot_batch_read.cli.interrupts import Interrupts
from hubspot_batch_read.cli.options import Options
from hubspot_batch_read.cli.report import Report, is_talkative
from hubspot_batch_read.cli.run import Run
from hubspot_batch_read.cli.token_command import TokenCommand
from hubspot_batch_read.core.id_texts import Id
from hubspot_batch_read.driving.delivery import OnProgress
from hubspot_batch_read.files.locks import lock_of
from hubspot_batch_read.files.places import is_device, own_files
from hubspot_batch_read.hidden import Hidden
from hubspot_batch_read.read import Read
from hubspot_batch_read_api.errors import ArgumentError

Begin = Callable[[HubSpot, Iterator[Id], OnProgress], Read[Any]]
"""Creates a read of ids; nothing is sent yet."""


NAMES = {
    "access_token": "the access token",
    "base_url": "--base-url",
    "from_type": "FROM",
    "to_type": "TO",
    "properties": "--properties",
    "start_date": "--start-date",
    "end_date": "--end-date",
    "timeout": "--timeout",
}
"""The names of arguments on the command line, by their names in errors."""


def execute(given: Sequence[str], options: Options, begin: Begin) -> int:
    """Run a read, report problems in a sentence, and return the exit code.

    Args:
        given: Ids given as arguments.
        options: The options.
        begin: Creates the read.
    """
    report = Report(options, Hidden())
    try:
        hubspot = _connect(options, begin, report.hidden)
        run = _run(given, options, report)
        with Interrupts(run.close) as interrupts, hubspot:
            stop = run.read_all(lambda ids, tell: begin(hubspot, ids, tell), interrupts)
            return report.tell(run, stop)
    except CommandError as error:
        return report.fail(error, error.exit_code)
    except OSError as error:  # a file that cannot be opened
        return report.fail(error, WRONG_USE)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - a traceback is only shown with --debug
        return report.fail(error, STOPPED)


def _connect(options: Options, begin: Begin, hidden: Hidden) -> HubSpot:
    """Return a client, after checking the arguments of the read."""
    token = _token(options, hidden)
    try:
        hubspot = HubSpot(
            token,
            base_url=options.base_url,
            timeout=options.timeout,
            max_retries=options.max_retries,
            max_concurrency=options.concurrency,
            rate_limit=options.limit,
        )
        begin(hubspot, iter(()), print)
    except ArgumentError as error:
        name = NAMES.get(error.argument, error.argument)
        raise WrongUseError(f"{name}: {error.problem}") from error
    return hubspot


def _run(given: Sequence[str], options: Options, report: Report) -> Run:
    """Check the options, and return a run."""
    _check_files(options)
    ids = _input(given, options)
    _check_parquet(options)
    # A bar between records on the same terminal would be unreadable.
    is_free = options.output is not None or not is_terminal(sys.stdout)
    display = Display(is_shown=is_talkative(options) and is_free)
    return Run(ids, options, display, report.words)


def _token(options: Options, hidden: Hidden) -> str | TokenCommand:
    """Return the access token, or the command that returns it; tokens are masked from here on."""
    if options.token_command is None:
        token = _token_of_file(options)
        hidden.add(token)
        return token
    if options.token_file is not None:
        raise WrongUseError("--token-file and --token-command cannot be combined")
    return TokenCommand(options.token_command, hidden)


def _token_of_file(options: Options) -> str:
    """Return the access token, without the line ending that files and variables often contain."""
    if options.token_file is None:
        token = os.environ.get("HUBSPOT_ACCESS_TOKEN", "").strip()
        if not token:
            raise WrongUseError("no access token: set HUBSPOT_ACCESS_TOKEN, or pass --token-file")
        return token
    token = options.token_file.read_text(encoding="utf-8-sig", errors="replace").strip()
    if not token:
        raise WrongUseError(f"{options.token_file} has no access token")
    return token


def _check_files(options: Options) -> None:
    if options.resume and options.output is None:
        raise WrongUseError("--resume requires --output")
    paths = [options.token_file, *dict.fromkeys(options.ids or [])]
    paths += [] if options.output is None else own_files(options.output.resolve())
    paths += (
        [] if options.missing is None else [options.missing, lock_of(options.missing.resolve())]
    )
    files = [path for path in paths if path is not None and not is_device(path)]
    for one, other in combinations(files, 2):
        if one.resolve() == other.resolve() or _are_one(one, other):
            raise WrongUseError(f"{other} is used for two options")


def _are_one(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _input(given: Sequence[str], options: Options) -> Input:
    files, column = options.ids or [], options.column
    if given and files:
        raise WrongUseError("ids: pass them either as arguments or with --ids")
    if given and column:
        raise WrongUseError("--column requires --ids")
    if given:
        return from_arguments(given)
    if not files:
        return from_standard_input(column)
    return joined(
        from_standard_input(column) if str(path) == "-" else from_file(path, column)
        for path in files
    )


def _check_parquet(options: Options) -> None:
    if options.file_format != "parquet" or options.output is not None:
        return
    if is_terminal(sys.stdout):
        raise WrongUseError("Parquet cannot be written to a terminal: use --output FILE")
