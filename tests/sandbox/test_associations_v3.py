"""Associations v3: the cut at 100, names of types, and the primary company alone."""

from hubspot_batch_read.sandbox import Portal, Specimen

from .asking import COMPANIES, V3_COMPANIES, V3_DEALS, Ask, items, results


def test_ids_are_text_and_types_are_names(ask: Ask, portal: Portal) -> None:
    id_ = portal.contact_ids[Specimen.LABELLED]

    result = results(ask(V3_DEALS, id_))[id_]

    assert result.keys() == {"from", "to"}
    assert {to["id"] for to in result["to"]} <= set(portal.deal_ids)
    assert [to["type"] for to in result["to"]] == [
        "contact_to_deal",
        "contact_to_deal",
        "key_relationship",
        "contact_to_deal",
    ]


def test_an_object_with_more_than_100_is_cut_and_says_so(ask: Ask, portal: Portal) -> None:
    for specimen in (Specimen.OVER_100, Specimen.MANY_PAGES):
        id_ = portal.contact_ids[specimen]
        result = results(ask(V3_DEALS, id_))[id_]
        assert len(result["to"]) == 100
        assert result["paging"].keys() == {"next", "prev"}
        assert result["paging"]["next"].keys() == {"after", "link"}
        assert result["paging"]["prev"] is None


def test_after_is_ignored_in_silence_so_that_a_loop_never_ends(ask: Ask, portal: Portal) -> None:
    id_ = portal.contact_ids[Specimen.OVER_100]
    first = results(ask(V3_DEALS, id_))[id_]

    again = ask.inputs(V3_DEALS, [{"id": id_, "after": first["paging"]["next"]["after"]}])

    assert again.status_code == 200
    assert results(again)[id_] == first


def test_to_companies_there_is_only_the_primary_one(ask: Ask, portal: Portal) -> None:
    ids = portal.contact_ids[:200]

    primaries = {
        id_: [
            str(to["toObjectId"])
            for to in result["to"]
            if any(each["label"] == "Primary" for each in to["associationTypes"])
        ]
        for id_, result in results(ask(COMPANIES, *ids)).items()
    }
    answered = {
        id_: sorted({to["id"] for to in result["to"]})
        for id_, result in results(ask(V3_COMPANIES, *ids)).items()
    }

    assert len(answered) > 100
    assert answered == primaries


def test_from_companies_there_are_all(ask: Ask, portal: Portal) -> None:
    company = portal.company_ids[0]

    new = results(ask("/crm/associations/2026-03/companies/contacts/batch/read", company))[company]
    old = results(ask("/crm/v3/associations/companies/contacts/batch/read", company))[company]

    assert {to["id"] for to in old["to"]} == {str(to["toObjectId"]) for to in new["to"]}


def test_what_has_no_result_is_accounted_for_as_in_2026_03(ask: Ask, portal: Portal) -> None:
    response = ask(V3_DEALS, portal.contact_ids[Specimen.ALONE], "1", "x", "x")

    assert response.status_code == 207
    assert response.json()["results"] == []
    assert response.json()["numErrors"] == 2
    (alone,) = items(response, "crm.associations.NO_ASSOCIATIONS_FOUND")
    assert alone["context"]["fromObjectId"] == [portal.contact_ids[Specimen.ALONE], "1"]
    (malformed,) = items(response, "crm.associations.INVALID_IDENTIFIER")
    assert malformed["context"] == {"id": ["x"]}
