"""Masks access tokens that a response repeats."""

from __future__ import annotations

import re
from collections.abc import Iterable

import httpx

MASK = "[access token]"
SHORTEST = 8
"""Minimum number of characters of a token that is masked."""


def masked(text: str, tokens: Iterable[str]) -> str:
    """Return a text with the access tokens in it masked."""
    for token in _maskable(tokens):
        text = text.replace(token, MASK)
    return text


def without_tokens(response: httpx.Response, tokens: Iterable[str]) -> tuple[bytes, httpx.Headers]:
    """Return body and headers with the access tokens in them masked."""
    content, headers = response.content, response.headers
    plain = _ESCAPED.sub(_unescaped, content) if b"\\" in content else content
    for token in _maskable(tokens):
        if token.encode() in plain:
            content = _spellings(token).sub(MASK.encode(), content)
        if any(token.encode() in value for _, value in headers.raw):
            raw = [
                (name, value.replace(token.encode(), MASK.encode())) for name, value in headers.raw
            ]
            headers = httpx.Headers(raw)
    return content, headers


_ESCAPED = re.compile(rb"\\(?:u00([2-7][0-9A-Fa-f])|/)")


def _unescaped(match: re.Match[bytes]) -> bytes:
    return bytes.fromhex(match[1].decode()) if match[1] else b"/"


def _spellings(token: str) -> re.Pattern[bytes]:
    """Return a pattern for a token in JSON, where each character may be escaped."""
    each = (rf"(?:\\?{re.escape(char)}|(?i:\\u{ord(char):04x}))" for char in token)
    return re.compile("".join(each).encode())


def _maskable(tokens: Iterable[str]) -> list[str]:
    # HubSpot's tokens are longer, and replacing a common word would garble the response.
    # Longest first: one may start with another.
    return sorted(
        (token for token in list(tokens) if len(token) >= SHORTEST), key=len, reverse=True
    )
