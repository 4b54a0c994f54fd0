"""The access token from a command, such as that of a password manager."""

from __future__ import annotations

import shlex
import subprocess

from hubspot_batch_read.cli.faults import WrongUseError
from hubspot_batch_read.hidden import Hidden
from hubspot_batch_read.sentences import shortened

SECONDS = 60
"""Maximum duration of the command in seconds."""


class TokenCommand:
    """Runs the command for a token: at once, and again each time the token has expired.

    The command is split as by a shell, but run without one. Its output is never shown.
    """

    def __init__(self, command: str, hidden: Hidden) -> None:
        """Run it for the first token.

        Raises:
            WrongUseError: It cannot be run, or failed.
        """
        self._hidden = hidden
        try:
            self._words = shlex.split(command)
        except ValueError as error:
            raise WrongUseError(f"--token-command: {error}") from error
        if not self._words:
            raise WrongUseError("--token-command: it is empty")
        self._first: str | None = self._ask()

    def __call__(self) -> str:
        """Return a token.

        Raises:
            WrongUseError: The command cannot be run, or failed.
        """
        token, self._first = self._first, None
        return token or self._ask()

    def _ask(self) -> str:
        try:
            ran = subprocess.run(  # noqa: S603 - the user's own command
                self._words,
                check=False,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                stdin=subprocess.DEVNULL,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise self._failure(f"took more than {SECONDS} seconds") from error
        except OSError as error:
            raise self._failure(f"cannot be run: {error.strerror}") from error
        token = ran.stdout.strip()
        if token:
            self._hidden.add(token)
        if ran.returncode:
            said = shortened(" ".join(ran.stderr.split()))
            words = f": {self._hidden.mask(said)}" if said else ""
            raise self._failure(f"failed with exit code {ran.returncode}{words}")
        if not token:
            raise self._failure("wrote nothing to standard output")
        return token

    def _failure(self, problem: str) -> WrongUseError:
        return WrongUseError(f"--token-command: {self._words[0]} {problem}")
