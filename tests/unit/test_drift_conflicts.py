"""`make drift` goes on where documents contradict each other, or one of them is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from .published import ASSOCIATIONS, CAMPAIGNS, PATHS, document, documents
from .published_files import SILENT, run, write, write_all
from .published_parts import Json


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The four documents, each in a file, in folders."""
    return write_all(tmp_path / "published", documents())


OLDER = "/marketing/v2/campaigns/batch/read"


def described_twice(path: str) -> tuple[Json, Json]:
    """Two documents that describe a version of the campaigns differently."""
    one, other = document(CAMPAIGNS), document(CAMPAIGNS)
    for each in (one, other):
        each["paths"] = {path: each["paths"][PATHS[CAMPAIGNS]]}
    other["components"]["schemas"]["PublicCampaignReadInput"]["required"] = []
    return one, other


def test_a_conflict_over_an_unused_version_is_silence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, each in enumerate(described_twice(OLDER)):
        write(folder / f"{number}.json", each)
    assert run(capsys, folder) == (0, f"{SILENT}{', '.join(PATHS)}.\n", "")


@pytest.mark.parametrize(
    "path", [PATHS[CAMPAIGNS], "/marketing/campaigns/2026-09/batch/read"], ids=["ours", "newer"]
)
def test_a_conflict_over_a_used_version_is_two(
    path: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = document(ASSOCIATIONS)
    for number, each in enumerate(described_twice(path)):
        write(folder / f"{number}.json", each)
    code, output, errors = run(capsys, folder)
    assert (code, errors) == (2 if path == PATHS[CAMPAIGNS] else 1, "")
    assert f"Could not be compared: {CAMPAIGNS}: {path} is described differently in " in output
    changed["components"]["schemas"]["PublicObjectId"]["properties"]["id"]["format"] = "special"
    write(folder / ASSOCIATIONS / "openapi.json", changed)
    code, output, _ = run(capsys, folder)
    assert code == 1
    assert "published special, ours absent" in output
    assert f"Could not be compared: {CAMPAIGNS}: {path} is described differently in " in output


def test_a_conflict_in_one_of_two_states_costs_its_operation(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = write_all(tmp_path / "new", documents())
    for number, each in enumerate(described_twice(OLDER)):
        write(folder / f"{number}.json", each)
        write(new / "only.json", each)
    code, output, errors = run(capsys, "--old", folder, "--new", new)
    assert (code, errors) == (2, "")
    assert f"Could not be compared: {OLDER}: {OLDER} is described differently in " in output
    assert all(each in output for each in PATHS)


@pytest.mark.parametrize("item", [7, {"$ref": "#/nowhere"}, {"$ref": 7}])
def test_a_document_that_cannot_be_searched_is_two(
    item: object, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(folder / "broken.json", {**document(CAMPAIGNS), "paths": {OLDER: item}})
    code, output, errors = run(capsys, folder)
    assert (code, errors) == (2, "")
    assert output.startswith(f"{SILENT}{', '.join(PATHS)}. Could not be compared: {file}: ")


def test_a_broken_version_that_is_not_used_is_silence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    item = {"post": {"parameters": 1}}
    for name in ("one.json", "other.json"):
        write(folder / name, {**document(CAMPAIGNS), "paths": {OLDER: item}})
    assert run(capsys, folder) == (0, f"{SILENT}{', '.join(PATHS)}.\n", "")


def test_the_only_document_being_broken_is_two_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = {**document(CAMPAIGNS), "paths": {OLDER: 7}}
    file = write(tmp_path / "broken.json", broken)
    code, output, errors = run(capsys, file)
    assert (code, output) == (2, "")
    assert errors.startswith(f"drift: {file}: ")
