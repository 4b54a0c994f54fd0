"""Measures how the CPU time of reading a million ids is spent.

JSON is the time of the models' `from_json` and `to_json`, HTTP that of httpx; the rest is spent on
the garbage collector and the account of the ids. The CPU time of all threads is counted.
"""

from __future__ import annotations

import gc
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Self

from processes import ask, rounded, say
from server import serve

JSON = "JSON"
HTTP = "HTTP"
COLLECTOR = "collector"
REST = "rest"
ASSOCIATIONS = (1, 10)


def measure(number: int) -> dict[str, dict[str, float]]:
    """Read ids with one association each, and a fifth with ten; return the shares."""
    found: dict[str, dict[str, float]] = {}
    for associations in ASSOCIATIONS:
        ids = number if associations == 1 else number // 5
        name = f"{ids:,} ids, {associations} each"
        say(f"where the time goes: {name}")
        with serve(associations=associations) as base_url:
            found[name] = ask("shares.py", base_url=base_url, number=ids)
    return found


def answer(base_url: str, number: int) -> dict[str, float]:
    """Read ids; return the microseconds per id, and their shares."""
    client = import_module("hubspot_batch_read").HubSpot
    model = import_module("hubspot_batch_read_api.types").Model
    with client("no-token", base_url=base_url) as hubspot, Meter() as meter:
        meter.watch(model, "from_json", JSON)
        meter.watch(model, "to_json", JSON)
        meter.watch(import_module("httpx").Client, "post", HTTP)
        read(hubspot, 5000)
        meter.spent.clear()
        start = time.process_time()
        read(hubspot, number)
        total = time.process_time() - start
    known = {name: meter.spent[name] / total for name in (JSON, HTTP, COLLECTOR)}
    shares = {**known, REST: 1 - sum(known.values())}
    return {"us": rounded(1e6 * total / number), **{k: rounded(v) for k, v in shares.items()}}


def read(hubspot: Any, number: int) -> None:
    """Read the associations of ids, and drop them."""
    wanted = range(40_000_000_000, 40_000_000_000 + number)
    for _ in hubspot.read_associations("contacts", "companies", wanted):
        pass


class Meter:
    """Counts the CPU time of functions, and of the collector, in all threads."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self.spent: dict[str, float] = {}
        self._within = threading.local()

    def watch(self, owner: Any, name: str, label: str) -> None:
        """Count the time of a method from now on, without that of counted methods that it calls."""
        inner: Callable[..., object] = getattr(owner, name)
        is_class_method = hasattr(inner, "__self__")

        def counted(*args: Any, **kwargs: Any) -> object:
            function = inner.__func__.__get__(args[0]) if is_class_method else inner  # type: ignore[attr-defined]
            with self.counting(label):
                return function(*(args[1:] if is_class_method else args), **kwargs)

        setattr(owner, name, classmethod(counted) if is_class_method else counted)

    @contextmanager
    def counting(self, label: str) -> Iterator[None]:
        """Count the time of a block."""
        before = getattr(self._within, "counted", 0.0)
        start = time.thread_time()
        try:
            yield
        finally:
            taken = time.thread_time() - start
            nested = getattr(self._within, "counted", 0.0) - before
            self._within.counted = before + taken
            self.spent[label] = self.spent.get(label, 0.0) + taken - nested

    def collection(self, phase: str, _: object) -> None:
        """Count a collection, in the thread in which it runs."""
        if phase == "start":
            self._within.collection = self.counting(COLLECTOR)
            self._within.collection.__enter__()
        else:
            self._within.collection.__exit__(None, None, None)

    def __enter__(self) -> Self:
        """Start counting collections."""
        gc.callbacks.append(self.collection)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop counting collections."""
        gc.callbacks.remove(self.collection)


if __name__ == "__main__":
    print(json.dumps(answer(**json.loads(sys.argv[1]))))
