"""Decodes single JSON values: text, ids, numbers, date-times.

Each function takes a JSON value and returns the model's value, or raises one of FAULTS.
"""

from __future__ import annotations

import datetime
import math
import re
from contextlib import suppress
from typing import Any, TypeGuard, TypeVar

T = TypeVar("T")

FAULTS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""The exceptions of decoding a wrong value, including KeyError and OverflowError."""


def text(value: object) -> str:
    """Accept text."""
    if isinstance(value, str):
        return value
    raise _mismatch("text", value)


def id_text(value: object) -> str:
    """Accept text, and whole numbers, which become text."""
    if type(value) is int:
        return str(value)
    if isinstance(value, str):
        return value
    if _is_whole(value):
        return str(int(value))
    raise _mismatch("an id", value)


def integer(value: object) -> int:
    """Accept 12, 12.0 (the same number in JSON) and "12"."""
    if _is_whole(value):
        return int(value)
    if isinstance(value, str) and re.fullmatch("-?[0-9]+", value):
        return int(value)
    raise _mismatch("an integer", value)


def _is_whole(value: object) -> TypeGuard[int | float]:
    if isinstance(value, float):
        # Beyond 2**53, a float may have lost digits: the original number is unknown.
        return value.is_integer() and abs(value) <= 2**53
    return isinstance(value, int) and not isinstance(value, bool)


def number(value: object) -> float:
    """Accept any finite number; an int stays an int, because a float may lose digits."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return value
    raise _mismatch("a number", value)


def boolean(value: object) -> bool:
    """Accept true and false."""
    if isinstance(value, bool):
        return value
    raise _mismatch("true or false", value)


def instant(value: object) -> datetime.datetime:
    """Accept an ISO 8601 date-time or date; without an offset it is UTC.

    Fractions are cut off at microseconds. 23:59:60 and 24:00 are read as 00:00 of the next day.
    """
    if not isinstance(value, str):
        raise _mismatch("a date-time", value)
    if _USUAL_INSTANT.fullmatch(value):
        with suppress(ValueError):
            return datetime.datetime.fromisoformat(value)
    match = _INSTANT.fullmatch(value)
    if match is None:
        raise ValueError("expected a date-time, got other text")
    usual, later = value.upper(), datetime.timedelta(0)
    if match["second"] == "60":
        usual, later = _with(match, "second", "59"), datetime.timedelta(seconds=1)
    elif match["hour"] == "24" and not (match["after_hour"] or "").strip("0:.,"):
        usual, later = _with(match, "hour", "00"), datetime.timedelta(days=1)
    try:
        moment = datetime.datetime.fromisoformat(usual) + later
    except (OverflowError, ValueError):
        raise ValueError("expected a date-time, got one that does not exist") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


# fromisoformat accepts more than ISO 8601 does, such as the digits of a Unix time.
_USUAL_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)
_INSTANT = re.compile(
    r"""(?: \d{4}-\d\d-\d\d | \d{8} | \d{4}-?W\d\d-?\d )
    (?: [T ] (?P<hour>\d\d) (?P<after_hour> :?\d\d (?: :?(?P<second>\d\d) (?:[.,]\d+)? )? )?
        (?: Z | [+-]\d\d(?::?\d\d)? )? )?""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)


def _with(match: re.Match[str], group: str, other: str) -> str:
    before, after = match.string[: match.start(group)], match.string[match.end(group) :]
    return f"{before}{other}{after}".upper()


def constant(expected: T, value: object) -> T:
    """Accept one value only."""
    if value != expected:
        raise _mismatch(repr(expected), value)
    return expected


def array(value: object) -> list[Any]:
    """Accept a list."""
    if isinstance(value, list):
        return value
    raise _mismatch("a list", value)


def expected(what: str, value: object) -> str:
    """Return a text that says what was expected, and what the value is."""
    return f"expected {what}, got {_KINDS.get(type(value), type(value).__name__)}"


def _mismatch(what: str, value: object) -> TypeError:
    return TypeError(expected(what, value))


_KINDS: dict[type, str] = {
    bool: "true or false",
    dict: "an object",
    float: "a number",
    int: "a number",
    list: "a list",
    str: "text",
    type(None): "null",
}
