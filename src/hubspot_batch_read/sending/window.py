"""The requests in HubSpot's current window, as far as one client knows. No clock, no I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from math import inf

from hubspot_batch_read.sending.limits import RateLimit, stated_use

MARGIN = 0.4
"""Seconds added to the period of a limit.

HubSpot counts a request when it arrives, the limiter when it is sent. A request delayed by the
network arrives closer to the ones after it.
"""
RESERVE = 0.05
"""Part of the limit that is left to other clients, if others send at the same time."""


class Window:
    """The client's requests that still count, and the count of all requests that HubSpot states.

    All times are seconds of the same clock. At most a thousand are kept; HubSpot's limits are far
    lower.
    """

    def __init__(self) -> None:
        """Start with nothing sent."""
        self.sent: deque[float] = deque(maxlen=1000)
        self.answered: deque[float] = deque(maxlen=1000)
        self._used = 0

    def add_answer(self, headers: Mapping[str, str], now: float) -> None:
        """Count a request that HubSpot has counted, or may have if no response arrived."""
        self.answered.append(now)
        use = stated_use(headers)
        self._used = self._used if use is None else use

    def forget(self, until: float) -> None:
        """Forget the requests that no longer count, except for the last one that was sent."""
        while self.answered and self.answered[0] <= until:
            self.answered.popleft()
        while len(self.sent) > 1 and self.sent[1] <= until - MARGIN:
            self.sent.popleft()

    def pace(self, seconds: float, now: float) -> float:
        """Return the recent seconds from one of the client's requests to the next, or infinity.

        It is an average over at least the given time, so that a burst does not count as a pace.
        """
        number = len(self.sent)
        if not number or self.sent[-1] <= now - seconds:
            return inf
        return max(seconds / number, (now - self.sent[0]) / max(1, number - 1))

    def share(self, limit: RateLimit) -> float:
        """Return how many requests of the limit that HubSpot states this client may use.

        That is all of them, unless HubSpot has counted more than the client has sent. If others
        use the limit, too, a client keeps its current rate and takes half of the rest.
        """
        if not self._has_others:
            return limit.requests
        return min(limit.requests, 1 + len(self.answered) + self._left(limit) / 2)

    def is_used_up(self, limit: RateLimit) -> bool:
        """Return whether other clients leave almost nothing."""
        return self._has_others and self._left(limit) <= RESERVE * limit.requests

    def take_room(self, seconds: float, now: float) -> float | None:
        """Return when the oldest of the requests within a window no longer counts.

        The next call returns the time of the next request. None if there is no such request.
        """
        counted = [moment for moment in self.answered if moment > now - seconds]
        if not counted:
            return None
        self.answered.remove(counted[0])
        return counted[0] + seconds

    @property
    def _has_others(self) -> bool:
        return bool(self.answered) and self._used > len(self.sent)

    def _left(self, limit: RateLimit) -> int:
        return max(0, limit.requests - self._used)
