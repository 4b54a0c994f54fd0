"""The sandbox in the foreground of a terminal."""

import errno
import json
import sys
import time
from ipaddress import ip_address
from urllib.parse import urlsplit

from hubspot_batch_read.sandbox.answers import ENDPOINTS
from hubspot_batch_read.sandbox.data.portal import Portal
from hubspot_batch_read.sandbox.faults.kinds import Latency
from hubspot_batch_read.sandbox.server import Sandbox


def serve(host: str, port: int, portal: Portal, latency: float) -> int:
    """Serve until interrupted, and return the exit code: 0, or 1 if serving was not possible.

    The greeting is printed once it listens. Errors, and a warning if other machines can reach it,
    are written to standard error. Port 0 is any free port. Each response is delayed by `latency`
    seconds.
    """
    faults = (lambda _: Latency(latency)) if latency else None
    try:
        with Sandbox(portal=portal, host=host, port=port, faults=faults) as server:
            if not ip_address(urlsplit(server.base_url).hostname or "").is_loopback:
                print(_reachable(server), file=sys.stderr)
            print(_greeting(server), flush=True)
            while True:
                time.sleep(3600)  # unlike a wait for the thread, Ctrl-C ends this on Windows too
    except KeyboardInterrupt:
        return 0
    except ModuleNotFoundError as error:
        print(error, file=sys.stderr)
    except (OSError, OverflowError) as error:  # in use or not allowed; not a port
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        reason = "it is in use, try another --port" if taken else error
        print(f"The sandbox cannot listen on {host}:{port}: {reason}", file=sys.stderr)
    return 1


def _reachable(server: Sandbox) -> str:
    return (
        f"Other machines can reach the sandbox at {server.base_url}: "
        "its token is public, so use it only in a network that you trust."
    )


def _greeting(server: Sandbox) -> str:
    portal = server.portal
    contacts = portal.contact_ids[:4]  # the second one has no company
    companies, token = "contacts companies", server.token
    paths = "\n".join(f"POST {endpoint.path}" for endpoint in ENDPOINTS)
    body = json.dumps({"inputs": [{"id": contact} for contact in contacts[:2]]})
    return f"""\
The sandbox serves portal {portal.id} (seed {portal.seed}) at {server.base_url}
The access token is {token}; Ctrl-C stops the sandbox.

{_numbers(portal)}, at

{paths}

Ids to try:

contacts {", ".join(contacts)}
campaign {portal.campaign_ids[0]}
flow     {portal.flow_ids[0]}, workflow {portal.workflow_ids[0]}

HUBSPOT_ACCESS_TOKEN={token} \\
  hubspot-batch-read associations {companies} {" ".join(contacts[:2])} --base-url {server.base_url}

curl -s {server.base_url}/crm/associations/2026-03/contacts/companies/batch/read \\
  -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' \\
  -d '{body}'
"""


def _numbers(portal: Portal) -> str:
    numbers = {
        "contacts": portal.contact_ids,
        "companies": portal.company_ids,
        "deals": portal.deal_ids,
        "tickets": portal.ticket_ids,
        "cars (p_car)": portal.car_ids,
        "campaigns": portal.campaign_ids,
        "workflows": portal.flow_ids,
    }
    *others, last = [f"{len(ids):,} {name}" for name, ids in numbers.items()]
    return f"{', '.join(others)} and {last}"
