"""The promises of SECURITY.md that no other module tests."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from hubspot_batch_read import AsyncHubSpot, HubSpot
from hubspot_batch_read.sandbox import Sandbox, __main__
from hubspot_batch_read_api import AuthenticatedClient
from hubspot_batch_read_api.api.associations import read_associations
from hubspot_batch_read_api.client import TokenSource
from hubspot_batch_read_api.errors import HubSpotError
from hubspot_batch_read_api.models import AssociationInput, AssociationRequest

from .servers import Answer, Request, serve

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "secret-of-the-portal"
BODY = AssociationRequest(inputs=[AssociationInput(id="1")])
EMPTY = Answer(200, {}, b'{"results": []}')

Read = Callable[..., None]


def generated_sync(token: str | TokenSource, url: str, **httpx_args: Any) -> None:
    with AuthenticatedClient(token, url, httpx_args=httpx_args) as client:
        read_associations.sync("0-1", "0-2", client=client, body=BODY)


def generated_async(token: str | TokenSource, url: str, **httpx_args: Any) -> None:
    async def read() -> None:
        async with AuthenticatedClient(token, url, httpx_args=httpx_args) as client:
            await read_associations.asyncio("0-1", "0-2", client=client, body=BODY)

    asyncio.run(read())


def layer_sync(token: str | TokenSource, url: str, **httpx_args: Any) -> None:
    with HubSpot(token, base_url=url, httpx_args=httpx_args) as hubspot:
        hubspot.read_associations("0-1", "0-2", ["1"]).all()


def layer_async(token: str | TokenSource, url: str, **httpx_args: Any) -> None:
    async def read() -> None:
        async with AsyncHubSpot(token, base_url=url, httpx_args=httpx_args) as hubspot:
            await hubspot.read_associations("0-1", "0-2", ["1"]).all()

    asyncio.run(read())


EVERY_READ = pytest.mark.parametrize(
    "read", [generated_sync, generated_async, layer_sync, layer_async]
)


class Host:
    """Answers with no rows, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Answer:
        self.asked.append(request)
        return EMPTY


# TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def certified(authority: trustme.CA, name: str) -> ssl.SSLContext:
    """Return what a server with this name needs to serve HTTPS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@EVERY_READ
def test_a_certificate_of_an_unknown_authority_is_refused(
    read: Read, authority: trustme.CA
) -> None:
    host = Host()
    with (
        serve(host, certified(authority, "127.0.0.1")) as url,
        pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        read(TOKEN, url)
    assert host.asked == []


@EVERY_READ
def test_a_certificate_of_another_host_is_refused(read: Read, authority: trustme.CA) -> None:
    host = Host()
    with (
        serve(host, certified(authority, "another.example")) as url,
        pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        read(TOKEN, url, verify=trusting(authority))
    assert host.asked == []


@EVERY_READ
def test_a_certificate_of_an_authority_of_ones_own_is_accepted(
    read: Read, authority: trustme.CA
) -> None:
    host = Host()
    with serve(host, certified(authority, "127.0.0.1")) as url:
        read(TOKEN, url, verify=trusting(authority))
    assert len(host.asked) == 1


@EVERY_READ
def test_the_environment_can_name_an_authority(
    read: Read, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    host = Host()
    with serve(host, certified(authority, "127.0.0.1")) as url:
        read(TOKEN, url)
    assert len(host.asked) == 1


# Redirects


class Origins:
    """A server that leads to another, and what the other was asked."""

    def __init__(self, authority: trustme.CA, elsewhere: str) -> None:
        self.other = Host()
        self.verify = trusting(authority)
        with ExitStack() as servers:
            target = servers.enter_context(serve(self.other))
            if elsewhere == "another host":
                target = target.replace("127.0.0.1", "localhost")
            away = Answer(307, {"location": f"{target}/elsewhere"}, b"")
            # From https to http; the others have one scheme.
            tls = certified(authority, "127.0.0.1") if elsewhere == "another scheme" else None
            self.url = servers.enter_context(serve(lambda _: away, tls))
            self.servers = servers.pop_all()


@pytest.fixture(params=["another port", "another host", "another scheme"])
def origins(request: pytest.FixtureRequest, authority: trustme.CA) -> Iterator[Origins]:
    origins = Origins(authority, request.param)
    with origins.servers:
        yield origins


@EVERY_READ
@pytest.mark.parametrize("token", [TOKEN, lambda: TOKEN], ids=["text", "callable"])
def test_a_followed_redirect_leaves_the_token_behind(
    token: str | TokenSource, read: Read, origins: Origins
) -> None:
    read(token, origins.url, verify=origins.verify, follow_redirects=True)
    assert len(origins.other.asked) == 1
    assert "authorization" not in origins.other.asked[0].headers
    assert TOKEN not in str(origins.other.asked)


@EVERY_READ
def test_a_redirect_is_not_followed_unless_one_says_so(read: Read, origins: Origins) -> None:
    with pytest.raises(HubSpotError, match=r"^HTTP 307"):
        read(TOKEN, origins.url, verify=origins.verify)
    assert origins.other.asked == []


# The sandbox


def test_the_sandbox_listens_on_loopback_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Sandbox() as sandbox:
        assert httpx.URL(sandbox.base_url).host == "127.0.0.1"
    hosts: list[str] = []
    monkeypatch.setattr(__main__, "serve", lambda host, *_: hosts.append(host))
    monkeypatch.setattr(sys, "argv", ["sandbox"])
    __main__.main()
    assert hosts == ["127.0.0.1"]


# Code


def test_nothing_runs_or_unpickles_what_it_is_sent() -> None:
    # exec, pickle, marshal, eval, yaml.load; programs and shells
    rules = "S102,S301,S302,S307,S506,S602,S603,S604,S605,S606,S607"
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", rules]
    # It runs what its user says on the command line, and nothing that came from elsewhere.
    command += ["--per-file-ignores", "**/cli/token_command.py:S603"]
    found = subprocess.run(
        [*command, "--ignore-noqa", ROOT / "src", ROOT / "generated"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stdout
