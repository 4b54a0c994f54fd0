"""The exceptions behind an exception."""

from __future__ import annotations

from collections.abc import Iterator


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all its causes, including those in groups, each once.

    Without an explicit cause, the cause is the exception that was being handled. After `raise error
    from error`, an exception is its own cause.
    """
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        each = pending.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        if isinstance(each, BaseExceptionGroup):
            pending += each.exceptions
        pending.append(each.__cause__ or each.__context__)
