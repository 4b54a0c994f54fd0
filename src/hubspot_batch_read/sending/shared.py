"""The slots of a shared budget, and those of a client that cannot reach it."""

from __future__ import annotations

import logging
from time import monotonic

from hubspot_batch_read.sending.budgets import InFile, InRedis, next_free, shared_budget
from hubspot_batch_read.sending.limits import RateLimit, masked
from hubspot_batch_read_api.errors import printable

logger = logging.getLogger("hubspot_batch_read")

MARGIN = 0.4
"""Seconds by which the time of a limit is taken to be longer than it is.

HubSpot counts a request when it arrives, the limiter when it leaves. One that is slow on its way
arrives nearer to those after it than it left.
"""
ALONE = 0.1
"""Part of the limit that a client has at least while the budget is out of reach."""
PAUSE = 1.0
"""Seconds without asking a budget that was out of reach."""


class SharedSlots:
    """Takes slots of a budget for one client, and goes on alone while it is out of reach."""

    def __init__(self, limit: RateLimit, budget: InRedis | InFile) -> None:
        """Ask for nothing yet."""
        self._limit = limit
        self._budget = budget
        self._alone = 0.0
        self._ask_again_at = 0.0
        self._ahead = 0.0

    @property
    def spacing(self) -> float:
        """Seconds from one slot to the next: of the budget, or of this client while it is alone."""
        return (self._limit.per + MARGIN) / (self._alone or self._limit.requests)

    def take(self, now: float, free: float, max_wait: float, had: int) -> float:
        """Take the next free slot, and return in how many seconds it is; below zero if it is late.

        Args:
            now: The moment, by the monotonic clock.
            free: When this client may send the next request, by its own slots.
            max_wait: In how many seconds it may be at the latest; a later one is not taken.
            had: How many requests the client has sent in the time of the limit.
        """
        own = next_free(free, now) - now
        if now < self._ask_again_at:
            return own
        # A budget that is back may have lost its state, and others still go on alone.
        pause = min(max_wait, max(PAUSE, self.spacing)) if self._alone else free - now
        lost = self._ahead if had else 0.0
        spacing = (self._limit.per + MARGIN) / self._limit.requests
        try:
            wait = self._budget.take(max(free - now, pause), max_wait, spacing, lost)
        except self._budget.errors as error:
            self._ask_again_at = monotonic() + PAUSE
            return own if self._alone else own + self._go_on_alone(had, error)
        self._ahead = max(0.0, min(wait, max_wait))
        if self._alone:
            self._alone = 0.0
            logger.warning("the shared rate limit is back")
        return wait

    def _go_on_alone(self, had: int, error: Exception) -> float:
        """Keep the pace that this client had; return the seconds to its next slot."""
        self._alone = max(ALONE * self._limit.requests, float(had))
        logger.warning(
            "the shared rate limit is out of reach (%s: %s): at most %.0f requests in %g s",
            type(error).__name__,
            printable(masked(str(error))),
            self._alone,
            self._limit.per,
        )
        return self.spacing


def shared_slots(limit: RateLimit) -> SharedSlots | None:
    """Return the slots of a limit that is shared, otherwise None.

    Raises:
        ImportError: The extra for Redis is not installed.
        ArgumentError: The address is invalid.
    """
    budget = shared_budget(limit)
    return SharedSlots(limit, budget) if budget is not None else None
