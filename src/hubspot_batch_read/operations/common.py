"""Functions that several operations share."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import TypeVar

from hubspot_batch_read_api.client import path_segment
from hubspot_batch_read_api.models import Paging
from hubspot_batch_read_api.types import Model, instant

T = TypeVar("T")

NO_ASSOCIATIONS_FOUND = "crm.associations.NO_ASSOCIATIONS_FOUND"


def object_types(from_type: str, to_type: str) -> tuple[str, str]:
    """Return the two types of objects as parts of a path.

    Raises:
        ArgumentError: One cannot be part of a path.
    """
    return path_segment("from_type", from_type), path_segment("to_type", to_type)


def after(paging: Paging | None) -> str | None:
    """Return the cursor of the next page, or None on the last page."""
    return str(paging.next_.after) if paging and paging.next_ else None


def as_instant(value: datetime.datetime | str | None) -> datetime.datetime | None:
    """Return a date and time, which in a plain row is the text that HubSpot sent."""
    return instant(value) if isinstance(value, str) else value


def present(values: Mapping[str, T | None] | None) -> dict[str, T]:
    """Return the values of a map that are not null: plain rows may contain null, unlike models."""
    return {key: value for key, value in (values or {}).items() if value is not None}


def all_additional(rows: Sequence[Model]) -> dict[str, object] | None:
    """Return the unknown keys of all rows, each with the value from the first row that has it."""
    found: dict[str, object] = {}
    for row in reversed(rows):
        found.update(row.additional_properties or {})
    return found or None
