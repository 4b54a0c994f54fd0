"""What the workflow id mappings endpoint answers."""

from typing import Any

from hubspot_batch_read.sandbox.answers import Outcome, error_item
from hubspot_batch_read.sandbox.errors import invalid
from hubspot_batch_read.sandbox.objects import Workflow
from hubspot_batch_read.sandbox.portal import Portal
from hubspot_batch_read.sandbox.request import Request, text

ID_NAMES = {"FLOW_ID": "flowId", "WORKFLOW_ID": "workflowId"}
"""Where an input has its id, by its type."""


def read_workflow_id_mappings(portal: Portal, request: Request) -> Outcome:
    """Answer each workflow once, asked for by either of its ids or by both.

    No answer of this endpoint is public. The items for unknown ids follow its sister endpoints, and
    a text that is no number is an unknown id here.
    """
    found: dict[Workflow, None] = {}
    errors: dict[tuple[str, str], dict[str, Any]] = {}
    for position, each in enumerate(request.inputs):
        kind = text(each, "type", position)
        if kind not in ID_NAMES:
            raise invalid(f"Unknown type of id: {kind}", at=f"inputs[{position}].type")
        name = ID_NAMES[kind]
        id_ = text(each, name, position)
        by_id = portal.workflow_of_flow if kind == "FLOW_ID" else portal.workflow
        workflow = by_id(id_)
        if workflow is None:
            errors[name, id_] = _not_found(name, id_)
        else:
            found[workflow] = None
    rows = [{"flowId": flow_id, "workflowId": workflow_id} for flow_id, workflow_id in found]
    return Outcome(rows, list(errors.values()))


def _not_found(name: str, id_: str) -> dict[str, Any]:
    message = f"No workflow has the {name} {id_}."
    return error_item("OBJECT_NOT_FOUND", "FLOW_NOT_FOUND", message, {name: [id_]})
