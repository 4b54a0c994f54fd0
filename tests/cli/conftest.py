"""The command line, in this process and in others, against a sandbox."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from io import BufferedReader, BytesIO, TextIOWrapper
from pathlib import Path
from typing import IO, Any, NamedTuple

import pytest
from attrs import define

from hubspot_batch_read.cli.app import app
from hubspot_batch_read.sandbox import Portal, Sandbox

PORTAL = Portal(seed=7, contacts=2500)


def command_names() -> list[str]:
    """Return the names of the commands, in the order of the help."""
    callbacks = [each.callback for each in app.registered_commands if each.callback]
    return [callback.__name__.replace("_", "-") for callback in callbacks]


@define(frozen=True)
class Result:
    """The result of a command."""

    code: int
    out: bytes
    err: str

    @property
    def rows(self) -> list[Any]:
        """The JSON lines on standard output."""
        return [json.loads(line) for line in self.out.splitlines()]


class Shown(NamedTuple):
    """The output of a command in a terminal, and its exit code."""

    code: int
    shown: str


@define(frozen=True)
class Cli:
    """Runs the command against a sandbox."""

    sandbox: Sandbox
    _monkeypatch: pytest.MonkeyPatch
    _captured: pytest.CaptureFixture[bytes]

    def __call__(self, *arguments: object, stdin: bytes = b"", token: str | None = None) -> Result:
        """Run it in this process."""
        command = self._command(arguments)
        with self._monkeypatch.context() as patch:
            patch.setenv("HUBSPOT_ACCESS_TOKEN", self.sandbox.token if token is None else token)
            patch.setattr(sys, "argv", ["hubspot-batch-read", *command])
            patch.setattr(sys, "stdin", TextIOWrapper(BufferedReader(BytesIO(stdin))))
            with pytest.raises(SystemExit) as end:
                app()
        captured = self._captured.readouterr()
        return Result(int(end.value.code or 0), captured.out, captured.err.decode())

    def _command(self, arguments: tuple[object, ...]) -> list[str]:
        name, *rest = map(str, arguments)
        address = [] if "--base-url" in rest else ["--base-url", self.sandbox.base_url]
        return [name, *address, *rest]

    def help(self, *command: str) -> str:
        """Return the help of a command."""
        with self._monkeypatch.context() as patch, pytest.raises(SystemExit):
            patch.setenv("COLUMNS", "200")
            app([*command, "--help"])
        return self._captured.readouterr().out.decode()

    def in_terminal(self, *arguments: object, stream: str = "stderr") -> Shown:
        """Run it in its own process, with a terminal as one of the streams."""
        leader, follower = pty.openpty()
        streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, stream: follower}
        process = self.start(*arguments, **streams)
        os.close(follower)
        shown = b""
        while piece := _read(leader):
            shown += piece
        os.close(leader)
        return Shown(process.wait(20), shown.decode())

    def start(
        self,
        *arguments: object,
        stdin: int | None = None,
        stdout: IO[bytes] | int | None = None,
        stderr: int = subprocess.PIPE,
    ) -> subprocess.Popen[bytes]:
        """Start it in its own process."""
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "hubspot_batch_read.cli"),
                *self._command(arguments),
            ],
            env={**os.environ, "HUBSPOT_ACCESS_TOKEN": self.sandbox.token},
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
        )


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux's way to say that the other end is closed
        return b""


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    with Sandbox(portal=PORTAL) as sandbox:
        yield sandbox


@pytest.fixture
def cli(
    served: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> Iterator[Cli]:
    """The command line in an empty folder, and a sandbox without faults."""
    monkeypatch.chdir(tmp_path)
    yield Cli(served, monkeypatch, capfdbinary)
    served.faults = None


@pytest.fixture
def contacts(cli: Cli) -> Path:
    """A file with the ids of three chunks."""
    path = Path("contacts.txt")
    path.write_text("".join(f"{id_}\n" for id_ in PORTAL.contact_ids))
    return path


def line(id_: str, reason: str) -> dict[str, Any]:
    """Return a line of the file of missing ids that has only an id and the reason."""
    nothing = dict.fromkeys(("category", "sub_category", "message", "context"))
    return {"id": id_, "reason": reason, **nothing}


def missing(path: str | Path = "missing.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_bytes().splitlines()]
