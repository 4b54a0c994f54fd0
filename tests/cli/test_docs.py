"""The commands on the pages run as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import PORTAL, Cli, command_names

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCKS = {
    f"{page} {number}": block
    for page in ("README.md", "docs/cli.md")
    for number, block in enumerate(BLOCK.findall((ROOT / page).read_text()), start=1)
    if block.startswith(("hubspot-batch-read", "cut", "if")) and "sandbox" not in block
}


@pytest.mark.parametrize("commands", BLOCKS.values(), ids=BLOCKS)
def test_the_commands_run_as_they_stand(cli: Cli, commands: str) -> None:
    ids = PORTAL.contact_ids[:20]
    Path("contacts.txt").write_text("".join(f"{id_}\n" for id_ in ids))
    Path("export.csv").write_text("Record ID,Name\n" + "".join(f"{id_},Ada\n" for id_ in ids))
    command = Path("bin/hubspot-batch-read")
    command.parent.mkdir()
    command.write_text(
        f'#!/bin/sh\nexec {sys.executable} -m hubspot_batch_read.cli "$@"'
        f" --base-url {cli.sandbox.base_url}\n"
    )
    command.chmod(0o755)
    ran = subprocess.run(
        ["/bin/sh", "-e", "-c", commands],
        check=False,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "PATH": f"{command.parent.resolve()}:{os.environ['PATH']}",
            "HUBSPOT_ACCESS_TOKEN": cli.sandbox.token,
        },
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    written = [path for path in Path().iterdir() if path.name.startswith(("rows", "deals"))]
    assert ran.stdout or all(path.stat().st_size for path in written)


def test_the_page_has_every_command_and_every_option(cli: Cli) -> None:
    page = (ROOT / "docs/cli.md").read_text()
    commands = re.findall(r"^│ ([a-z][a-z0-9-]+) ", cli.help(), re.MULTILINE)
    assert commands == command_names()
    for command in commands:
        line = f"`hubspot-batch-read {command}"
        assert line in page, f"add {line}` to docs/cli.md"
        for option in re.findall(r"--[a-z-]+", cli.help(command)):
            known = option in page or option in {"--help", "--host", "--port", "--seed"}
            assert known, f"add {option} of {command} to docs/cli.md"
