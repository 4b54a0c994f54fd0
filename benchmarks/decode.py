"""Measures the time that each contender takes to decode a body, as a multiple of json.loads' time.

In each run, all bodies and contenders are measured one after the other, each in its own process.
There, json.loads and the contender take turns on the same bytes. The result is the ratio of their
medians, with the garbage collector as Python starts it, and off.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import bodies
from contenders import JSON, NAMES, OURS, Decode, load
from processes import ask, rounded, say, spread

TURNS = 4
PATIENCE = 5
"""Factor by which a process may exceed its time, to complete the minimum number of turns."""


class Case(NamedTuple):
    """A body, and the contender that decodes it."""

    body: str
    contender: str


ALL = [Case(body, name) for body in bodies.ASSOCIATIONS for name in NAMES] + [
    Case(body, OURS) for body in bodies.OTHERS
]


def measure(cases: Iterable[Case], runs: int, seconds: float) -> dict[str, dict[str, Any]]:
    """Decode in several runs of about equal length; return the results by body and contender."""
    answers: dict[Case, list[dict[str, Any]]] = {case: [] for case in cases}
    with bodies.files({case.body for case in answers}) as paths:
        for run in range(runs):
            for case, answered in answers.items():
                say(f"decode, run {run + 1} of {runs}: {case.body}, {case.contender}")
                answered.append(
                    ask(
                        "decode.py",
                        contender=case.contender,
                        name=case.body,
                        path=paths[case.body],
                        seconds=seconds,
                    )
                )
    result: dict[str, dict[str, Any]] = {}
    for case, answered in answers.items():
        result.setdefault(case.body, {})[case.contender] = combined(answered)
    return result


def combined(answers: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the results of several runs as one: medians, and the spread of the ratios."""
    for each in answers:
        if "failure" in each:
            return each
    result: dict[str, Any] = {}
    for key, value in answers[0].items():
        values = [each[key] for each in answers]
        if isinstance(value, dict):
            result[key] = combined(values)
        elif key == "ratio":
            result[key] = spread(values)._asdict()
        else:
            result[key] = rounded(statistics.median(values))
    return result


def answer(contender: str, name: str, path: str, seconds: float) -> dict[str, Any]:
    """Decode a body from a file; return the costs, or why it could not be decoded."""
    body = Path(path).read_bytes()
    try:
        decode = load(contender, bodies.ENVELOPES[name])
        # The first time, contenders import and build what they need.
        decode(bodies.body("clean 1") if name in bodies.ASSOCIATIONS else body)
        hide_imports()
        on = in_turns(decode, body, seconds)
    except ModuleNotFoundError:
        return {"failure": "not installed"}
    except Exception as error:  # noqa: BLE001 - the exception is the result
        return {"failure": f"fails: {type(error).__name__}: {error}".splitlines()[0][:120]}
    gc.disable()
    off = in_turns(decode, body, seconds)
    gc.enable()
    if contender != OURS or not name.startswith("clean"):
        return {"on": on, "off": off}
    return {"on": on, "off": off, "collection": collection_costs(decode, body, on["json_ms"])}


def hide_imports() -> None:
    """Keep the collector from scanning the objects that exist now.

    Otherwise, the modules of a contender would slow down json.loads in its process, and the times
    of json.loads would differ between contenders.
    """
    gc.collect()
    gc.freeze()


def in_turns(decode: Decode, body: bytes, seconds: float) -> dict[str, float]:
    """Decode with json.loads and a contender in turn; return both in ms, and their ratio."""
    plain: list[float] = []
    typed: list[float] = []
    order = [(json.loads, plain), (decode, typed)]
    json.loads(body)
    while (spent := sum(plain) + sum(typed)) < seconds or (
        len(typed) < TURNS and spent < PATIENCE * seconds
    ):
        for function, times in order:
            gc.collect()
            times.append(timed(function, body))
        # In alternating order, because each finds the caches and the memory as the other left them.
        order.reverse()
    if len(plain) == 1:
        gc.collect()
        plain.append(timed(json.loads, body))
    plain_ms, ms = 1000 * statistics.median(plain), 1000 * statistics.median(typed)
    return {"json_ms": plain_ms, "ms": ms, "ratio": ms / plain_ms}


def timed(function: Callable[..., object], argument: object) -> float:
    """Call a function; return the seconds that it took, without those to free its result."""
    start = time.perf_counter()
    result = function(argument)
    seconds = time.perf_counter() - start
    del result
    return seconds


def collection_costs(decode: Decode, body: bytes, json_ms: float) -> dict[str, dict[str, float]]:
    """Return the cost of collections just after decoding, also as a share of json.loads' time."""
    return {
        name: {
            f"{kind}{unit}": cost / by
            for kind, generation in (("young", 0), ("full", 2))
            for cost in [collection_ms(function, body, generation)]
            for unit, by in (("_ms", 1.0), ("_share", json_ms))
        }
        for name, function in ((JSON, json.loads), (OURS, decode))
    }


def collection_ms(decode: Decode, body: bytes, generation: int) -> float:
    """Return the cost of a collection with a new result in memory, minus that without, in ms."""
    costs: list[float] = []
    for _ in range(2):
        gc.collect()
        without = timed(gc.collect, generation)
        result = decode(body)
        costs.append(timed(gc.collect, generation) - without)
        del result
    return 1000 * statistics.median(costs)


if __name__ == "__main__":
    print(json.dumps(answer(**json.loads(sys.argv[1]))))
