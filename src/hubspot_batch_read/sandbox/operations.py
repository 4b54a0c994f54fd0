"""The four operations."""

from collections.abc import Callable
from dataclasses import dataclass

from hubspot_batch_read.sandbox.answers import Outcome
from hubspot_batch_read.sandbox.automation import read_workflow_id_mappings
from hubspot_batch_read.sandbox.crm import read_associations, read_associations_v3
from hubspot_batch_read.sandbox.marketing import read_campaigns
from hubspot_batch_read.sandbox.portal import Portal
from hubspot_batch_read.sandbox.request import Request


@dataclass(frozen=True, slots=True)
class Operation:
    """One of the four: where it is, how much it takes, what it needs, and what it answers."""

    name: str
    path: str
    max_inputs: int
    scopes: tuple[str, ...]
    read: Callable[[Portal, Request], Outcome]


# Many scopes open the associations (documentation); the sandbox names two of them.
_CRM_SCOPES = ("crm.objects.companies.read", "crm.objects.contacts.read")

OPERATIONS = (
    Operation(
        name="readWorkflowIdMappings",
        path="/automation/2026-09-beta/workflow-id-mappings/batch/read",
        max_inputs=100,
        scopes=("automation",),
        read=read_workflow_id_mappings,
    ),
    Operation(
        name="readAssociations",
        path="/crm/associations/2026-03/{fromObjectType}/{toObjectType}/batch/read",
        max_inputs=1000,
        scopes=_CRM_SCOPES,
        read=read_associations,
    ),
    Operation(
        name="readCampaigns",
        path="/marketing/v3/campaigns/batch/read",
        max_inputs=50,
        scopes=("marketing.campaigns.read",),
        read=read_campaigns,
    ),
    Operation(
        name="readAssociationsV3",
        path="/crm/v3/associations/{fromObjectType}/{toObjectType}/batch/read",
        max_inputs=1000,
        scopes=_CRM_SCOPES,
        read=read_associations_v3,
    ),
)
