"""The rate limit of a client: when the next request may be sent. The sender does the waiting.

Requests are spread: each takes the next of the slots, which are spaced evenly. Bursts would add up
at the edges of HubSpot's windows, and delay many requests at once.
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
"""Seconds after which a slot expires if no request has used it."""
SHORTEST = 0.001
"""Shorter waits, in seconds, are skipped."""
TURN = 0.02
"""Seconds for which a slot is reserved for the request that has waited longest."""
FIRST = RateLimit(1, per=1)
"""The limit until the first response."""
LOWEST = RateLimit(100, per=10)
"""The lowest of HubSpot's limits (documentation), used after a 429 that states no limit."""


class Limiter:
    """Gives each request a slot. Threads, coroutines and both sides of a fork can use it."""

    def __init__(self, rate_limit: RateLimitSetting) -> None:
        """Start with nothing sent.

        Args:
            rate_limit: "auto" for the limit that HubSpot states in its responses, a `RateLimit`, or
                None for no limit.

        Raises:
            ImportError: The extra for a shared budget in Redis is not installed.
            ArgumentError: `rate_limit` is not one of these.
        """
        if not (rate_limit is None or rate_limit == "auto" or isinstance(rate_limit, RateLimit)):
            raise ArgumentError(
                "rate_limit",
                f'expected a limit like RateLimit(100, per=10), "auto" or None, got {rate_limit!r}',
            )
        self._is_off = rate_limit is None
        self._follows = rate_limit == "auto"
        limit = rate_limit if isinstance(rate_limit, RateLimit) else FIRST
        self._limit: RateLimit | None = limit
        self._shared = SharedSlots(limit) if limit.shared is not None else None
        self._window = Window()
        # Times of the monotonic clock: the slot of this client, the next one, the end of a pause.
        self._slot: float | None = None
        self._longest = inf  # when the request that has waited longest for the slot started to wait
        self._free = 0.0
        self._resume_at = 0.0
        self._lock = Lock()
        self._taking = Lock()

    @property
    def may_block(self) -> bool:
        """Whether `take` may ask a server or a file, which would block an event loop."""
        return self._shared is not None

    def take(self, max_wait: float, since: float = 0.0) -> float:
        """Return 0.0 if a request may be sent now, and count it; otherwise the seconds to wait.

        After the wait, call it again: another request may have taken the slot. A slot that is more
        than `max_wait` seconds away is not taken. Requests with an earlier `since`, a time of the
        monotonic clock, go first, because a read cannot get far ahead of its oldest request.
        """
        if self._is_off:
            return 0.0
        with self._taking:
            wait = self.claim(since)
            if wait is None:
                wait = self._take_slot(max_wait, since)
        return min(wait, 0.01) if self._limit is FIRST else wait

    def claim(self, since: float = 0.0) -> float | None:
        """Return the result of `take` if this client has a slot or is paused; otherwise None."""
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
        """Learn from the headers of a response other than a 429, empty if no response arrived."""
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
        """Return the seconds until there is room again, and delay all requests until then.

        That is when the oldest of this client's requests no longer counts. If it has sent none,
        others have used up the limit at an unknown time. A wait of more than `max_wait` does not
        delay other requests.
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
        """Take the next free slot for this client, and claim it if it is due."""
        with self._lock:
            now = monotonic()
            self._forget(now)
            pace = self._window.pace((self._limit or LOWEST).per + MARGIN, now)
        if self._shared is not None:  # without the lock, because it can take long
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
        """Adopt the limit that a response states, if this client follows HubSpot's headers."""
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
