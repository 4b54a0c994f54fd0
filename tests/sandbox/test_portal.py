"""The portal: what a seed fixes, and what size costs."""

from itertools import permutations
from typing import Any

import pytest

from hubspot_batch_read.sandbox import Portal, Sandbox, Specimen
from hubspot_batch_read.sandbox.data.associations import Direction
from tests.reads import check_listed

from .asking import (
    CAMPAIGNS,
    COMPANIES,
    PATHS,
    SIZES,
    V3_DEALS,
    WORKFLOWS,
    Ask,
    asked_operation,
    connect,
    noon,
)

BACK = "/crm/associations/2026-03/companies/contacts/batch/read"


def conversation(seed: int) -> list[tuple[bytes, list[tuple[str, str]]]]:
    """Every response of a short conversation, with its headers but for the date."""
    portal = Portal(seed=seed)
    period = {"startDate": "2026-01-01", "endDate": "2026-01-31", "properties": "hs_notes"}
    with Sandbox(portal=portal, clock=noon()) as sandbox, connect(sandbox) as client:
        ask = Ask(client)
        responses = [
            ask(COMPANIES, *portal.contact_ids[:30]),
            ask(BACK, *portal.company_ids[:30]),
            ask(V3_DEALS, *portal.contact_ids[:30]),
            ask(CAMPAIGNS, *portal.campaign_ids[:30], "x", **period),
            ask.inputs(WORKFLOWS, [{"type": "FLOW_ID", "flowId": portal.flow_ids[0]}]),
            ask.body(COMPANIES, b"{"),
        ]
    asked = [asked_operation(response).name for response in responses]
    check_listed(asked, PATHS, "conversation() in tests/sandbox/test_portal.py")
    return [
        (response.content, [each for each in response.headers.items() if each[0] != "date"])
        for response in responses
    ]


def test_the_same_seed_gives_the_same_responses_to_the_byte() -> None:
    assert conversation(seed=1) == conversation(seed=1)


def test_another_seed_gives_other_responses() -> None:
    one, other = conversation(seed=1), conversation(seed=2)

    assert all(response != different for response, different in zip(one, other, strict=True))


def test_the_order_of_keys_in_the_envelope_varies(ask: Ask, portal: Portal) -> None:
    orders = {tuple(ask(COMPANIES, id_).json()) for id_ in portal.contact_ids[10:30]}

    assert len(orders) > 5


def test_times_are_utc_with_three_digits_of_fraction() -> None:
    with Sandbox(clock=noon()) as sandbox, connect(sandbox) as client:
        body = Ask(client)(COMPANIES, "1").json()

    assert body["startedAt"] == body["completedAt"] == "2026-03-01T12:00:00.000Z"


def test_ids_are_distinct_within_and_across_types() -> None:
    portal = Portal()
    ids = (
        *portal.contact_ids,
        *portal.company_ids,
        *portal.deal_ids,
        *portal.ticket_ids,
        *portal.car_ids,
    )

    assert len(ids) == len(set(ids)) == 3000 + 4 * 1500


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("number", "companies"), [(1, 1), (4, 1), (9, 40), (300, 50), (900, 1300)])
def test_associations_are_the_same_from_both_sides(seed: int, number: int, companies: int) -> None:
    portal = Portal(
        seed=seed,
        contacts=number,
        deals=number // 2 + 1,
        tickets=number,
        cars=number,
        companies=companies,
    )
    types = [
        portal.associations.object_type(name)
        for name in ("contact", "deal", "ticket", "p_car", "company")
    ]

    for source, target in permutations([each for each in types if each is not None], 2):
        there = links(portal, Direction(source, target))
        back = links(portal, Direction(target, source))
        assert there, "there is something to compare"
        assert len(there) == len(set(there))
        assert sorted(there) == sorted((one, other) for other, one in back)


def links(portal: Portal, direction: Direction) -> list[tuple[int, int]]:
    """Every pair of associated objects, the sources first."""
    return [
        (source, associated.id)
        for source in direction.source.ids
        for associated in portal.associations.of(direction, str(source))
    ]


def test_a_million_contacts_are_there_and_answered() -> None:
    portal = Portal(contacts=1_000_000, companies=50_000)
    with Sandbox(portal=portal) as sandbox, connect(sandbox) as client:
        body = Ask(client)(COMPANIES, *portal.contact_ids[-1000:]).json()

    named = [id_ for item in body["errors"] for id_ in item["context"]["fromObjectId"]]
    assert len(body["results"]) + len(named) == 1000
    assert 800 < len(body["results"]) < 950


def test_a_tiny_portal_has_its_specimens_as_far_as_they_go() -> None:
    portal = Portal(contacts=4, companies=1, deals=2, campaigns=0, workflows=0)
    with Sandbox(portal=portal) as sandbox, connect(sandbox) as client:
        ask = Ask(client)
        contacts = ask(COMPANIES, *portal.contact_ids).json()
        companies = ask(BACK, *portal.company_ids).json()

    alone = portal.contact_ids[Specimen.ALONE]
    linked = [id_ for id_ in portal.contact_ids if id_ != alone]
    assert sorted(result["from"]["id"] for result in contacts["results"]) == linked
    assert contacts["errors"][0]["context"]["fromObjectId"] == [alone]
    assert [str(to["toObjectId"]) for to in companies["results"][0]["to"]] == linked


@pytest.mark.parametrize("name", SIZES)
def test_negative_numbers_are_refused(name: str) -> None:
    arguments: dict[str, Any] = {name: -1}
    with pytest.raises(ValueError, match="fewer than 0 objects"):
        Portal(**arguments)


def test_a_page_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1, got 0"):
        Portal(page_size=0)
