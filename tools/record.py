"""Replay the requests of the fixtures, show how the answers differ, and record them.

    tools/record.py                       against HubSpot, with the token in HUBSPOT_ACCESS_TOKEN
    tools/record.py --sandbox             against the sandbox, on this machine
    tools/record.py --ids FILE            send a portal's ids in the place of the fixtures'
    tools/record.py --update              write the answers into the fixtures
    tools/record.py read_campaigns/id_only read_associations/null_label      only these

FILE has a JSON object: {"53628": "48213370233", "read_campaigns/id_only": {"1000": "..."}}; what is
under the name of a fixture is for that one alone. Keep it out of the repository.

Both sides are normalised (`normalise.py`) before they are compared, shown or written. An answer
that is of another status or kind than the fixture's is of another situation, and never written.

Exit 1: an answer differs, and was not written. Exit 2: one could not be recorded, or no answer was
of its fixture's situation.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Final, NamedTuple

import yaml
from recording.fixture_files import FIXTURES, ROOT, Case, arranged, find, layout, write
from recording.leaks import find_secrets, holds
from recording.normalise import Exchange, Json, normalise
from recording.requests import (
    VARIABLE,
    OwnIds,
    RecordError,
    Target,
    Wire,
    hubspot,
    read_ids,
    with_ids,
)

from hubspot_batch_read.sandbox import Sandbox

SPEC: Final = ROOT / "openapi" / "hubspot-batch-read.yaml"
LIVE: Final = "recorded live on"


class Verdict(Enum):
    """What became of a fixture."""

    EQUAL = "equal"
    DIFFERENT = "different"
    WRITTEN = "written"
    OTHER = "of another situation"
    FAILED = "not recorded"


class Finding(NamedTuple):
    """What became of a fixture, and what there is to say of it."""

    verdict: Verdict
    said: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit code."""
    parser = argparse.ArgumentParser(description="Replay the fixtures' requests and compare.")
    parser.add_argument("--sandbox", action="store_true", help="ask the sandbox, not HubSpot")
    parser.add_argument("--ids", type=Path, metavar="FILE", help="what to send for which text")
    parser.add_argument("--update", action="store_true", help="write the answers into the fixtures")
    parser.add_argument("fixtures", nargs="*", help="such as read_campaigns/id_only; default: all")
    options = parser.parse_args(arguments)
    try:
        cases = chosen(options.fixtures)
        ids = read_ids(options.ids, [case.name for case in find(FIXTURES)])
        address, operations = described()
        with target(address, sandbox=options.sandbox) as asked, Wire(asked, operations) as wire:
            recorder = Recorder(asked, wire, ids, update=options.update)
            return report(asked, ((case, recorder.examine(case)) for case in cases))
    except RecordError as error:
        print(f"record: {error}", file=sys.stderr)
        return 2


def chosen(names: Sequence[str]) -> list[Case]:
    """Give the fixtures of these names, or all."""
    try:
        return find(FIXTURES, names)
    except KeyError as error:
        raise RecordError(f"there is no fixture {error.args[0]}") from None


def described() -> tuple[str, list[str]]:
    """Give HubSpot's address and the paths of the operations, which the spec has."""
    spec = yaml.safe_load(SPEC.read_text("utf-8"))
    return spec["servers"][0]["url"], list(spec["paths"])


@contextmanager
def target(address: str, *, sandbox: bool) -> Iterator[Target]:
    """Give who is asked: HubSpot, or a sandbox that is there meanwhile."""
    if not sandbox:
        yield hubspot(address, os.environ.get(VARIABLE, ""))
        return
    with Sandbox(seed=0) as server:
        yield Target("the sandbox", server.base_url, server.token)


class Recorder:
    """Asks for each fixture what the answer is now."""

    def __init__(self, asked: Target, wire: Wire, ids: OwnIds, *, update: bool) -> None:
        """Take who is asked, and whether the answers are written."""
        self._asked = asked
        self._wire = wire
        self._ids = ids
        self._update = update

    def examine(self, case: Case) -> Finding:
        """Replay a fixture's request, and compare the answer."""
        own = self._ids.of(case.name)
        sent = with_ids(case.fixture["request"], own)
        try:
            answer = self._wire.send(sent)
            body = arranged(answer["body"], sent, case.fixture)
            recorded: Exchange = {"request": sent, "response": {**answer, "body": body}}
            return self._judge(case, normalise(recorded), own)
        except RecordError as error:
            return Finding(Verdict.FAILED, str(error))
        except RecursionError:
            return Finding(Verdict.FAILED, "the answer is nested too deeply")

    def _judge(self, case: Case, after: Exchange, own: Mapping[str, str]) -> Finding:
        fixture = case.fixture
        before = normalise({"request": fixture["request"], "response": fixture["response"]})
        if reason := other_situation(before, after, fixture.get("drift", [])):
            return Finding(Verdict.OTHER, f"{self._asked.name} {reason}")
        text = layout({**fixture, "source": self._source(case), **after})
        if kinds := [*find_secrets(text), *self._own(text, own)]:
            raise RecordError(f"refused, since it would hold: {', '.join(kinds)}")
        changes = self._changes(case, before, after)
        if not self._update or not self._may_write(case, bool(changes)):
            return Finding(Verdict.DIFFERENT if changes else Verdict.EQUAL, changes)
        try:
            write(case.path, text)
        except OSError as error:
            raise RecordError(f"it cannot be written ({error.strerror})") from None
        return Finding(Verdict.WRITTEN, changes)

    def _own(self, text: str, own: Mapping[str, str]) -> Iterator[str]:
        """Give the kinds of what the developer sent and nobody else is to see."""
        if holds(text, self._asked.token):
            yield "the access token"
        # A short one, or one without digits, can be in the text for another reason.
        ids = [each for each in own.values() if len(each) > 5 and any(map(str.isdigit, each))]
        if any(holds(text, each) for each in ids):
            yield "an id of the portal"

    def _changes(self, case: Case, before: Exchange, after: Exchange) -> str:
        return "\n".join(
            difflib.unified_diff(
                layout(before).splitlines(),
                layout(after).splitlines(),
                f"{case.name} (fixture)",
                f"{case.name} ({self._asked.name})",
                lineterm="",
            )
        )

    def _source(self, case: Case) -> str:
        words = case.fixture["source"].partition(":")[2].strip()
        if self._asked.is_hubspot:
            return f"{LIVE} {datetime.now(UTC).date()}: {words}"
        return f"answered by the sandbox: {words}"

    def _may_write(self, case: Case, changed: bool) -> bool:
        source = case.fixture["source"]
        if source.startswith("documentation page"):
            return False  # it is what the documentation says
        # The same answer of HubSpot again is no news, and the sandbox's says less than HubSpot's.
        if source.startswith(LIVE):
            return changed and self._asked.is_hubspot
        return changed or self._asked.is_hubspot


def other_situation(before: Exchange, after: Exchange, drift: Sequence[str]) -> str | None:
    """Say why an answer is of another situation than the fixture, None if it is of the same."""
    was, now = before["response"], after["response"]
    if was["status"] != now["status"]:
        return f"answered {now['status']}, the fixture is of a {was['status']}"
    if kind(was["body"]) != kind(now["body"]):
        return f"answered with {kind(now['body'])}, the fixture is of {kind(was['body'])}"
    for name in ("category", "subCategory", "policyName"):
        meant, found = constant(was["body"], name), constant(now["body"], name)
        if meant and found and meant != found:
            return f"answered {found}, the fixture is of {meant}"
    if drift and (kept := _differing(drift, was["body"], now["body"])):
        return f"keeps to the spec where the fixture departs from it: {', '.join(kept)}"
    return None


def _differing(paths: Sequence[str], one: Json, other: Json) -> list[str]:
    values, others = dict(places("$", one)), dict(places("$", other))
    return [path for path in paths if values.get(path) != others.get(path)]


def kind(body: Json) -> str:
    """Say what a body is."""
    if isinstance(body, str):
        return "a body that is not JSON" if body else "no body"
    if not isinstance(body, dict):
        return "JSON without an envelope"
    if "results" not in body:
        return "an error in JSON"
    # Without --ids, a portal has none of what a fixture asks for: that must not become the fixture.
    rows, errors = (name if body.get(name) else f"no {name}" for name in ("results", "errors"))
    return f"{rows} and {errors}"


def constant(body: Json, name: str) -> str | None:
    """Give what tells errors of one status apart."""
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else None


def places(path: str, value: Json) -> Iterator[tuple[str, str]]:
    """Give each place in a body, written as in `drift`, with its value."""
    yield path, layout(value)
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from places(f"{path}[{number}]", inner)
    elif isinstance(value, dict):
        for key, inner in value.items():
            step = f".{key}" if key.isidentifier() else f"[{json.dumps(key)}]"
            yield from places(path + step, inner)


def report(asked: Target, findings: Iterable[tuple[Case, Finding]]) -> int:
    """Print what became of the fixtures; gives the exit code."""
    counts: Counter[Verdict] = Counter()
    for case, (verdict, said) in findings:
        counts[verdict] += 1
        match verdict:
            case Verdict.DIFFERENT:
                print(said)
            case Verdict.WRITTEN:
                print(said and f"{said}\n", f"{case.name}: written; look at its `expect`", sep="")
            case Verdict.OTHER:
                print(f"{case.name}: another situation: {said}")
            case Verdict.FAILED:
                print(f"{case.name}: {said}", file=sys.stderr)
    numbers = ", ".join(f"{counts[each]} {each.value}" for each in Verdict if counts[each])
    print(f"{asked.name}: {numbers}")
    if counts[Verdict.WRITTEN]:
        print("In what was written, ids begin at 1000; --ids has to name these from now on.")
    compared = counts[Verdict.EQUAL] + counts[Verdict.DIFFERENT] + counts[Verdict.WRITTEN]
    if counts[Verdict.FAILED] or not compared:
        return 2
    return 1 if counts[Verdict.DIFFERENT] else 0


if __name__ == "__main__":
    sys.exit(main())
