"""`make drift` says each change in substance once, and says the right thing of it."""

from __future__ import annotations

import copy
from collections import defaultdict
from functools import cache

import pytest
from comparison.documents import Document
from comparison.matching import Comparison, compare_versions
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples

from .published import ASSOCIATIONS, CAMPAIGNS, PATHS, document
from .published_changes import Change, changes
from .published_parts import Json, array, ref
from .published_places import Keys, Places, Where, places
from .published_spec import OURS
from .published_spellings import ALL_FORMS, rewritten

Line = tuple[str, str, str, str, frozenset[Where]]

# What all documents have a copy of is changed in one of them.
ENVELOPE = "BatchResponse"
SHARED = {"Error", "ErrorDetail", "StandardError", "NextPage", "Paging", "PreviousPage", ENVELOPE}
# What means one thing in a request and another in a response is a line for each.
SENT_AND_RECEIVED = "PublicObjectId"


def lines(comparison: Comparison) -> list[Line]:
    return [
        (
            str(each.meaning),
            each.what,
            each.old,
            each.new,
            frozenset(Where(place.operation, place.part, place.path) for place in each.places),
        )
        for each in comparison.differences
    ]


def expected(change: Change, before: Places, *, back: bool = False) -> list[Line]:
    """A line for each meaning that the change has in one place or the other."""
    kind = change.kinds[1 if back else 0]
    old, new = reversed(change.words) if back else change.words
    by_meaning: dict[str, set[Where]] = defaultdict(set)
    for where in change.places(before):
        by_meaning[kind.meaning(where)].add(where)
    return [
        (meaning, change.what, old, new, frozenset(wheres))
        for meaning, wheres in by_meaning.items()
    ]


def told_once(operation: str, everywhere: Places) -> Places:
    """The places without those in the schemas that another document is changed in."""
    shared = set() if operation == ASSOCIATIONS else SHARED
    kept = (
        {keys: each for keys, each in part.items() if shared.isdisjoint(_names(keys))}
        for part in everywhere
    )
    return Places(*kept)


def _names(keys: Keys) -> set[str]:
    """The schema that something is in; what all envelopes are called, if it is one."""
    name = str(keys[2])
    return {name, ENVELOPE} if name.startswith(ENVELOPE) else {name}


@cache
def all_changes(operation: str) -> list[Change]:
    before, path = document(operation), PATHS[operation]
    everywhere = told_once(operation, places(before, path, operation))
    return list(changes(before, path, operation, everywhere))


def difference(due: list[Line], said: list[Line]) -> list[str]:
    """Return the lines that are missing in the report, and those that should not be in it."""
    missing = [f"not said: {line}" for line in due if line not in said]
    return missing + [f"said: {line}" for line in said if said.count(line) != due.count(line)]


@pytest.mark.parametrize("operation", PATHS)
def test_each_change_is_one_line_there_and_back(operation: str) -> None:
    before, path = document(operation), PATHS[operation]
    there, documented = places(before, path, operation), Document("before", before)
    wrong = []
    for number, change in enumerate(all_changes(operation)):
        after = copy.deepcopy(before)
        change.apply(after)
        changed = Document("after", after)
        # The way back is the same code with the sides exchanged: each third takes it.
        for back in (False, True) if number % 3 == 0 else (False,):
            old, new = (changed, documented) if back else (documented, changed)
            said = lines(compare_versions(OURS, [old], [new]))
            due = expected(change, places(after, path, operation) if back else there, back=back)
            assert len(due) == 1 or change.around[2] == SENT_AND_RECEIVED
            wrong += difference(due, said)
    assert not wrong, "\n".join(wrong)


@settings(max_examples=examples(60))
@given(
    operation=st.sampled_from(list(PATHS)),
    data=st.data(),
    forms=st.lists(st.sampled_from(ALL_FORMS), min_size=1, max_size=5, unique=True),
    seed=st.integers(0, 2**32),
)
def test_a_change_is_one_line_whatever_is_rewritten_besides(
    operation: str, data: st.DataObject, forms: list[str], seed: int
) -> None:
    # A media type has the name that the document uses, after any change of it.
    possible = [each for each in all_changes(operation) if each.what != "media type"]
    change = data.draw(st.sampled_from(possible))
    before = document(operation)
    after = copy.deepcopy(before)
    change.apply(after)
    news = [
        Document(f"new{number}", each)
        for number, each in enumerate(rewritten([after], forms, seed))
    ]
    said = lines(compare_versions(OURS, [Document("old", before)], news))
    due = expected(change, places(before, PATHS[operation], operation))
    assert not difference(due, said)


# More than one thing at a time ------------------------------------------------------------------


def said_of(before: Json, after: Json) -> list[Line]:
    return lines(compare_versions(OURS, [Document("old", before)], [Document("new", after)]))


def test_the_same_change_of_two_properties_is_two_lines() -> None:
    before = document(ASSOCIATIONS)
    after = copy.deepcopy(before)
    row = after["components"]["schemas"]["PublicAssociationMultiWithLabel"]["properties"]
    spec = after["components"]["schemas"]["AssociationSpecWithLabel"]["properties"]
    for schema in (spec["fromObjectTypeId"], spec["toObjectTypeId"]):
        schema["format"] = "uuid"
    del row["from"], row["paging"]
    assert [(line[0], line[1]) for line in said_of(before, after)] == [
        ("breaking", "property"),
        ("breaking", "property"),
        ("addition", "format"),
        ("addition", "format"),
    ]


def test_two_properties_of_one_schema_that_go_are_two_lines() -> None:
    before = document(ASSOCIATIONS)
    pages = before["components"]["schemas"]["Paging"]["properties"]
    pages["first"] = pages["last"] = pages["next"]
    after = copy.deepcopy(before)
    del after["components"]["schemas"]["Paging"]["properties"]["first"]
    del after["components"]["schemas"]["Paging"]["properties"]["last"]
    said = said_of(before, after)
    assert [len(line[4]) for line in said] == [2, 2], "in two responses each"


def test_a_change_in_a_schema_within_itself_is_one_line() -> None:
    before = document(CAMPAIGNS)
    asset = before["components"]["schemas"]["PublicCampaignAsset"]
    asset["properties"] |= {"copies": array(ref("PublicCampaignAsset"))}
    after = copy.deepcopy(before)
    after["components"]["schemas"]["PublicCampaignAsset"]["properties"]["name"]["nullable"] = True
    (line,) = said_of(before, after)
    assert line[:4] == ("loosening", "null", "not allowed", "allowed")
