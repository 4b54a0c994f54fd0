"""Fault sources, which decide the fault of each request.

A fault source is any function from a `SandboxRequest` to a fault, or to None for the normal
response. Two are ready-made, `in_order` and `at_rate`.

    with Sandbox(faults=in_order([incidents.bad_gateway(), None, Drop.BEFORE])) as sandbox:
        ...  # the first request gets a 502, the second the normal response, the third none
        sandbox.faults = at_rate(0.2, [Drop.MIDDLE, Latency(0.5)], seed=7)
        ...
        sandbox.faults = lambda request: Latency(1) if "campaigns" in request.path else None
        ...
        sandbox.faults = None
"""

from collections.abc import Callable, Iterable, Sequence

from hubspot_batch_read.sandbox.faults.kinds import Fault
from hubspot_batch_read.sandbox.http.messages import SandboxRequest
from hubspot_batch_read.sandbox.seeded import seeded

FaultSource = Callable[[SandboxRequest], Fault | None]
"""Returns the fault of a request, or None for the normal response.

It is called once for each request, in the sandbox's own thread and never concurrently. It must not
block, because that would block the sandbox: return `Latency` or `Hold` instead. If it raises, the
response is a 500 in plain text, and the exception is logged.
"""


def in_order(faults: Iterable[Fault | None]) -> FaultSource:
    """Return a source that assigns these faults to the next requests, in order, and then none.

    An endless iterator has one for every request: `in_order(itertools.repeat(Latency(0.1)))`.
    """
    left = iter(faults)
    return lambda _request: next(left, None)


def at_rate(rate: float, faults: Sequence[Fault], *, seed: int = 0) -> FaultSource:
    """Return a source that assigns one of these faults to each request with this probability.

    All faults are equally likely; a fault that is listed twice occurs twice as often. The fault of
    a request depends only on the seed, the request itself and its attempt. So the same requests get
    the same faults, in any order, and a repeated request may get another one.
    Raises ValueError for a rate outside of 0 to 1, and for an empty list of faults.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"a rate is between 0 and 1, not {rate}")
    if not faults:
        raise ValueError("the list of faults is empty")
    choice = tuple(faults)

    def draw(request: SandboxRequest) -> Fault | None:
        address = (request.method, request.path, request.query)
        random = seeded("fault", seed, *address, request.body.hex(), request.attempt)
        return random.choice(choice) if random.random() < rate else None

    return draw
