"""The table of operations, against the spec and the two clients."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hubspot_batch_read import AsyncHubSpot, HubSpot, TableRead, operations
from hubspot_batch_read.core.operation import Operation
from hubspot_batch_read_api.models import Association
from tests.contract import spec

TABLE: dict[str, Operation[Any]] = {
    name: each for name, each in vars(operations).items() if isinstance(each, Operation)
}


def spec_name(operation: Operation[Any]) -> str:
    return operation.endpoint.request.__module__.rpartition(".")[2]


def test_every_operation_of_the_spec_is_in_the_table() -> None:
    assert {spec_name(each) for each in TABLE.values()} == set(spec.operations())


def test_every_operation_can_be_described_for_an_engine() -> None:
    described = {name for name, each in vars(TableRead).items() if isinstance(each, classmethod)}
    methods = {name.removeprefix("read_") for name in spec.operations()}
    assert {name for name in described if not name.startswith("_")} == methods


@pytest.mark.parametrize("operation", TABLE.values(), ids=TABLE)
def test_a_request_holds_as_many_inputs_as_the_spec_allows(operation: Operation[Any]) -> None:
    request = spec.operations()[spec_name(operation)].request
    schema = spec.schema(request, closed=True)
    assert operation.max_inputs == schema["properties"]["inputs"]["maxItems"]
    body = operation.body({str(number): None for number in range(operation.max_inputs)})
    Draft202012Validator(schema).validate(body.to_dict())


@pytest.mark.parametrize("operation", TABLE.values(), ids=TABLE)
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


@pytest.mark.parametrize("operation", TABLE.values(), ids=TABLE)
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
