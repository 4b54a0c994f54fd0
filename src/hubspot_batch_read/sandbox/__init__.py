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

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubspot_batch_read.sandbox import incidents
    from hubspot_batch_read.sandbox.access import EXPIRED_TOKEN, TOKEN, TOKEN_WITHOUT_SCOPES
    from hubspot_batch_read.sandbox.associations import Specimen
    from hubspot_batch_read.sandbox.faults import (
        Altered,
        Drop,
        Fault,
        FaultSource,
        Hold,
        Latency,
        SandboxRequest,
        SandboxResponse,
        SlowBody,
        at_rate,
        in_order,
    )
    from hubspot_batch_read.sandbox.limits import RateLimits
    from hubspot_batch_read.sandbox.portal import Portal
    from hubspot_batch_read.sandbox.server import Sandbox
    from hubspot_batch_read.sandbox.traffic import Traffic

__all__ = [
    "EXPIRED_TOKEN",
    "TOKEN",
    "TOKEN_WITHOUT_SCOPES",
    "Altered",
    "Drop",
    "Fault",
    "FaultSource",
    "Hold",
    "Latency",
    "Portal",
    "RateLimits",
    "Sandbox",
    "SandboxRequest",
    "SandboxResponse",
    "SlowBody",
    "Specimen",
    "Traffic",
    "at_rate",
    "in_order",
    "incidents",
]

_MODULES = {
    "EXPIRED_TOKEN": "access",
    "TOKEN": "access",
    "TOKEN_WITHOUT_SCOPES": "access",
    "Altered": "faults",
    "SandboxResponse": "faults",
    "Drop": "faults",
    "Fault": "faults",
    "FaultSource": "faults",
    "Hold": "faults",
    "Latency": "faults",
    "Portal": "portal",
    "RateLimits": "limits",
    "Sandbox": "server",
    "SandboxRequest": "faults",
    "SlowBody": "faults",
    "Specimen": "associations",
    "Traffic": "traffic",
    "at_rate": "faults",
    "in_order": "faults",
    "incidents": "incidents",
}

if not TYPE_CHECKING:  # it would accept every misspelt name

    def __getattr__(name: str) -> object:
        """Import a name when it is first used: of these, only `Sandbox` needs the extra.

        Raises ModuleNotFoundError, with what to install, where that is missing.
        """
        module = _MODULES.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            imported = import_module(f"{__name__}.{module}")
        except ModuleNotFoundError as error:
            if error.name not in {"starlette", "uvicorn"}:
                raise
            message = 'The sandbox needs an extra: pip install "hubspot-batch-read[sandbox]"'
            raise ModuleNotFoundError(message, name=error.name) from error
        value: object = imported if name == module else getattr(imported, name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
