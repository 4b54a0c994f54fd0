"""Functions that check an operation's arguments, and return the values to send."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress

from hubspot_batch_read_runtime.errors import ArgumentError


def path_segment(name: str, value: object) -> str:
    """Return an object type that is safe in a path.

    Raises:
        ArgumentError: The value has characters that an object type cannot have.
    """
    if not isinstance(value, str) or not re.fullmatch("[A-Za-z0-9_-]+", value):
        raise ArgumentError(name, f"expected letters, digits, '_' and '-' only, got {value!r}")
    return value


def iso_date(name: str, value: object) -> str | None:
    """Return a date, or text in this form already, as YYYY-MM-DD.

    Raises:
        ArgumentError: The value is neither.
    """
    if value is None:
        return None
    if isinstance(value, datetime.date):
        # Not value.isoformat(): for a datetime, that includes the time.
        return datetime.date.isoformat(value)
    if isinstance(value, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        with suppress(ValueError):
            return datetime.date.fromisoformat(value).isoformat()
    raise ArgumentError(name, f"expected a date or YYYY-MM-DD, got {value!r}")


def comma_separated(name: str, value: object) -> str | None:
    """Return a list of names as one comma-separated value, or None if it is empty.

    Raises:
        ArgumentError: The value is not a list of names, or a name is empty or has a comma.
    """
    if value is None:
        return None
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ArgumentError(name, f"expected a list of names, got {value!r}")
    items = list(value)
    for item in items:
        if not isinstance(item, str) or not item or "," in item:
            raise ArgumentError(name, f"expected names without commas, got {item!r}")
    return ",".join(items) or None


def without_none(parameters: Mapping[str, str | None]) -> dict[str, str]:
    """Return the parameters that have a value."""
    return {name: value for name, value in parameters.items() if value is not None}
