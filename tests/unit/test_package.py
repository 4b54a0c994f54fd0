"""The distribution: what is in it, and what the project says of itself."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from itertools import chain
from pathlib import Path

import pytest

import hubspot_batch_read
import hubspot_batch_read_api
from hubspot_batch_read_api import models
from tests.contract import spec

ROOT = Path(__file__).resolve().parents[2]


def test_the_wheel_holds_three_packages_and_nothing_else(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    packages = {"hubspot_batch_read", "hubspot_batch_read_api", "hubspot_batch_read_runtime"}
    assert {f"{package}/py.typed" for package in packages} <= names
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == packages
    assert not [name for name in names if not re.search(r"\.py$|py\.typed$|dist-info/", name)]
    about = {name.partition("dist-info/")[2] for name in names if "dist-info/" in name}
    # The command line has entry points.
    assert about - {"entry_points.txt"} == {"METADATA", "RECORD", "WHEEL", "licenses/LICENSE"}


def test_the_names_a_user_imports_are_these() -> None:
    assert set(hubspot_batch_read_api.__all__) == {"AuthenticatedClient", "api", "errors", "models"}
    assert set(models.__all__) == {
        *("Asset", "AssetMetrics", "AssetPage", "BatchError", "BatchStatus", "BusinessUnit"),
        *("AssociatedObject", "AssociatedObjectV3", "Association", "AssociationCategory"),
        *("AssociationEnvelope", "AssociationInput", "AssociationRequest", "AssociationType"),
        *("AssociationV3", "AssociationV3Envelope", "AssociationV3Input", "AssociationV3Request"),
        *("Campaign", "CampaignAssets", "CampaignEnvelope", "CampaignInput", "CampaignProperties"),
        *("CampaignRequest", "Context", "Envelope", "Error", "ErrorDetail", "FlowIdInput"),
        *("Links", "NextPage", "ObjectId", "Paging", "PreviousPage"),
        *("WorkflowIdInput", "WorkflowIdMapping", "WorkflowIdMappingEnvelope"),
        *("WorkflowIdMappingRequest",),
    }


def test_the_names_of_the_layer_above_are_these() -> None:
    assert set(hubspot_batch_read.__all__) == {
        *("HubSpot", "AsyncHubSpot", "Read", "AsyncRead", "AsyncRecordBatches"),
        *("Failure", "Missing", "Summary", "Truncation"),
        *("ClosedError", "FileRefusedError", "InvalidIdError", "RateLimit", "WaitTooLongError"),
        *("TableRead", "TokenFile", "TokenVariable"),
        *hubspot_batch_read_api.errors.__all__,
        *("Asset", "AssetPage", "BatchError", "BusinessUnit", "Campaign", "ErrorDetail"),
        *("AssociatedObject", "AssociatedObjectV3", "Association", "AssociationV3"),
        *("AssociationCategory", "AssociationType", "NextPage", "ObjectId", "Paging"),
        *("PreviousPage", "WorkflowIdMapping"),
    }
    assert set(hubspot_batch_read.__all__) <= set(dir(hubspot_batch_read))


@pytest.mark.parametrize("name", hubspot_batch_read.__all__)
def test_each_name_can_be_imported_and_is_documented(name: str) -> None:
    each = getattr(hubspot_batch_read, name)
    members = [value for key, value in vars(each).items() if not key.startswith("_")]
    functions = [member for member in members if callable(member) or isinstance(member, property)]
    assert all(documented.__doc__ for documented in (each, *functions))


def test_every_name_of_the_sandbox_is_there_when_first_used() -> None:
    code = "from hubspot_batch_read import sandbox; [getattr(sandbox, n) for n in sandbox.__all__]"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_version_is_that_of_the_distribution() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert hubspot_batch_read.__version__ == project["version"]
    assert "__version__" in dir(hubspot_batch_read)
    assert "__version__" not in hubspot_batch_read.__all__


def test_the_spec_has_the_version_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert spec.load()["info"]["version"] == project["version"]


def test_a_misspelt_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Hubspot'"):
        hubspot_batch_read.Hubspot  # type: ignore[attr-defined]  # noqa: B018 - it raises


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        (
            "import hubspot_batch_read",
            [
                *("httpx", "attrs", "asyncio", "msgspec", "uvicorn", "pyarrow"),
                "importlib.metadata",
            ],
        ),
        (
            "from hubspot_batch_read import HubSpot; HubSpot('token')",
            ["asyncio", "msgspec", "redis", "sqlite3", "uvicorn", "pyarrow"],
        ),
        (
            "from hubspot_batch_read import TableRead; TableRead.campaigns()",
            [
                "asyncio",
                "msgspec",
                "redis",
                "sqlite3",
                "uvicorn",
                "pandas",
                "pyspark",
                "ray",
                "dask",
            ],
        ),
    ],
)
def test_what_is_not_used_is_not_imported(code: str, heavy: list[str]) -> None:
    code += "; import sys; print([name for name in sys.argv[1:] if name in sys.modules])"
    command = [sys.executable, "-c", code, *heavy]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize(
    "pins",
    sorted([*ROOT.glob("requirements-*.txt"), *ROOT.glob("tests/engines/*.txt")]),
    ids=lambda path: path.stem,
)
def test_the_pins_are_exact_and_name_no_registry(pins: Path) -> None:
    for line in pins.read_text().splitlines():
        assert re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; [^/]*)?", line), line


def test_the_demo_has_the_pins_of_the_tests() -> None:
    demo, tests = (
        {line.partition(" ; ")[0] for line in (ROOT / name).read_text().splitlines()}
        for name in ("requirements-demo.txt", "requirements-dev.txt")
    )
    assert demo <= tests


def test_the_lowest_versions_of_every_extra_are_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    tested = re.search(r"^EXTRAS := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert tested is not None
    assert set(tested[1].split()) == set(project["optional-dependencies"]) - {"bench"}


def test_no_version_of_a_dependency_is_too_new() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for requirement in chain(project["dependencies"], *project["optional-dependencies"].values()):
        assert re.fullmatch(r"[a-z-]+>=[\w.]+(; .*)?", requirement), requirement
