"""The server: it starts at once, ends cleanly, and runs from a terminal."""

import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from statistics import median

import httpx
import pytest

from hubspot_batch_read.sandbox import Portal, Sandbox, terminal
from hubspot_batch_read.sandbox.answers import ENDPOINTS
from tests.reads import check_listed

from .asking import COMPANIES, INPUT, PATHS, SIZES, Ask, connect

PORTAL = Portal(seed=7)
TERMINAL = "src/hubspot_batch_read/sandbox/terminal.py"
COMMAND = [sys.executable, "-X", "dev", "-W", "error", "-m", "hubspot_batch_read.sandbox"]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)


def test_it_answers_at_once_and_leaves_no_thread() -> None:
    before = threading.enumerate()

    with Sandbox() as sandbox, connect(sandbox) as client:
        assert Ask(client)(COMPANIES, "1").status_code == 207
        base_url = sandbox.base_url

    assert threading.enumerate() == before
    with pytest.raises(httpx.ConnectError):
        httpx.post(base_url)


def test_it_ends_with_the_block_even_by_an_exception() -> None:
    before = threading.enumerate()

    with pytest.raises(ZeroDivisionError), Sandbox():
        raise ZeroDivisionError

    assert threading.enumerate() == before


def test_it_ends_while_a_client_keeps_its_connection() -> None:
    with Sandbox() as sandbox:
        client = connect(sandbox)
        Ask(client)(COMPANIES, "1")
        silent = socket.create_connection(("127.0.0.1", httpx.URL(sandbox.base_url).port or 0))

    assert silent.recv(1) == b""
    silent.close()
    client.close()


def test_a_response_does_not_wait_for_the_network() -> None:
    # Where the head of a response waits for its acknowledgement, each one takes 40 ms and more.
    with Sandbox() as sandbox, connect(sandbox) as client:
        durations = [Ask(client)(COMPANIES, "1").elapsed.total_seconds() for _ in range(21)]

    assert median(durations) < 0.03


def test_responses_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    with Sandbox() as sandbox, connect(sandbox) as client:
        Ask(client)(COMPANIES, "1")

    assert "uvicorn.access" not in {record.name for record in caplog.records}


def test_two_run_side_by_side_and_one_can_run_again() -> None:
    again = Sandbox(seed=1)
    with again, Sandbox(seed=2) as other:
        assert again.base_url != other.base_url
    with again, connect(again) as client:
        assert Ask(client)(COMPANIES, again.portal.contact_ids[0]).status_code == 200


def test_it_has_no_address_outside_of_its_block() -> None:
    with pytest.raises(RuntimeError, match="only inside its with block"):
        _ = Sandbox().base_url


def test_nothing_but_a_sandbox_is_imported_for_it() -> None:
    program = """
import sys
import hubspot_batch_read
assert not [name for name in sys.modules if "sandbox" in name]
import hubspot_batch_read.sandbox
assert "uvicorn" not in sys.modules
with hubspot_batch_read.sandbox.Sandbox():
    assert "uvicorn" in sys.modules
assert "hubspot_batch_read_api" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_from_a_terminal_it_says_where_it_is_until_ctrl_c() -> None:
    with subprocess.Popen(
        [*COMMAND, "--port", "0", "--seed", "7"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            greeting = "".join(takewhile_including(process.stdout, "  -d "))
            base_url = re.search(r"http://127\.0\.0\.1:\d+", greeting)
            token = re.search(r"The access token is ([\w-]+);", greeting)
            inputs = re.search(r"-d '(.*)'", greeting)
            assert base_url
            assert token
            assert inputs
            response = httpx.post(
                base_url[0] + COMPANIES,
                content=inputs[1],
                headers={"Authorization": f"Bearer {token[1]}"},
            )
            found = with_a_result(greeting, base_url[0], token[1])
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=10)
        finally:
            process.kill()

    assert "(seed 7)" in greeting
    assert f"\ncurl -s {base_url[0]}{COMPANIES}" in greeting
    check_listed(found, PATHS, f"the ids to try in {TERMINAL}")
    for id_ in (*PORTAL.contact_ids[:4], PORTAL.campaign_ids[0], PORTAL.flow_ids[0]):
        assert id_ in greeting
    for endpoint in ENDPOINTS:
        assert f"\nPOST {endpoint.path}\n" in greeting
    for name, number in SIZES.items():
        assert f"{number:,} {name}" in greeting, f"add {name} to _numbers in {TERMINAL}"
    assert f"HUBSPOT_ACCESS_TOKEN={token[1]} \\\n  hubspot-batch-read associations " in greeting
    assert f" --base-url {base_url[0]}\n" in greeting
    assert response.status_code == 207
    assert len(response.json()["results"]) == 1
    assert errors == ""
    assert process.returncode == 0


def with_a_result(greeting: str, base_url: str, token: str) -> list[str]:
    """Return the operations that have a result for one of the ids to try."""
    block = re.search(r"Ids to try:\n\n((?:.+\n)+)", greeting)
    assert block
    words = re.findall(r"[\w-]+", block[1])
    inputs = [INPUT | {key: word for key in INPUT if key != "type"} for word in words]
    with httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {token}"}) as client:
        bodies = {name: Ask(client).inputs(path, inputs).json() for name, path in PATHS.items()}
    return [name for name, body in bodies.items() if body.get("results")]


def takewhile_including(lines: Iterable[str], last: str) -> Iterator[str]:
    """Give lines up to the first that begins so, or the last there is."""
    for line in lines:
        yield line
        if line.startswith(last):
            return


@pytest.mark.parametrize(("host", "warned"), [("0.0.0.0", True), ("localhost", False)])
def test_that_other_machines_can_reach_it_is_said(
    host: str,
    warned: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupt)

    assert terminal.serve(host, 0, Portal(seed=7), 0) == 0

    printed = capsys.readouterr()
    assert ("Other machines can reach the sandbox at http://0.0.0.0:" in printed.err) == warned
    assert "The access token is" in printed.out


def test_from_a_terminal_a_taken_port_is_one_sentence(sandbox: Sandbox) -> None:
    port = str(httpx.URL(sandbox.base_url).port)

    process = run(*COMMAND, "--port", port)

    assert process.returncode == 1
    assert process.stdout == ""
    assert process.stderr == (
        f"The sandbox cannot listen on 127.0.0.1:{port}: it is in use, try another --port\n"
    )


def test_from_a_terminal_a_missing_extra_is_one_sentence() -> None:
    program = """
import runpy, sys

class Missing:
    def find_spec(name, path, target=None):
        if name == "uvicorn":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing)
runpy.run_module("hubspot_batch_read.sandbox", run_name="__main__")
"""

    process = run(sys.executable, "-c", program)

    assert process.returncode == 1
    assert process.stderr == (
        'The sandbox needs an extra: pip install "hubspot-batch-read[sandbox]"\n'
    )


# What is under way at the end -------------------------------------------------------------------


def test_it_ends_without_the_requests_that_take_too_long() -> None:
    program = f"""
import threading, time
from concurrent.futures import ThreadPoolExecutor
import httpx
from hubspot_batch_read.sandbox import *

FAULTS = [Latency(30), SlowBody(30), Hold(threading.Event())]
arrived = threading.Barrier(2)

def faults(request):
    if request.ordinal == len(FAULTS):
        arrived.wait()
    return FAULTS[request.ordinal - 1]

def ask(url):
    try:
        httpx.post(url, json={{"inputs": []}}, timeout=60)
    except httpx.TransportError:
        return True

with ThreadPoolExecutor() as threads:
    with Sandbox(faults=faults) as sandbox:
        url = sandbox.base_url + {COMPANIES!r}
        failed = [threads.submit(ask, url) for _ in FAULTS]
        arrived.wait()
        begin = time.monotonic()
    print(time.monotonic() - begin)
    assert all(each.result() for each in failed)
"""

    process = run(sys.executable, "-W", "error", "-c", program)

    assert process.stderr == ""
    assert float(process.stdout) < 5  # a second of grace; the responses would take 30


def test_it_ends_without_the_clients_that_stop_in_the_middle() -> None:
    program = f"""
import socket, sys, threading
from urllib.parse import urlsplit
from hubspot_batch_read.sandbox import *

asked = threading.Event()

def faults(request):
    asked.set()
    return SandboxResponse(200, bytes(50_000_000))

with Sandbox(faults=faults) as sandbox:
    address = urlsplit(sandbox.base_url)
    head = b"POST {COMPANIES} HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 2\\r\\n\\r\\n"
    stops_asking = socket.create_connection((address.hostname, address.port))
    stops_asking.sendall(head + b"{{")
    stops_listening = socket.create_connection((address.hostname, address.port))
    stops_listening.sendall(head + b"{{}}")
    asked.wait()
stops_asking.close()
stops_listening.close()
"""

    process = run(sys.executable, "-W", "error", "-c", program)

    assert process.stderr == ""
    assert process.returncode == 0


def test_no_fault_prints_a_line_or_changes_its_logging() -> None:
    program = f"""
import logging
import httpx
from hubspot_batch_read.sandbox import *

def state():
    names = ["", "uvicorn", "uvicorn.error", "uvicorn.access", "asyncio"]
    loggers = [logging.getLogger(name) for name in names]
    return [(each.level, [*each.handlers], [*each.filters], each.propagate) for each in loggers]

before = state()
responses = [SandboxResponse(999), SandboxResponse(204)]
faults = [*Drop, *Drop, *responses, SlowBody(0.01), Latency(0), Latency(30)]
with Sandbox(faults=in_order(faults)) as sandbox:
    headers = {{"Authorization": "Bearer " + sandbox.token}}
    with httpx.Client(base_url=sandbox.base_url, headers=headers, timeout=0.5) as client:
        for _ in faults:
            try:
                client.post({COMPANIES!r}, json={{"inputs": [{{"id": "1"}}]}})
            except httpx.TransportError:
                pass
    assert sandbox.traffic.faults == tuple(faults)
assert state() == before
"""

    process = run(sys.executable, "-W", "error", "-c", program)

    assert process.stderr == ""
    assert process.returncode == 0
