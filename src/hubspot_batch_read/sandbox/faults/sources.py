"""Which request meets which fault.

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
"""Returns the fault that a request meets, or None for the normal response.

It is called once for each request, in the sandbox's own thread and never concurrently. It must not
wait, because the sandbox would wait with it: that is what `Latency` and `Hold` are for. If it
raises, the response is a 500 in plain text, and the exception is logged.
"""


def in_order(faults: Iterable[Fault | None]) -> FaultSource:
    """Return a source that gives the next requests these faults in order, and then none.

    An endless iterator has one for every request: `in_order(itertools.repeat(Latency(0.1)))`.
    """
    left = iter(faults)
    return lambda _request: next(left, None)


def at_rate(rate: float, faults: Sequence[Fault], *, seed: int = 0) -> FaultSource:
    """Return a source that gives each request, with this probability, one of these faults.

    Each of them is equally likely: name one twice to meet it twice as often. What a request meets
    depends only on the seed, the request itself and its attempt. So the same requests meet the same
    faults, in whatever order threads send them, and a repeated request may meet another one.
    Raises ValueError for a rate outside of 0 to 1, and for an empty list of faults.
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
