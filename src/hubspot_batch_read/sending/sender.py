"""The loop that sends and retries a request; `retries` decides what to do after a failure."""

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
"""Shortest wait for the rate limit that is logged, in seconds: most requests wait a little."""


class Response(Protocol):
    """The result of a call; only its headers are used here."""

    @property
    def headers(self) -> Mapping[str, str]:
        """HTTP headers."""
        ...


ResponseT = TypeVar("ResponseT", bound=Response)


class WaitTooLongError(HubSpotError):
    """The rate limit requires a wait longer than `max_wait`; the request was not sent."""

    seconds: float
    """Length of the wait, in seconds."""
    max_wait: float
    """Maximum length of a wait, in seconds."""

    def __init__(self, seconds: float, max_wait: float) -> None:
        """Take the length of the wait and its maximum, in seconds."""
        super().__init__(f"the rate limit requires {too_long(seconds, max_wait)}")
        self.seconds = seconds
        self.max_wait = max_wait


class Sender:
    """Sends requests within a rate limit, and retries them after errors that may pass.

    Threads and event loops can share a sender, and then share its rate limit. Retries are safe,
    because all operations only read. Waits are logged at level INFO.
    """

    def __init__(
        self,
        *,
        max_retries: int = 8,
        rate_limit: RateLimitSetting = "auto",
        max_wait: float = 60.0,
    ) -> None:
        """Set the limits, without sending anything.

        Args:
            max_retries: Maximum number of retries of a request.
            rate_limit: See `Limiter`.
            max_wait: Maximum length of a single wait, in seconds; a longer one raises an error.

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
            wait: Waits for n seconds. If it raises an exception, sending stops and raises it.
            name: The name of the request in the log.

        Raises:
            WaitTooLongError: The rate limit requires a wait longer than `max_wait`.
            Exception: The error of the last call, with a note of the number of calls if there were
                several, and a note if `max_wait` prevented a retry.
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
            wait(delay)  # outside of `except`: an exception it raises is not caused by the error
            attempt += 1

    async def asend(
        self,
        call: Callable[[], Awaitable[ResponseT]],
        name: str,
        wait: Callable[[float], Awaitable[None]] | None = None,
    ) -> ResponseT:
        """Asynchronous version of `send`; `wait` defaults to `asyncio.sleep`."""
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
        """Log a wait for the rate limit, unless it is short; raise an error if it is too long."""
        if seconds > self._rules.max_wait:
            error = WaitTooLongError(seconds, self._rules.max_wait)
            _note_attempts(error, attempt - 1)
            raise error
        if seconds >= LOGGED_SECONDS:
            logger.info("waiting %.2f s for the rate limit: %s", seconds, name)

    def _seconds_to_retry(self, error: Exception, attempt: int, name: str) -> float | None:
        """Return the seconds until the next attempt, or None after adding notes to the error."""
        room = 0.0
        if isinstance(error, RateLimitError) and retries_worth(error):
            room = self._limiter.refused(error, self._rules.max_wait)
        else:
            self._limiter.learn(error.headers if isinstance(error, ApiError) else {})
        seconds = decide(error, attempt, self._rules, random(), room)  # noqa: S311 - no secret
        if isinstance(seconds, GiveUp):
            if seconds.reason:
                error.add_note(f"not retried: {seconds.reason}")
            _note_attempts(error, attempt)
            return None
        if isinstance(error, RateLimitError):
            logger.info("%s; waiting %.2f s: %s", in_words(error), seconds, name)
        else:
            attempts = 1 + most_retries(error, self._rules)
            text = "attempt %d of %d: %s; retrying in %.2f s"
            logger.info(text, attempt, attempts, _in_words(error), seconds)
        return seconds


def _in_words(error: Exception) -> str:
    if isinstance(error, ApiError):
        id_ = error.printable_correlation_id or "not given"
        return f"HTTP {error.status_code}, correlation id {id_}"
    words = [type(error).__name__, *getattr(error, "__notes__", [])]
    # The text of any other exception may contain secrets: it comes from fetching the token.
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
    # Not `max_wait <= 0`, which is false for NaN.
    if isinstance(max_wait, bool) or not isinstance(max_wait, int | float) or not max_wait > 0:
        raise ArgumentError("max_wait", f"expected a positive number of seconds, got {max_wait!r}")
    return max_wait
