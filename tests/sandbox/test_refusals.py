"""Refusals of whole requests: access, bodies, limits on inputs, and wrong addresses."""

import re
import socket
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest

from hubspot_batch_read.sandbox import EXPIRED_TOKEN, TOKEN, TOKEN_WITHOUT_SCOPES, Portal, Sandbox
from tests.contract import spec
from tests.reads import check_listed

from .asking import COMPANIES, INPUT, PATHS, Ask

EVERY_PATH = list(PATHS.values())
# Those whose inputs have an `id`.
WITH_IDS = [
    path
    for name, path in PATHS.items()
    if "id" in spec.operations()[name].inputs["items"].get("properties", {})
]
# A scope that each operation requires.
SCOPES = {
    "read_associations": "crm.objects.contacts.read",
    "read_associations_v3": "crm.objects.contacts.read",
    "read_campaigns": "marketing.campaigns.read",
    "read_workflow_id_mappings": "automation",
}


def with_authorization(client: httpx.Client, path: str, value: str) -> httpx.Response:
    return client.post(path, json={"inputs": [{"id": "1"}]}, headers={"Authorization": value})


# Access -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", EVERY_PATH)
@pytest.mark.parametrize("value", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
def test_without_the_token_nothing_is_read(client: httpx.Client, path: str, value: str) -> None:
    response = with_authorization(client, path, value)

    assert response.status_code == 401
    assert response.json()["category"] == "INVALID_AUTHENTICATION"


def test_an_expired_token_is_told_apart_by_category_and_context(client: httpx.Client) -> None:
    response = with_authorization(client, COMPANIES, f"Bearer {EXPIRED_TOKEN}")

    assert response.status_code == 401
    assert response.json()["category"] == "EXPIRED_AUTHENTICATION"
    (time,) = response.json()["context"]["expire time"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time)


def test_the_scopes_of_every_operation_are_tested_here() -> None:
    check_listed(SCOPES, spec.operations(), "SCOPES in tests/sandbox/test_refusals.py")


@pytest.mark.parametrize(("name", "scope"), SCOPES.items())
def test_a_token_without_scopes_is_told_which_ones(
    client: httpx.Client, name: str, scope: str
) -> None:
    response = with_authorization(client, PATHS[name], f"Bearer {TOKEN_WITHOUT_SCOPES}")

    body = response.json()
    assert response.status_code == 403
    assert body["category"] == "MISSING_SCOPES"
    assert scope in body["errors"][0]["context"]["requiredGranularScopes"]
    assert body["links"].keys() == {"scopes"}


@pytest.mark.parametrize("token", ["wrong-token", EXPIRED_TOKEN, TOKEN_WITHOUT_SCOPES])
def test_no_refusal_repeats_the_token_and_nothing_logs_it(
    client: httpx.Client, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0, logger="uvicorn")

    response = with_authorization(client, COMPANIES, f"Bearer {token}")

    assert response.status_code in {401, 403}
    assert token not in response.text + str(response.headers)
    assert token not in caplog.text


# Bodies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", EVERY_PATH)
@pytest.mark.parametrize("body", [b"", b"null", b" null\n"])
def test_no_body_is_told_in_a_list_of_texts(ask: Ask, path: str, body: bytes) -> None:
    response = ask.body(path, body)

    assert response.status_code == 400
    assert response.json()["errors"] == ["The request body may not be null"]


@pytest.mark.parametrize("path", EVERY_PATH)
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"inputs": [}',
        b'{"inputs": "\xff"}',
        b"[" * 100_000,
        b'{"inputs": %s}' % (b"9" * 5000),
    ],
    ids=["cut", "broken", "not UTF-8", "deep", "long number"],
)
def test_malformed_json_has_no_category(ask: Ask, path: str, body: bytes) -> None:
    response = ask.body(path, body)

    assert response.status_code == 400
    assert response.json().keys() == {"status", "message", "correlationId"}
    assert response.json()["message"].startswith("Invalid input JSON")


@pytest.mark.parametrize("path", EVERY_PATH)
@pytest.mark.parametrize(
    "body", [b"[]", b'"x"', b"1", b"{}", b'{"inputs": null}', b'{"inputs": {}}', b'{"inputs": []}']
)
def test_a_body_without_a_list_of_inputs_is_refused(ask: Ask, path: str, body: bytes) -> None:
    response = ask.body(path, body)

    assert response.status_code == 400
    assert response.json()["category"] == "VALIDATION_ERROR"


@pytest.mark.parametrize("path", EVERY_PATH)
@pytest.mark.parametrize("wrong", [None, "1", 1, [], ["id"]])
def test_an_input_that_is_no_object_is_refused(ask: Ask, path: str, wrong: object) -> None:
    response = ask.inputs(path, [wrong])

    assert response.status_code == 400
    assert response.json()["errors"][0]["in"] == "inputs[0]"


@pytest.mark.parametrize("path", WITH_IDS)
@pytest.mark.parametrize("wrong", [{}, {"id": None}, {"id": 1}, {"id": ["1"]}, {"Id": "1"}])
def test_an_input_without_an_id_that_is_text_is_refused(
    ask: Ask, path: str, wrong: dict[str, object]
) -> None:
    response = ask.inputs(path, [{"id": "1"}, wrong])

    assert response.status_code == 400
    assert response.json()["category"] == "VALIDATION_ERROR"
    assert response.json()["errors"][0]["in"] == "inputs[1].id"


def test_a_cursor_that_is_no_text_is_refused(ask: Ask, portal: Portal) -> None:
    response = ask.inputs(COMPANIES, [{"id": portal.contact_ids[0], "after": 1}])

    assert response.status_code == 400
    assert response.json()["errors"][0]["in"] == "inputs[0].after"


@pytest.mark.parametrize("name", PATHS)
def test_the_limit_on_inputs_is_exact(ask: Ask, name: str) -> None:
    limit = spec.operations()[name].inputs["maxItems"]

    just_right = ask.inputs(PATHS[name], [INPUT] * limit)
    too_many = ask.inputs(PATHS[name], [INPUT] * (limit + 1))

    assert just_right.status_code == 207, f"INPUT in asking.py is not valid: {just_right.text}"
    assert too_many.status_code == 400
    assert too_many.json()["category"] == "VALIDATION_ERROR"
    words = f"The maximum number of inputs supported in a batch is {limit}"
    assert too_many.json()["message"].startswith(words)


# Addresses --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/crm/v3/objects/contacts/batch/read",
        f"{COMPANIES}/",
        COMPANIES.replace("contacts", ""),
        COMPANIES.replace("contacts", "a%2Fb"),
    ],
)
def test_an_unknown_path_is_a_page_in_html(ask: Ask, path: str) -> None:
    response = ask(path, "1")

    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")
    assert response.text.startswith("<html>")


@pytest.mark.parametrize("path", EVERY_PATH)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_any_method_but_post_is_a_page_in_html(
    client: httpx.Client, path: str, method: str
) -> None:
    response = client.request(method, path)

    assert response.status_code == 405
    assert response.headers["content-type"].startswith("text/html")
    assert response.headers["allow"] == "POST"


def test_every_response_has_a_correlation_id_of_its_own(ask: Ask) -> None:
    responses = [
        ask(COMPANIES, "1"),
        ask(COMPANIES),
        ask.client.get(COMPANIES),
        ask("/nowhere", "1"),
        with_authorization(ask.client, COMPANIES, ""),
    ]

    ids = [response.headers["x-hubspot-correlation-id"] for response in responses]
    assert [response.status_code for response in responses] == [207, 400, 405, 404, 401]
    assert len({UUID(id_) for id_ in ids}) == len(responses)
    assert responses[1].json()["correlationId"] == ids[1]
    assert responses[4].json()["correlationId"] == ids[4]


def test_a_client_that_hangs_up_in_a_request_leaves_no_trace(
    sandbox: Sandbox, ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    address = urlsplit(sandbox.base_url)
    head = f"POST {COMPANIES} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{"
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(head.encode())

    # Later requests go through the same thread: when they are answered, that one is dealt with.
    assert [ask(COMPANIES, "1").status_code for _ in range(5)] == [207] * 5
    assert caplog.text == ""
