"""HubSpot on your machine: a seeded portal behind the four batch-read endpoints.

    from hubspot_batch_read.sandbox import Sandbox

    with Sandbox(seed=7) as sandbox:
        sandbox.base_url, sandbox.token, sandbox.portal

Or with what a test adds, and nothing else:

    portal = Portal.empty()
    portal.associate("contacts", "companies", 101, 7, labels=["Buyer"], primary=True)
    with Sandbox(portal=portal) as sandbox: ...

What goes wrong with a request, and with which, is in `hubspot_batch_read.sandbox.faults`:

    with Sandbox(faults=in_order([incidents.bad_gateway(), Drop.MIDDLE])) as sandbox: ...

Or in a terminal: `python -m hubspot_batch_read.sandbox --port 8765 --seed 7`. It needs the extra:
`pip install "hubspot-batch-read[sandbox]"`. It knows nothing of the client: it answers as HubSpot
was seen or documented to, and every guess in between says that it is one.
"""

from typing import TYPE_CHECKING

from hubspot_batch_read.sandbox import incidents
from hubspot_batch_read.sandbox.access import EXPIRED_TOKEN, TOKEN, TOKEN_WITHOUT_SCOPES
from hubspot_batch_read.sandbox.associations import Specimen
from hubspot_batch_read.sandbox.faults import (
    Altered,
    Answer,
    Drop,
    Fault,
    FaultSource,
    Hold,
    Latency,
    SandboxRequest,
    SlowBody,
    at_rate,
    in_order,
)
from hubspot_batch_read.sandbox.limits import RateLimits
from hubspot_batch_read.sandbox.portal import Portal
from hubspot_batch_read.sandbox.traffic import Traffic

if TYPE_CHECKING:
    from hubspot_batch_read.sandbox.server import Sandbox

__all__ = [
    "EXPIRED_TOKEN",
    "TOKEN",
    "TOKEN_WITHOUT_SCOPES",
    "Altered",
    "Answer",
    "Drop",
    "Fault",
    "FaultSource",
    "Hold",
    "Latency",
    "Portal",
    "RateLimits",
    "Sandbox",
    "SandboxRequest",
    "SlowBody",
    "Specimen",
    "Traffic",
    "at_rate",
    "in_order",
    "incidents",
]


def __getattr__(name: str) -> object:
    """Import the server when it is asked for: a portal alone needs neither Starlette nor uvicorn.

    Raises ModuleNotFoundError, with what to install, where one of the two is missing.
    """
    if name != "Sandbox":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from hubspot_batch_read.sandbox.server import Sandbox  # noqa: PLC0415 - see above
    except ModuleNotFoundError as error:
        if error.name not in {"starlette", "uvicorn"}:
            raise
        message = 'The sandbox needs an extra: pip install "hubspot-batch-read[sandbox]"'
        raise ModuleNotFoundError(message, name=error.name) from error
    return Sandbox
