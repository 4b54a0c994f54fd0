"""A comparison as text or Markdown."""

from __future__ import annotations

from collections import Counter

from comparison.differences import Difference, Meaning, Place
from comparison.matching import Comparison

OUTDATED = "deviation out of date"


def as_text(comparison: Comparison) -> str:
    """Return a line for each difference, and one for what was compared."""
    lines = [line(each, *comparison.sides) for each in comparison.differences]
    return "\n".join([*lines, summary(comparison)])


def line(difference: Difference, old: str, new: str) -> str:
    """Return a difference as a line; `old` and `new` are the names of the sides."""
    where = f"{difference.meaning:<9}  {places(difference)}  {what(difference)}"
    values = f"{new} {difference.new}, {side(difference, old)} {difference.old}"
    return f"{where}: {values}  [{difference.source}]"


def as_markdown(comparison: Comparison) -> str:
    """Return a table with a row for each difference."""
    old, new = comparison.sides
    head = ["meaning", "where", "what", new, old, "stated at"]
    rows = [
        [
            each.meaning,
            _code(places(each)),
            _escaped(what(each)),
            _code(each.new),
            _code(each.old),
            _code(each.source),
        ]
        for each in comparison.differences
    ]
    table = [head, ["---"] * len(head), *rows] if rows else []
    lines = [f"| {' | '.join(row)} |" for row in table]
    return "\n".join([summary(comparison), "", *lines]).rstrip()


def summary(comparison: Comparison) -> str:
    """Return the number of differences, what was compared, and what could not be."""
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
    """Return what differs."""
    if difference.details is not None:
        return f"{difference.what}, {_otherwise(difference.details)}"
    if not difference.outdated_deviation:
        return difference.what
    settled = difference.meaning is Meaning.FORM_ONLY
    return f"{difference.what} ({OUTDATED}{', take it out' if settled else ''})"


def _otherwise(details: tuple[Difference, ...]) -> str:
    """Describe how a newer version differs."""
    named = [f"{places(each, of_one=True)} ({each.what})".lstrip() for each in details]
    return f"different in {', '.join(named)}" if named else "the same but for its path"


def side(difference: Difference, old: str) -> str:
    """Return the name of the old side; for an outdated deviation, "declared"."""
    return "declared" if difference.outdated_deviation else old


def places(difference: Difference, *, of_one: bool = False) -> str:
    """Name every place of a difference; `of_one` leaves out the operation."""
    groups: dict[tuple[str, str], list[Place]] = {}
    for place in difference.places:
        groups.setdefault((place.part.partition(" ")[0], place.path), []).append(place)
    return " and ".join(_group(group, of_one=of_one) for group in groups.values())


def _group(group: list[Place], *, of_one: bool) -> str:
    """Name places that only differ in the operation or the response."""
    operations = "" if of_one else ", ".join(dict.fromkeys(each.operation for each in group))
    parts = ", ".join(dict.fromkeys(each.part for each in group))
    return str(Place(operations, parts.replace(", response ", ", "), group[0].path))


def _code(text: str) -> str:
    return f"`{_escaped(text)}`"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
