"""The exit codes, and the exceptions that end a command."""

from hubspot_batch_read.sentences import SentenceError

OK = 0
"""Every id was answered."""
ID_ERRORS = 1
"""Some ids have an error, are unanswered, invalid or unread."""
WRONG_USE = 2
"""Usage error, or a problem with the environment."""
STOPPED = 3
"""The run ended before all ids were read."""


class CommandError(SentenceError):
    """Ends a command; the user sees its text."""

    exit_code = STOPPED


class WrongUseError(CommandError):
    """Usage error: something is wrong with the options, ids or files."""

    exit_code = WRONG_USE
