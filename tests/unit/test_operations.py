"""The table of operations, against the spec and the two clients."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import hubspot_batch_read
from hubspot_batch_read import AsyncHubSpot, HubSpot, TableRead, operations
from hubspot_batch_read.core.operation import Operation
from hubspot_batch_read_api.models import Association
from tests.contract import spec
from tests.reads import OPERATIONS, check_listed, endpoint_name

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=endpoint_name)


def test_every_operation_of_the_spec_is_in_the_table() -> None:
    place = "src/hubspot_batch_read/operations/__init__.py, as an Operation"
    check_listed(map(endpoint_name, OPERATIONS), spec.operations(), place)


def test_every_operation_can_be_described_for_an_engine() -> None:
    described = [name for name, each in vars(TableRead).items() if isinstance(each, classmethod)]
    names = [f"read_{name}" for name in described if not name.startswith("_")]
    place = "TableRead in src/hubspot_batch_read/engines/table_read.py, without read_"
    check_listed(names, spec.operations(), place)


@pytest.mark.parametrize("client", [HubSpot, AsyncHubSpot])
def test_a_client_has_every_operation(client: type) -> None:
    methods = [name for name in vars(client) if name.startswith("read_")]
    check_listed(methods, spec.operations(), client.__name__)


@each_operation
def test_a_request_holds_as_many_inputs_as_the_spec_allows(operation: Operation[Any]) -> None:
    endpoint = spec.operations()[endpoint_name(operation)]
    schema = spec.schema(endpoint.request, closed=True)
    assert operation.max_inputs == endpoint.inputs["maxItems"]
    body = operation.body({str(number): None for number in range(operation.max_inputs)})
    Draft202012Validator(schema).validate(body.to_dict())


@each_operation
def test_a_request_encodes_the_same_again_in_its_order(
    operation: Operation[Any],
) -> None:
    ids = {"2": None, "1": None}
    body: Any = operation.body(ids)
    assert body.to_json() == body.to_json()
    assert [text for item in body.inputs for text in item.to_dict().values() if text in ids] == [
        *ids
    ]
    first, second = body.inputs
    assert len(body.inputs) == 2
    assert second in body.inputs
    assert operation.row not in body.inputs
    assert first != second


def test_a_request_has_the_cursor_of_each_input() -> None:
    body = operations.ASSOCIATIONS.body({"1": "NTI1Cg%3D%3D", "2": None})
    assert body.to_dict() == {"inputs": [{"id": "1", "after": "NTI1Cg%3D%3D"}, {"id": "2"}]}


def test_records_are_lines_of_json() -> None:
    records = [Association.from_dict({"from": {"id": id_}, "to": []}) for id_ in "12"]
    lines = operations.ASSOCIATIONS.lines(records).splitlines()
    assert [json.loads(line)["from"]["id"] for line in lines] == ["1", "2"]
    assert operations.ASSOCIATIONS.lines([]) == b""


@each_operation
def test_the_model_of_a_row_is_a_name_of_the_package(operation: Operation[Any]) -> None:
    name = operation.row.__name__
    assert name in hubspot_batch_read.__all__, f"add {name} to hubspot_batch_read/__init__.py"


@each_operation
def test_a_row_has_its_id_where_the_table_says(operation: Operation[Any]) -> None:
    document: dict[str, object] = {"to": []}
    place = document
    for key in operation.id_path[:-1]:
        place[key] = place = {}
    place[operation.id_path[-1]] = 7
    assert operation.id_of(operation.row.from_dict(document)) == "7"


@pytest.mark.parametrize("name", spec.operations())
def test_both_clients_have_every_operation_with_its_arguments(name: str) -> None:
    method = inspect.signature(getattr(HubSpot, name))
    other = inspect.signature(getattr(AsyncHubSpot, name))
    assert method.parameters == other.parameters
    assert other.return_annotation == f"Async{method.return_annotation}"
