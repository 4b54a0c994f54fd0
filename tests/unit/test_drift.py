"""`make drift`: what it is asked, what it prints, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import drift
import pytest

from .published import (
    ASSOCIATIONS,
    ASSOCIATIONS_V3,
    CAMPAIGNS,
    PATHS,
    WORKFLOWS,
    document,
    documents,
)
from .published_files import SILENT, run, write, write_all
from .published_parts import Json, query_parameter, text


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


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_each_property_that_comes_is_named(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = document(ASSOCIATIONS)
    schemas = changed["components"]["schemas"]
    names = ["first", "second", "a third"]
    for schema in (
        "MultiAssociatedObjectWithLabel",
        "NextPage",
        "PublicFetchAssociationsBatchRequest",
    ):
        schemas[schema]["properties"] |= dict.fromkeys(names, text())
    code, output, _ = run(capsys, write(tmp_path / "a.json", changed), "--format", form)
    assert code == 1
    rows = [row for row in output.splitlines() if "string, optional" in row]
    assert len(rows) == 9
    for name in (".first", ".second", '["a third"]'):
        for place in (f"$.inputs[*]{name}", f"$.results[*].to[*]{name}", f".next{name}"):
            (row,) = (row for row in rows if place in row)
            assert "request" in row if "inputs" in place else "response 200, 207" in row


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_each_property_of_a_changed_schema_is_named(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = document(ASSOCIATIONS)
    changed["components"]["schemas"]["ErrorDetail"]["properties"]["code"]["format"] = "special"
    code, output, _ = run(capsys, write(tmp_path / "a.json", changed), "--format", form)
    assert code == 1
    for place in ("response 207 $.errors[*].errors[*].code", "response default $.errors[*].code"):
        assert f"{ASSOCIATIONS} {place}" in output


def test_each_parameter_that_comes_is_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = document(CAMPAIGNS)
    parameters = changed["paths"][PATHS[CAMPAIGNS]]["post"]["parameters"]
    parameters += [query_parameter("limit", text()), query_parameter("sort", text())]
    _, output, _ = run(capsys, write(tmp_path / "a.json", changed))
    first, second, _ = output.splitlines()
    assert f"{CAMPAIGNS} query limit  parameter: published optional, ours absent" in first
    assert f"{CAMPAIGNS} query sort  parameter: published optional, ours absent" in second


def test_another_host_is_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    moved = documents()
    for each in moved.values():
        each["servers"] = [{"url": "https://api.hubspot.com/"}]
    new = write_all(folder.parent / "new", moved)
    for arguments, sides in (
        ([new], ("published", "ours")),
        (["--old", folder, "--new", new], ("is", "was")),
    ):
        code, output, _ = run(capsys, *arguments)
        line, _ = output.splitlines()
        assert code == 1
        assert line.startswith("breaking ")
        assert all(operation in line for operation in PATHS)
        assert (
            f"  server: {sides[0]} https://api.hubspot.com, {sides[1]} https://api.hubapi.com  "
            "[/servers]"
        ) in line


@pytest.mark.parametrize(
    ("where", "server", "said"),
    [
        ("document", "http://api.hubapi.com", "http://api.hubapi.com"),
        ("document", "https://api.hubapi.com:8443", "https://api.hubapi.com:8443"),
        ("path", "https://eu1.hubapi.com", "https://eu1.hubapi.com"),
        ("operation", "https://eu1.hubapi.com", "https://eu1.hubapi.com"),
        ("document", "HTTPS://API.HubAPI.com/", None),
        ("document", "/", None),
        ("document", None, None),
    ],
)
def test_the_host_of_an_operation_is_compared_wherever_it_is_stated(
    where: str,
    server: str | None,
    said: str | None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    changed = document(CAMPAIGNS)
    item = changed["paths"][PATHS[CAMPAIGNS]]
    holder = {"document": changed, "path": item, "operation": item["post"]}[where]
    holder["servers"] = [{"url": server}] if server else []
    _, output, _ = run(capsys, write(tmp_path / "a.json", changed))
    if said is None:
        assert output.startswith(SILENT)
    else:
        assert f"server: published {said}, ours https://api.hubapi.com  [/servers]" in output


def test_what_becomes_deprecated_is_a_line_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = document(CAMPAIGNS)
    operation = changed["paths"][PATHS[CAMPAIGNS]]["post"]
    schemas = changed["components"]["schemas"]
    for part in (
        operation,
        operation["parameters"][0],
        schemas["PublicCampaignAsset"]["properties"]["name"],
        schemas["PublicBusinessUnit"],
    ):
        part["deprecated"] = True
    _, output, _ = run(capsys, write(tmp_path / "a.json", changed))
    *lines, _ = output.splitlines()
    assert [line.split("  [")[0] for line in lines] == [
        f"loosening  {place}deprecated: published true, ours false"
        for place in (
            f"{CAMPAIGNS}  ",
            f"{CAMPAIGNS} query startDate  ",
            f"{CAMPAIGNS} response 200, 207 $.results[*].businessUnits[*]  ",
            f"{CAMPAIGNS} response 200, 207 $.results[*].assets.*.results[*].name  ",
        )
    ]


def test_what_the_spec_calls_deprecated_may_be_published_either_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = document(ASSOCIATIONS_V3)
    changed["paths"][PATHS[ASSOCIATIONS_V3]]["post"]["deprecated"] = True
    for page in ("NextPage", "PreviousPage"):
        changed["components"]["schemas"][page]["properties"]["link"]["deprecated"] = True
    old = write(tmp_path / "old.json", document(ASSOCIATIONS_V3))
    new = write(tmp_path / "new.json", changed)
    for file in (old, new):
        assert run(capsys, file)[1].startswith(SILENT)
    _, output, _ = run(capsys, "--old", old, "--new", new)
    assert output.count("deprecated: is true, was false") == 3
    _, output, _ = run(capsys, "--old", new, "--new", old)
    assert output.count("deprecated: is false, was true") == 3


def test_an_operation_that_could_not_be_compared_is_two_and_named(
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
    _, output, _ = run(capsys, file, "--format", "json")
    assert [each["outdated_deviation"] for each in json.loads(output)["differences"]] == [True]


def test_json_has_all_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, output, _ = run(capsys, write(tmp_path / "a.json", widened()), "--format", "json")
    report = json.loads(output)
    assert code == 1
    assert report["compared"] == [CAMPAIGNS]
    assert sorted([*report["missing"], CAMPAIGNS]) == sorted(PATHS)
    assert report["differences"][1] == {
        "meaning": "addition",
        "what": "format",
        "published": "special",
        "ours": "absent",
        "outdated_deviation": False,
        "source": "/components/schemas/Asset/properties/name",
        "places": [
            {
                "operation": CAMPAIGNS,
                "part": f"response {status}",
                "path": "$.results[*].assets.*.results[*].name",
            }
            for status in (200, 207)
        ],
    }


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


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
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
        ([f"OLD={file}", f"NEW={file} {file}", "FORMAT=json"], '"differences": []'),
    ):
        output = subprocess.run(
            [*make, *arguments], cwd=drift.ROOT, check=False, capture_output=True, text=True
        )
        assert said in output.stdout, output
