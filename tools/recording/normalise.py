"""Replace the values that differ between recordings of the same case by stand-ins.

    ids               1000, 1001, ... in order, request first; a GUID has the number at its end. A
                      zero, an object type such as 0-2 and a malformed id stay
    ids of requests   6f1c2a8e-0d4b-4e57-9a63-5b8e7c1d2f90
    date-times        2026-02-11T09:14:27.310Z, with the same precision and zone

The spec says which values are ids, by `format: id`. In a text, such as a message or a link, ids
that are known from elsewhere and all date-times are replaced. Nothing else changes, so only record
from a portal with invented data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import reduce
from itertools import count
from operator import getitem
from typing import Any, Final, TypeAlias

from recording.fixture_files import Exchange, Json, RecordError, Request

Schema: TypeAlias = dict[str, Any]

FIRST: Final = 1000
INSTANT: Final = "2026-02-11T09:14:27"
FRACTION: Final = ".310"
REQUEST_ID: Final = "6f1c2a8e-0d4b-4e57-9a63-5b8e7c1d2f90"
# The spec has another format for these, or none.
REQUEST_IDS: Final = {"correlationId", "requestId"}
OTHER_IDS: Final = {"flowId", "workflowId", "toObjectId"}

ID: Final = re.compile(r"\b[1-9][0-9]*\b|\b[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
MOMENT: Final = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?P<fraction>\.\d+)?(?P<zone>Z|[+-]\d\d:\d\d)?"
)
PIECE: Final = re.compile(f"{MOMENT.pattern}|{ID.pattern}")

HEADERS: Final = (
    "content-type",
    "content-length",
    "Retry-After",
    "X-HubSpot-RateLimit-Interval-Milliseconds",
    "X-HubSpot-RateLimit-Max",
    "X-HubSpot-RateLimit-Remaining",
    "X-HubSpot-RateLimit-Secondly",
    "X-HubSpot-RateLimit-Secondly-Remaining",
    "X-HubSpot-RateLimit-Daily",
    "X-HubSpot-RateLimit-Daily-Remaining",
)
"""The headers that are kept, in this order and spelling."""


def operation_at(path: str, spec: Schema) -> Schema:
    """Return the operation with this path. Raises RecordError if there is none."""
    for template, item in spec["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[A-Za-z0-9_-]+", template), path):
            operation: Schema = item["post"]
            return operation
    raise RecordError("the request is not one of the batch reads")


def in_order(body: Json, request: Request) -> Json:
    """Return a response with its rows in the order of the inputs, since HubSpot's order varies."""
    rows = body.get("results") if isinstance(body, dict) else None
    inputs = request["body"].get("inputs") if isinstance(request["body"], dict) else None
    if not isinstance(body, dict) or not isinstance(rows, list) or not isinstance(inputs, list):
        return body
    asked = [_ids(each) for each in inputs]

    def place(row: Json) -> int:
        ids = _ids(row.get("from", row) if isinstance(row, dict) else row)
        return next((number for number, each in enumerate(asked) if each & ids), len(asked))

    return {**body, "results": sorted(rows, key=place)}


def _ids(value: Json) -> set[str]:
    """Return the ids of an input, or of the object that a row is about."""
    found = value if isinstance(value, dict) else {}
    return {str(found[key]) for key in ("id", "flowId", "workflowId") if key in found}


def normalise(exchange: Exchange, spec: Schema) -> Exchange:
    """Return the exchange with stand-ins. Raises RecordError if it is not a batch read."""
    request, response = exchange["request"], exchange["response"]
    operation = operation_at(request["path"], spec)
    success = 200 <= response["status"] < 300
    sent = _content(operation["requestBody"], spec)
    received = _content(operation["responses"]["200" if success else "default"], spec)
    stand_ins = _StandIns(spec)
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
    kept = {name: values[name.lower()] for name in HEADERS if name.lower() in values}
    return {
        name: "100" if name.endswith("-Remaining") and value != "0" else value
        for name, value in kept.items()
        if name != "content-length" or value == "0"
    }


class _StandIns:
    """The stand-ins of one exchange."""

    def __init__(self, spec: Schema) -> None:
        self._spec = spec
        self._known: dict[str, str] = {}
        self._numbers = count(FIRST)

    def replaced(self, value: Json, schema: Schema, name: str = "") -> Json:
        """Return a value, which is under this name and has this schema, with stand-ins."""
        parts = _parts(schema, self._spec)
        if isinstance(value, list):
            items: Schema = next((part["items"] for part in parts if "items" in part), {})
            return [self.replaced(item, items, name) for item in value]
        if isinstance(value, dict):
            return {
                key: self.replaced(each, _member(parts, key), key) for key, each in value.items()
            }
        if value is None or isinstance(value, bool | float):
            return value
        text = str(value)
        if name in REQUEST_IDS:
            self._known.setdefault(text, REQUEST_ID)
        elif _is_id(name, parts) and ID.fullmatch(text):
            if text not in self._known:
                self._known[text] = _numbered(text, next(self._numbers))
        elif isinstance(value, int):
            return value
        return type(value)(self._known.get(text) or PIECE.sub(self._piece, text))

    def _piece(self, match: re.Match[str]) -> str:
        moment = MOMENT.fullmatch(match[0])
        return _instant(moment) if moment else self._known.get(match[0], match[0])


def _numbered(id_: str, number: int) -> str:
    return str(number) if id_.isdigit() else f"00000000-0000-4000-8000-{number:012}"


def _instant(moment: re.Match[str]) -> str:
    digits = len(moment["fraction"] or "")
    return f"{INSTANT}{FRACTION.ljust(digits, '0')[:digits]}{moment['zone'] or ''}"


# Schemas --------------------------------------------------------------------------------------


def _content(body: Schema, spec: Schema) -> Schema:
    """Return the schema of a request's or response's body."""
    (content,) = (part["content"] for part in _parts(body, spec) if "content" in part)
    schema: Schema = content["application/json"]["schema"]
    return schema


def _parts(schema: Schema, spec: Schema) -> list[Schema]:
    """Return a schema and those that it refers to or is composed of."""
    parts = [*schema.get("allOf", []), *schema.get("anyOf", [])]
    if "$ref" in schema:
        parts.append(reduce(getitem, schema["$ref"].removeprefix("#/").split("/"), spec))
    return [schema, *(each for part in parts for each in _parts(part, spec))]


def _member(parts: list[Schema], key: str) -> Schema:
    """Return the schema of the value under a key."""
    for part in parts:
        if key in part.get("properties", {}):
            found: Schema = part["properties"][key]
            return found
    others = (part.get("additionalProperties") for part in parts)
    return next((each for each in others if isinstance(each, dict)), {})


def _is_id(name: str, parts: list[Schema]) -> bool:
    return name in OTHER_IDS or any(part.get("format") == "id" for part in parts)
