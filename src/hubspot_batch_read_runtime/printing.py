"""Text from elsewhere, made safe to print."""

from __future__ import annotations

from unicodedata import category


def printable(text: str) -> str:
    """Return a text in which nothing can act on a terminal or break a line.

    Control characters, marks that change the direction of writing, invisible characters and halves
    of surrogate pairs are escaped, as in Python: `\\x1b`, `\\u202e`.
    """
    if text.isprintable():
        return text
    return "".join(each if _is_harmless(each) else _escaped(each) for each in text)


def one_line(text: bytes) -> str:
    """Return the beginning of a text as one line; it may have to be made printable."""
    return " ".join(text[:1000].decode(errors="replace").split())[:200]


def _is_harmless(character: str) -> bool:
    return character.isprintable() or category(character) == "Zs"  # a space of some width


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
