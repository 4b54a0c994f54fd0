"""Real interrupts at random moments, for every way of reading: no id is lost.

A record that was returned may be lost in what the caller does with it, so the interrupts here come
while the package's own code runs, or while it calls the caller's. `make interrupts` tries many.
"""

from __future__ import annotations

import ast
import os
import random
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from attrs import evolve

import hubspot_batch_read
from hubspot_batch_read.core.chunk import Request
from hubspot_batch_read.core.ids import Ids
from hubspot_batch_read.core.plan import Plan
from hubspot_batch_read.driving.driver import Driver
from hubspot_batch_read.driving.threads import Wait
from hubspot_batch_read.operations import ASSOCIATIONS
from hubspot_batch_read.operations.common import NO_ASSOCIATIONS_FOUND
from hubspot_batch_read.read import Read
from hubspot_batch_read_api.models import Association, AssociationEnvelope

from .test_read import Answer

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="needs signals that a timer sends"
)

TRIALS = int(os.environ.get("INTERRUPTS", "100"))
IDS = 400
PACKAGE = str(Path(hubspot_batch_read.__file__).parent)
OPERATION = evolve(ASSOCIATIONS, max_inputs=20)
TYPE = {"category": "HUBSPOT_DEFINED", "typeId": 1, "label": None}


class RefusedError(Exception):
    """The exception of some requests."""


def send(request: Request[Association], wait: Wait) -> Answer[Association]:
    """Answer: every seventh id has two pages, every fifth no associations; 100 fails."""
    if "100" in request.inputs and request.inputs["100"] is None:
        raise RefusedError
    results, errors = [], []
    for id_, after in request.inputs.items():
        number = int(id_)
        if number % 5 == 3:
            context = {"fromObjectId": [id_]}
            errors.append({"subCategory": NO_ASSOCIATIONS_FOUND, "context": context})
            continue
        row = {"from": {"id": id_}, "to": [{"toObjectId": after or 1, "associationTypes": [TYPE]}]}
        if number % 7 == 0 and after is None:
            row["paging"] = {"next": {"after": "2"}}
        results.append(row)
    return Answer(AssociationEnvelope.from_dict({"results": results, "errors": errors}))


def loop(read: Read[Association], got: list[str]) -> None:
    for record in read:
        got.append(record.from_.id)  # noqa: PERF401 - what was got must survive an interrupt


def everything(read: Read[Association], got: list[str]) -> None:
    got.extend([record.from_.id for record in read.all()])


def by_id(read: Read[Association], got: list[str]) -> None:
    got.extend([*read.by_id()])


def table(read: Read[Association], got: list[str]) -> None:
    for batch in read.to_arrow():
        got.extend(dict.fromkeys(map(str, batch["from_id"].to_pylist())))


WAYS: list[Callable[[Read[Association], list[str]], None]] = [loop, everything, by_id, table]


class Storm:
    """Interrupts after a random time, at the first moment in the package's own code."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.came = 0
        self.is_on = False

    def begin(self) -> None:
        self.is_on = True
        signal.setitimer(signal.ITIMER_REAL, self.chance.uniform(1e-5, 8e-3))

    def handle(self, _: int, frame: FrameType | None) -> None:
        if not self.is_on:
            return
        while frame is not None and "/threading.py" in frame.f_code.co_filename:
            frame = frame.f_back
        if frame is not None and frame.f_code.co_filename.startswith(PACKAGE):
            self.came += 1
            raise KeyboardInterrupt
        signal.setitimer(signal.ITIMER_REAL, 1e-5)


@pytest.fixture
def storm() -> Iterator[Storm]:
    assert threading.current_thread() is threading.main_thread()
    storm = Storm(random.Random(7))  # noqa: S311 - the same moments each time
    before = signal.signal(signal.SIGALRM, storm.handle)
    try:
        yield storm
    finally:
        storm.is_on = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("collect", [False, True], ids=["raise", "collect"])
def test_interrupts_lose_no_id_and_make_no_error(storm: Storm, collect: bool) -> None:
    trial = 0
    while storm.came < TRIALS:
        trial += 1
        way = WAYS[trial % len(WAYS)]
        one_shot = storm.chance.random() < 0.5
        ids = iter(range(IDS)) if one_shot else range(IDS)
        plan = Plan(OPERATION, Ids(ids), window=3, collect=collect)
        read = Read(Driver(plan, send, max_concurrency=3))
        got: list[str] = []
        while True:
            try:
                storm.begin()
                way(read, got)
            except (KeyboardInterrupt, RefusedError):
                continue
            except RuntimeError as error:
                # A loop may have seen the end just before it was interrupted.
                if way not in (loop, table) or "this read is finished" not in str(error):
                    raise
            break
        storm.is_on = False
        check(read, got)


def test_an_interrupt_while_a_thread_starts_is_one() -> None:
    plan = Plan(OPERATION, Ids(range(50)), window=3, collect=True)
    read = Read(Driver(plan, send, max_concurrency=3))
    before = sys.gettrace()
    sys.settrace(interrupt_wait)
    try:
        with pytest.raises(KeyboardInterrupt):
            read.all()
    finally:
        sys.settrace(before)
    assert len(read.all()) == 40


def interrupt_wait(frame: FrameType, event: str, _: object) -> Callable[..., Any] | None:
    """Interrupt at the moment when `Thread.start` has released a lock and holds no other yet."""
    if frame.f_code is not threading.Condition.wait.__code__:
        return interrupt_wait if event == "call" else None
    if event == "line" and "saved_state" in frame.f_locals:
        sys.settrace(None)
        raise KeyboardInterrupt
    return interrupt_wait


@pytest.mark.parametrize(
    "path", sorted(Path(PACKAGE, "driving").glob("*.py")), ids=lambda p: p.stem
)
def test_no_loop_is_in_the_block_of_a_lock(path: Path) -> None:
    """An interrupt can leave the lock held there; see the docstring of `Lock`."""
    for block in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(block, ast.With) and "lock" in ast.unparse(block.items[0]):
            inside = [type(each) for line in block.body for each in ast.walk(line)]
            assert not {ast.For, ast.While, ast.ListComp, ast.DictComp, ast.SetComp} & {*inside}


def check(read: Read[Association], got: list[str]) -> None:
    missing = [each.id for each in read.missing]
    left = list(read.unread())
    assert {each.reason for each in read.missing} == {"without_associations"}
    assert left == [str(id_) for id_ in range(100, 120)]
    assert sorted(missing, key=int) == [
        str(id_) for id_ in range(IDS) if id_ % 5 == 3 and not 100 <= id_ < 120
    ]
    counts = Counter([*got, *missing, *left])
    assert sorted(counts, key=int) == [str(id_) for id_ in range(IDS)]
    assert set(counts.values()) == {1}
    assert read.summary.records == len(got)
