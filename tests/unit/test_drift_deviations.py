"""Against our spec, what it declares as a deviation is silence, until that is out of date."""

from __future__ import annotations

import copy
import re
from collections import Counter, defaultdict

import pytest
from comparison.documents import Document
from comparison.matching import compare_with_ours

from .published import ASSOCIATIONS, ASSOCIATIONS_V3, CAMPAIGNS, PATHS, WORKFLOWS, document
from .published_changes import Change, changes
from .published_parts import Json
from .published_places import Places, Where, places
from .published_spec import OURS
from .test_drift_substance import Line, lines, told_once

# The places of which the spec declares everything, as regular expressions.
EVERYWHERE = {
    r"response (200|207) \$\.(status|numErrors|errors)",
    r"response .*\.subCategory(\.added)?",
    r"response .*\.context(\.\*(\[\*\])?)?",
    r"response default \$\.(correlationId|errors|errors\[\*\])",
    r"response .*\.prev",
}
DECLARED = {
    WORKFLOWS: EVERYWHERE,
    ASSOCIATIONS: {
        *EVERYWHERE,
        r"response .*\.associationTypes\[\*\]\.(category|label)",
        r"response .*\.toObjectId",
    },
    ASSOCIATIONS_V3: EVERYWHERE,
    CAMPAIGNS: {
        *EVERYWHERE,
        r"query (startDate|endDate) ",
        r"response .*\.businessUnits\[\*\]\.id",
    },
}
# The places of which it declares one keyword.
KEYWORDS = {
    (WORKFLOWS, "maxItems", "request $.inputs"),
    (CAMPAIGNS, "explode", "query properties "),
}
# The objects of which it declares what is required.
ENVELOPES_AND_ERRORS = {r"response .* \$", r"response .*\berrors\[\*\]", r"response .*\.prev"}
ROWS = r"response .* \$\.results\[\*\]"
REQUIRED = dict.fromkeys(PATHS, ENVELOPES_AND_ERRORS)
ASSETS = rf"{ROWS}\.assets\.\*"
REQUIRED[CAMPAIGNS] = {*ENVELOPES_AND_ERRORS, ROWS, ASSETS, rf"{ASSETS}\.results\[\*\]"}
REQUIRED[WORKFLOWS] = {*ENVELOPES_AND_ERRORS, ROWS, r"request \$\.inputs\[.*\]"}


def is_declared(operation: str, change: Change, where: Where) -> bool:
    """Whether the spec declares what the change is about."""
    place = f"{where.part} {where.path}"
    if change.what in {"required", "property"} and change.step:
        about = "required" in "".join(change.words)
        around = place.removesuffix(change.step)
        if about and any(re.fullmatch(each, around) for each in REQUIRED[operation]):
            return True
    if (operation, change.what, place) in KEYWORDS:
        return True
    own = change.what not in {"required", "parameter", "deprecated"}
    return own and any(re.fullmatch(each, place) for each in DECLARED[operation])


Told = tuple[bool, str, str, str, frozenset[Where]]


def expected(operation: str, change: Change, before: Places) -> list[Told]:
    """Return the expected report; no schema of ours is in both a request and a response."""
    together: dict[bool, set[Where]] = defaultdict(set)
    for where in change.places(before):
        together[where.is_sent].add(where)
        parts = successes(before)
        gone = change.what == "property" and where.part in parts
        if gone and where.path in {"$.numErrors", "$.errors"}:
            # The other response may be without it as long as this one has it.
            together[where.is_sent] |= {where._replace(part=part) for part in parts}
    kind = change.kinds[0]
    return [
        told(
            any(is_declared(operation, change, where) for where in wheres),
            (kind.meaning(min(wheres)), change.what, "", change.words[1], frozenset(wheres)),
        )
        for wheres in together.values()
    ]


# What is published so or so: the words that the change has for it.
ALLOWED = {
    ("$.results[*].assets.*.results[*].metrics", ("optional", "required")),
    ("$.results[*].businessUnits[*].id", ("int64", "int32")),
    ("$.results[*].paging.next.link", ("false", "true")),
    ("$.results[*].paging.prev.link", ("false", "true")),
}


def is_allowed(change: Change, before: Places) -> bool:
    return any((where.path, change.words) in ALLOWED for where in change.places(before))


def successes(everywhere: Places) -> set[str]:
    """The responses to a request that was understood."""
    return {where.part for each in everywhere.slots.values() for where in each} & {
        "response 200",
        "response 207",
    }


def told(outdated: bool, line: Line) -> Told:
    """Return a report without the old value, which is ours, and without a meaning that differs."""
    meaning, what, _, new, wheres = line
    return (outdated, "" if outdated else meaning, what, new, wheres)


@pytest.mark.parametrize("operation", PATHS)
def test_each_change_says_whether_a_deviation_is_out_of_date(
    operation: str,
) -> None:
    before = document(operation)
    path = PATHS[operation]
    there = places(before, path, operation)
    wrong = []
    possible = list(changes(before, path, operation, told_once(operation, there)))
    # Each third, for time's sake; the two states of a document are compared after each change.
    for change in possible[::3] if len(possible) > 300 else possible:
        after: Json = copy.deepcopy(before)
        change.apply(after)
        comparison = compare_with_ours(OURS, [Document("new", after)])
        outdated = [each.outdated_deviation for each in comparison.differences]
        said = list(map(told, outdated, lines(comparison)))
        due = [] if is_allowed(change, there) else expected(operation, change, there)
        if Counter(said) != Counter(due):
            wrong.append(f"due: {due}\nsaid: {said}\n")
    assert not wrong, f"{len(wrong)}\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    ("operation", "schema", "name", "published", "meaning"),
    [
        # HubSpot publishes what the spec says all along.
        (ASSOCIATIONS, "AssociationSpecWithLabel", "label", {"nullable": True}, "form only"),
        # The spec allows it, and more.
        (
            ASSOCIATIONS,
            "MultiAssociatedObjectWithLabel",
            "toObjectId",
            {"type": "integer"},
            "addition",
        ),
        # The spec does not allow it.
        (
            ASSOCIATIONS,
            "MultiAssociatedObjectWithLabel",
            "toObjectId",
            {"type": "boolean"},
            "breaking",
        ),
        (
            ASSOCIATIONS,
            "MultiAssociatedObjectWithLabel",
            "toObjectId",
            {"nullable": True},
            "loosening",
        ),
        (ASSOCIATIONS, "Error", "correlationId", {"format": "special"}, "addition"),
    ],
)
def test_the_spec_says_what_an_outdated_deviation_means(
    operation: str, schema: str, name: str, published: Json, meaning: str
) -> None:
    after = document(operation)
    after["components"]["schemas"][schema]["properties"][name] |= published
    (difference,) = compare_with_ours(OURS, [Document("new", after)]).differences
    assert difference.outdated_deviation
    assert difference.meaning == meaning


def test_deprecation_does_not_change_what_a_deviation_means() -> None:
    after = document(ASSOCIATIONS)
    label = after["components"]["schemas"]["AssociationSpecWithLabel"]["properties"]["label"]
    label |= {"nullable": True, "deprecated": True}
    differences = compare_with_ours(OURS, [Document("new", after)]).differences
    assert [(each.meaning, each.what, each.outdated_deviation) for each in differences] == [
        ("loosening", "deprecated", False),
        ("form only", "null", True),
    ]


def said_of(after: Json) -> list[tuple[bool, Line]]:
    """Return the reports, each with whether it says that a deviation is out of date."""
    comparison = compare_with_ours(OURS, [Document("new", after)])
    outdated = [each.outdated_deviation for each in comparison.differences]
    return list(zip(outdated, lines(comparison), strict=True))


@pytest.mark.parametrize("name", ["status", "errorType", "policyName", "groupName", "requestId"])
@pytest.mark.parametrize(("type_", "meaning"), [("string", "form only"), ("integer", "breaking")])
def test_what_is_called_unpublished_is_outdated_when_published(
    name: str, type_: str, meaning: str
) -> None:
    after = document(CAMPAIGNS)
    after["components"]["schemas"]["Error"]["properties"][name] = {"type": type_}
    where = frozenset({Where(CAMPAIGNS, "response default", f"$.{name}")})
    line = (meaning, "property", "absent", f"{type_}, optional", where)
    assert said_of(after) == [(True, line)]


# One or the other -------------------------------------------------------------------------------


def move_errors(after: Json, names: set[str]) -> None:
    """Publish what failed in the 200 and no longer in the 207."""
    schemas = after["components"]["schemas"]
    (to,) = (name for name in schemas if f"{name}WithErrors" in schemas)
    for name in names:
        properties = schemas[f"{to}WithErrors"]["properties"]
        schemas[to]["properties"][name] = properties.pop(name)


@pytest.mark.parametrize("operation", PATHS)
@pytest.mark.parametrize("names", [{"errors"}, {"numErrors"}, {"errors", "numErrors"}])
def test_errors_may_be_published_in_either_response(operation: str, names: set[str]) -> None:
    after = document(operation)
    move_errors(after, names)
    assert said_of(after) == []


@pytest.mark.parametrize("operation", PATHS)
def test_the_207_may_go_if_the_200_has_the_errors(operation: str) -> None:
    after = document(operation)
    move_errors(after, {"errors", "numErrors"})
    del after["paths"][PATHS[operation]]["post"]["responses"]["207"]
    assert said_of(after) == []


@pytest.mark.parametrize("operation", PATHS)
@pytest.mark.parametrize("name", ["errors", "numErrors"])
def test_what_went_with_the_207_alone_is_one_line(operation: str, name: str) -> None:
    after = document(operation)
    move_errors(after, {"errors", "numErrors"} - {name})
    del after["paths"][PATHS[operation]]["post"]["responses"]["207"]
    ((_, line),) = said_of(after)
    assert line[1] == "property"
    assert line[4] == {Where(operation, "response 200", f"$.{name}")}


@pytest.mark.parametrize("operation", PATHS)
def test_200_and_207_may_share_a_schema(operation: str) -> None:
    after = document(operation)
    responses = after["paths"][PATHS[operation]]["post"]["responses"]
    responses["200"] = responses["207"]
    assert said_of(after) == []
