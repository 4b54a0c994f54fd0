"""A comparison as text, JSON or Markdown."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

from comparison.differences import Difference, Place
from comparison.matching import Comparison

OUTDATED = "deviation out of date"


def as_text(comparison: Comparison) -> str:
    """Give a line for each difference, and one for what was compared."""
    lines = [line(each, *comparison.sides) for each in comparison.differences]
    return "\n".join([*lines, summary(comparison)])


def line(difference: Difference, old: str, new: str) -> str:
    """Put a difference in a line; the sides are called `old` and `new`."""
    if difference.outdated_deviation:
        old = "declared"
    where = f"{difference.meaning:<9}  {places(difference)}  {what(difference)}"
    return f"{where}: {new} {difference.new}, {old} {difference.old}"


def as_markdown(comparison: Comparison) -> str:
    """Give a table with a row for each difference."""
    old, new = comparison.sides
    head = ["meaning", "where", "what", new, old]
    rows = [
        [each.meaning, _code(places(each)), what(each), _code(each.new), _code(each.old)]
        for each in comparison.differences
    ]
    table = [head, ["---"] * len(head), *rows] if rows else []
    lines = [f"| {' | '.join(row)} |" for row in table]
    return "\n".join([summary(comparison), "", *lines]).rstrip()


def as_json(comparison: Comparison) -> str:
    """Give everything there is to a program, with all the places of each difference."""
    old, new = comparison.sides
    differences = [
        {
            "meaning": each.meaning,
            "what": each.what,
            new: each.new,
            old: each.old,
            "outdated_deviation": each.outdated_deviation,
            "places": [asdict(place) for place in each.places],
        }
        for each in comparison.differences
    ]
    report = {
        "differences": differences,
        "compared": comparison.compared,
        "missing": comparison.missing,
    }
    return json.dumps(report, indent=2)


def summary(comparison: Comparison) -> str:
    """Say how many differences there are, and in what they were looked for."""
    count = len(comparison.differences)
    differences = "1 difference" if count == 1 else f"{count or 'No'} differences"
    said = f"{differences}. Compared: {', '.join(comparison.compared)}."
    if comparison.missing:
        said += f" Not in the documents: {', '.join(comparison.missing)}."
    return said


def what(difference: Difference) -> str:
    """Say what differs."""
    return f"{difference.what} ({OUTDATED})" if difference.outdated_deviation else difference.what


def places(difference: Difference) -> str:
    """Name the first place, with all responses it is in, and how many others there are."""
    first, *others = difference.places
    together = [each for each in others if replace(each, part=first.part) == first]
    named = replace(first, part=", ".join([first.part, *map(_status, together)]))
    rest = len(others) - len(together)
    return f"{named} (and {rest} more)" if rest else str(named)


def _status(place: Place) -> str:
    return place.part.removeprefix("response ")


def _code(text: str) -> str:
    escaped = text.replace("|", "\\|")
    return f"`{escaped}`"
