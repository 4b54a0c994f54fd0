"""Published documents with other versions and paths of operations, and the expected reports."""

from __future__ import annotations

import copy
from typing import Final

from comparison.documents import Document
from comparison.matching import Comparison, compare_versions, compare_with_ours

from .published import ASSOCIATIONS, CAMPAIGNS, PATHS, WORKFLOWS, documents
from .published_parts import Json
from .published_spec import OURS

TYPES: Final = "{fromObjectType}/{toObjectType}/batch/read"
# A version of the operation that is as new as ours, or newer.
NEWER: Final = [
    (ASSOCIATIONS, f"/crm/associations/2026-09/{TYPES}"),
    (ASSOCIATIONS, f"/crm/associations/2026-09-beta/{TYPES}"),
    (ASSOCIATIONS, f"/crm/2027-03/associations/{TYPES}"),
    (ASSOCIATIONS, f"/platform/crm/associations/2026-03/{TYPES}"),
    (CAMPAIGNS, "/marketing/v4/campaigns/batch/read"),
    (CAMPAIGNS, "/marketing/campaigns/2026-03/batch/read"),
    (CAMPAIGNS, "/marketing/campaigns/2026-09-beta/batch/read"),
    (CAMPAIGNS, "/hub/marketing/v3/campaigns/batch/read"),
    (WORKFLOWS, "/automation/2026-09/workflow-id-mappings/batch/read"),
    (WORKFLOWS, "/automation/2027-03-beta/workflow-id-mappings/batch/read"),
    # A release replaces a beta, however old the release's name looks.
    (WORKFLOWS, "/automation/v4/workflow-id-mappings/batch/read"),
    (WORKFLOWS, "/automation/2026-03/workflow-id-mappings/batch/read"),
]


def against_ours(written: dict[str, Json]) -> Comparison:
    return compare_with_ours(OURS, [Document(name, each) for name, each in written.items()])


def between(old: dict[str, Json], new: dict[str, Json]) -> Comparison:
    states = ([Document(name, each) for name, each in state.items()] for state in (old, new))
    return compare_versions(OURS, *states)


def said(comparison: Comparison) -> list[tuple[str, str, str, str, str]]:
    return [
        (each.meaning, str(each.places[0]), each.what, each.old, each.new)
        for each in comparison.differences
    ]


def add(written: dict[str, Json], operation: str, path: str) -> dict[str, Json]:
    """Return the documents with one of our operations under another path, too."""
    changed = copy.deepcopy(written)
    paths = changed[operation]["paths"]
    paths[path] = copy.deepcopy(paths[PATHS[operation]])
    return changed


def remove(written: dict[str, Json], operation: str) -> dict[str, Json]:
    changed = copy.deepcopy(written)
    del changed[operation]["paths"][PATHS[operation]]
    return changed


def move(written: dict[str, Json], operation: str, path: str) -> dict[str, Json]:
    return remove(add(written, operation, path), operation)


def only(*operations: str) -> dict[str, Json]:
    return {operation: documents()[operation] for operation in operations}
