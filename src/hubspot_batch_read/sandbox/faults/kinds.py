"""Faults: values that describe what happens instead of the normal response."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from hubspot_batch_read.sandbox.http.messages import SandboxResponse, check_status


@dataclass(frozen=True)
class Latency:
    """The normal response, or another fault, some seconds later.

    The wait ends early, without a response, when the client hangs up or the sandbox stops.
    `math.inf` is a response that never comes. Raises ValueError for fewer than 0 seconds.
    """

    seconds: float
    then: "Fault | None" = None

    def __post_init__(self) -> None:
        """Check the seconds."""
        _check_seconds(self.seconds)


@dataclass(frozen=True)
class Hold:
    """The normal response, or another fault, once an event is set.

    Unlike `Latency`, it lets a test decide when the response is sent, for example when the expected
    number of requests are in flight:

        everyone = threading.Event()

        def faults(request: SandboxRequest) -> Fault:
            if request.ordinal == 4:
                everyone.set()
            return Hold(everyone)

    The wait ends early, without a response, when the client hangs up or the sandbox stops.
    """

    until: threading.Event
    then: "Fault | None" = None


@dataclass(frozen=True)
class SlowBody:
    """The normal response: its head at once, its body in pieces over some seconds.

    The same time passes before each piece, `seconds / pieces`; a shorter body is sent byte by
    byte. Raises ValueError for fewer than 0 seconds or 1 piece.
    """

    seconds: float
    pieces: int = 10

    def __post_init__(self) -> None:
        """Check the seconds and the pieces."""
        _check_seconds(self.seconds)
        if self.pieces < 1:
            raise ValueError(f"pieces must be 1 or more, got {self.pieces}")


class Drop(Enum):
    """The connection is closed before the response is complete.

    "In the middle" means after the head and the first half of the normal response's body.
    """

    BEFORE = "before"
    """Closed before the first byte of the response."""
    RESET = "reset"
    """Reset (TCP RST) before the first byte of the response."""
    MIDDLE = "middle"
    """Closed in the middle of a body whose Content-Length is that of the whole body."""
    MIDDLE_CHUNKED = "middle chunked"
    """Closed in the middle of a chunked body, before the last chunk."""
    MIDDLE_WITHOUT_LENGTH = "middle without length"
    """Closed in the middle of a body without a length: only its broken JSON shows the fault."""


@dataclass(frozen=True)
class Altered:
    """The normal response, with its JSON document changed.

        def without_first(document: dict[str, Any]) -> dict[str, Any]:
            return {**document, "results": document["results"][1:]}

        Altered(without_first)

    `change` receives the document and returns the one to send; it may modify its argument, but must
    return it. `status` is the response's status, or None for the normal one. Responses that are not
    2xx are not changed: they have no results.
    Raises ValueError for a status outside of 200 to 999.
    """

    change: Callable[[dict[str, Any]], object]
    status: int | None = None

    def __post_init__(self) -> None:
        """Check the status."""
        if self.status is not None:
            check_status(self.status)


Fault = SandboxResponse | Latency | Hold | SlowBody | Drop | Altered
"""A fault of one request."""


def _check_seconds(seconds: float) -> None:
    if not seconds >= 0:  # refuses NaN too
        raise ValueError(f"seconds must be 0 or more, got {seconds}")
