"""Budgets that processes share: a request takes the next free slot atomically.

A budget consists of two times: when the next slot is free, and when the clock was last read.
The second one is needed because a clock that is set back would delay every request by as much.
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
"""Seconds that a request may be late for its slot without delaying the slots after it."""
PATIENCE = 1.0
"""Seconds after which a budget that does not respond counts as unreachable."""

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
    """Return when the next slot is: `free`, or now if that is too long ago."""
    return free if free >= now - LATE else now


class InRedis:
    """A budget in a Redis or Valkey server, timed by the server's clock."""

    def __init__(self, address: str, key: str) -> None:
        """Check the address, without connecting."""
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
        """Take the next free slot, and return the seconds until it; negative if it has passed.

        Args:
            earliest: Minimum seconds until the slot; negative for no minimum.
            max_wait: Maximum seconds until the slot; a later slot is not taken.
            spacing: Seconds from this slot to the next.
            lost: Seconds until the first free slot, if the server has lost the budget.
        """
        arguments = [round(seconds * 1e6) for seconds in (earliest, max_wait, spacing, lost, LATE)]
        return int(self._client().eval(_IN_REDIS, 1, self._key, *arguments)) / 1e6

    def _client(self) -> Redis:
        """Return the client of this process; one made before a fork can hang on a lock."""
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
            # This does not connect: it only checks the parameters in the address.
            pool = client.connection_pool
            pool.connection_class(**pool.connection_kwargs)
        except (ValueError, TypeError, RedisError):
            # The error's text can contain a part of the password.
            raise ArgumentError("shared", "not a valid address of a Redis server") from None
        return client


class InFile:
    """A budget in a file, a small SQLite database, for processes on one machine."""

    def __init__(self, path: str, key: str) -> None:
        """Keep the path, without opening the file."""
        import sqlite3  # noqa: PLC0415 - few need it

        self.errors = (sqlite3.Error, OSError)
        self._connect = sqlite3.connect
        self._path = Path(path).absolute()
        self._key = key

    def take(self, earliest: float, max_wait: float, spacing: float, lost: float = 0.0) -> float:
        """Take the next free slot, like `InRedis.take`, on a new connection."""
        with _no_fork, self._open() as file:
            # After a crash of the machine, the budget is useless anyway.
            file.execute("PRAGMA synchronous = OFF")
            file.execute("BEGIN IMMEDIATE")
            file.execute("CREATE TABLE IF NOT EXISTS slot (key TEXT PRIMARY KEY, free, now)")
            now = time()  # only after the file is locked
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


# A lock inside SQLite that a thread holds during a fork would stay locked in the new process.
_no_fork = threading.Lock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_no_fork.acquire,
        after_in_parent=_no_fork.release,
        after_in_child=_no_fork.release,
    )
