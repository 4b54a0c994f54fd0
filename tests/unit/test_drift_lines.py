"""`make drift` names everything that changed, and in few lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from .published import ASSOCIATIONS, ASSOCIATIONS_V3, CAMPAIGNS, PATHS, document, documents
from .published_files import SILENT, run, write, write_all
from .published_parts import query_parameter, text


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


def test_another_host_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    moved = documents()
    for each in moved.values():
        each["servers"] = [{"url": "https://api.hubspot.com/"}]
    old, new = write_all(tmp_path / "old", documents()), write_all(tmp_path / "new", moved)
    for arguments, sides in (
        ([new], ("published", "ours")),
        (["--old", old, "--new", new], ("is", "was")),
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
def test_the_host_is_compared_wherever_it_is_stated(
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


def test_what_the_spec_deprecates_may_be_published_either_way(
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
