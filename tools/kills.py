"""Kill runs of the command line at random times, and compare the files with those of one run.

    python tools/kills.py --ids 200000 --kills 20

Each format is written once by a single run, and once by runs that are stopped by KILL, TERM or INT
and resumed. There are failing responses, invalid ids and repeated ids. Exit code 1 if rows, missing
ids or the names of files differ, or if a run fails.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq

from hubspot_batch_read.sandbox import Drop, Fault, Portal, Sandbox, SandboxResponse, at_rate

FORMATS = ("jsonl", "csv", "parquet")
SIGNALS = [signal.SIGKILL, signal.SIGTERM, signal.SIGINT]


def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--ids", type=int, default=200_000)
    parser.add_argument("--kills", type=int, default=20, help="kills for each format")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    portal = Portal(seed=arguments.seed, contacts=arguments.ids)
    with TemporaryDirectory() as name, Sandbox(portal=portal) as sandbox:
        folder = Path(name)
        write_ids(folder / "ids", portal.contact_ids)
        same = [try_format(sandbox, folder, each, arguments.kills) for each in FORMATS]
    return 0 if all(same) else 1


def write_ids(path: Path, ids: tuple[str, ...]) -> None:
    """Write ids, with invalid and repeated ones in between."""
    with path.open("w") as file:
        for number, id_ in enumerate(ids):
            file.write(f"{id_}\n")
            if number % 97 == 0:
                file.write(f"{id_};{number}\n")
            if number % 89 == 0:
                file.write(f"{ids[number // 2]}\n")


def try_format(sandbox: Sandbox, folder: Path, format_: str, kills: int) -> bool:
    """Write a file by one run and by killed ones; print and return whether they are the same."""
    whole, killed = folder / f"whole-{format_}", folder / f"killed-{format_}"
    whole.mkdir()
    killed.mkdir()
    started = time.monotonic()
    codes = [start(sandbox, whole, format_).wait()]
    seconds = time.monotonic() - started
    faults: list[Fault] = [SandboxResponse(503, headers={"Retry-After": "0"}), Drop.MIDDLE]
    sandbox.faults = at_rate(0.1, faults, seed=1)
    killed_codes: Counter[int] = Counter()
    for _ in range(kills):
        process = start(sandbox, killed, format_)
        time.sleep(random.uniform(0.3, max(0.6, 3 * seconds / kills)))  # noqa: S311 - no secret
        process.send_signal(random.choice(SIGNALS))  # noqa: S311 - no secret
        killed_codes[process.wait()] += 1
    sandbox.faults = None
    codes.append(start(sandbox, killed, format_).wait())
    print(
        f"{format_}: {seconds:.0f} s in one run; exit codes of the killed runs {dict(killed_codes)}"
    )
    if codes != [1, 1]:  # 1: ids are missing
        print(f"  failed: the exit codes of the whole runs are {codes}")
        return False
    name = f"rows.{format_}"
    whole_rows, killed_rows = (sorted(rows(each / name)) for each in (whole, killed))
    same = {
        "rows": whole_rows == killed_rows,
        "missing ids": sorted(lines(whole / "missing")) == sorted(lines(killed / "missing")),
        "files": names(whole) == names(killed),
    }
    differ = [what for what, is_same in same.items() if not is_same]
    print(f"  {len(whole_rows):,} rows; different: {', '.join(differ) or 'nothing'}")
    return not differ


def start(sandbox: Sandbox, folder: Path, format_: str) -> subprocess.Popen[bytes]:
    """Start a run, or resume one."""
    command = [sys.executable, "-m", "hubspot_batch_read.cli", "associations", "contacts", "deals"]
    command += ["--ids", str(folder.parent / "ids"), "--base-url", sandbox.base_url, "--resume"]
    command += ["--output", str(folder / f"rows.{format_}"), "--missing", str(folder / "missing")]
    return subprocess.Popen(
        command,
        env={**os.environ, "HUBSPOT_ACCESS_TOKEN": sandbox.token},
        stderr=subprocess.DEVNULL,
    )


def names(folder: Path) -> set[str]:
    """Return the names of the files in a folder."""
    return {file.name for file in folder.iterdir()}


def rows(path: Path) -> Iterator[str]:
    """Yield the rows of a file."""
    if path.suffix == ".parquet":
        yield from map(str, pq.read_table(path).to_pylist())
    elif path.suffix == ".csv":
        with path.open(newline="") as file:
            yield from map(str, csv.reader(file))
    else:
        yield from lines(path)


def lines(path: Path) -> Iterator[str]:
    """Yield the JSON lines of a file."""
    with path.open("rb") as file:
        yield from (json.dumps(json.loads(line)) for line in file)


if __name__ == "__main__":
    sys.exit(main())
