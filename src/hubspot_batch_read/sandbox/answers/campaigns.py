"""The campaigns endpoint."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from hubspot_batch_read.sandbox.answers.batch import Batch, texts
from hubspot_batch_read.sandbox.answers.endpoint import (
    API,
    Endpoint,
    Outcome,
    error_item,
    timestamp,
)
from hubspot_batch_read.sandbox.answers.refused import invalid
from hubspot_batch_read.sandbox.data.campaigns import Asset, Campaign
from hubspot_batch_read.sandbox.data.portal import Portal

ASSETS_PAGE = 50
"""Maximum number of assets of a type in a campaign (approximately: observed)."""


def read_campaigns(portal: Portal, batch: Batch) -> Outcome:
    """Return each campaign once, with the requested properties and its assets.

    With both days of a period, the assets have metrics. A well-formed but unknown id is silently
    omitted, unless the portal reports it.
    """
    names = _property_names(portal, batch.query)
    period = _period(batch.query)
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for id_ in dict.fromkeys(texts(batch, "id")):
        campaign = portal.campaigns.get(id_)
        if campaign is not None:
            results.append(_result(portal, campaign, names, period))
        elif not _is_guid(id_):
            errors.append(_malformed(id_))
        elif portal.reports_unknown_campaigns:
            errors.append(_unknown(id_))
    return Outcome(results, errors)


def _property_names(portal: Portal, query: Mapping[str, list[str]]) -> list[str]:
    """Return the requested properties, joined with commas or one per parameter (documentation)."""
    names = [name for value in query.get("properties", []) for name in value.split(",") if name]
    forbidden = [name for name in names if name not in portal.campaigns.property_names]
    if forbidden:
        raise invalid(f"Forbidden properties: [{', '.join(forbidden)}]")
    return names


def _period(query: Mapping[str, list[str]]) -> tuple[str, str] | None:
    """Return both days of the period, or None if either is missing."""
    start, end = _day(query, "startDate"), _day(query, "endDate")
    return None if start is None or end is None else (start, end)


def _day(query: Mapping[str, list[str]], name: str) -> str | None:
    if name not in query:
        return None
    value = query[name][-1]
    try:
        day = date.fromisoformat(value).isoformat()
    except ValueError:
        day = None
    if day != value:  # fromisoformat reads other forms too, such as 20240131
        raise invalid(f"{name} must be a date in the form YYYY-MM-DD", at=name)
    return day


def _is_guid(id_: str) -> bool:
    try:
        return str(UUID(id_)) == id_.lower()
    except ValueError:
        return False


def _malformed(id_: str) -> dict[str, Any]:
    """Return the error for a malformed id, which is only named in the message (observed)."""
    message = f"Invalid campaign id: {id_}"
    context = {"message": [message]}
    return error_item("VALIDATION_ERROR", "CampaignApiError.INVALID_REQUEST", message, context)


def _unknown(id_: str) -> dict[str, Any]:
    """Return the error for an unknown id: a guess, modelled on the other endpoints."""
    message = f"No campaign has the id {id_}."
    return error_item("OBJECT_NOT_FOUND", "CampaignApiError.NOT_FOUND", message, {"id": [id_]})


def _result(
    portal: Portal, campaign: Campaign, names: list[str], period: tuple[str, str] | None
) -> dict[str, Any]:
    properties = campaign.properties
    return {
        "id": campaign.id,
        "properties": {name: properties[name] for name in names if name in properties},
        "createdAt": timestamp(campaign.created_at),
        "updatedAt": timestamp(campaign.updated_at),
        "businessUnits": [{"id": 0}],
        "assets": {kind: _asset_page(portal, campaign, kind, period) for kind in campaign.assets},
    }


def _asset_page(
    portal: Portal, campaign: Campaign, kind: str, period: tuple[str, str] | None
) -> dict[str, Any]:
    assets = campaign.assets[kind]
    page = assets[:ASSETS_PAGE]
    found: dict[str, Any] = {"results": [_asset(portal, kind, each, period) for each in page]}
    if len(assets) > len(page):
        after = page[-1].id
        link = f"{API}/marketing/v3/campaigns/{campaign.id}/assets/{kind}?after={after}"
        found["paging"] = {"next": {"after": after, "link": link}}
    return found


def _asset(
    portal: Portal, kind: str, asset: Asset, period: tuple[str, str] | None
) -> dict[str, Any]:
    found: dict[str, Any] = {"id": asset.id}
    if asset.name is not None:
        found["name"] = asset.name
    if period is not None:
        found["metrics"] = portal.campaigns.metrics(kind, asset, period)
    return found


ENDPOINTS = (
    Endpoint(
        operation_id="readCampaigns",
        path="/marketing/v3/campaigns/batch/read",
        max_inputs=50,
        scopes=("marketing.campaigns.read",),
        read=read_campaigns,
    ),
)
