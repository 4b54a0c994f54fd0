"""What the answers of all four operations are made of."""

from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

API = "https://api.hubapi.com"
"""What the links in answers begin with; nothing follows them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The rows that an operation found, and the account of the inputs that have none."""

    results: list[dict[str, Any]]
    errors: list[dict[str, Any]]


def error_item(
    category: str, sub_category: str, message: str, context: dict[str, list[str]]
) -> dict[str, Any]:
    """Return an item of the envelope's `errors`; its `status` is a word, no number (observed)."""
    return {
        "status": "error",
        "category": category,
        "subCategory": sub_category,
        "message": message,
        "context": context,
    }


def envelope(
    outcome: Outcome, started: datetime, completed: datetime, random: Random
) -> tuple[int, dict[str, Any]]:
    """Return the HTTP status and the body for an outcome.

    207 with `errors` and `numErrors` where there are any, else 200 without them; `status` is
    COMPLETE even where every input failed; rows and keys come in any order (all observed).
    """
    body: dict[str, Any] = {
        "status": "COMPLETE",
        "results": random.sample(outcome.results, len(outcome.results)),
        "startedAt": timestamp(started),
        "completedAt": timestamp(completed),
    }
    if outcome.errors:
        body["numErrors"] = len(outcome.errors)
        body["errors"] = outcome.errors
    keys = random.sample(list(body), len(body))
    return 207 if outcome.errors else 200, {key: body[key] for key in keys}


def page(title: str) -> str:
    """Return HubSpot's page in HTML for a wrong path or method (observed)."""
    return f"<html><head><title>Error {title}</title></head><body><h2>{title}</h2></body></html>\n"


def timestamp(time: datetime) -> str:
    """Return a time in UTC with three digits of fraction and a Z (observed)."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
