"""A server that responds to associations reads as fast as possible, in its own process.

    with serve() as base_url: ...

Each object has one association, or n with `serve(associations=n)`; every third one has two types.
With `unknown`, each row has a key that the spec does not know.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json;charset=utf-8\r\ncontent-length: %d\r\n\r\n"
)
ENVELOPE = (
    '{"status":"COMPLETE","results":[%s],"startedAt":"2026-01-01T00:00:00.000Z",'
    '"completedAt":"2026-01-01T00:00:00.001Z"%s}'
)
ROW = '{"from":{"id":"%s"},"to":[%s]%s}'
UNKNOWN = ',"schemaVersion":2'
ASSOCIATION = '{"toObjectId":%d,"associationTypes":[%s]}'
TYPE = '{"category":"HUBSPOT_DEFINED","typeId":279,"label":null}'
TWO_TYPES = TYPE + ',{"category":"USER_DEFINED","typeId":37,"label":"Billing contact"}'
NOTHING = (
    '{"status":"error","category":"OBJECT_NOT_FOUND","message":"No company is associated.",'
    '"subCategory":"crm.associations.NO_ASSOCIATIONS_FOUND","context":{"fromObjectId":[%s]}}'
)


@contextmanager
def serve(*, associations: int = 1, latency: float = 0.0, unknown: bool = False) -> Iterator[str]:
    """Yield the address of a server that responds `latency` seconds after each request."""
    command = [sys.executable, __file__, str(associations), str(latency), str(int(unknown))]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def body(ids: list[str], associations: int, *, unknown: bool = False) -> bytes:
    """Return the body of the response for these ids."""
    if associations:
        more = UNKNOWN if unknown else ""
        rows = (ROW % (id_, ",".join(associated(id_, associations)), more) for id_ in ids)
        return (ENVELOPE % (",".join(rows), "")).encode()
    named = NOTHING % ",".join(f'"{id_}"' for id_ in ids)
    return (ENVELOPE % ("", f',"numErrors":1,"errors":[{named}]')).encode()


def associated(id_: str, number: int) -> Iterator[str]:
    """Yield the objects that an object is associated with."""
    start = number * (int(id_) if id_.isdecimal() else len(id_))
    for other in range(start, start + number):
        yield ASSOCIATION % (other, TYPE if other % 3 else TWO_TYPES)


async def main(associations: int, latency: float, *, unknown: bool) -> None:
    """Serve forever."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
                inputs = json.loads(await reader.readexactly(length))["inputs"]
                ids = [each["id"] for each in inputs]
                content = body(ids, associations, unknown=unknown)
                await asyncio.sleep(latency)
                writer.write(HEAD % len(content))
                writer.write(content)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    sys.stdout.write(f"http://{host}:{port}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), unknown=sys.argv[3] == "1"))
