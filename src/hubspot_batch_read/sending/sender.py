"""The loop that sends a request, and sends it again; what to do about a failure is in `retries`."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from random import random
from time import monotonic
from typing import Protocol, TypeVar

import httpx

from hubspot_batch_read.sending.limiter import Limiter
from hubspot_batch_read.sending.limits import RateLimitSetting, in_words
from hubspot_batch_read.sending.retries import (
    GiveUp,
    Rules,
    decide,
    most_retries,
    retries_worth,
    too_long,
)
from hubspot_batch_read_api.errors import (
    ApiError,
    ArgumentError,
    DecodeError,
    HubSpotError,
    RateLimitError,
    printable,
)

logger = logging.getLogger("hubspot_batch_read")

LOGGED_SECONDS = 1.0
"""Shortest wait for the rate limit that is logged; requests are spread, so most of them wait."""


class Response(Protocol):
    """What a call returns; only the headers matter here."""

    @property
    def headers(self) -> Mapping[str, str]:
        """HTTP headers."""
        ...


ResponseT = TypeVar("ResponseT", bound=Response)


class WaitTooLongError(HubSpotError):
    """The rate limit asks for a wait that is longer than `max_wait`; the request was not sent."""

    seconds: float
    """How long the wait would be, in seconds."""
    max_wait: float
    """How long it may be, in seconds."""

    def __init__(self, seconds: float, max_wait: float) -> None:
        """Say how long the wait would be and how long it may be, in seconds."""
        super().__init__(f"the rate limit asks for {too_long(seconds, max_wait)}")
        self.seconds = seconds
        self.max_wait = max_wait


class Sender:
    """Sends requests within a rate limit, and again if they fail for a reason that may pass.

    Threads and event loops can share it, and then share the rate limit. Sending a request again
    does no harm, since all of the operations only read. Waits are logged at level INFO.
    """

    def __init__(
        self,
        *,
        max_retries: int = 8,
        rate_limit: RateLimitSetting = "auto",
        max_wait: float = 60.0,
    ) -> None:
        """Set the limits; nothing is sent yet.

        Args:
            max_retries: Maximum number of retries of a request.
            rate_limit: See `Limiter`.
            max_wait: Maximum length of a single wait, in seconds; a longer one is an error instead.

        Raises:
            ImportError: The extra for a shared budget in Redis is not installed.
            ArgumentError: An argument is invalid.
        """
        self._rules = Rules(_checked_max_retries(max_retries), _checked_max_wait(max_wait))
        self._limiter = Limiter(rate_limit)

    def send(
        self, call: Callable[[], ResponseT], wait: Callable[[float], None], name: str
    ) -> ResponseT:
        """Return the response of the first call that succeeds.

        Args:
            call: Sends the request once, with a `sync_detailed`.
            wait: Waits for n seconds. An exception it raises ends the sending, and is raised here.
            name: The request as the log calls it.

        Raises:
            WaitTooLongError: The rate limit asks for a wait that is longer than `max_wait`.
            Exception: The error of the last call, with a note that says how many calls there were,
                unless there was one, and a note if `max_wait` is why there are no more.
        """
        attempt, since = 1, monotonic()
        while True:
            while seconds := self._limiter.take(self._rules.max_wait, since):
                self._check_wait(seconds, attempt, name)
                wait(seconds)
            try:
                response = call()
            except Exception as error:
                delay = self._seconds_to_retry(error, attempt, name)
                if delay is None:
                    raise
            else:
                self._limiter.learn(response.headers)
                return response
            wait(delay)  # not above: what it raises is no consequence of the error
            attempt += 1

    async def asend(
        self,
        call: Callable[[], Awaitable[ResponseT]],
        name: str,
        wait: Callable[[float], Awaitable[None]] | None = None,
    ) -> ResponseT:
        """Asynchronous version of `send`; without `wait`, asyncio.sleep waits."""
        wait = wait or _sleep
        attempt, since = 1, monotonic()
        while True:
            while seconds := await self._take(since):
                self._check_wait(seconds, attempt, name)
                await wait(seconds)
            try:
                response = await call()
            except Exception as error:
                delay = self._seconds_to_retry(error, attempt, name)
                if delay is None:
                    raise
            else:
                self._limiter.learn(response.headers)
                return response
            await wait(delay)
            attempt += 1

    async def _take(self, since: float) -> float:
        if not self._limiter.may_block:
            return self._limiter.take(self._rules.max_wait, since)
        if (seconds := self._limiter.claim(since)) is not None:
            return seconds
        from asyncio import to_thread  # noqa: PLC0415 - sync calls do not need it

        return await to_thread(self._limiter.take, self._rules.max_wait, since)

    def _check_wait(self, seconds: float, attempt: int, name: str) -> None:
        """Log a wait for the rate limit, unless it is too long or not worth it."""
        if seconds > self._rules.max_wait:
            error = WaitTooLongError(seconds, self._rules.max_wait)
            _note_attempts(error, attempt - 1)
            raise error
        if seconds >= LOGGED_SECONDS:
            logger.info("waiting %.2f s for the rate limit: %s", seconds, name)

    def _seconds_to_retry(self, error: Exception, attempt: int, name: str) -> float | None:
        """Return how long to wait before the next attempt, or None, with a note that says why."""
        room = 0.0
        if isinstance(error, RateLimitError) and retries_worth(error):
            room = self._limiter.refused(error, self._rules.max_wait)
        else:
            self._limiter.learn(error.headers if isinstance(error, ApiError) else {})
        seconds = decide(error, attempt, self._rules, random(), room)  # noqa: S311 - no secret
        if isinstance(seconds, GiveUp):
            if seconds.reason:
                error.add_note(f"not tried again: {seconds.reason}")
            _note_attempts(error, attempt)
            return None
        if isinstance(error, RateLimitError):
            logger.info("%s; waiting %.2f s: %s", in_words(error), seconds, name)
        else:
            attempts = 1 + most_retries(error, self._rules)
            text = "attempt %d of %d: %s; the next in %.2f s"
            logger.info(text, attempt, attempts, _in_words(error), seconds)
        return seconds


def _in_words(error: Exception) -> str:
    if isinstance(error, ApiError):
        id_ = error.printable_correlation_id or "not given"
        return f"HTTP {error.status_code}, correlation id {id_}"
    words = [type(error).__name__, *getattr(error, "__notes__", [])]
    # The text of any other exception may hold anything: it comes from what fetches the token.
    if isinstance(error, DecodeError | httpx.RequestError):
        words.insert(1, printable(str(error)))
    return ", ".join(words)


def _note_attempts(error: Exception, attempts: int) -> None:
    if attempts > 1:
        error.add_note(f"gave up after {attempts} attempts")


async def _sleep(seconds: float) -> None:
    # Sync calls do not need asyncio.
    from asyncio import sleep  # noqa: PLC0415

    await sleep(seconds)


def _checked_max_retries(max_retries: object) -> int:
    if isinstance(max_retries, bool) or not isinstance(max_retries, int) or max_retries < 0:
        raise ArgumentError(
            "max_retries", f"expected a whole number, 0 or more, got {max_retries!r}"
        )
    return max_retries


def _checked_max_wait(max_wait: object) -> float:
    # Not `max_wait <= 0`, which NaN is not.
    if isinstance(max_wait, bool) or not isinstance(max_wait, int | float) or not max_wait > 0:
        raise ArgumentError("max_wait", f"expected a positive number of seconds, got {max_wait!r}")
    return max_wait
