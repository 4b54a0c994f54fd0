"""The README: its code runs as it stands; its commands, files and tree are the real ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import hubspot_batch_read_api
from hubspot_batch_read.sandbox import Sandbox
from hubspot_batch_read_api import AuthenticatedClient, errors

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
CODE = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("code", CODE, ids=range(len(CODE)))
def test_the_code_runs_as_it_stands(
    code: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Sandbox(seed=7) as sandbox:

        def client(
            token: str, base_url: str = sandbox.base_url, **arguments: Any
        ) -> AuthenticatedClient:
            return AuthenticatedClient(token, base_url, **arguments)

        monkeypatch.setattr(hubspot_batch_read_api, "AuthenticatedClient", client)
        monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", sandbox.token)
        # The README's ids are nobody's; here they are those of objects that exist.
        code = code.replace("37295", sandbox.portal.contact_ids[0])
        code = code.replace("0e1cf94a-1b2c-4d3e-8f50-6a7b8c9d0e1f", sandbox.portal.campaign_ids[0])
        exec(compile(code, "README.md", "exec"), {"__name__": "readme"})  # noqa: S102 - the test
        printed = capsys.readouterr().out
        assert ("print(" in code) == bool(printed)


def test_the_first_call_takes_twelve_lines_at_most() -> None:
    assert len(CODE[0].strip().splitlines()) <= 12


def test_the_commands_are_targets_of_the_makefile() -> None:
    named = set(re.findall(r"^make ([a-z-]+)", README, re.MULTILINE))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


def test_every_target_of_the_makefile_is_described_by_make_help() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    described = set(re.findall(r"^([a-z-]+):.* ## \w", makefile, re.MULTILINE))
    assert set(phony[1].split()) == described


def test_the_files_it_links_to_exist() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_tree_of_errors_is_the_one_in_the_code() -> None:
    drawn = re.search(r"^HubSpotError\n(?:[│├└ ].*\n)+", README, re.MULTILINE)
    assert drawn is not None
    tree = "".join(f"    {line}\n" for line in drawn[0].splitlines())
    assert tree in (errors.__doc__ or "")
