"""The methods of the two clients: what their arguments become."""

from __future__ import annotations

import asyncio
import copy
import inspect
import json
import pickle
import threading
from collections.abc import Callable, Iterator
from datetime import date
from time import monotonic
from typing import Any

import httpx
import pytest

from hubspot_batch_read import (
    ArgumentError,
    AsyncHubSpot,
    Failure,
    HubSpot,
    InvalidIdError,
    Summary,
)
from hubspot_batch_read_api.errors import ServerError
from tests.contract import spec
from tests.reads import EVERY_READ, check_listed

both = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
GUID = "0e1cf94a-1b2c-4d3e-8f50-6a7b8c9d0e1f"
OBJECTS = ("contacts", "companies")
# Each read with its arguments, and what is sent for it: path, query and the key of an id.
READS: dict[str, tuple[tuple[str, ...], dict[str, Any], str, dict[str, str], str]] = {
    "read_associations": (
        OBJECTS,
        {},
        "/crm/associations/2026-03/contacts/companies/batch/read",
        {},
        "id",
    ),
    "read_associations_v3": (
        OBJECTS,
        {},
        "/crm/v3/associations/contacts/companies/batch/read",
        {},
        "id",
    ),
    "read_campaigns": (
        (),
        {"properties": iter("ab"), "start_date": date(2026, 1, 2), "end_date": "2026-03-04"},
        "/marketing/v3/campaigns/batch/read",
        {"properties": "a,b", "startDate": "2026-01-02", "endDate": "2026-03-04"},
        "id",
    ),
}


class Server:
    """Answers each request with a row for each of its inputs, and remembers it."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        rows = [
            {"from": each, "to": [], "flowId": 1, "workflowId": 2, **each}
            for each in self.inputs(request)
        ]
        return httpx.Response(self.status, json={"results": rows})

    @staticmethod
    def inputs(request: httpx.Request) -> list[dict[str, str]]:
        return list(json.loads(request.content)["inputs"])

    @property
    def sent(self) -> list[dict[str, str]]:
        return [each for request in self.requests for each in self.inputs(request)]


def connect(server: Callable[[httpx.Request], Any], *, asynchronous: bool, **settings: Any) -> Any:
    """Return a client whose requests reach the server without a socket."""
    settings = {"rate_limit": None, "max_retries": 0, **settings}
    arguments = {"transport": httpx.MockTransport(server)}
    client = AsyncHubSpot if asynchronous else HubSpot
    return client("secret", httpx_args=arguments, **settings)


def read(batch: Any) -> list[Any]:
    """Read everything."""
    result = batch.all()
    return list(asyncio.run(result) if asyncio.iscoroutine(result) else result)


def test_every_read_of_many_ids_is_tested_here() -> None:
    asynchronous = [name for name in vars(AsyncHubSpot) if name.startswith("read_")]
    check_listed(asynchronous, EVERY_READ, "AsyncHubSpot")
    listed = [*READS, "read_workflow_id_mappings"]
    check_listed(listed, EVERY_READ, "READS in tests/unit/test_reads.py")


def chunk(name: str) -> int:
    """Return the number of ids in a full request."""
    limit: int = spec.operations()[name].inputs["maxItems"]
    return limit


@both
@pytest.mark.parametrize("name", READS)
def test_the_arguments_are_sent_with_every_request(name: str, asynchronous: bool) -> None:
    types, options, path, query, key = READS[name]
    if name == "read_campaigns":
        options = {**options, "properties": iter("ab")}
    server = Server()
    hubspot = connect(server, asynchronous=asynchronous)
    ids = [str(number) for number in range(chunk(name) + 1)]
    read(getattr(hubspot, name)(*types, iter(ids), **options))
    assert sorted(len(server.inputs(request)) for request in server.requests) == [1, chunk(name)]
    for request in server.requests:
        assert (request.url.path, dict(request.url.params)) == (path, query)
    assert sorted(each[key] for each in server.sent) == sorted(ids)


@both
def test_workflows_are_asked_for_by_the_kind_of_id(asynchronous: bool) -> None:
    server = Server()
    hubspot = connect(server, asynchronous=asynchronous)
    assert len(read(hubspot.read_workflow_id_mappings(flow_ids=[1]))) == 1
    assert len(read(hubspot.read_workflow_id_mappings(workflow_ids=[2]))) == 1
    assert sorted(server.sent, key=lambda each: each["type"]) == [
        {"flowId": "1", "type": "FLOW_ID"},
        {"type": "WORKFLOW_ID", "workflowId": "2"},
    ]
    for both_or_none in ({}, {"flow_ids": [1], "workflow_ids": [2]}):
        with pytest.raises(TypeError, match="pass either flow_ids or workflow_ids"):
            hubspot.read_workflow_id_mappings(**both_or_none)
    for name in ("flow_ids", "workflow_ids"):
        with pytest.raises(InvalidIdError, match=rf"^{name}\[0\]: "):
            read(hubspot.read_workflow_id_mappings(**{name: [None]}))
        with pytest.raises(TypeError, match=f"^{name}: "):
            hubspot.read_workflow_id_mappings(**{name: "12"})


@both
@pytest.mark.parametrize("unique", [False, True])
@pytest.mark.parametrize("name", READS)
def test_ids_are_remembered_unless_they_are_unique(
    name: str, unique: bool, asynchronous: bool
) -> None:
    server = Server()
    hubspot = connect(server, asynchronous=asynchronous)
    ids = [*range(chunk(name)), 0]
    batch = getattr(hubspot, name)(*READS[name][0], ids, unique_ids=unique)
    assert len(read(batch)) == chunk(name) + unique
    assert batch.summary.duplicates == (0 if unique else 1)


@both
@pytest.mark.parametrize("unique", [False, True])
@pytest.mark.parametrize("kind", ["flow_ids", "workflow_ids"])
def test_ids_of_workflows_are_remembered_unless_they_are_unique(
    kind: str, unique: bool, asynchronous: bool
) -> None:
    server = Server()
    hubspot = connect(server, asynchronous=asynchronous)
    read(hubspot.read_workflow_id_mappings(**{kind: [*range(100), 0]}, unique_ids=unique))
    assert len(server.sent) == 100 + unique


@both
def test_what_cannot_be_sent_is_refused_at_the_call(asynchronous: bool) -> None:
    hubspot = connect(Server(), asynchronous=asynchronous)
    with pytest.raises(ArgumentError, match=r"^from_type: "):
        hubspot.read_associations("con/tacts", "companies", [1])
    with pytest.raises(ArgumentError, match=r"^to_type: "):
        hubspot.read_associations_v3("contacts", "..", [1])
    for options in (
        {"properties": "hs_name"},
        {"properties": ["a,b"]},
        {"start_date": "soon"},
        {"end_date": "2026-02-30"},
        {"on_error": "ignore"},
    ):
        (name,) = options
        with pytest.raises(ArgumentError) as caught:
            hubspot.read_campaigns([GUID], **options)
        assert caught.value.argument == name


@both
def test_an_end_before_the_start_is_refused(asynchronous: bool) -> None:
    hubspot = connect(Server(), asynchronous=asynchronous)
    problem = r"^end_date: 2026-01-31 is before the start date, 2026-02-01$"
    with pytest.raises(ArgumentError, match=problem):
        hubspot.read_campaigns([GUID], start_date=date(2026, 2, 1), end_date="2026-01-31")
    for start in (None, "2026-01-31", "2025-12-01"):
        hubspot.read_campaigns([GUID], start_date=start, end_date="2026-01-31")
    hubspot.read_campaigns([GUID], start_date="2026-02-01")


@both
@pytest.mark.parametrize("name", [*READS, "read_workflow_id_mappings"])
def test_failures_are_raised_or_collected_and_progress_is_told(
    name: str, asynchronous: bool
) -> None:
    hubspot = connect(Server(500), asynchronous=asynchronous)
    arguments = (*READS[name][0], [1]) if name in READS else ()
    options = {} if name in READS else {"flow_ids": [1]}
    method = getattr(hubspot, name)
    with pytest.raises(ServerError):
        read(method(*arguments, **options))
    told: list[Summary] = []
    batch = method(*arguments, **options, on_error="collect", on_progress=told.append)
    assert read(batch) == []
    assert [type(failure.error) for failure in batch.failures] == [ServerError]
    assert [summary.requests for summary in told] == [1, 1]


@pytest.mark.parametrize("most", [1, 2, 6])
def test_as_many_requests_run_at_the_same_time_as_allowed(most: int) -> None:
    together = threading.Barrier(most)  # breaks after 30 s unless so many requests run at once
    lock = threading.Lock()
    running = highest = 0
    server = Server()

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal running, highest
        with lock:
            running += 1
            highest = max(highest, running)
        if int(server.inputs(request)[0]["flowId"]) < most * 100:
            together.wait(30)
        with lock:
            running -= 1
        return server(request)

    taken: list[int] = []

    def ids() -> Iterator[int]:
        for each in range(2000):
            taken.append(each)
            yield each

    with connect(answer, asynchronous=False, max_concurrency=most) as hubspot:
        batch = hubspot.read_workflow_id_mappings(flow_ids=ids())
        for got, _ in enumerate(batch):
            # The chunk that is being handed over, and as many ahead of it.
            assert taken[-1] < (got // 100 + 1 + most) * 100
    assert highest == most


@pytest.mark.parametrize("most", [1, 2, 6])
def test_async_as_many_requests_run_at_the_same_time_as_allowed(most: int) -> None:
    running = highest = 0
    taken: list[int] = []

    def ids() -> Iterator[int]:
        for each in range(2000):
            taken.append(each)
            yield each

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal running, highest
        running += 1
        highest = max(highest, running)
        first = Server.inputs(request)[0]["flowId"] == "0"
        for _ in range(200 if first else 10):  # the others are answered long before the first
            await asyncio.sleep(0)
        if first:  # and nothing is read ahead of what it holds up
            assert len(taken) == most * 100
        running -= 1
        return httpx.Response(200, json={"results": []})

    async def main() -> None:
        async with connect(answer, asynchronous=True, max_concurrency=most) as hubspot:
            await hubspot.read_workflow_id_mappings(flow_ids=ids()).all()

    asyncio.run(main())
    assert (highest, len(taken)) == (most, 2000)


def test_the_environments_token_is_needed_without_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "from-outside")
    server = Server()
    with HubSpot(httpx_args={"transport": httpx.MockTransport(server)}) as hubspot:
        hubspot.read_workflow_id_mappings(flow_ids=[1]).all()
    assert server.requests[0].headers["authorization"] == "Bearer from-outside"
    for value in ("", None):
        monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN", raising=False)
        with pytest.raises(ArgumentError, match=r"^access_token: pass one, or set"):
            HubSpot(value)
    with pytest.raises(ArgumentError, match=r"^access_token: expected") as caught:
        HubSpot("se cret")
    assert "cret" not in str(caught.value)


@both
@pytest.mark.parametrize(
    "settings",
    [
        *({"max_concurrency": value} for value in (0, -1, 1.5, True, "4")),
        {"max_retries": -1},
        {"rate_limit": 0},
        {"max_wait": -1},
    ],
    ids=str,
)
def test_a_setting_that_makes_no_sense_is_refused_by_name(
    settings: dict[str, Any], asynchronous: bool
) -> None:
    (name,) = settings
    with pytest.raises(ValueError, match=f"^{name}: "):
        connect(Server(), asynchronous=asynchronous, **settings)


@pytest.mark.parametrize("client", [HubSpot, AsyncHubSpot])
def test_an_unknown_argument_is_refused_in_the_name_of_the_client(client: Any) -> None:
    with pytest.raises(TypeError, match=r"HubSpot\.__init__\(\) .* argument 'token'"):
        client(token="a-token")


@pytest.mark.parametrize("client", [HubSpot, AsyncHubSpot])
def test_a_read_equals_only_itself_and_can_be_a_key(client: Any) -> None:
    hubspot = client("a-token")
    read, other = (hubspot.read_associations("contacts", "companies", ["1"]) for _ in range(2))
    assert {read: "a", other: "b"}[read] == "a"


@both
def test_the_timeout_is_that_of_every_request(asynchronous: bool) -> None:
    server = Server()
    for settings, seconds in (({}, 30.0), ({"timeout": 7.0}, 7.0)):
        hubspot = connect(server, asynchronous=asynchronous, **settings)
        read(hubspot.read_workflow_id_mappings(flow_ids=[1]))
        assert server.requests[-1].extensions["timeout"]["read"] == seconds


@both
def test_the_repr_has_the_address_and_not_the_token(asynchronous: bool) -> None:
    hubspot = connect(Server(), asynchronous=asynchronous, base_url="http://127.0.0.1:1")
    name = "AsyncHubSpot" if asynchronous else "HubSpot"
    assert repr(hubspot) == f"{name}(base_url='http://127.0.0.1:1')"


def test_connections_are_closed_and_opened_by_a_later_read() -> None:
    server = Server()
    with connect(server, asynchronous=False) as hubspot:
        hubspot.read_workflow_id_mappings(flow_ids=[1]).all()
        client = hubspot._client.get_httpx_client()
    assert client.is_closed
    assert len(hubspot.read_workflow_id_mappings(flow_ids=[1]).all()) == 1
    hubspot.close()

    async def main() -> None:
        async with connect(server, asynchronous=True) as hubspot:
            await hubspot.read_workflow_id_mappings(flow_ids=[1]).all()
            client = hubspot._client.get_async_httpx_client()
        assert client.is_closed
        assert len(await hubspot.read_workflow_id_mappings(flow_ids=[1]).all()) == 1
        await hubspot.aclose()

    asyncio.run(main())


def test_four_requests_run_together_by_default() -> None:
    assert inspect.signature(HubSpot).parameters["max_concurrency"].default == 4


def test_a_break_ends_the_wait_for_a_retry() -> None:
    refused = threading.Event()
    server = Server()

    def answer(request: httpx.Request) -> httpx.Response:
        if server.inputs(request)[0]["flowId"] == "0":
            return server(request)
        refused.set()
        return httpx.Response(503, headers={"Retry-After": "20"})

    with connect(answer, asynchronous=False, max_retries=8) as hubspot:
        begun = monotonic()
        for _ in hubspot.read_workflow_id_mappings(flow_ids=range(200)):
            assert refused.wait(30)
            break
        assert monotonic() - begun < 15


@pytest.mark.parametrize("client", [HubSpot("token"), AsyncHubSpot("token")], ids=repr)
def test_what_is_no_function_is_not_taken_for_on_progress(client: Any) -> None:
    with pytest.raises(ArgumentError, match="on_progress: expected a function, got 5"):
        client.read_campaigns([GUID], on_progress=5)


@pytest.mark.parametrize("client", [HubSpot("token"), AsyncHubSpot("token")], ids=repr)
@pytest.mark.parametrize("copied", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_read_cannot_be_copied(client: Any, copied: Callable[[object], object]) -> None:
    with pytest.raises(TypeError, match="Read cannot be pickled or copied"):
        copied(client.read_campaigns([GUID]))


def test_a_failure_shows_a_few_of_its_ids() -> None:
    shown = repr(Failure(ValueError("it broke"), [*map(str, range(1000))]))
    assert "it broke" in shown
    assert len(shown) < 100
