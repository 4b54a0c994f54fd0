"""Forked processes that do something and have to end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

SECONDS = 30


def succeeds_in_child(function: Callable[[], object]) -> bool:
    """Return whether a function returns in a forked process, which is killed if it hangs."""
    child = os.fork()
    if not child:
        code = 1
        try:
            function()
            code = 0
        finally:
            os._exit(code)
    killer = threading.Timer(SECONDS, os.kill, [child, signal.SIGKILL])
    killer.start()
    _, status = os.waitpid(child, 0)
    killer.cancel()
    return status == 0
