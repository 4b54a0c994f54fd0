"""What ends a command, and with which exit code."""

from hubspot_batch_read.sentences import SentenceError

OK = 0
"""Every id was answered."""
ID_ERRORS = 1
"""Some ids have no record, for another reason than that they have no associations."""
WRONG_USE = 2
"""The command cannot be run as it was given."""
STOPPED = 3
"""The run ended before all ids were read."""


class CommandError(SentenceError):
    """Ends a command; its text is the sentence that the user sees."""

    exit_code = STOPPED


class WrongUseError(CommandError):
    """The command cannot be run as it was given: options, ids or files are not right."""

    exit_code = WRONG_USE
