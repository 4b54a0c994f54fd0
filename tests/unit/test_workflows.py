"""The workflows: what they call, what is published, and what happens to a weekly difference.

Their form is checked by zizmor, in `make lint`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"
SPEC = ROOT / "openapi" / "hubspot-batch-read.yaml"

# Stands for GitHub's command line: writes down what it is asked, and knows the open issues.
GH = """\
#!{python}
import json, os, sys
from pathlib import Path
issues = json.loads(Path("issues.json").read_text())
with open("calls.txt", "a") as calls:
    print(*sys.argv[1:3], file=calls)
if sys.argv[1:3] == ["issue", "list"]:
    title = os.environ["TITLE"]
    assert sys.argv[-1] == "map(select(.title == env.TITLE)) | .[0].number // empty"
    print(*[issue["number"] for issue in issues if issue["title"] == title][:1])
elif sys.argv[1:3] == ["issue", "view"]:
    print(*[issue["body"] for issue in issues if str(issue["number"]) == sys.argv[3]])
"""


def steps(workflow: str, job: str) -> list[dict[str, Any]]:
    document = yaml.safe_load((WORKFLOWS / workflow).read_text("utf-8"))
    found: list[dict[str, Any]] = document["jobs"][job]["steps"]
    return found


def run(step: dict[str, Any], folder: Path, **environment: str) -> int:
    """Run a step of a workflow as its host would; gives the exit code."""
    programs = folder / "bin"
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", step["run"]],  # noqa: S607
        cwd=folder,
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", **environment},
        check=False,
        capture_output=True,
    ).returncode


def program(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(0o755)


# What is called -------------------------------------------------------------------------------


def test_every_python_that_the_package_claims_is_tested() -> None:
    document = yaml.safe_load((WORKFLOWS / "ci.yml").read_text("utf-8"))
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    claimed = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', project)
    assert claimed
    assert set(claimed) <= set(document["jobs"]["test"]["strategy"]["matrix"]["python"])


def test_every_target_that_a_workflow_makes_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    called = {
        target
        for file in WORKFLOWS.glob("*.yml")
        for command in re.findall(r"\bmake ([a-z -]+)$", file.read_text("utf-8"), re.MULTILINE)
        for target in command.split()
    }
    assert {"lint", "typecheck", "check-generated", "test"} <= called <= targets
    assert {"check-wheel", "test-lowest", "audit"} <= called


# What is published ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "is_refused"),
    [("v1.2.3", False), ("v1.2", True), ("v1.2.3.1", True), ("v1.2..", True), ("v1.2.4", True)],
)
def test_a_tag_that_is_not_the_version_publishes_nothing(
    tmp_path: Path, tag: str, is_refused: bool
) -> None:
    (tmp_path / "pyproject.toml").write_text('name = "it"\nversion = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text("## [1.2.4]\n\n## [1.2.3] - 2026-01-02\n")
    (check,) = (step for step in steps("release.yml", "build") if "TAG" in step.get("env", {}))
    assert bool(run(check, tmp_path, TAG=tag)) == is_refused


def test_a_version_that_the_changelog_lacks_is_not_published(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('version = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text("## [Unreleased]\n\n## [1.2.2]\n")
    (check,) = (step for step in steps("release.yml", "build") if "TAG" in step.get("env", {}))
    assert run(check, tmp_path, TAG="v1.2.3") != 0


def test_only_what_was_checked_is_attested_and_published() -> None:
    """The job that may publish runs none of the project's code."""
    jobs = yaml.safe_load((WORKFLOWS / "release.yml").read_text("utf-8"))["jobs"]
    assert jobs["build"]["permissions"] == {"contents": "read"}
    assert [step["run"] for step in jobs["build"]["steps"] if "run" in step][1:] == [
        ".ci/run",
        "make audit",
        "make check-wheel",
    ]
    assert jobs["publish"]["needs"] == "build"
    assert [step.get("uses", "").partition("@")[0] for step in jobs["publish"]["steps"]] == [
        "actions/download-artifact",
        "actions/attest-build-provenance",
        "pypa/gh-action-pypi-publish",
    ]


# What happens to a difference -----------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    shutil.copytree(
        ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(SPEC.parent, tmp_path / "openapi")
    program(tmp_path, "bin/make", "#!/bin/sh\n")
    program(tmp_path, ".venv/bin/python", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    return tmp_path


@pytest.mark.parametrize(
    ("published", "exit_code", "status"),
    [("openapi/hubspot-batch-read.yaml", 0, "1"), ("nowhere.json", 1, "2")],
    ids=["differences", "could not compare"],
)
def test_a_comparison_fails_the_job_only_if_impossible(
    checkout: Path, published: str, exit_code: int, status: str
) -> None:
    files = {name: str(checkout / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    (compare,) = (step for step in steps("drift.yml", "drift") if step.get("id") == "compare")
    assert run(compare, checkout, PUBLISHED=published, **files) == exit_code
    assert (checkout / "GITHUB_OUTPUT").read_text() == f"status={status}\n"
    report = (checkout / "report.md").read_text()
    assert (checkout / "GITHUB_STEP_SUMMARY").read_text() == report
    assert ("| meaning |" in report) == (status == "1")


def issue(number: int, title: str, body: str) -> dict[str, object]:
    return {"number": number, "title": title, "body": body}


TITLE = "HubSpot's OpenAPI documents differ from the spec"
LOOK = ["issue list"]


@pytest.mark.parametrize(
    ("open_issues", "calls"),
    [
        ([], [*LOOK, "issue create"]),
        ([issue(1, "Another", "report")], [*LOOK, "issue create"]),
        ([issue(1, "Another", ""), issue(2, TITLE, "report")], [*LOOK, "issue view"]),
        (
            [issue(2, TITLE, "older report")],
            [*LOOK, "issue view", "issue edit", "issue comment"],
        ),
    ],
    ids=["none is open", "another is open", "it is known", "the report has changed"],
)
def test_there_is_one_issue_of_what_differs(
    tmp_path: Path, open_issues: list[dict[str, object]], calls: list[str]
) -> None:
    program(tmp_path, "bin/gh", GH.format(python=sys.executable))
    (tmp_path / "issues.json").write_text(json.dumps(open_issues))
    (tmp_path / "report.md").write_text("report\n")
    step = steps("drift.yml", "drift")[-1]
    assert step["env"]["TITLE"] == TITLE
    assert run(step, tmp_path, TITLE=TITLE) == 0
    assert (tmp_path / "calls.txt").read_text().splitlines() == calls
