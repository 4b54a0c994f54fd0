"""Responses match the spec, also to random requests that the spec allows."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hubspot_batch_read.sandbox import Portal, Sandbox
from hubspot_batch_read.sandbox.answers import ENDPOINTS
from hubspot_batch_read.sandbox.answers.endpoint import Endpoint
from tests.contract import spec
from tests.examples import examples
from tests.reads import check_listed

from .asking import COMPANIES, PATH_VALUES, Ask, check_against_spec

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PORTAL = Portal(seed=7)
# What tests add is answered as what was drawn: the first of the known ids are of that.
PORTAL.associate("contacts", "companies", 101, 7, labels=["Buyer"], primary=True)
PORTAL.add_campaign(
    "0e1cf94a-1b2c-4d3e-8f50-6a7b8c9d0e1f",
    properties={"hs_name": "Spring"},
    assets={"FORM": {"12": "Sign-up", "13": None}},
)
PORTAL.add_workflow(flow_id=5, workflow_id=6)
CONTACTS = ("101", *PORTAL.contact_ids)
# Ids that the portal has, by the key of an input.
IDS = {
    "read_associations": {"id": CONTACTS},
    "read_associations_v3": {"id": CONTACTS},
    "read_campaigns": {"id": ("0e1cf94a-1b2c-4d3e-8f50-6a7b8c9d0e1f", *PORTAL.campaign_ids)},
    "read_workflow_id_mappings": {
        "flowId": ("5", *PORTAL.flow_ids),
        "workflowId": ("6", *PORTAL.workflow_ids),
    },
}


def test_the_sandbox_has_the_operations_of_the_spec() -> None:
    place = "the ENDPOINTS in src/hubspot_batch_read/sandbox/answers/"
    ids = [operation.id for operation in spec.operations().values()]
    check_listed([each.operation_id for each in ENDPOINTS], ids, place)
    assert len(ENDPOINTS) == len(ids)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.operation_id)
def test_an_endpoint_has_the_path_and_the_limit_of_the_spec(endpoint: Endpoint) -> None:
    operation = spec.operations()[spec.snake_case(endpoint.operation_id)]
    assert endpoint.path == operation.path
    assert endpoint.max_inputs == operation.inputs["maxItems"]


@pytest.mark.parametrize("name", spec.operations())
def test_the_responses_of_every_operation_are_tested(name: str) -> None:
    file = Path(__file__).with_name(f"test_{name.removeprefix('read_')}.py")
    assert file.exists(), f"test what the sandbox responds to {name} in tests/sandbox/{file.name}"


def test_ids_are_known_for_every_operation() -> None:
    check_listed(IDS, spec.operations(), "IDS in tests/sandbox/test_conformance.py")


def test_a_response_with_more_than_the_spec_declares_is_noticed(ask: Ask, portal: Portal) -> None:
    response = ask(COMPANIES, portal.contact_ids[0])
    body = response.json()
    body["results"][0]["to"][0]["surprise"] = True

    with pytest.raises(AssertionError, match="surprise"):
        check_against_spec(httpx.Response(200, json=body, request=response.request))


# Random requests --------------------------------------------------------------------------------


schema = schemathesis.openapi.from_dict(copy.deepcopy(spec.load()))
schema.config.generation.update(modes=[GenerationMode.POSITIVE], database="none")


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    with Sandbox(portal=PORTAL) as sandbox:
        yield sandbox


@schema.parametrize()
@settings(max_examples=examples(60))
def test_requests_the_spec_allows_get_responses_it_describes(
    case: Case[Any], served: Sandbox
) -> None:
    validate(case, served)
    give_known_names(case)
    response = validate(case, served)
    assert response.status_code in {200, 207}
    name = operation_of(case).name
    assert response.json()["results"], f"{name}: the portal has no result for the ids in IDS"


def validate(case: Case[Any], sandbox: Sandbox) -> Any:
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    response = case.call_and_validate(sandbox.base_url, headers=headers, checks=CHECKS)
    answer_schema = spec.answer_schema(operation_of(case), response.status_code)
    departures = spec.departures(response.json(), answer_schema)
    assert not departures, (departures, response.text)
    return response


def operation_of(case: Case[Any]) -> spec.Operation:
    (operation,) = [each for each in spec.operations().values() if each.path == case.path]
    return operation


def give_known_names(case: Case[Any]) -> None:
    """Put what the portal knows into a request: random ids and types almost never are."""
    case.path_parameters = {name: PATH_VALUES[name] for name in case.path_parameters}
    case.query.pop("properties", None)
    body: Any = case.body
    for position, each in enumerate(body["inputs"]):
        each.pop("after", None)
        for name, ids in IDS.get(operation_of(case).name, {}).items():
            if name in each:
                each[name] = ids[position]
