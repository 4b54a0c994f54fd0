"""Workflow id mappings, by flow id or by workflow id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hubspot_batch_read.core.id_texts import Id
from hubspot_batch_read.core.ids import Ids
from hubspot_batch_read.core.operation import LazyInputs, Operation
from hubspot_batch_read.tables.table import Column, Table
from hubspot_batch_read_api.api.workflow_id_mappings import read_workflow_id_mappings
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


WORKFLOWS_BY_FLOW_ID = Operation(
    endpoint=read_workflow_id_mappings,
    max_inputs=read_workflow_id_mappings.MAX_INPUTS,
    body=lambda inputs: WorkflowIdMappingRequest(
        inputs=LazyInputs(lambda id_, _: FlowIdInput(flow_id=id_), inputs)
    ),
    envelope=WorkflowIdMappingEnvelope,
    row=WorkflowIdMapping,
    id_path=("flowId",),
    id_of=lambda row: _text(row.flow_id),
    table=_TABLE,
    error_keys=("flowId", "flowIds", "id", "ids"),
)

WORKFLOWS_BY_WORKFLOW_ID = Operation(
    endpoint=read_workflow_id_mappings,
    max_inputs=read_workflow_id_mappings.MAX_INPUTS,
    body=lambda inputs: WorkflowIdMappingRequest(
        inputs=LazyInputs(lambda id_, _: WorkflowIdInput(workflow_id=id_), inputs)
    ),
    envelope=WorkflowIdMappingEnvelope,
    row=WorkflowIdMapping,
    id_path=("workflowId",),
    id_of=lambda row: _text(row.workflow_id),
    table=_TABLE,
    error_keys=("workflowId", "workflowIds", "id", "ids"),
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
