"""Rows and errors are assigned to the ids that HubSpot names, and never guessed."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from attrs import evolve

from hubspot_batch_read.core.account import WITHOUT_ASSOCIATIONS
from hubspot_batch_read.core.matching import Outcome, errors_of, match, salvage
from hubspot_batch_read.core.operation import Operation, RowT
from hubspot_batch_read.operations import (
    ASSOCIATIONS,
    ASSOCIATIONS_V3,
    CAMPAIGNS,
    WORKFLOWS_BY_FLOW_ID,
    WORKFLOWS_BY_WORKFLOW_ID,
)
from hubspot_batch_read.operations.common import NO_ASSOCIATIONS_FOUND
from hubspot_batch_read_api.errors import DecodeError
from hubspot_batch_read_api.models import (
    Association,
    AssociationEnvelope,
    AssociationV3,
    AssociationV3Envelope,
    BatchError,
    Campaign,
    CampaignEnvelope,
    WorkflowIdMappingEnvelope,
)
from hubspot_batch_read_api.types import Model

GUID = "0e1cf94a-1b2c-4d3e-8f50-6a7b8c9d0e1f"


def cut(operation: Operation[Any], record: Model) -> tuple[str, ...]:
    assert operation.cut is not None
    return operation.cut(record)


def associations(ids: list[str], **document: object) -> Outcome[Association]:
    envelope = AssociationEnvelope.from_dict({"results": [], **document})
    return match(ASSOCIATIONS, ids, envelope.results, errors_of(envelope))


def campaigns(ids: list[str], **document: object) -> Outcome[Campaign]:
    envelope = CampaignEnvelope.from_dict({"results": [], **document})
    return match(CAMPAIGNS, ids, envelope.results, errors_of(envelope))


def row(id_: object) -> dict[str, object]:
    return {"from": {"id": id_}, "to": []}


def error(**properties: object) -> dict[str, object]:
    return {"status": "error", "message": "no", **properties}


def test_rows_are_found_by_the_id_that_was_sent() -> None:
    results = [row("3"), row(1), row("4"), row("3"), row("5")]
    outcome = associations(["1", "2", "3"], results=results)
    assert {id_: len(rows) for id_, rows in outcome.rows.items()} == {"3": 2, "1": 1}
    assert outcome.unexpected == 2


def test_an_id_is_found_in_the_form_hubspot_writes_it() -> None:
    assert set(associations(["007", "0"], results=[row("7"), row("0")]).rows) == {"007", "0"}
    assert set(campaigns([GUID.upper()], results=[{"id": GUID}]).rows) == {GUID.upper()}


def test_two_spellings_of_an_id_are_both_answered_by_one_row() -> None:
    outcome = associations(["007", "7", "8"], results=[row("7")])
    assert {id_: len(rows) for id_, rows in outcome.rows.items()} == {"007": 1, "7": 1}
    assert set(campaigns([GUID, GUID.upper()], results=[{"id": GUID}]).rows) == {GUID, GUID.upper()}


def test_a_spelling_that_hubspot_has_an_error_for_has_no_row() -> None:
    outcome = associations(
        ["007", "7"], results=[row("7")], errors=[error(context={"id": ["007"]})]
    )
    assert (set(outcome.rows), set(outcome.missing)) == ({"7"}, {"007"})


def test_each_spelling_has_its_own_row_where_there_is_one() -> None:
    outcome = associations(["007", "7"], results=[row("7"), row("007")])
    assert {id_: [each.from_.id for each in rows] for id_, rows in outcome.rows.items()} == {
        "7": ["7"],
        "007": ["007"],
    }


@pytest.mark.parametrize("key", ["fromObjectId", "id"])
@pytest.mark.parametrize("value", [["1", "2"], [1, 2]])
def test_one_error_can_be_about_several_ids(key: str, value: object) -> None:
    item = error(category="VALIDATION_ERROR", context={key: value})
    outcome = associations(["1", "2", "3"], errors=[item])
    assert {id_: each.category for id_, each in outcome.missing.items()} == {
        "1": "VALIDATION_ERROR",
        "2": "VALIDATION_ERROR",
    }
    assert outcome.other_errors == []


def test_a_context_that_is_not_made_of_lists_is_understood() -> None:
    context = {"id": 1, "name": "x", "fromObjectId": ["2", 3]}
    outcome = associations(["1", "2", "3"], errors=[error(context=context)])
    assert set(outcome.missing) == {"1", "2", "3"}


def test_no_associations_is_told_by_the_sub_category_alone() -> None:
    context = {"fromObjectId": ["1"], "fromObjectType": ["deal"], "toObjectType": ["company"]}
    found = error(category="?", subCategory=NO_ASSOCIATIONS_FOUND, context=context)
    other = error(category="OBJECT_NOT_FOUND", context={"fromObjectId": ["2"]})
    outcome = associations(["1", "2"], errors=[found, other])
    assert outcome.missing["1"] is WITHOUT_ASSOCIATIONS
    assert outcome.missing["2"].reason == "error"


def test_an_error_about_an_id_with_a_row_takes_nothing_away() -> None:
    outcome = associations(["1"], results=[row("1")], errors=[error(context={"id": ["1"]})])
    assert set(outcome.rows) == {"1"}
    assert outcome.missing == {}
    assert [each.message for each in outcome.other_errors] == ["no"]


def test_the_first_error_of_an_id_counts_and_the_second_is_kept() -> None:
    items = [error(message=text, context={"id": ["1"]}) for text in ("first", "second")]
    outcome = associations(["1"], errors=items)
    assert outcome.missing["1"].message == "first"
    assert [each.message for each in outcome.other_errors] == ["second"]


def test_without_a_context_an_error_names_an_id_as_its_own() -> None:
    assert set(associations(["1"], errors=[error(id="1")]).missing) == {"1"}


@pytest.mark.parametrize(
    "errors",
    [
        [error(context={"id": ["9"]})],
        [error(message="1 is not right")],  # associations name ids in the context
        ["1"],
        "1",
        {"1": "2"},
    ],
)
def test_errors_that_name_no_id_of_the_request_are_kept(errors: object) -> None:
    outcome = associations(["1"], errors=errors)
    assert not outcome.has("1")
    assert len(outcome.other_errors) == 1


def test_a_campaign_is_found_in_the_text_of_the_error() -> None:
    text = f"Invalid campaign guids: [nonsense, {GUID.upper()}]"
    item = error(category="VALIDATION_ERROR", context={"message": [text]})
    outcome = campaigns(["nonsense", GUID, "sense", "guid"], errors=[item])
    assert set(outcome.missing) == {"nonsense", GUID}


def test_each_error_is_about_the_campaigns_in_its_own_text() -> None:
    items = [error(message=f"about {id_}", subCategory=f"x.{id_}") for id_ in "ab"]
    outcome = campaigns(["a", "b"], errors=items)
    assert {id_: why.sub_category for id_, why in outcome.missing.items()} == {
        "a": "x.a",
        "b": "x.b",
    }


def test_a_campaign_is_found_by_the_context_first() -> None:
    items = [
        error(message="nonsense"),
        error(message="about nonsense", context={"id": ["nonsense"]}),
    ]
    outcome = campaigns(["nonsense"], errors=items)
    assert outcome.missing["nonsense"].message == "about nonsense"
    assert [each.message for each in outcome.other_errors] == ["nonsense"]


def test_flow_ids_and_workflow_ids_are_told_apart() -> None:
    envelope = WorkflowIdMappingEnvelope.from_dict(
        {"results": [{"flowId": 7, "workflowId": 8}, {"flowId": 9, "workflowId": None}]}
    )
    by_flow = match(WORKFLOWS_BY_FLOW_ID, ["7", "8", "9"], envelope.results, [])
    by_workflow = match(WORKFLOWS_BY_WORKFLOW_ID, ["7", "8", "9"], envelope.results, [])
    assert (set(by_flow.rows), by_flow.unexpected) == ({"7", "9"}, 0)
    assert (set(by_workflow.rows), by_workflow.unexpected) == ({"8"}, 1)


def decode_error(document: object) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        AssociationEnvelope.from_json(json.dumps(document).encode())
    return caught.value


def test_rows_that_match_are_saved_from_a_body_that_does_not() -> None:
    items = [row("1"), {"from": {"id": 2}, "to": None}, {"to": []}, "3"]
    fault = decode_error({"results": items, "errors": [error(context={"id": ["4"]}), "odd"]})
    salvaged = salvage(ASSOCIATIONS, fault)
    assert salvaged is not None
    outcome = match(ASSOCIATIONS, ["1", "2", "3", "4"], *salvaged)
    assert set(outcome.rows) == {"1"}
    assert {id_: each.category for id_, each in outcome.missing.items()} == {
        "2": "DECODE_ERROR",
        "4": None,
    }
    assert outcome.missing["2"].message == (
        "Association: $.results[1].to: expected a list, got null"
    )
    assert [each.message for each in outcome.other_errors] == [
        "Association: $.results[2].from: missing",
        "Association: $.results[3]: expected an object, got text",
        "odd",
    ]


def test_rows_are_saved_as_models_or_plain() -> None:
    fault = decode_error({"results": [row("1"), {"to": []}]})
    models, plain = (salvage(ASSOCIATIONS, fault, is_plain=each) for each in (False, True))
    assert models is not None
    assert plain is not None
    assert salvage(ASSOCIATIONS, fault) == models
    assert [type(each) is Association for each in models[0]] == [True]
    assert [type(each) is Association for each in plain[0]] == [False]
    assert ASSOCIATIONS.id_of(plain[0][0]) == "1"
    assert models[1] == plain[1]


def test_rows_of_one_id_are_joined_even_if_only_some_are_plain() -> None:
    fault = decode_error({"results": [row("1"), {"to": []}]})
    both = [salvage(ASSOCIATIONS, fault, is_plain=each) for each in (False, True)]
    rows = [rows[0] for rows, _ in filter(None, both)]
    assert len(rows) == 2
    assert ASSOCIATIONS.merged(rows) == ASSOCIATIONS.merged(rows[::-1]) == rows[0]


def test_a_mismatched_row_has_its_id_as_it_came_or_none() -> None:
    body = b'{"results": [%b, {"from": {"id": NaN}}, {"to": []}]}' % json.dumps(row("1")).encode()
    salvaged = salvage(ASSOCIATIONS, DecodeError("AssociationEnvelope", "$", "no", body))
    assert salvaged is not None
    assert [each.context for each in salvaged[1]] == [{"id": ["NaN"]}, None]


def test_without_a_body_nothing_is_saved() -> None:
    assert salvage(ASSOCIATIONS, DecodeError("AssociationEnvelope", "$", "no", None)) is None


def test_rows_survive_a_fault_outside_of_them() -> None:
    salvaged = salvage(ASSOCIATIONS, decode_error({"results": [row("1")], "startedAt": "soon"}))
    assert salvaged is not None
    assert [each.from_.id for each in salvaged[0]] == ["1"]


def test_a_mismatched_row_takes_the_other_rows_of_its_id() -> None:
    salvaged = salvage(ASSOCIATIONS, decode_error({"results": [row("1"), {**row("1"), "to": 1}]}))
    assert salvaged is not None
    outcome = match(ASSOCIATIONS, ["1"], *salvaged)
    assert outcome.rows == {}
    assert outcome.missing["1"].category == "DECODE_ERROR"


def test_errors_are_saved_although_the_only_row_mismatches() -> None:
    found = error(subCategory=NO_ASSOCIATIONS_FOUND, context={"fromObjectId": ["1"]})
    salvaged = salvage(ASSOCIATIONS, decode_error({"results": [{"to": 1}], "errors": [found]}))
    assert salvaged is not None
    assert match(ASSOCIATIONS, ["1"], *salvaged).missing == {"1": WITHOUT_ASSOCIATIONS}


def test_the_words_for_a_row_that_does_not_match_name_no_id() -> None:
    with pytest.raises(DecodeError) as caught:
        CampaignEnvelope.from_dict({"results": [{"id": "x"}, {"id": "y"}, {"id": []}]})
    caught.value.body = json.dumps(caught.value.body).encode()
    salvaged = salvage(CAMPAIGNS, caught.value)
    assert salvaged is not None
    outcome = match(CAMPAIGNS, ["x", "y", "2"], *salvaged)
    assert outcome.missing == {}
    assert len(outcome.other_errors) == 1


@pytest.mark.parametrize(
    "document", [{"results": [{"to": []}]}, {"results": {}}, {}, [], {"results": [], "status": 1}]
)
def test_a_body_without_any_good_row_is_an_error(document: object) -> None:
    assert salvage(ASSOCIATIONS, decode_error(document)) is None


def test_a_body_that_is_not_json_is_an_error() -> None:
    assert salvage(ASSOCIATIONS, DecodeError("Association", "$", "not JSON", b"<html>")) is None


def merged(operation: Operation[RowT], *rows: RowT) -> RowT:
    return operation.merge(rows)


def test_unknown_keys_of_all_pages_are_kept() -> None:
    pages = [{**row("1"), "a": 1, "b": 1}, {**row("1"), "b": 2, "c": 2}]
    envelope = AssociationEnvelope.from_dict({"results": pages})
    record = merged(ASSOCIATIONS, *envelope.results)
    assert record.additional_properties == {"a": 1, "b": 1, "c": 2}


def test_duplicate_rows_of_v3_are_joined_and_stay_truncated() -> None:
    def v3(*ids: str, after: str | None = None) -> dict[str, object]:
        to = [{"id": id_, "type": "contact_to_deal"} for id_ in ids]
        return {**row("1"), "to": to, "paging": after and {"next": {"after": after}}}

    envelope = AssociationV3Envelope.from_dict({"results": [v3("5", "6", after="x"), v3("6", "7")]})
    record: AssociationV3 = merged(ASSOCIATIONS_V3, *envelope.results)
    assert [each.id for each in record.to] == ["5", "6", "7"]
    assert cut(ASSOCIATIONS_V3, record) == ("to",)


def test_the_lists_of_assets_that_go_on_are_named() -> None:
    more = {"results": [], "paging": {"next": {"after": "x"}}}
    assets = {"FORM": {"results": []}, "MARKETING_EMAIL": more}
    envelope = CampaignEnvelope.from_dict({"results": [{"id": GUID, "assets": assets}]})
    assert cut(CAMPAIGNS, envelope.results[0]) == ("assets.MARKETING_EMAIL",)
    assert cut(CAMPAIGNS, evolve(envelope.results[0], assets=None)) == ()


def test_zeros_are_an_id_too() -> None:
    assert set(associations(["000"], results=[row("0")]).rows) == {"000"}


def test_an_error_of_an_id_has_all_that_hubspot_says() -> None:
    item = error(category="VALIDATION_ERROR", subCategory="x.y", context={"id": ["1"], "a": ["b"]})
    why = associations(["1"], errors=[item]).missing["1"]
    assert (why.reason, why.category, why.sub_category) == ("error", "VALIDATION_ERROR", "x.y")
    assert (why.message, why.context) == ("no", {"id": ["1"], "a": ["b"]})


@pytest.mark.parametrize("key", ["flowId", "flowIds", "workflowId", "workflowIds", "id", "ids"])
def test_an_error_of_a_workflow_names_the_kind_that_was_asked(key: str) -> None:
    item = BatchError(message="no", context={key: ["7"]})
    by_flow = match(WORKFLOWS_BY_FLOW_ID, ["7"], [], [item])
    by_workflow = match(WORKFLOWS_BY_WORKFLOW_ID, ["7"], [], [item])
    assert bool(by_flow.missing) == (not key.startswith("workflow"))
    assert bool(by_workflow.missing) == (not key.startswith("flow"))


def test_an_errors_own_id_counts_if_its_context_names_none() -> None:
    item = error(id="1", context={"id": ["2"]})
    assert set(associations(["1", "2"], errors=[item]).missing) == {"2"}


def test_ids_are_found_in_a_message_as_words_of_their_own() -> None:
    item = BatchError(message="No 7, (8) a.b\nor c", context={"message": ["d: 9-1 x10"]})
    ids = ["7", "8", "9", "1", "10", "a.b", "a", "8)", "no-c", "c", "cd", "d"]
    outcome = match(CAMPAIGNS, ids, [], [item])
    assert set(outcome.missing) == {"7", "8", "8)", "a.b", "a", "c", "d"}


def test_null_among_the_errors_is_no_error() -> None:
    assert associations(["1"], errors=[None, "odd"]).other_errors == [BatchError(message="odd")]


def test_an_error_of_an_odd_kind_is_kept_as_json() -> None:
    outcome = associations(["1"], errors=[7, ["odd", None]])
    assert [each.message for each in outcome.other_errors] == ["7", '["odd", null]']


def test_text_or_a_deep_body_is_understood_or_an_error() -> None:
    body = json.dumps({"results": [row("1")]})
    salvaged = salvage(ASSOCIATIONS, DecodeError("AssociationEnvelope", "$", "no", body))
    assert salvaged is not None
    deep = b"[" * 100_000
    assert salvage(ASSOCIATIONS, DecodeError("AssociationEnvelope", "$", "no", deep)) is None


def v3_row(*to: tuple[str, str], after: str | None = None, **unknown: object) -> AssociationV3:
    document = {
        **row("1"),
        **unknown,
        "to": [{"id": id_, "type": type_} for id_, type_ in to],
        "paging": after and {"next": {"after": after}},
    }
    return AssociationV3.from_dict(document)


def test_duplicate_rows_of_v3_keep_each_type_and_unknown_key() -> None:
    rows = [
        v3_row(("5", "a"), ("5", "b"), x=1),
        v3_row(("5", "b"), ("5", "c"), after="x", x=2, y=2),
    ]
    record = merged(ASSOCIATIONS_V3, *rows)
    assert [(each.id, each.type_) for each in record.to] == [("5", "a"), ("5", "b"), ("5", "c")]
    assert record.additional_properties == {"x": 1, "y": 2}
    assert cut(ASSOCIATIONS_V3, record) == ("to",)


def test_rows_are_cut_or_go_on_only_if_there_is_a_cursor() -> None:
    paging = {"prev": {"before": "x"}}
    last = Association.from_dict({**row("1"), "paging": paging})
    assert ASSOCIATIONS.cursor(last) is None
    assert cut(ASSOCIATIONS_V3, AssociationV3.from_dict({**row("1"), "paging": paging})) == ()
    assert ASSOCIATIONS_V3.cursor(v3_row(after="x")) is None  # v3 cannot be read on
    for operation in (ASSOCIATIONS_V3, CAMPAIGNS):
        assert operation.remedy


def test_a_merged_record_equals_one_that_came_in_one_row() -> None:
    rows = [Association.from_dict(row("1"))] * 2
    assert merged(ASSOCIATIONS, *rows) == rows[0]


FLOODS: dict[str, dict[str, object]] = {
    "empty": {"errors": [{}] * 300_000},
    "messages": {"errors": [{"message": "no campaign here has this name"}] * 300_000},
    "texts": {"errors": ["no campaign here has this name"] * 300_000},
    "a long message": {"errors": [{"message": f"x-{GUID} " * 100_000}]},
    "long messages": {"errors": [{"message": f"x-{GUID} " * 300}] * 300},
    "a long context": {"errors": [{"context": {"id": ["other"] * 1_000_000}}]},
    "a context of long messages": {"errors": [{"context": {"message": [f"x-{GUID} "] * 100_000}}]},
    "strange rows": {"results": [{"id": []}] * 100_000, "errors": [{}]},
}


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_of_errors_is_read_in_a_moment(flood: str) -> None:
    ids = [GUID, *(f"0e1cf94a-1b2c-4d3e-8f50-{number:012d}" for number in range(49))]
    document = {"results": [], **FLOODS[flood]}
    body = json.dumps(document)
    try:
        envelope = CampaignEnvelope.from_json(body)
        start = time.thread_time()
        outcome = match(CAMPAIGNS, ids, envelope.results, errors_of(envelope))
    except DecodeError as error:
        start = time.thread_time()
        salvaged = salvage(CAMPAIGNS, error)
        assert salvaged is not None
        outcome = match(CAMPAIGNS, ids, *salvaged)
    seconds = time.thread_time() - start
    assert seconds < 1.5  # of the CPU; it took 2 to 4
    assert outcome.missing == {}
    assert len(outcome.other_errors) <= 10_001


def test_errors_that_are_left_out_are_counted() -> None:
    items = [error(message="odd")] * 10_002 + [error(category="X", context={"id": ["1"]})]
    for errors in (items[:10_001], items, ["odd", *items]):
        outcome = associations(["1"], errors=errors)
        last = outcome.other_errors[-1].message
        assert last == f"{len(errors) - 10_000:,} more errors were left out"
        assert outcome.missing == {}


def test_as_many_errors_as_a_request_can_cause_are_read() -> None:
    ids = [str(number) for number in range(1000)]
    items = [error(category=kind, context={"id": [id_]}) for id_ in ids for kind in "abcdefghij"]
    outcome = associations(ids, errors=items)
    assert set(outcome.missing) == set(ids)
    assert len(outcome.other_errors) == 9000
