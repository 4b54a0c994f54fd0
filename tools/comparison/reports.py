"""A comparison as text, JSON or Markdown."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict

from comparison.differences import Difference, Meaning, Place
from comparison.matching import Comparison

OUTDATED = "deviation out of date"


def as_text(comparison: Comparison) -> str:
    """Give a line for each difference, and one for what was compared."""
    lines = [line(each, *comparison.sides) for each in comparison.differences]
    return "\n".join([*lines, summary(comparison)])


def line(difference: Difference, old: str, new: str) -> str:
    """Put a difference in a line; the sides are called `old` and `new`."""
    where = f"{difference.meaning:<9}  {places(difference)}  {what(difference)}"
    values = f"{new} {difference.new}, {side(difference, old)} {difference.old}"
    return f"{where}: {values}  [{difference.source}]"


def as_markdown(comparison: Comparison) -> str:
    """Give a table with a row for each difference."""
    old, new = comparison.sides
    head = ["meaning", "where", "what", new, old, "stated at"]
    rows = [
        [
            each.meaning,
            _code(places(each)),
            what(each),
            _code(each.new),
            _code(each.old),
            _code(each.source),
        ]
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
            side(each, old): each.old,
            "outdated_deviation": each.outdated_deviation,
            "source": each.source,
            "places": [asdict(place) for place in each.places],
        }
        for each in comparison.differences
    ]
    report = {
        "differences": differences,
        "compared": comparison.compared,
        "missing": comparison.missing,
        "failed": comparison.failed,
    }
    return json.dumps(report, indent=2)


def summary(comparison: Comparison) -> str:
    """Say how many differences there are, in what, and what could not be compared."""
    counts = Counter(each.meaning for each in comparison.differences)
    numbers = ", ".join(f"{meaning}: {counts[meaning]}" for meaning in Meaning if counts[meaning])
    said = [
        f"{numbers or 'No differences'}.",
        f"Compared: {', '.join(comparison.compared)}.",
    ]
    if comparison.missing:
        said.append(f"Not in the documents: {', '.join(comparison.missing)}.")
    said += [f"Could not be compared: {failure}." for failure in comparison.failed]
    return " ".join(said)


def what(difference: Difference) -> str:
    """Say what differs."""
    if not difference.outdated_deviation:
        return difference.what
    settled = difference.meaning is Meaning.FORM_ONLY
    return f"{difference.what} ({OUTDATED}{', take it out' if settled else ''})"


def side(difference: Difference, old: str) -> str:
    """Say whose the old value is: where a deviation is out of date, what the spec declares."""
    return "declared" if difference.outdated_deviation else old


def places(difference: Difference) -> str:
    """Name where a difference shows: operations and responses, if the rest is the same."""
    first = difference.places[0]
    alike = [each for each in difference.places if _kind(each) == _kind(first)]
    operations = ", ".join(dict.fromkeys(each.operation for each in alike))
    parts = ", ".join(dict.fromkeys(each.part for each in alike))
    named = Place(operations, parts.replace(", response ", ", "), first.path)
    rest = len(difference.places) - len(alike)
    return f"{named} (and {rest} more)" if rest else str(named)


def _kind(place: Place) -> tuple[str, str]:
    return place.part.partition(" ")[0], place.path


def _code(text: str) -> str:
    escaped = text.replace("|", "\\|")
    return f"`{escaped}`"
