"""Workflow id mappings, by flow id or by workflow id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from hubspot_batch_read.core.id_texts import Id
from hubspot_batch_read.core.ids import Ids
from hubspot_batch_read.core.operation import LazyInputs, Operation
from hubspot_batch_read.tables.table import Column, Table
from hubspot_batch_read_api.api.workflow_id_mappings import read_workflow_id_mappings
from hubspot_batch_read_api.errors import ArgumentError
from hubspot_batch_read_api.models import (
    FlowIdInput,
    WorkflowIdInput,
    WorkflowIdMapping,
    WorkflowIdMappingEnvelope,
    WorkflowIdMappingRequest,
)


def _columns(records: Sequence[WorkflowIdMapping]) -> list[Column]:
    return [[each.flow_id for each in records], [each.workflow_id for each in records]]


_TABLE = Table({"flow_id": "int64", "workflow_id": "int64"}, _columns)


def _text(number: int | None) -> str | None:
    """Return the text of an id that is a number according to the spec."""
    return None if number is None else str(number)


def _operation(
    key: str,
    make: Callable[[str, str | None], FlowIdInput | WorkflowIdInput],
    id_of: Callable[[WorkflowIdMapping], str | None],
) -> Operation[WorkflowIdMapping]:
    return Operation(
        endpoint=read_workflow_id_mappings,
        max_inputs=read_workflow_id_mappings.MAX_INPUTS,
        body=lambda inputs: WorkflowIdMappingRequest(inputs=LazyInputs(make, inputs)),
        envelope=WorkflowIdMappingEnvelope,
        row=WorkflowIdMapping,
        id_path=(key,),
        id_of=id_of,
        table=_TABLE,
        error_keys=(key, f"{key}s", "id", "ids"),
    )


WORKFLOWS_BY_FLOW_ID = _operation(
    "flowId", lambda id_, _: FlowIdInput(flow_id=id_), lambda row: _text(row.flow_id)
)
WORKFLOWS_BY_WORKFLOW_ID = _operation(
    "workflowId",
    lambda id_, _: WorkflowIdInput(workflow_id=id_),
    lambda row: _text(row.workflow_id),
)


def workflow_id_mappings(
    flow_ids: Iterable[Id] | None, workflow_ids: Iterable[Id] | None, *, unique: bool
) -> tuple[Operation[WorkflowIdMapping], Ids]:
    """Return the operation for one of two kinds of ids, and the ids.

    Raises:
        TypeError: Both or neither were passed, or a value that is not an iterable of ids.
    """
    if flow_ids is not None and workflow_ids is None:
        return WORKFLOWS_BY_FLOW_ID, Ids(flow_ids, name="flow_ids", unique=unique)
    if workflow_ids is not None and flow_ids is None:
        return WORKFLOWS_BY_WORKFLOW_ID, Ids(workflow_ids, name="workflow_ids", unique=unique)
    raise TypeError("pass either flow_ids or workflow_ids; use two reads for both")


def workflow_id_mappings_by(kind: str) -> Operation[WorkflowIdMapping]:
    """Return the operation for a kind of ids: "flow_id" or "workflow_id".

    Raises:
        ArgumentError: It is another kind.
    """
    operations = {"flow_id": WORKFLOWS_BY_FLOW_ID, "workflow_id": WORKFLOWS_BY_WORKFLOW_ID}
    if kind not in operations:
        raise ArgumentError("by", f"expected 'flow_id' or 'workflow_id', got {kind!r}")
    return operations[kind]
