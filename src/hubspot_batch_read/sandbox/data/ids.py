"""Ids: generated ones, and checks of those that tests pass."""

from random import Random
from uuid import UUID


def draw_ids(random: Random, floor: int, number: int) -> range:
    """Return n ids above a floor, evenly spaced, similar to HubSpot's."""
    first = floor + random.randrange(floor // 10)
    step = random.randrange(3, 100)
    return range(first, first + step * number, step)


def index_of(ids: range, id_: str) -> int | None:
    """Return the index of an id, or None if the text is not one of the ids."""
    if not _is_object_id(id_):
        return None
    number = int(id_)
    return ids.index(number) if number in ids else None


def checked_id(name: str, value: int | str) -> str:
    """Return an argument that is an object's id, as text; raises ValueError if it is not one."""
    text = str(value)
    if isinstance(value, bool) or not _is_object_id(text):
        raise ValueError(f"{name}: expected a whole number above 0, got {value!r}")
    return text


def checked_guid(name: str, value: str) -> str:
    """Return an argument that is a GUID as HubSpot writes it; raises ValueError if it is not."""
    try:
        usual = str(UUID(value))
    except (AttributeError, ValueError):
        usual = None
    if value != usual:
        raise ValueError(f"{name}: expected a GUID in lower case, got {value!r}")
    return value


def _is_object_id(text: str) -> bool:
    """Return whether a text is a number as HubSpot writes an id."""
    return text.isascii() and text.isdigit() and len(text) < 20 and text[0] != "0"
