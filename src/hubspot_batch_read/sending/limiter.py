"""The rate limit of a client: when the next request may be sent. Nothing here waits for that.

Requests are paced: each takes the next of the slots that lie evenly in the time of the limit. A
burst would fill the edges of HubSpot's windows, and make many requests late at once.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping
from time import monotonic

from hubspot_batch_read.sending.budgets import shared_budget
from hubspot_batch_read.sending.limits import (
    RateLimit,
    RateLimitSetting,
    masked,
    seconds_of,
    stated_limit,
    stated_use,
)
from hubspot_batch_read_api.errors import RateLimitError, printable
from hubspot_batch_read_api.types import Lock

logger = logging.getLogger("hubspot_batch_read")

MARGIN = 0.4
"""Seconds by which the time of a limit is taken to be longer than it is.

HubSpot counts a request when it arrives, the limiter when it leaves. One that is slow on its way
arrives nearer to those after it than it left.
"""
LATE = 0.2
"""Seconds by which a request may miss its slot before those after it become later, too."""
STALE = 1.0
"""Seconds after which a slot is given up: no request has waited for it."""
SHORTEST = 0.001
"""Seconds that are not worth a wait."""
FIRST = RateLimit(1, per=1)
"""What is sent until the first response states a limit, or none."""
LOWEST = RateLimit(100, per=10)
"""The lowest of HubSpot's limits (documentation), for a 429 that states none."""
RESERVE = 0.05
"""Part of the limit that is left to other clients, if some send at the same time."""
ALONE = 0.1
"""Part of the limit that a client has at least while the shared budget is out of reach."""
PAUSE = 1.0
"""Seconds without asking a shared budget that was out of reach."""


class Limiter:
    """Gives each request its slot. Threads and coroutines can share it, and forks use it."""

    def __init__(self, rate_limit: RateLimitSetting) -> None:
        """Start with nothing sent.

        Args:
            rate_limit: "auto" for the limit that HubSpot states in its responses, another limit, or
                None to let every request go at once.

        Raises:
            ImportError: The extra for a shared budget in Redis is not installed.
            ValueError: `rate_limit` is none of these.
        """
        if not (rate_limit is None or rate_limit == "auto" or isinstance(rate_limit, RateLimit)):
            raise ValueError(
                'rate_limit: expected RateLimit(100, per=10) or the like, "auto" or None, '
                f"got {rate_limit!r}"
            )
        self._is_off = rate_limit is None
        self._follows = rate_limit == "auto"
        self._limit: RateLimit | None = rate_limit if isinstance(rate_limit, RateLimit) else FIRST
        self._budget = shared_budget(self._limit)
        self._ask_again_at = 0.0
        self._ahead = 0.0
        self._alone = 0.0
        self._used = 0
        # Moments of the monotonic clock.
        self._slot: float | None = None
        self._free = 0.0
        self._resume_at = 0.0
        self._sent: deque[float] = deque(maxlen=1000)
        self._answered: deque[float] = deque(maxlen=1000)
        self._lock = Lock()
        self._reserving = Lock()

    @property
    def may_block(self) -> bool:
        """Whether `take` can ask a server or a file, which would hold up an event loop."""
        return self._budget is not None

    def take(self, max_wait: float) -> float:
        """Return 0.0 if a request may be sent now, and count it; otherwise the seconds to wait.

        After the wait, ask again: another request may have been faster. A slot that is more than
        `max_wait` seconds away is not kept for the client.
        """
        if self._is_off:
            return 0.0
        with self._reserving:
            wait = self.claim()
            if wait is None:
                wait = self._reserve(max_wait)
        return min(wait, 0.01) if self._limit is FIRST else wait

    def claim(self) -> float | None:
        """Return what `take` returns if it need not take a slot for the client, otherwise None."""
        with self._lock:
            now = monotonic()
            if self._resume_at - now > SHORTEST:
                return self._resume_at - now
            if self._slot is None or self._slot < now - STALE:
                return None
            if self._slot - now > SHORTEST:
                return self._slot - now
            self._slot = None
            self._sent.append(now)
            self._free = max(self._free, now + self._spacing() - LATE)
            return 0.0

    def _reserve(self, max_wait: float) -> float:
        """Take the next free slot for the client; use it if it is now."""
        now = monotonic()
        wait = self._reserve_shared(now, max_wait)
        with self._lock:
            if wait is None:
                wait = max(0.0, self._free - now)
            if wait > max_wait:
                return wait
            self._slot = now + wait
            self._forget(now)
            self._free = self._slot + self._spacing()
        return self.claim() or 0.0

    def learn(self, headers: Mapping[str, str]) -> None:
        """Learn what HubSpot has counted from the headers of a response other than a 429.

        Of a request without a response, there are none; HubSpot may have counted it.
        """
        if self._is_off:
            return
        with self._lock:
            now = monotonic()
            self._follow(headers, None)
            self._answered.append(now)
            self._forget(now)
            if self._limit and self._others and self._left <= RESERVE * self._limit.requests:
                self._resume_at = max(self._resume_at, self._answered[0] + self._limit.per)

    def refused(self, error: RateLimitError, max_wait: float) -> float:
        """Return in how many seconds there is room again, and let all requests wait as long.

        That is when the first of this client's requests no longer counts: if there is none, others
        have used the limit up, and who knows when. A wait of more than `max_wait` stops no other.
        """
        seconds = seconds_of(error)
        with self._lock:
            now = monotonic()
            self._follow(error.headers, LOWEST)
            self._limit = self._limit or LOWEST
            self._forget(now)
            counted = [moment for moment in self._answered if moment > now - seconds]
            wait = error.retry_after or (counted[0] + seconds - now if counted else seconds)
            if counted:  # the next 429 waits for the room of another request
                self._answered.remove(counted[0])
            if wait <= max_wait and not self._is_off:
                self._resume_at = max(self._resume_at, now + wait)
        return wait

    def _reserve_shared(self, now: float, max_wait: float) -> float | None:
        """Take a slot of the shared budget; None if there is none, or it is out of reach."""
        if self._budget is None or now < self._ask_again_at or self._limit is None:
            return None
        # The budget may have lost its state, and not know the slots of this client and others.
        # Those that found it out of reach go on alone until they ask again.
        lost = self._ahead if self._sent else 0.0
        pause = max(PAUSE, (self._limit.per + MARGIN) / self._alone) if self._alone else 0.0
        earliest = max(0.0, self._free - now, min(pause, max_wait))
        spacing = (self._limit.per + MARGIN) / self._limit.requests
        try:
            wait = self._budget.take(earliest, max_wait, spacing, lost)
        except self._budget.errors as error:
            self._ask_again_at = monotonic() + PAUSE
            if not self._alone:
                self._go_on_alone(self._limit, now, error)
            return None
        self._ahead = min(wait, max_wait)
        if self._alone:
            self._alone = 0.0
            logger.warning("the shared rate limit is back")
        return wait

    def _go_on_alone(self, limit: RateLimit, now: float, error: Exception) -> None:
        """Keep the pace that this client had in the shared budget."""
        with self._lock:
            self._alone = max(ALONE * limit.requests, float(len(self._sent)))
            self._free = max(self._free, now) + (limit.per + MARGIN) / self._alone
        logger.warning(
            "the shared rate limit is out of reach (%s: %s): at most %.0f requests in %g s",
            type(error).__name__,
            printable(masked(str(error))),
            self._alone,
            limit.per,
        )

    def _follow(self, headers: Mapping[str, str], unstated: RateLimit | None) -> None:
        """Keep to the limit that a response states, if this client follows HubSpot's statement."""
        if not self._follows:
            return
        is_first = self._limit is FIRST
        self._limit = stated_limit(headers) or (unstated if is_first else self._limit)
        if is_first and self._sent:
            self._slot, self._free = None, self._sent[-1] + self._spacing()
        used = stated_use(headers)
        self._used = self._used if used is None else used

    def _spacing(self) -> float:
        """Return the seconds from one slot of this client to the next."""
        limit = self._limit
        if limit is None:
            return 0.0
        requests: float
        if self._alone:
            requests = self._alone
        elif self._follows and self._others:  # what this client had before, and half of the rest
            requests = 1 + len(self._answered) + self._left / 2
        else:
            requests = limit.requests
        return (limit.per + MARGIN) / min(requests, limit.requests)

    @property
    def _others(self) -> bool:
        """Whether HubSpot has counted more than this client has sent."""
        return self._follows and bool(self._answered) and self._used > len(self._sent)

    @property
    def _left(self) -> int:
        return max(0, self._limit.requests - self._used) if self._limit else 0

    def _forget(self, now: float) -> None:
        """Forget what no longer counts."""
        start = now - (self._limit or LOWEST).per
        for moments in (self._sent, self._answered):
            while moments and moments[0] <= start:
                moments.popleft()
