"""Code that the measurements share: processes, peak memory, and the spread of several runs."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).resolve().parent


class Spread(NamedTuple):
    """Several runs of a measurement."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Return the median, the minimum and the maximum, to four digits."""
    return Spread(*map(rounded, (statistics.median(values), min(values), max(values))))


def rounded(value: float) -> float:
    """Return a number to four digits."""
    return float(f"{value:.4g}")


def ask(script: str, **arguments: object) -> Any:
    """Run a script of this folder in a new interpreter; return the JSON that it prints."""
    command = [sys.executable, str(FOLDER / script), json.dumps(arguments)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def peak() -> int:
    """Return the maximum resident size of this process so far, in bytes."""
    if sys.platform == "linux":
        # Unlike ru_maxrss, this does not include the process that started Python.
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else size * 1024


def say(text: str) -> None:
    """Show the progress of the measurements; in a terminal, on one line."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="\r", file=sys.stderr, flush=True)
    else:
        print(text, file=sys.stderr, flush=True)
