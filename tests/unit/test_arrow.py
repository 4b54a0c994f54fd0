"""`to_arrow`: a stream with bounded memory, after which the account is right whatever ended it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, Literal

import duckdb
import httpx
import polars as pl
import pyarrow as pa
import pytest
from attrs import define, evolve, field

from hubspot_batch_read import HubSpot
from hubspot_batch_read.async_read import AsyncRead
from hubspot_batch_read.core.chunk import Request
from hubspot_batch_read.core.ids import Ids
from hubspot_batch_read.core.operation import Envelope
from hubspot_batch_read.core.plan import Plan
from hubspot_batch_read.driving.async_driver import AsyncDriver
from hubspot_batch_read.driving.driver import Driver
from hubspot_batch_read.driving.threads import Wait
from hubspot_batch_read.operations import ASSOCIATIONS
from hubspot_batch_read.read import Read
from hubspot_batch_read.reading import Reading
from hubspot_batch_read.sandbox import Sandbox
from hubspot_batch_read.tables import filling
from hubspot_batch_read.tables.table import Column
from hubspot_batch_read_api.models import Association, AssociationEnvelope

OPERATION = evolve(ASSOCIATIONS, max_inputs=2)
TYPE = {"category": "HUBSPOT_DEFINED", "typeId": 1, "label": None}


@pytest.fixture(autouse=True)
def _few_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make record batches of two records: each has two lines, unless a test says otherwise."""
    monkeypatch.setattr(filling, "ROWS", 3)
    monkeypatch.setattr(filling, "STEP", 1)


@define
class Answer:
    parsed: Envelope[Association]
    headers: httpx.Headers = field(factory=httpx.Headers)


class ForbiddenError(Exception):
    """Stands for whatever makes a request fail for good."""


def send(request: Request[Association], wait: Wait | None = None) -> Answer:
    """Answer with two associations for each id; from 90 on with none, and not at all for 14."""
    if "14" in request.inputs:
        raise ForbiddenError("the token lacks a scope")
    to = [{"toObjectId": each, "associationTypes": [TYPE]} for each in (7, 8)]
    rows = [{"from": {"id": id_}, "to": to if int(id_) < 90 else []} for id_ in request.inputs]
    return Answer(AssociationEnvelope.from_dict({"results": rows}))


async def asend(request: Request[Association]) -> Answer:
    await asyncio.sleep(0)
    return send(request)


def plan(ids: Iterable[int], *, collect: bool = False) -> Plan[Association]:
    return Plan(OPERATION, Ids(ids), window=3, collect=collect)


def read(ids: Iterable[int], *, collect: bool = False) -> Read[Association]:
    return Read(Driver(plan(ids, collect=collect), send, max_concurrency=3))


def aread(ids: Iterable[int], *, collect: bool = False) -> AsyncRead[Association]:
    return AsyncRead(AsyncDriver(plan(ids, collect=collect), asend, max_concurrency=3))


def from_ids(record_batch: pa.RecordBatch | pa.Table) -> list[int]:
    """Return the ids that lines are of, each once."""
    return list(dict.fromkeys(int(line["from_id"]) for line in record_batch.to_pylist()))


def unread(account: Reading[Any]) -> list[int]:
    return sorted(map(int, account.unread()))


@contextmanager
def nothing_left() -> Iterator[None]:
    """Check that a block leaves no thread of a batch; DuckDB keeps some of its own."""
    yield
    for thread in threading.enumerate():
        # Not those that an interrupt kept from starting, in a test before.
        if "hubspot" in thread.name and thread.ident is not None:
            thread.join(10)
            assert not thread.is_alive()


def test_the_stream_has_the_lines_of_all_records_in_their_order() -> None:
    contacts = read(range(5))
    with nothing_left():
        batches = list(contacts.to_arrow())
    assert [from_ids(each) for each in batches] == [[0, 1], [2, 3], [4]]
    assert [each.num_rows for each in batches] == [4, 4, 2]
    assert contacts.summary.records == 5


@pytest.mark.parametrize("ids", [[], [90, 91]], ids=["no id", "no line"])
def test_the_stream_has_the_schema_also_without_a_line(ids: list[int]) -> None:
    contacts = read(ids)
    table = contacts.to_arrow().read_all()
    assert (table.num_rows, table.schema) == (0, ASSOCIATIONS.table.schema)
    assert contacts.summary.records == len(ids)


def test_the_columns_are_those_of_operation_and_arguments() -> None:
    with HubSpot("token") as hubspot:
        campaigns = hubspot.read_campaigns([], properties=iter(["hs_name", "id"]))
        assert campaigns.to_arrow().schema.names[4:6] == ["hs_name", "properties.id"]
        workflows = hubspot.read_workflow_id_mappings(flow_ids=[])
        assert workflows.to_arrow().schema.names == ["flow_id", "workflow_id"]
        associations = hubspot.read_associations_v3("contacts", "deals", [])
        assert associations.to_arrow().schema.names == ["from_id", "to_id", "type"]


def test_ids_are_taken_as_the_stream_is_read() -> None:
    ids = iter(range(10**9))
    contacts = read(ids)
    with nothing_left():
        reader = contacts.to_arrow()
        assert next(ids) == 0
        assert [from_ids(each) for each in islice(reader, 2)] == [[1, 2], [3, 4]]
        assert next(ids) < 20
        del reader
    assert contacts.summary.records == 4


def test_another_stream_or_loop_goes_on_where_one_ended() -> None:
    contacts = read(range(8))
    for each in contacts.to_arrow():
        assert from_ids(each) == [0, 1]
        break
    reader = contacts.to_arrow()
    assert from_ids(reader.read_next_batch()) == [2, 3]
    with pytest.raises(RuntimeError, match="already in progress"):
        contacts.to_arrow().read_next_batch()
    del reader
    assert int(next(iter(contacts)).from_.id) == 4
    reader = contacts.to_arrow()
    assert [from_ids(reader.read_next_batch()) for _ in range(2)] == [[5, 6], [7]]
    del reader
    assert unread(contacts) == []


def test_closing_the_batch_ends_its_stream() -> None:
    with nothing_left(), read(range(20)) as contacts:
        reader = contacts.to_arrow()
        reader.read_next_batch()
        contacts.close()
        assert list(reader) == []
    assert unread(contacts) == list(range(2, 20))
    assert from_ids(contacts.to_arrow().read_next_batch()) == [2, 3]


def test_a_failure_gives_back_what_was_in_no_record_batch() -> None:
    contacts = read([*range(3), *range(13, 17)])
    got = []
    with nothing_left(), pytest.raises(ForbiddenError):
        for each in contacts.to_arrow():
            got += from_ids(each)
    # 2 was read as well, but its record batch would have had the records of 14 and 15, too.
    assert (got, contacts.summary.records) == ([0, 1, 2, 13], 4)
    assert unread(contacts) == [14, 15, 16]
    assert from_ids(contacts.to_arrow().read_all()) == [16]
    assert unread(contacts) == [14, 15]


def test_an_interrupt_gives_back_what_was_in_no_record_batch() -> None:
    def columns_of(records: Sequence[Association]) -> list[Column]:
        if records[0].from_.id == "92" and not interrupted:
            interrupted.append(records[0])
            raise KeyboardInterrupt
        return ASSOCIATIONS.table.columns_of(records)

    interrupted: list[Association] = []
    operation = evolve(OPERATION, table=evolve(OPERATION.table, columns_of=columns_of))
    plan = Plan(operation, Ids([0, 91, 92, *range(1, 5)]), window=3, collect=False)
    contacts = Read(Driver(plan, send, max_concurrency=3))
    with nothing_left(), pytest.raises(KeyboardInterrupt):
        contacts.to_arrow().read_all()
    assert contacts.summary.records == 0
    assert unread(contacts) == [0, 1, 2, 3, 4, 91, 92]
    assert from_ids(contacts.to_arrow().read_all()) == [0, 1, 2, 3, 4]
    assert contacts.summary.records == 7


def test_pandas_polars_and_duckdb_take_the_stream() -> None:
    expected = [str(number) for number in range(5) for _ in range(2)]
    assert list(read(range(5)).to_arrow().read_pandas()["from_id"]) == expected
    assert pl.DataFrame(read(range(5)).to_arrow())["from_id"].to_list() == expected
    reader = read(range(5)).to_arrow()
    rows = duckdb.execute("SELECT from_id FROM reader").fetchall()
    assert [id_ for (id_,) in rows] == expected
    del reader


def test_data_frames_have_the_right_types() -> None:
    expected = [str(number) for number in range(5) for _ in range(2)]
    contacts = read(range(5))
    frame = contacts.to_pandas()
    assert list(frame["from_id"]) == expected
    assert [str(kind) for kind in frame.dtypes[:3]] == ["string", "string", "int64[pyarrow]"] or [
        str(kind) for kind in frame.dtypes[:3]
    ] == ["string[pyarrow]", "string[pyarrow]", "int64[pyarrow]"]
    assert contacts.summary.records == 5
    others = read(range(5)).to_polars()
    assert others["from_id"].to_list() == expected
    assert others.schema["type_id"] == pl.Int64


@pytest.mark.parametrize("method", ["to_pandas", "to_polars"])
def test_an_interrupted_data_frame_is_complete_the_next_time(
    method: Literal["to_pandas", "to_polars"], monkeypatch: pytest.MonkeyPatch
) -> None:
    contacts = read(range(9))
    with monkeypatch.context() as patch:
        patch.setattr(f"hubspot_batch_read.read.{method}", raise_interrupt)
        with pytest.raises(KeyboardInterrupt):
            getattr(contacts, method)()
    assert contacts.summary.records == 0
    assert len(getattr(contacts, method)()) == 18
    assert contacts.summary.records == 9
    with pytest.raises(RuntimeError, match="this read is finished"):
        getattr(contacts, method)()


def raise_interrupt(_: object) -> None:
    raise KeyboardInterrupt


def test_a_loop_takes_on_from_a_table_and_a_table_from_a_loop(
    hubspot_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "ROWS", 1)
    ids = range(1, 2500)
    for id_ in ids:
        hubspot_sandbox.portal.associate("contacts", "companies", id_, 7 * id_)
    with HubSpot(hubspot_sandbox.token, base_url=hubspot_sandbox.base_url) as hubspot:
        expected = hubspot.read_associations("contacts", "companies", ids).all()
        contacts = hubspot.read_associations("contacts", "companies", ids)
        first = next(iter(contacts))
        in_table = from_ids(next(contacts.to_arrow()))
        next_one = next(iter(contacts))
        rest = contacts.by_id()
    assert [first.from_.id, *map(str, in_table), next_one.from_.id, *rest] == [
        each.from_.id for each in expected
    ]
    assert [first, next_one, *rest.values()] == [
        each for each in expected if int(each.from_.id) not in in_table
    ]
    assert {type(each) for each in (first, next_one, *rest.values())} == {Association}


def test_missing_ids_are_a_table() -> None:
    def send_errors(request: Request[Association], wait: Wait | None = None) -> Answer:
        first, *_ = request.inputs
        error = {"category": "X", "message": "\ud800", "context": {"id": [first]}}
        return Answer(AssociationEnvelope.from_dict({"results": [], "errors": [error]}))

    contacts = Read(Driver(plan([1, 2]), send_errors, max_concurrency=1))
    assert contacts.missing_to_arrow().num_rows == 0
    assert contacts.all() == []
    table = contacts.missing_to_arrow()
    assert table.schema == read([]).missing_to_arrow().schema
    error, unanswered = table.to_pylist()
    assert error == {
        "id": "1",
        "reason": "error",
        "category": "X",
        "sub_category": None,
        "message": "\ufffd",
        "context": [("id", ["1"])],
    }
    assert (unanswered["id"], unanswered["reason"]) == ("2", "unanswered")


def by_polars(reader: pa.RecordBatchReader) -> None:
    pl.DataFrame(reader)


def by_duckdb(reader: pa.RecordBatchReader) -> None:
    duckdb.execute("SELECT count(*) FROM reader").fetchall()


@pytest.mark.parametrize("consume", [by_polars, by_duckdb])
def test_what_failed_within_polars_or_duckdb_is_in_the_account(
    consume: Callable[[pa.RecordBatchReader], None],
) -> None:
    contacts = read(range(20))
    with nothing_left(), pytest.raises(Exception, match="the token lacks a scope") as caught:
        consume(contacts.to_arrow())
    assert not isinstance(caught.value, ForbiddenError)
    (failure,) = contacts.failures
    assert isinstance(failure.error, ForbiddenError)
    assert failure.ids == ("14", "15")
    assert unread(contacts) == list(range(14, 20))


@pytest.mark.parametrize("consume", [by_polars, by_duckdb])
def test_a_collected_failure_ends_nothing_in_polars_or_duckdb(
    consume: Callable[[pa.RecordBatchReader], None],
) -> None:
    contacts = read(range(20), collect=True)
    consume(contacts.to_arrow())
    assert contacts.summary.records == 18
    assert [failure.ids for failure in contacts.failures] == [("14", "15")]


# Async


def test_async_the_batches_have_the_lines_of_all_records() -> None:
    async def main() -> None:
        contacts = aread(range(5))
        record_batches = contacts.to_arrow()
        assert record_batches.schema == ASSOCIATIONS.table.schema
        assert [from_ids(each) async for each in record_batches] == [[0, 1], [2, 3], [4]]
        assert contacts.summary.records == 5
        table = await aread([]).to_arrow().read_all()
        assert (table.num_rows, table.schema) == (0, ASSOCIATIONS.table.schema)

    asyncio.run(main())


def test_async_read_all_reads_what_is_left() -> None:
    async def main() -> None:
        record_batches = aread([*range(7), 99]).to_arrow()
        assert from_ids(await anext(record_batches)) == [0, 1]
        assert from_ids(await record_batches.read_all()) == [2, 3, 4, 5, 6]
        with pytest.raises(RuntimeError, match="this read is finished"):
            await record_batches.read_all()

    asyncio.run(main())


def test_after_the_last_record_batch_is_one_empty_end() -> None:
    contacts = read(range(4))
    assert len(list(islice(contacts.to_arrow(), 2))) == 2
    assert contacts.to_arrow().read_all().num_rows == 0
    with pytest.raises(RuntimeError, match="this read is finished"):
        contacts.to_arrow().read_all()


def test_async_after_the_last_record_batch_is_one_empty_end() -> None:
    async def main() -> None:
        contacts = aread(range(4))
        record_batches = contacts.to_arrow()
        for _ in range(2):
            await anext(record_batches)
        await contacts.aclose()
        assert (await contacts.to_arrow().read_all()).num_rows == 0
        with pytest.raises(RuntimeError, match="this read is finished"):
            await contacts.to_arrow().read_all()

    asyncio.run(main())


@pytest.mark.parametrize("ids", [[], range(4)], ids=["no id", "ids"])
def test_a_table_that_failed_at_its_end_can_be_made_again(
    ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        contacts = aread(ids)
        with monkeypatch.context() as patch:
            patch.setattr("hubspot_batch_read.tables.arrow.table", failing_once)
            with pytest.raises(ArithmeticError):
                await contacts.to_arrow().read_all()
        assert from_ids(await contacts.to_arrow().read_all()) == list(ids)

    def failing_once(*_: object) -> None:
        raise ArithmeticError

    asyncio.run(main())


def test_async_another_stream_can_begin_right_after_a_break() -> None:
    async def main() -> None:
        async with aread(range(7)) as contacts:
            async for each in contacts.to_arrow():
                assert from_ids(each) == [0, 1]
                break
            assert from_ids(await contacts.to_arrow().read_all()) == [2, 3, 4, 5, 6]
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())


def test_async_a_failure_gives_back_what_nobody_got_to_see() -> None:
    async def main() -> None:
        contacts = aread([*range(3), *range(13, 17)])
        with pytest.raises(ForbiddenError):
            await contacts.to_arrow().read_all()
        assert contacts.summary.records == 0
        assert unread(contacts) == [0, 1, 2, 13, 14, 15, 16]
        assert from_ids(await contacts.to_arrow().read_all()) == [0, 1, 2, 13, 16]
        other = aread([0, 1, 2, 90, 14, 15])
        record_batches = other.to_arrow()
        assert from_ids(await anext(record_batches)) == [0, 1]
        with pytest.raises(ForbiddenError):
            await anext(record_batches)
        assert unread(other) == [2, 14, 15, 90]

    asyncio.run(main())


def test_async_a_timeout_gives_back_what_was_in_no_record_batch() -> None:
    async def hang(request: Request[Association]) -> Answer:
        if "4" in request.inputs:
            await asyncio.Event().wait()
        return await asend(request)

    async def main() -> None:
        contacts = AsyncRead(AsyncDriver(plan([0, 1, 2, 90, 4, 5]), hang, max_concurrency=3))
        record_batches = contacts.to_arrow()
        assert from_ids(await anext(record_batches)) == [0, 1]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(record_batches), 0.01)
        assert unread(contacts) == [2, 4, 5, 90]
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())


def test_a_table_that_cannot_be_made_gives_back_its_records(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    async def main() -> None:
        contacts, others = aread(range(5)), read(range(5))
        with monkeypatch.context() as patch:
            patch.setattr("hubspot_batch_read.tables.arrow.record_batch", fail)
            for consume in (contacts.to_arrow().read_all, contacts.to_arrow().__anext__):
                with pytest.raises(MemoryError):
                    await consume()
            with pytest.raises(MemoryError):
                others.to_arrow().read_all()
        assert unread(contacts) == unread(others) == [0, 1, 2, 3, 4]

    asyncio.run(main())
