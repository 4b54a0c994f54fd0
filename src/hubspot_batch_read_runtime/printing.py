"""Values as text that is short and safe to print."""

from __future__ import annotations

from unicodedata import category

SHOWN_ITEMS = 3
SHOWN_KEYS = 10
SHOWN_CHARACTERS = 200


def brief(value: object) -> str:
    """Return the repr of a value; long lists, maps and texts are shortened, and say by how much."""
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
    """Return a text that cannot control a terminal or break a line.

    Control characters, characters that change the direction of writing, invisible ones and halves
    of surrogate pairs are escaped, as in Python: `\\x1b`, `\\u202e`.
    """
    if text.isprintable():
        return text
    return "".join(each if _is_harmless(each) else _escaped(each) for each in text)


def one_line(text: bytes) -> str:
    """Return the start of a text as one line, which may not be printable yet."""
    return " ".join(text[:1000].decode(errors="replace").split())[:200]


def _is_harmless(character: str) -> bool:
    return character.isprintable() or category(character) == "Zs"  # a space of some width


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
