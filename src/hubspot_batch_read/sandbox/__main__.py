"""`python -m hubspot_batch_read.sandbox`: the sandbox in the foreground, until Ctrl-C."""

import argparse
import sys

from hubspot_batch_read.sandbox.data.portal import Portal
from hubspot_batch_read.sandbox.terminal import serve


def main() -> int:
    """Run the sandbox with the arguments of the command line, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m hubspot_batch_read.sandbox",
        description="HubSpot on your machine: a seeded portal behind the batch-read endpoints.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8765, help="0 for any free one (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="random seed for the portal (0)")
    parser.add_argument("--contacts", type=int, default=3000, help="number of contacts (3000)")
    parser.add_argument("--latency", type=float, default=0, help="delay of responses, in seconds")
    arguments = parser.parse_args()
    portal = Portal(seed=arguments.seed, contacts=arguments.contacts)
    return serve(arguments.host, arguments.port, portal, arguments.latency)


if __name__ == "__main__":
    sys.exit(main())
