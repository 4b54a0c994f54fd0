"""The fixture in a user's project, which only has the plugin, in a separate pytest."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
TESTS = {
    page: "\n\n".join(
        block for block in BLOCK.findall((ROOT / page).read_text()) if "def test_" in block
    )
    for page in ("README.md", "docs/sandbox.md", "docs/recipes.md")
}
LAZY = """
import sys

HEAVY = {"uvicorn", "httpx", "attrs", "hubspot_batch_read.sandbox"}
IMPORTED = HEAVY & sys.modules.keys()  # before any other file of tests is

def test_nothing_is_imported_before_the_fixture_is_used():
    assert "hubspot_batch_read.pytest_plugin" in sys.modules
    assert not IMPORTED
"""
APART = """
def test_one(hubspot_sandbox):
    hubspot_sandbox.portal.add_workflow(flow_id=5, workflow_id=6)

def test_other(hubspot_sandbox):
    assert hubspot_sandbox.portal.workflows.by_workflow_id == {}
    assert hubspot_sandbox.faults is None
"""
WITHOUT_EXTRA = """
import sys

class Missing:
    def find_spec(name, path, target=None):
        if name == "uvicorn":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing)

def test_without_the_fixture():
    pass

def test_with_the_fixture(hubspot_sandbox):
    pass
"""


def run(folder: Path, **files: str) -> str:
    """Run tests with the plugin, found by its entry point, and no other; return what it says."""
    for name, text in files.items():
        (folder / f"test_{name}.py").write_text(text)
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "hubspot_batch_read"]
    process = subprocess.run(
        [*command, "-p", "no:cacheprovider"],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return process.stdout + process.stderr


def test_the_tests_on_the_pages_need_only_the_plugin(tmp_path: Path) -> None:
    pages = {"page_" + re.sub(r"\W", "_", page): tests for page, tests in TESTS.items()}
    output = run(tmp_path, a_lazy=LAZY, apart=APART, **pages)
    assert re.search(r"^7 passed in ", output, re.MULTILINE), output


def test_without_the_extra_the_fixture_says_what_to_install(
    tmp_path: Path,
) -> None:
    output = run(tmp_path, extra=WITHOUT_EXTRA)
    assert re.search(r"^1 passed, 1 error in ", output, re.MULTILINE), output
    assert 'The sandbox needs an extra: pip install "hubspot-batch-read[sandbox]"' in output


def test_the_fixture_is_there_in_this_run_too(request: pytest.FixtureRequest) -> None:
    assert request.getfixturevalue("hubspot_sandbox").portal.contact_ids == ()
