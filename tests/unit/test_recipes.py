"""The recipes that need more than a portal to run: what they promise holds."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import uvicorn
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.threading import ThreadingInstrumentor
from opentelemetry.sdk.trace import export
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import hubspot_batch_read
from hubspot_batch_read.sandbox import Sandbox, in_order, incidents
from tests.unit.servers import Answer, Request, serve

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "recipes.md").read_text()


def recipe(heading: str) -> str:
    """Return the code below a heading."""
    found = re.search(rf"^## {heading}\n.*?^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox that stands in for HubSpot, with one contact of a company."""
    with Sandbox(seed=7) as sandbox:
        sandbox.portal.associate("contacts", "companies", 37295, 7)
        monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", sandbox.token)
        for name in ("HubSpot", "AsyncHubSpot"):
            real = getattr(hubspot_batch_read, name)
            monkeypatch.setattr(hubspot_batch_read, name, partial(real, base_url=sandbox.base_url))
        yield sandbox


def run(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "recipe"}
    exec(compile(code, "recipe", "exec"), names)  # noqa: S102 - the test
    return names


def test_an_expired_oauth_token_is_replaced(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    issued: list[str] = []
    form = {"grant_type": ["refresh_token"]}
    for name in ("client_id", "client_secret", "refresh_token"):
        monkeypatch.setenv(f"HUBSPOT_{name.upper()}", name)
        form[name] = [name]

    def answer(request: Request) -> Answer:
        assert parse_qs(request.body.decode()) == form
        issued.append(sandbox.issue_token(requests=len(issued)))
        return Answer(200, {}, json.dumps({"access_token": issued[-1]}).encode())

    with serve(answer) as address:
        run(recipe("OAuth with a refresh token").replace("https://api.hubapi.com", address))
    assert capsys.readouterr().out == "1\n"
    assert len(issued) == 2


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve an application on a free port; yield its address."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    # It listens from here on; a client that connects waits until it is served.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.mark.parametrize(
    ("ids", "fault", "status", "answer"),
    [
        (
            ["37295", "1"],
            None,
            200,
            {"companies": {"37295": ["7"]}, "missing": {"1": "without_associations"}},
        ),
        (["1.0"], None, 422, {}),
        (["37295"], incidents.rate_limited("DAILY"), 503, {}),
        (["37295"], incidents.expired_token(), 502, {}),
    ],
)
def test_fastapi_answers_with_companies_and_missing_ids(
    sandbox: Sandbox, ids: list[str], fault: Any, status: int, answer: dict[str, Any]
) -> None:
    sandbox.faults = in_order([fault])
    with serving(run(recipe("FastAPI"))["app"]) as address:
        response = httpx.post(f"{address}/companies", json=ids)
    assert response.status_code == status
    assert answer.items() <= response.json().items()


def test_opentelemetry_has_a_span_for_each_request(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans = InMemorySpanExporter()
    monkeypatch.setattr(export, "ConsoleSpanExporter", lambda: spans)
    sandbox.faults = in_order([incidents.bad_gateway()])
    try:
        run(recipe("OpenTelemetry"))
    finally:
        HTTPXClientInstrumentor().uninstrument()
        ThreadingInstrumentor().uninstrument()
    *requests, whole = spans.get_finished_spans()
    assert whole.context is not None
    assert whole.attributes == {"hubspot.records": 1, "hubspot.missing": 1}
    assert [dict(each.attributes or {})["http.status_code"] for each in requests] == [502, 207]
    assert {each.parent and each.parent.span_id for each in requests} == {whole.context.span_id}
    assert sandbox.token not in str([each.to_json() for each in requests])
