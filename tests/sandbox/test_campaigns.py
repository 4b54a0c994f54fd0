"""Campaigns: properties, the period of metrics, assets, and ids that are none."""

import re

import pytest

from hubspot_batch_read.sandbox import Portal, Sandbox

from .asking import CAMPAIGNS, Ask, Json, connect

GUID = "0f6e2d9c-3c2b-4a51-9d6e-0123456789ab"
EVERY_ASSET, NO_ASSET, MANY_ASSETS = range(3)


def one(ask: Ask, id_: str, **query: str | list[str]) -> Json:
    (result,) = ask(CAMPAIGNS, id_, **query).json()["results"]
    return dict(result)


def test_duplicates_are_ignored_and_the_order_is_another(ask: Ask, portal: Portal) -> None:
    ids = portal.campaign_ids[:25]

    response = ask(CAMPAIGNS, *ids, *ids)

    answered = [result["id"] for result in response.json()["results"]]
    assert response.status_code == 200
    assert answered != list(ids)
    assert sorted(answered) == sorted(ids)


def test_a_campaign_has_no_properties_unless_asked_for(ask: Ask, portal: Portal) -> None:
    assert one(ask, portal.campaign_ids[0])["properties"] == {}


@pytest.mark.parametrize("asked", ["hs_name,hs_currency_code", ["hs_name", "hs_currency_code"]])
def test_properties_may_be_joined_or_one_a_parameter(
    ask: Ask, portal: Portal, asked: str | list[str]
) -> None:
    properties = one(ask, portal.campaign_ids[0], properties=asked)["properties"]

    assert properties.keys() == {"hs_name", "hs_currency_code"}
    assert properties["hs_name"] == "Campaign 1"


def test_empty_properties_are_left_out_and_values_are_text(ask: Ask, portal: Portal) -> None:
    names = "hs_name,hs_notes,hs_budget_items_sum_amount"

    body = ask(CAMPAIGNS, *portal.campaign_ids[:50], properties=names).json()

    found = [result["properties"] for result in body["results"]]
    assert {frozenset(properties) for properties in found} == {
        frozenset({"hs_name", "hs_budget_items_sum_amount"}),
        frozenset({"hs_name", "hs_notes", "hs_budget_items_sum_amount"}),
    }
    assert all(type(value) is str and value for each in found for value in each.values())


def test_an_unknown_property_fails_the_request(ask: Ask, portal: Portal) -> None:
    response = ask(CAMPAIGNS, portal.campaign_ids[0], properties="hs_name,foo,bar")

    assert response.status_code == 400
    assert response.json()["message"] == "Forbidden properties: [foo, bar]"


@pytest.mark.parametrize("name", ["startDate", "endDate"])
@pytest.mark.parametrize("day", ["", "20260131", "2026-1-31", "2026-02-30", "2026-01-31T00:00:00Z"])
def test_a_day_that_is_none_fails_the_request(
    ask: Ask, portal: Portal, name: str, day: str
) -> None:
    response = ask(CAMPAIGNS, portal.campaign_ids[0], **{name: day})

    assert response.status_code == 400
    assert response.json()["category"] == "VALIDATION_ERROR"
    assert response.json()["errors"][0]["in"] == name


def test_assets_have_metrics_only_with_both_days(ask: Ask, portal: Portal) -> None:
    id_ = portal.campaign_ids[EVERY_ASSET]
    start, end = {"startDate": "2026-01-01"}, {"endDate": "2026-01-31"}

    measured = [
        {
            "metrics" in asset
            for page in one(ask, id_, **query)["assets"].values()
            for asset in page["results"]
        }
        for query in ({}, start, end, start | end)
    ]

    assert measured == [{False}, {False}, {False}, {True}]


def test_every_type_of_asset_occurs_and_some_have_no_name(ask: Ask, portal: Portal) -> None:
    assets = one(ask, portal.campaign_ids[EVERY_ASSET])["assets"]

    assert assets.keys() == {
        "AD_CAMPAIGN",
        "FORM",
        "MARKETING_EMAIL",
        "MARKETING_EVENT",
        "MEETING_EVENT",
        "OBJECT_LIST",
        "SOCIAL_BROADCAST",
    }
    assert {"name" in page["results"][0] for page in assets.values()} == {True, False}


def test_a_campaign_can_have_no_assets(ask: Ask, portal: Portal) -> None:
    assert one(ask, portal.campaign_ids[NO_ASSET])["assets"] == {}


def test_more_than_50_assets_of_a_type_are_cut_and_say_so(ask: Ask, portal: Portal) -> None:
    assets = one(ask, portal.campaign_ids[MANY_ASSETS])["assets"]

    assert len(assets["MARKETING_EMAIL"]["results"]) == 50
    assert assets["MARKETING_EMAIL"]["paging"]["next"].keys() == {"after", "link"}
    assert assets["FORM"].keys() == {"results"}


def test_business_units_are_numbers_and_times_have_milliseconds(ask: Ask, portal: Portal) -> None:
    campaign = one(ask, portal.campaign_ids[0])

    assert campaign["businessUnits"] == [{"id": 0}]
    for name in ("createdAt", "updatedAt"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", campaign[name])


@pytest.mark.parametrize("malformed", ["x", "", "42", GUID.replace("-", ""), f"{{{GUID}}}"])
def test_a_malformed_id_is_an_item_that_names_it_only_in_words(
    ask: Ask, portal: Portal, malformed: str
) -> None:
    response = ask(CAMPAIGNS, malformed, portal.campaign_ids[0])

    (item,) = response.json()["errors"]
    assert response.status_code == 207
    assert len(response.json()["results"]) == 1
    assert item["category"] == "VALIDATION_ERROR"
    assert item["subCategory"] == "CampaignApiError.INVALID_REQUEST"
    assert item["context"].keys() == {"message"}
    assert item["context"]["message"][0].endswith(malformed)


def test_an_unknown_id_is_left_out_in_silence(ask: Ask, portal: Portal) -> None:
    response = ask(CAMPAIGNS, GUID, portal.campaign_ids[0])

    assert response.status_code == 200
    assert [result["id"] for result in response.json()["results"]] == [portal.campaign_ids[0]]


def test_an_unknown_id_is_an_item_where_the_portal_reports_it() -> None:
    portal = Portal(reports_unknown_campaigns=True)
    with Sandbox(portal=portal) as sandbox, connect(sandbox) as client:
        response = Ask(client)(CAMPAIGNS, GUID, portal.campaign_ids[0])

    (item,) = response.json()["errors"]
    assert response.status_code == 207
    assert len(response.json()["results"]) == 1
    assert item["category"] == "OBJECT_NOT_FOUND"
    assert item["context"] == {"id": [GUID]}
