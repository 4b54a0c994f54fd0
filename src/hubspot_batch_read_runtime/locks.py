"""Locks that survive forks and interrupts."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from weakref import WeakSet


class Lock:
    """A lock for `with`, which nothing leaves held.

    In a forked process it is free, even if a thread of the parent held it. A KeyboardInterrupt
    cannot come between taking it and the block: Python lets none in between for a lock of its own.
    """

    def __init__(self) -> None:
        """Make a free lock."""
        self.free()
        _locks.add(self)

    # Looked up before the lock is taken, so that taking it is one step.

    @property
    def __enter__(self) -> Callable[[], bool]:
        """Take the lock, once it is free."""
        return self._lock.__enter__

    @property
    def __exit__(self) -> Callable[..., None]:  # noqa: PLE0302, PYI036 - it returns the method
        """Free the lock."""
        return self._lock.__exit__

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
