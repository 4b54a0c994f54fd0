"""Writes to standard error, if it is open."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TextIO

from hubspot_batch_read_api.errors import printable


def say(text: str) -> None:
    """Write a line to standard error, which may be closed.

    Control characters are escaped, because parts of the text may come from a server or a file.
    """
    with suppress(AttributeError, OSError, ValueError):
        sys.stderr.write(f"{printable(text)}\n")
        sys.stderr.flush()


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream is a terminal; a closed one is not."""
    return stream is not None and stream.isatty()
