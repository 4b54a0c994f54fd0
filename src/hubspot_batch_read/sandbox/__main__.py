"""`python -m hubspot_batch_read.sandbox`: the sandbox in the foreground, until Ctrl-C."""

import argparse
import errno
import json
import sys
import time

from hubspot_batch_read import sandbox


def main() -> int:
    """Serve until interrupted; return the exit code: 0, or 1 where serving was not possible."""
    arguments = _arguments()
    try:
        with sandbox.Sandbox(
            seed=arguments.seed, host=arguments.host, port=arguments.port
        ) as server:
            print(_greeting(server), flush=True)
            while True:
                time.sleep(3600)  # unlike a wait for the thread, Ctrl-C ends this on Windows too
    except KeyboardInterrupt:
        return 0
    except ModuleNotFoundError as error:
        print(error, file=sys.stderr)
    except (OSError, OverflowError) as error:  # taken or not allowed; no port at all
        address = f"{arguments.host}:{arguments.port}"
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        reason = "it is taken, try another --port" if taken else error
        print(f"The sandbox cannot listen on {address}: {reason}", file=sys.stderr)
    return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m hubspot_batch_read.sandbox",
        description="HubSpot on your machine: a seeded portal behind the batch-read endpoints.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8765, help="0 for any free one (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="what the portal is drawn from (0)")
    return parser.parse_args()


def _greeting(server: "sandbox.Sandbox") -> str:
    portal = server.portal
    contacts = portal.contact_ids[:4]  # the second one has no company
    body = json.dumps({"inputs": [{"id": contact} for contact in contacts[:2]]})
    return f"""\
The sandbox serves portal {portal.id} (seed {portal.seed}) at {server.base_url}
The access token is {server.token}; Ctrl-C ends the sandbox. Ids to try:

contacts {", ".join(contacts)}
campaign {portal.campaign_ids[0]}
flow     {portal.flow_ids[0]}, workflow {portal.workflow_ids[0]}

curl -s {server.base_url}/crm/associations/2026-03/contacts/companies/batch/read \\
  -H 'Authorization: Bearer {server.token}' -H 'Content-Type: application/json' \\
  -d '{body}'
"""


if __name__ == "__main__":
    sys.exit(main())
