"""`make record` replaces values by stand-ins, by the formats in the spec, and shows no secret."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recording.fixture_files import Exchange, Json
from recording.leaks import find_secrets, holds
from recording.normalise import normalise

from tests.contract import spec
from tests.contract.cases import Case, cases
from tests.contract.test_properties import answers

SPEC = spec.load()
ASSOCIATIONS = "/crm/associations/2026-03/contacts/companies/batch/read"
REQUEST_ID = "6f1c2a8e-0d4b-4e57-9a63-5b8e7c1d2f90"
GUID = "b3c7b1f0-52d1-4c6f-9a0e-3f1f7e1f9a01"
FIRST_GUID = "00000000-0000-4000-8000-000000001000"


def exchange(body: Json, *ids: str, status: int = 200, path: str = ASSOCIATIONS) -> Exchange:
    """An exchange in which these ids were asked for."""
    sent: Json = {"inputs": [{"id": each} for each in ids]}
    return {
        "request": {"method": "POST", "path": path, "query": {}, "body": sent},
        "response": {"status": status, "headers": {}, "body": body},
    }


def answered(body: Json, *ids: str, status: int = 200, path: str = ASSOCIATIONS) -> Any:
    """Return the normalised response to a request for these ids."""
    found = normalise(exchange(body, *ids, status=status, path=path), SPEC)
    return found["response"]["body"]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_a_fixture_that_is_normalised_stays_as_it_is(case: Case) -> None:
    written: Any = {part: case.fixture[part] for part in ("request", "response")}
    once = normalise(written, SPEC)
    assert normalise(once, SPEC) == once
    assert form(once["response"]["body"]) == form(case.body)
    assert once["response"]["status"] == case.status
    assert once["response"]["headers"] == case.headers


def form(value: Any) -> Any:
    """Return the structure of JSON, without its texts and numbers."""
    if isinstance(value, dict):
        return [(key, form(inner)) for key, inner in value.items()]
    if isinstance(value, list):
        return [form(inner) for inner in value]
    return value if isinstance(value, bool) or value is None else type(value)


@pytest.mark.parametrize("operation", spec.operations().values(), ids=lambda each: each.name)
@given(data=st.data())
def test_normalising_again_changes_nothing(operation: spec.Operation, data: st.DataObject) -> None:
    status = data.draw(st.sampled_from([200, 207]))
    body = data.draw(answers(operation))
    ids = data.draw(st.lists(st.sampled_from(["1001", "1000", "7", "0", GUID, "x-1"])))
    path = operation.path.replace("{fromObjectType}", "a").replace("{toObjectType}", "b")
    once = normalise(exchange(body, *ids, status=status, path=path), SPEC)
    assert json.dumps(normalise(once, SPEC)) == json.dumps(once)


@given(numbers=st.lists(st.integers(1, 10**12), min_size=1, max_size=8), cut=st.integers(0, 8))
def test_ids_are_numbered_as_they_come_and_equal_ones_are_equal(
    numbers: list[int], cut: int
) -> None:
    order = list(dict.fromkeys(numbers))
    expected = [1000 + order.index(number) for number in numbers]
    rows: Json = [{"to": [{"toObjectId": each} for each in numbers[cut:]]}]
    done = normalise(exchange({"results": rows}, *map(str, numbers[:cut])), SPEC)
    assert done["request"]["body"] == {"inputs": [{"id": str(each)} for each in expected[:cut]]}
    wanted = [{"to": [{"toObjectId": each} for each in expected[cut:]]}]
    assert done["response"]["body"] == {"results": wanted}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"results": [{"from": {"id": GUID}}]}, {"results": [{"from": {"id": FIRST_GUID}}]}),
        ({"results": [{"from": {"id": "x-1"}}]}, {"results": [{"from": {"id": "x-1"}}]}),
        ({"results": [{"from": {"id": "007"}}]}, {"results": [{"from": {"id": "007"}}]}),
        (
            {"results": [{"to": [{"toObjectId": 53}]}]},
            {"results": [{"to": [{"toObjectId": 1000}]}]},
        ),
        ({"startedAt": "2025-01-01T23:59:59.9Z"}, {"startedAt": "2026-02-11T09:14:27.3Z"}),
        ({"startedAt": "2025-01-01T23:59:59+01:00"}, {"startedAt": "2026-02-11T09:14:27+01:00"}),
        ({"startedAt": "2025-01-01T23:59:59"}, {"startedAt": "2026-02-11T09:14:27"}),
        ({"numErrors": 2, "unknown": 53628}, {"numErrors": 2, "unknown": 53628}),
        ({"results": [{"from": {"id": None}}]}, {"results": [{"from": {"id": None}}]}),
    ],
)
def test_a_value_is_replaced_as_its_format_says(before: Json, after: Json) -> None:
    assert answered(before) == after


def test_the_ids_of_a_request_are_one_whatever_they_are_called() -> None:
    body: Json = {"correlationId": GUID, "requestId": "x1", "message": f"See {GUID}."}
    assert answered(body, status=429) == {
        "correlationId": REQUEST_ID,
        "requestId": REQUEST_ID,
        "message": f"See {REQUEST_ID}.",
    }


def test_what_a_message_repeats_has_the_same_stand_in() -> None:
    body: Json = {
        "errors": [
            {
                "message": "53628 is not 7, nor 99 (2025-01-01T00:00:00Z), says 536.",
                "context": {"id": ["53628", "7"], "message": ["7 is not 53628", "n-7-5"]},
                "links": {"next": "https://example.com/53628?after=7"},
            }
        ]
    }
    (error,) = answered(body, "7")["errors"]
    assert error == {
        "message": "1001 is not 1000, nor 99 (2026-02-11T09:14:27Z), says 536.",
        "context": {"id": ["1001", "1000"], "message": ["1000 is not 1001", "n-1000-5"]},
        "links": {"next": "https://example.com/1001?after=1000"},
    }


def test_workflow_ids_are_ids_although_they_are_numbers() -> None:
    body: Json = {"results": [{"flowId": 5, "workflowId": 6}]}
    path = "/automation/2026-09-beta/workflow-id-mappings/batch/read"
    assert answered(body, path=path) == {"results": [{"flowId": 1000, "workflowId": 1001}]}


def test_headers_are_dropped_unless_they_are_listed() -> None:
    asked = exchange({})
    asked["response"]["headers"] = {
        "x-hubspot-ratelimit-remaining": "187",
        "X-HubSpot-RateLimit-Daily-Remaining": "0",
        "retry-after": "10",
        "Content-Type": "application/json;charset=utf-8",
        "content-length": "17",
        "x-hubspot-correlation-id": GUID,
        "set-cookie": "__cf_bm=secret",
    }
    assert list(normalise(asked, SPEC)["response"]["headers"].items()) == [
        ("content-type", "application/json;charset=utf-8"),
        ("Retry-After", "10"),
        ("X-HubSpot-RateLimit-Remaining", "100"),
        ("X-HubSpot-RateLimit-Daily-Remaining", "0"),
    ]


def test_what_is_given_is_left_alone() -> None:
    given_ = exchange({"results": [{"from": {"id": "5"}}]}, "5")
    copy = json.dumps(given_)
    normalise(given_, SPEC)
    assert json.dumps(given_) == copy


# The last look --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "a to-ken/1+2 b",
        "a TO-KEN/1+2 b",
        "a to%2Dken%2F1+2 b",
        "a to&#45;ken&#x2f;1+2 b",
    ],
)
def test_a_secret_is_found_in_any_writing(text: str) -> None:
    assert holds(text, "to-ken/1+2")
    assert not holds(text, "to-ben/1+2")


def test_a_request_id_is_no_secret() -> None:
    assert find_secrets(f'{{"correlationId": "{REQUEST_ID}"}}') == []
