"""Fixture files: their content, and how to find and format them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple, NotRequired, TypeAlias, TypedDict

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | None"

ROOT: Final = Path(__file__).resolve().parents[2]
FIXTURES: Final = ROOT / "tests" / "contract" / "fixtures"
WIDTH: Final = 88


class RecordError(Exception):
    """A response cannot be recorded; the text says why."""


class Request(TypedDict):
    """A request."""

    method: str
    path: str
    query: dict[str, str]
    body: Json


class Response(TypedDict):
    """A response. The body is a string if it is not JSON."""

    status: int
    headers: dict[str, str]
    body: Json


class Exchange(TypedDict):
    """A request and its response."""

    request: Request
    response: Response


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
    """Return the named fixtures, or all. Raises RecordError for an unknown name."""
    paths = {f"{path.parent.name}/{path.stem}": path for path in sorted(folder.glob("*/*.json"))}
    if unknown := [name for name in names if name not in paths]:
        raise RecordError(f"there is no fixture {', '.join(unknown)}")
    return [Case(name, paths[name], json.loads(paths[name].read_text())) for name in names or paths]


def layout(value: object) -> str:
    """Return the text of a fixture; a value that fits into a line is put on one."""
    return _lines(value, "", 0) + "\n"


def lay_out(folder: Path) -> None:
    """Write each fixture in its layout."""
    for case in find(folder):
        case.path.write_text(layout(case.fixture))


def _lines(value: object, indent: str, beside: int) -> str:
    """Format a value that has `beside` other characters on its line."""
    line = json.dumps(value)
    fits = len(indent) + beside + len(line) <= WIDTH
    if fits or not isinstance(value, dict | list):
        return line
    keys = (
        [f"{json.dumps(key)}: " for key in value] if isinstance(value, dict) else [""] * len(value)
    )
    inside = value.values() if isinstance(value, dict) else value
    deeper = f"{indent}  "
    lines = [
        f"{deeper}{key}{_lines(each, deeper, len(key) + 1)}"  # 1 for the comma
        for key, each in zip(keys, inside, strict=True)
    ]
    return "\n".join([line[0], ",\n".join(lines), f"{indent}{line[-1]}"])


if __name__ == "__main__":
    lay_out(FIXTURES)
