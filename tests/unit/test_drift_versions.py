"""`make drift` finds our operations in any version and path, and reports those that are gone."""

from __future__ import annotations

import copy

import pytest

from .published import ASSOCIATIONS, ASSOCIATIONS_V3, CAMPAIGNS, PATHS, WORKFLOWS, documents
from .published_versions import (
    NEWER,
    TYPES,
    add,
    against_ours,
    between,
    move,
    only,
    remove,
    said,
)

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


def test_the_newest_version_replaces_ours_and_others_are_named() -> None:
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


def test_of_two_versions_that_moved_newest_goes_with_newest() -> None:
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


def test_one_of_ours_that_ends_as_another_of_ours_comes_is_two_lines() -> None:
    older, newer = PATHS[ASSOCIATIONS_V3], PATHS[ASSOCIATIONS]
    assert said(between(only(ASSOCIATIONS_V3), only(ASSOCIATIONS))) == [
        ("breaking", ASSOCIATIONS_V3, "operation", older, "absent"),
        ("addition", ASSOCIATIONS_V3, "a newer version exists", older, newer),
    ]


def test_a_version_that_ends_beside_a_successor_is_two_lines() -> None:
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


def test_versions_that_are_not_ours_go_by_their_path() -> None:
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
def test_an_operation_gone_from_a_documented_api_is_one_line(operation: str) -> None:
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
def test_another_method_is_one_line_another_operation_none(method: str) -> None:
    written = documents()
    item = written[CAMPAIGNS]["paths"][PATHS[CAMPAIGNS]]
    item[method] = copy.deepcopy(item["post"])
    assert not against_ours(written).differences
    assert not between(documents(), written).differences
    del item["post"]
    line = ("breaking", CAMPAIGNS, "method", "POST", method.upper())
    assert said(against_ours(written)) == [line]
    assert said(between(documents(), written)) == [line]
