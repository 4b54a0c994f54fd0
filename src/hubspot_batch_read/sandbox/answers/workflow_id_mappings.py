"""The workflow id mappings endpoint."""

from typing import Any

from hubspot_batch_read.sandbox.answers.batch import Batch, text
from hubspot_batch_read.sandbox.answers.endpoint import Endpoint, Outcome, error_item
from hubspot_batch_read.sandbox.answers.refused import invalid
from hubspot_batch_read.sandbox.data.portal import Portal
from hubspot_batch_read.sandbox.data.workflows import Workflow


def read_workflow_id_mappings(portal: Portal, batch: Batch) -> Outcome:
    """Return each workflow once, even if asked for by both of its ids.

    No response of this endpoint is public. The items for unknown ids follow its sister endpoints,
    and a text that is not a number is an unknown id here.
    """
    kinds = {
        "FLOW_ID": ("flowId", portal.workflows.by_flow_id),
        "WORKFLOW_ID": ("workflowId", portal.workflows.by_workflow_id),
    }
    found: dict[Workflow, None] = {}
    errors: dict[tuple[str, str], dict[str, Any]] = {}
    for position, each in enumerate(batch.inputs):
        kind = text(each, "type", position)
        if kind not in kinds:
            raise invalid(f"Unknown type of id: {kind}", at=f"inputs[{position}].type")
        name, workflows = kinds[kind]
        id_ = text(each, name, position)
        if id_ in workflows:
            found[workflows[id_]] = None
        else:
            errors[name, id_] = _not_found(name, id_)
    results = [{"flowId": flow_id, "workflowId": workflow_id} for flow_id, workflow_id in found]
    return Outcome(results, list(errors.values()))


def _not_found(name: str, id_: str) -> dict[str, Any]:
    message = f"No workflow has the {name} {id_}."
    return error_item("OBJECT_NOT_FOUND", "FLOW_NOT_FOUND", message, {name: [id_]})


ENDPOINTS = (
    Endpoint(
        operation_id="readWorkflowIdMappings",
        path="/automation/2026-09-beta/workflow-id-mappings/batch/read",
        max_inputs=100,
        scopes=("automation",),
        read=read_workflow_id_mappings,
    ),
)
