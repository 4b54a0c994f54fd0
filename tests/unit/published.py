"""Four documents as HubSpot publishes them, written by hand from what the spec says it publishes.

Nothing here is generated from the spec, so that the two can be compared. Like HubSpot's, the
documents also describe other operations, and each has its own copy of the shared schemas.
"""

from __future__ import annotations

import json
from typing import Final

from .published_parts import (
    Json,
    array,
    body,
    envelope,
    mapping,
    model,
    operation,
    path_parameter,
    published,
    query_parameter,
    ref,
    text,
)

# Our operations: the name of each in the comparison, its document and its path.
WORKFLOWS: Final = "readWorkflowIdMappings"
ASSOCIATIONS: Final = "readAssociations"
ASSOCIATIONS_V3: Final = "readAssociationsV3"
CAMPAIGNS: Final = "readCampaigns"
PATHS: Final = {
    WORKFLOWS: "/automation/2026-09-beta/workflow-id-mappings/batch/read",
    ASSOCIATIONS: "/crm/associations/2026-03/{fromObjectType}/{toObjectType}/batch/read",
    ASSOCIATIONS_V3: "/crm/v3/associations/{fromObjectType}/{toObjectType}/batch/read",
    CAMPAIGNS: "/marketing/v3/campaigns/batch/read",
}


def documents() -> dict[str, Json]:
    """Return new documents, which may be changed, by the operation of ours that each describes."""
    fresh: dict[str, Json] = json.loads(_WRITTEN)
    return fresh


def document(operation: str) -> Json:
    """Return the document that describes one of our operations."""
    return documents()[operation]


_TYPES: Final = (path_parameter("fromObjectType"), path_parameter("toObjectType"))
_CAMPAIGN_SCOPES: Final = ("marketing.campaigns.read",)

_DOCUMENTS: Final[dict[str, Json]] = {
    WORKFLOWS: published(
        "Automation",
        {
            "/automation/2026-09-beta/flows": {
                "get": operation(
                    "get /automation/2026-09-beta/flows getPage",
                    {"200": body("CollectionResponseFlowForwardPaging")},
                    parameters=(query_parameter("limit", {"type": "integer", "format": "int32"}),),
                    scopes=("automation",),
                )
            },
            "/automation/2026-09-beta/flows/batch/read": {
                "post": operation(
                    "post /automation/2026-09-beta/flows/batch/read read",
                    {"200": body("CollectionResponseFlowForwardPaging")},
                    takes="FlowIdRequest",
                    scopes=("automation",),
                )
            },
            PATHS[WORKFLOWS]: {
                "post": operation(
                    f"post {PATHS[WORKFLOWS]} read",
                    {
                        "200": body("BatchResponsePublicWorkflowIdMapping"),
                        "207": body("BatchResponsePublicWorkflowIdMappingWithErrors"),
                    },
                    takes="BatchInputPublicWorkflowIdRequest",
                    scopes=("automation", "automation.sequences.read"),
                )
            },
        },
        {
            "BatchInputPublicWorkflowIdRequest": model(
                "inputs",
                inputs=array({"oneOf": [ref("FlowIdRequest"), ref("WorkflowIdRequest")]}),
            ),
            "FlowIdRequest": model(
                "type", flowId=text(), type=text(enum=["FLOW_ID"], default="FLOW_ID")
            ),
            "WorkflowIdRequest": model(
                "type",
                type=text(enum=["WORKFLOW_ID"], default="WORKFLOW_ID"),
                workflowId=text(),
            ),
            "BatchResponsePublicWorkflowIdMapping": envelope("PublicWorkflowIdMapping"),
            "BatchResponsePublicWorkflowIdMappingWithErrors": envelope(
                "PublicWorkflowIdMapping", errors=True
            ),
            "PublicWorkflowIdMapping": model(
                flowId={"type": "integer", "format": "int64"},
                workflowId={"type": "integer", "format": "int32"},
            ),
            "CollectionResponseFlowForwardPaging": model(
                "results", paging=ref("ForwardPaging"), results=array(model("id", id=text()))
            ),
        },
    ),
    ASSOCIATIONS: published(
        "Associations",
        {
            PATHS[ASSOCIATIONS]: {
                "post": operation(
                    f"post {PATHS[ASSOCIATIONS]} read",
                    {
                        "200": body("BatchResponsePublicAssociationMultiWithLabel"),
                        "207": body("BatchResponsePublicAssociationMultiWithLabelWithErrors"),
                    },
                    takes="BatchInputPublicFetchAssociationsBatchRequest",
                    parameters=_TYPES,
                )
            },
            "/crm/associations/2026-03/{fromObjectType}/{toObjectType}/batch/archive": {
                "post": operation(
                    "post /crm/associations/2026-03/{}/{}/batch/archive archive",
                    {"204": {}},
                    takes="BatchInputPublicFetchAssociationsBatchRequest",
                    parameters=_TYPES,
                )
            },
            "/crm/objects/2026-03/{objectType}/{objectId}/associations/{toObjectType}": {
                "get": operation(
                    "get /crm/objects/2026-03/{}/{}/associations/{} getPage",
                    {"200": body("CollectionResponseMultiAssociatedObjectWithLabel")},
                    parameters=tuple(map(path_parameter, ("objectType", "objectId"))) + _TYPES[1:],
                )
            },
        },
        {
            "BatchInputPublicFetchAssociationsBatchRequest": model(
                "inputs", inputs=array(ref("PublicFetchAssociationsBatchRequest"))
            ),
            "PublicFetchAssociationsBatchRequest": model("id", after=text(), id=text()),
            "BatchResponsePublicAssociationMultiWithLabel": envelope(
                "PublicAssociationMultiWithLabel"
            ),
            "BatchResponsePublicAssociationMultiWithLabelWithErrors": envelope(
                "PublicAssociationMultiWithLabel", errors=True
            ),
            "PublicAssociationMultiWithLabel": model(
                "from to",
                **{"from": ref("PublicObjectId")},
                paging=ref("Paging"),
                to=array(ref("MultiAssociatedObjectWithLabel")),
            ),
            "PublicObjectId": model("id", id=text()),
            "MultiAssociatedObjectWithLabel": model(
                "associationTypes toObjectId",
                associationTypes=array(ref("AssociationSpecWithLabel")),
                toObjectId=text(),
            ),
            "AssociationSpecWithLabel": model(
                "category typeId",
                category=text(
                    enum=["HUBSPOT_DEFINED", "USER_DEFINED", "INTEGRATOR_DEFINED", "WORK"]
                ),
                fromObjectTypeId=text(),
                label=text(),
                toObjectTypeId=text(),
                typeId={"type": "integer", "format": "int32"},
            ),
            "CollectionResponseMultiAssociatedObjectWithLabel": model(
                "results",
                paging=ref("ForwardPaging"),
                results=array(ref("MultiAssociatedObjectWithLabel")),
            ),
        },
    ),
    ASSOCIATIONS_V3: published(
        "Associations",
        {
            "/crm/v3/associations/{fromObjectType}/{toObjectType}/batch/create": {
                "post": operation(
                    "post /crm/v3/associations/{}/{}/batch/create create",
                    {"201": body("BatchResponsePublicAssociationMulti")},
                    takes="BatchInputPublicObjectId",
                    parameters=_TYPES,
                )
            },
            PATHS[ASSOCIATIONS_V3]: {
                "post": operation(
                    f"post {PATHS[ASSOCIATIONS_V3]} read",
                    {
                        "200": body("BatchResponsePublicAssociationMulti"),
                        "207": body("BatchResponsePublicAssociationMultiWithErrors"),
                    },
                    takes="BatchInputPublicObjectId",
                    parameters=_TYPES,
                )
            },
        },
        {
            "BatchInputPublicObjectId": model("inputs", inputs=array(ref("PublicObjectId"))),
            "PublicObjectId": model("id", id=text()),
            "BatchResponsePublicAssociationMulti": envelope("PublicAssociationMulti"),
            "BatchResponsePublicAssociationMultiWithErrors": envelope(
                "PublicAssociationMulti", errors=True
            ),
            "PublicAssociationMulti": model(
                "from to",
                **{"from": ref("PublicObjectId")},
                paging=ref("Paging"),
                to=array(ref("AssociatedId")),
            ),
            "AssociatedId": model("id type", id=text(), type=text()),
        },
    ),
    CAMPAIGNS: published(
        "Campaigns",
        {
            "/marketing/v3/campaigns/{campaignGuid}": {
                "get": operation(
                    "get /marketing/v3/campaigns/{campaignGuid} getById",
                    {"200": body("PublicCampaignWithAssets")},
                    parameters=(
                        path_parameter("campaignGuid"),
                        query_parameter("properties", array(text())),
                    ),
                    scopes=_CAMPAIGN_SCOPES,
                ),
                "delete": operation(
                    "delete /marketing/v3/campaigns/{campaignGuid} archive",
                    {"204": {}},
                    parameters=(path_parameter("campaignGuid"),),
                    scopes=("marketing.campaigns.write",),
                ),
            },
            PATHS[CAMPAIGNS]: {
                "post": operation(
                    f"post {PATHS[CAMPAIGNS]} read",
                    {
                        "200": body("BatchResponsePublicCampaignWithAssets"),
                        "207": body("BatchResponsePublicCampaignWithAssetsWithErrors"),
                    },
                    takes="BatchInputPublicCampaignReadInput",
                    parameters=(
                        query_parameter("startDate", text()),
                        query_parameter("endDate", text()),
                        query_parameter("properties", array(text())),
                    ),
                    scopes=_CAMPAIGN_SCOPES,
                )
            },
        },
        {
            "BatchInputPublicCampaignReadInput": model(
                "inputs", inputs=array(ref("PublicCampaignReadInput"))
            ),
            "PublicCampaignReadInput": model("id", id=text()),
            "BatchResponsePublicCampaignWithAssets": envelope("PublicCampaignWithAssets"),
            "BatchResponsePublicCampaignWithAssetsWithErrors": envelope(
                "PublicCampaignWithAssets", errors=True
            ),
            "PublicCampaignWithAssets": model(
                "assets businessUnits createdAt id properties updatedAt",
                assets=mapping(ref("CollectionResponsePublicCampaignAsset")),
                businessUnits=array(ref("PublicBusinessUnit")),
                createdAt=text(format="date-time"),
                id=text(),
                properties=mapping(text()),
                updatedAt=text(format="date-time"),
            ),
            "PublicBusinessUnit": model("id", id={"type": "integer", "format": "int64"}),
            "CollectionResponsePublicCampaignAsset": model(
                "results", paging=ref("Paging"), results=array(ref("PublicCampaignAsset"))
            ),
            "PublicCampaignAsset": model(
                "id", id=text(), metrics=mapping({"type": "number"}), name=text()
            ),
        },
    ),
}

# Kept as text, so that copies share no part.
_WRITTEN: Final = json.dumps(_DOCUMENTS)
