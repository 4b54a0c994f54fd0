"""Where an access token comes from, in the process that needs it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from attrs import define, field

from hubspot_batch_read.connection import TOKEN_VARIABLE
from hubspot_batch_read_api.client import checked_token
from hubspot_batch_read_api.errors import ArgumentError


@define(frozen=True)
class TokenVariable:
    """Takes the access token from an environment variable of the process that reads.

        read = TableRead.associations(
            "contacts", "companies", access_token=TokenVariable("HUBSPOT_PORTAL_42")
        )

    Calling it returns the token.

    Raises:
        ArgumentError: When it is called: the variable is not set, or is not a token.
    """

    name: str = TOKEN_VARIABLE
    """The name of the variable."""

    def __call__(self) -> str:
        """Return the token."""
        token = os.environ.get(self.name, "").strip()
        if not token:
            raise ArgumentError("access_token", f"the variable {self.name} is not set here")
        return checked_token(token, self.name)


@define(frozen=True)
class TokenFile:
    """Takes the access token from a file on the machine that reads, such as a mounted secret.

    Calling it returns the token.

    Raises:
        OSError: When it is called: the file cannot be read.
        ArgumentError: When it is called: there is no token in the file.
    """

    path: Path = field(converter=Path)
    """The path of the file, which holds the token alone."""

    def __call__(self) -> str:
        """Return the token."""
        token = self.path.read_text(encoding="utf-8").strip()
        if not token:
            raise ArgumentError("access_token", f"{self.path} is empty")
        return checked_token(token, str(self.path))


Token = Callable[..., str]
"""Returns an access token, or that of a portal."""
