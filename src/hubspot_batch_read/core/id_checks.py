"""Checks of ids and of iterables of ids; their messages say what probably went wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from reprlib import repr as short_repr

from hubspot_batch_read.core.id_texts import text_of
from hubspot_batch_read_api.errors import ArgumentError

_SPOILT = re.compile(
    r"""
    (?P<decimal> [+-]?\d+(?:\.\d*|,0+) ) |
    (?P<rounded> [+-]?\d(?:[.,]\d+)?[Ee][+-]?\d{1,3} ) |
    (?P<missing> (?i:nan|none|null|nat|<na>|n/a) ) |
    (?P<formula> [=\#].* )
    """,
    re.VERBOSE | re.ASCII,
)
_WHAT_HAPPENED = {
    "decimal": "a spreadsheet or pandas made it a decimal number; export the column as text",
    "rounded": "a spreadsheet or pandas rounded it, and digits are lost; export the column as text",
    "missing": "it stands for a missing value",
    "formula": "it is a formula or an error of a spreadsheet",
}


class InvalidIdError(ArgumentError):
    """A value is not a valid id; `argument` gives its position, such as `ids[3]`."""

    value: str
    """The value, or a few characters of its repr if it is not text."""

    def __init__(self, argument: str, problem: str, value: str) -> None:
        """Keep the value and what is wrong with it."""
        super().__init__(argument, problem)
        self.value = value


def checked(value: object, argument: str) -> str:
    """Return the text of an id.

    Args:
        value: The id, or an InvalidIdError for a value that the caller knows to be invalid.
        argument: The position of the value, such as `ids[3]`.

    Raises:
        InvalidIdError: It is not a valid id.
    """
    if isinstance(value, InvalidIdError):
        raise value
    text = text_of(value)
    problem = problem_of_object(value) if text is None else problem_of_text(text)
    if text is not None and problem is None:
        return text
    reason = f": {problem}" if problem else ""
    raise InvalidIdError(
        argument,
        f"expected an id as text or whole number, got {shown(value)}{reason}",
        value if type(value) is str else shown(value),
    )


def valid_text(value: object) -> str | None:
    """Return the text of an id, or None for a value that is not a valid id."""
    text = text_of(value)
    return None if text is None or problem_of_text(text) else text


def problem_of_text(text: str) -> str | None:
    """Return why a text is not a valid id, or None if it may be one."""
    if not text:
        return "it is empty"
    if text != text.strip():
        return "there is space around it"
    if not text.isprintable():
        return "it has characters that cannot be printed"
    return what_spoilt(text)


def what_spoilt(text: str) -> str | None:
    """Return what a spreadsheet or pandas did to an id, or None."""
    spoilt = _SPOILT.fullmatch(text)
    return _WHAT_HAPPENED[str(spoilt.lastgroup)] if spoilt else None


def problem_of_object(value: object) -> str | None:
    """Return why a value is neither text nor a whole number, or None if that is not known."""
    is_nan = isinstance(value, float) and value != value  # only NaN differs from itself
    if value is None or is_nan or type(value).__name__ in {"NAType", "NaTType"}:
        return "it stands for a missing value"
    if isinstance(value, float):
        return "pandas turns whole numbers into floats if some are missing; use text or Int64"
    return None


def refuse_other_things(name: str, ids: object) -> None:
    """Raise TypeError for an argument that is not an iterable of ids, even if it is iterable.

    Args:
        name: The name of the argument in the error.
        ids: The argument. Iterating over a table or a dict would yield its columns or its keys.
    """
    columns = getattr(type(ids), "columns", None)
    if columns is not None and not callable(columns):  # of pandas, Polars, pyarrow or DuckDB
        instead = f'a {type(ids).__name__}; pass one of its columns, such as table["id"]'
    elif isinstance(ids, Mapping):
        instead = f"a {type(ids).__name__}; pass its keys() or its values()"
    elif hasattr(type(ids), "to_pylist"):  # a pyarrow array, whose scalars are not ids
        instead = f"a {type(ids).__name__}; pass its to_pylist()"
    elif isinstance(ids, str | bytes) or not isinstance(ids, Iterable):
        instead = shown(ids)
    else:
        return
    raise TypeError(f"{name}: expected an iterable of ids, got {instead}")


def shown(value: object) -> str:
    """Return a short repr of a value, even if its own `__repr__` fails."""
    try:
        return short_repr(value)
    except Exception:  # noqa: BLE001 - see above
        return f"something of type {type(value).__name__}"
