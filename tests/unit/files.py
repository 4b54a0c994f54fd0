"""Reads that are written to files, with a function instead of HubSpot."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any, cast

import pyarrow.parquet as pq
from attrs import define, evolve

from hubspot_batch_read import Read
from hubspot_batch_read.core.chunk import Request
from hubspot_batch_read.core.id_texts import Id
from hubspot_batch_read.core.ids import Ids
from hubspot_batch_read.core.operation import Operation
from hubspot_batch_read.core.plan import Plan
from hubspot_batch_read.driving.driver import Driver
from hubspot_batch_read.operations import associations
from hubspot_batch_read_api.models import Association
from tests.unit.test_plan import kind

FORMATS = ["jsonl", "csv", "parquet"]
IDS: list[object] = [*range(1, 12), "x", 3, "1;2", "a", 13, 5, *range(14, 23), "23", 24.0, 23, 25]
"""Including invalid and repeated ones."""


class Killed(BaseException):
    """Stands for the end of the process: nothing is written after it."""


@define
class Answered:
    """A response."""

    parsed: Any
    headers: None = None


def answer(request: Request[Association]) -> dict[str, object]:
    """Return the response to a request, always the same for each id."""
    found = [id_ for id_ in request.inputs if len(id_) != 1 or id_ in "1357x"]
    rows = [
        {
            "from": {"id": id_},
            "to": [
                {"toObjectId": f"{id_}-{number}", "associationTypes": [kind(7)]}
                for number in range(1 + len(id_))
            ],
        }
        for id_ in found
    ]
    errors = [
        {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": f"no {id_}",
            "context": {"fromObjectId": [id_]},
            **({"subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND"} if id_ != "2" else {}),
        }
        for id_ in request.inputs
        if id_ not in found and id_ != "4"
    ]
    return {"results": rows, "errors": errors}


def reading(
    ids: Iterable[object] = IDS,
    *,
    send: Callable[[Request[Association]], object] = answer,
    operation: Operation[Association] | None = None,
    collect: bool = True,
    size: int = 3,
) -> Read[Association]:
    """Return a read of ids, in small chunks."""
    operation = operation or associations("contacts", "companies")
    plan: Plan[Association] = Plan(
        evolve(operation, max_inputs=size),
        Ids(cast("Iterable[Id]", ids)),
        window=1,
        collect=collect,
    )

    def respond(request: Request[Association], _: object) -> Any:
        return Answered(plan.decode(json.dumps(send(request)).encode()))

    return Read(Driver(plan, respond, max_concurrency=1))


def failing(ids: Collection[str]) -> Callable[[Request[Association]], object]:
    """Return a function that responds to requests, but fails for those with some ids."""

    def send(request: Request[Association]) -> object:
        return answer(request) if request.inputs.keys().isdisjoint(ids) else {"results": 5}

    return send


def rows(path: Path) -> list[str]:
    """Return the rows of a file, sorted."""
    if path.suffix == ".parquet":
        return sorted(map(str, pq.read_table(path).to_pylist()))
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return sorted(map(str, csv.reader(file)))
    return sorted(path.read_text().splitlines())


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a file of missing ids."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]
