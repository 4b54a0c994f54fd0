"""The generated client: what it sends, what it keeps to itself, how long its connections live."""

from __future__ import annotations

import asyncio
import datetime
import json
import logging
import os
import pickle
import threading
import time
from collections.abc import Awaitable, Callable, Iterable

import httpx
import pytest

from hubspot_batch_read_api import AuthenticatedClient
from hubspot_batch_read_api.api.associations import read_associations, read_associations_v3
from hubspot_batch_read_api.api.campaigns import read_campaigns
from hubspot_batch_read_api.errors import (
    ApiError,
    ArgumentError,
    AuthenticationError,
    DecodeError,
    HubSpotError,
)
from hubspot_batch_read_api.models import (
    AssociationEnvelope,
    AssociationInput,
    AssociationRequest,
    AssociationV3Input,
    AssociationV3Request,
    CampaignInput,
    CampaignRequest,
)

from .servers import Answer, Request, serve

TOKEN = "secret-of-the-portal"
BODY = AssociationRequest(inputs=[AssociationInput(id="1")])
CAMPAIGNS = CampaignRequest(inputs=[CampaignInput(id="9c2cc1f4-5a0a-4b5e-9b35-0d0b6b3f0c11")])
EMPTY = Answer(200, {"content-type": "application/json"}, b'{"results": []}')
EXPIRED = Answer(401, {}, b'{"message": "expired", "category": "EXPIRED_AUTHENTICATION"}')
BOTH = pytest.mark.parametrize("mode", ["sync", "async"])


def recording(
    answer: Answer = EMPTY, token: str | Callable[[], str | Awaitable[str]] = TOKEN
) -> tuple[AuthenticatedClient, list[httpx.Request]]:
    requests: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body)

    transport = httpx.MockTransport(handle)
    return AuthenticatedClient(token, httpx_args={"transport": transport}), requests


def read(client: AuthenticatedClient, mode: str) -> AssociationEnvelope:
    """Read once, in a sync or an async call."""

    async def read_async() -> AssociationEnvelope:
        try:
            return await read_associations.asyncio("0-1", "0-2", client=client, body=BODY)
        finally:
            await client.aclose()

    if mode == "sync":
        return read_associations.sync("0-1", "0-2", client=client, body=BODY)
    return asyncio.run(read_async())


def test_a_token_alone_makes_a_client_of_the_specs_address() -> None:
    client, requests = recording()
    read_associations.sync("contacts", "companies", client=client, body=BODY)
    assert requests[0].url == (
        "https://api.hubapi.com/crm/associations/2026-03/contacts/companies/batch/read"
    )
    assert requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert requests[0].headers["user-agent"].startswith("hubspot-batch-read/")


def test_a_path_in_the_base_url_is_kept() -> None:
    requests: list[str] = []

    def answer(request: Request) -> Answer:
        requests.append(request.path)
        return EMPTY

    with serve(answer) as url, AuthenticatedClient(TOKEN, f"{url}/hub/") as client:
        read_associations.sync("0-1", "0-2", client=client, body=BODY)
    assert requests == ["/hub/crm/associations/2026-03/0-1/0-2/batch/read"]


def test_there_is_a_timeout_unless_it_is_switched_off() -> None:
    assert AuthenticatedClient(TOKEN).get_httpx_client().timeout.read is not None
    assert AuthenticatedClient(TOKEN, timeout=None).get_httpx_client().timeout.read is None
    timeout = httpx.Timeout(5, read=60)
    assert AuthenticatedClient(TOKEN, timeout=timeout).get_async_httpx_client().timeout == timeout


def test_headers_given_are_sent_and_cannot_displace_the_token() -> None:
    requests: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"results": []})

    given = {"X-Trace": "7", "User-Agent": "mine", "authorization": "Bearer other"}
    args = {"headers": given, "transport": httpx.MockTransport(handle)}
    client = AuthenticatedClient(TOKEN, httpx_args=args)
    read_associations.sync("0-1", "0-2", client=client, body=BODY)
    sent = requests[0].headers
    assert (sent["x-trace"], sent["user-agent"]) == ("7", "mine")
    assert sent.get_list("authorization") == [f"Bearer {TOKEN}"]
    assert given["authorization"] == "Bearer other"


# The token


@pytest.mark.parametrize(
    "token", ["", " ", "a b", "abc\n", "\tabc", "abc\r\nX: y", "tokén", "a\0b"]
)
def test_an_invalid_token_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(ArgumentError, match=r"^access_token: ") as caught:
        AuthenticatedClient(token)
    assert not token.strip() or token not in str(caught.value)


def test_the_token_is_not_in_the_repr() -> None:
    client = AuthenticatedClient(TOKEN)
    assert TOKEN not in f"{client!r} {client} {client.get_httpx_client()!r}"


def test_the_token_is_in_no_log_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serve(lambda _: EMPTY) as url, AuthenticatedClient(TOKEN, url) as client:
        read_associations.sync("0-1", "0-2", client=client, body=BODY)

        async def read() -> None:
            async with AuthenticatedClient(TOKEN, url) as other:
                await read_associations.asyncio("0-1", "0-2", client=other, body=BODY)

        asyncio.run(read())
    assert "HTTP Request" in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("argument", ["auth", "base_url", "timeout"])
def test_an_argument_that_the_client_sets_itself_is_refused(argument: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        AuthenticatedClient(TOKEN, httpx_args={argument: None})
    assert caught.value.argument == "httpx_args"
    assert caught.value.problem.startswith(argument)


@pytest.mark.parametrize(
    "timeout", [0, -1, True, "5", float("nan"), float("inf"), (1.0, 2.0), [5]], ids=str
)
def test_a_timeout_that_makes_no_sense_is_refused_by_name(timeout: object) -> None:
    with pytest.raises(ArgumentError) as caught:
        AuthenticatedClient(TOKEN, timeout=timeout)  # type: ignore[arg-type]
    assert caught.value.argument == "timeout"


@pytest.mark.parametrize("timeout", [5, 0.5, None, httpx.Timeout(5, read=None)], ids=str)
def test_a_timeout_can_be_seconds_one_of_httpx_or_none(timeout: float | None) -> None:
    client = AuthenticatedClient(TOKEN, timeout=timeout)
    assert client.get_httpx_client().timeout == httpx.Timeout(timeout)


@pytest.mark.parametrize("status", [400, 401, 500])
def test_the_token_is_in_no_error(status: int) -> None:
    client, _ = recording(Answer(status, {}, b'{"message": "no"}'))
    with pytest.raises(ApiError) as caught:
        read_associations.sync("0-1", "0-2", client=client, body=BODY)
    error = caught.value
    assert TOKEN not in f"{error} {error!r} {vars(error)}"


def test_the_token_is_in_no_transport_error() -> None:
    with serve(lambda _: EMPTY) as url:
        pass
    with AuthenticatedClient(TOKEN, url) as client, pytest.raises(httpx.ConnectError) as caught:
        read_associations.sync("0-1", "0-2", client=client, body=BODY)
    assert TOKEN not in f"{caught.value!r} {caught.value.request!r} {caught.value.request.headers}"


def test_a_redirect_is_an_error_and_is_not_followed() -> None:
    asked: list[Request] = []

    def elsewhere(request: Request) -> Answer:
        asked.append(request)
        return EMPTY

    with serve(elsewhere) as other:
        away = Answer(307, {"location": f"{other}/x"}, b"")
        with (
            serve(lambda _: away) as url,
            AuthenticatedClient(TOKEN, url) as client,
            pytest.raises(ApiError, match="HTTP 307"),
        ):
            read_associations.sync("0-1", "0-2", client=client, body=BODY)
    assert asked == []


def test_a_redirect_that_is_followed_leaves_the_token_behind() -> None:
    asked: list[Request] = []

    def elsewhere(request: Request) -> Answer:
        asked.append(request)
        return EMPTY

    with serve(elsewhere) as other:
        # The same server by another name is another origin.
        away = Answer(307, {"location": other.replace("127.0.0.1", "localhost")}, b"")
        with (
            serve(lambda _: away) as url,
            AuthenticatedClient(TOKEN, url, httpx_args={"follow_redirects": True}) as client,
        ):
            read_associations.sync("0-1", "0-2", client=client, body=BODY)
    assert len(asked) == 1
    assert TOKEN not in str(asked)


def test_an_error_after_a_redirect_is_an_error_like_any_other() -> None:
    refusal = Answer(403, {}, b'{"message": "no"}')
    with serve(lambda _: refusal) as other:
        away = Answer(307, {"location": other.replace("127.0.0.1", "localhost")}, b"")
        with (
            serve(lambda _: away) as url,
            AuthenticatedClient(TOKEN, url, httpx_args={"follow_redirects": True}) as client,
            pytest.raises(ApiError, match="HTTP 403: no"),
        ):
            read_associations.sync("0-1", "0-2", client=client, body=BODY)


@pytest.mark.parametrize("status", [200, 403])
def test_a_token_that_an_answer_repeats_is_masked_in_the_error(status: int) -> None:
    body = json.dumps({"message": f"This token ({TOKEN}) lacks a scope"}).encode()
    client, _ = recording(Answer(status, {"x-hubspot-correlation-id": TOKEN}, body))
    with pytest.raises(HubSpotError) as caught:
        read_associations.sync("0-1", "0-2", client=client, body=BODY)
    error = caught.value
    assert b"This token ([access token]) lacks" in vars(error)["body"]
    assert TOKEN not in f"{error} {error!r} {vars(error)}"
    assert TOKEN.encode() not in pickle.dumps(error)


def test_a_token_that_an_item_of_an_answer_repeats_is_masked() -> None:
    body = json.dumps({"results": [], "errors": [{"message": f"not for {TOKEN}"}]}).encode()
    client, _ = recording(Answer(207, {"x-echo": TOKEN}, body))
    answer = read_associations.sync_detailed("0-1", "0-2", client=client, body=BODY)
    assert answer.parsed.errors is not None
    assert answer.parsed.errors[0].message == "not for [access token]"
    assert TOKEN not in f"{answer!r} {answer.content!r} {answer.headers!r}"


def spelt(text: str, spelling: str) -> str:
    """Write a text as JSON may spell it."""
    each = {
        "in lower case": lambda char: f"\\u{ord(char):04x}",
        "in upper case": lambda char: f"\\u{ord(char):04X}",
        "now and then": lambda char: f"\\u{ord(char):04x}" if char in "e=" else char,
        "with a backslash": lambda char: "\\/" if char == "/" else char,
    }[spelling]
    return "".join(map(each, text))


@pytest.mark.parametrize("status", [207, 403])
@pytest.mark.parametrize(
    "spelling", ["in lower case", "in upper case", "now and then", "with a backslash"]
)
def test_a_token_is_masked_however_json_spells_it(status: int, spelling: str) -> None:
    token = "secret/of+the=portal=="
    message = f'"message": "not for {spelt(token, spelling)}, caf\\u00e9"'
    body = f'{{"results": [], {message}, "errors": [{{{message}}}]}}'.encode()
    client, _ = recording(Answer(status, {}, body), token)
    expected = "not for [access token], café"
    if status == 207:
        answer = read_associations.sync_detailed("0-1", "0-2", client=client, body=BODY)
        assert answer.parsed.errors is not None
        assert answer.parsed.errors[0].message == expected
        shown = f"{answer!r} {answer.content!r}"
    else:
        with pytest.raises(ApiError) as caught:
            read_associations.sync("0-1", "0-2", client=client, body=BODY)
        assert caught.value.message == expected
        shown = f"{caught.value} {vars(caught.value)}"
    assert "portal" not in shown


@BOTH
def test_a_token_that_has_been_replaced_is_masked_as_well(mode: str) -> None:
    def answer(request: Request) -> Answer:
        if request.headers["authorization"].removeprefix("Bearer ") == TOKEN:
            return EXPIRED
        refusal = json.dumps({"message": f"{TOKEN} was better than another-of-the-portal"})
        return Answer(403, {"x-echo": TOKEN}, refusal.encode())

    with (
        serve(answer) as url,
        AuthenticatedClient(Tokens(TOKEN, "another-of-the-portal"), url) as client,
        pytest.raises(ApiError) as caught,
    ):
        read(client, mode)
    assert caught.value.message == "[access token] was better than [access token]"
    assert "of-the-portal" not in f"{caught.value} {vars(caught.value)}"


@BOTH
def test_cookies_are_neither_kept_nor_sent(mode: str) -> None:
    sent: list[str | None] = []

    def answer(request: Request) -> Answer:
        sent.append(request.headers.get("cookie"))
        return EMPTY._replace(headers={"set-cookie": f"name{len(sent)}=value; Path=/"})

    with serve(answer) as url, AuthenticatedClient(TOKEN, url) as client:
        for _ in range(3):
            read(client, mode)
    assert sent == [None] * 3


def test_an_error_of_httpx_holds_no_token() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow", request=request)

    client = AuthenticatedClient(TOKEN, httpx_args={"transport": httpx.MockTransport(fail)})
    with pytest.raises(httpx.ReadTimeout) as caught:
        read_associations.sync("0-1", "0-2", client=client, body=BODY)
    assert TOKEN.encode() not in pickle.dumps(caught.value)
    assert TOKEN not in str(vars(caught.value.request))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # it forks with threads
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the child leaves the connection alone
def test_a_forked_process_has_connections_of_its_own() -> None:
    ports: list[str] = []

    def answer(request: Request) -> Answer:
        ports.append(request.peer)
        return EMPTY

    with serve(answer) as url, AuthenticatedClient(TOKEN, url) as client:
        for _ in range(2):
            read_associations.sync("0-1", "0-2", client=client, body=BODY)
        child = os.fork()
        if child == 0:
            read_associations.sync("0-1", "0-2", client=client, body=BODY)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    first, second, third = ports
    assert first == second != third


@pytest.mark.parametrize(
    "address",
    [
        "",
        "hubapi",
        "127.0.0.1:8765",
        "localhost:8765",
        "ftp://x",
        "https://",
        "https://x/?a=1",
        "https://x/#a",
    ],
)
def test_what_is_no_address_of_a_server_is_refused(address: str) -> None:
    with pytest.raises(ArgumentError, match=r"^base_url: "):
        AuthenticatedClient(TOKEN, address)


def test_a_user_name_in_the_address_cannot_displace_the_token() -> None:
    with pytest.raises(ArgumentError, match=r"^base_url: ") as caught:
        AuthenticatedClient(TOKEN, "https://user:password@127.0.0.1")
    assert "password@" not in str(caught.value)


# A token that is asked for


class Tokens:
    """Gives these tokens, one at each call; counts the calls."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = tokens
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        return self.tokens[self.asked - 1]


class Gate:
    """Takes the last of some tokens, and refuses the others once `together` requests have come."""

    def __init__(self, *tokens: str, together: int = 1, refusal: Answer = EXPIRED) -> None:
        self.tokens = tokens
        self.sent: list[str] = []
        self.bodies: set[bytes] = set()
        self.refusal = refusal
        self.arrived = threading.Barrier(together)

    def __call__(self, request: Request) -> Answer:
        token = request.headers["authorization"].removeprefix("Bearer ")
        self.sent.append(token)
        self.bodies.add(request.body)
        if token == self.tokens[-1]:
            return EMPTY
        self.arrived.wait(timeout=30)
        return self.refusal


@BOTH
def test_a_callable_is_called_once_and_its_token_kept(mode: str) -> None:
    tokens, gate = Tokens("first"), Gate("first")
    with serve(gate) as url:
        client = AuthenticatedClient(tokens, url)
        assert tokens.asked == 0
        for _ in range(3):
            read(client, mode)
        client.close()
    assert gate.sent == ["first"] * 3
    assert tokens.asked == 1


def test_sync_and_async_calls_keep_the_same_token() -> None:
    tokens, gate = Tokens("first", "second"), Gate("second")
    with serve(gate) as url, AuthenticatedClient(tokens, url) as client:
        for mode in ("sync", "async", "sync"):
            read(client, mode)
    assert gate.sent == ["first", "second", "second", "second"]


@BOTH
def test_a_request_is_repeated_with_a_new_token(mode: str) -> None:
    tokens, gate = Tokens("first", "second"), Gate("first", "second")
    with serve(gate) as url, AuthenticatedClient(tokens, url) as client:
        assert read(client, mode) == AssociationEnvelope(results=[])
        read(client, mode)
    assert gate.sent == ["first", "second", "second"]
    assert [json.loads(body) for body in gate.bodies] == [BODY.to_dict()]


@BOTH
def test_a_new_token_that_is_refused_too_is_an_error(mode: str) -> None:
    tokens, gate = Tokens("first", "second"), Gate("none")
    with (
        serve(gate) as url,
        AuthenticatedClient(tokens, url) as client,
        pytest.raises(AuthenticationError, match="expired"),
    ):
        read(client, mode)
    assert gate.sent == ["first", "second"]


@BOTH
@pytest.mark.parametrize(
    "refusal",
    [
        Answer(401, {}, b'{"category": "INVALID_AUTHENTICATION"}'),
        Answer(401, {}, b"<html>"),
        Answer(403, {}, b'{"category": "EXPIRED_AUTHENTICATION"}'),
    ],
    ids=["invalid", "html", "forbidden"],
)
def test_no_new_token_is_asked_for_unless_the_old_has_expired(refusal: Answer, mode: str) -> None:
    tokens, gate = Tokens("first", "second"), Gate("none", refusal=refusal)
    with (
        serve(gate) as url,
        AuthenticatedClient(tokens, url) as client,
        pytest.raises(ApiError),
    ):
        read(client, mode)
    assert (gate.sent, tokens.asked) == (["first"], 1)


@BOTH
@pytest.mark.parametrize("token", ["same", lambda: "same"], ids=["text", "callable"])
def test_an_expired_token_is_not_sent_again_without_another(
    token: str | Callable[[], str], mode: str
) -> None:
    gate = Gate("none")
    with (
        serve(gate) as url,
        AuthenticatedClient(token, url) as client,
        pytest.raises(AuthenticationError),
    ):
        read(client, mode)
    assert gate.sent == ["same"]


def test_threads_refused_together_ask_for_one_token() -> None:
    tokens, gate = Tokens("first", "second", "third"), Gate("first", "second", together=8)

    def ask() -> str:
        token = tokens()
        # Lets the other threads in, if nothing keeps them out.
        for _ in range(1000):
            time.sleep(0)
        return token

    with serve(gate) as url, AuthenticatedClient(ask, url) as client:
        threads = [threading.Thread(target=read, args=(client, "sync")) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(gate.sent) == ["first"] * 8 + ["second"] * 8
    assert tokens.asked == 2


def test_tasks_refused_together_ask_for_one_token() -> None:
    tokens, gate = Tokens("first", "second", "third"), Gate("first", "second", together=8)

    async def ask() -> str:
        token = tokens()
        await asyncio.sleep(0)
        return token

    async def read_eight(client: AuthenticatedClient) -> None:
        async with client:
            calls = (
                read_associations.asyncio("0-1", "0-2", client=client, body=BODY) for _ in range(8)
            )
            await asyncio.gather(*calls)

    with serve(gate) as url:
        asyncio.run(read_eight(AuthenticatedClient(ask, url)))
    assert sorted(gate.sent) == ["first"] * 8 + ["second"] * 8
    assert tokens.asked == 2


def test_event_loops_in_turn_can_each_wait_for_a_token() -> None:
    tokens = Tokens(*"abcdef")
    expired: set[str] = set()

    def answer(request: Request) -> Answer:
        token = request.headers["authorization"].removeprefix("Bearer ")
        return EXPIRED if token in expired else EMPTY

    async def ask() -> str:
        await asyncio.sleep(0)
        return tokens()

    async def read_four(client: AuthenticatedClient) -> None:
        calls = (read_associations.asyncio("0-1", "0-2", client=client, body=BODY) for _ in "1234")
        await asyncio.gather(*calls)
        await client.aclose()

    with serve(answer) as url:
        client = AuthenticatedClient(ask, url)
        for token in "abc":
            asyncio.run(read_four(client))
            expired.add(token)
    assert tokens.asked == 3


def test_an_async_callable_in_a_sync_call_is_an_error() -> None:
    async def ask() -> str:
        return TOKEN

    # A warning that `ask` was never awaited would fail this test.
    gate = Gate(TOKEN)
    with (
        serve(gate) as url,
        AuthenticatedClient(ask, url) as client,
        pytest.raises(TypeError, match=r"^access_token: .*async"),
    ):
        read(client, "sync")
    assert gate.sent == []


@BOTH
@pytest.mark.parametrize("position", [0, 1])
def test_what_the_callable_raises_passes_as_it_is(position: int, mode: str) -> None:
    failure = OSError("no token today")

    def ask(tokens: Iterable[str] = iter(["first"][:position])) -> str:
        for token in tokens:
            return token
        raise failure

    gate = Gate("none")
    with (
        serve(gate) as url,
        AuthenticatedClient(ask, url) as client,
        pytest.raises(OSError, match="no token today") as caught,
    ):
        read(client, mode)
    assert caught.value is failure
    assert gate.sent == ["first"][:position]


@BOTH
@pytest.mark.parametrize("token", ["", "se cret", "secret\r\nX: y", None, b"secret"])
def test_a_callable_without_a_token_is_an_error_that_hides_it(token: object, mode: str) -> None:
    client, requests = recording(token=lambda: token)  # type: ignore[arg-type,return-value]
    with pytest.raises(ArgumentError, match=r"^access_token: ") as caught:
        read(client, mode)
    assert "cret" not in str(caught.value)
    assert requests == []


@pytest.mark.parametrize("token", [None, 5, b"secret"])
def test_what_is_neither_a_token_nor_a_callable_is_refused(token: object) -> None:
    with pytest.raises(ArgumentError, match=r"^access_token: "):
        AuthenticatedClient(token)  # type: ignore[arg-type]


@BOTH
def test_the_token_in_use_is_masked_in_an_error(mode: str) -> None:
    def answer(request: Request) -> Answer:
        token = request.headers["authorization"].removeprefix("Bearer ")
        refusal = Answer(403, {}, json.dumps({"message": f"{token} lacks a scope"}).encode())
        return EXPIRED if token == TOKEN else refusal

    with (
        serve(answer) as url,
        AuthenticatedClient(Tokens(TOKEN, f"{TOKEN}-2"), url) as client,
        pytest.raises(ApiError) as caught,
    ):
        read(client, mode)
    assert caught.value.message == "[access token] lacks a scope"
    assert TOKEN not in f"{client!r} {caught.value} {vars(caught.value)}"


@BOTH
def test_another_host_cannot_make_the_client_ask_for_a_token(mode: str) -> None:
    asked: list[Request] = []

    def elsewhere(request: Request) -> Answer:
        asked.append(request)
        return EXPIRED

    tokens = Tokens("first", "second")
    with serve(elsewhere) as other:
        away = Answer(307, {"location": other.replace("127.0.0.1", "localhost")}, b"")
        with (
            serve(lambda _: away) as url,
            AuthenticatedClient(tokens, url, httpx_args={"follow_redirects": True}) as client,
            pytest.raises(AuthenticationError),
        ):
            read(client, mode)
    assert ["authorization" in request.headers for request in asked] == [False]
    assert tokens.asked == 1


def test_event_hooks_see_each_request_and_response() -> None:
    seen: list[str] = []
    hooks = {
        "request": [lambda request: seen.append(request.headers["authorization"])],
        "response": [lambda response: seen.append(str(response.status_code))],
    }
    with (
        serve(Gate("first", "second")) as url,
        AuthenticatedClient(
            Tokens("first", "second"), url, httpx_args={"event_hooks": hooks}
        ) as client,
    ):
        read(client, "sync")
    assert seen == ["Bearer first", "401", "Bearer second", "200"]


# What can be sent


@pytest.mark.parametrize(
    "object_type",
    ["", ".", "..", "a/b", "a?b", "a#b", "a%2Fb", "a b", "contacts\n", "été", None, 7],
)
@pytest.mark.parametrize("operation", [read_associations, read_associations_v3])
def test_an_object_type_that_changes_the_path_is_refused(
    operation: object, object_type: str
) -> None:
    client, requests = recording()
    body = AssociationV3Request(inputs=[AssociationV3Input(id="1")])
    for name, types in (
        ("from_object_type", (object_type, "companies")),
        ("to_object_type", ("contacts", object_type)),
    ):
        with pytest.raises(ArgumentError) as caught:
            operation.sync(*types, client=client, body=body)  # type: ignore[attr-defined]
        assert caught.value.argument == name
    assert requests == []


@pytest.mark.parametrize("object_type", ["contacts", "CONTACT", "0-1", "2-123", "p_cars", "p1_x-y"])
def test_every_form_of_object_type_is_sent_as_it_is(object_type: str) -> None:
    client, requests = recording()
    read_associations.sync(object_type, object_type, client=client, body=BODY)
    assert f"/{object_type}/{object_type}/batch" in requests[0].url.path


@pytest.mark.parametrize(
    "day", [datetime.date(2026, 3, 1), datetime.datetime(2026, 3, 1, 23, 59), "2026-03-01"]
)
def test_dates_are_sent_as_days_and_names_as_one_value(day: datetime.date | str) -> None:
    client, requests = recording()
    read_campaigns.sync(
        client=client,
        body=CAMPAIGNS,
        start_date=day,
        end_date=day,
        properties=(name for name in ("hs_name", "hs_notes")),
    )
    assert dict(requests[0].url.params) == {
        "startDate": "2026-03-01",
        "endDate": "2026-03-01",
        "properties": "hs_name,hs_notes",
    }


def test_parameters_left_out_are_not_sent() -> None:
    client, requests = recording()
    read_campaigns.sync(client=client, body=CAMPAIGNS, properties=[])
    assert requests[0].url.query == b""


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("start_date", "1.3.2026"),
        ("end_date", ""),
        ("start_date", ["2026-03-01"]),
        ("start_date", "2026-13-99"),
        ("properties", "hs_name"),
        ("properties", "2026-03-01"),
        ("properties", ["a,b"]),
        ("properties", [""]),
        ("properties", [1]),
        ("properties", 5),
    ],
)
def test_a_parameter_that_would_be_misread_is_refused_by_name(
    parameter: str, value: object
) -> None:
    client, requests = recording()
    with pytest.raises(ArgumentError) as caught:
        read_campaigns.sync(client=client, body=CAMPAIGNS, **{parameter: value})  # type: ignore[arg-type]
    assert caught.value.argument == parameter
    assert requests == []


# Connections


def test_one_client_serves_event_loops_that_follow_one_another() -> None:
    with serve(lambda _: EMPTY) as url:
        client = AuthenticatedClient(TOKEN, url)

        async def read() -> AssociationEnvelope:
            answer = await read_associations.asyncio("0-1", "0-2", client=client, body=BODY)
            await client.aclose()
            return answer

        answers = [asyncio.run(read()) for _ in range(3)]
    assert answers == [AssociationEnvelope(results=[])] * 3


def test_one_client_serves_sync_and_async_calls_and_closes_both() -> None:
    async def read(url: str) -> tuple[httpx.Client, httpx.AsyncClient]:
        async with AuthenticatedClient(TOKEN, url) as client:
            read_associations.sync("0-1", "0-2", client=client, body=BODY)
            await read_associations.asyncio("0-1", "0-2", client=client, body=BODY)
            return client.get_httpx_client(), client.get_async_httpx_client()

    with serve(lambda _: EMPTY) as url:
        sync_client, async_client = asyncio.run(read(url))
    assert sync_client.is_closed
    assert async_client.is_closed


def test_threads_share_one_connection_pool() -> None:
    client = AuthenticatedClient(TOKEN)
    start = threading.Barrier(8)
    found: list[httpx.Client] = []

    def get() -> None:
        start.wait()
        found.append(client.get_httpx_client())

    threads = [threading.Thread(target=get) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {id(each) for each in found} == {id(client.get_httpx_client())}


def test_a_closed_client_opens_new_connections_for_a_later_call() -> None:
    async def read(client: AuthenticatedClient) -> None:
        for _ in range(2):
            async with client:
                await read_associations.asyncio("0-1", "0-2", client=client, body=BODY)

    with serve(lambda _: EMPTY) as url:
        client = AuthenticatedClient(TOKEN, url)
        for _ in range(2):
            with client:
                read_associations.sync("0-1", "0-2", client=client, body=BODY)
        asyncio.run(read(client))


def test_event_loops_side_by_side_keep_a_connection_each() -> None:
    both_running = threading.Barrier(2)
    connections: list[tuple[httpx.AsyncClient, ...]] = []

    async def read(client: AuthenticatedClient) -> None:
        async with client:
            used = []
            for _ in range(3):
                both_running.wait()
                await read_associations.asyncio("0-1", "0-2", client=client, body=BODY)
                used.append(client.get_async_httpx_client())
            connections.append(tuple(used))

    with serve(lambda _: EMPTY) as url:
        client = AuthenticatedClient(TOKEN, url)
        threads = [threading.Thread(target=lambda: asyncio.run(read(client))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [len(set(map(id, used))) for used in connections] == [1, 1]
    assert connections[0][0] is not connections[1][0]


def test_closing_a_client_that_sent_nothing_is_no_error() -> None:
    client = AuthenticatedClient(TOKEN)
    client.close()
    asyncio.run(client.aclose())


def test_an_undecodable_answer_says_which_answer_it_was() -> None:
    client, _ = recording(Answer(200, {"x-hubspot-correlation-id": "abc"}, b"<html>"))
    with pytest.raises(DecodeError) as caught:
        read_associations.sync("0-1", "0-2", client=client, body=BODY)
    assert caught.value.__notes__ == ["HTTP 200, no content type, 6 bytes, correlation id abc"]


def test_transport_errors_pass_as_they_are() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("too slow", request=request)

    client = AuthenticatedClient(TOKEN, httpx_args={"transport": httpx.MockTransport(fail)})
    with pytest.raises(httpx.ReadTimeout):
        read_associations.sync("0-1", "0-2", client=client, body=BODY)
    with pytest.raises(httpx.ReadTimeout):
        asyncio.run(read_associations.asyncio("0-1", "0-2", client=client, body=BODY))


def test_detailed_gives_what_came_along() -> None:
    client, _ = recording(Answer(207, {"X-Trace": "7"}, b'{"results": [], "numErrors": 1}'))
    answer = read_associations.sync_detailed("0-1", "0-2", client=client, body=BODY)
    assert (answer.status_code, answer.headers["x-trace"]) == (207, "7")
    assert answer.content == b'{"results": [], "numErrors": 1}'
    assert answer.parsed == AssociationEnvelope(results=[], num_errors=1)


def test_the_first_bad_answer_does_not_spoil_the_next() -> None:
    statuses = iter([401, 200])

    def handle(_: httpx.Request) -> httpx.Response:
        return httpx.Response(next(statuses), json={"results": []})

    client = AuthenticatedClient(TOKEN, httpx_args={"transport": httpx.MockTransport(handle)})
    with pytest.raises(AuthenticationError):
        read_associations.sync("0-1", "0-2", client=client, body=BODY)
    assert read_associations.sync("0-1", "0-2", client=client, body=BODY).results == []
