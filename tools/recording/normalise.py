"""Replace the values that differ between recordings of the same case by stand-ins.

The spec's formats say which values these are. They are numbered in order, request first, and an
existing stand-in is kept:

    id                1000, 1001, ... for a number; a GUID has the number at its end; a zero, a type
                      such as 0-2, a cursor and a malformed id stay
    uuid              6f1c2a8e-0d4b-4e57-9a63-5b8e7c1d2f90, also if only HubSpot publishes the
                      format
    date-time         2026-02-11T09:14:27.310Z, with the same precision

In any other text, such as a message or a link, occurrences of these values are replaced, too.
Nothing else is replaced, so only record from a portal with invented data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, TypeAlias, TypedDict

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | None"
Schema: TypeAlias = dict[str, Any]

FIRST: Final = 1000
INSTANT: Final = "2026-02-11T09:14:27"
FRACTION: Final = ".310"
REQUEST_ID: Final = "6f1c2a8e-0d4b-4e57-9a63-5b8e7c1d2f90"
# The spec has no format for these, or a numeric one.
REQUEST_IDS: Final = {"requestId"}
NUMERIC_IDS: Final = {"flowId", "workflowId"}

ID: Final = re.compile(r"\b[1-9][0-9]*\b|\b[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
MOMENT: Final = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?P<fraction>\.\d+)?(?P<zone>Z|[+-]\d\d:\d\d)?"
)
PIECE: Final = re.compile(f"{MOMENT.pattern}|{ID.pattern}")

HEADERS: Final = {
    name.lower(): name
    for name in (
        *("content-type", "content-length", "Retry-After"),
        *(
            f"X-HubSpot-RateLimit-{each}"
            for each in ("Interval-Milliseconds", "Max", "Remaining", "Secondly")
        ),
        *("X-HubSpot-RateLimit-Secondly-Remaining", "X-HubSpot-RateLimit-Daily"),
        "X-HubSpot-RateLimit-Daily-Remaining",
    )
}
"""The headers that are kept, in this order and spelling."""


class Request(TypedDict):
    """A request."""

    method: str
    path: str
    query: dict[str, str]
    body: Json


class Response(TypedDict):
    """A response. The body is a string if it is not JSON."""

    status: int
    headers: dict[str, str]
    body: Json


class Exchange(TypedDict):
    """A request and its response."""

    request: Request
    response: Response


class Schemas:
    """The schemas of a spec."""

    def __init__(self, spec: Schema) -> None:
        """Take the spec."""
        self._spec = spec

    def of(self, path: str, status: int) -> tuple[Schema, Schema]:
        """Return the schemas of a request to a concrete path and of its response."""
        for template, item in self._spec["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
                operation = item["post"]
                success = operation["responses"]["200"]
                answer = success if 200 <= status < 300 else operation["responses"]["default"]
                return self._content(operation["requestBody"]), self._content(answer)
        return {}, {}

    def _content(self, body: Schema) -> Schema:
        content: Schema = self._resolved(body)["content"]["application/json"]["schema"]
        return content

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            found = self._spec
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            schema = found
        return schema

    def variants(self, schema: Schema) -> list[Schema]:
        """Return a schema and those that it is composed of, without references."""
        own = self._resolved(schema)
        parts = [part for key in ("allOf", "anyOf") for part in own.get(key, [])]
        return [own, *(each for part in parts for each in self.variants(part))]


def normalise(exchange: Exchange, schemas: Schemas) -> Exchange:
    """Return the exchange with stand-ins."""
    request, response = exchange["request"], exchange["response"]
    sent, received = schemas.of(request["path"], response["status"])
    stand_ins = _StandIns(schemas)
    # A message can contain an id that only comes later, so the first pass only collects ids.
    stand_ins.replaced(request["body"], sent)
    stand_ins.replaced(response["body"], received)
    return {
        "request": {**request, "body": stand_ins.replaced(request["body"], sent)},
        "response": {
            "status": response["status"],
            "headers": _headers(response["headers"]),
            "body": stand_ins.replaced(response["body"], received),
        },
    }


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that are kept; a limit's remaining number only matters if it is 0."""
    values = {name.lower(): value for name, value in headers.items()}
    kept = {HEADERS[name]: values[name] for name in HEADERS if name in values}
    return {
        name: "100" if name.endswith("-Remaining") and value.strip("0") else value
        for name, value in kept.items()
        if name != "content-length" or value == "0"
    }


class _StandIns:
    """The stand-ins of one exchange."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._known: dict[str, str] = {}
        self._count = FIRST

    def replaced(self, value: Json, schema: Schema, name: str = "") -> Json:
        """Replace values with a format in the schema, and their occurrences elsewhere."""
        variants = self._schemas.variants(schema)
        if isinstance(value, list):
            items: Schema = next((each["items"] for each in variants if "items" in each), {})
            return [self.replaced(item, items, name) for item in value]
        if isinstance(value, dict):
            return {
                key: self.replaced(item, _member(variants, key), key) for key, item in value.items()
            }
        if value is None or isinstance(value, bool | float):
            return value
        formats = {"uuid"} if name in REQUEST_IDS else {_format(each) for each in variants}
        if name in NUMERIC_IDS or formats & {"id", "date-time", "uuid"}:
            return type(value)(self._stand_in(str(value), is_request="uuid" in formats))
        return self._within(value) if isinstance(value, str) else value

    def _stand_in(self, text: str, *, is_request: bool) -> str:
        if moment := MOMENT.fullmatch(text):
            return _instant(moment)
        if text in self._known or not (is_request or ID.fullmatch(text)):
            return self._known.get(text, text)
        if is_request:
            self._known[text] = REQUEST_ID
            return REQUEST_ID
        number = str(self._count)
        self._count += 1
        self._known[text] = number if text.isdigit() else f"00000000-0000-4000-8000-{number:0>12}"
        return self._known[text]

    def _within(self, text: str) -> str:
        return PIECE.sub(self._piece, text)

    def _piece(self, match: re.Match[str]) -> str:
        moment = MOMENT.fullmatch(match[0])
        return _instant(moment) if moment else self._known.get(match[0], match[0])


def _member(variants: list[Schema], key: str) -> Schema:
    """Return the schema of the value under a key."""
    for each in variants:
        if key in each.get("properties", {}):
            found: Schema = each["properties"][key]
            return found
    others = (each.get("additionalProperties") for each in variants)
    return next((each for each in others if isinstance(each, dict)), {})


def _format(schema: Schema) -> str | None:
    """Return the format of a schema, or else the one that HubSpot publishes."""
    if schema.get("type") == ["string", "integer"]:  # an id of either type in the spec
        return "id"
    published = schema.get("x-deviates-from-hubspot", {}).get("published", {})
    found: str | None = schema.get("format")
    return found or (published.get("format") if isinstance(published, dict) else None)


def _instant(moment: re.Match[str]) -> str:
    digits = len(moment["fraction"] or "")
    return f"{INSTANT}{FRACTION.ljust(digits, '0')[:digits]}{moment['zone'] or ''}"
