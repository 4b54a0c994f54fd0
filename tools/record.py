"""Replay the requests of the fixtures, show how the responses differ, and record them.

    tools/record.py                       against HubSpot, with the token in HUBSPOT_ACCESS_TOKEN
    tools/record.py --sandbox             against the sandbox, on this machine
    tools/record.py --ids FILE            send a portal's ids instead of the fixtures'
    tools/record.py --update              write the responses into the fixtures
    tools/record.py read_campaigns/id_only read_associations/null_label      only these fixtures

Only record from a portal with invented data: ids and date-times are replaced (`normalise.py`), but
everything else is written as it is. See docs/maintaining/recording.md.

Exit codes: 1 if a response differs and was not written, 2 if one could not be recorded, or each is
of a different case than its fixture.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import yaml
from recording.fixture_files import (
    FIXTURES,
    ROOT,
    Case,
    Exchange,
    RecordError,
    Response,
    find,
    layout,
)
from recording.leaks import find_secrets
from recording.normalise import in_order, normalise, operation_at
from recording.requests import VARIABLE, Ids, Server, hubspot, read_ids, send, with_ids

from hubspot_batch_read.sandbox import Sandbox
from hubspot_batch_read_runtime.printing import printable

SPEC: Final = yaml.safe_load((ROOT / "openapi" / "hubspot-batch-read.yaml").read_text("utf-8"))
ADDRESS: Final = SPEC["servers"][0]["url"]
LIVE: Final = "recorded live on"


class Verdict(StrEnum):
    """The result for a fixture."""

    EQUAL = "equal"
    DIFFERENT = "different"
    WRITTEN = "written"
    OTHER = "of a different case"
    FAILED = "not recorded"


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
        ids = read_ids(options.ids, [case.name for case in find(FIXTURES)]) if options.ids else {}
        with server(sandbox=options.sandbox) as asked:
            verdicts = [
                examine(case, asked, ids.get(case.name, {}), update=options.update)
                for case in cases
            ]
    except RecordError as error:
        print(f"record: {error}", file=sys.stderr)
        return 2
    return report(asked, Counter(verdicts))


@contextmanager
def server(*, sandbox: bool) -> Iterator[Server]:
    """Yield the server to ask: HubSpot, or a sandbox that runs during the block."""
    if not sandbox:
        yield hubspot(ADDRESS, os.environ.get(VARIABLE, ""))
        return
    with Sandbox(seed=0) as running:
        yield Server(running.base_url, running.token, is_hubspot=False)


def examine(case: Case, asked: Server, ids: Ids, *, update: bool) -> Verdict:
    """Replay a fixture's request; print how the response differs, and write it if `update`."""
    if "drift" in case.fixture:
        print(f"{case.name}: a different case: it departs from the spec on purpose")
        return Verdict.OTHER
    try:
        return _judge(case, asked, replayed(case, asked, ids), update=update)
    except (RecordError, OSError) as error:
        print(f"{case.name}: {error}", file=sys.stderr)
        return Verdict.FAILED


def replayed(case: Case, asked: Server, ids: Ids) -> Exchange:
    """Return a fixture's request with own ids, and the response to it, normalised."""
    request = with_ids(case.fixture["request"], ids)
    # With own ids in it, a path could lead to an operation that writes.
    operation_at(request["path"], SPEC)
    return normal({"request": request, "response": send(asked, request)})


def normal(exchange: Exchange) -> Exchange:
    """Return the exchange as it is compared and written: its rows sorted, then with stand-ins."""
    request, response = exchange["request"], exchange["response"]
    body = in_order(response["body"], request)
    return normalise({"request": request, "response": {**response, "body": body}}, SPEC)


def _judge(case: Case, asked: Server, after: Exchange, *, update: bool) -> Verdict:
    fixture = case.fixture
    before = normal(fixture)
    was, now = situation(before["response"]), situation(after["response"])
    if was != now:
        print(f"{case.name}: a different case: {asked.name} answered {now}, the fixture has {was}")
        return Verdict.OTHER
    text = layout({**fixture, "source": source(case, asked), **after})
    if kinds := find_secrets(text):
        raise RecordError(f"refused, since it would hold: {', '.join(kinds)}")
    changes = difference(case, asked, before, after)
    if changes:
        print(changes)
    if update and may_write(fixture["source"], asked, changed=bool(changes)):
        case.path.write_text(text, "utf-8")
        print(f"{case.name}: written; check its `expect`")
        return Verdict.WRITTEN
    return Verdict.DIFFERENT if changes else Verdict.EQUAL


def situation(response: Response) -> str:
    """Return what distinguishes a response from those to other cases, as a safe text."""
    status, body = response["status"], response["body"]
    if isinstance(body, str):
        said = "a body that is not JSON" if body else "no body"
    elif not isinstance(body, dict):
        said = "JSON without an envelope"
    elif "results" in body:
        # Without --ids, a portal has none of a fixture's objects; such a response is another case.
        said = " and ".join(
            name if body.get(name) else f"no {name}" for name in ("results", "errors")
        )
    else:
        names = ("category", "subCategory", "policyName")
        said = " ".join(str(body[name]) for name in names if name in body) or "an error"
    return printable(f"{status} with {said}")


def difference(case: Case, asked: Server, before: Exchange, after: Exchange) -> str:
    """Return how the exchange differs from that of a fixture, or an empty text."""
    names = f"{case.name} (fixture)", f"{case.name} ({asked.name})"
    return "\n".join(difflib.unified_diff(_lines(before), _lines(after), *names, lineterm=""))


def _lines(exchange: Exchange) -> list[str]:
    return json.dumps(exchange, indent=2, sort_keys=True).splitlines()


def source(case: Case, asked: Server) -> str:
    """Return the `source` of a fixture that the server has answered."""
    purpose = case.fixture["source"].partition(":")[2].strip()
    if asked.is_hubspot:
        return f"{LIVE} {datetime.now(UTC).date()}: {purpose}"
    return f"answered by the sandbox: {purpose}"


def may_write(source: str, asked: Server, *, changed: bool) -> bool:
    """Return whether a response may replace that of a fixture with this source."""
    if source.startswith("documentation page"):
        return False  # it repeats the documentation
    recorded = source.startswith(LIVE)
    # An unchanged response of HubSpot is not written, and the sandbox never replaces HubSpot's.
    return changed or not recorded if asked.is_hubspot else changed and not recorded


def report(asked: Server, counts: Counter[Verdict]) -> int:
    """Print the number of fixtures with each result; return the exit code."""
    numbers = ", ".join(f"{counts[each]} {each}" for each in Verdict if counts[each])
    print(f"{asked.name}: {numbers}")
    if counts[Verdict.WRITTEN]:
        print("In the written fixtures, ids start at 1000; from now on, --ids has to use these.")
    compared = counts[Verdict.EQUAL] + counts[Verdict.DIFFERENT] + counts[Verdict.WRITTEN]
    if counts[Verdict.FAILED] or not compared:
        return 2
    return 1 if counts[Verdict.DIFFERENT] else 0


if __name__ == "__main__":
    sys.exit(main())
