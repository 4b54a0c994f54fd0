"""Measures the memory that reading a million ids takes: `make bench-memory`.

Each case has its own process, which reads ids from a generator and drops the records. The result is
its maximum resident size, minus the one before it started to read. The server is another process.
"""

from __future__ import annotations

import asyncio
import json
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from processes import peak
from server import serve

from hubspot_batch_read import AsyncHubSpot, HubSpot

IDS = 1_000_000
FIRST_ID = 40_000_000_000
BYTES_PER_ID = 100
MEGABYTES_UNIQUE = 60
BYTES_PER_GUID = 200
MEGABYTES_OF_FILE = 20


class Case(NamedTuple):
    """A case: the ids, and how they are read."""

    asynchronous: bool
    empty: bool
    unique: bool
    parquet: bool = False
    guids: bool = False

    def __str__(self) -> str:
        """Return the case in words."""
        return ", ".join(
            [
                "async" if self.asynchronous else "sync",
                "no associations" if self.empty else "one association each",
                "unique_ids" if self.unique else "ids remembered",
                *(["Parquet"] if self.parquet else []),
                *(["GUIDs"] if self.guids else []),
            ]
        )

    @property
    def limit(self) -> int:
        """Maximum number of bytes that it may take."""
        remembered = 0 if self.unique else IDS * (BYTES_PER_GUID if self.guids else BYTES_PER_ID)
        file = MEGABYTES_OF_FILE if self.parquet else 0
        return max(remembered, MEGABYTES_UNIQUE * 1_000_000) + file * 1_000_000


CASES = [
    *(
        Case(asynchronous, empty, unique)
        for asynchronous in (False, True)
        for empty in (False, True)
        for unique in (False, True)
    ),
    *(
        Case(asynchronous=False, empty=False, unique=unique, parquet=True, guids=guids)
        for unique, guids in ((False, False), (True, False), (False, True))
    ),
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
        failed |= used > case.limit
        sys.stdout.write(f"{case!s:56} {used / 1e6:6.1f} MB, {used / IDS:6.1f} bytes per id\n")
    sys.stdout.write(f"\n{'too much' if failed else 'within the limits'}\n")
    return int(failed)


def measure(base_url: str, case: Case) -> int:
    """Read, and return the number of bytes that it took."""
    read = read_async if case.asynchronous else read_to_file if case.parquet else read_sync
    read(base_url, case, 5000)
    idle = peak()
    read(base_url, case, IDS)
    return peak() - idle


def read_to_file(base_url: str, case: Case, number: int) -> None:
    """Read n ids into a Parquet file."""
    with TemporaryDirectory() as folder, HubSpot("no-token", base_url=base_url) as hubspot:
        wanted = guids(number) if case.guids else ids(number)
        read = hubspot.read_associations("contacts", "companies", wanted, unique_ids=case.unique)
        assert read.to_file(Path(folder, "rows.parquet")).records == number


def read_sync(base_url: str, case: Case, number: int) -> None:
    """Read n ids, sync."""
    with HubSpot("no-token", base_url=base_url) as hubspot:
        read = hubspot.read_associations(
            "contacts", "companies", ids(number), unique_ids=case.unique
        )
        for _ in read:
            pass
        assert read.summary.taken == number


def read_async(base_url: str, case: Case, number: int) -> None:
    """Read n ids, async."""

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
    """Yield n ids."""
    for id_ in range(FIRST_ID, FIRST_ID + 7 * number, 7):
        yield str(id_)


def guids(number: int) -> Iterator[str]:
    """Yield n GUIDs, which the server accepts like any ids."""
    for id_ in range(number):
        yield f"{id_:08x}-52d1-4c6f-9a0e-20e3c316a58c"


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(main())
    sys.stdout.write(f"{measure(sys.argv[1], Case(*json.loads(sys.argv[2])))}\n")
