"""`make drift` finds our operations in whatever version, and says which there are."""

from __future__ import annotations

import copy
import json

import pytest
from comparison.documents import Document
from comparison.matching import Comparison, compare_versions, compare_with_ours
from comparison.reports import as_json, as_markdown, as_text

from .published import ASSOCIATIONS, ASSOCIATIONS_V3, CAMPAIGNS, PATHS, WORKFLOWS, documents
from .published_parts import Json
from .published_spec import OURS

TYPES = "{fromObjectType}/{toObjectType}/batch/read"
# A version of the operation that is as new as ours, or newer.
NEWER = [
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
    # A beta gives way to what is none, however old its name looks.
    (WORKFLOWS, "/automation/v4/workflow-id-mappings/batch/read"),
    (WORKFLOWS, "/automation/2026-03/workflow-id-mappings/batch/read"),
]
# The same version of the operation under another prefix.
MOVED = [
    (ASSOCIATIONS, f"/platform/crm/associations/2026-03/{TYPES}"),
    (ASSOCIATIONS, f"/crm/v4/associations/2026-03/{TYPES}"),
    (ASSOCIATIONS_V3, f"/crm/associations/v3/{TYPES}"),
    (ASSOCIATIONS_V3, f"/associations/v3/{TYPES}"),
    (CAMPAIGNS, "/marketing/campaigns/v3/batch/read"),
    (WORKFLOWS, "/automation/v4/2026-09-beta/workflow-id-mappings/batch/read"),
    (WORKFLOWS, "/automation/workflow-id-mappings/2026-09-beta/batch/read"),
]
# Versions that ours have left behind, and operations that are others.
NOT_NEWER = [
    f"/crm/v4/associations/{TYPES}",
    f"/crm/associations/2025-09/{TYPES}",
    f"/crm/associations/2026-03-beta/{TYPES}",
    "/marketing/v2/campaigns/batch/read",
    "/automation/2026-03-beta/workflow-id-mappings/batch/read",
    "/automation/2026-09/flows/batch/read",
    "/crm/v5/objects/{objectType}/batch/read",
    "/crm/objects/2026-09/contacts/batch/read",
    f"/crm/associations/2026-09/{TYPES.replace('read', 'create')}",
    "/crm/associations/2026-09/{fromObjectType}/{toObjectType}/labels",
    "/crm/objects/2026-09/{objectType}/{id}/associations/{fromObjectType}/{toObjectType}/batch/read",
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
    """The documents with one of our operations under another path too."""
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


# Beside ours ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("operation", "path"), NEWER)
def test_a_newer_version_is_one_line(operation: str, path: str) -> None:
    line = ("addition", operation, "a newer version exists", PATHS[operation], path)
    assert said(against_ours(add(documents(), operation, path))) == [line]
    assert said(between(documents(), add(documents(), operation, path))) == [line]


@pytest.mark.parametrize("path", NOT_NEWER)
def test_an_older_version_or_another_operation_is_silence(path: str) -> None:
    for operation in PATHS:
        comparison = against_ours(add(documents(), operation, path))
        assert not comparison.differences
        assert sorted(comparison.compared) == sorted(PATHS)


def test_each_of_two_newer_versions_is_a_line() -> None:
    paths = [f"/crm/associations/{version}/{TYPES}" for version in ("2026-09", "2027-03-beta")]
    written = documents()
    for path in paths:
        written = add(written, ASSOCIATIONS, path)
    news = [(line[1], line[4]) for line in said(against_ours(written))]
    assert sorted(news) == [(ASSOCIATIONS, path) for path in paths]


def test_a_newer_version_may_be_in_a_document_of_its_own() -> None:
    path = f"/crm/associations/2026-09/{TYPES}"
    newer = move(documents(), ASSOCIATIONS, path)[ASSOCIATIONS]
    line = ("addition", ASSOCIATIONS, "a newer version exists", PATHS[ASSOCIATIONS], path)
    assert said(against_ours({"newer": newer, **documents()})) == [line]
    assert said(between(documents(), {"newer": newer, **documents()})) == [line]


def changed_at(written: dict[str, Json], operation: str, path: str) -> dict[str, Json]:
    """The documents, with another one that describes a version with two changes and a new form."""
    newer = move(written, operation, path)[operation]
    row = newer["components"]["schemas"]["PublicAssociationMultiWithLabel"]
    row["properties"]["added"] = {"type": "string", "description": "new"}
    newer["components"]["schemas"]["PublicFetchAssociationsBatchRequest"]["required"] = []
    return {"newer": newer, **written}


def test_a_newer_version_says_that_it_differs_in_nothing_else() -> None:
    for operation, path in NEWER:
        for comparison in (
            against_ours(add(documents(), operation, path)),
            between(documents(), add(documents(), operation, path)),
        ):
            (difference,) = comparison.differences
            assert difference.details == ()
            assert "a newer version exists, the same but for its path: " in as_text(comparison)


def test_a_newer_version_says_in_what_it_differs() -> None:
    path = f"/crm/associations/2026-09/{TYPES}"
    for comparison in (
        against_ours(changed_at(documents(), ASSOCIATIONS, path)),
        between(documents(), changed_at(documents(), ASSOCIATIONS, path)),
    ):
        (difference,) = comparison.differences
        assert difference.details is not None
        assert [(each.meaning, each.what) for each in difference.details] == [
            ("loosening", "required"),
            ("addition", "property"),
        ]
        for form in (as_text, as_markdown):
            assert (
                "a newer version exists, different in request $.inputs[*].id (required), "
                "response 200, 207 $.results[*].added (property)"
            ) in form(comparison)
        (reported,) = json.loads(as_json(comparison))["differences"]
        assert [each["what"] for each in reported["details"]] == ["required", "property"]


@pytest.mark.parametrize(("operation", "schema"), [(ASSOCIATIONS, "AssociationSpecWithLabel")])
def test_what_the_spec_declares_is_no_difference_of_a_newer_version_either(
    operation: str, schema: str
) -> None:
    written = add(documents(), operation, f"/crm/associations/2026-09/{TYPES}")
    del written[operation]["paths"][PATHS[operation]]
    newer = written.pop(operation)
    # The errors are in the 200, and there is no 207: as in documents that were left behind.
    item = newer["paths"][f"/crm/associations/2026-09/{TYPES}"]["post"]
    item["responses"]["200"] = item["responses"].pop("207")
    (difference,) = against_ours({"newer": newer, **documents()}).differences
    assert difference.details == ()
    newer["components"]["schemas"][schema]["properties"]["label"]["nullable"] = True
    (difference,) = against_ours({"newer": newer, **documents()}).differences
    assert difference.details is not None
    assert [each.what for each in difference.details] == ["null"]


# In place of ours -------------------------------------------------------------------------------


@pytest.mark.parametrize(("operation", "path"), [*NEWER, *MOVED])
def test_a_path_that_moved_is_one_line(operation: str, path: str) -> None:
    line = ("breaking", operation, "path", PATHS[operation], path)
    for comparison in (
        against_ours(move(documents(), operation, path)),
        between(documents(), move(documents(), operation, path)),
    ):
        assert said(comparison) == [line]
        assert sorted(comparison.compared) == sorted(PATHS)
        assert not comparison.missing


def test_what_changed_along_with_the_path_is_said_too() -> None:
    path = "/marketing/campaigns/2026-09/batch/read"
    written = move(documents(), CAMPAIGNS, path)
    schemas = written[CAMPAIGNS]["components"]["schemas"]
    schemas["PublicCampaignAsset"]["properties"]["name"]["format"] = "special"
    place = f"{CAMPAIGNS} response 200 $.results[*].assets.*.results[*].name"
    lines = [
        ("breaking", CAMPAIGNS, "path", PATHS[CAMPAIGNS], path),
        ("addition", place, "format", "absent", "special"),
    ]
    assert said(against_ours(written)) == lines
    assert said(between(documents(), written)) == lines


def test_the_newest_version_takes_the_place_of_ours_and_others_are_named() -> None:
    newest, newer = "/marketing/campaigns/2026-09/batch/read", "/marketing/v4/campaigns/batch/read"
    written = move(documents(), CAMPAIGNS, newest)
    written[CAMPAIGNS]["paths"][newer] = written[CAMPAIGNS]["paths"][newest]
    assert [line[2:] for line in said(against_ours(written))] == [
        ("path", PATHS[CAMPAIGNS], newest),
        ("a newer version exists", PATHS[CAMPAIGNS], newer),
    ]


def test_two_paths_that_moved_each_go_with_their_own_version() -> None:
    v3, dated = f"/crm/associations/v3/{TYPES}", f"/platform/crm/associations/2026-03/{TYPES}"
    written = move(move(documents(), ASSOCIATIONS_V3, v3), ASSOCIATIONS, dated)
    for comparison in (against_ours(written), between(documents(), written)):
        assert sorted(said(comparison)) == [
            ("breaking", ASSOCIATIONS, "path", PATHS[ASSOCIATIONS], dated),
            ("breaking", ASSOCIATIONS_V3, "path", PATHS[ASSOCIATIONS_V3], v3),
        ]


def test_a_version_that_moved_is_no_successor_of_one_that_went() -> None:
    v3 = f"/crm/associations/v3/{TYPES}"
    written = remove(move(documents(), ASSOCIATIONS_V3, v3), ASSOCIATIONS)
    for comparison in (against_ours(written), between(documents(), written)):
        assert sorted(said(comparison)) == [
            ("breaking", ASSOCIATIONS, "operation", PATHS[ASSOCIATIONS], "absent"),
            ("breaking", ASSOCIATIONS_V3, "path", PATHS[ASSOCIATIONS_V3], v3),
        ]


def test_of_two_versions_that_moved_the_newest_goes_with_the_newest() -> None:
    v4, v5 = (f"/crm/v{number}/associations/{TYPES}" for number in (4, 5))
    old = add(only(ASSOCIATIONS_V3), ASSOCIATIONS_V3, v4)
    new = remove(add(old, ASSOCIATIONS_V3, v5), ASSOCIATIONS_V3)
    del new[ASSOCIATIONS_V3]["paths"][v4]
    assert said(between(old, new)) == [
        ("breaking", ASSOCIATIONS_V3, "operation", PATHS[ASSOCIATIONS_V3], "absent"),
        ("breaking", v4, "path", v4, v5),
    ]


def test_a_path_that_moved_past_an_older_version_is_one_line() -> None:
    v4 = f"/crm/v4/associations/{TYPES}"
    old = add(only(ASSOCIATIONS_V3), ASSOCIATIONS_V3, v4)
    new = {**only(ASSOCIATIONS_V3), ASSOCIATIONS: old[ASSOCIATIONS_V3]}
    new[ASSOCIATIONS] = move(new | old, ASSOCIATIONS_V3, PATHS[ASSOCIATIONS])[ASSOCIATIONS_V3]
    del new[ASSOCIATIONS]["paths"][v4]
    line = ("breaking", ASSOCIATIONS, "path", v4, PATHS[ASSOCIATIONS])
    assert said(between(old, new)) == [line]


def test_a_version_that_goes_while_another_gets_a_successor_is_two_lines() -> None:
    newer = f"/crm/associations/2026-09/{TYPES}"
    new = remove(add(documents(), ASSOCIATIONS, newer), ASSOCIATIONS_V3)
    older, current = PATHS[ASSOCIATIONS_V3], PATHS[ASSOCIATIONS]
    assert sorted(said(between(documents(), new))) == [
        ("addition", ASSOCIATIONS, "a newer version exists", current, newer),
        ("breaking", ASSOCIATIONS_V3, "operation", older, "absent"),
    ]


def test_a_move_to_our_path_has_our_name() -> None:
    v4 = f"/crm/v4/associations/{TYPES}"
    old = move(documents(), ASSOCIATIONS, v4)
    comparison = between(old, documents())
    assert said(comparison) == [("breaking", ASSOCIATIONS, "path", v4, PATHS[ASSOCIATIONS])]
    assert comparison.compared == sorted(PATHS)


def test_versions_that_are_not_ours_are_compared_under_their_path() -> None:
    v4 = f"/crm/v4/associations/{TYPES}"
    old = move(only(ASSOCIATIONS_V3), ASSOCIATIONS_V3, v4)
    new = copy.deepcopy(old)
    new[ASSOCIATIONS_V3]["components"]["schemas"]["AssociatedId"]["required"] = ["id"]
    place = f"{v4} response 200 $.results[*].to[*].type"
    comparison = between(old, new)
    assert said(comparison) == [("loosening", place, "required", "required", "optional")]
    assert comparison.compared == [v4]


# Not there --------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", [ASSOCIATIONS, ASSOCIATIONS_V3, CAMPAIGNS])
def test_an_operation_that_went_from_a_documented_api_is_one_line(operation: str) -> None:
    line = ("breaking", operation, "operation", PATHS[operation], "absent")
    comparison = against_ours(remove(documents(), operation))
    assert said(comparison) == [line]
    assert not comparison.missing


@pytest.mark.parametrize("operation", PATHS)
def test_an_operation_that_went_between_two_states_is_one_line(operation: str) -> None:
    line = ("breaking", operation, "operation", PATHS[operation], "absent")
    assert said(between(documents(), remove(documents(), operation))) == [line]


@pytest.mark.parametrize("operation", PATHS)
def test_an_operation_that_came_between_two_states_is_one_line(operation: str) -> None:
    without = [each for each in PATHS if each != operation]
    line = ("addition", operation, "operation", "absent", PATHS[operation])
    if operation == ASSOCIATIONS:
        v3 = PATHS[ASSOCIATIONS_V3]
        line = ("addition", ASSOCIATIONS_V3, "a newer version exists", v3, PATHS[operation])
    comparison = between(only(*without), documents())
    assert said(comparison) == [line]
    assert comparison.compared == sorted(PATHS)


def test_operations_that_the_documents_say_nothing_of_are_named() -> None:
    comparison = against_ours(only(CAMPAIGNS, ASSOCIATIONS_V3))
    assert sorted(comparison.compared) == [ASSOCIATIONS_V3, CAMPAIGNS]
    assert sorted(comparison.missing) == [ASSOCIATIONS, WORKFLOWS]
    assert not comparison.differences


def test_documents_without_our_operations_compare_nothing() -> None:
    written = only(CAMPAIGNS)
    written[CAMPAIGNS]["paths"] = {"/crm/v3/objects/{objectType}/batch/read": {"post": {}}}
    for comparison in (against_ours(written), between(written, written), against_ours({})):
        assert not comparison.compared
        assert not comparison.differences


@pytest.mark.parametrize("method", ["get", "put"])
def test_another_method_is_one_line_and_another_operation_beside_ours_is_none(method: str) -> None:
    written = documents()
    item = written[CAMPAIGNS]["paths"][PATHS[CAMPAIGNS]]
    item[method] = copy.deepcopy(item["post"])
    assert not against_ours(written).differences
    assert not between(documents(), written).differences
    del item["post"]
    line = ("breaking", CAMPAIGNS, "method", "POST", method.upper())
    assert said(against_ours(written)) == [line]
    assert said(between(documents(), written)) == [line]
