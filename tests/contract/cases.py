"""The fixtures as cases, and the call of an operation of the SDK with one."""

import asyncio
import datetime as dt
import json
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal, get_args

import attrs
import httpx

from hubspot_batch_read_api import AuthenticatedClient, models

from . import spec
from .spec import Json, Operation

FIXTURES: Final = Path(__file__).parent / "fixtures"
TOKEN: Final = "not-a-token"

Form = Literal["sync", "sync_detailed", "asyncio", "asyncio_detailed"]
FORMS: Final[tuple[Form, ...]] = get_args(Form)


@dataclass(frozen=True)
class Case:
    """One fixture: a request, HubSpot's response, and the result that the SDK should return."""

    name: str
    operation: Operation
    fixture: Json

    @property
    def id(self) -> str:
        return f"{self.operation.name}/{self.name}"

    @property
    def request(self) -> Json:
        request: Json = self.fixture["request"]
        return request

    @property
    def expect(self) -> Json:
        expect: Json = self.fixture["expect"]
        return expect

    @property
    def raises(self) -> str | None:
        """Name of the exception that the SDK should raise, or None."""
        return self.expect.get("raises")

    @property
    def drift(self) -> list[str]:
        """JSON paths at which the response departs from the spec."""
        drift: list[str] = self.fixture.get("drift", [])
        return drift

    @property
    def status(self) -> int:
        status: int = self.fixture["response"]["status"]
        return status

    @property
    def headers(self) -> dict[str, str]:
        headers: dict[str, str] = self.fixture["response"]["headers"]
        return headers

    @property
    def body(self) -> object:
        """The JSON of the response; text stands for a body that is not JSON."""
        return self.fixture["response"]["body"]

    @property
    def content(self) -> bytes:
        """The body of the response, as bytes."""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return text.encode()

    def answer(self) -> httpx.Response:
        return httpx.Response(self.status, headers=self.headers, content=self.content)


@cache
def cases() -> list[Case]:
    """Return every fixture."""
    return [
        Case(file.stem, spec.operations()[file.parent.name], json.loads(file.read_text("utf-8")))
        for file in sorted(FIXTURES.glob("*/*.json"))
    ]


def request_model(operation: Operation, body: Json) -> Any:
    """Return the body of a request as the operation's model."""
    return getattr(models, operation.request).from_dict(body)


def envelope_model(operation: Operation) -> Any:
    """Return the model of the operation's response."""
    return getattr(models, operation.envelope)


def call(case: Case, form: Form, transport: httpx.MockTransport) -> Any:
    """Call the case's operation in one of its forms."""
    module = import_module(f"hubspot_batch_read_api.api.{case.operation.tag}.{case.operation.name}")
    client = AuthenticatedClient(access_token=TOKEN, httpx_args={"transport": transport})
    function = partial(
        getattr(module, form),
        *case.operation.path_arguments(case.request["path"]),
        client=client,
        body=request_model(case.operation, case.request["body"]),
        **_query_arguments(case),
    )
    if form.startswith("sync"):
        with client:
            return function()

    async def call_and_close() -> Any:
        async with client:
            return await function()

    return asyncio.run(call_and_close())


def _query_arguments(case: Case) -> dict[str, object]:
    """Return the arguments that result in this query."""
    return {
        spec.snake_case(name): _query_argument(case.operation.query_schemas[name], text)
        for name, text in case.request["query"].items()
    }


def _query_argument(schema: Json, text: str) -> object:
    if schema["type"] == "array":
        return text.split(",")
    if schema["type"] == "boolean":
        return text == "true"
    return dt.date.fromisoformat(text) if schema.get("format") == "date" else text


# Comparing bodies and models ------------------------------------------------------------------


def handed_on(body: Any, schema: Json) -> Any:
    """Return a response as a model has it: without nulls, ids as text, date-times as instants."""
    return _normal(body, schema, as_handed_on=True)


def instants(body: Any, schema: Json) -> Any:
    """Return a body to compare: with date-times as instants, and otherwise unchanged."""
    return _normal(body, schema, as_handed_on=False)


def _normal(value: Any, schema: Json, *, as_handed_on: bool) -> Any:
    for branch in schema.get("anyOf", []):
        if _TYPES.get(type(value)) == branch.get("type"):
            return _normal(value, branch, as_handed_on=as_handed_on)
    if isinstance(value, list):
        items = schema.get("items", {})
        return [_normal(item, items, as_handed_on=as_handed_on) for item in value]
    if isinstance(value, dict):
        declared = schema.get("properties", {})
        others = schema.get("additionalProperties")
        others = others if isinstance(others, dict) else {}
        return {
            key: _normal(item, declared.get(key, others), as_handed_on=as_handed_on)
            for key, item in value.items()
            if not (as_handed_on and item is None and key in declared)
        }
    if isinstance(value, int) and as_handed_on and is_id(schema):
        return str(value)
    if isinstance(value, str) and schema.get("format") == "date-time":
        return _instant(value)
    return value


def in_full(value: Any) -> Any:
    """Return a model as text, in full; its repr shortens lists."""
    if attrs.has(type(value)):
        fields = {each.name for each in attrs.fields(type(value)) if each.repr}
        return type(value), {name: in_full(getattr(value, name)) for name in fields}
    if isinstance(value, list):
        return [in_full(item) for item in value]
    if isinstance(value, dict):
        return {key: in_full(item) for key, item in value.items()}
    return repr(value)


def is_id(schema: Json) -> bool:
    """Return whether a model converts the values of a schema to text, even numbers."""
    return schema.get("format") == "id" or schema.get("type") == ["string", "integer"]


def _instant(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


_TYPES: Final = {dict: "object", list: "array", str: "string", type(None): "null"}
