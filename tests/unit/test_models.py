"""The generated models: what they make of odd values, and what a user can do with them."""

from __future__ import annotations

import copy
import datetime
import inspect
import json
import math
import pickle
import subprocess
import sys
import typing

import attrs
import pytest
import yaml

from hubspot_batch_read_api import api, models
from hubspot_batch_read_api.errors import DecodeError
from hubspot_batch_read_api.models import (
    Asset,
    AssociatedObject,
    Association,
    AssociationCategory,
    AssociationEnvelope,
    AssociationInput,
    AssociationType,
    BatchError,
    BatchStatus,
    BusinessUnit,
    Campaign,
    Error,
    FlowIdInput,
    ObjectId,
    WorkflowIdInput,
    WorkflowIdMapping,
    WorkflowIdMappingRequest,
)
from hubspot_batch_read_api.types import Model
from tests.contract.cases import Case, cases, envelope_model

UTC = datetime.UTC


def classes() -> list[type[Model]]:
    found = (getattr(models, name) for name in models.__all__)
    return [each for each in found if inspect.isclass(each) and issubclass(each, Model)]


# Values


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("12", "12"), (12, "12"), (12.0, "12"), (2**70, str(2**70)), ("0012", "0012"), ("", "")],
)
def test_an_id_is_text_whatever_it_came_as(sent: object, kept: str) -> None:
    assert ObjectId.from_dict({"id": sent}).id == kept
    row = {"toObjectId": sent, "associationTypes": []}
    assert AssociatedObject.from_dict(row).to_object_id == kept


@pytest.mark.parametrize("sent", [None, True, 1.5, 2.0**54, math.nan, math.inf, [], {}, [1]])
def test_what_is_no_id_is_no_id(sent: object) -> None:
    with pytest.raises(DecodeError) as caught:
        ObjectId.from_dict({"id": sent})
    assert caught.value.path == "$.id"


@pytest.mark.parametrize(
    ("sent", "kept"), [(12, 12), ("12", 12), (12.0, 12), (0, 0), (2**63, 2**63)]
)
def test_a_number_stays_a_number_and_may_come_as_text(sent: object, kept: int) -> None:
    assert WorkflowIdMapping.from_dict({"flowId": sent}).flow_id == kept
    assert BusinessUnit.from_dict({"id": sent}).id == kept


@pytest.mark.parametrize("sent", [True, 1.5, "x", "1.5", "", "٣", 2.0**54, math.inf, [], {}])
def test_what_is_no_number_is_no_number(sent: object) -> None:
    with pytest.raises(DecodeError) as caught:
        WorkflowIdMapping.from_dict({"flowId": sent})
    assert caught.value.path == "$.flowId"


@pytest.mark.parametrize(
    ("sent", "instant"),
    [
        ("2023-11-07T05:31:56Z", datetime.datetime(2023, 11, 7, 5, 31, 56, tzinfo=UTC)),
        ("2023-11-07T05:31:56.123Z", datetime.datetime(2023, 11, 7, 5, 31, 56, 123000, tzinfo=UTC)),
        ("2023-11-07T05:31:56,5Z", datetime.datetime(2023, 11, 7, 5, 31, 56, 500000, tzinfo=UTC)),
        (
            "2023-11-07T05:31:56.123456789Z",
            datetime.datetime(2023, 11, 7, 5, 31, 56, 123456, tzinfo=UTC),
        ),
        ("2023-11-07T07:31:56+02:00", datetime.datetime(2023, 11, 7, 5, 31, 56, tzinfo=UTC)),
        ("2023-11-07T05:31:56", datetime.datetime(2023, 11, 7, 5, 31, 56, tzinfo=UTC)),
        ("20231107T053156Z", datetime.datetime(2023, 11, 7, 5, 31, 56, tzinfo=UTC)),
        ("2023-11-07t05:31:56z", datetime.datetime(2023, 11, 7, 5, 31, 56, tzinfo=UTC)),
        ("2023-11-07 05:31Z", datetime.datetime(2023, 11, 7, 5, 31, tzinfo=UTC)),
        ("2023-11-07", datetime.datetime(2023, 11, 7, tzinfo=UTC)),
        ("2023-W45-2", datetime.datetime(2023, 11, 7, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime.datetime(2017, 1, 1, tzinfo=UTC)),
        ("2016-12-31T23:59:60.5Z", datetime.datetime(2017, 1, 1, 0, 0, 0, 500000, tzinfo=UTC)),
        ("2023-11-07T24:00:00Z", datetime.datetime(2023, 11, 8, tzinfo=UTC)),
    ],
)
def test_every_form_of_date_time_becomes_an_aware_instant(
    sent: str, instant: datetime.datetime
) -> None:
    decoded = Campaign.from_dict({"id": "1", "createdAt": sent}).created_at
    assert decoded is not None
    assert decoded == instant
    assert decoded.tzinfo is not None


@pytest.mark.parametrize(
    "sent",
    [
        *(
            "",
            "now",
            "2023",
            "2023-13-01T00:00:00Z",
            "9999-12-31T24:00:00Z",
            "2023-11-07T24:00:01Z",
        ),
        *("1699335116000", "2023-11-07x05:31:56Z", "2023-11-07T05:31.5Z", "2023-11-07T05,5Z"),
        *("2023-11-07T05:31:61Z", "2023-11-07T05:31:56+99:00", "٢٠٢٣-11-07"),
        *(1699335116000, True, []),
    ],
)
def test_a_bad_date_is_named_by_its_place(sent: object) -> None:
    with pytest.raises(DecodeError) as caught:
        Campaign.from_dict({"id": "1", "createdAt": sent})
    assert caught.value.path == "$.createdAt"


def test_known_enum_values_are_members_and_others_text() -> None:
    known = AssociationType.from_dict({"category": "USER_DEFINED", "typeId": 1})
    unknown = AssociationType.from_dict({"category": "NEW_KIND", "typeId": 1})
    assert known.category is AssociationCategory.USER_DEFINED
    assert unknown.category == "NEW_KIND"
    assert type(unknown.category) is str
    assert AssociationEnvelope.from_dict({"results": [], "status": "COMPLETE"}).status is (
        BatchStatus.COMPLETE
    )


@pytest.mark.parametrize("sent", [5, None, [], {}, True])
def test_what_is_no_text_is_no_value_of_an_enum(sent: object) -> None:
    with pytest.raises(DecodeError) as caught:
        AssociationType.from_dict({"category": sent, "typeId": 1})
    assert caught.value.path == "$.category"


def test_null_and_absent_are_both_none() -> None:
    assert Campaign.from_dict({"id": "1", "assets": None, "createdAt": None}) == Campaign(id="1")


# What is kept aside


def test_unknown_keys_are_kept_at_every_depth_and_given_back() -> None:
    body = {
        "results": [{"from": {"id": "1", "portal": 7}, "to": [], "extra": {"a": [1, None]}}],
        "trace": "t",
    }
    envelope = AssociationEnvelope.from_dict(body)
    assert envelope.additional_properties == {"trace": "t"}
    assert envelope.results[0].additional_properties == {"extra": {"a": [1, None]}}
    assert envelope.results[0].from_.additional_properties == {"portal": 7}
    assert envelope.to_dict() == body


def test_additional_properties_is_a_mapping_even_if_empty() -> None:
    row = ObjectId.from_dict({"id": "1"})
    assert dict(row.additional_properties) == {}
    assert row.additional_properties.get("x") is None
    assert row._additional_properties is None, "nothing is allocated for nothing"


def test_additional_properties_can_be_given_and_are_sent() -> None:
    item = AssociationInput(id="1", additional_properties={"beta": True})
    assert item.to_dict() == {"id": "1", "beta": True}
    assert AssociationInput(id="1", additional_properties={}) == AssociationInput(id="1")


def test_what_does_not_fit_an_error_is_kept_and_costs_no_row() -> None:
    error = {
        "status": 5,
        "subCategory": {},
        "context": "{missingScopes=[a]}",
        "errors": [{"message": "no", "context": {"id": [1]}}, 7],
        "message": "no",
    }
    envelope = AssociationEnvelope.from_dict({"results": [], "errors": [error]})
    assert envelope.errors is not None
    kept = envelope.errors[0]
    assert (kept.message, kept.sub_category, kept.context) == ("no", None, None)
    assert kept.additional_properties["subCategory"] == {}
    assert kept.to_dict() == error


@pytest.mark.parametrize(
    "odd",
    [
        {"errors": "text"},
        {"errors": {}},
        {"numErrors": "many"},
        {"links": []},
        {"links": {"a": 1}},
    ],
)
def test_an_odd_account_beside_the_rows_costs_no_row(odd: dict[str, object]) -> None:
    body = {"results": [{"from": {"id": "1"}, "to": []}], **odd}
    envelope = AssociationEnvelope.from_dict(body)
    assert len(envelope.results) == 1
    assert envelope.additional_properties == odd
    assert envelope.to_dict() == body


def test_a_lenient_list_has_the_items_that_fit_and_is_kept() -> None:
    body = {"results": [], "errors": [{"message": "a"}, "text", None, {"message": "b"}]}
    envelope = AssociationEnvelope.from_dict(body)
    assert envelope.errors == [BatchError(message="a"), BatchError(message="b")]
    assert envelope.to_dict() == body


def test_ids_in_the_context_of_an_error_are_text() -> None:
    error = BatchError.from_dict({"context": {"fromObjectId": [5, "6"], "note": None}})
    assert error.context == {"fromObjectId": ["5", "6"]}


def test_a_null_in_a_map_is_left_out() -> None:
    campaign = Campaign.from_dict(
        {"id": "1", "properties": {"a": "x", "b": None}, "assets": {"FORM": None}}
    )
    assert (campaign.properties, campaign.assets) == ({"a": "x"}, {})


def test_a_null_in_a_map_is_not_taken_for_the_fault_beside_it() -> None:
    with pytest.raises(DecodeError) as caught:
        Campaign.from_dict({"id": "1", "properties": {"a": None, "b": 5}})
    assert caught.value.path == "$.properties.b"


def test_a_metric_keeps_its_digits() -> None:
    metrics = {"OPEN": 2**53 + 1, "RATE": 0.25}
    asset = Asset.from_dict({"id": "1", "metrics": metrics})
    assert asset.to_dict() == {"id": "1", "metrics": metrics}
    assert json.dumps(asset.to_dict()["metrics"]) == json.dumps(metrics)
    with pytest.raises(DecodeError) as caught:
        Asset.from_dict({"id": "1", "metrics": {"OPEN": math.inf}})
    assert caught.value.path == "$.metrics.OPEN"


def test_errors_of_an_answer_may_be_objects_and_texts_together() -> None:
    error = Error.from_dict({"errors": [{"message": "a"}, "b"]})
    assert error.errors is not None
    assert [each if isinstance(each, str) else each.message for each in error.errors] == ["a", "b"]


# Faults


@pytest.mark.parametrize(
    ("body", "path", "problem"),
    [
        ({}, "$.results", "missing"),
        ({"results": None}, "$.results", "expected a list, got null"),
        ({"results": {}}, "$.results", "expected a list, got an object"),
        ({"results": ""}, "$.results", "expected a list, got text"),
        ({"results": [[]]}, "$.results[0]", "expected an object, got a list"),
        (
            {"results": [{"from": "1", "to": []}]},
            "$.results[0].from",
            "expected an object, got text",
        ),
        ({"results": [{"from": {}, "to": []}]}, "$.results[0].from.id", "missing"),
        ({"results": [], "status": []}, "$.status", "expected text, got a list"),
        ([], "$", "expected an object, got a list"),
        (None, "$", "expected an object, got null"),
        ("", "$", "expected an object, got text"),
    ],
)
def test_a_fault_is_named_by_path_and_problem(body: object, path: str, problem: str) -> None:
    with pytest.raises(DecodeError) as caught:
        AssociationEnvelope.from_dict(typing.cast("dict[str, object]", body))
    error = caught.value
    assert (error.model, error.path, error.problem) == ("AssociationEnvelope", path, problem)
    assert error.body is body
    assert str(error) == f"AssociationEnvelope: {path}: {problem}"


@pytest.mark.parametrize("model", classes(), ids=lambda each: each.__name__)
@pytest.mark.parametrize("value", ["", [], 0, True, None, "text", ["x"]])
def test_no_model_takes_what_is_no_object(model: type[Model], value: object) -> None:
    with pytest.raises(DecodeError) as caught:
        model.from_dict(typing.cast("dict[str, object]", value))
    assert caught.value.path == "$"


@pytest.mark.parametrize("content", [b"", b"<html>", b"{", b"\xff\xfe\xfd", b"[" * 100_000, "nul"])
def test_what_is_no_json_is_said_to_be_none(content: bytes | str) -> None:
    with pytest.raises(DecodeError, match="not JSON") as caught:
        AssociationEnvelope.from_json(content)
    assert caught.value.path == "$"
    assert caught.value.body is content


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_what_only_python_takes_for_json_is_named(constant: str) -> None:
    with pytest.raises(DecodeError, match=f": {constant} is not a JSON value"):
        AssociationEnvelope.from_json(f'{{"results": [], "x": {constant}}}')


def test_a_fault_in_json_keeps_the_text_it_is_in() -> None:
    with pytest.raises(DecodeError) as caught:
        AssociationEnvelope.from_json(b'{"results": 1}')
    assert caught.value.body == b'{"results": 1}'


def test_a_key_that_is_no_name_is_quoted_in_the_path() -> None:
    body = {"id": "1", "properties": {"a b": 1}}
    with pytest.raises(DecodeError) as caught:
        Campaign.from_dict(body)
    assert caught.value.path == '$.properties["a b"]'


def test_inputs_may_be_a_list_of_one_kind() -> None:
    flows = [FlowIdInput(flow_id="1")]
    assert WorkflowIdMappingRequest(inputs=flows).to_dict() == {
        "inputs": [{"type": "FLOW_ID", "flowId": "1"}]
    }


def test_an_input_of_either_kind_is_told_by_its_type() -> None:
    body = {
        "inputs": [{"type": "WORKFLOW_ID", "workflowId": "2"}, {"type": "FLOW_ID", "flowId": "1"}]
    }
    request = WorkflowIdMappingRequest.from_dict(body)
    assert request.inputs == [WorkflowIdInput(workflow_id="2"), FlowIdInput(flow_id="1")]
    assert request.to_dict() == body


@pytest.mark.parametrize(
    ("item", "path"),
    [
        ({"type": "FLOW_ID"}, "$.inputs[0].flowId"),
        ({"type": "WORKFLOW_ID", "workflowId": []}, "$.inputs[0].workflowId"),
        ({"type": "OTHER", "flowId": "1"}, "$.inputs[0].type"),
        ("1", "$.inputs[0]"),
    ],
)
def test_an_input_of_neither_kind_is_named_by_its_problem(item: object, path: str) -> None:
    with pytest.raises(DecodeError) as caught:
        WorkflowIdMappingRequest.from_dict({"inputs": [item]})
    assert caught.value.path == path


# As Python objects


def test_models_compare_copy_and_pickle() -> None:
    body = {
        "results": [{"from": {"id": 1, "x": 1}, "to": [{"toObjectId": 2, "associationTypes": []}]}],
        "startedAt": "2023-11-07T05:31:56.123Z",
    }
    envelope = AssociationEnvelope.from_dict(body)
    for other in (
        AssociationEnvelope.from_dict(body),
        copy.copy(envelope),
        copy.deepcopy(envelope),
        *(
            pickle.loads(pickle.dumps(envelope, each))
            for each in range(pickle.HIGHEST_PROTOCOL + 1)
        ),
    ):
        assert other == envelope
        assert other.to_dict() == envelope.to_dict()
    assert envelope != AssociationEnvelope.from_dict({**body, "y": 1})


def test_a_decoded_model_equals_one_made_by_hand() -> None:
    assert Association.from_dict({"from": {"id": 1}, "to": []}) == Association(
        from_=ObjectId(id="1"), to=[]
    )


@pytest.mark.parametrize("model", classes(), ids=lambda each: each.__name__)
def test_models_have_slots_and_no_dict(model: type[Model]) -> None:
    assert attrs.has(model)
    assert "__dict__" not in dir(model)


def test_a_subclass_decodes_as_itself() -> None:
    class Mine(ObjectId):
        pass

    assert type(Mine.from_dict({"id": "1"})) is Mine


@pytest.mark.parametrize("model", classes(), ids=lambda each: each.__name__)
def test_the_types_of_every_field_can_be_read_at_run_time(model: type[Model]) -> None:
    hints = typing.get_type_hints(model)
    assert {field.name for field in attrs.fields(model)} <= hints.keys()


@pytest.mark.parametrize("name", ["sync", "asyncio", "sync_detailed", "asyncio_detailed"])
def test_the_types_of_every_operation_can_be_read_at_run_time(name: str) -> None:
    operations = [
        api.associations.read_associations,
        api.associations.read_associations_v3,
        api.campaigns.read_campaigns,
        api.workflow_id_mappings.read_workflow_id_mappings,
    ]
    for operation in operations:
        hints = typing.get_type_hints(getattr(operation, name))
        assert {"client", "body", "return"} <= hints.keys()


def test_an_error_item_is_all_optional() -> None:
    assert BatchError.from_dict({}) == BatchError()


# Importing


def imported_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(run.stdout.split())


def test_importing_the_package_imports_nothing_that_is_not_used() -> None:
    modules = imported_by("import hubspot_batch_read_api")
    assert not modules & {"httpx", "attrs", "hubspot_batch_read_api.client"}


def test_the_models_need_no_httpx() -> None:
    assert "httpx" not in imported_by("from hubspot_batch_read_api.models import CampaignEnvelope")


def test_importing_one_operation_leaves_other_models_alone() -> None:
    modules = imported_by("from hubspot_batch_read_api.api.campaigns import read_campaigns")
    assert "hubspot_batch_read_api.models.campaign" in modules
    assert "hubspot_batch_read_api.models.association" not in modules
    assert "asyncio" not in imported_by("import hubspot_batch_read_api.client, sys") - imported_by(
        "import httpx"
    )


def test_an_unknown_name_is_an_attribute_error() -> None:
    for package in (models, api, api.associations):
        with pytest.raises(AttributeError, match="no attribute 'nothing'"):
            _ = package.nothing


def test_dir_lists_what_was_not_imported_yet() -> None:
    run = subprocess.run(
        [sys.executable, "-c", "import hubspot_batch_read_api.models as m; print(*dir(m))"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert set(models.__all__) <= set(run.stdout.split())


def plain_types(value: object) -> set[type]:
    """The types of all that is in a JSON value."""
    if isinstance(value, dict):
        return {dict}.union(*map(plain_types, [*value, *value.values()]))
    if isinstance(value, list):
        return {list}.union(*map(plain_types, value))
    return {type(value)}


@pytest.mark.parametrize(
    "case", [case for case in cases() if not case.raises], ids=lambda case: case.id
)
def test_to_dict_returns_plain_values_only(case: Case) -> None:
    data = envelope_model(case.operation).from_json(case.content).to_dict()
    assert plain_types(data) <= {dict, list, str, int, float, bool, type(None)}
    assert yaml.safe_load(yaml.safe_dump(data)) == data


def test_to_dict_of_a_member_is_its_text() -> None:
    kind = AssociationType(category=AssociationCategory.WORK, type_id=1)
    assert plain_types(kind.to_dict()) == {dict, str, int}
    assert kind.to_dict()["category"] == "WORK"
    unknown = AssociationType(category="NEW", type_id=1)
    assert unknown.to_dict()["category"] == "NEW"


# How they are shown


def company(number: int) -> AssociatedObject:
    return AssociatedObject(to_object_id=str(number), association_types=[])


def test_a_small_model_is_shown_whole() -> None:
    row = Association(from_=ObjectId(id="1"), to=[company(each) for each in range(3)])
    companies = (f"AssociatedObject(to_object_id='{each}', association_types=[])" for each in "012")
    shown = f"Association(from_=ObjectId(id='1'), to=[{', '.join(companies)}], paging=None)"
    assert repr(row) == shown


def test_a_record_with_1250_associations_fits_on_a_screen() -> None:
    types = [
        AssociationType(category="HUBSPOT_DEFINED", type_id=each, label=None) for each in (1, 2)
    ]
    companies = [
        AssociatedObject(to_object_id=str(each), association_types=types) for each in range(1250)
    ]
    shown = repr(Association(from_=ObjectId(id="1"), to=companies))
    assert len(shown) < 1500
    assert shown.endswith(", … 1,247 more], paging=None)")


def test_long_maps_and_texts_say_what_they_leave_out() -> None:
    properties = {f"p{number}": "x" for number in range(1, 12)} | {"p1": "y" * 1234}
    shown = repr(Campaign(id="1", properties=properties))
    assert f"'p1': '{'y' * 200}' … 1,034 more, 'p2': 'x'," in shown
    assert "'p10': 'x', … 1 more}" in shown
    error = BatchError(context={"ids": ["z" * 1000, "1", "2", "3"]})
    assert f"{{'ids': ['{'z' * 200}' … 800 more, '1', '2', … 1 more]}}" in repr(error)


def test_the_fields_of_a_base_class_are_shown_first() -> None:
    shown = repr(AssociationEnvelope(results=[], status="COMPLETE"))
    assert shown.startswith("AssociationEnvelope(status='COMPLETE', ")
    assert shown.endswith("results=[])")
