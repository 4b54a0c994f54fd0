"""Reads that end early, in a process of their own: nothing is left, and nothing is printed."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

SYNC = """
    import gc, os, signal, sys, threading
    from hubspot_batch_read import HubSpot
    from hubspot_batch_read.sandbox import Hold, Portal, Sandbox

    never = threading.Event()

    def hold(request):
        if request.ordinal == 3 and INTERRUPTS_WAITING:
            os.kill(os.getpid(), signal.SIGINT)
        first = request.document["inputs"][0]["flowId"] == sandbox.portal.flow_ids[0]
        return None if first else Hold(never)

    def read(hubspot, portal):
        batch = hubspot.read_workflow_id_mappings(flow_ids=portal.flow_ids)
        got = 0
        try:
            for record in batch:
                got += 1
                END
        except (KeyboardInterrupt, ZeroDivisionError) as error:
            print(type(error).__name__)
        return got, batch

    with Sandbox(portal=Portal(workflows=2000), faults=hold) as sandbox:
        before = set(threading.enumerate())
        with HubSpot(sandbox.token, base_url=sandbox.base_url, timeout=0.3) as hubspot:
            got, batch = read(hubspot, sandbox.portal)
            # The requests in flight end by their timeout, whoever waits for them.
            for thread in set(threading.enumerate()) - before:
                thread.join(10)
            assert set(threading.enumerate()) == before
            assert got + len(list(batch.unread())) == 2000, batch
            # What is left can be read with another call.
            sandbox.faults = None
            rest = hubspot.read_workflow_id_mappings(flow_ids=batch.unread()).all()
            assert got + len(rest) == 2000
        assert set(threading.enumerate()) == before
    gc.collect()
    print("done")
"""

ASYNC = """
    import asyncio, gc, os, signal, sys, threading
    from hubspot_batch_read import AsyncHubSpot
    from hubspot_batch_read.sandbox import Hold, Portal, Sandbox

    never = threading.Event()

    def hold(request):
        if request.ordinal == 3 and INTERRUPTS_WAITING:
            os.kill(os.getpid(), signal.SIGINT)
        first = request.document["inputs"][0]["flowId"] == sandbox.portal.flow_ids[0]
        return None if first else Hold(never)

    async def main(sandbox):
        # asyncio's debug mode tells of every step that takes longer, which a busy machine has.
        asyncio.get_running_loop().slow_callback_duration = 60
        hubspot = AsyncHubSpot(sandbox.token, base_url=sandbox.base_url)
        batch = hubspot.read_workflow_id_mappings(flow_ids=sandbox.portal.flow_ids)
        got = 0
        try:
            async with hubspot:
                async for record in batch:
                    got += 1
                    END
        finally:
            results.append((got, batch))

    results = []
    with Sandbox(portal=Portal(workflows=2000), faults=hold) as sandbox:
        try:
            asyncio.run(main(sandbox))
        except (KeyboardInterrupt, ZeroDivisionError, TimeoutError) as error:
            print(type(error).__name__)
        (got, batch), = results
        assert got + len(list(batch.unread())) == 2000, batch
    gc.collect()
    print("done")
"""

ENDS = {
    "break": ("break", ""),
    "exception": ("1 / 0", "ZeroDivisionError"),
    "interrupt": ("if got == 1: os.kill(os.getpid(), signal.SIGINT)", "KeyboardInterrupt"),
    "interrupt_while_waiting": ("pass", "KeyboardInterrupt"),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("program", [SYNC, ASYNC], ids=["sync", "async"])
def test_a_read_that_ends_early_leaves_and_prints_nothing(program: str, end: str) -> None:
    code, printed = ENDS[end]
    code = textwrap.dedent(program).replace("END", code)
    code = code.replace("INTERRUPTS_WAITING", str(end == "interrupt_while_waiting"))
    result = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.stderr == ""
    assert result.stdout.split() == [*filter(None, [printed]), "done"]
    assert result.returncode == 0
