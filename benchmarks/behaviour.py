"""Compares how this SDK and HubSpot's two handle large reads and failures: `make bench-behaviour`.

Each reads associations from the sandbox, used as its documentation says, in the same scenarios. The
results are written to behaviour.json, and are the table in README.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from importlib import import_module
from importlib.metadata import version
from importlib.resources import files
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from contenders import API_CLIENT, DISTRIBUTIONS, OURS, SDK

from hubspot_batch_read.sandbox import (
    Altered,
    Drop,
    FaultSource,
    Portal,
    RateLimits,
    Sandbox,
    Specimen,
    in_order,
    incidents,
)
from hubspot_batch_read.sandbox.answers import ENDPOINTS
from hubspot_batch_read.sandbox.http import service

FOLDER = Path(__file__).resolve().parent
RESULTS = FOLDER / "behaviour.json"
SPEEDS = FOLDER / "results.json"
CHUNK = 1000
PACKAGES = {OURS: "hubspot_batch_read", API_CLIENT: "hubspot", SDK: "hubspot_sdk"}
V4 = replace(
    ENDPOINTS[0],
    operation_id="readAssociationsV4",
    path="/crm/v4/associations/{fromObjectType}/{toObjectType}/batch/read",
)
"""The path that hubspot-api-client reads; its schema is that of 2026-03."""


class Found(NamedTuple):
    """The result of a read."""

    rows: list[Any]
    """The rows that it returned, of any type."""
    named: list[str]
    """The ids without a row that it names."""
    note: str = ""
    """A remark on where it names them, such as " in an undeclared field"."""


Read = Callable[[list[str]], Found]


class Question(NamedTuple):
    """A scenario, and how to describe the result."""

    ids: Callable[[Portal], Sequence[str]]
    words: Callable[[Found, Sandbox], str]
    faults: Callable[[], FaultSource] | None = None
    limits: RateLimits | None = None
    chunked: bool = False
    """Whether clients that read one chunk at a time are called in a loop."""


def main() -> None:
    """Run every scenario with each SDK, write the results, and print the table."""
    results = {
        "versions": {name: version(DISTRIBUTIONS[name]) for name in PACKAGES},
        "questions": {
            text: {name: asked(question, name) for name in READERS}
            for text, question in QUESTIONS.items()
        },
        "typed": {
            name: files(package).joinpath("py.typed").is_file()
            for name, package in PACKAGES.items()
        },
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    print(table(results, json.loads(SPEEDS.read_text())))


def asked(question: Question, name: str) -> str:
    """Return the result in words."""
    faults = question.faults() if question.faults else None
    portal = Portal(seed=7, contacts=15 * CHUNK)
    with (
        patch.object(service, "ENDPOINTS", (*ENDPOINTS, V4)),
        Sandbox(portal=portal, faults=faults, limits=question.limits) as sandbox,
        READERS[name](sandbox) as read,
    ):
        ids = list(question.ids(portal))
        size = CHUNK if question.chunked and name != OURS else len(ids)
        try:
            parts = [read(ids[start : start + size]) for start in range(0, len(ids), size)]
        except Exception as error:  # noqa: BLE001 - the exception is the result
            return f"raises `{type(error).__name__}` {after(sandbox)}"
        found = Found(
            [row for part in parts for row in part.rows],
            [id_ for part in parts for id_ in part.named],
            parts[0].note,
        )
        return question.words(found, sandbox)


def after(sandbox: Sandbox) -> str:
    """Return the number of requests so far, in words."""
    return f"after {counted(sandbox.traffic.requests, 'request')}"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, such as "2 rows"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


@contextmanager
def ours(sandbox: Sandbox) -> Iterator[Read]:
    """Yield a function that reads with `HubSpot`, all ids at once."""
    client = import_module("hubspot_batch_read").HubSpot
    with client(sandbox.token, base_url=sandbox.base_url) as hubspot:

        def read(ids: list[str]) -> Found:
            contacts = hubspot.read_associations("contacts", "companies", ids)
            return Found(contacts.all(), [missing.id for missing in contacts.missing])

        yield read


@contextmanager
def api_client(sandbox: Sandbox) -> Iterator[Read]:
    """Yield a function that reads with hubspot-api-client, with the retries of its README."""
    retry = import_module("urllib3.util.retry").Retry(
        total=5, backoff_factor=0.3, status_forcelist=(429, 500, 502, 504)
    )
    create = import_module("hubspot").Client.create
    client = create(access_token=sandbox.token, retry=retry, host=sandbox.base_url)
    models = import_module("hubspot.crm.associations.v4")
    get_page = client.crm.associations.v4.batch_api.get_page

    def read(ids: list[str]) -> Found:
        inputs = [models.PublicFetchAssociationsBatchRequest(id=id_) for id_ in ids]
        body = models.BatchInputPublicFetchAssociationsBatchRequest(inputs=inputs)
        answer = get_page("contacts", "companies", body)
        errors = getattr(answer, "errors", None) or []
        return Found(answer.results, named(ids, [error.context for error in errors]))

    yield read


@contextmanager
def sdk(sandbox: Sandbox) -> Iterator[Read]:
    """Yield a function that reads with hubspot-sdk, which has its own retries."""
    client = import_module("hubspot_sdk").HubSpot
    with client(access_token=sandbox.token, base_url=sandbox.base_url) as hubspot:
        get = hubspot.crm.associations.batch.get

        def read(ids: list[str]) -> Found:
            inputs = [{"id": id_} for id_ in ids]
            answer = get("companies", from_object_type="contacts", inputs=inputs)
            errors = getattr(answer, "errors", [])
            declared = "errors" in type(answer).model_fields
            names = named(ids, [error["context"] for error in errors])
            return Found(answer.results, names, "" if declared else " in an undeclared field")

        yield read


def named(ids: list[str], contexts: list[Mapping[str, list[str]]]) -> list[str]:
    """Return the ids that the contexts of errors name."""
    values = {value for context in contexts for values in context.values() for value in values}
    return [id_ for id_ in ids if id_ in values]


def without_from(document: dict[str, Any]) -> dict[str, Any]:
    """Return a response whose first row does not say which object it is about."""
    del document["results"][0]["from"]
    return document


def contacts(*specimens: Specimen) -> Callable[[Portal], list[str]]:
    """Return a function that picks these contacts of a portal."""
    return lambda portal: [portal.contact_ids[each] for each in specimens]


def rows_and_names(found: Found, sandbox: Sandbox) -> str:
    """Return the number of rows, and of the ids without a row that are named."""
    ids = [getattr(row, "from_", None) or getattr(row, "_from", None) for row in found.rows]
    nameless = f", {ids.count(None)} of them without an id" if None in ids else ""
    named_ids = f", {counted(len(found.named), 'id')} named{found.note}" if found.named else ""
    return f"{counted(len(ids), 'row')}{nameless}{named_ids} {after(sandbox)}"


def associations(found: Found, sandbox: Sandbox) -> str:
    """Return the number of associations of the only row."""
    return f"{len(found.rows[0].to):,} {after(sandbox)}"


def id_type(found: Found, _sandbox: Sandbox) -> str:
    """Return the type of the ids of associated objects."""
    return f"`{type(found.rows[0].to[0].to_object_id).__name__}`"


QUESTIONS = {
    "2500 ids in one call": Question(lambda portal: portal.contact_ids[:2500], rows_and_names),
    "a contact with 1250 associations": Question(contacts(Specimen.MANY_PAGES), associations),
    "a contact, one without associations, and a malformed id": Question(
        lambda portal: [*contacts(Specimen.ALONE, Specimen.LABELLED)(portal), "nonsense"],
        rows_and_names,
    ),
    "an id sent as a number": Question(contacts(Specimen.LABELLED), id_type),
    "one of two rows lacks its `from`": Question(
        contacts(Specimen.LABELLED, Specimen.OVER_100),
        rows_and_names,
        lambda: in_order([Altered(without_from)]),
    ),
    "a 502 with an HTML page, once": Question(
        contacts(Specimen.LABELLED), rows_and_names, lambda: in_order([incidents.bad_gateway()])
    ),
    "a response that breaks off, once": Question(
        contacts(Specimen.LABELLED), rows_and_names, lambda: in_order([Drop.MIDDLE])
    ),
    "15,000 ids, with a limit of 10 requests in ten seconds": Question(
        lambda portal: portal.contact_ids,
        rows_and_names,
        limits=RateLimits(ten_secondly=10),
        chunked=True,
    ),
    "a 429 for the daily limit": Question(
        contacts(Specimen.LABELLED),
        rows_and_names,
        lambda: in_order(repeat(incidents.rate_limited("DAILY"))),
    ),
}
READERS: dict[str, Callable[[Sandbox], AbstractContextManager[Read]]] = {
    OURS: ours,
    API_CLIENT: api_client,
    SDK: sdk,
}


def table(results: dict[str, Any], speeds: dict[str, Any]) -> str:
    """Return the results as a table in Markdown, with the speeds that `make bench` measured."""
    heads = (f"{name} {number}" for name, number in results["versions"].items())
    typed = ("yes" if marked else "no" for marked in results["typed"].values())
    rows = [
        ("scenario", *heads),
        ("---",) * (len(READERS) + 1),
        *((text, *answers.values()) for text, answers in results["questions"].items()),
        ("is marked as typed (PEP 561)", *typed),
    ]
    for latency, taken in speeds["end_to_end"]["many"].items():
        seconds = (f"{taken[name]['seconds']['median']:.2g} s" for name in READERS)
        rows.append((f"100,000 ids with {latency} latency", *seconds))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    main()
