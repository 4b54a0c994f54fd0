"""`make drift` says which newer versions there are, and in what they differ from ours."""

from __future__ import annotations

import pytest
from comparison.reports import as_markdown, as_text

from .published import ASSOCIATIONS, CAMPAIGNS, PATHS, WORKFLOWS, documents
from .published_parts import Json
from .published_versions import NEWER, TYPES, add, against_ours, between, move, said

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


# Every version of the operations that HubSpot publishes, beside those that the spec has.
PUBLISHED = {
    WORKFLOWS: ["/automation/v4/workflow-id-mappings/batch/read"],
    ASSOCIATIONS: [
        f"/crm/v4/associations/{TYPES}",
        *(f"/crm/associations/{version}/{TYPES}" for version in ("2025-09", "2026-09-beta")),
    ],
    CAMPAIGNS: [
        f"/marketing/campaigns/{version}/batch/read" for version in ("2026-03", "2026-09-beta")
    ],
}
# Those that HubSpot has not brought up to date: no 207, and the errors in the 200.
LEFT_BEHIND = {
    ASSOCIATIONS: [f"/crm/associations/2026-09/{TYPES}"],
    CAMPAIGNS: [f"/marketing/campaigns/{version}/batch/read" for version in ("2025-09", "2026-09")],
}


def test_of_all_that_is_published_only_newer_versions_are_told() -> None:
    written = documents()
    for operation, paths in PUBLISHED.items():
        for path in paths:
            written[path] = move(documents(), operation, path)[operation]
    for operation, paths in LEFT_BEHIND.items():
        for path in paths:
            written[path] = move(documents(), operation, path)[operation]
            responses = written[path]["paths"][path]["post"]["responses"]
            responses["200"] = responses.pop("207")
    comparison = against_ours(written)
    assert not comparison.failed
    older = [f"/crm/v4/associations/{TYPES}", f"/crm/associations/2025-09/{TYPES}"]
    assert [(each.what, each.details) for each in comparison.differences] == [
        ("a newer version exists", ())
    ] * 7
    assert sorted(each.new for each in comparison.differences) == sorted(
        path
        for paths in [*PUBLISHED.values(), *LEFT_BEHIND.values()]
        for path in paths
        if path not in older
    )


def test_each_of_two_newer_versions_is_a_line_the_newest_first() -> None:
    paths = [f"/crm/associations/{version}/{TYPES}" for version in ("2026-09", "2027-03-beta")]
    written = documents()
    for path in paths:
        written = add(written, ASSOCIATIONS, path)
    news = [(line[1], line[4]) for line in said(against_ours(written))]
    assert news == [(ASSOCIATIONS, path) for path in reversed(paths)]


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


@pytest.mark.parametrize(("operation", "schema"), [(ASSOCIATIONS, "AssociationSpecWithLabel")])
def test_declared_deviations_are_none_of_a_newer_version_either(
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
