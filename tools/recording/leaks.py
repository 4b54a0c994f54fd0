"""The last look at a text before it is written or shown: is there a secret in it?"""

from __future__ import annotations

import html
import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

SECRETS: Final = {
    "private app token": r"\bpat-[a-z]{2}\d-",
    "authorization": r"(?i)\bbearer\b|authorization",
    "e-mail address": r"[\w.+-]+@[\w-]+\.\w+",
    "JSON web token": r"\beyJ[\w-]{8,}",
    "long hexadecimal text": r"\b[0-9a-fA-F]{24,}\b",
    "long base64 text": r"[A-Za-z0-9+_]{32,}",
    # 1000 and so on stand for one.
    "portal id": r"(?i)\b(hub|portal|app)_?id\b(?!\W{1,4}10\d\d\b)",
}
"""What must not be published looks so, by its kind."""
_GUID: Final = r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
_ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})|\\(/)")


def find_secrets(text: str) -> list[str]:
    """Give the kinds of what in a text looks like something that must not be published."""
    text = re.sub(_GUID, "", text)
    return [kind for kind, pattern in SECRETS.items() if re.search(pattern, text)]


def holds(text: str, secret: str) -> bool:
    """Tell whether a text has a secret in it: plain, escaped, in hexadecimal or in base64."""
    views = {view.lower() for view in _views(text)}
    forms = {form.lower() for form in _forms(secret)}
    return any(form in view for form in forms for view in views)


def _views(text: str) -> Iterator[str]:
    yield text
    for _ in range(3):  # one escape inside another
        text = unquote(html.unescape(_ESCAPE.sub(_unescaped, text)))
        yield text


def _unescaped(match: re.Match[str]) -> str:
    return match[2] or chr(int(match[1], 16))


def _forms(secret: str) -> Iterator[str]:
    data = secret.encode()
    yield secret
    yield data.hex()
    for before in range(3):
        # What is before and after the secret mixes into the characters at its ends.
        encoded = b64encode(bytes(before) + data).decode()
        whole = encoded[(0, 2, 3)[before] : -4]
        yield from {whole, whole.replace("+", "-").replace("/", "_")} if len(whole) > 7 else ()
