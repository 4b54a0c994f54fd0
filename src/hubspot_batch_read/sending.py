"""One request: sent until it is answered, or until sending it again is of no use."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from typing import Protocol, TypeVar

import httpx
from tenacity import AsyncRetrying, BaseRetrying, RetryCallState, Retrying, wait_random_exponential

from hubspot_batch_read.causes import causes
from hubspot_batch_read.limiter import INTERVAL_MS, Limiter, RateLimit, stated_interval_ms
from hubspot_batch_read_api.errors import ApiError, DecodeError, HubSpotError, RateLimitError

logger = logging.getLogger("hubspot_batch_read")


class Answer(Protocol):
    """What a call returns: a response, of which nothing but the headers matters here."""

    @property
    def headers(self) -> Mapping[str, str]:
        """HTTP headers."""
        ...


AnswerT = TypeVar("AnswerT", bound=Answer)
RetryingT = TypeVar("RetryingT", bound=BaseRetrying)

RETRIED_STATUSES = frozenset({423, 429, 477, 500, 502, 503, 504, 521, 523, 524})
"""The statuses to retry (documentation), and 500, which HubSpot's own clients retry as well."""
RETRIED_FAILURES = (
    httpx.TimeoutException,
    httpx.NetworkError,
    httpx.RemoteProtocolError,
    httpx.ProxyError,
)
"""What httpx raises when no complete response arrived but the next one may."""
LOCKED_SECONDS = 2.0
"""Seconds to wait at least after status 423 (documentation)."""
BACKOFF_SECONDS = 20.0
"""Seconds to wait at most where nothing but the number of failures says how long."""


class WaitTooLongError(HubSpotError):
    """The rate limit asks for a wait that is longer than `max_wait`; the request was not sent."""

    seconds: float
    """How long the wait would be, in seconds."""
    max_wait: float
    """How long it may be, in seconds."""

    def __init__(self, seconds: float, max_wait: float) -> None:
        """Say how long the wait would be and how long it may be, in seconds."""
        super().__init__(f"the rate limit asks for {_too_long(seconds, max_wait)}")
        self.seconds = seconds
        self.max_wait = max_wait


class Sender:
    """Sends requests within a rate limit, and again if they fail for a reason that may pass.

    Threads and event loops can share it, and then share the rate limit. Sending a request again
    does no harm, since all of the operations only read. Each wait is logged at level INFO.
    """

    def __init__(
        self, *, retries: int = 8, rate_limit: RateLimit = "auto", max_wait: float = 60.0
    ) -> None:
        """Set the limits; nothing is sent yet.

        Args:
            retries: How many times a request is sent again at most.
            rate_limit: "auto" for the limit that HubSpot states in its responses, a number of
                requests per ten seconds, or a bucket of pyrate-limiter, but no async one; None for
                no limit, so that after a 429 the other requests do not wait either.
            max_wait: Seconds that a single wait takes at most; a longer one is an error instead.

        Raises:
            TypeError: `rate_limit` is an async bucket.
            ValueError: An argument is something else than that.
        """
        self._attempts = 1 + _checked_retries(retries)
        self._max_wait = _checked_max_wait(max_wait)
        self._limiter = Limiter(rate_limit)
        # Half a second, one, two, four …, of which a random part is waited.
        self._backoff = wait_random_exponential(multiplier=0.5, max=min(BACKOFF_SECONDS, max_wait))
        self._sync = self._retrying(Retrying)
        self._async = self._retrying(AsyncRetrying)

    def send(self, call: Callable[[], AnswerT], wait: Callable[[float], None]) -> AnswerT:
        """Return the response of the first call that succeeds.

        Args:
            call: Sends the request once, with a `sync_detailed`.
            wait: Waits for so many seconds. What it raises ends the sending, and is raised here.

        Raises:
            WaitTooLongError: The rate limit asks for a wait that is longer than `max_wait`.
            Exception: What the last call raised, with a note that says how many calls there were,
                unless there was one, and a note if `max_wait` is why there are no more.
        """

        def admit(state: RetryCallState) -> None:
            for seconds in self._waits(state.attempt_number):
                wait(seconds)

        return self._sync.copy(before=admit, sleep=wait)(call)

    async def asend(
        self,
        call: Callable[[], Awaitable[AnswerT]],
        wait: Callable[[float], Awaitable[None]] | None = None,
    ) -> AnswerT:
        """Asynchronous version of `send`; without `wait`, asyncio.sleep waits."""
        sleep = wait or _sleep

        async def admit(state: RetryCallState) -> None:
            for seconds in self._waits(state.attempt_number):
                await sleep(seconds)

        async def attempt() -> AnswerT:
            return await call()

        return await self._async.copy(before=admit, sleep=sleep)(attempt)

    def _retrying(self, kind: type[RetryingT]) -> RetryingT:
        return kind(
            retry=self._may_help,
            wait=self._delay,
            stop=self._gives_up,
            before_sleep=self._log_retry,
            reraise=True,
        )

    def _waits(self, attempt: int) -> Iterator[float]:
        """Yield the seconds to wait, one wait after another, until an attempt may begin."""
        while seconds := self._limiter.delay():
            if seconds > self._max_wait:
                error = WaitTooLongError(seconds, self._max_wait)
                _note_attempts(error, attempt - 1)
                raise error
            logger.info(
                "attempt %d of %d: waiting %.2f s for the rate limit",
                attempt,
                self._attempts,
                seconds,
            )
            yield seconds

    def _may_help(self, state: RetryCallState) -> bool:
        """Learn the rate limit from an attempt; tell whether another one may help."""
        self._limiter.learn(_headers(state))
        error = _error(state)
        if error is None:
            return False
        _mask_token(error)
        if not is_transient(error):
            _note_attempts(error, state.attempt_number)
            return False
        if isinstance(error, RateLimitError):
            self._pause_others(self._delay(state))
        return True

    def _pause_others(self, seconds: float) -> None:
        """Let the other requests of this client wait as well, since they have the same limit."""
        if seconds <= self._max_wait:
            self._limiter.pause(seconds)

    def _delay(self, state: RetryCallState) -> float:
        """Return the seconds to wait between a failed attempt and the next."""
        error = _error(state)
        if isinstance(error, ApiError):
            # A Retry-After of 0 says nothing: at once is not when a failure has passed.
            if error.retry_after:
                return error.retry_after
            if isinstance(error, RateLimitError):
                return _interval(error)
            if error.status_code == 423:
                return max(LOCKED_SECONDS, self._backoff(state))
        return self._backoff(state)

    def _gives_up(self, state: RetryCallState) -> bool:
        """Tell whether no further attempt follows a failed one; if so, its error says why."""
        error, seconds = _error(state), state.upcoming_sleep
        last = state.attempt_number >= self._attempts
        if error is None or (not last and seconds <= self._max_wait):
            return False
        if not last:
            error.add_note(f"not tried again: that takes {_too_long(seconds, self._max_wait)}")
        _note_attempts(error, state.attempt_number)
        return True

    def _log_retry(self, state: RetryCallState) -> None:
        logger.info(
            "attempt %d of %d: %s; the next in %.2f s",
            state.attempt_number,
            self._attempts,
            _in_words(_error(state)),
            state.upcoming_sleep,
        )


def is_transient(error: BaseException) -> bool:
    """Tell whether a request that failed with this error may succeed if it is sent again."""
    if isinstance(error, ApiError):
        # The limit of a day is not worth waiting for.
        return error.status_code in RETRIED_STATUSES and error.policy_name != "DAILY"
    if isinstance(error, DecodeError):
        # A body that breaks off is not JSON; one that is JSON comes again as it is.
        return error.problem.startswith("not JSON")
    return isinstance(error, RETRIED_FAILURES) and not _is_about_certificate(error)


def _mask_token(error: BaseException) -> None:
    """Take the access token out of the request that an exception of httpx holds."""
    if isinstance(error, httpx.RequestError):
        with suppress(RuntimeError):  # there is no request
            error.request.headers["Authorization"] = "[access token]"


def _is_about_certificate(error: BaseException) -> bool:
    return any(isinstance(each, ssl.SSLCertVerificationError) for each in causes(error))


def _interval(error: RateLimitError) -> float:
    """Return the seconds in which HubSpot counts the requests of the limit that was reached."""
    usual = 1000 if error.policy_name == "SECONDLY" else INTERVAL_MS
    return (stated_interval_ms(error.headers) or usual) / 1000


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _headers(state: RetryCallState) -> Mapping[str, str]:
    """Return the headers of the response to an attempt; none if none arrived whole."""
    error = _error(state)
    if state.outcome and error is None:
        answer: Answer = state.outcome.result()
        return answer.headers
    return error.headers if isinstance(error, ApiError) else {}


def _in_words(error: BaseException | None) -> str:
    """Return what happened without the text of an exception, which may hold a proxy's password."""
    if isinstance(error, ApiError):
        return f"HTTP {error.status_code}, correlation id {error.correlation_id or 'not given'}"
    # The notes of a DecodeError have the status and the correlation id.
    notes = error.__notes__ if isinstance(error, DecodeError) else []
    return ", ".join([type(error).__name__, *notes])


def _note_attempts(error: BaseException, attempts: int) -> None:
    # An interrupt is nobody's giving up.
    if attempts > 1 and isinstance(error, Exception):
        error.add_note(f"gave up after {attempts} attempts")


def _too_long(seconds: float, max_wait: float) -> str:
    return f"a wait of {seconds:.1f} s, longer than max_wait ({max_wait:g} s)"


async def _sleep(seconds: float) -> None:
    # Sync calls do not need asyncio.
    from asyncio import sleep  # noqa: PLC0415

    await sleep(seconds)


def _checked_retries(retries: object) -> int:
    if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
        raise ValueError(f"retries: expected a whole number, 0 or more, got {retries!r}")
    return retries


def _checked_max_wait(max_wait: object) -> float:
    # Not `max_wait <= 0`, which NaN is not.
    if isinstance(max_wait, bool) or not isinstance(max_wait, int | float) or not max_wait > 0:
        raise ValueError(f"max_wait: expected a positive number of seconds, got {max_wait!r}")
    return max_wait
