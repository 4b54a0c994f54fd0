"""A nightly job: the companies of all contacts in a file, as Parquet, CSV or JSON Lines.

    python examples/nightly.py contacts.txt companies-2026-11-28.parquet

It can be killed at any time, and continues where it stopped when it is run again with the same ids.
Ids without a record are written to a file beside the output, with the reason:
`companies-2026-11-28.missing.jsonl`. The log has a line a minute, and one for each wait for
HubSpot. The exit code is for the scheduler:

    0  every id was answered
    1  some ids have an error, are invalid, or could not be read: see the file of missing ids
    2  the job stopped early: run it again

The access token is taken from HUBSPOT_ACCESS_TOKEN.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import httpx

from hubspot_batch_read import ArgumentError, FileRefusedError, HubSpot, HubSpotError, Summary

log = logging.getLogger("nightly")


def main() -> int:
    """Run the job, and return its exit code."""
    parser = argparse.ArgumentParser(description="Read the companies of contacts into a file.")
    parser.add_argument("ids", type=Path, help="a file with the id of a contact per line")
    parser.add_argument("output", type=Path, help="a .parquet, .csv or .jsonl file")
    parser.add_argument("--base-url", default="https://api.hubapi.com", help="or a sandbox")
    arguments = parser.parse_args()

    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it has a line for each request
    try:
        summary = read(arguments.ids, arguments.output, arguments.base_url)
    except (HubSpotError, httpx.RequestError, ArgumentError, FileRefusedError, OSError) as error:
        log.error("stopped early: %s", error)  # noqa: TRY400 - the reason, without a traceback
        return 2
    log.info("%s", summary)
    return int(summary.errors + summary.unanswered + summary.invalid + summary.unread > 0)


def read(ids: Path, output: Path, base_url: str) -> Summary:
    """Read the ids in a file, and return the numbers of all runs so far."""
    with HubSpot(base_url=base_url) as hubspot:
        contacts = hubspot.read_associations(
            "contacts", "companies", ids_in(ids), on_error="collect", on_progress=EveryMinute()
        )
        missing = output.with_suffix(".missing.jsonl")
        return contacts.to_file(output, missing=missing, resume=True)


def ids_in(path: Path) -> Iterator[str]:
    """Yield the ids in a file, which does not have to fit into memory."""
    with path.open(encoding="utf-8-sig") as lines:
        yield from filter(None, map(str.strip, lines))


class EveryMinute:
    """Logs the progress of the job."""

    def __init__(self) -> None:
        """Start the first minute."""
        self._due = monotonic() + 60

    def __call__(self, summary: Summary) -> None:
        """Log the numbers if a minute has passed."""
        if monotonic() >= self._due:
            self._due = monotonic() + 60
            log.info("%s, %.0f ids per second", summary, summary.ids_per_second or 0)


if __name__ == "__main__":
    sys.exit(main())
