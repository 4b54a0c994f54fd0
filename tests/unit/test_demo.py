"""`make demo`: all four reads and an error, and a clean end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

DEMO = Path(__file__).resolve().parents[2] / "examples" / "demo.py"


def demo(*arguments: str, **variables: str) -> tuple[int, str]:
    """Run the demo as a user would; gives the exit code and all that was printed."""
    environment = {**os.environ, "COLUMNS": "120", **variables}
    run = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", DEMO, *arguments],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return run.returncode, run.stdout + run.stderr


def test_it_shows_four_reads_and_an_error_and_stops_the_sandbox() -> None:
    code, output = demo()
    assert code == 0
    for shown in (
        "read_associations: contacts to companies",
        "read_associations_v3: contacts to deals",
        "read_campaigns",
        "read_workflow_id_mappings",
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
