"""Addresses, timeouts, proxies and certificates, checked before anything is sent.

httpx would accept some invalid ones, and show the passwords of others in its errors.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from importlib.util import find_spec
from ipaddress import ip_address
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies

import httpx

from hubspot_batch_read_runtime.errors import ArgumentError

if TYPE_CHECKING:
    import ssl

CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""The variables that httpx reads instead of using the certificates of certifi."""


def checked_base_url(base_url: object) -> str:
    """Return the address of a server; raises ArgumentError if it is invalid."""
    with suppress(httpx.InvalidURL, UnicodeError):
        url = httpx.URL(base_url) if isinstance(base_url, str) else httpx.URL()
        # httpx would send a user name and password instead of the token, and log them.
        is_plain = not (url.userinfo or url.query or url.fragment)
        if url.scheme in ("http", "https") and _has_host(url) and is_plain:
            return str(base_url)
    raise ArgumentError(
        "base_url", "expected http(s)://host, optionally with port and path, and nothing else"
    )


def checked_timeout(timeout: object) -> float | httpx.Timeout | None:
    """Return a timeout; raises ArgumentError if it is invalid."""
    if timeout is None or isinstance(timeout, httpx.Timeout):
        return timeout
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < inf:
        problem = f"expected seconds, more than 0, an httpx.Timeout or None, got {timeout!r}"
        raise ArgumentError("timeout", problem)
    return timeout


def with_tls_context(httpx_args: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments with the TLS context that sync and async calls share.

    All clients in a process share it, too, unless they use other certificates, or HTTP/2: httpx
    tells each context which protocols to offer.

    Raises:
        ArgumentError: A file of certificates or keys cannot be used.
    """
    if "transport" in httpx_args:  # has its own context
        return httpx_args
    verify = httpx_args.pop("verify", True)
    cert = httpx_args.pop("cert", None)
    trusts = httpx_args.get("trust_env", True)
    try:
        context = _tls_context(verify, cert, trusts, is_shared=not httpx_args.get("http2"))
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        argument, value = _cause_of_tls_failure(verify, cert, trusts)
        problem = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ArgumentError(argument, f"{value}: {problem}") from None
    return {**httpx_args, "verify": context}


def _tls_context(
    verify: Any, cert: Any, trusts_environment: bool, *, is_shared: bool
) -> ssl.SSLContext:
    file, folder = map(os.environ.get, CERTIFICATES) if trusts_environment else (None, None)
    if verify is True:
        _check_certificate_folders(folder)
        # In a folder, OpenSSL looks when it needs a certificate: nothing is loaded yet.
        if is_shared and not cert and (file or not folder):
            stat = Path(file).stat() if file else None
            version = stat and (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            return _shared_context(file or None, version, os.environ.get("SSLKEYLOGFILE"))
    return httpx.create_ssl_context(verify, cert, trusts_environment)


@lru_cache(maxsize=8)
def _shared_context(file: str | None, _version: object, _key_log: str | None) -> ssl.SSLContext:
    """Return a context for the variables that httpx and Python read; loading one takes 20 ms."""
    return httpx.create_ssl_context(trust_env=file is not None)


if hasattr(os, "register_at_fork"):
    # A thread of the parent may be using the context at the fork, and OpenSSL has locks of its own.
    os.register_at_fork(after_in_child=_shared_context.cache_clear)


def _check_certificate_folders(folders: str | None) -> None:
    # OpenSSL does not check them until it needs a certificate.
    if folders and not any(map(os.path.isdir, folders.split(os.pathsep))):
        raise ValueError("no such folder")


def _cause_of_tls_failure(
    verify: object, cert: object, trusts_environment: bool
) -> tuple[str, str]:
    """Return the argument or variable that is invalid for a TLS context, and the problem."""
    if key_log := os.environ.get("SSLKEYLOGFILE"):  # Python's ssl module reads it in any case
        try:
            Path(key_log).open("ab").close()
        except OSError:
            return "SSLKEYLOGFILE", key_log
    if verify is True and trusts_environment:
        for name in CERTIFICATES:
            if os.environ.get(name):
                return name, os.environ[name]
    return "httpx_args", "cert" if cert and verify in (True, False) else "verify"


def check_proxies(httpx_args: Mapping[str, Any]) -> None:
    """Check the proxies that httpx will use, because its own errors would show passwords.

    Raises:
        ArgumentError: One cannot be used.
    """
    if "transport" in httpx_args:  # httpx then uses no proxy
        return
    if (proxy := httpx_args.get("proxy")) is not None:
        if problem := _problem_of_proxy(proxy):
            raise ArgumentError("httpx_args", f"proxy: {problem}")
    elif httpx_args.get("trust_env", True):
        proxies = getproxies()
        direct = [host.strip() for host in proxies.get("no", "").split(",")]
        if "*" in direct:  # no proxy is used
            return
        for host in direct:
            _check_exception(_variable("no_proxy"), host)
        for scheme in ("http", "https", "all"):
            if address := proxies.get(scheme):
                address = address if "://" in address else f"http://{address}"
                if problem := _problem_of_proxy(address):
                    raise ArgumentError(_variable(f"{scheme}_proxy"), problem)


def _variable(name: str) -> str:
    """Return the name of a variable as it is set; Python prefers the one in lower case."""
    return name if name in os.environ or name.upper() not in os.environ else name.upper()


def _problem_of_proxy(proxy: Any) -> str | None:
    """Return why a proxy is invalid, without its address, or None if it is valid."""
    try:
        url = proxy.url if isinstance(proxy, httpx.Proxy) else httpx.URL(proxy)
    except (httpx.InvalidURL, TypeError, UnicodeError):
        url = httpx.URL()
    if url.scheme not in ("http", "https", "socks5", "socks5h") or not _has_host(url):
        return "expected the address of a proxy, such as http://proxy:3128 or socks5://proxy:1080"
    if url.scheme.startswith("socks") and find_spec("socksio") is None:
        return "for a SOCKS proxy, httpx needs an extra: pip install 'httpx[socks]'"
    return None


def _check_exception(name: str, host: str) -> None:
    with suppress(ValueError):
        ip_address(host.partition("/")[0])
        return
    try:
        httpx.URL(host if "://" in host else f"all://*{host}")
    except httpx.InvalidURL:
        raise ArgumentError(name, f"expected the names of hosts, got {host!r}") from None


def _has_host(url: httpx.URL) -> bool:
    """Return whether an address has a host that can be looked up, and a valid port."""
    name = url.raw_host.decode()
    try:
        name.encode("idna")  # as looking up the name does first
    except UnicodeError:
        return False
    return bool(re.fullmatch("[A-Za-z0-9._-]+|[0-9a-f:.]+", name)) and (url.port or 0) < 65536
