"""What a recorded exchange is turned into before anyone sees it: the rules, in one table.

`RULES` says what is done with each field. A field that it does not name is replaced, whatever it
holds, so that what HubSpot adds one day gives nothing away. It follows from the rules that nothing
of a portal is left, that two recordings of the same are equal, and that a normalised exchange stays
as it is. Lists and objects keep their order. How a value is replaced is in `stand_ins`:

    id               1000, 1001, ... as they come, request first; a number stays a number and text
                     text, 0 is 0, a GUID has the number inside, any other text becomes id-1000
    cursor           cursor-1000, with %3D if it had escapes; digits as an id
    instant, day     2026-02-11T09:14:27.310Z, with the precision and offset that it had
    id of a request  6f1c2a8e-0d4b-4e57-9a63-5b8e7c1d2f90
    type, property   type-1000, property-1000, if HubSpot did not define it
    link             the same with ids replaced, if it leads to HubSpot; https://example.com/link-1000
    sentence         words stay; a piece with digits, a dot, an @ or a % is replaced, and so is each
                     text that is replaced elsewhere in the exchange
    other text       text-1000, email-1000, or one of the above if it looks so
    other number     as an id; 0.5 for a fraction; true, false and null stay
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final, NamedTuple, TypeAlias, TypedDict

from recording.stand_ins import INSTANT, OBJECT_TYPES, StandIns

Value: TypeAlias = str | int | float
Json: TypeAlias = "dict[str, Json] | list[Json] | Value | None"
Treatment: TypeAlias = Callable[[StandIns, Value], Value]


class Request(TypedDict):
    """What is sent."""

    method: str
    path: str
    query: dict[str, str]
    body: Json


class Response(TypedDict):
    """What comes back. The body is a text if it is not JSON."""

    status: int
    headers: dict[str, str]
    body: Json


class Exchange(TypedDict):
    """A request and the response to it."""

    request: Request
    response: Response


class Rule(NamedTuple):
    """What is done with the fields whose place, `parent.key`, a pattern fits."""

    place: str
    treatment: Treatment
    reason: str


# Treatments -----------------------------------------------------------------------------------


def _other(give: StandIns, value: Value) -> Value:
    if isinstance(value, float):
        return 0.5
    return give.text(value) if isinstance(value, str) else _number(give, value)


def _number(give: StandIns, value: int) -> int:
    return int(give.digits(str(abs(value)))) * (-1 if value < 0 else 1)


def _texts(replace: Callable[[StandIns, str], str]) -> Treatment:
    """Treat texts so, and anything else as what is not known."""
    return lambda give, value: (
        replace(give, value) if isinstance(value, str) else _other(give, value)
    )


def _kept(pattern: str) -> Treatment:
    """Keep the texts that fit."""
    own = re.compile(pattern)
    return _texts(lambda give, text: text if own.fullmatch(text) else give.text(text))


def _count(give: StandIns, value: Value) -> Value:
    return value if isinstance(value, int) else _other(give, value)


def _metric(give: StandIns, value: Value) -> Value:
    return 1 if isinstance(value, int) else _other(give, value)


def _moment(give: StandIns, value: Value) -> Value:
    number = str(value)
    epoch = str(int(INSTANT.timestamp() * 1000))
    for digits in (13, 10):  # milliseconds, seconds
        if re.fullmatch(f"1[0-9]{{{digits - 1}}}", number):
            return type(value)(epoch[:digits])
    return _other(give, value)


_type: Final = "|".join(sorted(OBJECT_TYPES))

RULES: Final = (
    Rule(r"properties\..*", _other, "The values of properties are what people wrote and planned."),
    Rule(r"metrics\..*", _metric, "Metrics tell how a business is doing, and change every day."),
    Rule(
        r".*\.(correlationId|requestId)|errors\.id",
        _texts(StandIns.request_id),
        "A request has another id each time, and HubSpot's support finds the portal by it.",
    ),
    Rule(
        r".*\.(status|category|subCategory|code|errorType|policyName)|(|inputs|results)\.type",
        _kept(r"error|([A-Za-z]+\.)*[A-Z]+(_[A-Z]+)*"),
        "HubSpot's constants are what a client decides by; they have no digits.",
    ),
    Rule(
        r"(to|from)\.type",
        _texts(
            lambda give, text: (
                text
                if re.fullmatch(f"({_type})_to_({_type})(_unlabeled)?", text)
                else give.association(text)
            )
        ),
        "v3 names a type of association after its label, which is the portal's own.",
    ),
    Rule(
        r"HUBSPOT_DEFINED\.label",
        lambda give, value: value if isinstance(value, str) else _other(give, value),
        "The labels of HubSpot's own types are the same everywhere; others are the portal's words.",
    ),
    Rule(
        r".*\.(message|groupName)|.*\.(errors|context)",
        _texts(StandIns.sentence),
        "What an error says is read by people and by clients, but it repeats ids and more.",
    ),
    Rule(
        r".*\.in",
        _kept(r"(inputs(\[[0-9]{1,4}\])?\.?)?(id|after|type|flowId|workflowId|startDate|endDate)?"),
        "The field at fault is one of the request's.",
    ),
    Rule(
        r".*\.(requiredScopes|requiredGranularScopes|missingScopes)",
        _kept("[a-z][a-z_-]*([.][a-z_-]+)*"),
        "Scopes are HubSpot's.",
    ),
    Rule(r"links\..*|.*\.(link|url|href)", _other, "A link is known by its form."),
    Rule(
        r".*\.(\w*[oO]bjectType|\w*[oO]bjectTypeId)",
        _texts(StandIns.object_type),
        "HubSpot's types of object are the same everywhere; a custom one has the portal's name.",
    ),
    Rule(
        r".*\.propertyName", _texts(StandIns.property_name), "A custom property has its own name."
    ),
    Rule(
        r".*\.(typeId|numErrors|total|count)",
        _count,
        "Counts and the ids of association types name no object.",
    ),
    Rule(r".*\.(after|before)", _texts(StandIns.cursor), "A cursor can hold the id of an object."),
    Rule(
        r".*\.([a-z]\w*(At|Time|Date|Timestamp)|time|timestamp|expire time)",
        _moment,
        "Instants tell when someone worked, and are others each time.",
    ),
    Rule(
        r".*\.(id|ids|guid|[a-z]\w*(Id|Ids|Guid))",
        _texts(StandIns.identifier),
        "Ids lead to objects.",
    ),
    Rule(r".*", _other, "What is not known to be harmless is replaced."),
)
"""The first rule that fits is the one."""

HEADERS: Final = {
    "content-type": ("content-type", r"[\w.+-]+/[\w.+-]+(; ?charset=[\w-]+)?"),
    "content-length": ("content-length", "0"),
    "retry-after": ("Retry-After", "[0-9]+"),
    **{
        f"x-hubspot-ratelimit-{name.lower()}": (f"X-HubSpot-RateLimit-{name}", "[0-9]+")
        for name in (
            *("Interval-Milliseconds", "Max", "Remaining", "Secondly", "Secondly-Remaining"),
            *("Daily", "Daily-Remaining"),
        )
    },
}
"""The headers that are kept, in this order: how they are written, and what they may be."""

# The rules at work ----------------------------------------------------------------------------

_OWN_KEY: Final = re.compile("[a-z][A-Za-z_]*|[A-Z][A-Z_ ]*|expire time")
_HTML: Final = re.compile(r"\s*<(!doctype )?html\b", re.IGNORECASE)


def normalise(exchange: Exchange) -> Exchange:
    """Give the exchange with stand-ins."""
    # A sentence can repeat what only a later field tells to be an id, so all are met before.
    first = StandIns({})
    _exchange(first, exchange)
    return _exchange(StandIns(first.met), exchange)


def _exchange(give: StandIns, exchange: Exchange) -> Exchange:
    request, response = exchange["request"], exchange["response"]
    return {
        "request": {
            "method": request["method"],
            "path": give.path(request["path"]),
            "query": {
                name: _parameter(give, name, text) for name, text in request["query"].items()
            },
            "body": _json(give, "", request["body"]),
        },
        "response": {
            "status": response["status"],
            "headers": _headers(response["headers"]),
            "body": _body(give, response["body"]),
        },
    }


def _parameter(give: StandIns, name: str, text: str) -> str:
    if name == "properties":
        return ",".join(map(give.property_name, text.split(",")))
    return give.text(text)


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    values = {name.lower(): value for name, value in headers.items()}
    kept = {
        written: values[name]
        for name, (written, pattern) in HEADERS.items()
        if re.fullmatch(pattern, values.get(name, ""))
    }
    # What remains of a limit is another number each time, but that nothing remains is news.
    return {
        name: "100" if name.endswith("-Remaining") and value.strip("0") else value
        for name, value in kept.items()
    }


def _body(give: StandIns, body: Json) -> Json:
    if not isinstance(body, str):
        return _json(give, "", body)
    return give.sentence(body) if _HTML.match(body) else give.key(body)


def _json(give: StandIns, place: str, value: Json) -> Json:
    if isinstance(value, list):
        return [_json(give, place, item) for item in value]
    if isinstance(value, dict):
        return _object(give, place, value)
    if value is None or isinstance(value, bool):
        return value
    return _rule(place).treatment(give, value)


@cache
def _rule(place: str) -> Rule:
    return next(rule for rule in RULES if re.fullmatch(rule.place, place))


def _object(give: StandIns, place: str, value: dict[str, Json]) -> dict[str, Json]:
    parent = place.rpartition(".")[2]
    normalised: dict[str, Json] = {}
    for key, inner in value.items():
        name = _key(give, parent, key)
        if name == "label" and value.get("category") == "HUBSPOT_DEFINED":
            inside = "HUBSPOT_DEFINED.label"
        else:
            inside = f"{parent}.{name}"
        normalised[name] = _json(give, inside, inner)
    return normalised


def _key(give: StandIns, parent: str, key: str) -> str:
    if parent == "properties":
        return give.property_name(key)
    return key if _OWN_KEY.fullmatch(key) else give.key(key)
