"""The fixtures as files: found by name, laid out, and written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple, NotRequired, TypeGuard

from recording.normalise import Exchange, Json, Request

ROOT: Final = Path(__file__).resolve().parents[2]
FIXTURES: Final = ROOT / "tests" / "contract" / "fixtures"
WIDTH: Final = 88


class Fixture(Exchange):
    """A request, the response to it, and what the SDK is to make of that."""

    source: str
    expect: Json
    drift: NotRequired[list[str]]


class Case(NamedTuple):
    """A fixture, and where it is."""

    name: str
    path: Path
    fixture: Fixture


def find(folder: Path, names: Sequence[str] = ()) -> list[Case]:
    """Give the fixtures of these names, or all of them. KeyError if there is none of a name."""
    paths = {f"{path.parent.name}/{path.stem}": path for path in sorted(folder.glob("*/*.json"))}
    return [_case(name, paths[name]) for name in names or paths]


def _case(name: str, path: Path) -> Case:
    return Case(name, path, json.loads(path.read_text("utf-8")))


# Writing --------------------------------------------------------------------------------------


def layout(value: object) -> str:
    """Give the text of a fixture: what fits into a line is in one."""
    return _lines(value, indent=0, beside=0) + "\n"


def _lines(value: object, indent: int, beside: int) -> str:
    """Lay out a value that has `beside` characters next to it in its line."""
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
    """Write a fixture whole or not at all."""
    beside = path.with_suffix(".new")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


# Order ----------------------------------------------------------------------------------------


def arranged(body: Json, sent: Request, like: Fixture) -> Json:
    """Give an answer with its keys and rows in the fixture's order.

    HubSpot gives both in any order, so they would differ each time.
    """
    model = like["response"]["body"]
    if isinstance(body, dict) and isinstance(rows := body.get("results"), list):
        wanted = _inputs_answered(model, like["request"])
        found = _inputs_answered(body, sent)
        places = [wanted.index(number) if number in wanted else len(wanted) for number in found]
        order = sorted(range(len(rows)), key=places.__getitem__)
        body = {**body, "results": [rows[number] for number in order]}
    return _keys_like(body, model)


def _keys_like(value: Json, like: Json) -> Json:
    """Order keys as another value has them, then by name; all items after the last as that one."""
    if isinstance(value, dict):
        model = like if isinstance(like, dict) else {}
        keys = [key for key in model if key in value] + sorted(value.keys() - model.keys())
        return {key: _keys_like(value[key], model.get(key)) for key in keys}
    if isinstance(value, list):
        models = like if isinstance(like, list) and like else [None]
        last = len(models) - 1
        return [_keys_like(item, models[min(at, last)]) for at, item in enumerate(value)]
    return value


def _inputs_answered(body: Json, request: Request) -> list[int]:
    """Give the number of the first input that each row answers, -1 for none."""
    rows = body.get("results") if isinstance(body, dict) else None
    sent = request["body"]["inputs"] if isinstance(request["body"], dict) else []
    inputs = [_ids(each) for each in sent] if isinstance(sent, list) else []
    return [
        next((number for number, ids in enumerate(inputs) if ids & _ids(row)), -1)
        for row in (rows if isinstance(rows, list) else [])
    ]


def _ids(value: Json) -> set[str]:
    """Give the ids that an input or a row is about."""
    if not isinstance(value, dict):
        return set()
    about = value.get("from", value)
    found = about if isinstance(about, dict) else {}
    return {str(found[key]) for key in ("id", "flowId", "workflowId") if found.get(key) is not None}
