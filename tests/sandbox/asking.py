"""Requests to a sandbox, and the paths of its endpoints."""

import inspect
import json
import re
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from hubspot_batch_read.sandbox import Portal, Sandbox
from hubspot_batch_read.sandbox.answers import ENDPOINTS
from hubspot_batch_read.sandbox.answers.endpoint import Endpoint
from tests.contract import spec
from tests.reads import check_listed

COMPANIES = "/crm/associations/2026-03/contacts/companies/batch/read"
DEALS = "/crm/associations/2026-03/contacts/deals/batch/read"
V3_COMPANIES = "/crm/v3/associations/contacts/companies/batch/read"
V3_DEALS = "/crm/v3/associations/contacts/deals/batch/read"
CAMPAIGNS = "/marketing/v3/campaigns/batch/read"
WORKFLOWS = "/automation/2026-09-beta/workflow-id-mappings/batch/read"

Json = dict[str, Any]

# A value for each parameter in the paths of the spec.
PATH_VALUES = {"fromObjectType": "contacts", "toObjectType": "companies"}
# What every endpoint accepts as an input.
INPUT = {"id": "1", "type": "FLOW_ID", "flowId": "1"}
# The numbers of objects in a portal, by their names.
SIZES = {
    name: each.default
    for name, each in inspect.signature(Portal).parameters.items()
    if type(each.default) is int and name not in {"seed", "page_size"}
}


def path_of(endpoint: Endpoint) -> str:
    """Return a path of an endpoint."""
    names = set(re.findall(r"\{(\w+)\}", endpoint.path))
    check_listed(names & PATH_VALUES.keys(), names, "PATH_VALUES in tests/sandbox/asking.py")
    return endpoint.path.format_map(PATH_VALUES)


# The path of each operation; test_conformance.py reports one that the sandbox lacks.
PATHS = {spec.snake_case(each.operation_id): path_of(each) for each in ENDPOINTS}


class Clock:
    """A clock that stands still until a test advances it."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def __call__(self) -> datetime:
        return self._now

    def turn(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


def noon() -> Clock:
    return Clock(datetime(2026, 3, 1, 12, tzinfo=UTC))


def connect(sandbox: Sandbox) -> httpx.Client:
    """Return a client with the token, which fails on a response that the spec does not describe."""
    return httpx.Client(
        base_url=sandbox.base_url,
        headers={"Authorization": f"Bearer {sandbox.token}"},
        event_hooks={"response": [check_against_spec]},
    )


def check_against_spec(response: httpx.Response) -> None:
    response.read()
    if response.headers.get("content-type") == "application/json":
        departures = spec.departures(response.json(), schema_of(response))
        assert not departures, (departures, response.text)


def schema_of(response: httpx.Response) -> Json:
    """Return the closed schema of a response, by the request's path and the response's status."""
    return spec.answer_schema(asked_operation(response), response.status_code)


def asked_operation(response: httpx.Response) -> spec.Operation:
    """Return the operation of a request, by its path."""
    path = response.request.url.path
    (operation,) = [
        operation
        for operation in spec.operations().values()
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", operation.path), path)
    ]
    return operation


@dataclass(frozen=True)
class Ask:
    """Requests objects by their ids."""

    client: httpx.Client

    def __call__(self, path: str, *ids: str, **query: str | list[str]) -> httpx.Response:
        return self.inputs(path, [{"id": id_} for id_ in ids], **query)

    def inputs(self, path: str, inputs: object, **query: str | list[str]) -> httpx.Response:
        return self.client.post(path, json={"inputs": inputs}, params=query or None)

    def body(self, path: str, body: bytes) -> httpx.Response:
        return self.client.post(path, content=body)


def send(sandbox: Sandbox, path: str, *ids: str) -> socket.socket:
    """Send a request over a new socket, and return the socket."""
    url = httpx.URL(sandbox.base_url)
    connection = socket.create_connection((url.host, url.port or 0), timeout=60)
    send_again(connection, sandbox, path, *ids)
    return connection


def send_again(connection: socket.socket, sandbox: Sandbox, path: str, *ids: str) -> None:
    body = json.dumps({"inputs": [{"id": id_} for id_ in ids]})
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {sandbox.token}\r\n"
    connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())


def receive_all(connection: socket.socket) -> tuple[bytes, bytes]:
    """Return the head and the body of everything received until the connection is closed."""
    received = b""
    while more := connection.recv(65536):
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


def results(response: httpx.Response) -> dict[str, Json]:
    """Return the results of an associations response, by the id of the object that was read."""
    return {result["from"]["id"]: result for result in response.json()["results"]}


def items(response: httpx.Response, sub_category: str) -> list[Json]:
    """Return the error items with this sub-category."""
    return [item for item in response.json()["errors"] if item["subCategory"] == sub_category]
