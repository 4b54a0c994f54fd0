"""What reading a million ids costs in memory: `make bench-memory`.

Each case is a process of its own. It reads ids from a generator and drops the records; what counts
is its greatest resident size, less that of the process before it began to read. The server is
another process.
"""

from __future__ import annotations

import asyncio
import json
import platform
import subprocess
import sys
from collections.abc import Iterator
from typing import NamedTuple

from processes import peak
from server import serve

from hubspot_batch_read import AsyncHubSpot, HubSpot

IDS = 1_000_000
FIRST_ID = 40_000_000_000
BYTES_PER_ID = 100
MEGABYTES_UNIQUE = 60


class Case(NamedTuple):
    """What is read, and how."""

    asynchronous: bool
    empty: bool
    unique: bool

    def __str__(self) -> str:
        """Return it in words."""
        return ", ".join(
            [
                "async" if self.asynchronous else "sync",
                "no associations" if self.empty else "one association each",
                "unique_ids" if self.unique else "ids remembered",
            ]
        )


CASES = [
    Case(asynchronous, empty, unique)
    for asynchronous in (False, True)
    for empty in (False, True)
    for unique in (False, True)
]


def main() -> int:
    """Run all cases; return the exit code."""
    sys.stdout.write(f"{IDS:,} ids, Python {platform.python_version()}\n\n")
    failed = False
    for case in CASES:
        with serve(associations=0 if case.empty else 1) as base_url:
            command = [sys.executable, __file__, base_url, json.dumps(case)]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        used = int(output)
        failed |= used > (MEGABYTES_UNIQUE * 1_000_000 if case.unique else IDS * BYTES_PER_ID)
        sys.stdout.write(f"{case!s:48} {used / 1e6:6.1f} MB, {used / IDS:6.1f} bytes per id\n")
    sys.stdout.write(f"\n{'too much' if failed else 'within the limits'}\n")
    return int(failed)


def measure(base_url: str, case: Case) -> int:
    """Read, and return the bytes that took."""
    read_async(base_url, case, 5000) if case.asynchronous else read_sync(base_url, case, 5000)
    idle = peak()
    read_async(base_url, case, IDS) if case.asynchronous else read_sync(base_url, case, IDS)
    return peak() - idle


def read_sync(base_url: str, case: Case, number: int) -> None:
    """Read so many ids, sync."""
    with HubSpot("no-token", base_url=base_url) as hubspot:
        read = hubspot.read_associations(
            "contacts", "companies", ids(number), unique_ids=case.unique
        )
        for _ in read:
            pass
        assert read.summary.taken == number


def read_async(base_url: str, case: Case, number: int) -> None:
    """Read so many ids, async."""

    async def read_all() -> None:
        async with AsyncHubSpot("no-token", base_url=base_url) as hubspot:
            read = hubspot.read_associations(
                "contacts", "companies", ids(number), unique_ids=case.unique
            )
            async for _ in read:
                pass
            assert read.summary.taken == number

    asyncio.run(read_all())


def ids(number: int) -> Iterator[str]:
    """Yield so many ids."""
    for id_ in range(FIRST_ID, FIRST_ID + 7 * number, 7):
        yield str(id_)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(main())
    sys.stdout.write(f"{measure(sys.argv[1], Case(*json.loads(sys.argv[2])))}\n")
