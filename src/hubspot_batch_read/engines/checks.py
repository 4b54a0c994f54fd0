"""Checks of a `TableRead`, which find mistakes before it is sent anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from hubspot_batch_read.core.id_checks import refuse_other_things, shown
from hubspot_batch_read.engines.tokens import TokenFile, TokenVariable
from hubspot_batch_read_api.errors import ArgumentError


def check_columns(id_column: object, portal_column: object) -> None:
    """Raise ArgumentError unless these are two different names; `portal_column` may be None."""
    names = {"id_column": id_column, "portal_column": portal_column}
    for argument, name in names.items():
        if not (isinstance(name, str) or (name is None and argument == "portal_column")):
            raise ArgumentError(argument, f"expected a name, got {shown(name)}")
    if portal_column == id_column:
        raise ArgumentError("portal_column", "it must differ from id_column")


def check_portal(portal: object, ids: object) -> None:
    """Raise TypeError unless these are a portal and an iterable of ids."""
    if not isinstance(portal, str):
        raise TypeError(f"ids: expected a portal as text, got {shown(portal)}")
    refuse_other_things(f"ids of the portal {portal}", ids)


def check_is_function(access_token: object, portal_column: str | None) -> None:
    """Raise TypeError for a plain token, which would be pickled with the description.

    Also for a `TokenVariable` or `TokenFile` with a `portal_column`: the portals would share it.
    """
    if not callable(access_token):
        raise TypeError(
            "access_token: a TableRead must not contain a token, because engines store and "
            'show it; pass TokenVariable("NAME"), TokenFile("/path") or a function that returns it'
        )
    if portal_column is not None and isinstance(access_token, TokenVariable | TokenFile):
        raise TypeError(
            "access_token: with a portal_column, pass a function that is called with the portal "
            "and returns its token"
        )


def check_holds_no_secret(httpx_args: Mapping[str, Any]) -> None:
    """Raise TypeError for arguments that may be secret, which would be pickled with a description.

    These are passwords of a proxy or a key, and all headers but the User-Agent, cookies and
    parameters, since some gateways expect a key there.
    """
    proxy = httpx_args.get("proxy")
    if proxy is not None and _with_auth(proxy).raw_auth is not None:
        raise TypeError(
            "a TableRead whose proxy has a password cannot be pickled; set HTTPS_PROXY in the "
            "processes that read"
        )
    headers = httpx.Headers(httpx_args.get("headers")).keys() - {"user-agent"}
    secrets = {
        "headers": headers,
        "cookies": httpx_args.get("cookies"),
        "params": httpx_args.get("params"),
        "cert": isinstance(cert := httpx_args.get("cert"), tuple) and len(cert) > 2,
    }
    if found := [name for name, is_there in secrets.items() if is_there]:
        raise TypeError(
            f"a TableRead with {found[0]} in httpx_args cannot be pickled, because engines store "
            "and show it; pass a function as settings, which is called in the process that reads"
        )


def _with_auth(proxy: Any) -> httpx.Proxy:
    return proxy if isinstance(proxy, httpx.Proxy) else httpx.Proxy(proxy)
