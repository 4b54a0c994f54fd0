"""The two drivers: order, concurrency, and that nothing is left behind when a loop ends early."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
)
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from itertools import islice
from time import monotonic
from typing import Any, Generic

import httpx
import pytest
from attrs import define, evolve, field, fields

from hubspot_batch_read.async_read import AsyncRead
from hubspot_batch_read.core.chunk import Request
from hubspot_batch_read.core.id_texts import Id
from hubspot_batch_read.core.ids import Ids
from hubspot_batch_read.core.operation import Envelope, Operation, RowT
from hubspot_batch_read.core.plan import Plan
from hubspot_batch_read.core.results import Summary
from hubspot_batch_read.driving.async_driver import AsyncDriver
from hubspot_batch_read.driving.driver import Driver
from hubspot_batch_read.driving.threads import Wait
from hubspot_batch_read.operations import ASSOCIATIONS, ASSOCIATIONS_V3
from hubspot_batch_read.operations.common import NO_ASSOCIATIONS_FOUND
from hubspot_batch_read.read import Read
from hubspot_batch_read_api.models import (
    Association,
    AssociationEnvelope,
    AssociationV3,
    AssociationV3Envelope,
)

OPERATION = evolve(ASSOCIATIONS, max_inputs=2)


@define
class Answer(Generic[RowT]):
    """The part of a response of the generated endpoints that a read uses."""

    parsed: Envelope[RowT]
    headers: httpx.Headers = field(factory=httpx.Headers)


def answer(request: Request[Association]) -> Answer[Association]:
    results = [{"from": {"id": id_}, "to": []} for id_ in request.inputs]
    return Answer(AssociationEnvelope.from_dict({"results": results}))


def first_id(request: Request[Association]) -> int:
    return int(next(iter(request.inputs)))


def read_of(
    send: Callable[[Request[Association], Wait], Answer[Association]],
    ids: int = 100,
    *,
    max_concurrency: int = 3,
    collect: bool = False,
    on_progress: Callable[[Summary], object] | None = None,
) -> Read[Association]:
    return sync_read(
        send,
        range(ids),
        max_concurrency=max_concurrency,
        collect=collect,
        on_progress=on_progress,
    )


def sync_read(
    send: Callable[[Request[RowT], Wait], Answer[RowT]],
    ids: Iterable[Id],
    operation: Operation[RowT] = OPERATION,  # type: ignore[assignment]
    *,
    max_concurrency: int = 3,
    collect: bool = False,
    unique: bool = False,
    on_progress: Callable[[Summary], object] | None = None,
) -> Read[RowT]:
    plan = Plan(operation, Ids(ids, unique=unique), window=max_concurrency, collect=collect)
    return Read(Driver(plan, send, max_concurrency=max_concurrency, on_progress=on_progress))


def at_once(request: Request[Association], wait: Wait) -> Answer[Association]:
    return answer(request)


def ids_of(records: list[Association]) -> list[int]:
    return [int(record.from_.id) for record in records]


@contextmanager
def nothing_left() -> Iterator[None]:
    """Check that a block leaves no thread that waits for anything."""
    before = set(threading.enumerate())
    yield
    until = monotonic() + 10
    while left := set(threading.enumerate()) - before:
        assert monotonic() < until
        with suppress(RuntimeError):  # it has not started yet
            left.pop().join(1)


# Sync


def test_records_come_in_the_order_of_the_ids() -> None:
    later = threading.Event()

    def send(request: Request[Association], wait: Wait) -> Answer[Association]:
        if first_id(request) == 0:
            assert later.wait(30)
        if first_id(request) == 4:
            later.set()
        return answer(request)

    with nothing_left():
        assert ids_of(list(read_of(send))) == list(range(100))


def test_requests_run_ahead_but_no_more_than_allowed() -> None:
    together = threading.Barrier(3)  # breaks after 30 s unless three requests run at once
    sent: list[int] = []

    def send(request: Request[Association], wait: Wait) -> Answer[Association]:
        sent.append(first_id(request))
        if first_id(request) < 6:
            together.wait(30)
        return answer(request)

    read = read_of(send, 20)
    for record in read:
        # The chunk that is being handed over, and three ahead of it.
        assert max(sent) <= int(record.from_.id) // 2 * 2 + 6
    assert sorted(sent) == list(range(0, 20, 2))


def test_a_read_does_nothing_while_it_waits_for_a_response(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = count_looks(monkeypatch)

    def send(request: Request[Association], wait: Wait) -> Answer[Association]:
        threading.Event().wait(0.1)
        return answer(request)

    assert len(read_of(send, 20).all()) == 20
    assert len(looks) < 100


def count_looks(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Note each time when a plan is asked for a request."""
    looks: list[object] = []
    next_request = Plan.next_request

    def counted(plan: Plan[Association]) -> Request[Association] | None:
        looks.append(plan)
        return next_request(plan)

    monkeypatch.setattr(Plan, "next_request", counted)
    return looks


@pytest.mark.parametrize("records", [1, 2, 3])
def test_a_break_leaves_no_thread_and_the_rest_unread(records: int) -> None:
    read = read_of(at_once)
    with nothing_left():
        got = []
        for record in read:
            got.append(record)
            if len(got) == records:
                break
    assert ids_of(got) == list(range(records))
    assert list(read.unread()) == list(map(str, range(records, 100)))


def test_the_next_loop_goes_on_where_the_last_one_ended() -> None:
    read = read_of(at_once)
    first = list(islice(read, 3))
    assert ids_of([*first, *read]) == list(range(100))
    assert read.summary.records == 100


def test_an_exception_in_the_loop_loses_nothing() -> None:
    read = read_of(at_once)
    seen = []
    with nothing_left(), pytest.raises(ZeroDivisionError):
        for record in read:
            seen.append(record)
            if len(seen) == 3:
                raise ZeroDivisionError
    assert ids_of([*seen, *read]) == list(range(100))


def test_ending_a_loop_ends_its_waits_at_once() -> None:
    waiting = threading.Event()

    def send(request: Request[Association], wait: Wait) -> Answer[Association]:
        if first_id(request) > 0:
            waiting.set()
            wait(3600)
        return answer(request)

    with nothing_left():
        for _ in read_of(send):
            assert waiting.wait(30)
            break


def test_close_ends_the_loop() -> None:
    read = read_of(at_once)
    with nothing_left():
        records = iter(read)
        next(records)
        read.close()
        assert list(records) == []
    with nothing_left(), read_of(at_once) as other:
        kept = iter(other)
        next(kept)


def test_a_read_cannot_be_read_twice_at_the_same_time() -> None:
    read = read_of(at_once)
    for _ in read:
        with pytest.raises(RuntimeError, match="already in progress"):
            next(iter(read))
        break
    assert len(read.all()) == 99


WAYS: list[Callable[[Read[Association]], object]] = [
    lambda read: [*read],
    lambda read: read.all(),
    lambda read: read.by_id(),
    lambda read: read.to_arrow().read_all(),
    lambda read: read.to_pandas(),
]
EACH_WAY = pytest.mark.parametrize("way", WAYS, ids=["loop", "all", "by_id", "arrow", "pandas"])


@EACH_WAY
def test_of_two_threads_that_begin_at_once_one_reads_all(
    way: Callable[[Read[Association]], object],
) -> None:
    for _ in range(10):
        is_refused, barrier = threading.Event(), threading.Barrier(2)
        contacts = read_of(partial(answer_after, is_refused))
        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(begin, way, contacts, barrier, is_refused) for _ in range(2)]
        assert sorted(each.result() for each in both) == [-1, 100]


def answer_after(
    event: threading.Event, request: Request[Association], wait: Wait
) -> Answer[Association]:
    assert event.wait(20)
    return answer(request)


def begin(
    way: Callable[[Read[Association]], object],
    contacts: Read[Association],
    barrier: threading.Barrier,
    is_refused: threading.Event,
) -> int:
    """Read, and return the number of records; -1 if another thread is reading."""
    barrier.wait(20)
    try:
        way(contacts)
    except RuntimeError as error:
        assert "already in progress" in str(error)  # noqa: PT017 - in one of two threads
        return -1
    else:
        return contacts.summary.records
    finally:
        is_refused.set()


@EACH_WAY
def test_another_thread_cannot_take_over_a_read(
    way: Callable[[Read[Association]], object],
) -> None:
    is_sent, goes_on = threading.Event(), threading.Event()

    def send(request: Request[Association], wait: Wait) -> Answer[Association]:
        is_sent.set()
        return answer_after(goes_on, request, wait)

    contacts = read_of(send)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(way, contacts)
        assert is_sent.wait(20)
        try:
            for other in WAYS:
                with pytest.raises(RuntimeError, match="already in progress"):
                    other(contacts)
        finally:
            goes_on.set()
        first.result(20)
    assert contacts.summary.records == 100


def test_close_from_another_thread_ends_the_loop() -> None:
    closed = threading.Event()

    def close() -> None:
        read.close()
        closed.set()

    def send(request: Request[Association], wait: Wait) -> Answer[Association]:
        if first_id(request) == 4:
            threading.Thread(target=close).start()
            wait(3600)
        return answer(request)

    read = read_of(send)
    with nothing_left():
        got = ids_of(list(read))
        assert closed.wait(30)
    assert got == list(range(len(got)))
    assert set(read.unread()) == set(map(str, range(len(got), 100)))


def test_close_while_ids_are_taken_ends_the_loop() -> None:
    def ids() -> Iterator[int]:
        yield from range(4)
        closer = threading.Thread(target=read.close)
        closer.start()
        closer.join(30)
        yield from range(4, 100)

    read = sync_read(at_once, ids(), OPERATION, max_concurrency=3)
    with nothing_left():
        got = ids_of(list(read))
    assert got == list(range(len(got)))
    assert set(read.unread()) == set(map(str, range(len(got), 100)))


def test_close_from_the_callback_ends_the_loop() -> None:
    read = read_of(at_once, on_progress=lambda _: read.close())
    with nothing_left():
        assert len(list(read)) < 100


class FailedError(Exception):
    """Stands for whatever makes a request fail for good."""


def failing(request: Request[Association], wait: Wait) -> Answer[Association]:
    if first_id(request) == 4:
        raise FailedError
    return answer(request)


def test_a_failure_is_raised_at_its_place_and_the_rest_read() -> None:
    read = read_of(failing, 10)
    got = []
    with nothing_left(), pytest.raises(FailedError):
        for record in read:
            got.append(record)  # noqa: PERF402 - what comes before the exception
    assert ids_of(got) == [0, 1, 2, 3]
    assert list(read.unread()) == ["4", "5", "6", "7", "8", "9"]
    assert ids_of(list(read)) == [6, 7, 8, 9]
    assert list(read.unread()) == ["4", "5"]


def test_collected_failures_are_recorded_and_the_others_read() -> None:
    read = read_of(failing, 10, collect=True)
    assert ids_of(read.all()) == [0, 1, 2, 3, 6, 7, 8, 9]
    (failure,) = read.failures
    assert isinstance(failure.error, FailedError)
    assert failure.ids == ("4", "5")
    assert list(read.unread()) == ["4", "5"]


def test_all_gives_back_what_it_had_when_it_raises() -> None:
    read = read_of(failing, 10)
    with pytest.raises(FailedError):
        read.all()
    assert read.summary.records == 0
    assert sorted(read.unread()) == list("0123456789")
    assert ids_of(read.all()) == [0, 1, 2, 3, 6, 7, 8, 9]


def test_by_id_has_the_records_by_the_ids_that_were_given() -> None:
    found = read_of(at_once, 5).by_id()
    assert {id_: record.from_.id for id_, record in found.items()} == {id_: id_ for id_ in "01234"}


def test_by_id_refuses_to_mix_up_records_of_repeated_ids() -> None:
    read = sync_read(at_once, [1, 2, 3, 1], unique=True)
    with pytest.raises(ValueError, match="use all"):
        read.by_id()
    assert list(read.unread()) == ["1", "2", "3", "1"]
    assert len(read.all()) == 4


def test_progress_is_told_after_each_answer_and_at_the_end() -> None:
    told: list[Summary] = []
    read_of(at_once, 10, on_progress=told.append).all()
    requests = [summary.requests for summary in told]
    # One call may tell of several responses.
    assert requests == sorted(requests)
    assert requests[-1] == 5
    assert len(requests) >= 2
    assert told[-1].records == told[-1].total == 10


def test_an_exception_of_the_progress_callback_ends_cleanly() -> None:
    def refuse(summary: Summary) -> None:
        raise FailedError

    read = read_of(at_once, 10, on_progress=refuse)
    with nothing_left(), pytest.raises(FailedError):
        read.all()
    assert sorted(read.unread()) == list("0123456789")


def test_the_repr_tells_the_numbers() -> None:
    read = read_of(at_once, 10)
    next(iter(read))
    assert repr(read).startswith("<Read: ")
    assert "1 record" in repr(read)


def test_a_notebook_shows_the_numbers_that_are_not_zero() -> None:
    read = read_of(at_once, 10)
    assert "<tr><th>records</th><td>0</td></tr>" in read._repr_html_()
    read.all()
    shown = read._repr_html_()
    assert shown.startswith("<strong>Read</strong><table>")
    assert "<tr><th>total</th><td>10</td></tr>" in shown
    assert "<tr><th>records</th><td>10</td></tr>" in shown
    assert "unread" not in shown
    assert shown == f"<strong>Read</strong>{read.summary._repr_html_()}"
    thousands = evolve(read.summary, without_associations=1234)._repr_html_()
    assert "<tr><th>without associations</th><td>1,234</td></tr>" in thousands


# Reading twice


async def collected(items: AsyncIterable[object]) -> list[object]:
    return [item async for item in items]


SYNC_WAYS: dict[str, Callable[[Read[Association]], object]] = {
    "a loop": list,
    "all": lambda read: read.all(),
    "by_id": lambda read: read.by_id(),
    "a table": lambda read: read.to_arrow().read_all(),
}
ASYNC_WAYS: dict[str, Callable[[AsyncRead[Association]], Coroutine[Any, Any, object]]] = {
    "a loop": collected,
    "all": lambda read: read.all(),
    "by_id": lambda read: read.by_id(),
    "a table": lambda read: read.to_arrow().read_all(),
    "record batches": lambda read: collected(read.to_arrow()),
}


@pytest.mark.parametrize("ids", [0, 1, 5])
@pytest.mark.parametrize("first", SYNC_WAYS)
@pytest.mark.parametrize("second", SYNC_WAYS)
def test_what_was_read_to_its_end_cannot_be_read_again(ids: int, first: str, second: str) -> None:
    read = read_of(at_once, ids)
    SYNC_WAYS[first](read)
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"this read is finished; .* client's method again"):
            SYNC_WAYS[second](read)
    assert read.summary.records == ids


@pytest.mark.parametrize("ids", [0, 1, 5])
@pytest.mark.parametrize("first", ASYNC_WAYS)
@pytest.mark.parametrize("second", ASYNC_WAYS)
def test_async_what_was_read_to_its_end_cannot_be_read_again(
    ids: int, first: str, second: str
) -> None:
    async def main() -> None:
        read = async_read(nothing, ids)
        await ASYNC_WAYS[first](read)
        for _ in range(2):
            with pytest.raises(
                RuntimeError, match=r"this read is finished; .* client's method again"
            ):
                await ASYNC_WAYS[second](read)
        assert read.summary.records == ids

    asyncio.run(main(), debug=True)


def test_async_a_stream_that_is_read_after_its_end_is_refused() -> None:
    async def main() -> None:
        batches = async_read(nothing, 5).to_arrow()
        assert await collected(batches) == []  # no associations, so no line
        with pytest.raises(RuntimeError, match="this read is finished"):
            await batches.read_all()

    asyncio.run(main(), debug=True)


@pytest.mark.parametrize("way", SYNC_WAYS)
def test_after_the_last_record_was_taken_there_is_one_empty_end(way: str) -> None:
    read = read_of(at_once, 5)
    for record in read:
        if record.from_.id == "4":
            break
    assert len(SYNC_WAYS[way](read)) == 0  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="this read is finished"):
        SYNC_WAYS[way](read)


@pytest.mark.parametrize("way", ASYNC_WAYS)
def test_async_after_the_last_record_is_one_empty_end(way: str) -> None:
    async def main() -> None:
        read = async_read(nothing, 5)
        async for record in read:
            if record.from_.id == "4":
                break
        assert len(await ASYNC_WAYS[way](read)) == 0  # type: ignore[arg-type]
        with pytest.raises(RuntimeError, match="this read is finished"):
            await ASYNC_WAYS[way](read)

    asyncio.run(main(), debug=True)


def test_after_a_final_exception_is_one_empty_end() -> None:
    read = read_of(failing, 6)
    with pytest.raises(FailedError):
        list(read)
    assert list(read) == []
    with pytest.raises(RuntimeError, match="this read is finished"):
        list(read)


@pytest.mark.parametrize("way", SYNC_WAYS)
def test_an_interrupt_at_the_very_end_leaves_it_to_be_read(way: str) -> None:
    def interrupt(summary: Summary) -> None:
        if summary.records == 5 and not interrupted:
            interrupted.append(True)
            raise KeyboardInterrupt

    interrupted: list[bool] = []
    read = read_of(at_once, 5, on_progress=interrupt)
    with pytest.raises(KeyboardInterrupt):
        SYNC_WAYS[way](read)
    SYNC_WAYS[way](read)
    with pytest.raises(RuntimeError, match="this read is finished"):
        SYNC_WAYS[way](read)


def test_a_batch_that_was_closed_can_be_read_on_to_its_end() -> None:
    read = read_of(at_once, on_progress=lambda _: read.close())
    while read.summary.records < 100:
        read.all()
    with suppress(RuntimeError):  # that there are no more ids may not have been known yet
        assert read.all() == []
    with pytest.raises(RuntimeError, match="this read is finished"):
        read.all()


# Async


def async_read(
    send: Callable[[Request[Association]], object],
    ids: int = 100,
    *,
    collect: bool = False,
    on_progress: Callable[[Summary], object] | None = None,
) -> AsyncRead[Association]:
    plan = Plan(OPERATION, Ids(range(ids)), window=3, collect=collect)

    async def awaited(request: Request[Association]) -> Answer[Association]:
        await asyncio.sleep(0)
        result = send(request)
        if asyncio.iscoroutine(result):
            await result
        return answer(request)

    return AsyncRead(AsyncDriver(plan, awaited, max_concurrency=3, on_progress=on_progress))


def nothing(request: Request[Association]) -> None:
    pass


@asynccontextmanager
async def no_task_left() -> AsyncIterator[None]:
    """Check that a block leaves no task, once the event loop has had its turn."""
    before = asyncio.all_tasks()
    yield
    for _ in range(10):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


def test_async_records_come_in_the_order_of_the_ids() -> None:
    async def main() -> list[int]:
        later = asyncio.Event()

        async def send(request: Request[Association]) -> None:
            if first_id(request) == 0:
                await later.wait()
            if first_id(request) == 4:
                later.set()

        return ids_of([record async for record in async_read(send)])

    assert asyncio.run(main()) == list(range(100))


def test_async_a_read_is_idle_while_it_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = count_looks(monkeypatch)

    async def send(request: Request[Association]) -> None:
        await asyncio.sleep(0.1)

    assert len(asyncio.run(async_read(send, 20).all())) == 20
    assert len(looks) < 100


def test_async_requests_run_ahead_but_no_more_than_allowed() -> None:
    async def main() -> None:
        running = most = 0
        together = asyncio.Barrier(3)

        async def send(request: Request[Association]) -> None:
            nonlocal running, most
            running += 1
            most = max(most, running)
            if first_id(request) < 6:
                await together.wait()
            await asyncio.sleep(0)
            running -= 1

        await async_read(send).all()
        assert most == 3

    asyncio.run(main())


async def hang(request: Request[Association]) -> None:
    if first_id(request) > 0:
        await asyncio.Event().wait()


def test_async_a_break_leaves_no_task_and_the_rest_unread() -> None:
    async def main() -> None:
        read = async_read(hang)
        async with no_task_left():
            async for _ in read:
                break
        assert list(read.unread()) == list(map(str, range(1, 100)))

    asyncio.run(main(), debug=True)


def test_async_a_break_at_the_end_leaves_no_warning() -> None:
    async def main() -> None:
        async for _ in async_read(hang):
            break

    asyncio.run(main(), debug=True)


def test_async_aclose_and_async_with_leave_no_task_at_once() -> None:
    async def main() -> None:
        before = asyncio.all_tasks()
        read = async_read(hang)
        records = aiter(read)
        await anext(records)
        await read.aclose()
        assert asyncio.all_tasks() == before
        async with async_read(hang) as other:
            kept = aiter(other)
            await anext(kept)
        assert asyncio.all_tasks() == before

    asyncio.run(main(), debug=True)


def test_async_a_timeout_leaves_no_task_and_loses_nothing() -> None:
    async def main() -> None:
        read = async_read(hang, 10)
        got: list[Association] = []
        async with no_task_left():
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(None) as limit:
                    async for record in read:
                        got.append(record)
                        if len(got) == 2:
                            limit.reschedule(
                                0
                            )  # now, and not after a time that a busy machine needs
        assert ids_of(got) == [0, 1]
        assert list(read.unread()) == list("23456789")

    asyncio.run(main(), debug=True)


def test_async_the_next_loop_goes_on_where_the_last_one_ended() -> None:
    async def main() -> list[Association]:
        read = async_read(nothing)
        got = []
        async for record in read:
            got.append(record)
            if len(got) == 3:
                break
        await asyncio.sleep(0)
        await read.aclose()
        return [*got, *await read.all()]

    assert ids_of(asyncio.run(main(), debug=True)) == list(range(100))


def test_async_failures_are_raised_or_collected() -> None:
    def send(request: Request[Association]) -> None:
        if first_id(request) == 4:
            raise FailedError

    async def main() -> None:
        read = async_read(send, 10)
        with pytest.raises(FailedError):
            await read.all()
        assert sorted(read.unread()) == list("0123456789")
        assert ids_of(await read.all()) == [0, 1, 2, 3, 6, 7, 8, 9]
        other = async_read(send, 10, collect=True)
        assert set(await other.by_id()) == set("01236789")
        assert list(other.unread()) == ["4", "5"]

    asyncio.run(main(), debug=True)


def test_async_a_read_cannot_be_read_twice_at_the_same_time() -> None:
    async def main() -> None:
        async with async_read(nothing) as read:
            async for _ in read:
                with pytest.raises(RuntimeError, match="already in progress"):
                    await read.all()
                break

    asyncio.run(main(), debug=True)


def test_async_progress_is_told_after_each_answer() -> None:
    told: list[Summary] = []
    asyncio.run(async_read(nothing, 10, on_progress=told.append).by_id())
    requests = [summary.requests for summary in told]
    assert requests == sorted(requests)
    assert requests[-1] == 5
    assert len(requests) >= 2
    assert told[-1].records == 10


def test_further_pages_are_asked_for_while_records_return() -> None:
    followed = threading.Event()

    def send(request: Request[Association], wait: Wait) -> Answer[Association]:
        results: list[dict[str, object]] = [
            {"from": {"id": id_}, "to": []} for id_ in request.inputs
        ]
        if first_id(request) == 50:
            if request.inputs["50"] is None:
                results[0]["paging"] = {"next": {"after": "x"}}
            else:
                followed.set()
        return Answer(AssociationEnvelope.from_dict({"results": results}))

    read = sync_read(send, range(100), evolve(ASSOCIATIONS, max_inputs=50))
    assert any(followed.wait(0.02) for _ in islice(read, 49))  # of the 50 in the first chunk


def test_what_waits_is_not_sent_after_the_loop_has_ended() -> None:
    waiting = threading.Event()
    sent: list[int] = []

    def send(request: Request[Association], wait: Wait) -> Answer[Association]:
        if first_id(request) > 0:
            waiting.set()
            wait(3600)
            sent.append(first_id(request))
        return answer(request)

    for _ in read_of(send):
        assert waiting.wait(30)
        break
    assert sent == []


def test_close_ends_the_loop_that_runs_and_no_other() -> None:
    with nothing_left(), read_of(at_once) as read:
        records = iter(read)
        next(records)
        with pytest.raises(RuntimeError, match="already in progress"):
            read.all()


def test_an_interrupt_while_ids_are_taken_loses_none() -> None:
    class Interrupted:
        """Ids that can be taken on after an interrupt; a generator would have ended."""

        def __init__(self) -> None:
            self.ids = iter([0, 1, 2, None, 3, 4])

        def __iter__(self) -> Iterator[int]:
            return self

        def __next__(self) -> int:
            id_ = next(self.ids)
            if id_ is None:
                raise KeyboardInterrupt
            return id_

    read = sync_read(at_once, Interrupted(), OPERATION, max_concurrency=3)
    with pytest.raises(KeyboardInterrupt):
        read.all()
    assert ids_of(read.all()) == [0, 1, 2, 3, 4]
    assert len(read.missing) == 0


def test_the_account_has_each_id_in_its_place() -> None:
    def send(request: Request[AssociationV3], wait: Wait) -> Any:
        context = {"fromObjectId": ["2"]}
        document = {
            "results": [{"from": {"id": 1}, "to": [], "paging": {"next": {"after": "x"}}}],
            "errors": [{"subCategory": NO_ASSOCIATIONS_FOUND, "context": context}, "odd"],
        }
        return Answer(AssociationV3Envelope.from_dict(document))

    read = sync_read(send, [1, 2, 3], ASSOCIATIONS_V3, max_concurrency=1)
    assert list(read.by_id()) == ["1"]
    assert [cut.id for cut in read.truncated] == ["1"]
    assert [(each.id, each.reason) for each in read.missing] == [
        ("2", "without_associations"),
        ("3", "unanswered"),
    ]
    assert [error.message for error in read.other_errors] == ["odd"]


def test_the_missing_ids_can_be_taken_while_reading_each_once() -> None:
    def send(request: Request[Association], wait: Wait) -> Any:
        found, nothing, odd, *_ = request.inputs
        document = {
            "results": [{"from": {"id": found}, "to": []}],
            "errors": [
                {"subCategory": NO_ASSOCIATIONS_FOUND, "context": {"fromObjectId": [nothing]}},
                {"category": "VALIDATION_ERROR", "context": {"id": [odd]}},
            ],
        }
        return Answer(AssociationEnvelope.from_dict(document))

    read = sync_read(send, range(1, 9), evolve(ASSOCIATIONS, max_inputs=4), max_concurrency=1)
    records = iter(read)
    next(records)
    assert [(each.id, each.reason) for each in read.missing[:3]] == [
        ("2", "without_associations"),
        ("3", "error"),
        ("4", "unanswered"),
    ]
    assert len(list(records)) == 1
    assert [each.id for each in read.missing[3:]] == ["6", "7", "8"]
    assert read.missing[-1] == read.missing[5]
    assert "2 error" in repr(read.missing)


def summary(**numbers: Any) -> Summary:
    zero: dict[str, Any] = dict.fromkeys((each.name for each in fields(Summary)), 0)
    return Summary(**{**zero, **numbers})


def test_the_sentence_of_a_summary_has_the_numbers_that_matter() -> None:
    assert str(summary(total=4, taken=4, records=4)) == "4 ids: 4 records"
    assert str(summary(total=None, taken=4, records=4)) == "4 ids: 4 records"
    assert str(summary(total=4, taken=4, records=1, errors=3)) == "4 ids: 1 record, 3 with errors"
    everything = summary(
        total=2000,
        taken=1500,
        records=1100,
        truncated=7,
        without_associations=100,
        errors=60,
        unanswered=40,
        unread=200,
    )
    assert str(everything) == (
        "1,500 of 2,000 ids: 1,100 records (7 truncated), 100 without associations, "
        "60 with errors, 40 unanswered, 200 unread"
    )


def test_async_a_new_loop_can_begin_right_after_a_break() -> None:
    async def main() -> None:
        running = most = 0

        async def send(request: Request[Association]) -> Answer[Association]:
            nonlocal running, most
            running += 1
            most = max(most, running)
            try:
                await asyncio.sleep(0.001 if first_id(request) else 0)
            finally:
                running -= 1
            return answer(request)

        plan = Plan(OPERATION, Ids(range(100)), window=3, collect=False)
        read = AsyncRead(AsyncDriver(plan, send, max_concurrency=3))
        got = []
        async for record in read:
            got.append(record)
            break
        got += await read.all()
        assert ids_of(got) == list(range(100))
        assert most == 3  # those of the first loop were cancelled before

    asyncio.run(main(), debug=True)


def test_async_further_pages_are_asked_for_while_records_return() -> None:
    async def main() -> None:
        followed = False

        async def send(request: Request[Association]) -> Answer[Association]:
            nonlocal followed
            ids = list(request.inputs)
            results: list[dict[str, object]] = [{"from": {"id": id_}, "to": []} for id_ in ids]
            if ids[0] == "50":
                if request.inputs["50"] is None:
                    results[0]["paging"] = {"next": {"after": "x"}}
                else:
                    followed = True
            return Answer(AssociationEnvelope.from_dict({"results": results}))

        operation = evolve(ASSOCIATIONS, max_inputs=50)
        plan = Plan(operation, Ids(range(100)), window=3, collect=False)
        async with AsyncRead(AsyncDriver(plan, send, max_concurrency=3)) as read:
            async for record in read:
                await asyncio.sleep(0)
                if record.from_.id == "40":
                    break
            assert followed

    asyncio.run(main(), debug=True)


def test_async_the_end_of_a_loop_does_not_touch_the_next_one() -> None:
    async def main() -> None:
        read = async_read(hang)
        before = asyncio.all_tasks()
        async for _ in read:
            break
        records = aiter(read)
        assert ids_of([await anext(records)]) == [1]
        waiting: asyncio.Task[Association] = asyncio.create_task(anext(records))  # type: ignore[arg-type]
        for _ in range(10):  # the first loop's generator ends in the meantime
            await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="already in progress"):
            await read.all()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert asyncio.all_tasks() == before

    asyncio.run(main(), debug=True)


def test_async_with_leaves_no_request_after_a_break() -> None:
    async def main() -> None:
        running = 0
        is_running = asyncio.Event()

        async def send(request: Request[Association]) -> None:
            nonlocal running
            running += 1
            if first_id(request):
                is_running.set()
            try:
                await hang(request)
            finally:
                running -= 1

        async with async_read(send) as read:
            async for _ in read:
                await is_running.wait()
                break
        assert running == 0

    asyncio.run(main(), debug=True)


def test_all_gives_back_what_it_had_when_it_is_interrupted() -> None:
    def interrupt(summary: Summary) -> None:
        if summary.records and not interrupted:
            interrupted.append(True)
            raise KeyboardInterrupt

    interrupted: list[bool] = []
    read = read_of(at_once, 20, on_progress=interrupt)
    with nothing_left(), pytest.raises(KeyboardInterrupt):
        read.all()
    assert read.summary.records == 0
    assert ids_of(read.all()) == list(range(20))


def test_async_all_gives_back_what_it_had_when_it_is_cancelled() -> None:
    async def main() -> None:
        read = async_read(hang, 10)
        task = asyncio.create_task(read.all())
        while read.summary.requests < 1:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert read.summary.records == 0
        assert sorted(read.unread()) == list("0123456789")

    asyncio.run(main(), debug=True)


def test_async_aclose_ends_the_loop() -> None:
    async def main() -> None:
        read = async_read(nothing)
        records = aiter(read)
        await anext(records)
        await read.aclose()
        assert [record async for record in records] == []
        assert len(await read.all()) == 99

    asyncio.run(main(), debug=True)


def test_async_aclose_from_another_task_ends_the_loop() -> None:
    async def main() -> None:
        first_answer = asyncio.Event()
        read = async_read(hang, on_progress=lambda _: first_answer.set())
        waiting = asyncio.create_task(read.all())
        await first_answer.wait()
        await read.aclose()
        assert ids_of(await waiting) == [0, 1]
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert list(read.unread()) == list(map(str, range(2, 100)))

    asyncio.run(main(), debug=True)


def test_async_a_read_cancelled_twice_can_be_read_on() -> None:
    stubborn = True

    async def send(request: Request[Association]) -> None:
        try:
            if first_id(request) > 0 and stubborn:
                await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)

    async def main() -> None:
        nonlocal stubborn
        first_answer = asyncio.Event()
        read = async_read(send, 10, on_progress=lambda _: first_answer.set())
        task = asyncio.create_task(read.all())
        await first_answer.wait()
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        stubborn = False
        assert ids_of(await read.all()) == list(range(10))
        del caught

    asyncio.run(main(), debug=True)


def test_without_an_event_loop_of_asyncio_the_reason_is_said() -> None:
    read = async_read(nothing)
    for start in (lambda: anext(aiter(read)), read.all, read.by_id, read.to_arrow().read_all):
        awaited = start()
        with pytest.raises(RuntimeError, match=r"needs .* asyncio; under trio, use HubSpot"):
            awaited.__await__().send(None)
