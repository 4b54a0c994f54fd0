"""Properties of every response: generated ones, damaged ones, and random bytes.

The strategies are read off the spec, so that they grow with it.
"""

import copy
import datetime as dt
import json
import pickle
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hubspot_batch_read_api import AuthenticatedClient, errors, models
from hubspot_batch_read_api.api.associations import read_associations
from hubspot_batch_read_api.errors import ApiError, DecodeError
from tests.examples import examples

from . import spec
from .cases import TOKEN, envelope_model, handed_on, in_full, instants, is_id
from .paths import Key, at, json_path, parse_path, places
from .spec import Json, Operation

every_operation = pytest.mark.parametrize(
    "operation", spec.operations().values(), ids=lambda operation: operation.name
)
quick = settings(max_examples=examples(150))


# Strategies -----------------------------------------------------------------------------------

TEXTS = st.text(max_size=8)
# Beyond 2**53 a float is no whole number to the SDK: it has lost digits.
FINITE = st.floats(-(2**53), 2**53)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
# Names that a decoder might take for its own.
UNKNOWN_KEYS = st.sampled_from(["extra", "a key", "from_", "self", "_additional_properties"])
INTEGERS = {"int32": st.integers(0, 2**31 - 1), "int64": st.integers(0, 2**63 - 1)}


def date_times() -> st.SearchStrategy[str]:
    zones = st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=-3, minutes=-30))])
    moments = st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2100, 1, 1), timezones=zones)
    precisions = st.sampled_from(["seconds", "milliseconds", "microseconds"])
    return st.builds(
        lambda moment, precision: moment.isoformat("T", precision), moments, precisions
    )


def bodies(schema: Json) -> st.SearchStrategy[Any]:
    """JSON that is valid under the schema, with undeclared fields where it allows them."""
    if "anyOf" in schema:
        return st.one_of([bodies(branch) for branch in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema.get("type"):
        case None:
            return JSON_VALUES.filter(lambda value: value is not None)
        case list(kinds):
            return st.one_of([bodies({**schema, "type": kind}) for kind in kinds])
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "string":
            return date_times() if schema.get("format") == "date-time" else TEXTS
        case "integer":
            return INTEGERS[schema.get("format", "int64")]
        case "number":
            return st.integers(-(2**53), 2**53) | FINITE
        case "array":
            return st.lists(bodies(schema["items"]), max_size=2)
        case "object":
            return objects(schema)
    raise AssertionError(f"no strategy for {schema}")


def objects(schema: Json) -> st.SearchStrategy[Json]:
    declared = {key: bodies(inner) for key, inner in schema.get("properties", {}).items()}
    required = {key: declared.pop(key) for key in schema.get("required", [])}
    others = schema.get("additionalProperties", True)
    if isinstance(others, dict):
        undeclared = st.dictionaries(TEXTS, bodies(others), max_size=2)
    else:
        undeclared = st.just({}) | st.dictionaries(UNKNOWN_KEYS, JSON_VALUES, max_size=1)
    known = st.fixed_dictionaries(required, optional=declared)
    return st.builds(lambda some, more: {**more, **some}, known, undeclared)


@cache
def answers(operation: Operation) -> st.SearchStrategy[Json]:
    """Valid answers to the operation."""
    return bodies(spec.schema(operation.envelope))


# Valid answers --------------------------------------------------------------------------------


@every_operation
@quick
@given(data=st.data())
def test_a_valid_answer_decodes_and_is_given_back(
    operation: Operation, data: st.DataObject
) -> None:
    schema = spec.schema(operation.envelope)
    body = data.draw(answers(operation))
    model = envelope_model(operation).from_json(json.dumps(body))
    assert model == envelope_model(operation).from_dict(body)
    assert instants(model.to_dict(), schema) == handed_on(body, schema)
    assert envelope_model(operation).from_dict(model.to_dict()) == model


@every_operation
@quick
@given(data=st.data())
def test_a_model_survives_copy_and_pickle(operation: Operation, data: st.DataObject) -> None:
    body = data.draw(answers(operation))
    model = envelope_model(operation).from_dict(body)
    for other in (copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert other == model
        assert other.to_dict() == model.to_dict()


@quick
@given(body=bodies(spec.schema("Error")), status=st.integers(400, 599))
def test_an_error_holds_what_hubspot_said(body: Json, status: int) -> None:
    error = answer(httpx.Response(status, json=body))
    assert isinstance(error, ApiError)
    said = {key: value for key, value in body.items() if value != ""}
    assert (error.message or None) == said.get("message")
    assert (error.category or None) == said.get("category")
    assert (error.correlation_id or None) == said.get("correlationId")
    assert (error.policy_name or None) == said.get("policyName")
    assert error.links == body.get("links", {})
    sub_category, context = said.get("subCategory"), body.get("context")
    assert (error.sub_category or None) == (sub_category if isinstance(sub_category, str) else None)
    assert error.context == (context if isinstance(context, dict) else {})
    assert [
        item if isinstance(item, str) else handed_on(item.to_dict(), spec.schema("ErrorDetail"))
        for item in error.errors
    ] == body.get("errors", [])


# Mutilated answers ----------------------------------------------------------------------------


class Mutation(NamedTuple):
    """A body that was valid until something happened to it at one place."""

    body: Json
    place: tuple[Key, ...]


FIELD_NAMES = sorted(
    {
        name
        for schema in spec.load()["components"]["schemas"].values()
        for _, inner in spec.subschemas(schema, "")
        for name in inner.get("properties", {})
    }
)
# What is easily mistaken for something else.
DECEPTIVE: st.SearchStrategy[object] = st.sampled_from(
    [None, True, 0, 1.0, -1.5, "", "0", "12a", "2026-02-30", [], [[]], {}, {"id": None}, [None]]
)


@st.composite
def mutations(draw: st.DrawFn, operation: Operation) -> Mutation:
    body = draw(answers(operation))
    place = draw(st.sampled_from([*places(body)]))
    container, key = at(body, place[:-1]), place[-1]
    value = draw(DECEPTIVE | JSON_VALUES)
    match draw(st.sampled_from(["replace", "delete", "add"])):
        case "replace":
            container[key] = value
        case "delete":
            del container[key]
        case "add" if isinstance(key, int):
            container.insert(key, value)
        case "add":
            key = draw(st.sampled_from(FIELD_NAMES) | TEXTS)
            place = (*place[:-1], key)
            container[key] = value
    return Mutation(body, place)


@every_operation
@quick
@given(data=st.data())
def test_a_mutilated_answer_decodes_or_names_the_place(
    operation: Operation, data: st.DataObject
) -> None:
    body, place = data.draw(mutations(operation))
    outcome = decode(operation, body)
    if isinstance(outcome, DecodeError):
        assert outcome.model == operation.envelope
        assert outcome.problem
        path = parse_path(outcome.path)
        assert path == place[:-1] or path[: len(place)] == place, (outcome.path, json_path(place))
        assert exists_or_is_missing(body, path), outcome.path
    else:
        assert type(outcome) is envelope_model(operation)


@every_operation
@quick
@given(data=st.data())
def test_a_mutilated_answer_decodes_if_and_only_if_it_fits(
    operation: Operation, data: st.DataObject
) -> None:
    body, _ = data.draw(mutations(operation))
    schema = spec.schema(operation.envelope)
    decoded = not isinstance(decode(operation, body), DecodeError)
    if not spec.departures(body, schema):
        assert decoded
    if spec.departures(body, bearable(schema)):
        assert not decoded


@every_operation
@quick
@given(data=st.data())
def test_text_and_dict_decode_to_the_same(operation: Operation, data: st.DataObject) -> None:
    body, _ = data.draw(mutations(operation))
    model = envelope_model(operation)

    def outcome(decode: Callable[[Any], object], source: object) -> object:
        try:
            decoded = decode(source)
        except DecodeError as error:
            return error.path, error.problem
        return decoded, in_full(decoded)  # a text equals a member of an enum, but has another repr

    from_dict = outcome(model.from_dict, json.loads(json.dumps(body)))
    assert outcome(model.from_json, json.dumps(body).encode()) == from_dict


def test_a_path_quotes_a_key_that_is_no_name() -> None:
    body = {"results": [{"id": "1", "properties": {"expire time": 5}}]}
    with pytest.raises(DecodeError) as caught:
        models.CampaignEnvelope.from_dict(body)
    assert caught.value.path == '$.results[0].properties["expire time"]'


@quick
@given(key=st.text())
def test_a_path_can_be_read_whatever_the_key(key: str) -> None:
    body = {"results": [{"id": "1", "properties": {key: 5}}]}
    with pytest.raises(DecodeError) as caught:
        models.CampaignEnvelope.from_dict(body)
    assert parse_path(caught.value.path) == ("results", 0, "properties", key)


# Rubbish --------------------------------------------------------------------------------------

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(TEXTS | st.sampled_from(FIELD_NAMES), inner, max_size=3)
    ),
    max_leaves=8,
)
ANY_BODY = st.binary(max_size=40) | ANY_JSON.map(json.dumps).map(str.encode)
BY_STATUS = {
    400: errors.BadRequestError,
    401: errors.AuthenticationError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    429: errors.RateLimitError,
}
ANY_STATUS = st.integers(200, 599) | st.sampled_from([*BY_STATUS, 207, 423, 477, *range(520, 527)])


@settings(max_examples=examples(400))
@given(status=ANY_STATUS, body=ANY_BODY)
@example(status=200, body=b"[" * 100_000)
@example(status=500, body=b"[" * 100_000)
@example(status=200, body=b'{"results": ' + b"[" * 100_000)
@example(status=200, body=b'{"numErrors": ' + b"1" * 10_000 + b', "results": []}')
@example(status=400, body=b'{"message": "\\ud800"}')
@example(status=429, body=b'{"errors": {"message": 1}, "context": [], "links": 5}')
def test_any_body_with_any_status_is_a_model_or_the_right_error(status: int, body: bytes) -> None:
    outcome = answer(httpx.Response(status, content=body))
    if 200 <= status < 300:
        assert type(outcome) in {models.AssociationEnvelope, DecodeError}
    else:
        other = errors.ServerError if status >= 500 else ApiError
        assert type(outcome) is BY_STATUS.get(status, other)
        assert outcome.status_code == status
    if isinstance(outcome, ApiError | DecodeError):
        assert outcome.body == body
        assert str(outcome)
        assert vars(pickle.loads(pickle.dumps(outcome))).keys() == vars(outcome).keys()


@quick
@given(value=st.text(st.characters(min_codepoint=32, max_codepoint=126)))
@example("0")
@example("120")
@example("-5")
@example("1.5")
@example("9" * 400)
@example("Wed, 21 Oct 2015 07:28:00 GMT")
@example("Wed, 21 Oct 2015 07:28:00 -0000")
@example("Fri, 31 Dec 9999 23:59:59 -2359")
@example("Mon, 01 Jan 99999999999 00:00:00 GMT")
def test_any_retry_after_is_seconds_or_nothing(value: str) -> None:
    error = answer(httpx.Response(477, headers={"retry-after": value}))
    assert isinstance(error, ApiError)
    assert error.retry_after is None or error.retry_after >= 0
    if value.isdecimal():
        # Python cannot wait for longer, and it is as good as never.
        assert error.retry_after == min(float(value), 1e9)


# Helpers --------------------------------------------------------------------------------------


def decode(operation: Operation, body: Json) -> Any:
    """The model or the DecodeError that a body becomes, the same from JSON and from a dict."""
    model = envelope_model(operation)
    outcome = model_or_error(model.from_dict, copy.deepcopy(body))
    again = model_or_error(model.from_json, json.dumps(body))
    assert type(again) is type(outcome)
    if isinstance(outcome, DecodeError):
        assert (again.path, again.problem) == (outcome.path, outcome.problem)
    else:
        assert again == outcome
    return outcome


def model_or_error(decoder: Callable[[Any], Any], body: object) -> Any:
    try:
        return decoder(body)
    except DecodeError as error:
        return error


def answer(response: httpx.Response) -> Any:
    """Return the result of a call with this response: an envelope, or an exception of the SDK."""
    transport = httpx.MockTransport(lambda _: response)
    body = models.AssociationRequest(inputs=[models.AssociationInput(id="1")])
    with AuthenticatedClient(access_token=TOKEN, httpx_args={"transport": transport}) as client:
        try:
            return read_associations.sync("contacts", "companies", client=client, body=body)
        except errors.HubSpotError as error:
            return error


def exists_or_is_missing(body: object, place: tuple[Key, ...]) -> bool:
    """Whether a place is in the body, or is a key that an object of the body lacks."""
    known = {(), *places(body)}
    return place in known or (place[:-1] in known and isinstance(at(body, place[:-1]), dict))


def bearable(schema: Json) -> Json:
    """The schema of all that a model may hold, by the tolerance that the SDK is built for.

    Null is as good as absent, a number as good as text for an id, text as good as a number for
    an integer, and nothing lenient has to fit.
    """
    if schema.get("x-lenient"):
        return {}
    if is_id(schema):
        return {"type": ["string", "number"]}
    if schema.get("type") == "integer":
        return {"type": ["integer", "string"]}
    if schema.get("format") == "date-time":
        return {"type": "string"}
    borne = spec.rewrite(schema, bearable)
    if isinstance(borne.get("additionalProperties"), dict):
        borne["additionalProperties"] = or_null(borne["additionalProperties"])
    required = schema.get("required", [])
    if "properties" in schema:
        borne["properties"] = {
            key: inner if key in required else or_null(inner)
            for key, inner in borne["properties"].items()
        }
    return borne


def or_null(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}
