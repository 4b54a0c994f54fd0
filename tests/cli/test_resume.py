"""A run that ends at any moment, for any reason, can be continued without loss or repetition."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
from contextlib import suppress
from pathlib import Path
from time import monotonic

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hubspot_batch_read.cli.interrupts import Interrupts
from hubspot_batch_read.sandbox import Hold, SandboxRequest
from tests.cli.conftest import PORTAL, Cli, missing

COMMAND = [
    "associations",
    "contacts",
    "deals",
    "--ids",
    "contacts.txt",
    "--missing",
    "missing.jsonl",
]


class Gate:
    """Holds the answers from one request on, and tells when it does."""

    def __init__(self, after: int) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()
        self._free = after

    def __call__(self, request: SandboxRequest) -> Hold | None:
        if request.ordinal <= self._free:
            return None
        self.reached.set()
        return Hold(self.opened)


def gate(cli: Cli, after: int) -> Gate:
    held = Gate(cli.sandbox.traffic.requests + after)
    cli.sandbox.faults = held
    return held


def content(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        return sorted(map(str, pq.read_table(path).to_pylist()))
    return sorted(path.read_text().splitlines())


@pytest.mark.parametrize(
    ("format_", "number"),
    [
        ("jsonl", signal.SIGKILL),
        ("csv", signal.SIGKILL),
        ("parquet", signal.SIGKILL),
        ("csv", signal.SIGTERM),
        ("parquet", signal.SIGINT),
    ],
)
@pytest.mark.usefixtures("contacts")
def test_a_run_ended_by_a_signal_continues_to_the_same_files(
    cli: Cli, format_: str, number: signal.Signals
) -> None:
    command = [*COMMAND, "--format", format_, "--output"]
    assert cli(*command, f"whole.{format_}").code == 0
    Path("missing.jsonl").rename("whole-missing.jsonl")
    for _ in range(2):
        held = gate(cli, 1)
        process = cli.start(*command, f"rows.{format_}", "--resume")
        assert held.reached.wait(20)
        process.send_signal(number)
        if number != signal.SIGKILL:
            assert waits(process)
        held.opened.set()
        _, said = process.communicate(timeout=20)
        cli.sandbox.faults = None
        if number != signal.SIGKILL:
            assert process.returncode == 3
            assert said.startswith(b"Error: interrupted.\n")
            assert b"To continue: hubspot-batch-read associations --resume --base-url" in said
            told = len(missing())
            assert told + count(f"rows.{format_}") == len(PORTAL.contact_ids)
    assert cli(*command, f"rows.{format_}", "--resume").code == 0
    assert content(Path(f"rows.{format_}")) == content(Path(f"whole.{format_}"))
    assert content(Path("missing.jsonl")) == content(Path("whole-missing.jsonl"))
    assert not [path for path in Path().iterdir() if path.suffix in {".part", ".new", ".lock"}]
    requests = cli.sandbox.traffic.requests
    assert cli(*command, f"rows.{format_}", "--resume").code == 0
    assert cli.sandbox.traffic.requests == requests


def count(name: str) -> int:
    """Return how many records there are in an output."""
    path = Path(name)
    if path.suffix == ".parquet":
        with Path(f"{name}.part").open("rb") as staged, pa.ipc.open_stream(staged) as batches:
            return len(set(batches.read_all()["from_id"].to_pylist()))
    lines = path.read_text().splitlines()
    return len({line.split(",")[0] for line in lines[1:]}) if path.suffix == ".csv" else len(lines)


@pytest.mark.usefixtures("contacts")
def test_a_complete_chunk_is_in_the_files_before_the_next_comes(cli: Cli) -> None:
    first, opened = PORTAL.contact_ids[:1000], threading.Event()

    def faults(request: SandboxRequest) -> Hold | None:
        return None if {"id": first[0]} in request.document["inputs"] else Hold(opened)

    cli.sandbox.faults = faults
    process = cli.start("associations-v3", *COMMAND[1:], "--output", "rows.jsonl")
    ended = monotonic() + 20
    while told("rows.jsonl") + told("missing.jsonl") < len(first):
        assert monotonic() < ended
    process.kill()
    opened.set()
    process.communicate()
    assert {line["id"] for line in missing()} < set(first)


def told(name: str) -> int:
    path = Path(name)
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interrupts(print):
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


def test_ids_that_were_added_are_read_and_no_others(cli: Cli, contacts: Path) -> None:
    ids = contacts.read_text().splitlines()
    contacts.write_text("\n".join(ids[:1200]))
    assert cli(*COMMAND, "--output", "rows.jsonl").code == 0
    before = Path("rows.jsonl").read_bytes()
    asked: list[str] = []

    def listen(request: SandboxRequest) -> None:
        asked.extend(each["id"] for each in request.document["inputs"])

    cli.sandbox.faults = listen
    contacts.write_text("\n".join(ids))
    assert cli(*COMMAND, "--output", "rows.jsonl", "--resume").code == 0
    assert {*asked} == {*ids[1200:]}
    assert Path("rows.jsonl").read_bytes().startswith(before)
    assert told("rows.jsonl") + len(missing()) == len(ids)


def test_a_resumed_run_ends_as_the_whole_would(cli: Cli) -> None:
    command = ["associations", "contacts", "companies", "nonsense", PORTAL.contact_ids[0]]
    command += ["--output", "rows.jsonl", "--missing", "missing.jsonl"]
    first = cli(*command)
    again = cli(*command, "--resume")
    assert (first.code, again.code) == (1, 1)
    assert first.err == again.err
    assert len(missing()) == 1


def test_ids_may_be_added_to_a_finished_parquet_file(cli: Cli) -> None:
    one, _, other = PORTAL.contact_ids[:3]
    command = ["associations", "contacts", "companies", "--format", "parquet"]
    for arguments in ([one], [one, other, "--resume"]):
        assert cli(*command, "--output", "rows.parquet", *arguments).code == 0
    assert cli(*command, "--output", "whole.parquet", one, other).code == 0
    assert pq.read_table("rows.parquet") == pq.read_table("whole.parquet")
    assert cli(*command, "--output", "rows.parquet", one).code == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"nonsense", "rows.parquet has no checkpoint"),
        (None, "rows.parquet was started with another operation: read_campaigns, not read_assoc"),
    ],
)
def test_another_parquet_file_is_not_continued(
    cli: Cli, content: bytes | None, message: str
) -> None:
    path = Path("rows.parquet")
    if content is None:
        cli("campaigns", PORTAL.campaign_ids[0], "--format", "parquet", "--output", path)
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    command = ["associations", "contacts", "companies", "1", "--format", "parquet"]
    result = cli(*command, "--output", path, "--resume")
    assert (result.code, message in result.err) == (2, True)
    assert path.read_bytes() == before


def test_the_same_ids_from_standard_input_continue_a_run(cli: Cli) -> None:
    ids = "".join(f"{id_}\n" for id_ in PORTAL.contact_ids).encode()
    command = ["associations-v3", "contacts", "companies", "--missing", "missing.jsonl", "--output"]
    held = gate(cli, 2)
    # One request at a time, so that the one that is held is not the first chunk's.
    process = cli.start(*command, "rows.csv", "--concurrency", "1", stdin=subprocess.PIPE)
    threading.Thread(target=process.communicate, args=(ids,)).start()
    assert held.reached.wait(20)
    checkpoint = Path("rows.csv.checkpoint")
    while not checkpoint.exists() or '"records"' not in checkpoint.read_text():
        assert process.poll() is None
    process.kill()
    process.wait(20)
    held.opened.set()
    cli.sandbox.faults = None
    other = cli(*command, "rows.csv", "--resume", stdin=b"1\n" + ids)
    assert (other.code, "differ from those of the earlier run" in other.err) == (2, True)
    assert cli(*command, "rows.csv", "--resume", stdin=ids).code == 0
    Path("missing.jsonl").rename("rows-missing.jsonl")
    assert cli(*command, "whole.csv", stdin=ids).code == 0
    assert content(Path("rows.csv")) == content(Path("whole.csv"))
    assert content(Path("missing.jsonl")) == content(Path("rows-missing.jsonl"))


@pytest.mark.usefixtures("contacts")
def test_a_second_run_at_once_touches_nothing_of_the_first(cli: Cli) -> None:
    held = gate(cli, 1)
    first = cli.start(*COMMAND, "--output", "rows.jsonl")
    assert held.reached.wait(20)
    mixes = [
        ["--output", "rows.jsonl"],
        ["--output", "rows.jsonl", "--resume"],
        ["--output", "rows.jsonl", "--resume", "--missing", "other.jsonl"],
        ["--output", "other.jsonl", "--missing", "missing.jsonl"],
        ["--output", "missing.jsonl", "--resume"],
        ["--missing", "missing.jsonl"],
        ["--missing", "rows.jsonl"],
    ]
    for options in mixes:
        second = cli(*COMMAND[:5], *options)
        assert (second.code, "is being written by another run" in second.err) == (2, True), options
    with Path("missing.jsonl").open("ab") as file:
        second_process = cli.start(*COMMAND[:5], stdout=file)
        _, said = second_process.communicate(timeout=20)
    assert (second_process.returncode, b"is being written by another run" in said) == (2, True)
    held.opened.set()
    first.communicate(timeout=20)
    assert first.returncode == 0
    assert told("rows.jsonl") + len(missing()) == len(PORTAL.contact_ids)


@pytest.mark.usefixtures("contacts")
def test_standard_output_is_not_also_the_file_of_missing_ids(cli: Cli) -> None:
    with Path("missing.jsonl").open("wb") as file:
        process = cli.start(*COMMAND, stdout=file)
        _, said = process.communicate(timeout=20)
    assert (process.returncode, b"missing.jsonl is used for two options" in said) == (2, True)
    assert not Path("missing.jsonl").read_bytes()


def waits(process: subprocess.Popen[bytes]) -> bool:
    assert process.stderr is not None
    return process.stderr.readline().startswith(b"Waiting for the requests in flight")


@pytest.mark.usefixtures("contacts")
def test_a_second_interrupt_ends_at_once_whatever_is_under_way(cli: Cli) -> None:
    held = gate(cli, 1)
    process = cli.start(*COMMAND, "--output", "rows.jsonl")
    assert held.reached.wait(20)
    process.send_signal(signal.SIGINT)
    assert waits(process)
    while process.poll() is None:  # two signals at once are one
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.2)
    process.communicate()
    held.opened.set()
    assert process.returncode == 3


def test_an_interrupt_ends_the_wait_for_ids_from_a_pipe(cli: Cli) -> None:
    command = ["associations", "contacts", "deals", "--output", "rows.jsonl"]
    process = cli.start(*command, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(b"1\n2\n")
    process.stdin.flush()
    while unread_bytes(process.stdin.fileno()):
        pass  # it reads them when it has begun to listen to signals
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 3
    _, said = process.communicate()
    assert b"Error: interrupted.\n" in said
    assert b"To continue (with the same ids on standard input): " in said


def unread_bytes(pipe: int) -> int:
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0\0\0\0"))[0]  # type: ignore[no-any-return]


@pytest.mark.usefixtures("contacts")
def test_a_reader_that_goes_away_ends_the_run_quietly(cli: Cli) -> None:
    process = cli.start(*COMMAND, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b"{")
    process.stdout.close()
    _, said = process.communicate(timeout=20)
    assert said.startswith(b"Error: standard output was closed.\n")
    assert b"ignored" not in said
    assert process.returncode == 3


@pytest.mark.usefixtures("contacts")
@pytest.mark.parametrize("format_", ["jsonl", "csv", "parquet"])
def test_a_full_disk_stops_the_run_with_every_id_told(cli: Cli, format_: str) -> None:
    with Path("/dev/full").open("wb") as full:
        process = cli.start(*COMMAND, "--format", format_, stdout=full)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 3
    assert said.startswith(b"Error: the records cannot be written: No space left on device.\n")
    assert len(missing()) == len(PORTAL.contact_ids)


def test_a_csv_file_that_is_resumed_is_that_of_one_run(cli: Cli) -> None:
    one, _, other = PORTAL.contact_ids[:3]
    command = ["associations", "contacts", "companies", "--format", "csv", "--output", "rows.csv"]
    assert cli(*command, one).code == 0
    assert cli(*command, one, other, "--resume").code == 0
    whole = cli(*command[:-2], one, other)
    assert Path("rows.csv").read_bytes() == whole.out


def test_a_parquet_run_writes_to_a_pipe_and_leaves_it_a_pipe(cli: Cli) -> None:
    path = Path("pipe")
    os.mkfifo(path)
    ids = PORTAL.contact_ids[:3]
    command = ["associations", "contacts", "companies", *ids, "--format", "parquet", "--output"]
    process = cli.start(*command, path)
    written = path.read_bytes()
    assert process.wait(20) == 0
    process.communicate()
    assert path.is_fifo()
    cli(*command, "rows.parquet")
    assert written == Path("rows.parquet").read_bytes()


def test_something_else_in_the_part_file_is_left_as_it_is(cli: Cli) -> None:
    Path("rows.parquet.part").write_text('{"from":{"id":"5"}}\n')
    command = ["associations", "contacts", "deals", "1", "--format", "parquet"]
    result = cli(*command, "--output", "rows.parquet", "--resume")
    assert result.code == 2
    assert "rows.parquet.part has no checkpoint" in result.err
    assert Path("rows.parquet.part").read_text() == '{"from":{"id":"5"}}\n'


@pytest.mark.usefixtures("contacts")
@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}])
def test_a_terminal_shows_progress_in_colour_unless_unwanted(
    cli: Cli, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    shown = cli.in_terminal(*COMMAND, "--output", "rows.jsonl").shown
    assert "2500/2500" in shown
    assert "no errors, 0 waits" in shown
    assert "2,500 ids: " in shown
    assert bool(re.search(r"\x1b\[[0-9;]*3[0-9]m|\x1b\[38;5", shown)) != bool(environment)
    Path("missing.jsonl").unlink()
    assert cli.in_terminal(*COMMAND, "--output", "other.jsonl", "--no-progress").shown == ""


def test_ids_are_not_waited_for_at_a_terminal(cli: Cli) -> None:
    leader, follower = pty.openpty()
    process = cli.start("campaigns", stdin=follower)
    _, said = process.communicate(timeout=20)
    os.close(leader)
    os.close(follower)
    assert process.returncode == 2
    assert said.startswith(b"Error: no ids: pass them as arguments")
