"""The exceptions behind an exception."""

from __future__ import annotations

from collections.abc import Iterator


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, its cause, the cause of that, and so on, each once.

    Without a cause, it is the exception that was being handled. `raise error from error` makes an
    exception that is its own cause.
    """
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def drop_frames(error: BaseException) -> None:
    """Let go of what the frames of an exception hold: a failure may be kept for long."""
    for each in causes(error):
        each.__traceback__ = None
