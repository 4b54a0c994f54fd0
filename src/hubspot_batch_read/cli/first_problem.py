"""The first problem with a single id, as a sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hubspot_batch_read.cli.options import Options
from hubspot_batch_read.core.results import Missing
from hubspot_batch_read.read import Read

PROBLEMS = {
    "error": "HubSpot has an error for it, without a message",
    "unanswered": "HubSpot did not mention it",
    "invalid": "it is not a valid id",
}
"""The problem of an id without a message, by its reason."""


def first_problem(read: Read[Any], options: Options) -> str | None:
    """Return the problem of the first id that has one, or None.

    If the run was resumed, the ids of earlier runs are only in the file of missing ids.
    """
    if options.resume and options.missing is not None and options.missing.is_file():
        lines = _lines(options.missing)
        return next((_words(**line) for line in lines if line["reason"] in PROBLEMS), None)
    problems = (each for each in read.missing if each.reason in PROBLEMS)
    return next(map(_of, problems), None)


def _of(missing: Missing) -> str:
    return _words(missing.id, missing.reason, missing.message, missing.category)


def _words(
    id: str,  # noqa: A002 - as on the lines
    reason: str,
    message: str | None,
    category: str | None,
    **_: object,
) -> str:
    said = message or category or PROBLEMS[reason]
    return said if reason == "invalid" else f"{id}: {said}"


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open("rb") as file:
        yield from map(json.loads, file)
