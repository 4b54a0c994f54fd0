"""Fixture files: find, format and write them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple, NotRequired, TypeGuard

from recording.normalise import Exchange, Json

ROOT: Final = Path(__file__).resolve().parents[2]
FIXTURES: Final = ROOT / "tests" / "contract" / "fixtures"
WIDTH: Final = 88


class Fixture(Exchange):
    """A request, its response, and what the SDK should return."""

    source: str
    expect: Json
    drift: NotRequired[list[str]]


class Case(NamedTuple):
    """A fixture and its path."""

    name: str
    path: Path
    fixture: Fixture


def find(folder: Path, names: Sequence[str] = ()) -> list[Case]:
    """Return the named fixtures, or all. Raises KeyError for an unknown name."""
    paths = {f"{path.parent.name}/{path.stem}": path for path in sorted(folder.glob("*/*.json"))}
    return [_case(name, paths[name]) for name in names or paths]


def _case(name: str, path: Path) -> Case:
    return Case(name, path, json.loads(path.read_text("utf-8")))


# Writing --------------------------------------------------------------------------------------


def layout(value: object) -> str:
    """Return the text of a fixture; a value that fits into a line is put on one."""
    return _lines(value, indent=0, beside=0) + "\n"


def _lines(value: object, indent: int, beside: int) -> str:
    """Format a value that has `beside` other characters on its line."""
    line = json.dumps(value)
    if not _holds_values(value) or indent + beside + len(line) <= WIDTH:
        return line
    begin, end = line[0], line[-1]
    keys = [f"{json.dumps(key)}: " for key in value] if isinstance(value, dict) else None
    inside: Iterable[object] = value.values() if isinstance(value, dict) else value
    parts = []
    for number, inner in enumerate(inside):
        key = keys[number] if keys else ""
        comma = "," if number < len(value) - 1 else ""
        text = _lines(inner, indent + 2, len(key) + len(comma))
        parts.append(f"{' ' * (indent + 2)}{key}{text}{comma}\n")
    return f"{begin}\n{''.join(parts)}{' ' * indent}{end}"


def _holds_values(value: object) -> TypeGuard[dict[str, object] | list[object]]:
    return isinstance(value, dict | list) and bool(value)


def write(path: Path, text: str) -> None:
    """Write a fixture atomically. Raises OSError."""
    beside = path.with_suffix(".new")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
