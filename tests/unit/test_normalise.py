"""The rules of `make record`: nothing of a portal is left, and what is left is always the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recording.leaks import SECRETS, find_secrets, holds
from recording.normalise import RULES, Exchange, Json, normalise

from tests.contract import spec
from tests.contract.cases import Case, cases

ASSOCIATIONS = "/crm/associations/2026-03/contacts/companies/batch/read"
REQUEST_ID = "6f1c2a8e-0d4b-4e57-9a63-5b8e7c1d2f90"
GUID = "b3c7b1f0-52d1-4c6f-9a0e-3f1f7e1f9a01"
OTHER_GUID = "0d9a3f44-7be2-4a58-8f5d-6c2b1e0a7d02"
FIRST_GUID = "00000000-0000-4000-8000-000000001000"


def exchange(answer: Json, *ids: str, path: str = ASSOCIATIONS, **query: str) -> Exchange:
    """An exchange in which these ids were asked for."""
    return {
        "request": {
            "method": "POST",
            "path": path,
            "query": query,
            "body": {"inputs": [{"id": each} for each in ids]},
        },
        "response": {"status": 200, "headers": {}, "body": answer},
    }


def answered(answer: Json, *ids: str) -> Any:
    """What an answer to a request for these ids is normalised to."""
    return normalise(exchange(answer, *ids))["response"]["body"]


def said(message: str, *ids: str) -> str:
    """What a message is normalised to."""
    text = answered({"message": message}, *ids)["message"]
    assert isinstance(text, str)
    return text


# Twice is once --------------------------------------------------------------------------------

# What texts are made of, and what comes out of the rules; joined anyhow.
SCRAPS = st.sampled_from(
    [
        *("53628", "7", "007", "0", "-7", "1.50", "12.", "x-1", "x", "é", "٣", "²", "Jane", "Doe"),
        *(" ", ".", ",", ":", "/", "-", "+", "%", "@", "=", "&", "?", "#", "<", ">", "(", ")"),
        *("'", '"', "_", "Z", "T", "2026-02-11", "2026-02-30", "2026-02-11T09:14:27.310Z", "09:14"),
        *(":27", "+01:00", GUID, REQUEST_ID, "jane@acme.com", "https://", "http://acme.com/a"),
        *("https://api.hubapi.com/crm/v3/objects/contacts/53628?after=NTA%3D", "NTA%3D", "NTA="),
        *("https://app.hubspot.com/x/", "id-1000", "text-1001", "cursor-1000", "email-1000"),
        *(
            "type-1000",
            "p_car",
            "p123_car",
            "2-9001",
            "0-1",
            "contacts",
            "line 5",
            "502 Bad Gateway",
        ),
        *("batch is 1000", "v3", "2026-03", "hs_name", "acme_colour", "1767225600000", "error"),
        *("crm.objects.read", "acme.com", "aaaaaaaa", "\n", "<html>", "contact_to_company"),
    ]
)
JUMBLES = st.lists(SCRAPS, max_size=5).map("".join) | st.text(max_size=5)
NUMBERS = st.sampled_from([0, 5, -5, 53628, 1000, 1001, 1767225600000, 1767225600]) | st.integers()
LEAVES = st.none() | st.booleans() | NUMBERS | st.floats(allow_nan=False) | JUMBLES
KEYS = (
    st.sampled_from(
        [
            *(
                "id",
                "from",
                "to",
                "toObjectId",
                "message",
                "label",
                "category",
                "properties",
                "url",
            ),
            *("metrics", "links", "link", "after", "paging", "next", "errors", "context", "type"),
            *("correlationId", "requestId", "createdAt", "expire time", "status", "name", "in"),
            *("propertyName", "fromObjectType", "toObjectTypeId", "requiredScopes", "results"),
            *("inputs", "typeId", "total", "Some Time"),
        ]
    )
    | JUMBLES
)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    LEAVES | st.just("HUBSPOT_DEFINED"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)
thorough = settings(max_examples=150)


@thorough
@given(
    sent=ANYTHING,
    body=ANYTHING,
    segments=st.lists(JUMBLES.filter(lambda text: "/" not in text), max_size=4),
    query=st.dictionaries(st.sampled_from(["properties", "startDate", "after"]), JUMBLES),
)
def test_what_is_normalised_stays_as_it_is(
    sent: Any, body: Any, segments: list[str], query: dict[str, str]
) -> None:
    once = normalise(
        {
            "request": {"method": "POST", "path": "/".join(segments), "query": query, "body": sent},
            "response": {"status": 200, "headers": {}, "body": body},
        }
    )
    assert json.dumps(normalise(once)) == json.dumps(once)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_a_fixture_that_is_normalised_stays_as_it_is_and_is_of_the_same_form(case: Case) -> None:
    once = normalise({"request": case.fixture["request"], "response": case.fixture["response"]})
    assert json.dumps(normalise(once)) == json.dumps(once)
    assert form(once["response"]["body"]) == form(case.body)
    assert once["response"]["status"] == case.status
    assert once["response"]["headers"] == case.headers


def form(value: Any) -> Any:
    """What is left of JSON without its values, and without the names that are no words."""
    if isinstance(value, dict):
        return [(key if key.isalpha() else "?", form(inner)) for key, inner in value.items()]
    if isinstance(value, list):
        return [form(inner) for inner in value]
    return value if isinstance(value, bool) or value is None else type(value)


# Nothing is left ------------------------------------------------------------------------------

# Whatever these are, nobody writes them by chance.
MARKS = st.one_of(
    st.integers(10**8, 10**12).map(str),
    st.uuids(version=4).map(str),
    st.from_regex("[a-z]{5}[.][a-z]{5}@[a-z]{6}[.]com", fullmatch=True),
    st.from_regex("pat-na1-[0-9a-f]{8}-[0-9a-f]{4}", fullmatch=True),
    st.from_regex("p[1-9][0-9]{7}_[a-z]{8}", fullmatch=True),
    st.from_regex("2-[1-9][0-9]{7}", fullmatch=True),
    st.from_regex("[A-Z]{2}[a-z]{4}[0-9]{4}%3D%3D", fullmatch=True),
    st.from_regex("[A-Z][a-z]{3}[.][a-z]{8}[.]com", fullmatch=True),
)
NAMES = st.from_regex("[A-Z][a-z]{6} [A-Z][a-z]{7}", fullmatch=True)
WORDS_STAY = {"message", "errors", "context", "groupName"}


def bodies(schema: dict[str, Any], name: str) -> st.SearchStrategy[Any]:
    """JSON of the schema's form in which every value is a secret."""
    if "anyOf" in schema:
        return st.one_of([bodies(branch, name) for branch in schema["anyOf"]])
    kinds = schema.get("type", "string")
    match kinds if isinstance(kinds, str) else kinds[0]:
        case "array":
            return st.lists(bodies(schema["items"], name), min_size=1, max_size=2)
        case "object":
            return objects(schema, name)
        case "integer" | "number":
            if name in {"typeId", "numErrors"}:  # they stay
                return st.integers(0, 99)
            return st.integers(10**8, 10**12)
        case _ if name in WORDS_STAY:
            return st.builds('No deal {} was found: see <{}>, or "{}".'.format, MARKS, MARKS, MARKS)
        case _:
            number = st.integers(10**8, 10**12) if "integer" in kinds else st.nothing()
            return MARKS | NAMES | number


def objects(schema: dict[str, Any], name: str) -> st.SearchStrategy[Any]:
    declared = {key: bodies(inner, key) for key, inner in schema.get("properties", {}).items()}
    others = schema.get("additionalProperties")
    if isinstance(others, dict):
        keys = MARKS if name == "properties" else st.sampled_from(["id", "fromObjectId", "scopes"])
        return st.dictionaries(keys | MARKS, bodies(others, name), min_size=1, max_size=2)
    unknown = {"owner": MARKS | NAMES, "score": st.integers(10**8, 10**12)}
    return st.fixed_dictionaries({}, optional={**declared, **unknown})


def secrets_in(value: Any, name: str = "") -> Iterator[str]:
    """The secrets that `bodies` put into a body, but for those in a place where numbers stay."""
    match value:
        case dict():
            for key, inner in value.items():
                yield from secrets_in(inner, key)
                if re.search("[0-9@]", key):
                    yield key
        case list():
            for inner in value:
                yield from secrets_in(inner, name)
        case str() if value.startswith("No deal "):
            yield from re.findall(r'deal (\S+) was found: see <(\S+)>, or "(\S+)"', value)[0]
        case str() | int() if name not in {"typeId", "numErrors"}:
            yield str(value)


ANSWERS = [*(operation.envelope for operation in spec.operations().values()), "Error"]


@pytest.mark.parametrize("schema", ANSWERS)
@settings(max_examples=30)
@given(data=st.data())
def test_no_secret_is_left_anywhere(schema: str, data: st.DataObject) -> None:
    body = data.draw(bodies(spec.schema(schema), ""))
    asked = data.draw(st.lists(MARKS, max_size=2))
    left = json.dumps(normalise(exchange(body, *asked)))
    assert [secret for secret in {*secrets_in(body), *asked} if secret in left] == []
    assert find_secrets(left) == []


@thorough
@given(numbers=st.lists(st.integers(1, 10**12), min_size=1, max_size=8), data=st.data())
def test_ids_are_numbered_as_they_come_and_equal_ones_are_equal(
    numbers: list[int], data: st.DataObject
) -> None:
    order = list(dict.fromkeys(numbers))
    expected = [1000 + order.index(number) for number in numbers]
    cut = data.draw(st.integers(0, len(numbers)))
    asked, found = numbers[:cut], numbers[cut:]
    done = normalise(
        exchange({"results": [{"toObjectId": each} for each in found]}, *map(str, asked))
    )
    request, body = done["request"]["body"], done["response"]["body"]
    assert request == {"inputs": [{"id": str(each)} for each in expected[:cut]]}
    assert body == {"results": [{"toObjectId": each} for each in expected[cut:]]}


# The rules, one by one ------------------------------------------------------------------------

EXAMPLES: list[tuple[Json, Json]] = [
    (
        {"correlationId": GUID, "requestId": "x1"},
        {"correlationId": REQUEST_ID, "requestId": REQUEST_ID},
    ),
    ({"errors": [{"id": GUID}, {"id": 7}]}, {"errors": [{"id": REQUEST_ID}, {"id": 1000}]}),
    (
        {"status": "PAUSED", "category": "OBJECT_NOT_FOUND", "subCategory": "crm.a.NONE_FOUND"},
        {"status": "PAUSED", "category": "OBJECT_NOT_FOUND", "subCategory": "crm.a.NONE_FOUND"},
    ),
    ({"code": "Jane Doe", "policyName": "DAILY"}, {"code": "text-1000", "policyName": "DAILY"}),
    ({"results": [{"type": "CONTACT_FLOW"}]}, {"results": [{"type": "CONTACT_FLOW"}]}),
    (
        {"to": [{"type": "deal_to_company_unlabeled"}, {"type": "partner_of_deal"}]},
        {"to": [{"type": "deal_to_company_unlabeled"}, {"type": "type-1000"}]},
    ),
    (
        [
            {"category": "HUBSPOT_DEFINED", "label": "Primary"},
            {"category": "WORK", "label": "Boss"},
        ],
        [
            {"category": "HUBSPOT_DEFINED", "label": "Primary"},
            {"category": "WORK", "label": "text-1000"},
        ],
    ),
    ({"label": "Primary"}, {"label": "text-1000"}),
    ({"context": "{id=[53628]}"}, {"context": "{id=[1000]}"}),
    ({"errors": ["No deal 53628."]}, {"errors": ["No deal 1000."]}),
    ({"groupName": "publicapi:private-apps:10"}, {"groupName": "publicapi:private-apps:1000"}),
    ({"in": "inputs[3].id"}, {"in": "inputs[3].id"}),
    ({"in": "acme_colour"}, {"in": "text-1000"}),
    (
        {"context": {"requiredGranularScopes": ["crm.objects.contacts.read", "Jane Doe"]}},
        {"context": {"requiredGranularScopes": ["crm.objects.contacts.read", "text-1000"]}},
    ),
    ({"links": {"scopes": "see Jane"}, "url": ""}, {"links": {"scopes": "text-1000"}, "url": ""}),
    (
        {"fromObjectType": ["deal", "p_cars"], "toObjectTypeId": "2-53628", "objectTypeId": "0-1"},
        {
            "fromObjectType": ["deal", "p_type-1000"],
            "toObjectTypeId": "2-1000",
            "objectTypeId": "0-1",
        },
    ),
    ({"propertyName": ["id", "acme_colour"]}, {"propertyName": ["id", "property-1000"]}),
    (
        {"properties": {"hs_name": "Spring", "acme_colour": "EUR", "hs_start_date": "2025-03-01"}},
        {
            "properties": {
                "hs_name": "text-1000",
                "property-1000": "text-1001",
                "hs_start_date": "2026-02-11",
            }
        },
    ),
    (
        {"properties": {"hs_a": "1200.50", "hs_b": "37"}},
        {"properties": {"hs_a": "1.00", "hs_b": "1000"}},
    ),
    (
        {"metrics": {"OPEN": 14, "RATE": 0.35, "ALL": True}},
        {"metrics": {"OPEN": 1, "RATE": 0.5, "ALL": True}},
    ),
    ({"typeId": 279, "numErrors": 2, "total": 60}, {"typeId": 279, "numErrors": 2, "total": 60}),
    ({"after": "500", "before": 500}, {"after": "1000", "before": 1000}),
    ({"after": "NTA=", "before": "NTA%3D"}, {"after": "cursor-1000", "before": "cursor-1000%3D"}),
    (
        {"createdAt": 1767225600123, "time": "1767225600"},
        {"createdAt": 1770801267310, "time": "1770801267"},
    ),
    ({"completedAt": "yesterday"}, {"completedAt": "text-1000"}),
    ({"id": GUID.upper(), "ids": [0, -7, "007"]}, {"id": FIRST_GUID, "ids": [0, -1001, "001001"]}),
    ({"id": "x-1", "flowId": "n/a"}, {"id": "id-1000", "flowId": "id-1001"}),
    (
        {"archived": False, "score": 0.25, "more": None},
        {"archived": False, "score": 0.5, "more": None},
    ),
    ({"owner": "Jane", "mail": "jane@acme.com"}, {"owner": "text-1000", "mail": "email-1000"}),
    (
        {"owner": {"Jane Doe": 5, "53628": 5, "VIEWS PER DAY": 5}},
        {"owner": {"text-1000": 1000, "1001": 1000, "VIEWS PER DAY": 1000}},
    ),
]


@pytest.mark.parametrize(("before", "after"), EXAMPLES, ids=lambda value: json.dumps(value)[:50])
def test_a_field_is_treated_as_its_rule_says(before: Json, after: Json) -> None:
    assert json.dumps(answered(before)) == json.dumps(after)


def test_every_rule_is_the_first_for_some_field_and_gives_its_reason() -> None:
    places = [
        *(
            "properties.hs_name",
            "metrics.OPEN",
            ".correlationId",
            ".status",
            "to.type",
            "HUBSPOT_DEFINED.label",
            ".message",
            "errors.in",
        ),
        *("context.requiredScopes", "next.link", "context.toObjectType", "context.propertyName"),
        *(".numErrors", "next.after", ".startedAt"),
        *("from.id", ".region"),
    ]
    first = [next(rule for rule in RULES if re.fullmatch(rule.place, place)) for place in places]
    assert first == list(RULES)
    assert all(rule.reason.endswith(".") for rule in RULES)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2025-03-01T23:59:59.9Z", "2026-02-11T09:14:27.3Z"),
        ("2025-03-01T23:59:59Z", "2026-02-11T09:14:27Z"),
        ("2025-03-01T23:59:59.123456789Z", "2026-02-11T09:14:27.310000000Z"),
        ("2025-03-01T23:59:59.123", "2026-02-11T09:14:27.310"),
        ("2025-03-01T23:59:59.12-03:30", "2026-02-11T05:44:27.31-03:30"),
        ("2025-03-01t23:59:59,1z", "2026-02-11t09:14:27,3z"),
        ("2025-03-01 23:59+0100", "2026-02-11 10:14+0100"),
        ("2025-03-01", "2026-02-11"),
        ("2025-02-30T00:00:00Z", "text-1000"),
    ],
)
def test_an_instant_keeps_its_form(before: str, after: str) -> None:
    assert answered({"startedAt": before}) == {"startedAt": after}
    assert answered({"anything": before}) == {"anything": after}
    assert said(f"Expired at {before}.") == f"Expired at {after}."


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "No company is associated with deal 7002, 53628.",
            "No company is associated with deal 1001, 1000.",
        ),
        (
            "Contact p123_car 2-53628 of 0-1 is gone",
            "Contact p1001_type-1000 2-1000 of 0-1 is gone",
        ),
        (
            f"Campaign {GUID} of jane@acme.com",
            "Campaign 00000000-0000-4000-8000-000000001001 of email-1000",
        ),
        (
            "Key pat-na1-00000000 or eyJhbGciOi.eyJzdWIi.x from 10.0.0.7",
            "Key id-1001 or id-1002 from id-1003",
        ),
        ("Invalid input JSON on line 1, column 12", "Invalid input JSON on line 1, column 12"),
        (
            "supported in a batch is 1000, but 1001 were",
            "supported in a batch is 1000, but 1001 were",
        ),
        (
            "needs crm.objects.contacts.read with OAuth 2.0",
            "needs crm.objects.contacts.read with OAuth 2.0",
        ),
        ("sent to marketing.acme.com", "sent to id-1001"),
        ("expired 5 minutes ago; hub_53628", "expired 1001 minutes ago; id-1002"),
        (
            "see https://app.hubspot.com/contacts/77/53628.",
            "see https://app.hubspot.com/contacts/1001/1000.",
        ),
        ("see (https://acme.com/a?b=53628)", "see (https://example.com/link-1000)"),
    ],
)
def test_of_a_sentence_the_words_stay(before: str, after: str) -> None:
    assert said(before, "53628") == after


def test_a_sentence_does_not_repeat_what_is_replaced_elsewhere() -> None:
    body: Json = {
        "message": "Not valid for Jane Doe: not-a-number, NTAwOg and acme (request of-today).",
        "context": {"id": ["not-a-number"]},
        "name": "Jane Doe",
        "after": "NTAwOg",
        "fromObjectType": "acme",
        "correlationId": "of-today",
    }
    message = answered(body)["message"]
    assert message == (
        f"Not valid for text-1000: id-1000, cursor-1000 and type-1000 (request {REQUEST_ID})."
    )


def test_a_text_of_several_kinds_is_replaced_by_the_strictest_and_the_longest_first() -> None:
    body: Json = {
        "message": "-NTAwOg, Jane Doe, Jane; Donaudampfschifffahrtsgesellschaft",
        "owner": ["NTAwOg", "Jane", "Jane Doe"],
        "after": "NTAwOg",
    }
    assert answered(body) == {
        "message": "-cursor-1000, text-1000, text-1001; id-1000",
        "owner": ["cursor-1000", "text-1001", "text-1000"],
        "after": "cursor-1000",
    }


def test_a_correlation_id_is_the_same_wherever_it_is() -> None:
    body = f"<html><head></head><body>Request {GUID}, id 7</body></html>"
    assert answered(body) == body.replace(GUID, FIRST_GUID).replace("id 7", "id 1001")
    both: Json = {
        "correlationId": GUID,
        "properties": {OTHER_GUID: None},
        "message": f"Sorry, {GUID.upper()}, not {OTHER_GUID}",
    }
    assert answered(both)["message"] == f"Sorry, {REQUEST_ID}, not {FIRST_GUID}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "https://api.hubapi.com/crm/v3/objects/contacts/53628/associations/p77_cars?after=NTA%3D&limit=9",
            "https://api.hubapi.com/crm/v3/objects/contacts/1000/associations/p1001_type-1000?after=cursor-1000%3D&limit=1002",
        ),
        (
            f"https://api.hubapi.com/marketing/v3/campaigns/{GUID}/assets/FORM#53628",
            "https://api.hubapi.com/marketing/v3/campaigns/00000000-0000-4000-8000-000000001001/assets/FORM#1000",
        ),
        (
            "https://developers.hubspot.com/docs/scopes/53628",
            "https://developers.hubspot.com/docs/scopes/1000",
        ),
        ("https://jane:x@api.hubapi.com/crm", "https://example.com/link-1000"),
        ("https://api.hubapi.com.acme.com/crm", "https://example.com/link-1000"),
        ("https://[acme/crm", "https://example.com/link-1000"),
    ],
)
def test_of_a_link_only_what_is_hubspots_stays(before: str, after: str) -> None:
    assert answered({"next": {"link": before}}, "53628") == {"next": {"link": after}}


def test_a_cursor_is_the_same_in_the_request_the_row_and_its_link() -> None:
    link = "https://api.hubapi.com/crm/v3/objects/contacts/5/associations/deals?after=NTAw%3D%3D"
    asked = exchange({"paging": {"next": {"after": "NTAw%3D%3D", "link": link}}})
    asked["request"]["body"] = {"inputs": [{"id": "5", "after": "NTAw%3D%3D"}]}
    done = normalise(asked)
    assert done["request"]["body"] == {"inputs": [{"id": "1000", "after": "cursor-1000%3D"}]}
    body: Any = done["response"]["body"]
    assert body["paging"]["next"]["after"] == "cursor-1000%3D"
    assert body["paging"]["next"]["link"].endswith(
        "/contacts/1000/associations/deals?after=cursor-1000%3D"
    )


def test_path_and_query_are_normalised_too() -> None:
    path = "/crm/v3/associations/2-31415/p77_cars/batch/read"
    query = {"properties": "hs_name,acme_colour", "startDate": "2025-03-01", "after": "53628"}
    request = normalise(exchange({}, path=path, **query))["request"]
    assert request["path"] == "/crm/v3/associations/2-1000/p1001_type-1000/batch/read"
    assert request["query"] == {
        "properties": "hs_name,property-1000",
        "startDate": "2026-02-11",
        "after": "1002",
    }
    assert normalise(exchange({}))["request"]["path"] == ASSOCIATIONS


def test_a_malformed_id_stays_malformed_and_an_unknown_type_unknown() -> None:
    done = normalise(exchange({}, "x-1", path="/crm/v3/associations/unicorns/deals/batch/read"))
    assert done["request"]["body"] == {"inputs": [{"id": "id-1000"}]}
    assert done["request"]["path"] == "/crm/v3/associations/type-1000/deals/batch/read"


def test_headers_are_dropped_unless_they_are_known_to_be_harmless() -> None:
    asked = exchange({})
    asked["response"]["headers"] = {
        "x-hubspot-ratelimit-remaining": "187",
        "X-HubSpot-RateLimit-Daily-Remaining": "0",
        "x-hubspot-ratelimit-max": "190",
        "X-HubSpot-RateLimit-Daily": "jane@acme.com",
        "retry-after": "10",
        "Content-Type": "application/json;charset=utf-8",
        "content-length": "17",
        "x-hubspot-correlation-id": GUID,
        "set-cookie": "__cf_bm=secret",
        "cf-ray": "8f1c2a8e0d4b4e57-FRA",
    }
    assert list(normalise(asked)["response"]["headers"].items()) == [
        ("content-type", "application/json;charset=utf-8"),
        ("Retry-After", "10"),
        ("X-HubSpot-RateLimit-Max", "190"),
        ("X-HubSpot-RateLimit-Remaining", "100"),
        ("X-HubSpot-RateLimit-Daily-Remaining", "0"),
    ]


def test_of_a_body_that_is_neither_json_nor_html_nothing_stays() -> None:
    assert answered('{"results":[{"name":"Jane D') == "text-1000"
    assert answered("") == ""
    assert answered("<!doctype html><html><h2>404 Not Found</h2>at 10.0.0.7</html>") == (
        "<!doctype html><html><h2>404 Not Found</h2>at id-1000</html>"
    )


def test_lists_and_objects_keep_their_order() -> None:
    body: Json = {"to": [{"toObjectId": 9, "id": "8"}, {"toObjectId": 7}], "from": {"id": "9"}}
    expected = {
        "to": [{"toObjectId": 1000, "id": "1001"}, {"toObjectId": 1002}],
        "from": {"id": "1000"},
    }
    assert json.dumps(answered(body)) == json.dumps(expected)


def test_what_is_given_is_left_alone() -> None:
    given_ = exchange({"results": [{"id": GUID}]}, GUID)
    copy = json.dumps(given_)
    normalise(given_)
    assert json.dumps(given_) == copy


# The last look --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "a to-ken/1+2 b",
        "a TO-KEN/1+2 b",
        "a to%2Dken%2F1+2 b",
        "a to%252Dken%252F1%2B2 b",
        r"a \u0074o-ken\/1+2 b",
        "a to&#45;ken&#x2f;1+2 b",
        "a 746f2d6b656e2f312b32 b",
        "a dG8ta2VuLzErMg== b",
        "a eDp0by1rZW4vMSsy b",  # x:to-ken/1+2
        "a IHRvLWtlbi8xKzI= b",
    ],
)
def test_a_secret_is_found_in_any_writing(text: str) -> None:
    assert holds(text, "to-ken/1+2")
    assert not holds(text, "to-ben/1+2")


def test_a_stand_in_for_a_portal_id_is_no_portal_id() -> None:
    assert find_secrets('{"portalId": 1000}') == []
    assert find_secrets('{"portalId": 12345678}') == ["portal id"]
    assert find_secrets('{"portalId": 10001}') == ["portal id"]
    assert find_secrets('"hub_id": "10"') == ["portal id"]
    assert len(SECRETS) == 7
