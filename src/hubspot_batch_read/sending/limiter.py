"""The rate limit of a client: when the next request may be sent. Nothing here waits for that.

Requests are spread: each takes the next of the slots that lie evenly in the time of the limit. A
burst would meet others at the edges of HubSpot's windows, and make many requests late at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from time import monotonic

from hubspot_batch_read.sending.budgets import LATE, next_free
from hubspot_batch_read.sending.limits import (
    RateLimit,
    RateLimitSetting,
    seconds_of,
    stated_limit,
)
from hubspot_batch_read.sending.shared import SharedSlots
from hubspot_batch_read.sending.window import MARGIN, Window
from hubspot_batch_read_api.errors import ArgumentError, RateLimitError
from hubspot_batch_read_api.types import Lock

STALE = 1.0
"""Seconds after which a slot is given up: no request has waited for it."""
SHORTEST = 0.001
"""Seconds that are not worth a wait."""
TURN = 0.02
"""Seconds for which a slot is kept for the request that has waited longest."""
FIRST = RateLimit(1, per=1)
"""What is sent until the first response states a limit, or none."""
LOWEST = RateLimit(100, per=10)
"""The lowest of HubSpot's limits (documentation), for a 429 that states none."""


class Limiter:
    """Gives each request its slot. Threads, coroutines and both sides of a fork can use it."""

    def __init__(self, rate_limit: RateLimitSetting) -> None:
        """Start with nothing sent.

        Args:
            rate_limit: "auto" for the limit that HubSpot states in its responses, another limit, or
                None to let every request go at once.

        Raises:
            ImportError: The extra for a shared budget in Redis is not installed.
            ArgumentError: `rate_limit` is not one of these.
        """
        if not (rate_limit is None or rate_limit == "auto" or isinstance(rate_limit, RateLimit)):
            raise ArgumentError(
                "rate_limit",
                f'expected RateLimit(100, per=10) or the like, "auto" or None, got {rate_limit!r}',
            )
        self._is_off = rate_limit is None
        self._follows = rate_limit == "auto"
        limit = rate_limit if isinstance(rate_limit, RateLimit) else FIRST
        self._limit: RateLimit | None = limit
        self._shared = SharedSlots(limit) if limit.shared is not None else None
        self._window = Window()
        # Moments of the monotonic clock: the slot of this client, the next one, the end of a pause.
        self._slot: float | None = None
        self._longest = inf  # since when the first of those that wait for the slot has waited
        self._free = 0.0
        self._resume_at = 0.0
        self._lock = Lock()
        self._taking = Lock()

    @property
    def may_block(self) -> bool:
        """Whether `take` can ask a server or a file, which would hold up an event loop."""
        return self._shared is not None

    def take(self, max_wait: float, since: float = 0.0) -> float:
        """Return 0.0 if a request may be sent now, and count it; otherwise the seconds to wait.

        After the wait, ask again: another request may have been faster. A slot that is more than
        `max_wait` seconds away is not taken. A request goes before those that have waited since a
        later moment of the monotonic clock: a read cannot go far beyond its oldest request.
        """
        if self._is_off:
            return 0.0
        with self._taking:
            wait = self.claim(since)
            if wait is None:
                wait = self._take_slot(max_wait, since)
        return min(wait, 0.01) if self._limit is FIRST else wait

    def claim(self, since: float = 0.0) -> float | None:
        """Return what `take` returns if this client has a slot, or a pause; otherwise None."""
        with self._lock:
            now = monotonic()
            if self._resume_at - now > SHORTEST:
                return self._resume_at - now
            if self._slot is None or self._slot < now - STALE:
                return None
            self._longest = min(self._longest, since)
            if self._slot - now > SHORTEST:
                return self._slot - now
            if since > self._longest and now < self._slot + TURN:
                return SHORTEST
            self._slot, self._longest = None, inf
            self._window.sent.append(now)
            self._free = max(self._free, now + self._spacing() - LATE)
            return 0.0

    def learn(self, headers: Mapping[str, str]) -> None:
        """Learn from the headers of a response other than a 429; none if no response arrived."""
        if self._is_off:
            return
        with self._lock:
            now = monotonic()
            self._follow(headers, None)
            self._window.add_answer(headers, now)
            self._forget(now)
            if self._follows and self._limit and self._window.is_used_up(self._limit):
                self._pause(self._window.answered[0] + self._limit.per)

    def refused(self, error: RateLimitError, max_wait: float) -> float:
        """Return in how many seconds there is room again, and let all requests wait as long.

        That is when the first of this client's requests no longer counts. If there is none, others
        have used the limit up, and it is unknown when. A wait of more than `max_wait` stops no
        other request.
        """
        seconds = seconds_of(error)
        with self._lock:
            now = monotonic()
            self._follow(error.headers, LOWEST)
            self._limit = self._limit or LOWEST
            self._forget(now)
            room = self._window.take_room(seconds, now)
            wait = error.retry_after or (seconds if room is None else room - now)
            if wait <= max_wait and not self._is_off:
                self._pause(now + wait)
        return wait

    def _take_slot(self, max_wait: float, since: float) -> float:
        """Take the next free slot for this client, and claim it if it is now."""
        with self._lock:
            now = monotonic()
            self._forget(now)
            pace = self._window.pace((self._limit or LOWEST).per + MARGIN, now)
        if self._shared is not None:  # without the lock, since that can take a while
            wait = self._shared.take(now, self._free, max_wait, pace)
        else:
            wait = next_free(self._free, now) - now
        if wait > max_wait:
            return wait
        with self._lock:
            self._slot = now + wait
            self._free = self._slot + self._spacing()
        return self.claim(since) or 0.0

    def _spacing(self) -> float:
        """Return the seconds from one slot of this client to the next."""
        if self._limit is None:
            return 0.0
        if self._shared is not None:
            return self._shared.spacing
        requests = self._window.share(self._limit) if self._follows else self._limit.requests
        return (self._limit.per + MARGIN) / requests

    def _follow(self, headers: Mapping[str, str], unstated: RateLimit | None) -> None:
        """Keep to the limit that a response states, if this client follows HubSpot's statement."""
        if not self._follows:
            return
        is_first = self._limit is FIRST
        self._limit = stated_limit(headers) or (unstated if is_first else self._limit)
        if is_first and self._window.sent:
            self._slot, self._free = None, self._window.sent[-1] + self._spacing()

    def _forget(self, now: float) -> None:
        self._window.forget(now - (self._limit or LOWEST).per)

    def _pause(self, until: float) -> None:
        self._resume_at = max(self._resume_at, until)
