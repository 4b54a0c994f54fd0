"""Locks that survive a fork."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from weakref import WeakSet


class Lock:
    """A lock that is free in a forked process, even if a thread of the parent held it."""

    def __init__(self) -> None:
        """Make a free lock."""
        self.free()
        _locks.add(self)

    def __enter__(self) -> None:
        """Take the lock, once it is free."""
        self._lock.acquire()

    def __exit__(self, *exc_info: object) -> None:
        """Free the lock."""
        with suppress(RuntimeError):  # the thread that held it has forked, so it is free here
            self._lock.release()

    def free(self) -> None:
        """Make the lock free, whoever holds it."""
        self._lock = threading.Lock()

    @staticmethod
    def free_all() -> None:
        """Free all locks, in a forked process."""
        for lock in _locks:
            lock.free()


_locks: WeakSet[Lock] = WeakSet()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=Lock.free_all)
