"""Measure this SDK and others, print a table, write the results and draw the charts: `make bench`.

run.py            five runs; writes results.json, results.txt and the charts (twenty minutes)
run.py --runs 9   nine runs
run.py --quick    one short run that writes nothing, to check that everything works
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import bodies
import chart
import decode
import end_to_end
import held
import imports
import report
import rows
import shares
import sizes
from contenders import DISTRIBUTIONS

RESULTS = Path(__file__).resolve().parent / "results.json"
TABLE = RESULTS.with_suffix(".txt")


class Effort(NamedTuple):
    """The numbers of runs and ids, and the seconds, of the measurements."""

    runs: int
    large_runs: int = 3
    end_to_end_runs: int = 2
    import_runs: int = 15
    ids: int = 100_000
    seconds: float = 0.25
    cases: list[decode.Case] = decode.ALL
    held_cases: list[decode.Case] = held.CASES


QUICK = Effort(
    runs=1,
    large_runs=1,
    end_to_end_runs=1,
    import_runs=1,
    ids=2000,
    seconds=0.01,
    cases=[case for case in decode.ALL if not case.body.endswith("0")],
    held_cases=[case for case in held.CASES if case.body == "clean 1"],
)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Measure this SDK and others.")
    parser.add_argument("--runs", type=int, default=5, help="runs of each decoding (5)")
    parser.add_argument("--quick", action="store_true", help="one short run; writes nothing")
    options = parser.parse_args()
    results = measure(
        QUICK if options.quick else Effort(runs=options.runs, large_runs=-(-options.runs // 2))
    )
    report.show(results)
    if not options.quick:
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
        with TABLE.open("w") as file:
            report.show(results, file)
        chart.draw_decoding(results["decode"])
        chart.draw_rows(results["rows"])
        chart.draw_seconds(results["end_to_end"])


def measure(effort: Effort) -> dict[str, Any]:
    """Return all measurements, and their environment."""
    return {
        "about": about(effort),
        "decode": measure_decoding(effort),
        "held": held.measure(effort.held_cases),
        "end_to_end": end_to_end.measure(
            effort.end_to_end_runs, effort.ids, seconds=10 * effort.seconds
        ),
        "shares": shares.measure(10 * effort.ids),
        "rows": rows.measure(effort.end_to_end_runs + 1, effort.ids // 5),
        "imports": imports.measure(imports.ALL, effort.import_runs),
        "sizes": sizes.measure(),
    }


def measure_decoding(effort: Effort) -> dict[str, dict[str, Any]]:
    """Return the times of decoding; the largest bodies take longest, and have fewer runs."""
    large = [case for case in effort.cases if case.body.endswith(" 100")]
    small = [case for case in effort.cases if case not in large]
    found = {
        **decode.measure(small, effort.runs, effort.seconds),
        **decode.measure(large, effort.large_runs, effort.seconds),
    }
    return {body: found[body] for body in bodies.ENVELOPES if body in found}


def about(effort: Effort) -> dict[str, Any]:
    """Return the versions, the machine, and the number of runs."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "versions": {name: installed_version(each) for name, each in DISTRIBUTIONS.items()},
        "runs": effort.runs,
        "large_runs": effort.large_runs,
        "end_to_end_runs": effort.end_to_end_runs,
        "import_runs": effort.import_runs,
    }


def installed_version(distribution: str) -> str:
    """Return the version of a distribution."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    main()
