"""The messages: the reason of every failure, no secret, and nothing harmful to a terminal."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from hubspot_batch_read.cli import execute, inputs
from hubspot_batch_read.cli.display import Display
from hubspot_batch_read.driving.driver import Driver
from hubspot_batch_read.files import FileWriter
from hubspot_batch_read.files.appended import AppendedFile
from hubspot_batch_read.files.output import Output
from hubspot_batch_read.sandbox import (
    Hold,
    SandboxRequest,
    SandboxResponse,
    in_order,
    incidents,
)
from hubspot_batch_read.sending.sender import Sender
from hubspot_batch_read_api.errors import ArgumentError
from tests.cli.conftest import PORTAL, Cli, Result, missing

READ = ["associations", "contacts", "companies"]
NONSENSE = SandboxResponse(200, body='{"results": 5}')
HARMFUL = "\x1b[2Jred\r\nError: all is well\x9b1m\u202etxt\u200b\x07"


def only_lines(text: str) -> bool:
    """Return whether there is nothing in a text but graphic characters and line ends."""
    return all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize("options", [[], ["--missing", "missing.jsonl"]])
def test_a_run_without_any_chunk_stopped_and_says_why(cli: Cli, options: list[str]) -> None:
    cli.sandbox.faults = lambda _: NONSENSE
    result = cli(*READ, "1", *options)
    assert result.code == 3
    assert result.err == (
        "Error: AssociationEnvelope: $.results: expected a list, got a number; HTTP 200, "
        "text/html; charset=utf-8, 14 bytes, correlation id not given.\n"
        "1 id: 0 records, 1 unread.\n"
    )


@pytest.mark.parametrize("options", [[], ["--missing", "missing.jsonl"]])
def test_a_chunk_that_could_not_be_read_is_told_with_the_reason(
    cli: Cli, contacts: Path, options: list[str]
) -> None:
    def faults(request: SandboxRequest) -> SandboxResponse | None:
        is_second = {"id": PORTAL.contact_ids[1000]} in request.document["inputs"]
        return NONSENSE if is_second else None

    cli.sandbox.faults = faults
    result = cli(*READ, "--ids", contacts, *options)
    assert result.code == 1
    assert result.err.startswith("Error: AssociationEnvelope: $.results: expected a list")
    assert ("use --missing FILE to see why" in result.err) != bool(options)


@pytest.mark.parametrize("id_", ["nonsense", "101.0"])
def test_an_ids_first_problem_is_told_and_again_when_resumed(cli: Cli, id_: str) -> None:
    command = [*READ, PORTAL.contact_ids[0], id_, "1;2", "--output", "rows.jsonl"]
    command += ["--missing", "missing.jsonl"]
    first = cli(*command)
    said = next(each["message"] for each in missing() if each["id"] in {id_, "1;2"})
    assert first.code == 1
    assert f"First problem: {'' if said.startswith('argument') else f'{id_}: '}{said}" in first.err
    assert cli(*command, "--resume").err == first.err


# Whatever is raised


class UnforeseenError(Exception):
    """Something that the program does not know of."""


def fails(*_: object, **__: object) -> Any:
    raise UnforeseenError("it broke:\x1b[2J\nhere")


def fails_at(method: Callable[..., Any], number: int) -> Callable[..., Any]:
    """Return a method that fails from some call on."""
    calls = iter(range(number))

    def call(*arguments: Any, **options: Any) -> Any:
        if next(calls, None) is None:
            fails()
        return method(*arguments, **options)

    return call


def fails_once(method: Callable[..., Any], number: int) -> Callable[..., Any]:
    """Return a method that fails at one of its calls."""
    calls = count()

    def call(*arguments: Any, **options: Any) -> Any:
        if next(calls) == number:
            fails()
        return method(*arguments, **options)

    return call


PLACES: dict[str, tuple[type, str, int]] = {
    "while progress is shown": (Display, "update", 1),
    "while records are written": (Output, "write", 1),
    "when the first records are written": (Output, "write", 0),
    "while missing ids are written": (AppendedFile, "append", 3),
    "while files are made safe": (AppendedFile, "sync", 1),
    "at the end": (FileWriter, "finish", 0),
    "while a request is sent": (Sender, "send", 1),
    "while all requests are sent": (Sender, "send", 0),
    "while records are taken": (Driver, "next_part", 0),
}


def test_what_fails_before_anything_is_read_leaves_no_file(
    cli: Cli, contacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Display, "__enter__", fails)
    result = cli(*READ, "--ids", contacts, "--output", "rows.csv", "--missing", "missing.jsonl")
    assert (result.code, "Error: UnforeseenError: it broke" in result.err) == (3, True)
    assert list(Path().iterdir()) == [contacts]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("format_", ["jsonl", "csv"])
def test_whatever_ends_a_run_every_id_has_a_line(
    cli: Cli, contacts: Path, monkeypatch: pytest.MonkeyPatch, place: str, format_: str
) -> None:
    owner, name, number = PLACES[place]
    output = ["--output", f"rows.{format_}", "--missing", "missing.jsonl"]
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, fails_once(getattr(owner, name), number))
        result = cli(*READ, "--ids", contacts, *output)
    assert result.code == 3
    assert "Error: UnforeseenError: it broke:\\x1b[2J\\nhere.\n" in result.err
    assert only_lines(result.err)
    told = [*rows(format_), *(each["id"] for each in missing())]
    assert sorted(told) == sorted(PORTAL.contact_ids)
    assert "To continue: " in result.err
    assert cli(*READ, "--ids", contacts, *output, "--resume").code == 0
    assert len(rows(format_)) + len(missing()) == len(PORTAL.contact_ids)


def rows(format_: str) -> list[str]:
    """Return the ids of the rows in the output."""
    lines = Path(f"rows.{format_}").read_text().splitlines()
    if format_ == "csv":
        return [*dict.fromkeys(each.partition(",")[0] for each in lines[1:])]
    return [json.loads(each)["from"]["id"] for each in lines]


def test_an_exception_while_ids_are_read_keeps_those_before(
    cli: Cli, contacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "_entry", fails_at(inputs._entry, 1500))
    result = cli(*READ, "--ids", contacts, "--missing", "missing.jsonl")
    assert (result.code, "Error: UnforeseenError: it broke" in result.err) == (3, True)
    assert len(result.rows) + len(missing()) == 1500


def test_responses_after_a_run_has_stopped_cost_no_id(
    cli: Cli, contacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = threading.Event()

    def faults(request: SandboxRequest) -> Hold | None:
        is_first = {"id": PORTAL.contact_ids[0]} in request.document["inputs"]
        return None if is_first else Hold(opened)

    def stop(writer: FileWriter[Any]) -> None:
        opened.set()
        for thread in threading.enumerate():
            # Not those that an interrupt kept from starting, in a test before.
            if thread.name == "hubspot-batch-read" and thread.ident is not None:
                thread.join(20)
        leave(writer)

    leave = FileWriter.stop
    cli.sandbox.faults = faults
    monkeypatch.setattr(FileWriter, "write", fails)
    monkeypatch.setattr(FileWriter, "stop", stop)
    command = ["associations-v3", *READ[1:], "--ids", contacts, "--output", "rows.jsonl"]
    assert cli(*command, "--missing", "missing.jsonl").code == 3
    told = [*rows("jsonl"), *(each["id"] for each in missing())]
    assert sorted(told) == sorted(PORTAL.contact_ids)


def test_a_run_that_stops_says_how_many_ids_there_are(cli: Cli, contacts: Path) -> None:
    cli.sandbox.faults = in_order([None, incidents.rate_limited("DAILY")])
    command = [*READ, "--ids", contacts, "--output", "rows.jsonl", "--missing", "missing.jsonl"]
    result = cli(*command, "--concurrency", "1")
    assert (result.code, " of 2,500 ids: " in result.err) == (3, True), result.err


def test_missing_ids_that_cannot_be_written_cost_no_count(cli: Cli, contacts: Path) -> None:
    cli.sandbox.faults = lambda _: NONSENSE
    result = cli(*READ, "--ids", contacts, "--missing", "/dev/full")
    assert (result.code, "AssociationEnvelope" in result.err) == (3, True)
    assert "3,000 unread" in result.err or "2,500 unread" in result.err
    assert "No space left on device" in result.err


@pytest.mark.parametrize(
    ("argument", "name"), [("ALL_PROXY", "ALL_PROXY"), ("base_url", "--base-url")]
)
def test_what_prevents_a_client_touches_nothing(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, argument: str, name: str
) -> None:
    def hubspot(*_: object, **__: object) -> None:
        raise ArgumentError(argument, "needs an extra: pip install httpx[socks].")

    monkeypatch.setattr(execute, "HubSpot", hubspot)
    Path("missing.jsonl").write_text('{"id":"1","reason":"unread"}\n')
    before = Path("missing.jsonl").stat().st_mtime_ns
    result = cli(*READ, "--ids", "missing", "--output", "rows.csv", "--missing", "missing.jsonl")
    assert (result.code, result.err) == (
        *(2, f"Error: {name}: needs an extra: pip install httpx[socks].\n"),
    )
    assert [each.name for each in Path().iterdir()] == ["missing.jsonl"]
    assert Path("missing.jsonl").stat().st_mtime_ns == before


# Secrets, and what does harm


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "all_proxy", "ftp_proxy"])
@pytest.mark.parametrize("options", [[], ["--debug"]])
@pytest.mark.parametrize("kind", [RuntimeError, httpx.ProxyError, httpx.LocalProtocolError])
def test_neither_the_token_nor_the_password_of_a_proxy_is_told(
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    options: list[str],
    kind: type[Exception],
) -> None:
    login = b64encode(b"me:p@ss word").decode()

    def send(*_: object, **__: object) -> None:
        text = f"{cli.sandbox.token}; http://me:p%40ss%20word@proxy; p@ss word; Basic {login}"
        raise kind(text)

    monkeypatch.setenv(variable, "http://me:p%40ss%20word@proxy.invalid:3128")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(Sender, "send", send)
    result = cli(*READ, "1", "--missing", "missing.jsonl", *options)
    assert result.code == 3
    for text in (result.err, Path("missing.jsonl").read_text()):
        assert "[hidden]; http://me:[hidden]@proxy; [hidden]; Basic [hidden]" in text
        assert cli.sandbox.token not in text


def test_what_hubspot_or_a_file_says_does_nothing_to_a_terminal(cli: Cli) -> None:
    def told(answer: SandboxResponse, *arguments: object) -> Result:
        cli.sandbox.faults = lambda _: answer
        result = cli(*arguments)
        assert only_lines(result.err)
        assert r"\x1b[2Jred\r\nError: all is well\x9b1m\u202etxt\u200b\x07" in result.err
        return result

    body = {"status": "error", "message": HARMFUL, "correlationId": "x", "category": "Y"}
    told(SandboxResponse(400, body=json.dumps(body)), *READ, "1")
    told(SandboxResponse(400, body=json.dumps(body)), *READ, "1", "--debug")
    found = {"from": {"id": "1"}, "to": []}
    envelope = {"results": [found], "errors": [{"message": HARMFUL, "context": {}}]}
    result = told(SandboxResponse(207, body=json.dumps(envelope)), *READ, "1")
    assert result.err.startswith("Warning: HubSpot also says: ")
    of_one = {"results": [], "errors": [{"message": HARMFUL, "context": {"id": ["1"]}}]}
    told(SandboxResponse(207, body=json.dumps(of_one)), *READ, "1")
    Path("ids.csv").write_text(f'"{HARMFUL}",x\n1,2\n', newline="")
    result = cli(*READ, "--ids", "ids.csv", "--column", "id")
    assert only_lines(result.err)


@pytest.mark.parametrize("format_", ["jsonl", "csv"])
def test_rows_do_nothing_to_a_terminal(cli: Cli, format_: str) -> None:
    kind = {"category": "USER_DEFINED", "typeId": 1, "label": HARMFUL + "é"}
    row = {"from": {"id": "1"}, "to": [{"toObjectId": "2", "associationTypes": [kind]}]}
    cli.sandbox.faults = lambda _: SandboxResponse(200, body=json.dumps({"results": [row]}))
    command = [*READ, "1", "--format", format_]
    code, shown = cli.in_terminal(*command, stream="stdout")
    assert (code, only_lines(shown.replace("\r\n", "\n"))) == (0, True)
    assert "é" in shown
    assert "all is well\x9b1m\u202etxt".encode() in cli(*command).out


def test_what_hubspot_also_says_is_not_without_end(cli: Cli) -> None:
    found = {"from": {"id": "1"}, "to": []}
    said = [{"message": f"{number} {'x' * 10_000}"} for number in range(1000)]
    body = json.dumps({"results": [found], "errors": said})
    cli.sandbox.faults = lambda _: SandboxResponse(207, body=body)
    result = cli(*READ, "1")
    assert "Warning: HubSpot sent 997 other messages.\n" in result.err
    assert len(result.err) < 3000


# The display


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    logger = logging.getLogger("hubspot_batch_read")
    before = logger.level, logger.propagate
    yield logger
    logger.level, logger.propagate = before


@pytest.mark.parametrize("level", [logging.NOTSET, logging.DEBUG, logging.ERROR])
@pytest.mark.parametrize("propagates", [True, False])
@pytest.mark.parametrize("answer", [None, NONSENSE])
def test_the_log_is_after_a_run_as_it_was_before(
    cli: Cli, logger: logging.Logger, level: int, propagates: bool, answer: SandboxResponse | None
) -> None:
    logger.setLevel(level)
    logger.propagate = propagates
    handlers = list(logger.handlers)
    cli.sandbox.faults = lambda _: answer
    cli(*READ, "1")
    assert (logger.level, logger.propagate, logger.handlers) == (level, propagates, handlers)
    assert logger.isEnabledFor(logging.INFO) == (logger.getEffectiveLevel() <= logging.INFO)


def test_the_first_wait_is_told_at_once(cli: Cli) -> None:
    cli.sandbox.faults = lambda _: SandboxResponse(503, headers={"Retry-After": "55"})
    process = cli.start(*READ, "1", stdout=subprocess.DEVNULL)
    assert process.stderr is not None
    said = process.stderr.readline().decode()  # long before the wait is over
    process.kill()
    process.communicate()
    assert re.fullmatch(r"Waiting: attempt 1 of 9: HTTP 503.*; retrying in 55.00 s\.\n", said)


def test_only_the_first_of_the_waits_is_told_on_standard_error(cli: Cli) -> None:
    busy = SandboxResponse(503, headers={"Retry-After": "0.01"})
    cli.sandbox.faults = in_order([busy, busy, busy])
    result = cli(*READ, PORTAL.contact_ids[0])
    assert (result.code, result.err.count("Waiting: ")) == (0, 1)


@pytest.mark.usefixtures("contacts")
def test_what_is_told_meanwhile_is_above_the_bar(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")
    cli.sandbox.faults = in_order([SandboxResponse(503, headers={"Retry-After": "0.01"})])
    shown = cli.in_terminal(*READ, "--ids", "contacts.txt", "--output", "rows.jsonl").shown
    assert re.search(r"\r(\x1b\[2K)?Waiting: attempt 1 of 9[^\r\n]*\.\r\n", shown)
    assert "no errors, 1 wait " in shown


@pytest.mark.parametrize("is_resumed", [False, True])
def test_the_counters_of_bar_and_summary_agree(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, is_resumed: bool
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")
    one, two, three, *_ = PORTAL.contact_ids
    ids = [one, "1;2", two, one, "nonsense", f"0{one}", f"00{three}", three, "101.0", two]
    command = [*READ, "--ids", "ids.txt", "--output", "rows.csv", "--missing", "missing.jsonl"]
    if is_resumed:
        Path("ids.txt").write_text("".join(f"{each}\n" for each in ids[:3]))
        assert cli(*command).code == 1
        command.append("--resume")
    Path("ids.txt").write_text("".join(f"{each}\n" for each in ids))
    code, shown = cli.in_terminal(*command)
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    bar = re.findall(r"(\d+)/(\d+) [\d,]+/s (.*?), 0 waits", plain)[-1]
    told, _, parts = plain.splitlines()[-1].partition(" ids: ")
    assert (code, bar[:2]) == (1, (told, told))
    assert f", {bar[2]}; missing.jsonl says why." in parts
    assert bar[2] == "1 with errors, 2 invalid"
    assert int(told) == len(rows("csv")) + len(missing())
