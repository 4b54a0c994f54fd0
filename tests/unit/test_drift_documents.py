"""The files, folders and addresses that `make drift` reads, and its errors about broken ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from comparison import reports
from comparison.documents import Document, DocumentError
from comparison.matching import compare_with_ours
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples

from .published import ASSOCIATIONS, CAMPAIGNS, PATHS, WORKFLOWS, document, documents
from .published_files import SILENT, run, write, write_all
from .published_parts import Json, ref, text
from .published_places import Keys, at
from .published_spec import OURS
from .servers import Answer, Request, serve


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The four documents, each in a file, in folders."""
    return write_all(tmp_path / "published", documents())


# What is read -----------------------------------------------------------------------------------


def test_of_a_folder_only_openapi_documents_are_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder / "README.md", "{")
    write(folder / "index.json", ["a", "list"])
    write(folder / "old.json", {"swagger": "2.0", "paths": {}})
    write(folder / "settings.yaml", "a: 2026-03-01")
    write(folder / "sub" / "other.yml", yaml.safe_dump({"openapi": "3.1.0", "paths": {}}))
    (folder / "folder.json").mkdir()
    assert run(capsys, folder)[:2] == (0, f"{SILENT}{', '.join(PATHS)}.\n")


def test_a_document_may_be_yaml_or_begin_with_a_mark(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = documents()
    files = [
        write(tmp_path / "a.yaml", yaml.safe_dump(written[CAMPAIGNS])),
        tmp_path / "b.json",
        write(tmp_path / "c", "\n " + json.dumps(written[WORKFLOWS])),
    ]
    files[1].write_bytes(b"\xef\xbb\xbf" + json.dumps(written[ASSOCIATIONS]).encode())
    output = run(capsys, *files)[1]
    assert output.startswith(f"{SILENT}{WORKFLOWS}, {ASSOCIATIONS}, {CAMPAIGNS}. Not in")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"openapi": "3.0.1", "paths": {', "neither JSON nor YAML"),
        (b"a: [", "neither JSON nor YAML"),
        (b"\xff\xfe\x00", "can't decode"),
        (b"", "no OpenAPI 3 document"),
        (b"[]", "no OpenAPI 3 document"),
        (b'{"swagger": "2.0", "paths": {}}', "no OpenAPI 3 document"),
        (b'{"openapi": "3.0.1"}', "no OpenAPI 3 document"),
        (b"[" * 100_000, "neither JSON nor YAML"),
        (b'{"a": ' * 100_000, "neither JSON nor YAML"),
        (None, "No such file"),
    ],
)
def test_what_is_no_document_is_two_and_named(
    content: bytes | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "the document.json"
    if content is not None:
        file.write_bytes(content)
    code, output, errors = run(capsys, file)
    assert (code, output) == (2, "")
    assert errors.startswith(f"drift: {file}: ")
    assert said in errors


def test_a_broken_file_in_a_folder_is_two(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(folder / "broken.json", "{")
    code, output, errors = run(capsys, folder)
    assert (code, output) == (2, "")
    assert str(file) in errors


def test_documents_without_our_operations_are_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "a.json", {"openapi": "3.0.1", "paths": {"/crm/v3/owners": {"get": {}}}})
    for arguments in ([tmp_path], ["--old", tmp_path, "--new", tmp_path]):
        code, output, errors = run(capsys, *arguments)
        assert (code, output) == (2, "")
        assert errors == "drift: the documents have none of our operations in common\n"


# References -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reference", ["#/components/schemas/Nowhere", "other.json#/Model", "#/servers/7", "#nowhere"]
)
def test_a_reference_to_nowhere_is_two_and_named(
    reference: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = document(CAMPAIGNS)
    changed["components"]["schemas"]["PublicCampaignAsset"]["properties"]["name"] = {
        "$ref": reference
    }
    file = write(tmp_path / "a.json", changed)
    code, output, _ = run(capsys, file)
    assert code == 2
    assert f"Could not be compared: {CAMPAIGNS}: {file}: {reference} does not exist." in output


@pytest.mark.parametrize(
    "itself",
    [
        ref("PublicObjectId"),
        {"allOf": [ref("PublicObjectId")]},
        {"oneOf": [text(), ref("PublicObjectId")]},
        {"anyOf": [{"allOf": [{"type": "object"}, ref("PublicObjectId")]}]},
    ],
)
def test_a_schema_made_of_itself_is_two(
    itself: Json, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = document(ASSOCIATIONS)
    changed["components"]["schemas"]["PublicObjectId"] = itself
    code, output, _ = run(capsys, write(tmp_path / "a.json", changed))
    assert code == 2
    assert "contains itself" in output


@pytest.mark.parametrize("kind", ["responses", "parameters", "requestBodies"])
def test_any_reference_to_itself_is_two(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = document(ASSOCIATIONS)
    itself = {"$ref": f"#/components/{kind}/Error"}
    changed["components"].setdefault(kind, {})["Error"] = itself
    operation = changed["paths"][PATHS[ASSOCIATIONS]]["post"]
    operation["parameters"] += [itself] if kind == "parameters" else []
    operation["requestBody"] = itself if kind == "requestBodies" else operation["requestBody"]
    code, output, _ = run(capsys, write(tmp_path / "a.json", changed))
    assert code == 2
    assert "refers to itself" in output


# Documents that are not as OpenAPI has them -----------------------------------------------------


def keys_of(node: Any) -> Iterator[Keys]:
    for key, inner in node.items() if isinstance(node, dict) else enumerate(node):
        yield (key,)
        if isinstance(inner, dict | list):
            yield from ((key, *rest) for rest in keys_of(inner))


ANYTHING: st.SearchStrategy[object] = st.sampled_from(
    [None, [], {}, "x", 1, True, ["x"], {"x": 1}, [{}], [None]]
)
ANYWHERE = st.sampled_from([keys for keys in keys_of(document(CAMPAIGNS)) if len(keys) > 1])


@settings(max_examples=examples(100))
@given(keys=ANYWHERE, value=ANYTHING)
def test_whatever_is_wrong_in_a_document_is_no_crash(keys: Keys, value: object) -> None:
    changed = document(CAMPAIGNS)
    at(changed, keys[:-1])[keys[-1]] = value
    with suppress(DocumentError):
        assert reports.as_text(compare_with_ours(OURS, [Document("changed", changed)]))


# Addresses --------------------------------------------------------------------------------------


def files_of(folder: Path) -> Callable[[Request], Answer]:
    """Answer with the files of a folder; anything else there is no document."""

    def answer(request: Request) -> Answer:
        path = folder / request.path.removeprefix("/")
        if path.is_dir():
            return Answer(200, {}, b"<html></html>")
        return Answer(200, {}, path.read_bytes()) if path.exists() else Answer(404, {}, b"")

    return answer


def test_a_document_may_be_at_an_address(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    marked = b"\xef\xbb\xbf" + json.dumps(document(WORKFLOWS)).encode()
    (folder / "marked.json").write_bytes(marked)
    with serve(files_of(folder)) as address:
        places = [f"{address}/{CAMPAIGNS}/openapi.json", f"{address}/marked.json"]
        output = run(capsys, *places)[1]
        assert output.startswith(f"{SILENT}{WORKFLOWS}, {CAMPAIGNS}.")
        code, output, _ = run(capsys, "--old", places[0], "--new", folder / CAMPAIGNS)
        assert (code, output) == (0, f"{SILENT}{CAMPAIGNS}.\n")


def test_an_address_without_a_document_is_two_and_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve(files_of(folder)) as address:
        missing, listing = f"{address}/missing.json", f"{address}/"
        for place, said in ((missing, "404"), (listing, "no OpenAPI 3 document")):
            code, output, errors = run(capsys, place)
            assert (code, output) == (2, "")
            assert errors.startswith(f"drift: {place}: ")
            assert said in errors
    code, output, errors = run(capsys, missing)
    assert (code, output) == (2, "")
    assert errors.startswith(f"drift: {missing}: ")


@pytest.mark.parametrize("address", ["http://", "http://[", "https://a:b/", "http://\x00/"])
def test_what_is_no_address_is_two(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, output, errors = run(capsys, address)
    assert (code, output) == (2, "")
    assert errors.startswith("drift: ")
