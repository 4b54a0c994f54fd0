"""Three reads at the same time: the companies, deals and tickets of contacts, into a file each.

    python examples/several.py contacts.txt folder

One client sends all requests, so the three reads share its connections and its rate limit. If one
of them fails, the others finish; run the program again with the same ids to continue.

The access token is taken from HUBSPOT_ACCESS_TOKEN.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from hubspot_batch_read import AsyncHubSpot, Summary

TO_TYPES = ("companies", "deals", "tickets")


async def main() -> int:
    """Run the command line, and return the exit code."""
    parser = argparse.ArgumentParser(description="Read three kinds of associations of contacts.")
    parser.add_argument("ids", type=Path, help="a file with the id of a contact per line")
    parser.add_argument("folder", type=Path, help="where the files are written")
    parser.add_argument("--base-url", default="https://api.hubapi.com", help="or a sandbox")
    arguments = parser.parse_args()

    ids = arguments.ids.read_text().split()
    arguments.folder.mkdir(exist_ok=True)
    async with AsyncHubSpot(base_url=arguments.base_url) as hubspot:
        reads = [read(hubspot, to_type, ids, arguments.folder) for to_type in TO_TYPES]
        results = await asyncio.gather(*reads, return_exceptions=True)
    for to_type, result in zip(TO_TYPES, results, strict=True):
        print(f"{to_type}: {result}")
    return int(any(isinstance(result, BaseException) for result in results))


async def read(hubspot: AsyncHubSpot, to_type: str, ids: Sequence[str], folder: Path) -> Summary:
    """Read one kind of associations, and return the numbers."""
    contacts = hubspot.read_associations("contacts", to_type, ids)
    missing = folder / f"{to_type}.missing.jsonl"
    return await contacts.to_file(folder / f"{to_type}.csv", missing=missing, resume=True)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
