"""Plain rows are the rows of the models, whatever the body: in columns, as lines and merged."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_batch_read import operations
from hubspot_batch_read.core.operation import Operation
from hubspot_batch_read.tables.filling import table_of
from hubspot_batch_read_api.errors import DecodeError
from hubspot_batch_read_runtime import codec, plain
from tests.reads import operation_of

from . import spec
from .cases import Case, cases, envelope_model, is_id
from .spec import Json
from .test_properties import answers, every_operation, mutations, quick

ANSWERS = [case for case in cases() if 200 <= case.status < 300]
NAMES = ["name", "hs_name"]
# The operations whose columns depend on arguments.
WITH_ARGUMENTS: dict[str, Operation[Any]] = {
    "read_campaigns": operations.campaigns(properties=NAMES, start_date=None, end_date=None),
}

with_msgspec_or_without = pytest.mark.parametrize("has_msgspec", [True, False])


def both(operation: spec.Operation, content: bytes) -> tuple[Any, Any]:
    """The models of a body and its plain rows, or twice what is wrong with it."""
    model = envelope_model(operation)
    outcomes: list[Any] = []
    for decode in (model.from_json, lambda body: plain.envelope_from_json(model, body)):
        try:
            outcomes.append(decode(content))
        except DecodeError as error:
            outcomes.append((error.model, error.path, error.problem, error.body))
    return outcomes[0], outcomes[1]


def operation_named(name: str) -> Operation[Any]:
    return WITH_ARGUMENTS.get(name) or operation_of(name)


def check(spec_operation: spec.Operation, content: bytes) -> None:
    operation = operation_named(spec_operation.name)
    models, rows = both(spec_operation, content)
    if isinstance(models, tuple):
        assert rows == models
        return
    found, models.results = models.results, []
    plain_rows, rows.results = rows.results, []
    assert rows == models
    check_rows(operation, found, plain_rows)
    if found:
        merged = operation.merged([*found, *found])
        check_rows(operation, [merged], [operation.merged([*plain_rows, *plain_rows])])
        check_rows(operation, [merged], [operation.merged([*found, *plain_rows])])


def check_rows(operation: Operation[Any], models: Sequence[Any], rows: Sequence[Any]) -> None:
    for accessor in (operation.id_of, operation.cursor, operation.cut or operation.id_of):
        assert [*map(accessor, rows)] == [*map(accessor, models)]
    assert [plain.as_model(operation.row, row) for row in rows] == [*models]
    assert columns(operation, rows) == columns(operation, models)
    lines = operation.lines(rows).splitlines()
    assert [operation.row.from_json(line) for line in lines] == [*models]


def columns(operation: Operation[Any], records: Sequence[Any]) -> list[list[tuple[type, object]]]:
    return [
        [(type(value), value) for value in column] for column in operation.table.columns_of(records)
    ]


@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: case.id)
@with_msgspec_or_without
def test_the_rows_of_a_fixture(
    case: Case, *, has_msgspec: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_msgspec:
        monkeypatch.setattr(codec, "msgspec", lambda: None)
    check(case.operation, case.content)


@every_operation
@quick
@given(data=st.data())
def test_the_rows_of_a_valid_body(operation: spec.Operation, data: st.DataObject) -> None:
    check(operation, json.dumps(data.draw(answers(operation))).encode())


@every_operation
@quick
@given(data=st.data())
def test_the_rows_of_a_mutilated_body(operation: spec.Operation, data: st.DataObject) -> None:
    check(operation, json.dumps(data.draw(mutations(operation)).body).encode())


@every_operation
@quick
@given(data=st.data())
def test_a_line_has_every_declared_key_and_what_was_sent(
    operation: spec.Operation, data: st.DataObject
) -> None:
    body = data.draw(answers(operation))
    rows = plain.envelope_from_json(envelope_model(operation), json.dumps(body)).results
    lines = operation_named(operation.name).lines(rows).splitlines()
    schema = spec.schema(operation.envelope)["properties"]["results"]["items"]
    assert [json.loads(line) for line in lines] == [
        with_declared_keys(row, schema) for row in body["results"]
    ]


def with_declared_keys(value: Any, schema: Json) -> Any:
    """A value with null for absent keys, and ids as text."""
    for branch in schema.get("anyOf", []):
        if branch.get("type") != "null" and value is not None:
            return with_declared_keys(value, branch)
    if isinstance(value, list):
        return [with_declared_keys(item, schema["items"]) for item in value]
    if isinstance(value, dict):
        declared = schema.get("properties", {})
        others = schema.get("additionalProperties")
        found = {key: with_declared_keys(value.get(key), inner) for key, inner in declared.items()}
        return found | {
            key: with_declared_keys(item, others) if isinstance(others, dict) else item
            for key, item in value.items()
            if key not in declared
        }
    return str(value) if is_id(schema) and type(value) is int else value


@pytest.mark.parametrize("has_msgspec", [True, False])
def test_instants_nulls_and_unknown_keys_stay_as_they_came(
    *, has_msgspec: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_msgspec:
        monkeypatch.setattr(codec, "msgspec", lambda: None)
    campaign = {
        "id": "a",
        "createdAt": "2026-01-02T03:04:05.600Z",
        "updatedAt": "2026-01-02",
        "properties": {"hs_name": None},
        "news": {"b": [1.50, None]},
    }
    content = json.dumps({"results": [campaign]})
    operation = WITH_ARGUMENTS["read_campaigns"]
    rows = plain.envelope_from_json(operation.envelope, content).results  # type: ignore[type-var]
    (line,) = operation.lines(rows).splitlines()
    absent = {"businessUnits": None, "assets": None}
    assert json.loads(line) == campaign | absent
    assert [*json.loads(line)][-1] == "news"


def test_a_row_of_every_format_is_the_same() -> None:
    labelled = {"category": "USER_DEFINED", "typeId": 1, "label": 'a "b",\n'}
    types = [labelled, {"category": "X", "typeId": 2}]
    row = {"from": {"id": 1}, "to": [{"toObjectId": 2, "associationTypes": types}]}
    operation = operations.ASSOCIATIONS
    content = json.dumps({"results": [row]})
    (found,) = plain.envelope_from_json(operation.envelope, content).results  # type: ignore[type-var]
    expected = [("1", "2", 1, "USER_DEFINED", 'a "b",\n'), ("1", "2", 2, "X", None)]
    assert [*operation.table.rows_of([found])] == expected
    table: pa.Table = table_of(operation.table, [found])
    assert [tuple(each.values()) for each in table.to_pylist()] == expected
    file = io.StringIO()
    csv.writer(file).writerows(operation.table.rows_of([found]))
    assert [*csv.reader(io.StringIO(file.getvalue()))][1] == ["1", "2", "2", "X", ""]
