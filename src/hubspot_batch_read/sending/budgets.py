"""Budgets that processes share: a request takes the next free slot, in one step.

All there is to keep is when the next slot is free, and when the clock was last read: one that was
set back would delay every request by as much.
"""

from __future__ import annotations

import os
import threading
from contextlib import AbstractContextManager, closing
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

from hubspot_batch_read.sending.limits import SCHEMES, RateLimit
from hubspot_batch_read_api.errors import ArgumentError

if TYPE_CHECKING:
    from sqlite3 import Connection

    from redis import Redis

LATE = 0.2
"""Seconds by which a request may miss its slot before those after it become later, too."""
PATIENCE = 1.0
"""Seconds after which a budget that does not answer counts as out of reach."""

_IN_REDIS = """
local earliest, max_wait, spacing, lost, late = unpack(ARGV)
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local kept = redis.call('HMGET', KEYS[1], 'free', 'now')
local free = tonumber(kept[1]) or (now + lost)
free = free - math.max(0, (tonumber(kept[2]) or now) - now)
if free < now - late then free = now end
local slot = math.max(free, now + earliest)
local wait = slot - now
if wait <= tonumber(max_wait) then free = slot + spacing end
local function text(number) return string.format('%.0f', number) end
redis.call('HSET', KEYS[1], 'free', text(free), 'now', text(now))
redis.call('PEXPIRE', KEYS[1], text(math.max(0, free - now) / 1000 + 60000))
return text(wait)
"""


def shared_budget(limit: RateLimit) -> InRedis | InFile:
    """Return the budget that a shared limit names.

    Raises:
        ImportError: The extra for Redis is not installed.
        ArgumentError: The address is invalid.
    """
    address = os.fspath(limit.shared or "")
    if address.startswith(SCHEMES):
        return InRedis(address, limit.key)
    return InFile(address, limit.key)


def next_free(free: float, now: float) -> float:
    """Return when the next slot is: now, if the one that is free was long ago."""
    return free if free >= now - LATE else now


class InRedis:
    """A budget in a Redis or Valkey server, which has the clock."""

    def __init__(self, address: str, key: str) -> None:
        """Connect to nothing yet."""
        try:
            import redis  # noqa: PLC0415 - an extra
        except ModuleNotFoundError as error:
            message = 'Redis needs an extra: pip install "hubspot-batch-read[shared]"'
            raise ModuleNotFoundError(message) from error
        self.errors = (redis.RedisError, OSError)
        self._address = address
        self._key = f"hubspot-batch-read:{key}"
        self._clients: dict[int, Redis] = {}
        self._client()

    def take(self, earliest: float, max_wait: float, spacing: float, lost: float = 0.0) -> float:
        """Take the next free slot, and return in how many seconds it is; below zero if it is late.

        Args:
            earliest: In how many seconds it may be at the earliest; below zero for no limit.
            max_wait: In how many seconds it may be at the latest; a later one is left.
            spacing: Seconds from this slot to the next.
            lost: For how many seconds slots are taken if the server does not know that any is.
        """
        arguments = [round(seconds * 1e6) for seconds in (earliest, max_wait, spacing, lost, LATE)]
        return int(self._client().eval(_IN_REDIS, 1, self._key, *arguments)) / 1e6

    def _client(self) -> Redis:
        """Return the client of this process; one from before a fork can hang on a lock."""
        if os.getpid() not in self._clients:
            self._clients[os.getpid()] = self._new_client()
        return self._clients[os.getpid()]

    def _new_client(self) -> Redis:
        from redis import Redis, RedisError  # noqa: PLC0415 - an extra
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.retry import Retry  # noqa: PLC0415

        try:
            client = Redis.from_url(
                self._address,
                socket_timeout=PATIENCE,
                socket_connect_timeout=PATIENCE,
                retry=Retry(NoBackoff(), 0),
            )
            # Not connected: this only looks at the parameters of the address.
            pool = client.connection_pool
            pool.connection_class(**pool.connection_kwargs)
        except (ValueError, TypeError, RedisError):
            # Its text can have a part of the password.
            raise ArgumentError("shared", "not a valid address of a Redis server") from None
        return client


class InFile:
    """A budget in a file, a small SQLite database, for the processes of one machine."""

    def __init__(self, path: str, key: str) -> None:
        """Open nothing yet."""
        import sqlite3  # noqa: PLC0415 - few need it

        self.errors = (sqlite3.Error, OSError)
        self._connect = sqlite3.connect
        self._path = Path(path).absolute()
        self._key = key

    def take(self, earliest: float, max_wait: float, spacing: float, lost: float = 0.0) -> float:
        """Take the next free slot, as `InRedis.take` does, on a connection of its own."""
        with _no_fork, self._open() as file:
            # The budget of a machine that has crashed is of no use.
            file.execute("PRAGMA synchronous = OFF")
            file.execute("BEGIN IMMEDIATE")
            file.execute("CREATE TABLE IF NOT EXISTS slot (key TEXT PRIMARY KEY, free, now)")
            now = time()  # not before the file is locked
            row = file.execute("SELECT free, now FROM slot WHERE key = ?", [self._key]).fetchone()
            free, before = row or (now + lost, now)
            free = next_free(free - max(0.0, before - now), now)
            slot = max(free, now + earliest)
            wait = slot - now
            if wait <= max_wait:
                free = slot + spacing
            file.execute("REPLACE INTO slot VALUES (?, ?, ?)", [self._key, free, now])
            file.execute("COMMIT")
        return wait

    def _open(self) -> AbstractContextManager[Connection]:
        return closing(self._connect(self._path, timeout=PATIENCE, isolation_level=None))


# SQLite's own locks, if a thread holds one, would stay held in a forked process.
_no_fork = threading.Lock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_no_fork.acquire,
        after_in_parent=_no_fork.release,
        after_in_child=_no_fork.release,
    )
