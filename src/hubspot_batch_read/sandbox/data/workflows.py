"""The workflows of a portal, each with a flow id (new) and a workflow id (old)."""

from random import Random
from typing import NamedTuple

from hubspot_batch_read.sandbox.data.ids import checked_id, draw_ids


class Workflow(NamedTuple):
    """The two ids of one workflow."""

    flow_id: int
    workflow_id: int


class Workflows:
    """The workflows of one portal, by either of their ids."""

    def __init__(self, random: Random, number: int) -> None:
        """Generate the ids of n workflows."""
        self.by_flow_id: dict[str, Workflow] = {}
        self.by_workflow_id: dict[str, Workflow] = {}
        flow_ids, workflow_ids = draw_ids(random, 10**9, number), draw_ids(random, 10**7, number)
        for ids in zip(flow_ids, workflow_ids, strict=True):
            self._put(Workflow(*ids))
        self.drawn_flow_ids = tuple(self.by_flow_id)
        self.drawn_workflow_ids = tuple(self.by_workflow_id)

    def add(self, flow_id: int | str, workflow_id: int | str) -> None:
        """Add a workflow. Raises ValueError for an invalid or duplicate id."""
        flow = checked_id("flow_id", flow_id)
        workflow = checked_id("workflow_id", workflow_id)
        if flow in self.by_flow_id:
            raise ValueError(f"flow_id: a workflow with {flow} exists already")
        if workflow in self.by_workflow_id:
            raise ValueError(f"workflow_id: a workflow with {workflow} exists already")
        self._put(Workflow(int(flow), int(workflow)))

    def _put(self, workflow: Workflow) -> None:
        self.by_flow_id[str(workflow.flow_id)] = workflow
        self.by_workflow_id[str(workflow.workflow_id)] = workflow
