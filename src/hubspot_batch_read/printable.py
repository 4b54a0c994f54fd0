"""Text from elsewhere, as it can be shown."""

from __future__ import annotations

from unicodedata import category


def printable(text: str) -> str:
    r"""Return a text for a terminal or a log: on one line, and with nothing hidden in it.

    Control characters, line ends, marks that change the direction of text, characters without a
    width and halves of surrogate pairs are escaped as in Python: ESC becomes `\x1b`.
    """
    if text.isprintable():
        return text
    return "".join(each if _is_harmless(each) else _escaped(each) for each in text)


def _is_harmless(character: str) -> bool:
    return character.isprintable() or category(character) == "Zs"  # a space of some width


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
