"""`make generate` and `make check-generated`, tried on a copy of what they need."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import openapi_python_client
import pytest
from generate import arguments
from jinja2 import TemplateNotFound
from openapi_python_client.cli import app
from typer.testing import CliRunner

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "generated/hubspot_batch_read_api"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("generator-config.yaml", "requirements-dev.in"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("openapi", "tools", PACKAGE):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def generate(project: Path, *options: str, path: str | None = None) -> tuple[int, str]:
    """Run the script; return the exit code and the output."""
    search = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        [sys.executable, "tools/generate.py", *options],
        cwd=project,
        env={**os.environ, "PATH": search if path is None else path},
        check=False,
        capture_output=True,
        text=True,
    )
    return run.returncode, run.stdout + run.stderr


def content(project: Path) -> dict[str, bytes]:
    package = project / PACKAGE
    return {str(path.relative_to(package)): path.read_bytes() for path in package.rglob("*.*")}


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


def test_what_is_committed_is_what_another_run_writes(project: Path) -> None:
    committed = content(project)
    (project / PACKAGE / "stray.py").touch()
    assert generate(project)[0] == 0
    assert content(project) == committed


def test_a_hand_edit_a_stray_and_a_missing_file_are_each_shown(project: Path) -> None:
    with (project / PACKAGE / "client.py").open("a") as file:
        file.write("# by hand\n")
    (project / PACKAGE / "models" / "stray.py").touch()
    (project / PACKAGE / "errors.pyc.so").write_bytes(b"\xff\x00")
    (project / PACKAGE / "py.typed").unlink()
    errors = project / PACKAGE / "errors.py"
    errors.write_bytes(errors.read_bytes().replace(b"\n", b"\r\n"))
    (project / PACKAGE / "types.py").rename(project / "elsewhere.py")
    (project / PACKAGE / "types.py").symlink_to(project / "elsewhere.py")
    before = content(project)
    code, output = generate(project, "--check")
    assert code == 1
    assert "\n-# by hand\n" in output
    assert f"stray file: {PACKAGE}/models/stray.py" in output
    assert f"stray file: {PACKAGE}/errors.pyc.so" in output
    assert "\n-publish(__name__, __all__)\\r\n" in output
    assert f"\n-link to {project}/elsewhere.py\n" in output
    assert f"missing file: {PACKAGE}/py.typed" in output
    assert content(project) == before, "a check changes nothing"


def test_a_change_of_the_spec_is_shown_as_a_difference(project: Path) -> None:
    spec = project / "openapi" / "hubspot-batch-read.yaml"
    edit(spec, "Id of the asset.", "Id of this asset.")
    code, output = generate(project, "--check")
    assert code == 1
    assert '-    """Id of the asset."""' in output
    assert '+    """Id of this asset."""' in output


@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_without_ruff_nothing_is_generated(project: Path, arguments: list[str]) -> None:
    before = content(project)
    code, output = generate(project, *arguments, path="/nonexistent")
    assert code == 2
    assert "ruff is not on PATH" in output
    assert content(project) == before


def test_another_version_than_the_pinned_one_generates_nothing(project: Path) -> None:
    edit(project / "requirements-dev.in", "ruff==", "ruff==99.")
    code, output = generate(project)
    assert code == 2
    assert "ruff 99." in output


def test_a_warning_of_the_generator_is_a_failure(project: Path) -> None:
    spec = project / "openapi" / "hubspot-batch-read.yaml"
    edit(
        spec,
        'items: {$ref: "#/components/schemas/Asset"}',
        'items: {$ref: "#/components/schemas/X"}',
    )
    before = content(project)
    code, output = generate(project)
    assert code == 2
    assert "the generator failed" in output
    assert content(project) == before


PROPERTIES = "          properties:\n            "
UNSUPPORTED = {
    "no limit of inputs": (
        "          maxItems: 50\n",
        "",
        "request without maxItems at its inputs, of read_campaigns",
    ),
    "uuid": (
        "name: {type: string, ",
        "name: {type: string, format: uuid, ",
        "uuid, of name",
    ),
    "text, number or null": (
        "name: {type: string, ",
        "name: {type: [string, integer, 'null'], ",
        "union of str and int and None, of name",
    ),
    "required and null": (
        "{type: string, format: id, description: Id of the asset",
        "{type: [string, 'null'], description: Id of the asset",
        "required property that can be null, or is lenient: id",
    ),
    "required and lenient": (
        "description: One row per campaign, in",
        "x-lenient: true\n              description: One row per campaign, in",
        "required property that can be null, or is lenient: results",
    ),
    "cookie": (
        "name: startDate\n          in: query",
        "name: startDate\n          in: cookie",
        "header or cookie parameter, of read_campaigns",
    ),
    "list of maps of models": (
        'items: {$ref: "#/components/schemas/BusinessUnit"}',
        'items: {$ref: "#/components/schemas/CampaignAssets"}',
        "list that has models more than two levels down, of business_units",
    ),
    "second kind of answer": (
        '"207": {$ref: "#/components/responses/Campaigns"}',
        '"207": {$ref: "#/components/responses/Associations"}',
        "second kind of answer, of read_campaigns",
    ),
}


@pytest.mark.parametrize(("before", "after", "said"), UNSUPPORTED.values(), ids=UNSUPPORTED.keys())
def test_what_the_templates_do_not_know_is_named(
    project: Path, before: str, after: str, said: str
) -> None:
    edit(project / "openapi" / "hubspot-batch-read.yaml", before, after)
    # In this process, since the generator takes longer to start than to run.
    run = CliRunner().invoke(app, arguments(project, project / "fresh"))
    assert isinstance(run.exception, TemplateNotFound)
    assert str(run.exception).startswith("unsupported: ")
    assert said in str(run.exception)


def test_what_stops_the_generator_is_told_in_a_line(project: Path) -> None:
    before, after, said = next(iter(UNSUPPORTED.values()))
    edit(project / "openapi" / "hubspot-batch-read.yaml", before, after)
    code, output = generate(project)
    assert code == 2
    assert output.startswith("generate: unsupported: ")
    assert said in output
    assert len(output.splitlines()) == 1


def test_no_template_of_the_generator_itself_is_used() -> None:
    """A template that is missing here would be taken from the generator, in silence."""
    generator = Path(openapi_python_client.__file__).parent
    writes = (generator / "__init__.py").read_text().replace("int_enum.py.jinja", "")
    used = set(re.findall(r'get_template\(\s*"([\w.]+\.jinja)"', writes))
    own = {path.name for path in (ROOT / "openapi" / "templates").iterdir()}
    # With `--meta none` nothing is written about the project; the spec has no enum of numbers.
    elsewhere = {"README.md.jinja", ".gitignore.jinja", "setup.py.jinja"}
    assert {"client.py.jinja", "model.py.jinja", "types.py.jinja"} <= used
    assert used - own - elsewhere == {"literal_enum.py.jinja"}


@pytest.mark.parametrize("stock", ["Unset", "UNSET", "attrs import define as", "_kwargs"])
def test_nothing_of_the_stock_templates_is_in_the_package(stock: str) -> None:
    for file in (ROOT / PACKAGE).rglob("*.py"):
        assert stock not in file.read_text(), file


def test_every_generated_file_says_so_in_its_first_line() -> None:
    files = list((ROOT / PACKAGE).rglob("*.py"))
    assert len(files) > 40
    for file in files:
        first = file.read_text().partition("\n")[0]
        assert first.startswith("# Generated by `make generate`"), file
