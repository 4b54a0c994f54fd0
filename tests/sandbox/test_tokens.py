"""Tokens that a test issues and lets expire."""

from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

import httpx
import pytest

from hubspot_batch_read.sandbox import TOKEN, Drop, Sandbox, in_order, incidents

from .asking import CAMPAIGNS, COMPANIES


def ask(client: httpx.Client, token: str, path: str = COMPANIES) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return client.post(path, json={"inputs": [{"id": "1"}]}, headers=headers)


def test_a_token_expires_after_its_requests(client: httpx.Client, sandbox: Sandbox) -> None:
    token = sandbox.issue_token(requests=3)

    statuses = [ask(client, token, path).status_code for path in (COMPANIES, CAMPAIGNS) * 3]

    refused = ask(client, token)
    assert statuses == [207, 207, 207, 401, 401, 401]
    assert refused.json()["category"] == "EXPIRED_AUTHENTICATION"
    assert "expire time" in refused.json()["context"]
    assert token not in refused.text + str(refused.headers)


def test_a_token_without_a_number_lasts_until_it_is_expired(
    client: httpx.Client, sandbox: Sandbox
) -> None:
    token, other = sandbox.issue_token(), sandbox.issue_token(requests=100)

    assert {ask(client, each).status_code for each in (token, other) * 20} == {207}
    sandbox.expire_token(token)
    sandbox.expire_token(other)

    assert [ask(client, each).status_code for each in (token, other)] == [401, 401]
    assert ask(client, sandbox.token).status_code == 207


def test_a_token_for_no_request_is_expired(client: httpx.Client, sandbox: Sandbox) -> None:
    assert ask(client, sandbox.issue_token(requests=0)).status_code == 401


def test_each_token_is_another_and_of_no_use_elsewhere(
    client: httpx.Client, sandbox: Sandbox
) -> None:
    tokens = {sandbox.issue_token() for _ in range(100)}

    assert len(tokens) == 100
    assert TOKEN not in tokens
    with Sandbox(seed=8) as other:
        assert ask(client, other.issue_token()).json()["category"] == "INVALID_AUTHENTICATION"


def test_threads_get_as_many_responses_as_the_token_is_for(
    client: httpx.Client, sandbox: Sandbox
) -> None:
    with ThreadPoolExecutor(8) as threads:
        tokens = list(threads.map(lambda _: sandbox.issue_token(requests=30), range(8)))
        responses = list(threads.map(ask, repeat(client), tokens * 10))

    assert len(set(tokens)) == 8
    assert {response.status_code for response in responses} == {207}
    assert [ask(client, token).status_code for token in tokens] == [207] * 8

    token = sandbox.issue_token(requests=30)
    with ThreadPoolExecutor(8) as threads:
        responses = list(threads.map(ask, repeat(client), [token] * 50))
    assert [response.status_code for response in responses].count(207) == 30


def test_a_refused_request_succeeds_though_others_use_its_token(
    client: httpx.Client, sandbox: Sandbox
) -> None:
    first, second = sandbox.issue_token(requests=0), sandbox.issue_token(requests=1)
    assert ask(client, first).status_code == 401

    assert ask(client, second, CAMPAIGNS).status_code == 207

    assert ask(client, second).status_code == 207
    assert ask(client, second).status_code == 401


@pytest.mark.parametrize("used", [False, True])
def test_a_token_expired_by_hand_answers_no_refused_request(
    client: httpx.Client, sandbox: Sandbox, used: bool
) -> None:
    first, second = sandbox.issue_token(requests=0), sandbox.issue_token(requests=1)
    assert ask(client, first).status_code == 401
    if used:
        assert ask(client, second, CAMPAIGNS).status_code == 207
    sandbox.expire_token(second)

    assert ask(client, second).status_code == 401


def test_only_requests_that_the_portal_was_asked_count(faulty: Sandbox) -> None:
    token = faulty.issue_token(requests=2)
    faulty.faults = in_order([incidents.bad_gateway(), Drop.BEFORE, Drop.MIDDLE])

    with httpx.Client(base_url=faulty.base_url) as client:
        assert ask(client, token).status_code == 502
        for _ in range(2):
            with pytest.raises(httpx.RemoteProtocolError):
                ask(client, token)
        assert [ask(client, token).status_code for _ in range(2)] == [207, 401]


def test_a_wrong_number_and_a_wrong_token_are_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="0 requests or more, not for -1"):
        sandbox.issue_token(requests=-1)
    for token in ("wrong-token", sandbox.token):
        with pytest.raises(ValueError, match="issued no such token") as caught:
            sandbox.expire_token(token)
        assert token not in str(caught.value)
