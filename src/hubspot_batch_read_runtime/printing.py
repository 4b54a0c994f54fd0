"""Values as text: safe to print, and short enough to."""

from __future__ import annotations

from unicodedata import category

SHOWN_ITEMS = 3
SHOWN_KEYS = 10
SHOWN_CHARACTERS = 200


def brief(value: object) -> str:
    """Return the repr of a value, in which a long list, map or text states what it leaves out."""
    match value:
        case list():
            items = [brief(item) for item in value[:SHOWN_ITEMS]]
            return f"[{', '.join(items + _more(len(value) - SHOWN_ITEMS))}]"
        case dict():
            keys = [*value][:SHOWN_KEYS]
            pairs = [f"{key!r}: {brief(value[key])}" for key in keys]
            return f"{{{', '.join(pairs + _more(len(value) - SHOWN_KEYS))}}}"
        case str() if len(value) > SHOWN_CHARACTERS:
            return " ".join([repr(value[:SHOWN_CHARACTERS]), *_more(len(value) - SHOWN_CHARACTERS)])
        case _:
            return repr(value)


def _more(number: int) -> list[str]:
    return [f"… {number:,} more"] if number > 0 else []


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
