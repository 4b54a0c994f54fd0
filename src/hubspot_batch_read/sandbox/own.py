"""Checks of what a test adds to a portal: each returns the value, or raises."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from hubspot_batch_read.sandbox.campaigns import METRIC_NAMES, Asset
from hubspot_batch_read.sandbox.objects import is_object_id

Assets = Mapping[str, Mapping[str, str | None]]
"""For each type of asset, the name of each by its id; None for one without a name."""


def object_id(name: str, value: int | str) -> str:
    """Return the text of an object's id."""
    text = str(value)
    if isinstance(value, bool) or not is_object_id(text):
        raise ValueError(f"{name}: expected a whole number above 0, got {value!r}")
    return text


def guid(name: str, value: str) -> str:
    """Return a GUID as HubSpot writes it."""
    try:
        usual = str(UUID(value))
    except (AttributeError, ValueError):
        usual = None
    if value != usual:
        raise ValueError(f"{name}: expected a GUID in lower case, got {value!r}")
    return value


def labels(values: Iterable[str]) -> list[str]:
    """Return labels of an association, each once."""
    if isinstance(values, str):
        raise TypeError(f"labels: expected a list of labels, got {values!r}")
    found = list(dict.fromkeys(values))
    for each in found:
        if not isinstance(each, str):
            raise TypeError(f"labels: expected text, got {each!r}")
        if not each.strip():
            raise ValueError(f"labels: expected text, got {each!r}")
        if each == "Primary":
            raise ValueError("labels: 'Primary' is HubSpot's own; say primary=True")
    return found


def properties(values: Mapping[str, str]) -> dict[str, str]:
    """Return the properties that are not empty."""
    for name, value in values.items():
        if not name or "," in name:
            raise ValueError(f"properties: expected names without commas, got {name!r}")
        if not isinstance(value, str):
            raise TypeError(f"properties[{name!r}]: expected text, got {value!r}")
    return {name: value for name, value in values.items() if value}


def assets(values: Assets) -> dict[str, list[Asset]]:
    """Return the assets of each type."""
    for kind, named in values.items():
        if kind not in METRIC_NAMES:
            known = ", ".join(METRIC_NAMES)
            raise ValueError(f"assets: expected types out of {known}, got {kind!r}")
        if not isinstance(named, Mapping):
            raise TypeError(f"assets[{kind!r}]: expected names by id, got {named!r}")
    return {
        kind: [Asset(str(id_), name) for id_, name in named.items()]
        for kind, named in values.items()
    }
