"""Keeps the garbage collector from running while many objects without cycles are created."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from typing import TypeVar

ArgumentT = TypeVar("ArgumentT")
ResultT = TypeVar("ResultT")

MANY = 1_000_003
"""Number of new objects that start the collector while a body is decoded.

By default, that is 700, and the collector scans the same objects repeatedly; a large body has
hundreds of thousands. Not a round number, so that it is not an application's own threshold.
"""

# The thresholds of the collector before they were raised.
_usual: tuple[int, int, int] | None = None


def seldom_collected(convert: Callable[[ArgumentT], ResultT], argument: ArgumentT) -> ResultT:
    """Call a function that creates objects without cycles, with the collector's threshold raised.

    The threshold is restored afterwards, unless the application has set another one in the
    meantime. The collector is never switched on or off.
    """
    global _usual  # noqa: PLW0603 - the whole process has one collector, and one of these
    usual = _thresholds()
    if not 0 < usual[0] < MANY:
        return convert(argument)
    try:
        _usual = usual
        gc.set_threshold(MANY, *usual[1:])
        return convert(argument)
    finally:
        _put_back(usual)


def _thresholds() -> tuple[int, int, int]:
    # PyPy has a collector of another kind, and no thresholds.
    return gc.get_threshold() if hasattr(gc, "get_threshold") else (0, 0, 0)


def _put_back(usual: tuple[int, int, int] | None) -> None:
    if usual and gc.get_threshold() == (MANY, *usual[1:]):
        gc.set_threshold(*usual)


# The thread that raised the threshold may not be in the child.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: _put_back(_usual))
