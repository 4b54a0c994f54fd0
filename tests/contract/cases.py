"""The fixtures as cases, and the one way to call an operation of the SDK with one."""

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
    """One fixture: a request, HubSpot's answer to it, and what the SDK is to make of that."""

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
        """Name of the error that the answer becomes, if it becomes one."""
        return self.expect.get("raises")

    @property
    def drift(self) -> list[str]:
        """JSON paths at which the answer departs from the spec."""
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
        """The answer's JSON; a text is a body that is not JSON."""
        return self.fixture["response"]["body"]

    @property
    def content(self) -> bytes:
        """The answer's body as it comes over the wire."""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return text.encode()

    def answer(self) -> httpx.Response:
        return httpx.Response(self.status, headers=self.headers, content=self.content)


@cache
def cases() -> list[Case]:
    """Every fixture."""
    return [
        Case(file.stem, spec.operations()[file.parent.name], json.loads(file.read_text("utf-8")))
        for file in sorted(FIXTURES.glob("*/*.json"))
    ]


def request_model(operation: Operation, body: Json) -> Any:
    """The body of a request as the operation's model."""
    return getattr(models, operation.request).from_dict(body)


def envelope_model(operation: Operation) -> Any:
    """The class that the operation answers with."""
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
    """What a caller passes for the query to come out like this."""
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


# What a body and a model have in common -------------------------------------------------------


def handed_on(body: Any, schema: Json) -> Any:
    """An answer as a model hands it on: nulls gone, ids as text, date-times as instants."""
    return _normal(body, schema, as_handed_on=True)


def instants(body: Any, schema: Json) -> Any:
    """The body with date-times as instants and otherwise as it is, ready to be compared."""
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
    """A model with everything in it as text, of which its repr shows the beginning only."""
    if attrs.has(type(value)):
        fields = {each.name for each in attrs.fields(type(value)) if each.repr}
        return type(value), {name: in_full(getattr(value, name)) for name in fields}
    if isinstance(value, list):
        return [in_full(item) for item in value]
    if isinstance(value, dict):
        return {key: in_full(item) for key, item in value.items()}
    return repr(value)


def is_id(schema: Json) -> bool:
    """Whether the schema is of what a model gives as text, even where it came as a number."""
    return schema.get("format") == "id" or schema.get("type") == ["string", "integer"]


def _instant(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


_TYPES: Final = {dict: "object", list: "array", str: "string", type(None): "null"}
