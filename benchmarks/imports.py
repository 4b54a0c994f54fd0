"""Measures the time of an import: that of a new interpreter, minus one that imports nothing."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from typing import Any

from contenders import API_CLIENT, OURS, SDK
from processes import rounded, say, spread

NOTHING = "pass"
HTTPX = "import httpx"
LAYER = "from hubspot_batch_read import HubSpot"

STATEMENTS = {
    "httpx": {"package": HTTPX},
    OURS: {
        "package": "import hubspot_batch_read",
        "client": LAYER,
        "one operation": "from hubspot_batch_read_api.api.associations import read_associations",
    },
    API_CLIENT: {
        "package": "import hubspot",
        "client": "import hubspot; hubspot.Client.create().crm.associations.v4.batch_api",
    },
    SDK: {
        "package": "import hubspot_sdk",
        "client": "import hubspot_sdk;"
        " hubspot_sdk.HubSpot(access_token='no-token').crm.associations.batch",
    },
}
"""By package: importing it, creating a client that can read associations, and a part of it."""

ALL = [statement for each in STATEMENTS.values() for statement in each.values()]


def measure(statements: Iterable[str], runs: int) -> dict[str, Any]:
    """Run the statements in turn, once per run; return milliseconds, and the ratios to httpx."""
    taken: dict[str, list[float]] = {each: [] for each in (NOTHING, HTTPX, *statements)}
    for run in range(-1, runs):
        say(f"import, run {run + 1} of {runs}")
        for statement, times in taken.items():
            seconds = start_up(statement)
            # A run before the first one writes bytecode and fills the disk's cache.
            if run >= 0 and seconds is not None:
                times.append(seconds)
    bare = statistics.median(taken.pop(NOTHING))
    httpx = statistics.median(taken[HTTPX]) - bare
    return {
        statement: {
            "ms": spread([1000 * (each - bare) for each in times])._asdict(),
            "ratio": rounded((statistics.median(times) - bare) / httpx),
        }
        if times
        else {"failure": "not installed"}
        for statement, times in taken.items()
    }


def start_up(statement: str) -> float | None:
    """Return the seconds that an interpreter takes for a statement; None if a module is missing."""
    command = [sys.executable, "-c", statement]
    start = time.perf_counter()
    run = subprocess.run(command, check=False, capture_output=True)
    seconds = time.perf_counter() - start
    if b"ModuleNotFoundError" in run.stderr:
        return None
    run.check_returncode()
    return seconds
