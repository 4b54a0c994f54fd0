"""The operations: one module for each, with everything that is specific to it.

That is its endpoint, the checks of its arguments, the joining of pages into one record, the ids in
its errors, and the columns of its table.
"""

from hubspot_batch_read.operations.associations import ASSOCIATIONS, associations
from hubspot_batch_read.operations.associations_v3 import ASSOCIATIONS_V3, associations_v3
from hubspot_batch_read.operations.campaigns import CAMPAIGNS, campaigns
from hubspot_batch_read.operations.workflow_id_mappings import (
    WORKFLOWS_BY_FLOW_ID,
    WORKFLOWS_BY_WORKFLOW_ID,
)

__all__ = [
    "ASSOCIATIONS",
    "ASSOCIATIONS_V3",
    "CAMPAIGNS",
    "WORKFLOWS_BY_FLOW_ID",
    "WORKFLOWS_BY_WORKFLOW_ID",
    "associations",
    "associations_v3",
    "campaigns",
]
