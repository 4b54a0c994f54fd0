"""Associations 2026-03: results, types of association, pages, and what has no result."""

from urllib.parse import quote, unquote

import pytest

from hubspot_batch_read.sandbox import Portal, Sandbox, Specimen

from .asking import COMPANIES, DEALS, Ask, Json, connect, items, results

NO_ASSOCIATIONS = "crm.associations.NO_ASSOCIATIONS_FOUND"
INVALID_IDENTIFIER = "crm.associations.INVALID_IDENTIFIER"


def types_of(result: Json) -> list[list[tuple[str, str | None]]]:
    return [
        [(each["category"], each["label"]) for each in to["associationTypes"]]
        for to in result["to"]
    ]


def read_whole(ask: Ask, path: str, id_: str) -> list[Json]:
    """All results of an object, one a page."""
    pages: list[Json] = []
    after: str | None = None
    while not pages or after is not None:
        given = {"id": id_} if after is None else {"id": id_, "after": after}
        pages.append(results(ask.inputs(path, [given]))[id_])
        after = pages[-1].get("paging", {}).get("next", {}).get("after")
    return pages


def test_without_failures_the_status_is_200_without_errors(ask: Ask, portal: Portal) -> None:
    response = ask(COMPANIES, portal.contact_ids[Specimen.LABELLED])

    assert response.status_code == 200
    assert response.json().keys() == {"status", "results", "startedAt", "completedAt"}


def test_associated_ids_are_numbers_and_asked_ones_text(ask: Ask, portal: Portal) -> None:
    id_ = portal.contact_ids[Specimen.LABELLED]

    result = results(ask(COMPANIES, id_))[id_]

    companies = [to["toObjectId"] for to in result["to"]]
    assert [type(company) for company in companies] == [int, int, int]
    assert {str(company) for company in companies} <= set(portal.company_ids)


def test_a_pair_has_one_result_with_all_types_and_null_labels(ask: Ask, portal: Portal) -> None:
    id_ = portal.contact_ids[Specimen.LABELLED]

    to_companies = results(ask(COMPANIES, id_))[id_]
    to_deals = results(ask(DEALS, id_))[id_]

    unlabelled = ("HUBSPOT_DEFINED", None)
    own = ("USER_DEFINED", "Key relationship")
    primary = ("HUBSPOT_DEFINED", "Primary")
    assert types_of(to_companies) == [[primary, unlabelled], [unlabelled], [own, unlabelled]]
    assert types_of(to_deals) == [[unlabelled], [unlabelled], [own, unlabelled]]


def test_results_do_not_come_in_the_order_of_the_request(ask: Ask, portal: Portal) -> None:
    ids = portal.contact_ids[10:60]

    answered = list(results(ask(COMPANIES, *ids)))

    in_order = [id_ for id_ in ids if id_ in answered]
    assert len(answered) > 30
    assert answered != in_order
    assert sorted(answered) == sorted(in_order)


def test_an_object_asked_for_twice_is_answered_once(ask: Ask, portal: Portal) -> None:
    found, alone = portal.contact_ids[Specimen.LABELLED], portal.contact_ids[Specimen.ALONE]

    body = ask(COMPANIES, found, alone, found, alone).json()

    assert [result["from"]["id"] for result in body["results"]] == [found]
    assert [item["context"]["fromObjectId"] for item in body["errors"]] == [[alone]]


def test_an_object_with_many_associations_is_read_page_by_page(ask: Ask, portal: Portal) -> None:
    pages = read_whole(ask, COMPANIES, portal.contact_ids[Specimen.MANY_PAGES])

    assert [len(page["to"]) for page in pages] == [500, 500, 250]
    assert [page.keys() for page in pages[:-1]] == [{"from", "to", "paging"}] * 2
    assert pages[-1].keys() == {"from", "to"}
    assert len({to["toObjectId"] for page in pages for to in page["to"]}) == 1250


def test_an_object_with_less_than_a_page_has_no_paging(ask: Ask, portal: Portal) -> None:
    (page,) = read_whole(ask, COMPANIES, portal.contact_ids[Specimen.OVER_100])

    assert len(page["to"]) == 150
    assert "paging" not in page


def test_the_page_size_is_a_setting_and_pages_mix() -> None:
    with Sandbox(portal=Portal(page_size=2)) as sandbox, connect(sandbox) as client:
        ask, ids = Ask(client), sandbox.portal.contact_ids
        many, labelled = ids[Specimen.OVER_100], ids[Specimen.LABELLED]
        first = results(ask(DEALS, many, labelled))
        inputs = [
            {"id": id_, "after": result["paging"]["next"]["after"]} for id_, result in first.items()
        ]
        second = results(ask.inputs(DEALS, inputs))
        pages = read_whole(ask, DEALS, many)

    assert [len(first[id_]["to"]) for id_ in (many, labelled)] == [2, 2]
    assert [len(second[id_]["to"]) for id_ in (many, labelled)] == [2, 1]
    assert "paging" in second[many]
    assert "paging" not in second[labelled]
    assert len(pages) == 75


def test_a_cursor_has_percent_escapes_and_counts_only_verbatim(ask: Ask, portal: Portal) -> None:
    id_ = portal.contact_ids[Specimen.MANY_PAGES]
    paging = results(ask(COMPANIES, id_))[id_]["paging"]
    after = paging["next"]["after"]

    assert "%" in after
    assert after in paging["next"]["link"]
    assert ask.inputs(COMPANIES, [{"id": id_, "after": after}]).status_code == 200
    for changed in (unquote(after), quote(after, safe=""), after.lower(), ""):
        refused = ask.inputs(COMPANIES, [{"id": id_, "after": changed}])
        assert refused.status_code == 400
        assert refused.json()["category"] == "VALIDATION_ERROR"


def test_a_cursor_counts_only_for_its_object_and_its_types(ask: Ask, portal: Portal) -> None:
    id_ = portal.contact_ids[Specimen.MANY_PAGES]
    after = results(ask(COMPANIES, id_))[id_]["paging"]["next"]["after"]
    other = portal.contact_ids[Specimen.LABELLED]

    assert ask.inputs(COMPANIES, [{"id": other, "after": after}]).status_code == 400
    assert ask.inputs(DEALS, [{"id": id_, "after": after}]).status_code == 400


def test_an_object_without_associations_is_an_item(ask: Ask, portal: Portal) -> None:
    response = ask(
        "/crm/associations/2026-03/CONTACTS/0-2/batch/read", portal.contact_ids[Specimen.ALONE]
    )

    (item,) = response.json()["errors"]
    assert response.status_code == 207
    assert item["status"] == "error"
    assert item["category"] == "OBJECT_NOT_FOUND"
    assert item["subCategory"] == NO_ASSOCIATIONS
    assert item["context"] == {
        "fromObjectId": [portal.contact_ids[Specimen.ALONE]],
        "fromObjectType": ["contact"],
        "toObjectType": ["company"],
    }


@pytest.mark.parametrize("unknown", ["1", "0", "00000000001", "9" * 30, "9" * 5000])
def test_an_unknown_object_is_like_one_without_associations(
    ask: Ask, portal: Portal, unknown: str
) -> None:
    body = ask(COMPANIES, portal.contact_ids[Specimen.LABELLED], unknown).json()

    assert len(body["results"]) == 1
    assert body["numErrors"] == 1
    assert body["errors"][0]["subCategory"] == NO_ASSOCIATIONS
    assert body["errors"][0]["context"]["fromObjectId"] == [unknown]


def test_an_id_counts_only_as_the_portal_writes_it(ask: Ask, portal: Portal) -> None:
    padded = f"0{portal.contact_ids[Specimen.LABELLED]}"

    response = ask(COMPANIES, padded)

    (item,) = items(response, NO_ASSOCIATIONS)
    assert item["context"]["fromObjectId"] == [padded]


def test_num_errors_counts_items_and_not_the_objects_they_name(
    ask: Ask,
) -> None:
    unknown = [str(number) for number in range(1, 8)]

    response = ask(COMPANIES, *unknown)

    named = [item["context"]["fromObjectId"] for item in items(response, NO_ASSOCIATIONS)]
    assert response.json()["numErrors"] == 3
    assert named == [["1", "2", "3"], ["4", "5", "6"], ["7"]]


@pytest.mark.parametrize("malformed", ["x", "", "12.0", "-1", " 1", "1e3", "٣", "\ud800"])
def test_an_id_that_is_no_number_is_an_item_of_its_own_kind(
    ask: Ask, portal: Portal, malformed: str
) -> None:
    # Written by hand, since the client refuses to send a lone surrogate.
    escaped = malformed.encode("unicode_escape").decode()
    body = f'{{"inputs": [{{"id": "{escaped}"}}, {{"id": "{portal.contact_ids[0]}"}}]}}'

    response = ask.body(COMPANIES, body.encode())

    (item,) = items(response, INVALID_IDENTIFIER)
    assert response.status_code == 207
    assert len(response.json()["results"]) == 1
    assert item["category"] == "VALIDATION_ERROR"
    assert item["context"] == {"id": [malformed]}


def test_a_batch_in_which_all_fail_is_a_207_without_results(ask: Ask) -> None:
    response = ask(COMPANIES, "1", "x")

    body = response.json()
    assert response.status_code == 207
    assert body["results"] == []
    assert body["status"] == "COMPLETE"
    assert body["numErrors"] == len(body["errors"]) == 2


@pytest.mark.parametrize("name", ["contact", "contacts", "Contacts", "CONTACT", "0-1"])
def test_every_name_of_a_type_means_the_type(ask: Ask, portal: Portal, name: str) -> None:
    id_ = portal.contact_ids[Specimen.LABELLED]

    response = ask(f"/crm/associations/2026-03/{name}/companies/batch/read", id_)

    assert response.json()["results"] == ask(COMPANIES, id_).json()["results"]


def test_a_custom_type_goes_by_its_id_name_and_full_name(ask: Ask, portal: Portal) -> None:
    id_ = portal.car_ids[Specimen.LABELLED]

    for name in ("2-9001", "p_car", "P_Car", "p_cars", f"p{portal.id}_car"):
        response = ask(f"/crm/associations/2026-03/{name}/company/batch/read", id_)
        assert list(results(response)) == [id_]


@pytest.mark.parametrize("path", [COMPANIES, "/crm/v3/associations/contacts/companies/batch/read"])
@pytest.mark.parametrize("unknown", ["spaceships", "0-99", "2-1", "p_", "."])
def test_an_unknown_type_is_refused_without_a_category(ask: Ask, path: str, unknown: str) -> None:
    for replaced in ("contacts", "companies"):
        response = ask(path.replace(replaced, unknown.replace(".", "%2E")), "1")
        assert response.status_code == 400
        assert response.json().keys() == {"status", "message", "correlationId"}
        assert response.json()["message"] == f"Unable to infer object type from: {unknown}"


def test_objects_of_one_type_are_not_associated_with_each_other(ask: Ask, portal: Portal) -> None:
    path = "/crm/associations/2026-03/contacts/contacts/batch/read"

    response = ask(path, portal.contact_ids[Specimen.LABELLED])

    assert len(items(response, NO_ASSOCIATIONS)) == 1
