"""A last check for secrets, before a text is written or shown."""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode
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
    """Return whether a text contains a secret: plain, escaped, in hexadecimal or in base64."""
    views = {text, unquote(text), html.unescape(text), _without_escapes(text)}
    # The text before and after the secret changes the characters at its ends.
    encoded = [b64encode(bytes(before) + secret.encode()).decode()[4:-4] for before in range(3)]
    forms = {secret, secret.encode().hex(), *(each for each in encoded if len(each) > 7)}
    return any(form.lower() in view.lower() for form in forms for view in views)


def _without_escapes(text: str) -> str:
    escape = r"\\u[0-9a-fA-F]{4}|\\/"
    return re.sub(escape, lambda match: str(json.loads(f'"{match[0]}"')), text)
