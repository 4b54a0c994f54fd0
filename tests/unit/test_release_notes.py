"""`make release-notes`, tried on a project with one release and one change since."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest
import release_notes
from surface import changes

ROOT = Path(__file__).resolve().parents[2]
SPEC = "openapi/hubspot-batch-read.yaml"
MODEL = "generated/hubspot_batch_read_api/models/associated_object.py"
CLIENT = "src/hubspot_batch_read/client.py"
IN_ORDER = 0
NOT_IN_ORDER = 1
NOTHING_TO_COMPARE = 2


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, released as v0.1.0."""
    project = tmp_path_factory.mktemp("released")
    for name in ("pyproject.toml", "CHANGELOG.md"):
        shutil.copy(ROOT / name, project)
    # What no test here changes takes as long to be read as the rest.
    ignore = shutil.ignore_patterns("__pycache__", "cli", "sandbox")
    for name in ("openapi", "tools", "src", "generated"):
        shutil.copytree(ROOT / name, project / name, ignore=ignore)
    changelog = (
        "# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-01-01\n\n- toObjectId, unread\n"
    )
    (project / "CHANGELOG.md").write_text(changelog)
    git(project, "init", "--quiet")
    release(project, "v0.1.0")
    return project


@pytest.fixture
def project(released: Path, tmp_path: Path) -> Path:
    """The released project, to be changed."""
    return shutil.copytree(released, tmp_path / "project")


def git(project: Path, *arguments: str) -> None:
    settings = ("user.name=nobody", "user.email=nobody@example.com", "commit.gpgsign=false")
    command = ["git", *(part for setting in settings for part in ("-c", setting)), *arguments]
    subprocess.run(command, cwd=project, check=True, capture_output=True)


def release(project: Path, tag: str) -> None:
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--allow-empty", "--message", tag)
    git(project, "tag", tag)


def change(project: Path, file: str, old: str, new: str) -> None:
    text = (project / file).read_text("utf-8")
    assert old in text
    (project / file).write_text(text.replace(old, new), "utf-8")


class Notes(Protocol):
    """Run the script; gives the exit code and all that was printed."""

    def __call__(self, project: Path, *arguments: str) -> tuple[int, str]: ...


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Notes:
    """The script in this process, which has imported what it needs."""

    def run(project: Path, *arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(release_notes, "ROOT", project)
        monkeypatch.setattr(sys, "argv", ["release_notes.py", *arguments])
        monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
        code = release_notes.main()
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return run


def in_process_of_its_own(project: Path, *arguments: str) -> tuple[int, str]:
    run = subprocess.run(
        [sys.executable, "tools/release_notes.py", *arguments],
        cwd=project,
        env={**os.environ, "GIT_CEILING_DIRECTORIES": str(project.parent)},
        check=False,
        capture_output=True,
        text=True,
    )
    return run.returncode, run.stdout + run.stderr


def mention(project: Path, text: str) -> None:
    change(project, "CHANGELOG.md", "## [Unreleased]\n", f"## [Unreleased]\n\n- {text}\n")


def test_without_a_change_the_next_release_is_a_patch(project: Path) -> None:
    code, printed = in_process_of_its_own(project)
    assert code == IN_ORDER
    assert printed.startswith("Since v0.1.0: patch. The version after 0.1.0 is 0.1.1 ")


def test_a_new_property_is_minor_and_has_to_be_in_the_changelog(
    project: Path, notes: Notes
) -> None:
    change(
        project,
        SPEC,
        "        toObjectId:\n",
        "        pairedAt: {type: string, description: New.}\n        toObjectId:\n",
    )
    code, printed = notes(project)
    assert code == NOT_IN_ORDER
    assert "Since v0.1.0: minor. The version after 0.1.0 is 0.1.1 " in printed
    assert (
        "addition   readAssociations response 200, 207 $.results[*].to[*].pairedAt  property: "
        "is string, optional, was absent" in printed
    )
    assert "CHANGELOG.md does not mention pairedAt" in printed

    mention(project, "`AssociatedObject.paired_at`")
    assert notes(project)[0] == IN_ORDER


def test_a_property_that_goes_from_spec_and_model_is_major_and_named_once(
    project: Path, notes: Notes
) -> None:
    change(
        project, SPEC, "required: [associationTypes, toObjectId]", "required: [associationTypes]"
    )
    change(project, MODEL, "    to_object_id: str = ", "    to_object_id: str | None = ")
    code, printed = notes(project)
    assert code == NOT_IN_ORDER
    assert "Since v0.1.0: major. The version after 0.1.0 is 0.2.0 " in printed
    assert "required: is optional, was required" in printed
    assert "hubspot_batch_read.AssociatedObject.to_object_id  type str | None, was str" in printed
    # What the changelog says of the last release does not count.
    assert printed.count("does not mention") == 1

    mention(project, "`toObjectId` may be absent, and `to_object_id` None.")
    assert notes(project)[0] == IN_ORDER


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("def close(self", "def shut(self", {(True, "close", "gone (function)")}),
        ("def close(self", "def shut(self", {(False, "shut", "new (function)")}),
        (
            "def close(self)",
            "def close(self, now: bool)",
            {(True, "close", "parameter was added as required: now")},
        ),
        (
            "def close(self)",
            "def close(self, now: bool = True)",
            {(False, "close", "new parameter now")},
        ),
        (
            "def close(self) -> None",
            "def close(self) -> bool",
            {(True, "close", "returns bool, was None")},
        ),
        ("self._read(", "self._other(", set[tuple[bool, str, str]]()),
    ],
    ids=["gone", "new", "required parameter", "parameter", "return type", "private"],
)
def test_a_change_of_the_python_surface_is_told(
    tmp_path: Path, old: str, new: str, told: set[tuple[bool, str, str]]
) -> None:
    for name in ("src", "generated"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    change(tmp_path, CLIENT, old, new)
    found = {
        (each.breaking, each.path.removeprefix("hubspot_batch_read.HubSpot."), each.what)
        for each in changes(ROOT, tmp_path)
    }
    assert told <= found
    assert found if told else not found


def test_a_version_that_was_raised_too_little_is_refused(project: Path, notes: Notes) -> None:
    change(project, CLIENT, "def close(self)", "def close(self, now: bool)")
    mention(project, "`now`, for `close`")
    for file in ("pyproject.toml", SPEC):
        change(project, file, "0.1.0", "0.1.1")
    code, printed = notes(project)
    assert code == NOT_IN_ORDER
    assert "the version is 0.1.1, and these changes make it 0.2.0" in printed

    for file in ("pyproject.toml", SPEC):
        change(project, file, "0.1.1", "0.2.0")
    assert notes(project)[0] == IN_ORDER


def test_spec_and_package_have_one_version(project: Path, notes: Notes) -> None:
    change(project, SPEC, "version: 0.1.0", "version: 0.1.1")
    code, printed = notes(project)
    assert code == NOT_IN_ORDER
    assert "the spec's version is 0.1.1, the package's 0.1.0" in printed


def test_the_last_tag_is_that_of_the_newest_version(project: Path, notes: Notes) -> None:
    for number in ("9", "10"):
        release(project, f"v0.1.{number}")
    assert "Since v0.1.10" in notes(project)[1]
    assert "Since v0.1.9" in notes(project, "v0.1.9")[1]


def test_before_the_first_release_everything_is_new(project: Path, notes: Notes) -> None:
    git(project, "tag", "--delete", "v0.1.0")
    assert notes(project) == (IN_ORDER, "No release is tagged yet: everything is new.\n")


def test_a_tag_that_does_not_exist_is_named(project: Path, notes: Notes) -> None:
    code, printed = notes(project, "v9.9.9")
    assert code == NOTHING_TO_COMPARE
    assert "v9.9.9" in printed


def test_outside_of_git_there_is_nothing_to_compare_with(project: Path, notes: Notes) -> None:
    shutil.rmtree(project / ".git")
    code, printed = notes(project)
    assert code == NOTHING_TO_COMPARE
    assert "release-notes: " in printed
    assert "Traceback" not in printed
