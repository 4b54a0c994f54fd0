"""CPU time of reading associations into tables and files, as a multiple of httpx and `json.loads`.

Each contender has its own process, and reads over loopback from a server that responds as fast as
it can. All CPU time of that process is counted, with the collector as Python starts it, but not
that of the server. The unit is a loop that sends the same requests with httpx and decodes the same
bodies with `json.loads`, in its own process, which takes turns with the others.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from operator import truediv
from pathlib import Path
from typing import Any, NamedTuple

from contenders import API_CLIENT, JSON, SDK
from end_to_end import READERS, chunks, ids
from processes import ask, rounded, say
from server import serve

LIMIT = 20_000
"""Ids in a second at HubSpot's highest limit for associations: 200 requests in ten seconds."""
FORMATS = {"JSON Lines": "jsonl", "CSV": "csv", "Parquet": "parquet"}
PANDAS = "httpx + pandas"

Read = Callable[[str, list[str]], object]


class Body(NamedTuple):
    """A response body of the server."""

    associations: int
    """Number of associated objects of each id."""
    unknown: bool = False
    """Whether each row has an unknown key."""

    @property
    def name(self) -> str:
        """The name of the body in the results."""
        return f"{self.associations} each{', unknown key' if self.unknown else ''}"


BODIES = [Body(1), Body(10), Body(1, unknown=True), Body(10, unknown=True)]


def measure(
    runs: int, number: int, is_wanted: Callable[[str, str], bool] = lambda *_: True
) -> dict[str, dict[str, dict[str, float]]]:
    """Read ids into the wanted outputs; return the ratios and ids per CPU second, by body."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for body in BODIES:
        names = [name for name in OUTPUTS if name == JSON or is_wanted(body.name, name)]
        seconds: dict[str, list[float]] = {name: [] for name in names}
        with serve(associations=body.associations, unknown=body.unknown) as base_url:
            for run in range(runs if len(names) > 1 else 0):
                for name in names:
                    say(f"rows, {body.name}, run {run + 1} of {runs}: {name}")
                    taken = ask("rows.py", name=name, base_url=base_url, number=number)
                    seconds[name].append(taken)
            found[body.name] = {
                name: compared(seconds[name], seconds[JSON], number)
                for name in names
                if seconds[name]
            }
    return found


def compared(taken: list[float], plain: list[float], number: int) -> dict[str, float]:
    """Return the median ratio of runs to the runs next to them, and ids per CPU second."""
    ratio = statistics.median(map(truediv, taken, plain))
    return {"ratio": rounded(ratio), "ids_per_second": rounded(number / statistics.median(taken))}


def answer(name: str, base_url: str, number: int) -> float:
    """Return the CPU seconds of all threads for reading n ids."""
    wanted = ids(number)
    read = OUTPUTS[name]
    read(base_url, wanted[:2000])
    start = time.process_time()
    read(base_url, wanted)
    return time.process_time() - start


def reader(name: str) -> Read:
    """Return a function that reads with a contender, and drops the records."""

    def read(base_url: str, wanted: list[str]) -> object:
        with READERS[name](base_url) as read_all:
            return read_all(wanted)

    return read


@contextmanager
def reading(base_url: str, wanted: list[str]) -> Iterator[Any]:
    """Yield a read of this SDK."""
    client = import_module("hubspot_batch_read").HubSpot
    with client("no-token", base_url=base_url) as hubspot:
        yield hubspot.read_associations("contacts", "companies", wanted)


def models(base_url: str, wanted: list[str]) -> None:
    """Iterate over the models."""
    with reading(base_url, wanted) as read:
        for _ in read:
            pass


def arrow(base_url: str, wanted: list[str]) -> None:
    """Iterate over the record batches."""
    with reading(base_url, wanted) as read:
        for _ in read.to_arrow():
            pass


def file(kind: str) -> Read:
    """Return a function that lets the command line write a file of this kind."""

    def write(base_url: str, wanted: list[str]) -> None:
        app = import_module("hubspot_batch_read.cli.app").app
        os.environ["HUBSPOT_ACCESS_TOKEN"] = "no-token"  # noqa: S105 - not a token
        with tempfile.TemporaryDirectory() as folder:
            given, output = Path(folder, "ids.txt"), Path(folder, f"rows.{kind}")
            given.write_text("".join(f"{id_}\n" for id_ in wanted))
            arguments = ["--ids", str(given), "--output", str(output), "--no-progress"]
            arguments += ["--base-url", base_url]
            with suppress(SystemExit):
                app(["associations", "contacts", "companies", *arguments])
            assert output.stat().st_size

    return write


def pandas(base_url: str, wanted: list[str]) -> object:
    """Send the requests with httpx, and convert the result of `json.loads` to a data frame."""
    path = "/crm/associations/2026-03/contacts/companies/batch/read"
    headers = {"authorization": "Bearer no-token"}
    rows: list[dict[str, object]] = []
    with import_module("httpx").Client(base_url=base_url, headers=headers) as client:
        for chunk in chunks(wanted):
            response = client.post(path, json={"inputs": [{"id": id_} for id_ in chunk]})
            rows += [
                {
                    "from_id": row["from"]["id"],
                    "to_id": each["toObjectId"],
                    "type_id": kind["typeId"],
                    "category": kind["category"],
                    "label": kind["label"],
                }
                for row in json.loads(response.raise_for_status().content)["results"]
                for each in row["to"]
                for kind in each["associationTypes"]
            ]
    return import_module("pandas").DataFrame(rows)


OUTPUTS: dict[str, Read] = {
    JSON: reader(JSON),
    "models": models,
    "to_arrow()": arrow,
    **{name: file(kind) for name, kind in FORMATS.items()},
    PANDAS: pandas,
    API_CLIENT: reader(API_CLIENT),
    SDK: reader(SDK),
}


OURS = ["models", "to_arrow()", *FORMATS]
"""The outputs of this SDK."""


if __name__ == "__main__":
    print(json.dumps(answer(**json.loads(sys.argv[1]))))
