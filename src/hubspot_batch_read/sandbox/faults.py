"""What can go wrong between a client and HubSpot, and which requests it happens to.

A fault is a value: `SandboxResponse`, `Latency`, `Hold`, `SlowBody`, `Drop` or `Altered`. A fault
source says which one a request meets: any function from a `SandboxRequest` to a fault, or to None
for the normal response. Two are ready-made, `in_order` and `at_rate`.

    with Sandbox(faults=in_order([incidents.bad_gateway(), None, Drop.BEFORE])) as sandbox:
        ...  # the first request gets a 502, the second its answer, the third no answer at all
        sandbox.faults = at_rate(0.2, [Drop.MIDDLE, Latency(0.5)], seed=7)
        ...
        sandbox.faults = lambda request: Latency(1) if "campaigns" in request.path else None
        ...
        sandbox.faults = None

The answers that HubSpot was seen or documented to give are in `incidents`.
"""

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from hubspot_batch_read.sandbox.seeded import seeded


@dataclass(frozen=True)
class SandboxRequest:
    """A request as a fault source sees it: all of it, before anything of it was answered."""

    ordinal: int
    """Its number among all requests of the sandbox, from 1, in the order in which they came."""
    attempt: int
    """How many times this very request (method, address, body) came since the faults were set.

    1 for the first time and 2 for the first repetition, whatever other requests came in between.
    """
    method: str
    path: str
    query: str
    """As it was sent, without the question mark; empty if there is none."""
    headers: Mapping[str, str] = field(repr=False)
    """By names in lower case. They have the access token, and are not shown in the repr."""
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The JSON object in the body, and an empty one if the body is anything else."""
        try:
            document = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return document if isinstance(document, dict) else {}


@dataclass(frozen=True)
class SandboxResponse:
    """This response instead of the normal one. The request does not get as far as the portal.

    `SandboxResponse(502, "<html>…")` is a page, `SandboxResponse(400, {"status": "error"})` is
    JSON, `SandboxResponse(500)` is empty. Where `headers` name no Content-Type, a text is sent as
    HTML and bytes without one.

    Raises ValueError for a status outside of 200 to 999 (the ones below announce an answer and are
    none), a body with 204 or 304, which have none, and the headers that follow from the body:
    Content-Length and Transfer-Encoding. After an answer above 599 the connection is closed.
    """

    status: int
    body: bytes | str | Mapping[str, object] = field(default=b"", hash=False)
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Check what would make no answer."""
        _check_status(self.status)
        if self.body and self.status in {204, 304}:
            raise ValueError(f"an answer with status {self.status} has no body")
        for name in self.headers:
            if name.lower() in {"content-length", "transfer-encoding"}:
                raise ValueError(f"the header {name} follows from the body")


@dataclass(frozen=True)
class Latency:
    """The normal answer, or another fault, so many seconds later.

    The waiting ends earlier when the client hangs up, or when the sandbox ends: then there is no
    answer. `math.inf` is an answer that never comes. Raises ValueError for less than 0 seconds.
    """

    seconds: float
    then: "Fault | None" = None

    def __post_init__(self) -> None:
        """Check the seconds."""
        _check_seconds(self.seconds)


@dataclass(frozen=True)
class Hold:
    """The normal answer, or another fault, once an event is set.

    Unlike Latency it lets a test say when the answer goes out, for instance when as many requests
    are under way as it expects:

        everyone = threading.Event()

        def faults(request: SandboxRequest) -> Fault:
            if request.ordinal == 4:
                everyone.set()
            return Hold(everyone)

    The waiting ends earlier when the client hangs up, or when the sandbox ends.
    """

    until: threading.Event
    then: "Fault | None" = None


@dataclass(frozen=True)
class SlowBody:
    """The normal answer, its head at once and its body in pieces over so many seconds.

    Before each piece passes the same time, `seconds / pieces`; a body with fewer bytes comes in as
    many pieces as it has bytes. Raises ValueError for less than 0 seconds or 1 piece.
    """

    seconds: float
    pieces: int = 10

    def __post_init__(self) -> None:
        """Check the seconds and the pieces."""
        _check_seconds(self.seconds)
        if self.pieces < 1:
            raise ValueError(f"a body comes in 1 piece or more, not in {self.pieces}")


class Drop(Enum):
    """The connection is closed before the answer is complete.

    In the middle means after the head and the first half of the normal answer's body.
    """

    BEFORE = "before"
    """Closed before the first byte of the answer."""
    RESET = "reset"
    """Reset (TCP RST) before the first byte of the answer."""
    MIDDLE = "middle"
    """Closed in the middle of a body whose Content-Length tells all of it."""
    MIDDLE_CHUNKED = "middle chunked"
    """Closed in the middle of a body that comes in chunks, and before the last one."""
    MIDDLE_UNTOLD = "middle untold"
    """Closed in the middle of a body that tells no length: only its broken JSON shows the fault."""


@dataclass(frozen=True)
class Altered:
    """The normal answer, with its JSON document changed.

        def without_first(document: dict[str, Any]) -> dict[str, Any]:
            return {**document, "results": document["results"][1:]}

        Altered(without_first)

    `change` takes the document and returns what is sent in its place; it may change the one it was
    given, and must return it all the same. `status` is the answer's status, None for the normal
    one. Answers that are not 2xx stay as they are: they have no results to change.
    Raises ValueError for a status outside of 200 to 999.
    """

    change: Callable[[dict[str, Any]], object]
    status: int | None = None

    def __post_init__(self) -> None:
        """Check the status."""
        if self.status is not None:
            _check_status(self.status)


Fault = SandboxResponse | Latency | Hold | SlowBody | Drop | Altered
"""Something that goes wrong with one request."""

FaultSource = Callable[[SandboxRequest], Fault | None]
"""Says which fault a request meets, None for the normal answer.

It is called once for each request, in the sandbox's own thread and never twice at the same time. It
must not wait, for the sandbox would wait with it: that is what `Latency` and `Hold` are for. If it
raises, the answer is a 500 in plain text, and the exception is logged.
"""


def in_order(faults: Iterable[Fault | None]) -> FaultSource:
    """Return the source that gives the next requests these faults in order, and then none.

    An endless iterator is one for all requests: `in_order(itertools.repeat(Latency(0.1)))`.
    """
    left = iter(faults)
    return lambda _request: next(left, None)


def at_rate(rate: float, faults: Sequence[Fault], *, seed: int = 0) -> FaultSource:
    """Return the source that gives each request, with this probability, one of these faults.

    Which of them is drawn evenly: name one twice to meet it twice as often. What a request meets
    depends on nothing but the seed, the request itself and its attempt. So the same requests meet
    the same faults, in whatever order threads send them, and a repeated one is drawn anew.
    Raises ValueError for a rate outside of 0 to 1, and where there is no fault to draw.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"a rate is between 0 and 1, not {rate}")
    if not faults:
        raise ValueError("there is no fault to draw")
    choice = tuple(faults)

    def draw(request: SandboxRequest) -> Fault | None:
        address = (request.method, request.path, request.query)
        random = seeded("fault", seed, *address, request.body.hex(), request.attempt)
        return random.choice(choice) if random.random() < rate else None

    return draw


def _check_status(status: int) -> None:
    if not 200 <= status <= 999:
        raise ValueError(f"the status of an answer is between 200 and 999, not {status}")


def _check_seconds(seconds: float) -> None:
    if not seconds >= 0:  # so written, it refuses NaN too
        raise ValueError(f"nothing takes {seconds} seconds")
