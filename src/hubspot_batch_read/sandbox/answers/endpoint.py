"""The description of an endpoint, and the envelope of responses."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

from hubspot_batch_read.sandbox.answers.batch import Batch
from hubspot_batch_read.sandbox.data.portal import Portal

API = "https://api.hubapi.com"
"""The start of links in responses; nothing follows them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The results of a batch, and the errors about inputs without one."""

    results: list[dict[str, Any]]
    errors: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint: its path, maximum number of inputs, required scopes, and response."""

    operation_id: str
    path: str
    max_inputs: int
    scopes: tuple[str, ...]
    read: Callable[[Portal, Batch], Outcome]


def error_item(
    category: str, sub_category: str, message: str, context: dict[str, list[str]]
) -> dict[str, Any]:
    """Return an item of the envelope's `errors`; its `status` is a word (observed)."""
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

    207 with `errors` and `numErrors` if there are errors, otherwise 200 without them; `status` is
    COMPLETE even if every input failed; results and keys are in any order (all observed).
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


def timestamp(time: datetime) -> str:
    """Return a time in UTC with milliseconds and a Z (observed)."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
