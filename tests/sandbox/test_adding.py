"""Objects that a test adds to a portal are read like all others; invalid arguments are refused."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from inspect import isfunction
from pathlib import Path
from typing import Any

import pytest

from hubspot_batch_read.sandbox import Portal, Sandbox, Specimen

from .asking import (
    CAMPAIGNS,
    COMPANIES,
    DEALS,
    INPUT,
    PATHS,
    V3_COMPANIES,
    V3_DEALS,
    WORKFLOWS,
    Ask,
    Json,
    connect,
    items,
    results,
)

BACK = "/crm/associations/2026-03/companies/contacts/batch/read"
GUID = "0e1cf94a-1b2c-4d3e-8f50-6a7b8c9d0e1f"
OTHER = "1e1cf94a-1b2c-4d3e-8f50-6a7b8c9d0e1f"
ROOT = Path(__file__).resolve().parents[2]
# The methods of a portal that add objects to it.
ADDING = [
    name for name, each in vars(Portal).items() if isfunction(each) and not name.startswith("_")
]
# Where each of them has to be, and what is before its name there.
PLACES = {
    "tests/sandbox/test_adding.py": ".",
    "tests/sandbox/test_conformance.py": ".",
    "docs/sandbox.md": "| `",
}
PERIOD = {"startDate": "2026-01-01", "endDate": "2026-01-31"}


@pytest.fixture(scope="module")
def empty() -> Iterator[Sandbox]:
    """A sandbox with an empty portal; each test adds objects with its own ids."""
    with Sandbox(portal=Portal.empty(page_size=100)) as sandbox:
        yield sandbox


@pytest.fixture
def own(empty: Sandbox) -> Portal:
    return empty.portal


@pytest.fixture
def ask_own(empty: Sandbox) -> Iterator[Ask]:
    with connect(empty) as client:  # which holds each response against the spec
        yield Ask(client)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ADDING)
def test_each_way_to_add_is_tested_and_documented(name: str, place: str) -> None:
    is_there = f"{PLACES[place]}{name}(" in (ROOT / place).read_text()
    assert is_there, f"add Portal.{name} to {place}"


def types(to: Json) -> list[tuple[str, str | None]]:
    return [(each["category"], each["label"]) for each in to["associationTypes"]]


def test_an_empty_portal_has_nothing(own: Portal, ask_own: Ask) -> None:
    for name in (name for name in vars(Portal) if name.endswith("_ids")):
        assert getattr(own, name) == (), f"Portal.empty() has {name}: pass 0 for their number there"
    for path in PATHS.values():
        assert ask_own.inputs(path, [INPUT]).json()["results"] == []
    for path in (COMPANIES, V3_DEALS):
        body = ask_own(path, "1", "x").json()
        assert (body["results"], body["numErrors"]) == ([], 2)
    assert ask_own(CAMPAIGNS, GUID).json()["results"] == []
    unknown = ask_own.inputs(WORKFLOWS, [{"type": "FLOW_ID", "flowId": "1"}])
    assert items(unknown, "FLOW_NOT_FOUND")


def test_an_association_is_read_from_either_side(own: Portal, ask_own: Ask) -> None:
    own.associate("contacts", "companies", 101, 7, labels=["Buyer", "Ally"], primary=True)
    own.associate("0-2", "CONTACT", "8", "101")

    there = ask_own(COMPANIES, "101", "102")
    back = results(ask_own(BACK, "7", "8"))

    assert there.status_code == 207
    assert items(there, "crm.associations.NO_ASSOCIATIONS_FOUND")[0]["context"] == {
        "fromObjectId": ["102"],
        "fromObjectType": ["contact"],
        "toObjectType": ["company"],
    }
    expected = [
        ("HUBSPOT_DEFINED", "Primary"),
        ("USER_DEFINED", "Buyer"),
        ("USER_DEFINED", "Ally"),
        ("HUBSPOT_DEFINED", None),
    ]
    assert [(to["toObjectId"], types(to)) for to in results(there)["101"]["to"]] == [
        (7, expected),
        (8, expected[-1:]),
    ]
    assert [(to["toObjectId"], types(to)) for to in back["7"]["to"]] == [(101, expected)]
    assert [(to["toObjectId"], types(to)) for to in back["8"]["to"]] == [(101, expected[-1:])]


def test_a_label_has_one_type_id_in_each_direction(own: Portal, ask_own: Ask) -> None:
    for company in (21, 22):
        own.associate("contact", "company", 120, company, labels=["Buyer"])
    own.associate("contact", "company", 120, 23, labels=["Seller"])

    ids = [
        next(each["typeId"] for each in to["associationTypes"] if each["label"])
        for to in results(ask_own(COMPANIES, "120"))["120"]["to"]
    ]

    assert ids[0] == ids[1] != ids[2]


def test_v3_knows_the_primary_company_alone(own: Portal, ask_own: Ask) -> None:
    own.associate("contact", "company", 130, 31)
    own.associate("contact", "company", 130, 32, labels=["Buyer"], primary=True)
    own.associate("contact", "company", 131, 31)

    response = ask_own(V3_COMPANIES, "130", "131")

    assert results(response) == {
        "130": {
            "from": {"id": "130"},
            "to": [
                {"id": "32", "type": "contact_to_company"},
                {"id": "32", "type": "buyer"},
                {"id": "32", "type": "contact_to_company_unlabeled"},
            ],
        }
    }
    assert items(response, "crm.associations.NO_ASSOCIATIONS_FOUND")


def test_many_associations_come_in_pages_and_v3_cuts_them(own: Portal, ask_own: Ask) -> None:
    for deal in range(1, 251):
        own.associate("contacts", "deals", 140, deal)
    read: list[int] = []
    after: dict[str, str] = {}
    while True:
        result = results(ask_own.inputs(DEALS, [{"id": "140", **after}]))["140"]
        read += [to["toObjectId"] for to in result["to"]]
        if "paging" not in result:
            break
        after = {"after": result["paging"]["next"]["after"]}
    assert read == list(range(1, 251))

    cut = results(ask_own(V3_DEALS, "140"))["140"]
    assert len(cut["to"]) == 100
    assert cut["paging"]["next"]["after"]


def test_a_campaign_has_the_properties_and_assets_added(own: Portal, ask_own: Ask) -> None:
    emails = {str(number): f"Email {number}" for number in range(60)}
    own.add_campaign(
        GUID,
        properties={"hs_name": "Spring", "my_own": "1", "hs_notes": ""},
        assets={"MARKETING_EMAIL": emails, "FORM": {"12": None}},
    )

    (result,) = ask_own(
        CAMPAIGNS, GUID, GUID, properties="hs_name,my_own,hs_notes,hs_owner", **PERIOD
    ).json()["results"]

    assert result["properties"] == {"hs_name": "Spring", "my_own": "1"}
    assert len(result["assets"]["MARKETING_EMAIL"]["results"]) == 50
    assert result["assets"]["MARKETING_EMAIL"]["paging"]["next"]["after"] == "49"
    (form,) = result["assets"]["FORM"]["results"]
    assert form.keys() == {"id", "metrics"}
    assert ask_own(CAMPAIGNS, GUID, properties="unheard_of").status_code == 400


def test_a_workflow_is_found_by_either_id(own: Portal, ask_own: Ask) -> None:
    own.add_workflow(flow_id=5, workflow_id="6")
    for each in ({"type": "FLOW_ID", "flowId": "5"}, {"type": "WORKFLOW_ID", "workflowId": "6"}):
        assert ask_own.inputs(WORKFLOWS, [each]).json()["results"] == [
            {"flowId": 5, "workflowId": 6}
        ]


def test_what_is_added_stands_beside_what_was_drawn() -> None:
    portal = Portal(seed=7)
    labelled = portal.contact_ids[Specimen.LABELLED]
    portal.associate("contacts", "companies", labelled, 7, labels=["Buyer"])
    portal.associate("contacts", "companies", 101, portal.company_ids[0])
    with Sandbox(portal=portal) as sandbox, connect(sandbox) as client:
        there = results(Ask(client)(COMPANIES, labelled, "101"))
        back = results(Ask(client)(BACK, "7", portal.company_ids[0]))

    assert [to["toObjectId"] for to in there[labelled]["to"]][3:] == [7]
    assert [str(to["toObjectId"]) for to in there["101"]["to"]] == [portal.company_ids[0]]
    assert [str(to["toObjectId"]) for to in back["7"]["to"]] == [labelled]
    assert back[portal.company_ids[0]]["to"][-1]["toObjectId"] == 101
    with pytest.raises(ValueError, match=f"contact {labelled} already has a primary company"):
        portal.associate("companies", "contacts", 8, labelled, primary=True)
    with pytest.raises(ValueError, match="flow_id: a workflow"):
        portal.add_workflow(flow_id=portal.flow_ids[0], workflow_id=6)
    with pytest.raises(ValueError, match="id_: campaign"):
        portal.add_campaign(portal.campaign_ids[0])


def seeded_portal() -> Portal:
    portal = Portal.empty()
    portal.associate("contact", "company", 101, 7, primary=True)
    portal.add_campaign(GUID)
    portal.add_workflow(flow_id=5, workflow_id=6)
    return portal


@pytest.mark.parametrize(
    ("nonsense", "message"),
    [
        (("people", "deal", 1, 2), "from_type: the sandbox has no type of object called 'people'"),
        (("deal", "", 1, 2), "to_type: the sandbox has no type of object called ''"),
        (("deal", "deals", 1, 2), "the sandbox cannot associate a deal with a deal"),
        (("deal", "contact", "x", 2), "from_id: expected a whole number above 0, got 'x'"),
        (("deal", "contact", 0, 2), "from_id: expected a whole number above 0, got 0"),
        (("deal", "contact", 1, True), "to_id: expected a whole number above 0, got True"),
        (("company", "contact", 7, 101), "contact 101 and company 7 are associated already"),
    ],
)
def test_an_association_that_cannot_be_is_refused(nonsense: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        seeded_portal().associate(*nonsense)


@pytest.mark.parametrize(
    ("add", "message"),
    [
        (
            lambda portal: portal.associate("deal", "contact", 1, 2, primary=True),
            "primary: a contact cannot be primary, only a company",
        ),
        (
            lambda portal: portal.associate("contact", "company", 101, 8, primary=True),
            "primary: contact 101 already has a primary company",
        ),
        (
            lambda portal: portal.associate("deal", "contact", 1, 2, labels="Buyer"),
            "labels: expected a list of labels, got 'Buyer'",
        ),
        (
            lambda portal: portal.associate("deal", "contact", 1, 2, labels=[" "]),
            "labels: expected text, got ' '",
        ),
        (
            lambda portal: portal.associate("deal", "contact", 1, 2, labels=["Primary"]),
            "labels: 'Primary' is HubSpot's own; pass primary=True",
        ),
        (lambda portal: portal.add_campaign("x"), "id_: expected a GUID in lower case, got 'x'"),
        (lambda portal: portal.add_campaign(5), "id_: expected a GUID in lower case, got 5"),
        (lambda portal: portal.add_campaign(GUID), f"id_: campaign {GUID} exists already"),
        (
            lambda portal: portal.add_campaign(OTHER, properties={"hs_name": 5}),
            r"properties\['hs_name'\]: expected text, got 5",
        ),
        (
            lambda portal: portal.add_campaign(OTHER, properties={"a,b": "c"}),
            "properties: expected names without commas, got 'a,b'",
        ),
        (
            lambda portal: portal.add_campaign(OTHER, assets={"FORMS": {}}),
            "assets: expected the types .*, FORM, .*, got 'FORMS'",
        ),
        (
            lambda portal: portal.add_campaign(OTHER, assets={"FORM": ["Sign-up"]}),
            r"assets\['FORM'\]: expected names by id, got \['Sign-up'\]",
        ),
        (
            lambda portal: portal.associate("deal", "contact", 1, 2, labels=[5]),
            "labels: expected text, got 5",
        ),
        (
            lambda portal: portal.add_workflow(flow_id=5, workflow_id=7),
            "flow_id: a workflow with 5 exists already",
        ),
        (
            lambda portal: portal.add_workflow(flow_id=7, workflow_id=6),
            "workflow_id: a workflow with 6 exists already",
        ),
        (
            lambda portal: portal.add_workflow(flow_id="05", workflow_id=6),
            "flow_id: expected a whole number above 0, got '05'",
        ),
    ],
)
def test_nonsense_is_refused_in_a_sentence_and_adds_nothing(
    add: Callable[[Portal], None], message: str
) -> None:
    portal = seeded_portal()
    before = pickle.dumps(portal)
    with pytest.raises((TypeError, ValueError), match=f"^{message}$"):
        add(portal)
    assert pickle.dumps(portal) == before
