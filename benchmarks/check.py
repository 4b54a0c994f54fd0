"""Checks that decoding, reading, importing and memory did not become worse: `make bench-check`.

Measures this SDK again, and compares with benchmarks/results.json by ratios, which are comparable
between machines. A ratio that seems worse is measured again, in more runs, before it counts.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import decode
import held
import imports
import rows
from contenders import OURS
from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).resolve().parent / "results.json"
LOSS = 0.15
RUNS, MORE_RUNS = 3, 9
ROWS_IDS = 20_000
IMPORT = f"import: {imports.LAYER}"


class Change(NamedTuple):
    """A ratio as it was committed, and as it is now; None if it was not measured."""

    name: str
    before: float | None
    now: float | None

    @property
    def verdict(self) -> str:
        """Whether it is worse, or which of the two is missing."""
        if self.before is None:
            return "missing in results.json"
        if self.now is None:
            return "not measured"
        return "worse" if self.now > self.before * (1 + LOSS) else "ok"


def main() -> int:
    """Measure, compare and print; return the exit code."""
    if not RESULTS.exists():
        sys.exit(f"{RESULTS.name} is missing: `make bench` writes it")
    results = json.loads(RESULTS.read_text())
    before = ratios(results)
    now = ratios(measure(RUNS))
    doubtful = {each.name for each in compare(before, now) if each.verdict == "worse"}
    if doubtful:
        now |= ratios(measure(MORE_RUNS, doubtful))
    changes = compare(before, now)
    show(changes, results["about"]["python"])
    return int(any(each.verdict != "ok" for each in changes))


def measure(runs: int, wanted: set[str] | None = None) -> dict[str, Any]:
    """Measure this SDK, or the ratios of these names, in the form of results.json."""

    def is_wanted(name: str) -> bool:
        return wanted is None or name in wanted

    cases = [each for each in decode.ALL if each.contender == OURS]
    return {
        "decode": decode.measure(
            [each for each in cases if is_wanted(f"decode: {each.body}")], runs, seconds=0.5
        ),
        "held": held.measure(
            each
            for each in held.CASES
            if each.contender == OURS and is_wanted(f"held: {each.body}")
        ),
        "imports": imports.measure([imports.LAYER], 5 * runs) if is_wanted(IMPORT) else {},
        "rows": rows.measure(
            runs,
            ROWS_IDS,
            lambda body, output: output in rows.OURS and is_wanted(f"rows: {body}, {output}"),
        ),
    }


def ratios(results: Mapping[str, Any]) -> dict[str, float]:
    """Return the ratios of this SDK that are compared, by name, without failures."""
    found: dict[str, float] = {}
    for body, answers in results["decode"].items():
        if "on" in answers[OURS]:
            found[f"decode: {body}"] = answers[OURS]["on"]["ratio"]["median"]
    for body, answers in results["held"].items():
        found[f"held: {body}"] = answers[OURS]["ratio"]
    if imports.LAYER in results["imports"]:
        found[IMPORT] = results["imports"][imports.LAYER]["ratio"]
    for body, answers in results["rows"].items():
        for output in rows.OURS:
            if output in answers:
                found[f"rows: {body}, {output}"] = answers[output]["ratio"]
    return found


def compare(before: Mapping[str, float], now: Mapping[str, float]) -> list[Change]:
    """Return the change of each ratio that is in one of the two or in both."""
    return [Change(name, before.get(name), now.get(name)) for name in {**before, **now}]


def show(changes: list[Change], python: str) -> None:
    """Print the changes, and a warning if another Python was measured."""
    table = Table("", "committed", "now", "change", "", box=None)
    for each in changes:
        change = f"{each.now / each.before - 1:+.0%}" if each.before and each.now else ""
        table.add_row(each.name, shown(each.before), shown(each.now), change, each.verdict)
    console = Console(width=100)
    console.print(table)
    running = f"{platform.python_implementation()} {platform.python_version()}"
    if running != python:
        console.print(f"The committed ratios are of {python}, these of {running}.")


def shown(ratio: float | None) -> str:
    """Return a ratio as text."""
    return "" if ratio is None else f"{ratio:.3f}"


if __name__ == "__main__":
    sys.exit(main())
