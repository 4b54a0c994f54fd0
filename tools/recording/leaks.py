"""Search a text for secrets, before it is written or shown."""

from __future__ import annotations

import html
import re
from typing import Final
from urllib.parse import unquote

SECRETS: Final = {
    "private app token": r"\bpat-[a-z]{2}\d-",
    "authorization": r"(?i)\bbearer\b|authorization",
    "e-mail address": r"[\w.+-]+@(?!example\.)[\w-]+\.\w+",
    "portal id": r"(?i)\b(hub|portal|app)_?id\b",
}
"""Patterns of secrets, by kind."""


def find_secrets(text: str) -> list[str]:
    """Return the kinds of secrets that a text seems to contain."""
    return [kind for kind, pattern in SECRETS.items() if re.search(pattern, text)]


def holds(text: str, secret: str) -> bool:
    """Return whether a text contains a secret, in any letter case, plain or escaped."""
    views = (text, unquote(text), html.unescape(text))
    return any(secret.lower() in view.lower() for view in views)
