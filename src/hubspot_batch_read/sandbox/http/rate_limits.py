"""HubSpot's rate limits: requests of a portal per ten seconds and per day."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from hubspot_batch_read.sandbox.answers.refused import Refused

Clock = Callable[[], datetime]
"""Returns the time, with a time zone. Tests pass a clock that they set themselves."""

WINDOW = timedelta(seconds=10)


def utc_now() -> datetime:
    """Return the time: the default clock of a sandbox."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class RateLimits:
    """The number of requests that a portal accepts per ten seconds and per day.

    HubSpot's own limits are 100 to 250 per ten seconds and 250,000 to 1,000,000 per day
    (documentation). The sandbox's default for ten seconds is more than one machine sends, so that
    it only matters in tests of limits; the headers state it in any case.
    """

    ten_secondly: int = 100_000
    daily: int = 1_000_000


class RateCounter:
    """Counts requests against the limits; a request that it refuses does not count."""

    def __init__(self, limits: RateLimits, clock: Clock) -> None:
        """Start with no requests counted."""
        self._limits = limits
        self._clock = clock
        self._recent: deque[datetime] = deque()
        self._day: date | None = None
        self._today = 0

    def count(self) -> None:
        """Count a request. Raises Refused (429) when a limit is used up."""
        self._forget()
        if self._today >= self._limits.daily:
            raise limited("DAILY")
        if len(self._recent) >= self._limits.ten_secondly:
            raise limited("TEN_SECONDLY_ROLLING")
        self._recent.append(self._clock())
        self._today += 1

    def headers(self) -> dict[str, str]:
        """Return the headers with the limits and the remaining requests (documentation)."""
        self._forget()
        return rate_headers(
            interval_milliseconds=int(WINDOW / timedelta(milliseconds=1)),
            limit=self._limits.ten_secondly,
            remaining=self._limits.ten_secondly - len(self._recent),
            daily=self._limits.daily,
            daily_remaining=self._limits.daily - self._today,
        )

    def _forget(self) -> None:
        """Reset limits whose interval is over; days end at midnight UTC, the portal's time zone."""
        now = self._clock()
        while self._recent and self._recent[0] <= now - WINDOW:
            self._recent.popleft()
        today = now.astimezone(UTC).date()
        if today != self._day:
            self._day, self._today = today, 0


def rate_headers(
    *, interval_milliseconds: int, limit: int, remaining: int, daily: int, daily_remaining: int
) -> dict[str, str]:
    """Return the headers with the limits of an interval and of the day (documentation)."""
    limits = {
        "Interval-Milliseconds": interval_milliseconds,
        "Max": limit,
        "Remaining": remaining,
        "Daily": daily,
        "Daily-Remaining": daily_remaining,
    }
    return {f"X-HubSpot-RateLimit-{name}": str(value) for name, value in limits.items()}


def limited(policy: str) -> Refused:
    """Return the 429 as observed: an errorType, no category and no Retry-After."""
    message = f"You have reached your {policy.lower()} limit."
    return Refused(429, message=message, errorType="RATE_LIMIT", policyName=policy)
