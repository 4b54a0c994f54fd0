"""Measures reading associations over loopback, from a server that responds as fast as it can.

Each reader has its own process. All but `HubSpot` and `AsyncHubSpot` send one request at a time,
for 1000 ids, as their users would have to. Each object has one association; records are dropped.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from typing import Any

from contenders import API_CLIENT, JSON, OURS, SDK
from processes import ask, peak, say, spread
from server import serve

FIRST_ID = 40_000_000_000
LATENCIES = (0, 30, 150)
ASYNC = f"{OURS}, async"

Read = Callable[[list[str]], int]


def measure(runs: int, number: int, seconds: float) -> dict[str, Any]:
    """Read ids with each latency, and 1000 ids repeatedly for some seconds; return the costs."""
    one: dict[str, Any] = {}
    many: dict[str, Any] = {}
    for latency in LATENCIES:
        answers: dict[str, list[dict[str, Any]]] = {name: [] for name in READERS}
        with serve(latency=latency / 1000) as base_url:
            for run in range(runs):
                for name in READERS:
                    say(f"end to end, {latency} ms, run {run + 1} of {runs}: {name}")
                    arguments = {"name": name, "base_url": base_url}
                    answers[name].append(ask("end_to_end.py", **arguments, number=number))
                    if latency == run == 0:
                        one[name] = ask("end_to_end.py", **arguments, seconds=seconds)
        many[f"{latency} ms"] = {name: combined(answered) for name, answered in answers.items()}
    return {"ids": number, "one request": one, "many": many}


def combined(answers: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the results of several runs as one."""
    if "failure" in answers[0]:
        return answers[0]
    return {key: spread([answer[key] for answer in answers])._asdict() for key in answers[0]}


def answer(
    name: str, base_url: str, number: int | None = None, seconds: float = 0
) -> dict[str, Any]:
    """Read ids once, or 1000 repeatedly for some seconds; return the costs, or a failure."""
    try:
        with READERS[name](base_url) as read:
            return once(read, number) if number else repeatedly(read, seconds)
    except ModuleNotFoundError:
        return {"failure": "not installed"}


def once(read: Read, number: int) -> dict[str, Any]:
    """Read ids; return the seconds, the peak memory of the process in MB, and its growth."""
    wanted = ids(number)
    before = peak()
    start = time.perf_counter()
    found = read(wanted)
    seconds = time.perf_counter() - start
    assert found == number
    after = peak()
    return {"seconds": seconds, "peak_mb": after / 1e6, "growth_mb": (after - before) / 1e6}


def repeatedly(read: Read, seconds: float) -> dict[str, Any]:
    """Read 1000 ids in one request, repeatedly; return the milliseconds of one."""
    wanted = ids(1000)
    read(wanted)
    taken: list[float] = []
    while sum(taken) < seconds or len(taken) < 5:
        start = time.perf_counter()
        read(wanted)
        taken.append(time.perf_counter() - start)
    return {"ms": spread([1000 * each for each in taken])._asdict()}


def ids(number: int) -> list[str]:
    """Return n ids."""
    return [str(id_) for id_ in range(FIRST_ID, FIRST_ID + 7 * number, 7)]


def chunks(wanted: list[str]) -> Iterator[list[str]]:
    """Yield the ids of each request."""
    for start in range(0, len(wanted), 1000):
        yield wanted[start : start + 1000]


@contextmanager
def ours(base_url: str) -> Iterator[Read]:
    """Yield a function that reads with `HubSpot`, with several requests in flight."""
    client = import_module("hubspot_batch_read").HubSpot
    with client("no-token", base_url=base_url) as hubspot:
        yield lambda wanted: sum(
            1 for _ in hubspot.read_associations("contacts", "companies", wanted)
        )


@contextmanager
def ours_async(base_url: str) -> Iterator[Read]:
    """Yield a function that reads with `AsyncHubSpot`."""
    hubspot = import_module("hubspot_batch_read").AsyncHubSpot("no-token", base_url=base_url)

    async def read(wanted: list[str]) -> int:
        found = 0
        async for _ in hubspot.read_associations("contacts", "companies", wanted):
            found += 1
        return found

    with asyncio.Runner() as runner:
        yield lambda wanted: runner.run(read(wanted))
        runner.run(hubspot.aclose())


@contextmanager
def api_client(base_url: str) -> Iterator[Read]:
    """Yield a function that reads with hubspot-api-client."""
    models = import_module("hubspot.crm.associations.v4")
    client = import_module("hubspot").Client.create(access_token="no-token", host=base_url)  # noqa: S106
    api = client.crm.associations.v4.batch_api

    def read(wanted: list[str]) -> int:
        found = 0
        for chunk in chunks(wanted):
            inputs = [models.PublicFetchAssociationsBatchRequest(id=id_) for id_ in chunk]
            request = models.BatchInputPublicFetchAssociationsBatchRequest(inputs=inputs)
            found += len(api.get_page("contacts", "companies", request).results)
        return found

    yield read


@contextmanager
def sdk(base_url: str) -> Iterator[Read]:
    """Yield a function that reads with hubspot-sdk."""
    client = import_module("hubspot_sdk").HubSpot
    with client(access_token="no-token", base_url=base_url) as hubspot:  # noqa: S106
        get = hubspot.crm.associations.batch.get

        def read(wanted: list[str]) -> int:
            found = 0
            for chunk in chunks(wanted):
                inputs = [{"id": id_} for id_ in chunk]
                answered = get("companies", from_object_type="contacts", inputs=inputs)
                found += len(answered.results)
            return found

        yield read


@contextmanager
def by_hand(base_url: str) -> Iterator[Read]:
    """Yield a function that reads with httpx and json.loads, into dicts."""
    path = "/crm/associations/2026-03/contacts/companies/batch/read"
    headers = {"authorization": "Bearer no-token"}
    with import_module("httpx").Client(base_url=base_url, headers=headers) as client:

        def read(wanted: list[str]) -> int:
            found = 0
            for chunk in chunks(wanted):
                response = client.post(path, json={"inputs": [{"id": id_} for id_ in chunk]})
                found += len(json.loads(response.raise_for_status().content)["results"])
            return found

        yield read


READERS: dict[str, Callable[[str], AbstractContextManager[Read]]] = {
    JSON: by_hand,
    OURS: ours,
    ASYNC: ours_async,
    API_CLIENT: api_client,
    SDK: sdk,
}


if __name__ == "__main__":
    print(json.dumps(answer(**json.loads(sys.argv[1]))))
