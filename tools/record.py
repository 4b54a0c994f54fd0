"""Replay the requests of the fixtures, show how the responses differ, and record them.

    tools/record.py                       against HubSpot, with the token in HUBSPOT_ACCESS_TOKEN
    tools/record.py --sandbox             against the sandbox, on this machine
    tools/record.py --ids FILE            send a portal's ids instead of the fixtures'
    tools/record.py --update              write the responses into the fixtures
    tools/record.py read_campaigns/id_only read_associations/null_label      only these fixtures

Only record from a portal with invented data: ids and date-times are replaced (`normalise.py`), but
everything else is written as it is. See docs/maintaining/recording.md.

Exit codes: 1 if a response differs and was not written, 2 if one could not be recorded, or is of a
different case than its fixture.
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

import httpx
import yaml
from recording.fixture_files import FIXTURES, ROOT, Case, find, layout, write
from recording.leaks import find_secrets, holds
from recording.normalise import Exchange, Json, Request, Schemas, normalise
from recording.requests import (
    VARIABLE,
    OwnIds,
    RecordError,
    Target,
    connect,
    hubspot,
    read_ids,
    send,
    with_ids,
)

from hubspot_batch_read.sandbox import Sandbox

SPEC: Final = yaml.safe_load((ROOT / "openapi" / "hubspot-batch-read.yaml").read_text("utf-8"))
ADDRESS: Final = SPEC["servers"][0]["url"]
LIVE: Final = "recorded live on"


class Verdict(Enum):
    """The result for a fixture."""

    EQUAL = "equal"
    DIFFERENT = "different"
    WRITTEN = "written"
    OTHER = "of a different case"
    FAILED = "not recorded"


class Finding(NamedTuple):
    """The result for a fixture, and why."""

    verdict: Verdict
    said: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(description="Replay the fixtures' requests and compare.")
    parser.add_argument("--sandbox", action="store_true", help="use the sandbox instead of HubSpot")
    parser.add_argument(
        "--ids", type=Path, metavar="FILE", help="the ids to send instead of the fixtures' values"
    )
    parser.add_argument(
        "--update", action="store_true", help="write the responses into the fixtures"
    )
    parser.add_argument("fixtures", nargs="*", help="such as read_campaigns/id_only; default: all")
    options = parser.parse_args(arguments)
    try:
        cases = find(FIXTURES, options.fixtures)
        ids = read_ids(options.ids, [case.name for case in find(FIXTURES)])
        with target(sandbox=options.sandbox) as asked, connect(asked) as client:
            recorder = Recorder(asked, client, ids, update=options.update)
            return report(asked, ((case, recorder.examine(case)) for case in cases))
    except KeyError as error:
        print(f"record: there is no fixture {error.args[0]}", file=sys.stderr)
    except RecordError as error:
        print(f"record: {error}", file=sys.stderr)
    return 2


@contextmanager
def target(*, sandbox: bool) -> Iterator[Target]:
    """Yield the server to ask: HubSpot, or a sandbox that runs during the block."""
    if not sandbox:
        yield hubspot(ADDRESS, os.environ.get(VARIABLE, ""))
        return
    with Sandbox(seed=0) as server:
        yield Target("the sandbox", server.base_url, server.token)


class Recorder:
    """Replays the fixtures' requests."""

    def __init__(self, asked: Target, client: httpx.Client, ids: OwnIds, *, update: bool) -> None:
        """Take the server to ask, its client, the ids to send, and whether to write responses."""
        self._asked = asked
        self._client = client
        self._ids = ids
        self._update = update
        self._schemas = Schemas(SPEC)

    def examine(self, case: Case) -> Finding:
        """Replay a fixture's request, and compare the response."""
        if "drift" in case.fixture:
            return Finding(Verdict.OTHER, "it departs from the spec on purpose")
        sent = with_ids(case.fixture["request"], self._ids.of(case.name))
        try:
            response = send(self._client, self._asked, list(SPEC["paths"]), sent)
            return self._judge(case, self._normal({"request": sent, "response": response}))
        except RecordError as error:
            return Finding(Verdict.FAILED, str(error))
        except RecursionError:
            return Finding(Verdict.FAILED, "the response is nested too deeply")

    def _normal(self, exchange: Exchange) -> Exchange:
        request, response = exchange["request"], exchange["response"]
        body = in_order(response["body"], request)
        return normalise(
            {"request": request, "response": {**response, "body": body}}, self._schemas
        )

    def _judge(self, case: Case, after: Exchange) -> Finding:
        fixture = case.fixture
        before = self._normal({"request": fixture["request"], "response": fixture["response"]})
        if reason := different_case(before, after):
            return Finding(Verdict.OTHER, f"{self._asked.name} {reason}")
        text = layout({**fixture, "source": self._source(case), **after})
        if kinds := find_secrets(text) or ["access token"] * holds(text, self._asked.token):
            raise RecordError(f"refused, since it would hold: {', '.join(kinds)}")
        changes = self._changes(case, before, after)
        if not self._update or not self._may_write(case, bool(changes)):
            return Finding(Verdict.DIFFERENT if changes else Verdict.EQUAL, changes)
        try:
            write(case.path, text)
        except OSError as error:
            raise RecordError(f"it cannot be written ({error.strerror})") from None
        return Finding(Verdict.WRITTEN, changes)

    def _changes(self, case: Case, before: Exchange, after: Exchange) -> str:
        old, new = (layout(_with_sorted_keys(each)).splitlines() for each in (before, after))
        names = f"{case.name} (fixture)", f"{case.name} ({self._asked.name})"
        return "\n".join(difflib.unified_diff(old, new, *names, lineterm=""))

    def _source(self, case: Case) -> str:
        words = case.fixture["source"].partition(":")[2].strip()
        if self._asked.is_hubspot:
            return f"{LIVE} {datetime.now(UTC).date()}: {words}"
        return f"answered by the sandbox: {words}"

    def _may_write(self, case: Case, changed: bool) -> bool:
        source = case.fixture["source"]
        if source.startswith("documentation page"):
            return False  # it repeats the documentation
        # An unchanged response of HubSpot is not written, and the sandbox never replaces HubSpot's.
        if source.startswith(LIVE):
            return changed and self._asked.is_hubspot
        return changed or self._asked.is_hubspot


def in_order(body: Json, request: Request) -> Json:
    """Return a response with its rows in the order of the inputs; HubSpot's order varies."""
    rows = body.get("results") if isinstance(body, dict) else None
    inputs = request["body"].get("inputs") if isinstance(request["body"], dict) else None
    if not isinstance(body, dict) or not isinstance(rows, list) or not isinstance(inputs, list):
        return body
    asked = [about(each) for each in inputs]

    def place(row: Json) -> int:
        ids = about(row.get("from", row) if isinstance(row, dict) else row)
        return next((number for number, each in enumerate(asked) if each & ids), len(asked))

    return {**body, "results": sorted(rows, key=place)}


def about(value: Json) -> set[str]:
    """Return the ids that an input or a row is about."""
    found = value if isinstance(value, dict) else {}
    return {str(found[key]) for key in ("id", "flowId", "workflowId") if found.get(key) is not None}


def _with_sorted_keys(value: object) -> Json:
    found: Json = json.loads(json.dumps(value, sort_keys=True))
    return found


def different_case(before: Exchange, after: Exchange) -> str | None:
    """Return why a response is of a different case than the fixture's, or None if it is not."""
    was, now = before["response"], after["response"]
    if was["status"] != now["status"]:
        return f"answered {now['status']}, the fixture has a {was['status']}"
    if kind(was["body"]) != kind(now["body"]):
        return f"answered with {kind(now['body'])}, the fixture has {kind(was['body'])}"
    for name in ("category", "subCategory", "policyName"):
        meant, found = text_under(was["body"], name), text_under(now["body"], name)
        if meant and found and meant != found:
            return f"answered {found}, the fixture has {meant}"
    return None


def kind(body: Json) -> str:
    """Describe a body."""
    if isinstance(body, str):
        return "a body that is not JSON" if body else "no body"
    if not isinstance(body, dict):
        return "JSON without an envelope"
    if "results" not in body:
        return "an error in JSON"
    # Without --ids, a portal has none of a fixture's objects; such a response must not be written.
    rows, errors = (name if body.get(name) else f"no {name}" for name in ("results", "errors"))
    return f"{rows} and {errors}"


def text_under(body: Json, name: str) -> str | None:
    """Return the text under a name, which distinguishes errors of one status."""
    value = body.get(name) if isinstance(body, Mapping) else None
    return value if isinstance(value, str) else None


def report(asked: Target, findings: Iterable[tuple[Case, Finding]]) -> int:
    """Print the results; return the exit code."""
    counts: Counter[Verdict] = Counter()
    for case, (verdict, said) in findings:
        counts[verdict] += 1
        match verdict:
            case Verdict.DIFFERENT:
                print(said)
            case Verdict.WRITTEN:
                print(said and f"{said}\n", f"{case.name}: written; check its `expect`", sep="")
            case Verdict.OTHER:
                print(f"{case.name}: a different case: {said}")
            case Verdict.FAILED:
                print(f"{case.name}: {said}", file=sys.stderr)
    numbers = ", ".join(f"{counts[each]} {each.value}" for each in Verdict if counts[each])
    print(f"{asked.name}: {numbers}")
    if counts[Verdict.WRITTEN]:
        print("In the written fixtures, ids start at 1000; from now on, --ids has to use these.")
    compared = counts[Verdict.EQUAL] + counts[Verdict.DIFFERENT] + counts[Verdict.WRITTEN]
    if counts[Verdict.FAILED] or not compared:
        return 2
    return 1 if counts[Verdict.DIFFERENT] else 0


if __name__ == "__main__":
    sys.exit(main())
