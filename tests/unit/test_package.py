"""The distribution: what is in it, and what the project says of itself."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import hubspot_batch_read_api
from hubspot_batch_read_api import models

ROOT = Path(__file__).resolve().parents[2]


def test_the_wheel_holds_both_packages_and_nothing_else(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"hubspot_batch_read/py.typed", "hubspot_batch_read_api/py.typed"} <= names
    tops = {name.partition("/")[0] for name in names}
    assert {re.sub(r"-.*", "", top) for top in tops} == {
        "hubspot_batch_read",
        "hubspot_batch_read_api",
    }
    assert not [name for name in names if not re.search(r"\.py$|py\.typed$|dist-info/", name)]


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


def test_the_pins_are_exact_and_name_no_registry() -> None:
    for line in (ROOT / "requirements-dev.txt").read_text().splitlines():
        assert re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; [^/]*)?", line), line
