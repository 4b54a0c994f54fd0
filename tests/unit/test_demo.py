"""`make demo`: every read and an error, and a clean end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.reads import EVERY_READ, check_listed

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "examples" / "demo.py"

# Runs the demo as if nothing but the distributions named on standard input were installed.
WITH_NOTHING_ELSE = """
import re, runpy, sys
from importlib.metadata import packages_distributions

def named(distribution):
    return re.sub("[-_.]+", "-", distribution).lower()

installed = {named(line) for line in sys.stdin.read().split()}
missing = {
    module
    for module, distributions in packages_distributions().items()
    if not installed & {named(distribution) for distribution in distributions}
}

class Missing:
    def find_spec(name, path, target=None):
        if name.partition(".")[0] in missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing)
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def demo(*arguments: str, **variables: str) -> tuple[int, str]:
    """Run the demo as a user would; return the exit code and the output."""
    return run(str(DEMO), *arguments, **variables)


def run(*arguments: str, standard_input: str = "", **variables: str) -> tuple[int, str]:
    environment = {**os.environ, "COLUMNS": "120", **variables}
    run = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", *arguments],
        input=standard_input,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return run.returncode, run.stdout + run.stderr


def test_it_shows_every_read_and_an_error_and_stops_the_sandbox() -> None:
    code, output = demo()
    assert code == 0
    titles = [name for name in EVERY_READ if re.search(rf"^ *{name}\b", output, re.MULTILINE)]
    check_listed(titles, EVERY_READ, "examples/demo.py")
    for shown in (
        "read_associations: contacts to companies",
        "read_associations_v3: contacts to deals",
        "Primary, unlabelled",
        "1250",
        "is cut short: read_associations reads all of them",
        "Campaign 1",
        "without associations: ",
        "FLOW_NOT_FOUND",
        "BadRequestError: HTTP 400: Unable to infer object type from: unicorns",
    ):
        assert shown in output
    assert output.rstrip().endswith("The sandbox has stopped.")
    assert "Traceback" not in output


def test_live_without_a_token_is_one_sentence() -> None:
    code, output = demo("--live", HUBSPOT_ACCESS_TOKEN="")
    assert (code, output) == (2, "--live needs the environment variable HUBSPOT_ACCESS_TOKEN.\n")


def test_it_needs_nothing_that_is_not_pinned_for_it() -> None:
    pins = (ROOT / "requirements-demo.txt").read_text()
    names = [line.partition("==")[0] for line in pins.splitlines()]

    code, output = run(
        "-c",
        WITH_NOTHING_ELSE,
        str(DEMO),
        standard_input="\n".join([*names, "hubspot-batch-read"]),
    )

    assert (code, output.rstrip().rpartition("\n")[2]) == (0, "The sandbox has stopped."), output
