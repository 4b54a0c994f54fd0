"""What is said to whoever runs the command, if anybody listens."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TextIO


def say(text: str) -> None:
    """Write a line to standard error, which may be closed."""
    with suppress(AttributeError, OSError, ValueError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether a stream is a terminal; a closed one is none."""
    return stream is not None and stream.isatty()
