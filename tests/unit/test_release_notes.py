"""`make release-notes`: what it lists since a release, and when it cannot say."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
SPEC: Final = "openapi/hubspot-batch-read.yaml"
LAYER: Final = "src/hubspot_batch_read/__init__.py"
GENERATED: Final = "generated/hubspot_batch_read_api/__init__.py"
OPERATIONS: Final = "readAssociations, readAssociationsV3, readCampaigns, readWorkflowIdMappings"


class Repository:
    """A repository with the real spec, the real tools, and two small packages; v1.0.0 is tagged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.write(LAYER, "def read(ids): ...\n\n\ndef close(): ...\n")
        self.write(GENERATED, "class Client: ...\n\n\nclass Row: ...\n")
        self.write(SPEC, (ROOT / SPEC).read_text("utf-8"))
        shutil.copy(ROOT / "Makefile", folder)
        (folder / "tools").symlink_to(ROOT / "tools")
        self.git("init", "--quiet")
        self.commit()
        self.git("tag", "v1.0.0")

    def write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    def git(self, *arguments: str) -> None:
        settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        subprocess.run(
            ["git", "-c", "user.name=x", "-c", "user.email=x", *arguments],  # noqa: S607
            cwd=self.folder,
            env={**os.environ, **settings},
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def commit(self) -> None:
        self.git("add", "src", "generated", "openapi")
        self.git("commit", "--quiet", "--message", "A state")

    def release_notes(self, *arguments: str) -> tuple[int, str, str]:
        """Make the release notes; give the exit code, the output and the errors."""
        make = ["make", "--no-print-directory", "release-notes", "READY="]
        done = subprocess.run(
            [*make, f"BIN={Path(sys.executable).parent}", *arguments],
            cwd=self.folder,
            check=False,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def test_what_changed_since_the_release_is_listed(repository: Repository) -> None:
    repository.write(LAYER, "def read(ids, pages): ...\n")
    repository.write(GENERATED, "class Client: ...\n")
    spec = (ROOT / SPEC).read_text("utf-8")
    repository.write(SPEC, spec.replace("maxItems: 50\n", "maxItems: 40\n"))
    code, listed, errors = repository.release_notes()
    assert (code, errors) == (0, "")
    assert listed.splitlines() == [
        f"{LAYER}:1: read(pages): Parameter was added as required",
        f"{LAYER}:0: close: Public object was removed",
        f"{GENERATED}:0: Row: Public object was removed",
        "breaking   readCampaigns request $.inputs  maxItems: is 40, was 50  "
        "[/components/schemas/CampaignRequest/properties/inputs]",
        f"breaking: 1. Compared: {OPERATIONS}.",
    ]

    repository.commit()
    unchanged = (0, f"No differences. Compared: {OPERATIONS}.\n", "")
    assert repository.release_notes("SINCE=HEAD") == unchanged


def test_without_something_to_compare_with_it_fails(repository: Repository) -> None:
    code, listed, errors = repository.release_notes("SINCE=v0.9.0")
    assert (code, listed) == (2, "")
    assert errors.startswith("fatal: invalid object name 'v0.9.0'.\n")

    repository.git("tag", "--delete", "v1.0.0")
    repository.git("tag", "very-old")
    code, listed, errors = repository.release_notes()
    assert (code, listed) == (2, "")
    assert errors.startswith("No release is tagged yet: name a commit with SINCE=...\n")


def test_a_package_with_a_syntax_error_fails(repository: Repository) -> None:
    repository.write(LAYER, "def read(:\n")
    code, listed, errors = repository.release_notes()
    assert (code, listed) == (2, "")
    assert errors.startswith("hubspot_batch_read cannot be compared: ")
    assert "Syntax error" in errors.splitlines()[0]


def test_a_package_that_the_release_did_not_have_fails(repository: Repository) -> None:
    repository.git("rm", "--quiet", "-r", "--cached", "generated")
    repository.git("commit", "--quiet", "--message", "Without the generated SDK")
    code, _, errors = repository.release_notes("SINCE=HEAD")
    assert code == 2
    assert errors.startswith("hubspot_batch_read_api cannot be compared: ModuleNotFoundError: ")
