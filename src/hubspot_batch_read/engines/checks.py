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


def check_holds_no_password(httpx_args: Mapping[str, Any] | None) -> None:
    """Raise TypeError if the address of a proxy has a password."""
    proxy = (httpx_args or {}).get("proxy")
    if proxy is None:
        return
    if (proxy if isinstance(proxy, httpx.Proxy) else httpx.Proxy(proxy)).raw_auth is not None:
        raise TypeError(
            "a TableRead whose proxy has a password cannot be pickled; set HTTPS_PROXY in the "
            "processes that read"
        )
