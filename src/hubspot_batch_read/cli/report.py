"""Reports the result of a run on standard error."""

from __future__ import annotations

import shlex
import sys
import traceback
from itertools import islice

from attrs import define

from hubspot_batch_read.cli.console import is_terminal, say
from hubspot_batch_read.cli.faults import STOPPED, WRONG_USE, CommandError
from hubspot_batch_read.cli.first_problem import first_problem
from hubspot_batch_read.cli.options import Options
from hubspot_batch_read.cli.run import Run
from hubspot_batch_read.files.places import is_device
from hubspot_batch_read.hidden import Hidden
from hubspot_batch_read.sentences import counted, sentence, shortened

MOST_MESSAGES = 3
"""Maximum number of shown messages from HubSpot that are not about an id."""


@define(frozen=True)
class Report:
    """Reports the result of a run, without secrets."""

    options: Options
    hidden: Hidden

    def tell(self, run: Run, stop: CommandError | None) -> int:
        """Report what happened, and why; return the exit code.

        Args:
            run: A run that has ended.
            stop: The exception that ended it early, or None.
        """
        exit_code = run.exit_code if stop is None else stop.exit_code
        for warning in _warnings(run):
            say(f"Warning: {warning}.")
        failure = run.first_failure
        if failure is not None and (stop is None or self.words(failure) != self.words(stop)):
            self.fail(failure, exit_code)
        if stop is not None:
            self.fail(stop, exit_code)
        if problem := first_problem(run.read, self.options):
            say(f"First problem: {problem.removesuffix('.')}.")
        self._count(run, stop)
        can_go_on = exit_code == STOPPED or (run.read.summary.unread and exit_code != WRONG_USE)
        output = self.options.output
        if can_go_on and output is not None and not is_device(output):
            say(_how_to_go_on(run))
        return exit_code

    def fail(self, error: BaseException, exit_code: int) -> int:
        """Report an error, with the traceback if it was asked for; return the exit code."""
        if self.options.debug:
            for line in "".join(traceback.format_exception(error)).splitlines():
                say(self.hidden.mask(line))
        say(f"Error: {self.words(error)}.")
        return exit_code

    def words(self, error: BaseException) -> str:
        """Return an error as a sentence without secrets."""
        return self.hidden.mask(sentence(error))

    def _count(self, run: Run, stop: CommandError | None) -> None:
        if stop is None and not run.read.summary.taken:
            say("Warning: there were no ids.")
        elif stop is None and run.exit_code:
            path = self.options.missing
            say(f"{run.account}; {f'{path} says' if path else 'use --missing FILE to see'} why.")
        elif run.read.summary.taken and (stop is not None or is_talkative(self.options)):
            say(f"{run.account}.")


def is_talkative(options: Options) -> bool:
    """Return whether the progress can be seen: standard error is a terminal."""
    return is_terminal(sys.stderr) and not options.no_progress


def _warnings(run: Run) -> list[str]:
    """Return warnings about records and responses."""
    warnings = []
    if truncated := run.read.truncated:
        ids = ", ".join(cut.id for cut in truncated[:3])
        more = ", …" if len(truncated) > 3 else ""
        warnings.append(
            f"HubSpot cut {counted(len(truncated), 'record')} short ({ids}{more}); "
            + truncated[0].remedy
        )
    messages = dict.fromkeys(error.message or "?" for error in run.read.other_errors)
    others = len(messages) - MOST_MESSAGES
    said = [shortened(message) for message in islice(messages, MOST_MESSAGES)]
    warnings += [f"HubSpot also says: {message}" for message in said]
    return warnings + ([f"HubSpot sent {others:,} other messages"] if others > 0 else [])


def _how_to_go_on(run: Run) -> str:
    # Not at the end, where there may be ids after `--`.
    name, *arguments = [each for each in sys.argv[1:] if each != "--resume"]
    command = shlex.join(["hubspot-batch-read", name, "--resume", *arguments])
    again = "" if run.input.is_repeatable else " (with the same ids on standard input)"
    return f"To continue{again}: {command}"
