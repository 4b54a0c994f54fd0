"""JSON paths like `$.results[0].context["expire time"]`: written, read and followed."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

Key = str | int

_STEP: Final = re.compile(r'\.([A-Za-z_]\w*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]', re.ASCII)


def json_path(keys: tuple[Key, ...]) -> str:
    """Return the path to a place in a JSON value."""
    return "$" + "".join(map(_step, keys))


def parse_path(path: str) -> tuple[Key, ...]:
    """Return the keys in a path."""
    assert path.startswith("$"), f"not a path: {path}"
    return tuple(key for key, _ in _steps(path[1:]))


def children(value: object) -> Iterator[tuple[Key, Any]]:
    """Yield the values directly inside a JSON value, each with its key."""
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def places(value: object, base: tuple[Key, ...] = ()) -> Iterator[tuple[Key, ...]]:
    """Yield every place inside a JSON value."""
    for key, inner in children(value):
        yield (*base, key)
        yield from places(inner, (*base, key))


def at(value: Any, place: tuple[Key, ...]) -> Any:
    """Return the value at a place in a JSON value."""
    for key in place:
        value = value[key]
    return value


def attribute(value: Any, path: str) -> Any:
    """Return the value at `results[0].context["id"]`: names are attributes, brackets are keys."""
    for key, is_name in _steps(f".{path}"):
        value = getattr(value, str(key)) if is_name else value[key]
    return value


def _step(key: Key) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key}" if re.fullmatch(r"[A-Za-z_]\w*", key, re.ASCII) else f"[{json.dumps(key)}]"


def _steps(path: str) -> Iterator[tuple[Key, bool]]:
    """Yield each key, and whether it is written as a name."""
    start = 0
    while start < len(path):
        match = _STEP.match(path, start)
        assert match, f"not a path: {path}"
        name, number, quoted = match.groups()
        yield name or json.loads(number or quoted), bool(name)
        start = match.end()
