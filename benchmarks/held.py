"""Measures the memory that a decoded response holds, relative to the dicts of json.loads."""

from __future__ import annotations

import gc
import json
import sys
import tracemalloc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import bodies
from contenders import JSON, NAMES, OURS, load
from decode import Case
from processes import ask, rounded, say

CASES = [Case(f"clean {size}", name) for size in (1, 10) for name in NAMES] + [
    Case("clean 100", OURS)
]


def measure(cases: Iterable[Case]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the bytes, and their ratio to those of json.loads, by body and contender."""
    result: dict[str, dict[str, dict[str, Any]]] = {}
    wanted = list(cases)
    with bodies.files({case.body for case in wanted}) as paths:
        for case in wanted:
            say(f"memory held: {case.body}, {case.contender}")
            held = result.setdefault(case.body, {})
            for name in (JSON, case.contender):
                if name not in held:
                    held[name] = ask("held.py", contender=name, path=paths[case.body])
                if "bytes" in held[name]:
                    held[name]["ratio"] = rounded(held[name]["bytes"] / held[JSON]["bytes"])
    return result


def answer(contender: str, path: str) -> dict[str, Any]:
    """Decode a file; return the number of bytes that the result holds."""
    body = Path(path).read_bytes()
    try:
        decode = load(contender)
    except ModuleNotFoundError:
        return {"failure": "not installed"}
    # The first time, contenders import and build what they need.
    decode(bodies.body("clean 1"))
    gc.collect()
    tracemalloc.start()
    result = decode(body)
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    del result
    return {"bytes": held}


if __name__ == "__main__":
    print(json.dumps(answer(**json.loads(sys.argv[1]))))
