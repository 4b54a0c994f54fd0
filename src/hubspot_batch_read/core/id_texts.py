"""The texts of ids: of a single value of any type, or of many usual values at once.

A read of a million ids remembers each of them. So an id is kept as `int` if that converts back to
the same text, which takes half the memory.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Collection
from typing import Any, NamedTuple, SupportsIndex
from uuid import UUID

Id = str | int | UUID
"""A valid type of an id: text, a whole number (also of NumPy), or a UUID."""

Key = int | str
"""The form in which an id is kept."""

_DECIMAL = re.compile("[1-9][0-9]{0,38}", re.ASCII)
_TOO_LONG = 10**39


def pack(text: str) -> Key:
    """Return the smallest form of an id that `str()` converts back to the same text."""
    return int(text) if _DECIMAL.fullmatch(text) else text


def normal_form(text: str) -> str:
    """Return an id as HubSpot may write it: without leading zeros, in lower case."""
    return text.lstrip("0") or "0" if text.isdecimal() else text.lower()


class Usual(NamedTuple):
    """Values that are decimal numbers, as HubSpot writes them."""

    keys: list[int]
    texts: list[str]


def usual_ids(values: Collection[Any]) -> Usual | None:
    """Return the keys and texts of values, or None if one of them is unusual."""
    kinds = set(map(type, values))
    if kinds not in ({int}, {str}):
        return None
    try:
        keys = [*map(int, values)]
        texts = [*map(str, keys)]
    except ValueError:
        return None
    if kinds == {str} and texts != [*values]:
        return None
    if min(keys) < 1 or max(keys) >= _TOO_LONG:
        return None
    return Usual(keys, texts)


def text_of(value: object) -> str | None:
    """Return the text of a value, or None if its type cannot be that of an id."""
    if isinstance(value, str):
        return str.__str__(value)  # not str(), which an enum overrides
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, SupportsIndex) and not isinstance(value, bool):
        return _decimal(value)
    return None


def _decimal(value: SupportsIndex) -> str | None:
    try:
        return str(operator.index(value))
    except Exception:  # noqa: BLE001 - an array, thousands of digits, or any code of its type
        return None
