"""The options for slow servers, shared limits and other places of the token."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from hubspot_batch_read import ArgumentError, RateLimit
from hubspot_batch_read.cli import execute, token_command
from hubspot_batch_read.sandbox import Latency, SandboxResponse
from tests.cli.conftest import PORTAL, Cli

READ = ["associations", "contacts", "companies", PORTAL.contact_ids[0]]


def command(code: str) -> str:
    return shlex.join([sys.executable, "-c", code])


def test_a_slow_server_is_read_with_a_longer_timeout_only(cli: Cli) -> None:
    cli.sandbox.faults = lambda _: Latency(0.4)
    short = cli(*READ, "--timeout", "0.1", "--max-retries", "1")
    assert (short.code, "gave up after 2 attempts" in short.err) == (3, True)
    assert cli(*READ, "--timeout", "20").code == 0


def test_no_retries_are_none(cli: Cli) -> None:
    requests = cli.sandbox.traffic.requests
    cli.sandbox.faults = lambda _: SandboxResponse(503)
    assert cli(*READ, "--max-retries", "0").code == 3
    assert cli.sandbox.traffic.requests == requests + 1


def test_the_options_are_those_of_the_client(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []

    def hubspot(_: object, **options: Any) -> None:
        made.append(options)
        raise ArgumentError("timeout", "that was all")

    monkeypatch.setattr(execute, "HubSpot", hubspot)
    options = ["--timeout", "60", "--max-retries", "3", "--concurrency", "2", "--rate-limit"]
    for limit in ("100", "none", "auto"):
        result = cli(*READ, *options, limit)
        assert (result.code, result.err) == (2, "Error: --timeout: that was all.\n")
    shared = {"base_url": cli.sandbox.base_url, "timeout": 60.0}
    shared |= {"max_retries": 3, "max_concurrency": 2}
    assert made == [
        {**shared, "rate_limit": limit} for limit in (RateLimit(100, per=10), None, "auto")
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rate-limit", "fast"], "--rate-limit: expected a number of requests in ten seconds"),
        (["--rate-limit", "0"], "--rate-limit: expected a number of requests in ten seconds"),
        (["--timeout", "0"], "--timeout"),
        (["--concurrency", "0"], "--concurrency"),
        (["--max-retries", "-1"], "--max-retries"),
        (["--excel"], "--excel requires --format csv"),
        (["--excel", "--format", "jsonl"], "--excel requires --format csv"),
        (["--token-command", "x", "--token-file", "y"], "cannot be combined"),
        (["--token-command", ""], "--token-command: it is empty"),
        (["--token-command", "'"], "--token-command: No closing quotation"),
        (["--token-command", "/nowhere/x"], "--token-command: /nowhere/x cannot be run: No such"),
        (["--token-command", command("")], "wrote nothing to standard output"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_is_sent(
    cli: Cli, options: list[str], message: str
) -> None:
    requests = cli.sandbox.traffic.requests
    result = cli(*READ, *options)
    assert (result.code, result.out) == (2, b"")
    assert message in result.err
    assert cli.sandbox.traffic.requests == requests


def test_a_token_command_runs_again_for_an_expired_token(cli: Cli) -> None:
    tokens = [cli.sandbox.issue_token(requests=1), cli.sandbox.token]
    Path("tokens").write_text("\n".join(tokens))
    code = (
        "import pathlib; path = pathlib.Path('tokens'); first, *rest = path.read_text().split();"
        "path.write_text(' '.join(rest or [first])); print(first)"
    )
    Path("ids").write_text("".join(f"{id_}\n" for id_ in PORTAL.contact_ids))
    arguments = ["associations-v3", "contacts", "companies", "--ids", "ids", "--concurrency", "1"]
    result = cli(*arguments, "--output", "rows.jsonl", "--token-command", command(code), token="")
    assert result.code == 0
    assert Path("tokens").read_text() == tokens[1]


def test_a_command_that_fails_is_told_without_what_it_printed(cli: Cli) -> None:
    secret = "pat-na1-0123456789"
    code = f"import sys; print({secret!r}); print('no {secret} here', file=sys.stderr); sys.exit(7)"
    result = cli(*READ, "--token-command", command(code), token="")
    assert result.code == 2
    assert "failed with exit code 7: no [hidden] here.\n" in result.err
    assert secret not in result.err


def test_a_command_that_hangs_is_ended(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_command, "SECONDS", 0.2)
    result = cli(*READ, "--token-command", command("input() or 1; import time; time.sleep(60)"))
    assert result.code == 2  # it has no standard input to wait for
    result = cli(*READ, "--token-command", command("import time; time.sleep(60)"))
    assert (result.code, "took more than 0.2 seconds" in result.err) == (2, True)


def test_excel_gets_its_mark(cli: Cli) -> None:
    for output in (["--output", "rows.csv"], ["--format", "csv", "--output", "rows"]):
        assert cli(*READ, "--excel", *output).code == 0
        assert Path(output[-1]).read_bytes().startswith(b"\xef\xbb\xbffrom_id,")
    assert json.loads(Path("rows.csv.checkpoint").read_text())["fingerprint"]["format"] == "excel"
