"""README, docs and docstrings: their code runs as it stands; commands, files and trees are real."""

from __future__ import annotations

import ast
import asyncio
import logging
import re
from collections.abc import Coroutine, Iterator
from inspect import getmembers, isfunction
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import attrs
import pytest
import yaml

import hubspot_batch_read
import hubspot_batch_read.sandbox
import hubspot_batch_read_api
from hubspot_batch_read import TableRead, operations
from hubspot_batch_read.cli.app import app
from hubspot_batch_read.core.operation import Operation
from hubspot_batch_read.sandbox import Sandbox
from hubspot_batch_read_api import AuthenticatedClient, errors
from tests.contract import spec
from tests.reads import EVERY_READ, check_listed, operation_of
from tests.unit.budget_servers import budget_server

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for path in (ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md")))
}
SITE = sorted(page for page in PAGES if page.startswith("docs/"))
OUTSIDE = ("CONTRIBUTING.md", "benchmarks/README.md")
ALL_PAGES = PAGES | {name: (ROOT / name).read_text() for name in OUTSIDE}
MAINTAINING = sorted(
    page for page in ALL_PAGES if page.startswith(("docs/maintaining/", "CONTRIBUTING"))
)
DECISIONS = [page for page in MAINTAINING if "/decisions/" in page]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
# In a docstring: what is indented after an empty line.
EXAMPLE = re.compile(r"\n\n((?:(?: {4}.*)?\n)+)")
CODE = {
    f"{page} {number}": code
    for page, text in PAGES.items()
    for number, code in enumerate(BLOCK.findall(text), start=1)
    # tests/engines runs those of engines, on clusters; test_recipes.py has what some recipes need.
    if not re.search(r"batch_read\.engines|oauth/|Instrumentor|FastAPI", code)
}
# What a recipe may need that is too heavy to install for it.
HEAVY = {"airflow", "dlt"}
SURROUNDINGS = """
import os, threading
from typing import Any
from unittest.mock import Mock
import httpx
import pyarrow as pa
from hubspot_batch_read import *
from hubspot_batch_read.sandbox import *
from hubspot_batch_read_api import AuthenticatedClient
contact_ids, campaign_ids = sandbox.portal.contact_ids[:2], sandbox.portal.campaign_ids[:2]
table = pa.table({"contact_id": contact_ids})
token_of, ids_of_42, ids_of_43 = lambda _: sandbox.token, campaign_ids[:1], campaign_ids[1:]
writer, portal, guid = Mock(), Portal.empty(), "0e1cf94a-1b2c-4d3e-8f50-6a7b8c9d0e1f"
"""


def examples() -> Iterator[tuple[str, str]]:
    """Yield the examples in the docstrings of both packages, each with its place."""
    modules = sorted(path for top in ("src", "generated") for path in (ROOT / top).rglob("*.py"))
    for path in modules:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                continue
            text = (ast.get_docstring(node) or "").partition("\nArgs:")[0]
            for number, example in enumerate(EXAMPLE.findall(f"{text}\n"), start=1):
                name = f"{path.stem} {getattr(node, 'name', 'module')} {number}"
                yield name, dedent(example)


# Not Python, a run whose numbers belong to a test that is not there, and what runs on clusters.
EXAMPLES = {
    name: code
    for name, code in examples()
    if not any(word in code for word in ("──", "most_at_once", "read_frame(", "read_dataset("))
}


@pytest.fixture(scope="module")
def redis() -> Iterator[str]:
    """Return the address of a server for shared rate limits."""
    with budget_server() as server:
        yield server.address


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=7) as sandbox:
        yield sandbox


@pytest.fixture
def portal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, redis: str, sandbox: Sandbox
) -> Iterator[Sandbox]:
    """A sandbox that stands in for HubSpot, and a folder with a file of ids."""
    base_url = sandbox.base_url

    def client(access_token: str, **arguments: Any) -> AuthenticatedClient:
        return AuthenticatedClient(access_token, **{"base_url": base_url, **arguments})

    monkeypatch.setattr(hubspot_batch_read_api, "AuthenticatedClient", client)
    for name in ("HubSpot", "AsyncHubSpot"):
        real = getattr(hubspot_batch_read, name)

        def connect(*token: Any, real: Any = real, **arguments: Any) -> Any:
            return real(*token, **{"base_url": base_url, **arguments})

        monkeypatch.setattr(hubspot_batch_read, name, connect)
    describe: Any = TableRead._of.__func__  # type: ignore[attr-defined]

    def describe_here(cls: Any, make: Any, options: Any, **arguments: Any) -> Any:
        return describe(cls, make, {**options, "settings": {"base_url": base_url}}, **arguments)

    monkeypatch.setattr(TableRead, "_of", classmethod(describe_here))  # type: ignore[arg-type]
    for name in ("HUBSPOT_ACCESS_TOKEN", "NORTH_TOKEN", "SOUTH_TOKEN"):
        monkeypatch.setenv(name, sandbox.token)
    monkeypatch.setenv("REDIS_URL", redis)
    monkeypatch.chdir(tmp_path)
    Path("tokens").mkdir()
    for name in ("42", "43"):
        Path("tokens", name).write_text(sandbox.token)
    ids = sandbox.portal.contact_ids
    Path("contacts.txt").write_text("\n".join(ids))
    Path("contacts.csv").write_text("".join(f"{id_},Ada\n" for id_ in ("Record ID", *ids, "")))
    yield sandbox
    sandbox.faults = None


@pytest.mark.parametrize("code", CODE.values(), ids=CODE)
def test_the_code_runs_as_it_stands(
    code: str,
    portal: Sandbox,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for package in HEAVY & {*re.findall(r"^(?:from|import) (\w+)", code, re.MULTILINE)}:
        pytest.importorskip(package, reason=f"needs {package}: pip install it")
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)
    # The ids on the pages are invented; replace them by those of objects that exist.
    for number, id_ in enumerate(portal.portal.contact_ids[:2]):
        code = code.replace(str(37295 + number), id_)
    code = code.replace("0e1cf94a-1b2c-4d3e-8f50-6a7b8c9d0e1f", portal.portal.campaign_ids[0])
    exec(compile(code, "page", "exec"), {"__name__": "__main__"})  # noqa: S102 - the test
    printed = capsys.readouterr().out
    assert ("print(" in code) == bool(printed)


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_the_example_of_a_docstring_runs(example: str, portal: Sandbox) -> None:
    """Around it is what it leaves out: imports, ids, and a client of its kind."""
    names: dict[str, Any] = {"sandbox": portal, "fetch_access_token": lambda: portal.token}
    exec(SURROUNDINGS, names)  # noqa: S102 - the test
    hubspot = names["hubspot"] = names["AsyncHubSpot" if "async" in example else "HubSpot"]()
    code = compile(
        example.replace('token="..."', f"token={portal.token!r}"),
        *("docstring", "exec"),
        flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
    )
    waiting = eval(code, names)  # noqa: S307 - the test
    if waiting is None:
        hubspot.close()
    else:
        asyncio.run(in_turn(waiting, hubspot.aclose()))


async def in_turn(*waiting: Coroutine[Any, Any, None]) -> None:
    """Await one after the other, in one event loop."""
    for each in waiting:
        await each


def test_the_first_call_takes_twelve_lines_at_most() -> None:
    assert len(CODE["README.md 1"].strip().splitlines()) <= 12


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_the_times_on_the_first_screen_are_the_measured_ones(page: str) -> None:
    (row,) = re.findall(r"^\| 100,000 ids with 0 ms latency \|(.*)", README, re.MULTILINE)
    sentence = re.search(
        r"^.*100,000 ids from a server without latency(.|\n)*?\.\s", PAGES[page], re.MULTILINE
    )
    assert sentence is not None
    assert re.findall(r"[\d.]+ s\b", sentence[0]) == re.findall(r"[\d.]+ s\b", row)


def test_the_commands_are_targets_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page, text in ALL_PAGES.items():
        named = set(re.findall(r"^ *make ([a-z-]+)", text, re.MULTILINE))
        assert named <= targets, page
    assert {"demo", "test"} <= set(re.findall(r"^make ([a-z-]+)", README, re.MULTILINE))


def test_every_target_of_the_makefile_is_described_by_make_help() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    described = set(re.findall(r"^([a-z-]+):.* ## \w", makefile, re.MULTILINE))
    assert set(phony[1].split()) == described


@pytest.mark.parametrize("page", ALL_PAGES)
def test_the_files_and_headings_it_links_to_exist(page: str) -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", ALL_PAGES[page]) if "://" not in link]
    for link in links:
        name, _, anchor = link.partition("#")
        target = ((ROOT / page).parent / name).resolve() if name else ROOT / page
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.*)", target.read_text(), re.MULTILINE)
            anchors = [re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings]
            assert anchor in anchors, link


@pytest.mark.parametrize("page", MAINTAINING)
def test_the_files_that_maintainers_are_sent_to_exist(page: str) -> None:
    folders = "benchmarks|docs|examples|generated|openapi|requirements|src|tests|tools"
    for path in re.findall(rf"`((?:{folders})[/-][\w./*<>-]+)`", ALL_PAGES[page]):
        assert list(ROOT.glob(re.sub("<[^>]+>", "*", path))), path


def test_contributing_is_short() -> None:
    assert len(ALL_PAGES["CONTRIBUTING.md"].encode()) < 8000


def test_decisions_are_numbered_without_a_gap() -> None:
    names = [page.rpartition("/")[2] for page in DECISIONS]
    assert [int(name[:3]) for name in names] == list(range(1, len(names) + 1))


@pytest.mark.parametrize("page", DECISIONS)
def test_a_decision_fits_on_a_screen_and_has_its_price(page: str) -> None:
    text = PAGES[page]
    assert len(text.splitlines()) <= 30
    assert re.match(rf"# {int(page.rpartition('/')[2][:3])}\. ", text)
    parts = ["Context", "Decision", "Price", "What would change it"]
    assert re.findall(r"^\*\*([\w ]+)\.\*\*", text, re.MULTILINE) == parts


@pytest.mark.parametrize(
    "page", ["README.md", "docs/index.md", "docs/reading.md", "docs/sdk.md", "docs/tables.md"]
)
def test_the_table_of_operations_has_them_all(page: str) -> None:
    rows = "\n".join(line for line in PAGES[page].splitlines() if line.startswith("|"))
    listed = [name for name in EVERY_READ if re.search(rf"\b{name}\b", rows)]
    check_listed(listed, EVERY_READ, f"the table of operations in {page}")


def test_the_page_names_every_read_of_a_table() -> None:
    named = re.findall(r"`(?:TableRead\.)?(\w+)`", PAGES["docs/scale.md"])
    names = [f"read_{name}" for name in named]
    listed = [name for name in EVERY_READ if name in names]
    check_listed(listed, EVERY_READ, "the list of reads in docs/scale.md, without read_")


def test_every_api_has_a_row_with_its_versions() -> None:
    table = re.search(r"^\| API \|.*\n.*\n((?:\|.*\n)+)", README, re.MULTILINE)
    assert table is not None
    apis = [line.split(" | ")[0].strip("| ") for line in table[1].splitlines()]
    assert len(apis) == len(EVERY_READ), f"README.md needs the version of each read, and has {apis}"


@pytest.mark.parametrize("page", ["README.md", "docs/index.md", "pyproject.toml"])
def test_the_first_lines_name_every_family_of_endpoints(page: str) -> None:
    lines = (ROOT / page).read_text().replace("**", "").splitlines()
    first = " ".join(lines[:20])
    families = [tag["name"].replace("_", " ") for tag in spec.load()["tags"]]
    listed = [family for family in families if family in first]
    check_listed(listed, families, f"the first sentences of {page}")


def test_the_changelog_names_every_read() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    listed = [name for name in EVERY_READ if f"`{name}`" in changelog]
    check_listed(listed, EVERY_READ, "CHANGELOG.md")


@pytest.mark.parametrize("page", ["README.md", "docs/cli.md"])
def test_the_page_has_every_command(page: str) -> None:
    commands = [each.callback.__name__ for each in app.registered_commands if each.callback]
    names = [name.replace("_", "-") for name in commands]
    listed = [name for name in names if re.search(rf"[` ]{name}[` ]", PAGES[page])]
    check_listed(listed, names, f"the commands in {page}")


# The operations whose columns depend on arguments.
WITH_ARGUMENTS: dict[str, Operation[Any]] = {
    "read_campaigns": operations.campaigns(
        properties=["one for each of the"], start_date=None, end_date=None
    ),
}


@pytest.mark.parametrize("method", EVERY_READ)
def test_the_columns_are_those_of_the_tables(method: str) -> None:
    operation = WITH_ARGUMENTS.get(method) or operation_of(method)
    table, page = operation.table, PAGES["docs/tables.md"]
    documented = re.search(
        rf"^\| `{method}` \| type .*\n\|[- |]+\n((?:\| .*\n)+)", page, re.MULTILINE
    )
    assert documented is not None, f"add a table of the columns of {method} to docs/tables.md"
    rows = [line.split(" | ") for line in documented[1].splitlines()]
    names = {name.strip("| `").partition(" `")[0]: kind.strip("`") for name, kind, *_ in rows}
    assert tuple(names) == table.columns
    for name, kind in names.items():
        assert str(table.schema.field(name).type).startswith(kind.partition("<")[0])


@pytest.mark.parametrize("method", EVERY_READ)
def test_the_fields_of_a_record_are_those_of_its_model(method: str) -> None:
    row = re.search(
        rf"^\| `{method}\(.*\| `(\w+)` \| (.*) \|$", PAGES["docs/reading.md"], re.MULTILINE
    )
    assert row is not None, f"add {method}, its record and fields to the table in docs/reading.md"
    model, fields = row.groups()
    declared = {field.name for field in attrs.fields(operation_of(method).row)}
    assert model == operation_of(method).row.__name__
    assert set(re.findall(r"\w+", fields)) <= declared


def test_the_versions_of_the_engines_are_the_tested_ones() -> None:
    pins = "\n".join(path.read_text() for path in (ROOT / "tests/engines").glob("*.txt"))
    tested = re.findall(r"^(?:pyspark|ray|dask)==([\d.]+)$", pins, re.MULTILINE)
    sentence = re.search(r"The engines are tested on (.|\n)*?\.\n", PAGES["docs/scale.md"])
    assert sentence is not None
    assert sorted(re.findall(r"\d[\d.]+\d", sentence[0])) == sorted(tested)


def test_the_site_has_every_page_once() -> None:
    navigation = yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]
    named = re.findall(r"[\w/-]+\.md", str(navigation))
    assert sorted(f"docs/{name}" for name in named) == SITE


def test_the_pages_of_the_site_link_to_no_file_outside_of_it() -> None:
    for page in SITE:
        for link in re.findall(r"\]\(([^)#:]+)", PAGES[page]):
            assert (ROOT / page).parent.joinpath(link).resolve().is_relative_to(ROOT / "docs"), page


def public_names(module: ModuleType) -> Iterator[str]:
    """Yield the public names of a module, and of the modules that it re-exports.

    Names that it re-exports from another package are skipped: the reference of that has them.
    """
    for name in getattr(module, "__all__", None) or functions(module):
        value = getattr(module, name)
        if isinstance(value, ModuleType):
            yield from public_names(value)
        elif package_of(getattr(value, "__module__", "")) in {package_of(module.__name__), None}:
            yield f"{module.__name__}.{name}"


def package_of(module: str) -> str | None:
    """Return which of the packages a module is in."""
    package = module.partition(".")[0]
    return package if package in {"hubspot_batch_read", "hubspot_batch_read_api"} else None


def functions(module: ModuleType) -> list[str]:
    """Return the names of the public functions that a module defines."""
    return [
        name
        for name, function in getmembers(module, isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    ]


def test_the_reference_has_every_public_name() -> None:
    listed = {
        name for text in PAGES.values() for name in re.findall(r"^::: (\S+)", text, re.MULTILINE)
    }
    packages = (hubspot_batch_read, hubspot_batch_read.sandbox, hubspot_batch_read_api)
    public = [name for package in packages for name in public_names(package)]
    assert len(public) > 100
    missing = [name for name in public if not {name, name.rpartition(".")[0]} & listed]
    assert not missing, f"add {', '.join(missing)} to docs/reference/"


@pytest.mark.parametrize("page", ["README.md", "docs/errors.md"])
def test_the_tree_of_errors_is_the_one_in_the_code(page: str) -> None:
    drawn = re.search(
        r"^ArgumentError .*\n(?:(?:HubSpotError$|[│├└ ].*)\n)+", PAGES[page], re.MULTILINE
    )
    assert drawn is not None
    path: list[str] = []
    parents: dict[str, str | None] = {}
    for line in drawn[0].splitlines():
        match = re.search(r"\w+", line)
        assert match is not None
        path[match.start() // 4 :] = [match[0]]
        parents[match[0]] = path[-2] if len(path) > 1 else None
    public = [getattr(errors, name) for name in errors.__all__]
    public += [
        hubspot_batch_read.InvalidIdError,
        hubspot_batch_read.WaitTooLongError,
        hubspot_batch_read.ClosedError,
    ]
    roots = {errors.ArgumentError, errors.HubSpotError}
    assert parents == {
        each.__name__: None if each in roots else each.__base__.__name__ for each in public
    }
