"""Masks what is never shown: the access token, and the passwords of proxies."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import unquote
from urllib.request import getproxies


class Hidden:
    """Secrets, which are masked in texts."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Hide some secrets, and the passwords of the proxies in the environment."""
        self._secrets = set(secrets)
        for address in getproxies().values():
            user_and_password = address.rpartition("@")[0].rpartition("://")[2]
            password = user_and_password.partition(":")[2]
            if password:
                header = b64encode(unquote(user_and_password).encode()).decode()
                self._secrets |= {password, unquote(password), header}

    def add(self, secret: str) -> None:
        """Hide another secret."""
        self._secrets.add(secret)

    def mask(self, text: str) -> str:
        """Return a text with the secrets masked."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "[hidden]")
        return text
