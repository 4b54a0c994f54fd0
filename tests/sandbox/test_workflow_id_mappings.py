"""Workflow id mappings: the pair of ids, by either of them."""

import pytest

from hubspot_batch_read.sandbox import Portal

from .asking import WORKFLOWS, Ask


def by_flow(id_: object) -> dict[str, object]:
    return {"type": "FLOW_ID", "flowId": id_}


def by_workflow(id_: object) -> dict[str, object]:
    return {"type": "WORKFLOW_ID", "workflowId": id_}


def test_ids_are_asked_for_as_text_and_answered_as_numbers(ask: Ask, portal: Portal) -> None:
    inputs = [by_flow(portal.flow_ids[0]), by_workflow(portal.workflow_ids[1])]

    response = ask.inputs(WORKFLOWS, inputs)

    pairs = [(result["flowId"], result["workflowId"]) for result in response.json()["results"]]
    assert response.status_code == 200
    assert sorted(pairs) == [
        (int(portal.flow_ids[index]), int(portal.workflow_ids[index])) for index in (0, 1)
    ]


def test_a_workflow_asked_for_by_both_ids_is_answered_once(ask: Ask, portal: Portal) -> None:
    flow, workflow = portal.flow_ids[0], portal.workflow_ids[0]

    body = ask.inputs(WORKFLOWS, [by_flow(flow), by_workflow(workflow), by_flow(flow)]).json()

    assert body["results"] == [{"flowId": int(flow), "workflowId": int(workflow)}]


def test_an_id_of_the_other_kind_or_of_none_is_an_item(ask: Ask, portal: Portal) -> None:
    unknown = [by_flow(portal.workflow_ids[0]), by_workflow("x"), by_workflow("1")]
    inputs = [*unknown, by_flow(portal.flow_ids[0]), by_workflow("x")]

    response = ask.inputs(WORKFLOWS, inputs)

    body = response.json()
    assert response.status_code == 207
    assert len(body["results"]) == 1
    assert body["numErrors"] == 3
    assert {item["subCategory"] for item in body["errors"]} == {"FLOW_NOT_FOUND"}
    assert [item["context"] for item in body["errors"]] == [
        {"flowId": [portal.workflow_ids[0]]},
        {"workflowId": ["x"]},
        {"workflowId": ["1"]},
    ]


@pytest.mark.parametrize(
    ("given", "at"),
    [
        ({"flowId": "1"}, "inputs[0].type"),
        ({"type": "OTHER", "flowId": "1"}, "inputs[0].type"),
        ({"type": "FLOW_ID", "workflowId": "1"}, "inputs[0].flowId"),
        ({"type": "WORKFLOW_ID", "flowId": "1"}, "inputs[0].workflowId"),
        (by_flow(1), "inputs[0].flowId"),
        (by_workflow(None), "inputs[0].workflowId"),
    ],
)
def test_an_input_without_its_kind_fails_the_request(
    ask: Ask, given: dict[str, object], at: str
) -> None:
    response = ask.inputs(WORKFLOWS, [given])

    assert response.status_code == 400
    assert response.json()["category"] == "VALIDATION_ERROR"
    assert response.json()["errors"][0]["in"] == at
