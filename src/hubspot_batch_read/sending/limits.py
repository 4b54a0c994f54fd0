"""The rate limit: how long the next request has to wait. Nothing here waits."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Awaitable, Coroutine, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import KW_ONLY, dataclass
from time import monotonic
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, TypeVar

from hubspot_batch_read_api.types import Lock

# Importing pyrate_limiter takes a while and imports asyncio; without a limit, it is not needed.
if TYPE_CHECKING:
    from pyrate_limiter import AbstractBucket, RateItem

T = TypeVar("T")

INTERVAL_MS = 10_000
"""Milliseconds in which HubSpot counts requests, if no response says otherwise (documentation)."""
LONGEST_SECONDS = 3600
"""Longest time of a `RateLimit`, in seconds; HubSpot's limit of a day is not worth waiting for."""
LONGEST_INTERVAL_MS = 60_000
"""Milliseconds beyond which an interval that a response states is taken for nonsense."""
MARGIN_MS = 250
"""Milliseconds by which an interval is taken to be longer than it is.

HubSpot counts a request when it arrives, the limiter when it leaves. One that is slow on its way
arrives nearer to those after it than it left.
"""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A limit of requests in a time: `RateLimit(100, per=10)` is 100 requests in ten seconds.

    Raises:
        ValueError: An argument is invalid.
    """

    requests: int
    """How many requests may be sent in `per` seconds: 1 or more."""
    _: KW_ONLY
    per: float
    """Length of the time, in seconds: more than 0, an hour at most."""

    def __post_init__(self) -> None:
        """Check the arguments."""
        if type(self.requests) is not int or self.requests < 1:
            raise ValueError(f"requests: expected a whole number, 1 or more, got {self.requests!r}")
        if type(self.per) not in (int, float) or not 0 < self.per <= LONGEST_SECONDS:
            raise ValueError(f"per: expected seconds, {LONGEST_SECONDS} at most, got {self.per!r}")


RateLimitSetting: TypeAlias = "RateLimit | Literal['auto'] | AbstractBucket | None"
"""A limit, HubSpot's own statement, a bucket of pyrate-limiter, or no limit."""


class Limit(NamedTuple):
    """So many requests in so many milliseconds."""

    requests: int
    interval_ms: int


def stated_limit(headers: Mapping[str, str]) -> Limit | None:
    """Return the limit that the headers of a response state; None if that is nothing sensible."""
    requests = _positive(headers.get("x-hubspot-ratelimit-max"))
    interval_ms = stated_interval_ms(headers)
    return Limit(requests, interval_ms) if requests and interval_ms else None


def stated_interval_ms(headers: Mapping[str, str]) -> int | None:
    """Return the milliseconds in which HubSpot counts requests, if the headers state them."""
    interval_ms = _positive(headers.get("x-hubspot-ratelimit-interval-milliseconds"))
    return interval_ms if interval_ms and interval_ms <= LONGEST_INTERVAL_MS else None


def _positive(value: str | None) -> int | None:
    if value and re.fullmatch("[0-9]{1,9}", value):
        return int(value) or None
    return None


class Limiter:
    """Counts requests, and says how long the next one has to wait.

    Threads and coroutines can share it. How they wait, and what ends a wait, is up to them.
    """

    def __init__(self, rate_limit: RateLimitSetting) -> None:
        """Begin with nothing counted.

        Args:
            rate_limit: "auto" for the limit that HubSpot states in its responses, another limit, or
                None to let every request go at once, pauses or not. A bucket of pyrate-limiter, but
                no async one, is a limit to share between clients or processes.

        Raises:
            TypeError: The bucket is async.
            ValueError: `rate_limit` is none of these.
        """
        self._off = rate_limit is None
        self._follows = rate_limit == "auto"
        self._limit: Limit | None = None
        self._window: _Window | None = None
        if isinstance(rate_limit, RateLimit):
            self._limit = Limit(rate_limit.requests, round(rate_limit.per * 1000))
        elif not self._off and not self._follows:
            self._window = _Window(_checked_bucket(rate_limit))
        self._kept: Limit | None = None
        # When requests were sent, in seconds, until a limit is known. HubSpot's are far below 1000.
        self._sent: deque[float] = deque(maxlen=1000)
        self._resume_at = 0.0
        self._lock = Lock()

    def delay(self) -> float:
        """Return 0.0 if a request may be sent now, and count it; otherwise the seconds to wait.

        After the wait, ask again: another request may have been faster.

        Raises:
            TypeError: The bucket turns out to be async.
        """
        if self._off:
            return 0.0
        with self._lock:
            pause = self._resume_at - monotonic()
            if pause > 0:
                return pause
            if self._limit is not None and self._limit != self._kept:
                self._keep(self._limit)
            if self._window is None:
                self._sent.append(monotonic())
                return 0.0
            return self._window.delay()

    def learn(self, headers: Mapping[str, str]) -> None:
        """With "auto", keep the limit that the headers of a response state, if they state one."""
        if self._follows:
            self._limit = stated_limit(headers) or self._limit

    def pause(self, seconds: float) -> None:
        """Let no request go before so many seconds have passed."""
        with self._lock:
            self._resume_at = max(self._resume_at, monotonic() + seconds)

    def _keep(self, limit: Limit) -> None:
        """Keep a limit, the first one or one that HubSpot has changed."""
        from pyrate_limiter import InMemoryBucket, Rate  # noqa: PLC0415 - see above

        rate = Rate(limit.requests, limit.interval_ms + MARGIN_MS)
        if self._window is None:
            now = monotonic()
            newest = list(self._sent)[-limit.requests :]
            self._window = _Window(InMemoryBucket([rate]))
            self._window.count(now - sent for sent in newest)
        else:
            self._window.bucket.rates = [rate]
        self._kept = limit


class _Window:
    """The requests that a bucket counts."""

    def __init__(self, bucket: AbstractBucket) -> None:
        self.bucket = bucket
        self._leak_at = 0
        self._process = os.getpid()

    def delay(self) -> float:
        """Return 0.0 and count a request; or the seconds to wait."""
        if self._process != os.getpid():
            self._process = os.getpid()
            _free(self.bucket)
        # Between looking at the clock and counting, no other process may count.
        with _lock_of(self.bucket):
            now = self._now()
            self._leak(now)
            item = _item(now)
            # Not put_decision(), which can return what another user of this bucket was told.
            if _result(self.bucket.put(item)):
                return 0.0
            return max(1, _result(self.bucket.waiting(item))) / 1000

    def count(self, ages: Iterable[float]) -> None:
        """Count requests that were sent so many seconds ago, the oldest first."""
        now = self._now()
        for age in ages:
            self.bucket.put(_item(now - round(age * 1000)))

    def _now(self) -> int:
        now: int | Awaitable[int] = self.bucket.now()  # type: ignore[no-untyped-call]
        return _result(now)

    def _leak(self, now: int) -> None:
        """Let the bucket forget what no longer counts, now and then: it takes time."""
        if now >= self._leak_at:
            self._leak_at = now + max(rate.interval for rate in self.bucket.rates)
            _result(self.bucket.leak(now))


def _checked_bucket(rate_limit: object) -> AbstractBucket:
    from pyrate_limiter import AbstractBucket  # noqa: PLC0415 - see above

    if isinstance(rate_limit, AbstractBucket):
        if rate_limit.is_async:
            raise _async_bucket()
        return rate_limit
    raise ValueError(
        'rate_limit: expected RateLimit(100, per=10) or the like, "auto", a bucket of '
        f"pyrate-limiter, or None, got {rate_limit!r}"
    )


def _item(timestamp: int) -> RateItem:
    from pyrate_limiter import RateItem  # noqa: PLC0415 - see above

    return RateItem("request", timestamp)


def _free(bucket: AbstractBucket) -> None:
    """Free the lock of a bucket in a forked process: its holder may exist in the parent only."""
    from pyrate_limiter import InMemoryBucket  # noqa: PLC0415 - see above

    if isinstance(bucket, InMemoryBucket):
        # As unpickling does it, where there is no lock either.
        bucket.__setstate__({})  # type: ignore[no-untyped-call]


def _lock_of(bucket: AbstractBucket) -> AbstractContextManager[object]:
    lock = bucket.limiter_lock()
    return lock if isinstance(lock, AbstractContextManager) else nullcontext()


def _result(result: T | Awaitable[T]) -> T:
    if isinstance(result, Coroutine):
        # Otherwise Python would warn that it was never awaited.
        result.close()
    if isinstance(result, Awaitable):
        raise _async_bucket()
    return result


def _async_bucket() -> TypeError:
    return TypeError("rate_limit: an async bucket cannot be used, since sync calls share the limit")
