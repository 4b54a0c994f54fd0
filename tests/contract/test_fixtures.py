"""Every fixture against the spec and against the SDK, in all four forms of its operation."""

import copy
import datetime as dt
import enum
import json
import pickle
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from recording.leaks import find_secrets
from recording.normalise import normalise

from hubspot_batch_read_api import AuthenticatedClient, errors, models
from hubspot_batch_read_api.api.campaigns import read_campaigns
from hubspot_batch_read_api.errors import ApiError, HubSpotError
from hubspot_batch_read_api.types import Response
from tests.reads import check_listed

from . import spec
from .cases import (
    FIXTURES,
    FORMS,
    TOKEN,
    Case,
    Form,
    call,
    cases,
    envelope_model,
    handed_on,
    instants,
)
from .paths import attribute

CASES = cases()
ANSWERS = [case for case in CASES if not case.raises]
ERRORS = [case for case in CASES if case.raises]
COPIES: list[Callable[[Any], Any]] = [
    copy.copy,
    copy.deepcopy,
    lambda value: pickle.loads(pickle.dumps(value)),
]


def of(chosen: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", chosen, ids=[case.id for case in chosen])


in_every_form = pytest.mark.parametrize("form", FORMS)


# What is sent ---------------------------------------------------------------------------------


@of(CASES)
@in_every_form
def test_the_request_is_the_one_in_the_fixture(case: Case, form: Form) -> None:
    sent: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return case.answer()

    outcome(case, form, handler)

    (request,) = sent
    expected = case.request
    assert request.method == expected["method"]
    assert str(request.url).startswith(spec.load()["servers"][0]["url"])
    assert request.url.raw_path.decode().partition("?")[0] == expected["path"]
    assert sorted(request.url.params.multi_items()) == sorted(expected["query"].items())
    assert json.loads(request.content) == expected["body"]
    assert request.headers["content-type"] == "application/json"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


@of(CASES)
def test_the_request_in_the_fixture_is_valid_against_the_spec(case: Case) -> None:
    assert case.request["method"] == case.operation.method
    assert spec.departures(case.request["body"], spec.schema(case.operation.request)) == {}
    names = case.operation.path_arguments(case.request["path"])
    assert all(re.fullmatch("[A-Za-z0-9_-]+", name) for name in names)


def test_a_day_may_be_passed_as_text() -> None:
    sent: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"results": []})

    with AuthenticatedClient(
        access_token=TOKEN, httpx_args={"transport": httpx.MockTransport(handler)}
    ) as client:
        body = models.CampaignRequest(inputs=[models.CampaignInput(id="x")])
        read_campaigns.sync(client=client, body=body, start_date="2026-01-01")
    assert dict(sent[0].url.params) == {"startDate": "2026-01-01"}


# What comes back ------------------------------------------------------------------------------


@of([case for case in CASES if not isinstance(case.body, str)])
def test_the_answer_departs_from_the_spec_only_where_it_says_so(case: Case) -> None:
    found = spec.departures(case.body, spec.answer_schema(case.operation, case.status))
    assert found.keys() == set(case.drift), found


@of(ANSWERS)
@in_every_form
def test_the_answer_decodes_to_the_expected_values(case: Case, form: Form) -> None:
    answer = outcome(case, form)
    if form.endswith("_detailed"):
        assert type(answer) is Response
        assert type(answer.status_code) is int
        assert answer.status_code == case.status
        assert answer.content == case.content
        assert_headers(answer.headers, case)
        answer = answer.parsed
    assert type(answer) is getattr(models, case.expect["model"])
    assert type(answer) is envelope_model(case.operation)
    assert_values(answer, case.expect["values"])


@of(ERRORS)
@in_every_form
def test_the_answer_raises_the_expected_error(case: Case, form: Form) -> None:
    error = outcome(case, form)
    assert type(error) is getattr(errors, case.expect["raises"])
    assert error.body == case.content
    if isinstance(error, ApiError):
        assert type(error.status_code) is int
        assert_headers(error.headers, case)
    assert TOKEN not in f"{error!r} {error} {vars(error)}"
    assert_values(error, case.expect["attributes"])


@of(ANSWERS)
def test_to_dict_gives_the_answer_back(case: Case) -> None:
    schema = spec.schema(case.operation.envelope)
    dumped = outcome(case, "sync").to_dict()
    assert instants(dumped, schema) == handed_on(case.body, schema)
    assert json.loads(json.dumps(dumped)) == dumped


@of(ANSWERS)
def test_the_model_survives_copy_and_pickle(case: Case) -> None:
    for form in ("sync", "sync_detailed"):
        answer = outcome(case, form)
        for copied in (make(answer) for make in COPIES):
            assert copied == answer
            assert type(copied) is type(answer)
    parsed = outcome(case, "sync")
    assert all(make(parsed).to_dict() == parsed.to_dict() for make in COPIES)


@of(ERRORS)
def test_the_error_survives_copy_and_pickle(case: Case) -> None:
    error = outcome(case, "sync")
    for copied in (make(error) for make in COPIES):
        assert type(copied) is type(error)
        assert vars(copied) == vars(error)
        assert str(copied) == str(error)
        assert_values(copied, case.expect["attributes"])


# The fixtures themselves ----------------------------------------------------------------------


def test_every_file_is_a_fixture_of_an_operation() -> None:
    files = {path for path in FIXTURES.rglob("*") if path.is_file()}
    assert files == {FIXTURES / f"{case.id}.json" for case in CASES}
    assert all(re.fullmatch("[a-z][a-z0-9]*(_[a-z0-9]+)*", case.name) for case in CASES)


@of(CASES)
def test_a_fixture_has_exactly_the_allowed_keys(case: Case) -> None:
    required = {"source", "request", "response", "expect"}
    assert required <= case.fixture.keys() <= required | {"drift"}
    assert case.fixture["request"].keys() == {"method", "path", "query", "body"}
    assert case.fixture["response"].keys() == {"status", "headers", "body"}
    assert case.drift or "drift" not in case.fixture
    if case.raises:
        assert case.expect.keys() == {"raises", "attributes"}
        assert case.expect["attributes"]
    else:
        assert case.expect.keys() == {"model", "values"}
        assert case.expect["values"]


@of(CASES)
def test_a_fixture_says_honestly_where_it_comes_from(case: Case) -> None:
    source = case.fixture["source"]
    if case.name == "documentation_example":
        assert source == f"documentation page: {case.operation.id}, example"
    elif match := re.fullmatch("(recorded live on (.+?)|answered by the sandbox): .+", source):
        assert match[2] is None or dt.date.fromisoformat(match[2]) <= dt.datetime.now(dt.UTC).date()
        # What `make record` wrote is normalised; what was changed by hand afterwards is composed.
        written: Any = {part: case.fixture[part] for part in ("request", "response")}
        assert normalise(written, spec.load()) == written
    else:
        assert re.fullmatch("composed from the facts: .+", source)


@of([case for case in ERRORS if case.raises == "DecodeError" and not isinstance(case.body, str)])
def test_a_decode_error_is_about_a_place_of_drift(case: Case) -> None:
    assert case.expect["attributes"]["path"] in case.drift


@pytest.mark.parametrize("operation", spec.operations().values(), ids=lambda each: each.name)
def test_every_operation_has_its_documented_cases(operation: spec.Operation) -> None:
    own = [case for case in CASES if case.operation is operation]
    has = {
        "documentation_example.json": any(case.name == "documentation_example" for case in own),
        "a 200": any(case.status == 200 and not case.raises for case in own),
        "a 207": any(case.status == 207 and not case.raises for case in own),
        "a DecodeError": any(case.raises == "DecodeError" for case in own),
        "another error": any(case.raises not in {None, "DecodeError"} for case in own),
    }
    found = [each for each, is_there in has.items() if is_there]
    check_listed(found, has, f"tests/contract/fixtures/{operation.name}/")


def test_every_error_of_the_tree_has_a_case() -> None:
    raised = {case.raises for case in CASES if case.raises}
    # No response raises the first, and no fixture is as long as the limit of one.
    others = {"ArgumentError", "HubSpotError", "ResponseTooLargeError"}
    assert raised == set(errors.__all__) - others


def test_every_status_that_HubSpot_is_known_for_has_a_case() -> None:  # noqa: N802
    known = {200, 202, 207, 400, 401, 403, 404, 405, 423, 429, 477, 500, 502, 520}
    assert known <= {case.status for case in CASES}


@of(CASES)
def test_a_fixture_holds_no_secret(case: Case) -> None:
    assert find_secrets((FIXTURES / f"{case.id}.json").read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("pat-na1-00000000", "private app token"),
        ("Bearer x", "authorization"),
        ("someone@acme.com", "e-mail address"),
        ('"portalId": 5', "portal id"),
    ],
)
def test_the_search_for_secrets_finds(text: str, kind: str) -> None:
    assert kind in find_secrets(text)
    assert find_secrets("6f1c2a8e-0d4b-4e57-9a63-5b8e7c1d2f90") == []


# Helpers --------------------------------------------------------------------------------------


def outcome(
    case: Case, form: Form, handler: Callable[[httpx.Request], httpx.Response] | None = None
) -> Any:
    """Return the result of a call: the value that it returns, or the exception that it raises."""
    transport = httpx.MockTransport(handler or (lambda _: case.answer()))
    if not case.raises:
        return call(case, form, transport)
    with pytest.raises(HubSpotError) as caught:
        call(case, form, transport)
    return caught.value


def assert_headers(headers: httpx.Headers, case: Case) -> None:
    for name, value in case.headers.items():
        assert headers[name] == headers[name.upper()] == value


def assert_values(subject: object, values: dict[str, object]) -> None:
    found = {path: plain(attribute(subject, path)) for path in values}
    assert exact(found) == exact(values)


def plain(value: object) -> object:
    """The value in JSON; a member of an enum with the enum's name, which tells it from text."""
    match value:
        case enum.Enum():
            return str(f"{type(value).__name__}.{value.name}")
        case dt.datetime():
            return value.isoformat()
        case list():
            return [plain(item) for item in value]
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case None | str() | bool() | int() | float():
            return value
    pytest.fail(f"{value!r} cannot be compared; name a value inside it")


def exact(value: object) -> object:
    """The value in a form whose equality tells True from 1, but not 1 from 1.0."""
    match value:
        case bool():
            return ("bool", value)
        case list():
            return [exact(item) for item in value]
        case dict():
            return {key: exact(item) for key, item in value.items()}
    return value
