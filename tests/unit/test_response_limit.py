"""The limit of a response: what is longer is refused, however it comes, and is not read on."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_batch_read import AsyncHubSpot, HubSpot, Missing
from hubspot_batch_read_api import AuthenticatedClient
from hubspot_batch_read_api.api.associations import read_associations
from hubspot_batch_read_api.errors import (
    ArgumentError,
    DecodeError,
    ResponseTooLargeError,
    ServerError,
)
from hubspot_batch_read_api.models import (
    AssociationEnvelope,
    AssociationInput,
    AssociationRequest,
)

from .servers import Answer, Request, serve, serve_bytes

BODY = AssociationRequest(inputs=[AssociationInput(id="1")])
BOTH = pytest.mark.parametrize("mode", ["sync", "async"])
LIMIT = 1000
MEGABYTE = 1024 * 1024


def read(client: AuthenticatedClient, mode: str) -> AssociationEnvelope:
    """Read once, in a sync or an async call."""

    async def read_async() -> AssociationEnvelope:
        async with client:
            return await read_associations.asyncio("0-1", "0-2", client=client, body=BODY)

    if mode == "sync":
        with client:
            return read_associations.sync("0-1", "0-2", client=client, body=BODY)
    return asyncio.run(read_async())


def limited(url: str, limit: int = LIMIT, **httpx_args: Any) -> AuthenticatedClient:
    return AuthenticatedClient("token", url, max_response_bytes=limit, httpx_args=httpx_args)


def body(length: int) -> bytes:
    """Return an envelope of n bytes."""
    return b'{"results": []}'.ljust(length)


def head(*headers: str, status: int = 200) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status} -", *headers, "\r\n"]).encode()


def chunked(content: bytes) -> bytes:
    pieces = [content[start : start + 300] for start in range(0, len(content), 300)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""])


FRAMINGS: dict[str, Callable[[bytes], bytes]] = {
    "length": lambda content: head(f"Content-Length: {len(content)}") + content,
    "chunked": lambda content: head("Transfer-Encoding: chunked") + chunked(content),
    "until it closes": lambda content: head() + content,
    "gzip": lambda content: head("Content-Encoding: gzip") + gzip.compress(content),
    "gzip chunked": lambda content: (
        head("Content-Encoding: GZIP", "Transfer-Encoding: chunked")
        + chunked(gzip.compress(content))
    ),
}


@BOTH
@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("length", [LIMIT - 1, LIMIT, LIMIT + 1, 50 * LIMIT])
def test_a_response_is_read_up_to_the_limit(length: int, framing: str, mode: str) -> None:
    with serve_bytes(lambda: [FRAMINGS[framing](body(length))]) as url:
        if length <= LIMIT:
            assert read(limited(url), mode) == AssociationEnvelope(results=[])
        else:
            with pytest.raises(ResponseTooLargeError) as caught:
                read(limited(url), mode)
            assert (caught.value.status_code, caught.value.max_response_bytes) == (200, LIMIT)
            assert str(caught.value) == (
                "HTTP 200: the response is longer than 1000 bytes; "
                "increase max_response_bytes if this is expected"
            )


class Pieces(httpx.SyncByteStream):
    def __init__(self, content: bytes, size: int) -> None:
        self.pieces = [content[start : start + size] for start in range(0, len(content), size)]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.pieces)


@given(length=st.integers(15, 3000), size=st.integers(1, 200), over=st.integers(-20, 20))
def test_the_pieces_of_a_compressed_body_make_no_difference(
    length: int, size: int, over: int
) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        stream = Pieces(gzip.compress(body(length)), size)
        return httpx.Response(200, headers={"content-encoding": "gzip"}, stream=stream)

    client = limited("http://hubspot", max(1, length - over), transport=httpx.MockTransport(answer))
    if over <= 0:
        assert read(client, "sync") == AssociationEnvelope(results=[])
    else:
        with pytest.raises(ResponseTooLargeError):
            read(client, "sync")


@BOTH
def test_a_declared_length_above_the_limit_is_refused_at_once(mode: str) -> None:
    # Nothing follows the headers: reading would end with another exception.
    with (
        serve_bytes(lambda: [head(f"Content-Length: {LIMIT + 1}")]) as url,
        pytest.raises(ResponseTooLargeError),
    ):
        read(limited(url), mode)


@BOTH
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_an_endless_response_is_left_and_its_connection_closed(encoding: str, mode: str) -> None:
    noise = gzip.compress(bytes(MEGABYTE))

    def endless() -> Iterator[bytes]:
        yield head(f"Content-Encoding: {encoding}")
        yield from itertools.repeat(noise)

    # The server ends only when the client has closed the connection.
    with serve_bytes(endless) as url, pytest.raises(ResponseTooLargeError):
        read(limited(url), mode)


@BOTH
@pytest.mark.parametrize("status", [100, 102, 103])
def test_endless_informational_responses_are_left(status: int, mode: str) -> None:
    informational = head("Link: </style.css>", status=status) * 100
    with (
        serve_bytes(lambda: itertools.repeat(informational)) as url,
        pytest.raises(ResponseTooLargeError),
    ):
        read(limited(url), mode)


@BOTH
def test_endless_informational_responses_are_left_when_reused(
    mode: str,
) -> None:
    async def read_twice_async(client: AuthenticatedClient) -> None:
        async with client:
            await read_associations.asyncio("0-1", "0-2", client=client, body=BODY)
            with pytest.raises(ResponseTooLargeError):
                await read_associations.asyncio("0-1", "0-2", client=client, body=BODY)

    def read_twice(client: AuthenticatedClient) -> None:
        with client:
            read_associations.sync("0-1", "0-2", client=client, body=BODY)
            with pytest.raises(ResponseTooLargeError):
                read_associations.sync("0-1", "0-2", client=client, body=BODY)

    with serve_bytes(
        lambda: [head("Content-Length: 15") + body(15)],
        lambda: itertools.repeat(head(status=100) * 100),
    ) as url:
        if mode == "sync":
            read_twice(limited(url))
        else:
            asyncio.run(read_twice_async(limited(url)))


@BOTH
def test_a_few_informational_responses_are_skipped(mode: str) -> None:
    answer = head(status=103) * 20 + head("Content-Length: 15") + body(15)
    with serve_bytes(lambda: [answer]) as url:
        assert read(limited(url), mode) == AssociationEnvelope(results=[])


@BOTH
def test_a_response_in_pieces_of_a_byte_is_within_the_limit(mode: str) -> None:
    content = b"".join(b"1\r\n%c\r\n" % byte for byte in body(100 * LIMIT)) + b"0\r\n\r\n"
    with serve_bytes(lambda: [head("Transfer-Encoding: chunked"), content]) as url:
        assert read(limited(url, 100 * LIMIT), mode) == AssociationEnvelope(results=[])


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """64 MiB of nothing, in 64 KiB: what arrives at once."""
    packer = zlib.compressobj(wbits=31)
    return b"".join([*(packer.compress(bytes(MEGABYTE)) for _ in range(64)), packer.flush()])


@BOTH
def test_a_compression_bomb_takes_no_more_than_the_limit(bomb: bytes, mode: str) -> None:
    answer = head("Content-Encoding: gzip") + bomb
    with serve_bytes(lambda: [answer]) as url:
        tracemalloc.start()
        try:
            with pytest.raises(ResponseTooLargeError):
                read(limited(url, MEGABYTE), mode)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 5 * MEGABYTE


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "deflate", "gzip;q=1"])
def test_only_the_encoding_that_was_asked_for_is_decompressed(encoding: str) -> None:
    content = gzip.compress(gzip.compress(body(50 * LIMIT)))
    answer = Answer(200, {"content-encoding": encoding}, content)
    message = f"its encoding is {encoding}, which was not asked for"
    with serve(lambda _: answer) as url, pytest.raises(DecodeError, match=message) as caught:
        read(limited(url), "sync")
    assert caught.value.body == content


ENCODED: dict[str, Callable[[], tuple[str, bytes]]] = {
    "x-gzip": lambda: ("x-gzip", gzip.compress(body(90))),
    "gzip, identity": lambda: ("gzip, identity", gzip.compress(body(90))),
    "plain, labelled gzip": lambda: ("gzip", body(90)),
    "plain, labelled as a character set": lambda: ("utf-8", body(90)),
    "plain, labelled identity": lambda: ("identity", body(90)),
    "gzip without a label": lambda: ("", gzip.compress(body(90))),
    "two members": lambda: ("gzip", gzip.compress(b'{"results"') + gzip.compress(b": []}")),
    "three members, the last one empty": lambda: (
        "gzip",
        gzip.compress(b'{"results"') + gzip.compress(b": []}") + gzip.compress(b""),
    ),
    "zeros after the end": lambda: ("gzip", gzip.compress(body(90)) + bytes(500)),
    "text after the end": lambda: ("gzip", gzip.compress(body(90)) + b"<!-- cached -->"),
    "no trailer": lambda: ("gzip", gzip.compress(body(90))[:-8]),
}


@BOTH
@pytest.mark.parametrize("encoded", ENCODED)
@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_a_body_is_read_by_what_it_is_however_it_is_labelled(
    encoded: str, size: int, mode: str
) -> None:
    encoding, content = ENCODED[encoded]()
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    with serve_bytes(lambda: [head(f"Content-Encoding: {encoding}"), *pieces]) as url:
        assert read(limited(url), mode) == AssociationEnvelope(results=[])


ENDLESS: dict[str, Callable[[], Iterator[bytes]]] = {
    "zeros after the end": lambda: itertools.chain(
        [gzip.compress(body(90))], itertools.repeat(bytes(65536))
    ),
    "empty members": lambda: itertools.chain(
        [gzip.compress(body(90))], itertools.repeat(gzip.compress(b"") * 3000)
    ),
}


@BOTH
@pytest.mark.parametrize("endless", ENDLESS)
def test_what_follows_the_end_of_a_body_is_not_read(endless: str, mode: str) -> None:
    with serve_bytes(
        lambda: itertools.chain([head("Content-Encoding: gzip")], ENDLESS[endless]())
    ) as url:
        assert read(limited(url), mode) == AssociationEnvelope(results=[])


@BOTH
def test_a_body_that_says_nothing_is_refused_by_what_is_sent(mode: str) -> None:
    # Empty stored blocks: ten bytes of header, then five bytes for each block.
    start = gzip.compress(b"")[:10]
    empty_blocks = itertools.repeat(b"\x00\x00\x00\xff\xff" * 1000)
    with (
        serve_bytes(
            lambda: itertools.chain([head("Content-Encoding: gzip"), start], empty_blocks)
        ) as url,
        pytest.raises(ResponseTooLargeError),
    ):
        read(limited(url), mode)


@BOTH
@pytest.mark.parametrize(
    "content",
    [b"\x1f\x8bno", gzip.compress(body(90))[:-9] + bytes(9)],
    ids=["no deflate", "a wrong checksum"],
)
def test_an_error_is_known_by_its_status_whatever_its_body(content: bytes, mode: str) -> None:
    answer = Answer(503, {"content-encoding": "gzip", "retry-after": "7"}, content)
    with serve(lambda _: answer) as url, pytest.raises(ServerError) as caught:
        read(limited(url), mode)
    assert caught.value.retry_after == 7


def test_gzip_is_asked_for_whatever_headers_are_given() -> None:
    asked: list[str] = []

    def answer(request: Request) -> Answer:
        asked.append(request.headers["accept-encoding"])
        return Answer(200, {}, body(15))

    with serve(answer) as url:
        read(limited(url, headers={"Accept-Encoding": "br"}), "sync")
    assert asked == ["gzip"]


@BOTH
def test_what_is_no_gzip_is_an_error_of_httpx(mode: str) -> None:
    answer = Answer(200, {"content-encoding": "gzip"}, b"\x1f\x8bno")
    with serve(lambda _: answer) as url, pytest.raises(httpx.DecodingError) as caught:
        read(limited(url), mode)
    assert caught.value.request.url.host == "127.0.0.1"


@BOTH
def test_a_body_shorter_than_declared_is_an_error_of_httpx(mode: str) -> None:
    answer = head(f"Content-Length: {LIMIT}") + body(LIMIT - 1)
    with serve_bytes(lambda: [answer]) as url, pytest.raises(httpx.RemoteProtocolError):
        read(limited(url), mode)


@BOTH
def test_a_body_is_read_to_its_declared_length(mode: str) -> None:
    answer = head("Content-Length: 15") + body(50 * LIMIT)
    with serve_bytes(lambda: [answer]) as url:
        assert read(limited(url), mode) == AssociationEnvelope(results=[])


@BOTH
@pytest.mark.parametrize("status", [207, 307, 400, 401, 429, 502])
def test_every_status_has_the_limit(status: int, mode: str) -> None:
    answer = head("Location: /elsewhere", status=status) + body(LIMIT + 1)
    with serve_bytes(lambda: [answer]) as url:
        for follow_redirects in (False, True):
            with pytest.raises(ResponseTooLargeError, match=f"^HTTP {status}: "):
                read(limited(url, follow_redirects=follow_redirects), mode)


def test_an_error_within_the_limit_is_the_error_of_its_status() -> None:
    answer = Answer(502, {"content-encoding": "gzip"}, gzip.compress(b'{"message": "no"}'))
    with serve(lambda _: answer) as url, pytest.raises(ServerError, match="HTTP 502: no"):
        read(limited(url), "sync")


def test_a_client_that_refused_a_response_takes_the_next() -> None:
    lengths = iter([LIMIT + 1, LIMIT])
    with (
        serve(lambda _: Answer(200, {}, body(next(lengths)))) as url,
        limited(url) as client,
    ):
        with pytest.raises(ResponseTooLargeError):
            read_associations.sync("0-1", "0-2", client=client, body=BODY)
        assert read_associations.sync("0-1", "0-2", client=client, body=BODY).results == []


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, None, "1000"])
def test_a_limit_that_is_no_positive_whole_number_is_refused(limit: Any) -> None:
    with pytest.raises(ArgumentError, match=r"^max_response_bytes: "):
        limited("http://hubspot", limit)
    with pytest.raises(ArgumentError, match=r"^max_response_bytes: "):
        HubSpot("token", max_response_bytes=limit)


# The layer above


@BOTH
def test_a_read_asks_for_less_and_tells_which_ids_are_too_much(mode: str) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Answer:
        asked.append(request)
        return Answer(200, {}, body(LIMIT + 1))

    async def read_async(url: str) -> list[Missing]:
        async with AsyncHubSpot("token", base_url=url, max_response_bytes=LIMIT) as hubspot:
            contacts = hubspot.read_associations("0-1", "0-2", ["1", "2"])
            assert await contacts.all() == []
            return [*contacts.missing]

    def read_sync(url: str) -> list[Missing]:
        with HubSpot("token", base_url=url, max_response_bytes=LIMIT) as hubspot:
            contacts = hubspot.read_associations("0-1", "0-2", ["1", "2"])
            assert contacts.all() == []
            return [*contacts.missing]

    with serve(answer) as url:
        missing = read_sync(url) if mode == "sync" else asyncio.run(read_async(url))
    assert [(each.id, each.reason) for each in missing] == [("1", "error"), ("2", "error")]
    assert all("increase max_response_bytes" in (each.message or "") for each in missing)
    assert len(asked) == 3
