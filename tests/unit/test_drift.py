"""`make drift`: what it is asked, what it prints, and how it ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import drift
import pytest

from .published import (
    ASSOCIATIONS,
    CAMPAIGNS,
    PATHS,
    WORKFLOWS,
    document,
    documents,
)
from .published_files import SILENT, run, write, write_all
from .published_parts import Json, text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The four documents, each in a file, in folders."""
    return write_all(tmp_path / "published", documents())


def widened() -> Json:
    """The campaigns document with one difference in two responses, and one in the request."""
    changed = document(CAMPAIGNS)
    schemas = changed["components"]["schemas"]
    schemas["PublicCampaignAsset"]["properties"]["name"]["format"] = "special"
    schemas["PublicCampaignReadInput"]["properties"]["a|b"] = text()
    return changed


# Exit codes and formats -------------------------------------------------------------------------


def test_nothing_new_is_zero(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, output, errors = run(capsys, folder)
    assert (code, errors) == (0, "")
    assert output == f"{SILENT}{', '.join(PATHS)}.\n"
    code, output, errors = run(capsys, "--old", folder, "--new", folder)
    assert (code, errors) == (0, "")
    assert output == f"{SILENT}{', '.join(sorted(PATHS))}.\n"


def test_a_difference_is_one_and_one_line(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = write(tmp_path / "new.json", widened())
    code, output, _ = run(capsys, new)
    assert code == 1
    assert output.splitlines() == [
        f'addition   {CAMPAIGNS} request $.inputs[*]["a|b"]  property: '
        "published string, optional, ours absent  [/components/schemas/CampaignInput/properties]",
        f"addition   {CAMPAIGNS} response 200, 207 $.results[*].assets.*.results[*].name  format: "
        "published special, ours absent  [/components/schemas/Asset/properties/name]",
        f"addition: 2. Compared: {CAMPAIGNS}. Not in the documents: "
        + ", ".join(each for each in PATHS if each != CAMPAIGNS)
        + ".",
    ]
    code, output, _ = run(capsys, "--old", folder / CAMPAIGNS, "--new", new)
    assert code == 1
    assert "is special, was absent  [" in output


def test_an_operation_that_cannot_be_compared_is_two_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "a.json", document(CAMPAIGNS))
    code, output, _ = run(capsys, file)
    assert code == 2
    assert output.startswith(f"No differences. Compared: {CAMPAIGNS}. Not in the documents: ")
    assert all(each in output for each in PATHS)


def test_a_deviation_that_is_out_of_date_is_called_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = document(ASSOCIATIONS)
    label = changed["components"]["schemas"]["AssociationSpecWithLabel"]["properties"]["label"]
    label["nullable"] = True
    file = write(tmp_path / "a.json", changed)
    code, output, _ = run(capsys, file)
    assert code == 1
    assert output.startswith("form only  ")
    assert (
        "null (deviation out of date, take it out): published allowed, declared not allowed  ["
        in output
    )
    assert "form only: 1. " in output


def test_markdown_is_a_table_of_as_many_columns_in_each_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "a.json", widened())
    code, output, _ = run(capsys, file, "--format", "markdown")
    summary, empty, *table = output.splitlines()
    assert code == 1
    assert summary.startswith("addition: 2. ")
    assert not empty
    assert table[:2] == [
        "| meaning | where | what | published | ours | stated at |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    assert len(table) == 4
    for row in table:
        assert row.count("|") - row.count("\\|") == 7
    assert '$.inputs[*]["a\\|b"]' in table[2]
    _, output, _ = run(capsys, "--old", file, "--new", file, "--format", "markdown")
    assert output.startswith(SILENT)
    assert len(output.splitlines()) == 1


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_what_is_printed_does_not_depend_on_chance(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    new = write(tmp_path / "new.json", widened())
    arguments = ("--old", folder / WORKFLOWS, "--new", new, folder / ASSOCIATIONS)
    _, output, _ = run(capsys, *arguments, "--format", form)
    for seed in ("1", "2"):
        again = subprocess.run(
            [sys.executable, drift.__file__, *map(str, arguments), "--format", form],
            env={"PYTHONHASHSEED": seed},
            check=False,
            capture_output=True,
            text=True,
        )
        assert (again.returncode, again.stdout, again.stderr) == (1, output, "")


# What is asked ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give PUBLISHED="),
        (["--old", "a"], "OLD=… and NEW=… go together"),
        (["--new", "a"], "OLD=… and NEW=… go together"),
        (["a", "--old", "a", "--new", "a"], "give PUBLISHED="),
        (["a", "--format", "xml"], "invalid choice: 'xml'"),
    ],
)
def test_a_question_that_makes_no_sense_is_two(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, output, errors = run(capsys, *arguments)
    assert (code, output) == (2, "")
    assert said in errors


def as_make_has_it(path: Path) -> str:
    """A path on make's command line, where a dollar is written twice."""
    return str(path).replace("$", "$$")


def test_make_passes_on_what_it_is_given(tmp_path: Path) -> None:
    file = write(tmp_path / "a.json", widened())
    spaced = write(tmp_path / "my  own 'folder'" / "b $x.json", widened())
    quoted = f'"{tmp_path}/it is a.json"'
    (tmp_path / "it is a.json").write_text(file.read_text())
    make = ["make", "--no-print-directory", "drift", "READY=", f"BIN={Path(sys.executable).parent}"]
    for arguments, said in (
        ([f"PUBLISHED={file}"], "published special, ours absent  ["),
        ([f"PUBLISHED={tmp_path}/*.json"], "published special, ours absent  ["),
        ([f"PUBLISHED={as_make_has_it(spaced)}"], "published special, ours absent  ["),
        ([f"PUBLISHED={as_make_has_it(spaced.parent)}"], "published special, ours absent  ["),
        ([f"PUBLISHED={quoted} {file}"], "published special, ours absent  ["),
        ([f"OLD={as_make_has_it(spaced)}", f"NEW={as_make_has_it(spaced)}"], SILENT + CAMPAIGNS),
        ([f"OLD={file}", f"NEW={file} {file}", "FORMAT=markdown"], SILENT + CAMPAIGNS),
    ):
        output = subprocess.run(
            [*make, *arguments], cwd=drift.ROOT, check=False, capture_output=True, text=True
        )
        assert said in output.stdout, output
