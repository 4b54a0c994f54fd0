"""Reads that end because their client is closed, or because the program ends."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

import pytest

from hubspot_batch_read import AsyncHubSpot, ClosedError, HubSpot
from tests.unit.servers import Answer, Request, serve

TOKEN = "pat-na1-0123456789abcdef"
SECONDS = 20
"""Seconds that a program may take to start, read and exit; a timeout would take longer."""


def ids_in(request: Request) -> list[str]:
    return [each["id"] for each in json.loads(request.body)["inputs"]]


def answer(request: Request) -> Answer:
    rows = [{"from": {"id": id_}, "to": []} for id_ in ids_in(request)]
    return Answer(200, {}, json.dumps({"results": rows}).encode())


@contextmanager
def stuck(others: Callable[[threading.Event], Answer]) -> Iterator[str]:
    """Serve the first thousand ids, once another request is in flight, and the others otherwise."""
    another, done = threading.Event(), threading.Event()

    def first(request: Request) -> Answer:
        if "0" in ids_in(request):
            assert another.wait(SECONDS)
            return answer(request)
        another.set()
        return others(done)

    with serve(first) as url:
        try:
            yield url
        finally:
            done.set()


def hanging(done: threading.Event) -> Answer:
    done.wait(5 * SECONDS)
    return Answer(503, {}, b"")


def unavailable(_: threading.Event) -> Answer:
    return Answer(503, {}, b"")


@contextmanager
def nothing_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert {each for each in threading.enumerate() if each.name == "hubspot-batch-read"} <= before


# A client that is closed


@pytest.mark.parametrize("on_error", ["raise", "collect"])
def test_closing_the_client_ends_the_read_of_another_thread(on_error: str) -> None:
    with serve(answer) as url, HubSpot(TOKEN, base_url=url, rate_limit=None) as hubspot:
        for _ in range(8):
            contacts = hubspot.read_associations(
                "0-1",
                "0-2",
                range(100_000),
                on_error=on_error,  # type: ignore[arg-type]
            )
            begun = threading.Event()

            def close(begun: threading.Event = begun) -> None:
                begun.wait(SECONDS)
                hubspot.close()

            closer = threading.Thread(target=close)
            closer.start()
            got = []
            with pytest.raises(ClosedError, match="closed during the read"):
                for contact in contacts:
                    got.append(contact.from_.id)
                    if len(got) == 1500:
                        begun.set()
            closer.join()
            assert got == [str(id_) for id_ in range(len(got))]
            assert contacts.failures == []
            assert contacts.summary.records == len(got)
            rest = [contact.from_.id for contact in islice(contacts, 3)]
            assert rest == [str(id_) for id_ in range(len(got), len(got) + 3)]


def test_closing_the_client_ends_a_loop_that_is_not_at_work() -> None:
    with stuck(unavailable) as url, HubSpot(TOKEN, base_url=url, rate_limit=None) as hubspot:
        with nothing_left():
            contacts = hubspot.read_associations("0-1", "0-2", range(10_000))
            records = iter(contacts)
            assert next(records).from_.id == "0"
            hubspot.close()
        assert contacts.summary.records == 1
        with pytest.raises(ClosedError):
            list(records)
        assert [each.from_.id for each in islice(contacts, 2)] == ["1", "2"]


def test_a_loop_can_begin_while_one_that_closing_ended_is_there() -> None:
    with serve(answer) as url, HubSpot(TOKEN, base_url=url, rate_limit=None) as hubspot:
        contacts = hubspot.read_associations("0-1", "0-2", range(2000))
        records = iter(contacts)
        next(records)
        hubspot.close()
        assert len(contacts.all()) == 1999


def test_a_complete_read_is_not_ended_by_closing() -> None:
    with serve(answer) as url, HubSpot(TOKEN, base_url=url) as hubspot:
        records = iter(hubspot.read_associations("0-1", "0-2", [1]))
        next(records)
        hubspot.close()
        assert list(records) == []


def test_async_closing_the_client_ends_the_read_of_another_task() -> None:
    async def main(url: str) -> None:
        async with AsyncHubSpot(TOKEN, base_url=url, rate_limit=None) as hubspot:
            for _ in range(4):
                contacts = hubspot.read_associations("0-1", "0-2", range(100_000))
                got: list[str] = []
                begun = asyncio.Event()

                async def close(begun: asyncio.Event = begun) -> None:
                    await begun.wait()
                    await hubspot.aclose()

                closer = asyncio.create_task(close())
                with pytest.raises(ClosedError):
                    async for contact in contacts:
                        got.append(contact.from_.id)
                        if len(got) == 1500:
                            begun.set()
                            await asyncio.sleep(0)
                await closer
                assert contacts.summary.records == len(got)
                async for contact in contacts:
                    assert contact.from_.id == str(len(got))
                    break
                await contacts.aclose()

    with serve(answer) as url:
        asyncio.run(main(url), debug=True)


def test_async_closing_leaves_other_event_loops_alone() -> None:
    async def read(hubspot: AsyncHubSpot, begun: threading.Event, closed: threading.Event) -> int:
        count = 0
        async for _ in hubspot.read_associations("0-1", "0-2", range(5000)):
            count += 1
            begun.set()
            await asyncio.to_thread(closed.wait, SECONDS)
        return count

    async def close(hubspot: AsyncHubSpot) -> None:
        async for _ in hubspot.read_associations("0-1", "0-2", range(5000)):
            break
        await hubspot.aclose()

    with serve(answer) as url:
        hubspot = AsyncHubSpot(TOKEN, base_url=url, rate_limit=None)
        begun, closed = threading.Event(), threading.Event()
        counts: list[int] = []

        async def main() -> None:
            counts.append(await read(hubspot, begun, closed))
            await hubspot.aclose()

        reader = threading.Thread(target=lambda: asyncio.run(main()))
        reader.start()
        assert begun.wait(SECONDS)
        asyncio.run(close(hubspot))
        closed.set()
        reader.join()
        assert counts == [5000]


# A loop that ends with requests in flight


@pytest.mark.parametrize("others", [hanging, unavailable])
def test_a_break_does_not_wait_for_a_server_that_hangs(
    others: Callable[[threading.Event], Answer],
) -> None:
    ended = threading.Event()

    def read(url: str) -> None:
        with HubSpot(TOKEN, base_url=url, rate_limit=None, timeout=5 * SECONDS) as hubspot:
            for _ in hubspot.read_associations("0-1", "0-2", range(10_000)):
                break
        ended.set()

    with stuck(others) as url:
        reader = threading.Thread(target=read, args=[url])
        reader.start()
        assert ended.wait(SECONDS)
        reader.join()


# A program that ends

SCRIPT = """
import asyncio, signal, sys
from hubspot_batch_read import AsyncHubSpot, HubSpot

URL, TIMEOUT = sys.argv[1], float(sys.argv[2])

def connect(kind=HubSpot):
    return kind("pat-na1-0123456789abcdef", base_url=URL, rate_limit=None, timeout=TIMEOUT)

def read(hubspot):
    return hubspot.read_associations("0-1", "0-2", range(10_000))

def half_read(hubspot):
    records = iter(read(hubspot))
    next(records)
    return records

"""

ENDINGS = {
    "the end of the script": ("records = half_read(connect())", 0, ""),
    "the end of a function": ("def main():\n    records = half_read(connect())\nmain()", 0, ""),
    "a break": ("for _ in read(connect()):\n    break", 0, ""),
    "sys.exit": ("records = half_read(connect())\nsys.exit(3)", 3, ""),
    "sys.exit in a loop": (
        "def main():\n    for _ in read(connect()):\n        sys.exit(3)\nmain()",
        3,
        "",
    ),
    "an exception": ("records = half_read(connect())\nraise ValueError('reason')", 1, "reason"),
    "an exception in a loop": (
        "with connect() as it:\n    for _ in read(it):\n        raise ValueError('reason')",
        1,
        "reason",
    ),
    "close": ("hubspot = connect()\nrecords = half_read(hubspot)\nhubspot.close()", 0, ""),
    "with": ("with connect() as hubspot:\n    records = half_read(hubspot)", 0, ""),
    "Ctrl-C": (
        "records = half_read(connect())\nsignal.raise_signal(signal.SIGINT)",
        -2,
        "KeyboardInterrupt",
    ),
    "async": (
        "async def main():\n"
        "    records = aiter(read(connect(AsyncHubSpot)))\n"
        "    await anext(records)\n"
        "asyncio.run(main())",
        0,
        "",
    ),
}


@pytest.mark.parametrize("others", [hanging, unavailable])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_program_that_has_ended_ends_at_once(
    ending: str, others: Callable[[threading.Event], Answer]
) -> None:
    lines, code, message = ENDINGS[ending]
    with stuck(others) as url:
        command = [sys.executable, "-c", SCRIPT + lines, url, str(5 * SECONDS)]
        ended = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=SECONDS
        )
    assert ended.returncode == code, ended.stderr
    assert message in ended.stderr if message else not ended.stderr
