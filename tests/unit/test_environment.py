"""The environment of a client: variables for proxies and certificates, and addresses."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from hubspot_batch_read import ArgumentError, AsyncHubSpot, HubSpot
from hubspot_batch_read_api import AuthenticatedClient
from hubspot_batch_read_runtime.environment import with_tls_context
from tests.unit.forks import succeeds_in_child

MAKERS: list[Callable[..., object]] = [AuthenticatedClient, HubSpot, AsyncHubSpot]
EACH = pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.lower().endswith("_proxy") or name.startswith("SSL"):
            monkeypatch.delenv(name)


@EACH
@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("ALL_PROXY", "socks://user:pass-word@127.0.0.1:1080", "expected the address of a proxy"),
        ("all_proxy", "socks4://127.0.0.1:1080", "expected the address of a proxy"),
        ("HTTPS_PROXY", "ftp://proxy", "expected the address of a proxy"),
        ("https_proxy", "http://user:pass-word@proxy:port", "expected the address of a proxy"),
        ("HTTPS_PROXY", "http://", "expected the address of a proxy"),
        ("HTTPS_PROXY", "http://user:pass-word@[::1", "expected the address of a proxy"),
        ("HTTP_PROXY", "http://" + "a" * 64 + ":3128", "expected the address of a proxy"),
        ("NO_PROXY", "localhost,[::1]", r"expected the names of hosts, got '\[::1\]'"),
        ("NO_PROXY", "localhost,[::1]:x", r"expected the names of hosts, got '\[::1\]:x'"),
        ("no_proxy", "http://host:port", "expected the names of hosts, got 'http://host:port'"),
    ],
)
def test_an_unusable_proxy_is_named_when_the_client_is_made(
    make: Callable[..., object],
    name: str,
    value: str,
    problem: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ArgumentError, match=f"^{name}: {problem}") as caught:
        make("token")
    assert caught.value.argument == name
    assert "pass" not in "".join(map(str, [caught.value, caught.value.__cause__]))


@EACH
def test_a_socks_proxy_without_its_package_says_what_to_install(
    make: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hubspot_batch_read_runtime.environment.find_spec", lambda _: None)
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:1080")
    with pytest.raises(ArgumentError, match=r"^all_proxy: .* pip install 'httpx\[socks\]'$"):
        make("token")


@EACH
@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"])
def test_a_path_of_certificates_that_is_not_there_is_named(
    make: Callable[..., object], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, str(tmp_path / "nope" / "ca.pem"))
    with pytest.raises(ArgumentError, match=r"[Nn]o such") as caught:
        make("token")
    assert caught.value.argument == name
    assert caught.value.problem.startswith(str(tmp_path))


@EACH
@pytest.mark.parametrize("content", [b"", b"no certificate", b"\x00\xff"])
def test_a_file_without_certificates_is_named(
    make: Callable[..., object], content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with pytest.raises(ArgumentError, match=rf"^SSL_CERT_FILE: {path}: "):
        make("token")


@EACH
@pytest.mark.parametrize(
    "httpx_args",
    [{"trust_env": False}, {"transport": httpx.MockTransport(lambda _: httpx.Response(200))}],
    ids=["trust_env", "transport"],
)
def test_variables_that_httpx_does_not_read_are_not_looked_at(
    make: Callable[..., object], httpx_args: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks://127.0.0.1:1080")
    monkeypatch.setenv("SSL_CERT_FILE", "/nope/ca.pem")
    make("token", httpx_args=httpx_args)


@EACH
@pytest.mark.parametrize(
    ("httpx_args", "problem"),
    [
        ({"proxy": "socks://user:pass-word@proxy"}, "httpx_args: proxy: expected the address"),
        ({"proxy": "http://user:pass-word@proxy:port"}, "httpx_args: proxy: expected the address"),
        ({"proxy": 3128}, "httpx_args: proxy: expected the address"),
        ({"cert": "/nope/client.pem"}, "httpx_args: cert: "),
    ],
)
@pytest.mark.filterwarnings("ignore:`cert=")  # httpx deprecates it
def test_an_argument_for_httpx_that_cannot_be_used_is_named(
    make: Callable[..., object], httpx_args: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ArgumentError, match=f"^{problem}") as caught:
        make("token", httpx_args=httpx_args)
    assert caught.value.argument == "httpx_args"
    assert "pass-word" not in str(caught.value)


@EACH
def test_an_argument_that_httpx_does_not_know_is_named(make: Callable[..., object]) -> None:
    with pytest.raises(TypeError, match="prox"):
        make("token", httpx_args={"proxies": "http://proxy"})


@EACH
def test_usable_variables_make_a_client(
    make: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example:3128")
    monkeypatch.setenv("ALL_PROXY", "https://user:word@[::1]:3128")
    monkeypatch.setenv(
        "NO_PROXY", ".example.com,localhost,::1,10.0.0.0/8,*.internal,http://host:80, ,"
    )
    make("token")


def test_no_proxy_is_looked_at_where_none_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks://127.0.0.1:1080")
    monkeypatch.setenv("NO_PROXY", "[::1],*")
    AuthenticatedClient("token")


def test_clients_share_the_usual_tls_context() -> None:
    one, other = (tls_context() for _ in range(2))
    assert one is other
    assert (one.verify_mode, one.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert one.cert_store_stats() == httpx.create_ssl_context().cert_store_stats()


def tls_context(**httpx_args: Any) -> ssl.SSLContext:
    client = AuthenticatedClient("token", httpx_args=httpx_args)
    context = client._httpx_args["verify"]
    assert isinstance(context, ssl.SSLContext)
    return context


def test_other_settings_have_a_tls_context_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, authority, key_log = tls_context(), trustme.CA(), str(tmp_path / "keys")
    assert tls_context(verify=False).verify_mode == ssl.CERT_NONE
    assert with_tls_context({"http2": True})["verify"] is not usual  # a client would need h2
    monkeypatch.setenv("SSLKEYLOGFILE", key_log)
    assert tls_context().keylog_filename == key_log
    monkeypatch.delenv("SSLKEYLOGFILE")
    assert tls_context().keylog_filename is None
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    own = tls_context()
    assert len(own.get_ca_certs()) == 1
    assert tls_context() is own
    path.write_bytes(path.read_bytes() + trustme.CA().cert_pem.bytes())
    assert len(tls_context().get_ca_certs()) == 2
    assert tls_context(trust_env=False) is usual
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert tls_context().get_ca_certs() == []
    monkeypatch.delenv("SSL_CERT_DIR")
    assert tls_context() is usual


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_process_has_a_tls_context_of_its_own() -> None:
    of_parent = tls_context()

    def is_another() -> None:
        assert tls_context() is not of_parent

    assert succeeds_in_child(is_another)


def test_a_tls_context_of_ones_own_is_used() -> None:
    context = ssl.create_default_context()
    AuthenticatedClient("token", httpx_args={"verify": context})


# Addresses


@EACH
@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "api.hubapi.com",
        "ftp://api.hubapi.com",
        "http://",
        "http://host:99999",
        "http://host:port",
        "http://[::1",
        "http://exa mple.com",
        "http://a..b",
        "http://" + "a" * 64 + ".com",
        "http://\x00",
        "http://user:word@host",
        "http://host?query",
        "http://\ud800",
        None,
        8080,
        b"http://host",
    ],
)
def test_an_address_that_cannot_be_one_is_refused(
    make: Callable[..., object], base_url: object
) -> None:
    with pytest.raises(ArgumentError, match=r"^base_url: "):
        make("token", base_url=base_url)


@given(st.one_of(st.text(), st.from_regex(r"https?://[^/]{1,70}.*")))
def test_any_address_makes_a_client_or_is_refused(base_url: str) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200))
    with suppress(ArgumentError):
        AuthenticatedClient("token", base_url, httpx_args={"transport": transport})


# The access token


def test_a_line_end_of_the_variable_is_no_part_of_the_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(200, json={"results": []})

    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", " pat-na1-secret\r\n")
    transport = httpx.MockTransport(answer)
    with HubSpot(httpx_args={"transport": transport}) as hubspot:
        hubspot.read_associations("0-1", "0-2", ["1"]).all()
    assert seen == ["Bearer pat-na1-secret"]


@pytest.mark.parametrize("value", ["", " \n", "pat\nna1", "pat-ü", '"pat na1"'])
def test_a_variable_that_holds_no_token_is_named_and_not_shown(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", value)
    for make in (HubSpot, AsyncHubSpot):
        with pytest.raises(ArgumentError, match="HUBSPOT_ACCESS_TOKEN") as caught:
            make()
        assert "pat" not in str(caught.value)
