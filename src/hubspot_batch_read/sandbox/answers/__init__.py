"""The responses of the endpoints to a batch, in JSON; one module for each family of endpoints.

A new family is a module with its `ENDPOINTS`, and a line here.
"""

from hubspot_batch_read.sandbox.answers import associations, campaigns, workflow_id_mappings
from hubspot_batch_read.sandbox.answers.endpoint import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    *associations.ENDPOINTS,
    *campaigns.ENDPOINTS,
    *workflow_id_mappings.ENDPOINTS,
)
