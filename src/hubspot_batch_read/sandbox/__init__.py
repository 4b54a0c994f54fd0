"""HubSpot on your machine: a seeded portal behind the batch-read endpoints.

    from hubspot_batch_read.sandbox import Sandbox

    with Sandbox(seed=7) as sandbox:
        sandbox.base_url, sandbox.token, sandbox.portal

Or with a portal that only contains what a test adds:

    portal = Portal.empty()
    portal.associate("contacts", "companies", 101, 7, labels=["Buyer"], primary=True)
    with Sandbox(portal=portal) as sandbox: ...

And with faults:

    with Sandbox(faults=in_order([incidents.bad_gateway(), Drop.MIDDLE])) as sandbox: ...

Or in a terminal: `python -m hubspot_batch_read.sandbox --port 8765 --seed 7`. It needs the extra:
`pip install "hubspot-batch-read[sandbox]"`. It is independent of the client: it responds as HubSpot
was observed or documented to, and every guess is marked as one.

`data` is the data of a portal, `answers` are the responses of the endpoints, `http` sends them, and
`faults` replaces or breaks them; each uses only those before it.
"""

from hubspot_batch_read.sandbox.data.links import Specimen
from hubspot_batch_read.sandbox.data.portal import Portal
from hubspot_batch_read.sandbox.faults import incidents
from hubspot_batch_read.sandbox.faults.kinds import Altered, Drop, Fault, Hold, Latency, SlowBody
from hubspot_batch_read.sandbox.faults.sources import FaultSource, at_rate, in_order
from hubspot_batch_read.sandbox.faults.traffic import Traffic
from hubspot_batch_read.sandbox.http.messages import SandboxRequest, SandboxResponse
from hubspot_batch_read.sandbox.http.rate_limits import RateLimits
from hubspot_batch_read.sandbox.http.tokens import EXPIRED_TOKEN, TOKEN, TOKEN_WITHOUT_SCOPES
from hubspot_batch_read.sandbox.server import Sandbox

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
