"""The sources of the access token, for the process that reads."""

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
    """Reads the access token from an environment variable of the process that reads.

        read = TableRead.associations(
            "contacts", "companies", access_token=TokenVariable("HUBSPOT_PORTAL_42")
        )

    Calling it returns the token.

    Raises:
        ArgumentError: When called, if the variable is not set or does not contain a token.
    """

    name: str = TOKEN_VARIABLE
    """The name of the variable."""

    def __call__(self) -> str:
        """Return the token."""
        token = os.environ.get(self.name, "").strip()
        if not token:
            raise ArgumentError("access_token", f"the environment variable {self.name} is not set")
        return checked_token(token, self.name)


@define(frozen=True)
class TokenFile:
    """Reads the access token from a file on the machine that reads, such as a mounted secret.

    Calling it returns the token.

    Raises:
        OSError: When called, if the file cannot be read.
        ArgumentError: When called, if the file does not contain a token.
    """

    path: Path = field(converter=Path)
    """The path of the file, which contains only the token."""

    def __call__(self) -> str:
        """Return the token."""
        token = self.path.read_text(encoding="utf-8").strip()
        if not token:
            raise ArgumentError("access_token", f"{self.path} is empty")
        return checked_token(token, str(self.path))


Token = Callable[..., str]
"""A function that returns the access token; with a `portal_column`, that of its argument."""
