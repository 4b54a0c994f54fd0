"""What the campaigns endpoint answers."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from hubspot_batch_read.sandbox.answers import API, Outcome, error_item, timestamp
from hubspot_batch_read.sandbox.campaigns import Asset, Campaign, metrics
from hubspot_batch_read.sandbox.errors import invalid
from hubspot_batch_read.sandbox.portal import Portal
from hubspot_batch_read.sandbox.request import Request, texts

ASSETS_PAGE = 50
"""The most assets of a type that a campaign is answered with (about that many: observed)."""


def read_campaigns(portal: Portal, request: Request) -> Outcome:
    """Answer each campaign once, with the properties asked for and its assets.

    With both days of a period the assets have metrics. A well-formed but unknown id is left out in
    silence, unless the portal reports it.
    """
    names = _property_names(portal, request.query)
    period = _period(request.query)
    rows: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for id_ in dict.fromkeys(texts(request, "id")):
        campaign = portal.campaign(id_)
        if campaign is not None:
            rows.append(_row(portal, campaign, names, period))
        elif not _is_guid(id_):
            errors.append(_malformed(id_))
        elif portal.reports_unknown_campaigns:
            errors.append(_unknown(id_))
    return Outcome(rows, errors)


def _property_names(portal: Portal, query: Mapping[str, list[str]]) -> list[str]:
    """Return the properties asked for, joined with commas or one a parameter (documentation)."""
    names = [name for value in query.get("properties", []) for name in value.split(",") if name]
    forbidden = [name for name in names if name not in portal.property_names]
    if forbidden:
        raise invalid(f"Forbidden properties: [{', '.join(forbidden)}]")
    return names


def _period(query: Mapping[str, list[str]]) -> tuple[str, str] | None:
    """Return both days of the period, None without both."""
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
    """Return the item for a malformed id, which stands only in the message (observed)."""
    message = f"Invalid campaign id: {id_}"
    context = {"message": [message]}
    return error_item("VALIDATION_ERROR", "CampaignApiError.INVALID_REQUEST", message, context)


def _unknown(id_: str) -> dict[str, Any]:
    """Return the item for an unknown id: a guess, after the items of the other endpoints."""
    message = f"No campaign has the id {id_}."
    return error_item("OBJECT_NOT_FOUND", "CampaignApiError.NOT_FOUND", message, {"id": [id_]})


def _row(
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
    answer: dict[str, Any] = {"results": [_asset(portal, kind, each, period) for each in page]}
    if len(assets) > len(page):
        after = page[-1].id
        link = f"{API}/marketing/v3/campaigns/{campaign.id}/assets/{kind}?after={after}"
        answer["paging"] = {"next": {"after": after, "link": link}}
    return answer


def _asset(
    portal: Portal, kind: str, asset: Asset, period: tuple[str, str] | None
) -> dict[str, Any]:
    answer: dict[str, Any] = {"id": asset.id}
    if asset.name is not None:
        answer["name"] = asset.name
    if period is not None:
        answer["metrics"] = metrics(portal.seed, kind, asset, period)
    return answer
