"""Locks that survive forks and interrupts."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from weakref import WeakSet


class Lock:
    """A lock for `with`, which is never left held.

    In a forked process it is free, even if a thread of the parent held it. A KeyboardInterrupt
    cannot arrive between acquiring it and the block: Python prevents that for its own locks. The
    block must not contain a loop, which belongs in a function: Python 3.12 and 3.13 do not leave
    the block if an interrupt arrives when a loop with an `if` begins its next round (observed).
    """

    def __init__(self) -> None:
        """Create a lock that is not held."""
        self.free()
        _locks.add(self)

    # Looked up before the lock is acquired, so that acquiring it is one step.

    @property
    def __enter__(self) -> Callable[[], bool]:
        """Acquire the lock, once it is free."""
        return self._lock.__enter__

    @property
    def __exit__(self) -> Callable[..., None]:  # noqa: PLE0302, PYI036 - it returns the method
        """Release the lock."""
        return self._lock.__exit__

    def free(self) -> None:
        """Release the lock, even if another thread holds it."""
        self._lock = threading.Lock()

    @staticmethod
    def free_all() -> None:
        """Release all locks in a forked process."""
        for lock in _locks:
            lock.free()


_locks: WeakSet[Lock] = WeakSet()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=Lock.free_all)
