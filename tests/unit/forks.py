"""Forked processes that call a function and have to end."""

from __future__ import annotations

import faulthandler
import os
import sys
import traceback
from collections.abc import Callable

SECONDS = 30
FORKS = int(os.environ.get("FORKS", "10"))
"""Number of processes that are forked under load."""


def succeeds_in_child(function: Callable[[], object]) -> bool:
    """Return whether a function returns in a forked process, which is killed if it hangs."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return status == 0
    code = 1
    try:
        faulthandler.dump_traceback_later(SECONDS, exit=True, file=2)
        function()
        code = 0
    except BaseException:  # noqa: BLE001 - this is another process
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(code)
