"""Slots from a shared budget, or this client's own while the budget is unreachable."""

from __future__ import annotations

import logging
from math import inf
from time import monotonic

from hubspot_batch_read.sending.budgets import LATE, next_free, shared_budget
from hubspot_batch_read.sending.limits import RateLimit, masked
from hubspot_batch_read.sending.window import MARGIN
from hubspot_batch_read_api.errors import printable

logger = logging.getLogger("hubspot_batch_read")

ALONE = 0.1
"""Minimum part of the limit that a client uses while the budget is unreachable."""
PAUSE = 1.0
"""Seconds before an unreachable budget is tried again."""


class SharedSlots:
    """Takes slots from a budget for one client, which continues alone while it is unreachable."""

    def __init__(self, limit: RateLimit) -> None:
        """Prepare the budget, without asking for a slot.

        Raises:
            ImportError: The extra for Redis is not installed.
            ArgumentError: The address is invalid.
        """
        self._seconds = limit.per + MARGIN
        self._spacing = self._seconds / limit.requests
        self._budget = shared_budget(limit)
        self._alone = 0.0
        self._ask_again_at = 0.0
        self._together_at = 0.0
        self._ahead = 0.0

    @property
    def spacing(self) -> float:
        """Seconds from one slot to the next: of the budget, or of this client while it is alone."""
        return self._alone or self._spacing

    def take(self, now: float, free: float, max_wait: float, pace: float) -> float:
        """Take the next free slot, and return the seconds until it; negative if it has passed.

        Args:
            now: The current time of the monotonic clock.
            free: The time of the slot after this client's last one.
            max_wait: Maximum seconds until the slot; a later slot is not taken.
            pace: Recent seconds from one request of this client to the next.
        """
        if now < self._ask_again_at:
            return next_free(free, now) - now
        earliest = free - now if self._alone else -LATE
        lost = self._ahead if pace < inf else 0.0
        try:
            wait = self._budget.take(earliest, max_wait, self._spacing, lost)
        except self._budget.errors as error:
            free += self._go_on_alone(max(pace, lost), error)
            return next_free(free, now) - now
        self._ahead = max(0.0, min(wait, max_wait))
        if self._alone and now >= self._together_at:
            self._alone = 0.0
            logger.warning("the shared rate limit is reachable again")
        return wait

    def _go_on_alone(self, pace: float, error: Exception) -> float:
        """Keep this client's pace; return the seconds by which that delays its next slot."""
        before = self.spacing
        if not self._alone:
            self._alone = min(pace, self._spacing / ALONE)
            logger.warning(
                "the shared rate limit is unreachable (%s: %s): at most %.0f requests in %g s",
                type(error).__name__,
                printable(masked(str(error))),
                self._seconds / self._alone,
                self._seconds - MARGIN,
            )
        self._ask_again_at = monotonic() + PAUSE
        # Once the budget is reachable, it can take a pause, or a slot, until other clients return.
        self._together_at = self._ask_again_at + max(PAUSE, self._alone)
        return self._alone - before
