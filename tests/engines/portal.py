"""A portal, ids of all kinds, and the rows that each engine, like one process, has to return."""

from __future__ import annotations

import os
import re
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from time import monotonic
from typing import Any

import pyarrow as pa
import pytest

from hubspot_batch_read import TableRead, TokenVariable
from hubspot_batch_read.engines.table_read import Options
from hubspot_batch_read.sandbox import (
    Drop,
    Portal,
    Sandbox,
    SandboxRequest,
    at_rate,
    incidents,
)

VARIABLE = "SANDBOX_ACCESS_TOKEN"
ASSOCIATED = 6_000
IDS: list[str | None] = [
    *map(str, range(1, 2 * ASSOCIATED, 2)),
    *map(str, range(2, 4_000, 2)),  # without associations
    "not-a-number",
    "12.0",
    "",
    None,
]
FAULTS = (
    incidents.bad_gateway(),
    incidents.empty_500(),
    incidents.rate_limited("SECONDLY", interval_milliseconds=50),
    Drop.BEFORE,
    Drop.MIDDLE,
)


@cache
def portal() -> Portal:
    """Return a portal whose contacts with odd ids have companies. It must not be changed."""
    made = Portal.empty()
    for id_ in range(1, 2 * ASSOCIATED, 2):
        made.associate("contacts", "companies", id_, 900_000 + id_)
        if id_ % 3 == 0:
            made.associate("contacts", "companies", id_, 800_000 + id_, labels=["Buyer"])
    return made


@contextmanager
def sandbox(**settings: Any) -> Iterator[Sandbox]:
    """Run a sandbox whose token is in a variable of this process and those that it starts."""
    with pytest.MonkeyPatch.context() as patch, Sandbox(**settings) as running:
        patch.setenv(VARIABLE, running.token)
        yield running


def faulty() -> Any:
    """Return a fault source that gives a fault to a fifth of all requests."""
    return at_rate(0.2, FAULTS, seed=3)


def options(running: Sandbox, **others: Any) -> Options:
    """Return the options of all reads of the sandbox."""
    settings = {"base_url": running.base_url}
    return {"access_token": TokenVariable(VARIABLE), "settings": settings, **others}  # type: ignore[typeddict-item]


def contacts(running: Sandbox, **others: Any) -> TableRead:
    """Return a read of the companies of contacts."""
    return TableRead.associations("contacts", "companies", **options(running, **others))


def expected(read: TableRead, **columns: Any) -> Counter[object]:
    """Return the rows that one process returns for a table."""
    table = pa.table(columns)
    return counted(row for batch in read(table.to_batches()) for row in batch.to_pylist())


def counted(rows: Iterable[Mapping[str, object]]) -> Counter[object]:
    """Return the number of occurrences of each row, in the form of any engine."""
    return Counter(plain(row) for row in rows)


def plain(value: Any) -> Any:
    """Return a value of any engine as one that can be counted and compared."""
    if hasattr(value, "asDict"):  # a Row of Spark
        value = value.asDict()
    if isinstance(value, Mapping):
        return tuple(sorted((key, plain(each)) for key, each in value.items()))
    if isinstance(value, list | tuple):
        is_map = all(type(each) is tuple for each in value)  # pyarrow's form of a map
        return tuple(sorted(value)) if is_map else tuple(map(plain, value))
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return value


def outcomes(rows: Counter[object]) -> Counter[str]:
    """Return the number of rows with each outcome."""
    found: Counter[str] = Counter()
    for row, number in rows.items():
        found[dict(row)["outcome"]] += number  # type: ignore[call-overload]
    return found


def without_positions(found: Counter[object]) -> Counter[object]:
    """Return rows without the messages of invalid ids, which contain a position."""
    return Counter(str(row).partition("ids[")[0] for row in found.elements())


def token_that_notes_its_process(folder: Path) -> Callable[[], str]:
    """Return a function that writes a file with the number of the process in which it is called.

    It is a closure, so that engines pickle its code, not the name of this module.
    """
    name = VARIABLE

    def token() -> str:
        import os  # noqa: PLC0415 - all that it needs has to be in here
        from pathlib import Path  # noqa: PLC0415

        Path(folder, str(os.getpid())).touch()
        return os.environ[name]

    return token


def kills_a_process(folder: Path, ordinal: int) -> Callable[[SandboxRequest], None]:
    """Return a fault source that kills one of the noted processes when a request arrives."""

    def kill(request: SandboxRequest) -> None:
        if request.ordinal == ordinal:
            victim = min(folder.iterdir())
            victim.rename(folder / "killed")
            os.kill(int(victim.name), signal.SIGKILL)

    return kill


class Arrivals:
    """A fault source without faults, which records the times at which requests arrive."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def __call__(self, request: SandboxRequest) -> None:
        self.times.append(monotonic())

    def most_in(self, seconds: float) -> int:
        """Return the largest number of requests in any window of n seconds."""
        return max(
            sum(start <= time < start + seconds for time in self.times) for start in self.times
        )


def run_example(engine: str, running: Sandbox, budget: str) -> None:
    """Run the example of an engine in docs/scale.md, with the sandbox instead of HubSpot."""
    page = Path(__file__).resolve().parents[2] / "docs" / "scale.md"
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    (code,) = (block for block in blocks if f"engines.{engine} " in block)
    describe: Any = TableRead._of.__func__  # type: ignore[attr-defined]

    def with_address(cls: Any, make: Any, given: Options, **arguments: object) -> Any:
        settings: Options = {**given, **options(running)}
        return describe(cls, make, settings, **arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TableRead, "_of", classmethod(with_address))  # type: ignore[arg-type]
        patch.setenv("REDIS_URL", budget)
        names: dict[str, Any] = {"__name__": "example"}
        exec(compile(code, str(page), "exec"), names)  # noqa: S102 - the test
    assert "unread" in names
