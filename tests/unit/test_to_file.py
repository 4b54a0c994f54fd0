"""`to_file`: what is in the files, what is refused in a sentence, and what ends a run early."""

from __future__ import annotations

import asyncio
import io
import json
import os
import resource
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from attrs import evolve

from hubspot_batch_read import (
    AsyncHubSpot,
    ClosedError,
    FileRefusedError,
    HubSpot,
    InvalidIdError,
    Read,
    Summary,
)
from hubspot_batch_read.core.chunk import Request
from hubspot_batch_read.core.ids import Ids
from hubspot_batch_read.core.plan import Plan
from hubspot_batch_read.driving.driver import Driver
from hubspot_batch_read.files import FileFormat, writer
from hubspot_batch_read.files import checkpoint as checkpoints
from hubspot_batch_read.operations import associations, campaigns
from hubspot_batch_read.sandbox import Latency, Portal, Sandbox, SandboxRequest, SandboxResponse
from hubspot_batch_read_api.errors import DecodeError
from hubspot_batch_read_api.models import Association
from tests.unit.files import FORMATS, IDS, Answered, answer, failing, lines, reading, rows

PORTAL = Portal(seed=7, contacts=2500)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(portal=PORTAL) as sandbox:
        yield sandbox


def write(folder: Path, ids: Any = IDS, name: str = "rows.jsonl", **options: Any) -> Summary:
    """Write a file, with missing ids beside it."""
    bad = options.pop("bad", ())
    arguments = {"missing": folder / "missing", "resume": True, **options}
    return reading(ids, send=failing(bad)).to_file(folder / name, **arguments)


def stopped(folder: Path, name: str = "rows.jsonl") -> None:
    """Write a part of a file."""
    bad = ["16"]

    def send(request: Any) -> object:
        if not request.inputs.keys().isdisjoint(bad):
            raise ConnectionError("broken")
        return answer(request)

    with pytest.raises(ConnectionError):
        reading(send=send).to_file(folder / name, missing=folder / "missing", resume=True)


def content(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def refused(folder: Path, match: str, ids: Any = IDS, **options: Any) -> None:
    """Check that a run is refused, with a sentence, and changes nothing."""
    before = content(folder)
    with pytest.raises(FileRefusedError, match=match):
        write(folder, ids, **options)
    assert content(folder) == before


# What is in the files


@pytest.mark.parametrize("format_", FORMATS)
def test_files_have_the_records_and_reasons_that_a_read_has(
    tmp_path: Path, sandbox: Sandbox, format_: str
) -> None:
    with HubSpot(sandbox.token, base_url=sandbox.base_url) as hubspot:
        read = hubspot.read_associations("contacts", "deals", PORTAL.contact_ids)
        path = tmp_path / f"rows.{format_}"
        summary = read.to_file(path, missing=tmp_path / "missing")
        other = hubspot.read_associations("contacts", "deals", PORTAL.contact_ids)
        records = other.all()
    assert str(summary) == str(other.summary) == str(read.summary)
    assert [each["id"] for each in lines(tmp_path / "missing")] == [
        each.id for each in other.missing
    ]
    if format_ == "jsonl":
        written = lines(path)
        assert [each["from"]["id"] for each in written] == [each.from_.id for each in records]
    else:
        pairs = sum(max(1, len(each.association_types)) for record in records for each in record.to)
        assert len(rows(path)) == pairs + (format_ == "csv")
    assert {each.name for each in tmp_path.iterdir()} == {
        *("missing", path.name, f"{path.name}.checkpoint"),
    }


@pytest.mark.parametrize("format_", FORMATS)
def test_an_async_read_writes_the_same_files(
    tmp_path: Path, sandbox: Sandbox, format_: str
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    ids = PORTAL.contact_ids

    async def write_async() -> Summary:
        async with AsyncHubSpot(sandbox.token, base_url=sandbox.base_url) as hubspot:
            read = hubspot.read_associations("contacts", "deals", ids)
            await read.to_file(other / f"rows.{format_}", missing=other / "missing")
            again = hubspot.read_associations("contacts", "deals", ids)
            return await again.to_file(
                other / f"rows.{format_}", missing=other / "missing", resume=True
            )

    with HubSpot(sandbox.token, base_url=sandbox.base_url) as hubspot:
        read = hubspot.read_associations("contacts", "deals", ids)
        summary = read.to_file(one / f"rows.{format_}", missing=one / "missing")
    assert str(asyncio.run(write_async())) == str(summary)
    assert rows(one / f"rows.{format_}") == rows(other / f"rows.{format_}")
    assert lines(one / "missing") == lines(other / "missing")


def test_a_cancelled_run_is_gone_on_with(tmp_path: Path, sandbox: Sandbox) -> None:
    def faults(request: SandboxRequest) -> SandboxResponse | None:
        inputs = request.document["inputs"]
        is_first = {"id": PORTAL.contact_ids[0]} in inputs or "after" in inputs[0]
        return None if is_first else SandboxResponse(503, headers={"Retry-After": "50"})

    async def cancel() -> None:
        written = asyncio.Event()

        def tell(summary: Summary) -> None:
            if summary.records:
                written.set()

        async with AsyncHubSpot(sandbox.token, base_url=sandbox.base_url) as hubspot:
            read = hubspot.read_associations(
                "contacts", "companies", PORTAL.contact_ids, on_progress=tell
            )
            task = asyncio.create_task(read.to_file(path, missing=tmp_path / "missing"))
            await written.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    path = tmp_path / "rows.csv"
    sandbox.faults = faults
    asyncio.run(cancel())
    sandbox.faults = None
    assert {"unread"} <= {each["reason"] for each in lines(tmp_path / "missing")}
    with HubSpot(sandbox.token, base_url=sandbox.base_url) as hubspot:
        read = hubspot.read_associations("contacts", "companies", PORTAL.contact_ids)
        read.to_file(path, missing=tmp_path / "missing", resume=True)
        whole = hubspot.read_associations("contacts", "companies", PORTAL.contact_ids)
        whole.to_file(tmp_path / "whole.csv")
    assert rows(path) == rows(tmp_path / "whole.csv")


def test_excel_gets_a_byte_order_mark_and_the_same_rows(tmp_path: Path) -> None:
    reading().to_file(tmp_path / "rows.csv")
    reading().to_file(tmp_path / "excel.csv", format="excel")
    plain = (tmp_path / "rows.csv").read_bytes()
    assert (tmp_path / "excel.csv").read_bytes() == b"\xef\xbb\xbf" + plain


def test_a_stream_gets_the_records_and_cannot_be_resumed(tmp_path: Path) -> None:
    with (tmp_path / "rows").open("wb") as file:
        reading().to_file(file, format="csv")
        assert not file.closed
        with pytest.raises(FileRefusedError, match="a stream cannot be resumed"):
            reading().to_file(file, resume=True)
    reading().to_file(tmp_path / "rows.csv")
    assert (tmp_path / "rows").read_bytes() == (tmp_path / "rows.csv").read_bytes()


def test_a_file_in_text_mode_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "rows").open("w") as file, pytest.raises(TypeError, match="binary mode"):
        reading().to_file(file)  # type: ignore[arg-type]


def test_row_groups_are_of_a_sensible_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hubspot_batch_read.files import parquet  # noqa: PLC0415 - needs an extra

    monkeypatch.setattr(parquet, "ROWS", 20)
    write(tmp_path, name="rows.parquet")
    with pq.ParquetFile(tmp_path / "rows.parquet") as file:
        groups = [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)]
    assert len(groups) > 1
    assert max(groups) <= 20


# What is refused


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("precious")
    refused(tmp_path, "rows.jsonl exists: resume it, or remove it", resume=False)
    refused(tmp_path, "rows.jsonl has no checkpoint")
    (tmp_path / "rows.jsonl").write_text("")
    (tmp_path / "missing").write_text("precious")
    refused(tmp_path, "missing exists: resume it, or remove it", resume=False)
    refused(tmp_path, "missing has no checkpoint")
    (tmp_path / "missing").unlink()
    write(tmp_path, resume=False)
    refused(tmp_path, "rows.jsonl exists: resume it, or remove it", resume=False)
    (tmp_path / "rows.jsonl.checkpoint").unlink()
    refused(tmp_path, "rows.jsonl has no checkpoint")


@pytest.mark.parametrize(
    ("ids", "match"),
    [
        ([*IDS[:9]], "there are 9 ids, but the earlier run has read 20"),
        (
            [*reversed(IDS)],
            "the first 20 ids differ from those of the earlier run, or are in an",
        ),
        ([0, *IDS[1:]], "the first 20 ids differ from those"),
        (set(range(1, 30)), "the ids are a set, whose order differs from run to run: pass sorted"),
    ],
)
@pytest.mark.parametrize("format_", FORMATS)
def test_other_ids_are_refused(tmp_path: Path, format_: str, ids: Any, match: str) -> None:
    stopped(tmp_path, f"rows.{format_}")
    refused(tmp_path, match, ids, name=f"rows.{format_}")


@pytest.mark.parametrize("format_", FORMATS)
def test_other_arguments_are_refused_with_both_values(tmp_path: Path, format_: str) -> None:
    name = f"rows.{format_}"
    stopped(tmp_path, name)
    before = content(tmp_path)
    for operation, match in [
        (associations("contacts", "deals"), "pair of types: contacts, companies, not contacts, de"),
        (campaigns(properties=["a"], start_date=None, end_date=None), "operation: read_associat"),
    ]:
        read = reading(operation=operation)  # type: ignore[arg-type]
        with pytest.raises(FileRefusedError, match=match):
            read.to_file(tmp_path / name, missing=tmp_path / "missing", resume=True)
    with pytest.raises(FileRefusedError, match="another file of missing ids: one, not none"):
        reading().to_file(tmp_path / name, resume=True)
    other = "csv" if format_ != "csv" else "jsonl"
    with pytest.raises(FileRefusedError, match=f"another format: {format_}, not {other}"):
        write(tmp_path, name=name, format=other)
    assert content(tmp_path) == before


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("which", ["output", "missing"])
def test_a_file_that_was_changed_is_refused(tmp_path: Path, format_: str, which: str) -> None:
    stopped(tmp_path, f"rows.{format_}")
    name = f"rows.{format_}" if which == "output" else "missing"
    path = tmp_path / (f"{name}.part" if format_ == "parquet" and which == "output" else name)
    whole = path.read_bytes()
    path.write_bytes(whole[:20])
    refused(tmp_path, "has 20 bytes, but", name=f"rows.{format_}")
    path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    refused(tmp_path, "has changed: the bytes before", name=f"rows.{format_}")
    path.unlink()
    refused(tmp_path, "is not there, but", name=f"rows.{format_}")
    path.write_bytes(whole)
    write(tmp_path, name=f"rows.{format_}")


@pytest.mark.parametrize("at", [5, 60, 200, -4])
def test_a_checkpoint_that_was_changed_is_refused(tmp_path: Path, at: int) -> None:
    stopped(tmp_path)
    path = tmp_path / "rows.jsonl.checkpoint"
    whole = bytearray(path.read_bytes())
    path.write_bytes(whole[:at])
    refused(tmp_path, "checkpoint is damaged")
    whole[at] ^= 1
    path.write_bytes(whole)
    refused(tmp_path, "checkpoint is damaged")


def test_a_checkpoint_of_another_version_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped(tmp_path)
    monkeypatch.setattr(checkpoints, "VERSION", 2)
    refused(tmp_path, "was written by another version of this package")


@pytest.mark.parametrize("ending", ["gz", "zst", "ZIP"])
def test_no_compressed_files_name_is_written(tmp_path: Path, ending: str) -> None:
    refused(tmp_path, "compressed files cannot be written", name=f"rows.csv.{ending}", format="csv")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.checkpoint", "rows.jsonl.lock"])
def test_a_file_is_not_used_for_two_things(tmp_path: Path, name: str) -> None:
    refused(tmp_path, f"{name} is used for two options", missing=tmp_path / name)
    with (
        (tmp_path / name).open("wb") as file,
        pytest.raises(FileRefusedError, match=f"{name} is used for two options"),
    ):
        reading().to_file(file, missing=tmp_path / name)


def test_a_read_that_has_begun_writes_no_file(tmp_path: Path) -> None:
    read = reading()
    next(iter(read))
    with pytest.raises(RuntimeError, match="this read has already started"):
        read.to_file(tmp_path / "rows.jsonl")
    read = reading()
    read.to_file(tmp_path / "rows.jsonl")
    for again in (read.all, lambda: read.to_file(tmp_path / "others.jsonl")):
        with pytest.raises(RuntimeError, match="call the client's method again"):
            again()


# Several runs at once


@pytest.mark.parametrize(
    ("output", "missing"), [("rows.jsonl", "other"), ("missing", "other"), ("o.csv", "missing")]
)
@pytest.mark.parametrize("resume", [True, False])
def test_a_second_run_on_a_file_is_refused(
    tmp_path: Path, output: str, missing: str, resume: bool
) -> None:
    said: list[str] = []

    def send(request: Any) -> object:
        with pytest.raises(FileRefusedError) as caught:
            reading().to_file(tmp_path / output, missing=tmp_path / missing, resume=resume)
        said.append(str(caught.value))
        with (
            (tmp_path / "missing").open("ab") as file,
            pytest.raises(FileRefusedError, match="is being written by another run"),
        ):
            reading().to_file(file)
        return answer(request)

    reading(send=send).to_file(tmp_path / "rows.jsonl", missing=tmp_path / "missing")
    assert all(each.endswith("is being written by another run") for each in said)
    whole = tmp_path / "whole"
    whole.mkdir()
    write(whole)
    assert rows(tmp_path / "rows.jsonl") == rows(whole / "rows.jsonl")
    assert lines(tmp_path / "missing") == lines(whole / "missing")


# What ends a run


def test_with_raise_a_failure_is_raised_and_the_rest_resumed(tmp_path: Path) -> None:
    raised: list[type[Exception]] = []
    while True:
        read = reading(collect=False, send=failing(["16"] if len(raised) < 4 else []))
        try:
            summary = read.to_file(tmp_path / "rows.csv", missing=tmp_path / "m", resume=True)
        except (InvalidIdError, DecodeError) as error:
            raised.append(type(error))
        else:
            break
    assert raised.count(DecodeError) >= 1
    assert raised.count(InvalidIdError) == 1
    whole = reading().to_file(tmp_path / "whole.csv", missing=tmp_path / "whole")
    assert (summary.records, summary.unread) == (whole.records, 0)
    assert rows(tmp_path / "rows.csv") == rows(tmp_path / "whole.csv")


def test_three_chunks_that_fail_in_a_row_end_a_run(tmp_path: Path) -> None:
    asked: list[str] = []

    def send(request: Any) -> object:
        asked.extend(request.inputs)
        return {"results": 5} if len(asked) > 6 else answer(request)

    with pytest.raises(DecodeError):
        reading(range(1, 100), send=send).to_file(tmp_path / "rows.jsonl", missing=tmp_path / "m")
    assert 15 <= len(asked) <= 18
    unread = [each["id"] for each in lines(tmp_path / "m") if each["reason"] == "unread"]
    assert unread == [*map(str, range(7, 100))]
    assert "results" in lines(tmp_path / "m")[-1]["message"]


def test_a_chunk_that_failed_is_read_by_a_later_run(
    tmp_path: Path,
) -> None:
    for format_ in FORMATS:
        name, folder = f"rows.{format_}", tmp_path / format_
        folder.mkdir()
        first = write(folder, name=name, bad=["16"])
        assert (first.unread, first.failures) == (3, 1)
        assert [each["reason"] for each in lines(folder / "missing")].count("unread") == 3
        assert write(folder, name=name, bad=["16"]).unread == 3
        last = write(folder, name=name)
        assert (last.taken, last.unread) == (first.taken, 0)
        whole = folder / "whole"
        whole.mkdir()
        assert str(write(whole, name=name)) == str(last)
        assert rows(whole / name) == rows(folder / name)
        assert len(lines(whole / "missing")) == len(lines(folder / "missing"))


def test_a_file_without_missing_ids_beside_it_has_what_the_account_says(tmp_path: Path) -> None:
    ids = [*map(str, range(1, 20)), "", *map(str, range(20, 50))]
    read = reading(ids, collect=False)
    with pytest.raises(InvalidIdError):
        read.to_file(tmp_path / "rows.jsonl")
    written = [json.loads(row)["from"]["id"] for row in rows(tmp_path / "rows.jsonl")]
    assert read.summary.records == len(written) > 0
    places = [*written, *(each.id for each in read.missing), *read.unread()]
    assert sorted(places) == sorted(ids)


def test_chunks_that_arrived_are_written_after_one_before_them_fails(tmp_path: Path) -> None:
    others = threading.Semaphore(0)
    plan = Plan(
        evolve(associations("contacts", "companies"), max_inputs=3),
        Ids(range(1, 10)),
        window=3,
        collect=False,
    )

    def send(request: Request[Association], _: object) -> Any:
        if "1" in request.inputs:
            assert others.acquire(timeout=20)
            assert others.acquire(timeout=20)
            raise PermissionError
        response = Answered(plan.decode(json.dumps(answer(request)).encode()))
        others.release()
        return response

    read = Read(Driver(plan, send, max_concurrency=3))
    with pytest.raises(PermissionError):
        read.to_file(tmp_path / "rows.jsonl", missing=tmp_path / "missing")
    unread = [each["id"] for each in lines(tmp_path / "missing") if each["reason"] == "unread"]
    assert unread == ["1", "2", "3"]
    assert len(rows(tmp_path / "rows.jsonl")) + len(lines(tmp_path / "missing")) == 9


class BrokenStream(io.BytesIO):
    def write(self, _: object) -> int:
        raise OSError("the disk is full")


@pytest.mark.parametrize("format_", FORMATS)
def test_records_that_a_broken_stream_did_not_take_are_unread(
    tmp_path: Path, format_: FileFormat
) -> None:
    ids = [*map(str, range(1, 50))]
    read = reading(ids)
    with pytest.raises(OSError, match="the disk is full"):
        read.to_file(BrokenStream(), format=format_, missing=tmp_path / "missing")
    assert read.summary.records == 0
    places = [*read.unread(), *(each.id for each in read.missing)]
    assert sorted(places, key=int) == ids
    assert sorted((each["id"] for each in lines(tmp_path / "missing")), key=int) == ids


def test_a_read_that_is_closed_leaves_files_to_go_on_with(tmp_path: Path) -> None:
    seen: deque[Summary] = deque()
    read = reading()

    def close(summary: Summary) -> None:
        seen.append(summary)
        if summary.records > 5:
            read.close()

    read._driver._on_progress = close
    summary = read.to_file(tmp_path / "rows.jsonl", missing=tmp_path / "missing")
    assert summary.records > 5
    unread = [each for each in lines(tmp_path / "missing") if each["reason"] == "unread"]
    assert {each["message"] for each in unread} == {"the run ended before"}
    assert len(rows(tmp_path / "rows.jsonl")) + len(lines(tmp_path / "missing")) == 27
    write(tmp_path)
    assert not [each for each in lines(tmp_path / "missing") if each["reason"] == "unread"]


@pytest.mark.parametrize("how", ["close", "exception"])
def test_files_agree_with_the_account_however_a_run_ends(tmp_path: Path, how: str) -> None:
    made = Portal.empty()
    for id_ in range(1, 20_000, 2):
        made.associate("contacts", "companies", id_, 50_000 + id_)
    with Sandbox(portal=made, faults=lambda _: Latency(0.2)) as sandbox:
        hubspot = HubSpot(sandbox.token, base_url=sandbox.base_url)

        def end(summary: Summary) -> None:
            if summary.requests and how == "exception":
                raise KeyboardInterrupt
            if summary.requests:
                threading.Thread(target=hubspot.close).start()

        read = hubspot.read_associations("contacts", "companies", range(1, 20_001), on_progress=end)
        with pytest.raises(ClosedError if how == "close" else KeyboardInterrupt):
            read.to_file(tmp_path / "rows.jsonl", missing=tmp_path / "missing.jsonl")
        hubspot.close()
        summary = read.summary
    found = Counter(each["reason"] for each in lines(tmp_path / "missing.jsonl"))
    assert found["without_associations"] == summary.without_associations
    assert len(lines(tmp_path / "rows.jsonl")) == summary.records
    assert found.total() + summary.records == 20_000


def test_ids_that_end_in_an_exception_are_gone_on_with(tmp_path: Path) -> None:
    def broken() -> Iterator[object]:
        yield from IDS[:12]
        raise ConnectionError("no more ids")

    with pytest.raises(ConnectionError, match="no more ids"):
        write(tmp_path, broken())
    assert str(write(tmp_path, iter(IDS))) == str(write(tmp_path, IDS))


def test_what_is_not_an_id_has_its_line_as_text(tmp_path: Path) -> None:
    def send(_: object) -> object:
        raise ConnectionError("broken")

    ids = [*range(1, 10), None, b"7", 8.5]
    with pytest.raises(ConnectionError):
        reading(ids, send=send).to_file(tmp_path / "rows.jsonl", missing=tmp_path / "missing")
    told = [each["id"] for each in lines(tmp_path / "missing")]
    assert told == [*map(str, range(1, 10)), "None", "b'7'", "8.5"]


@pytest.mark.parametrize("format_", FORMATS)
def test_a_full_disk_ends_a_run_that_can_be_resumed(
    tmp_path: Path, format_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, path = f"rows.{format_}", tmp_path / f"rows.{format_}"
    monkeypatch.setattr(writer, "SECONDS", 0.0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    named: set[str] = set()
    for limit in range(1200, 20_000, 400):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            write(tmp_path, name=name)
        except OSError as error:
            named.add(error.filename)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert named <= {str(path), f"{path}.part", f"{path}.checkpoint", str(tmp_path / "missing")}
    summary = write(tmp_path, name=name)
    whole = tmp_path / "whole"
    whole.mkdir()
    assert str(write(whole, name=name)) == str(summary)
    assert rows(whole / name) == rows(path)
    assert lines(whole / "missing") == lines(tmp_path / "missing")


@pytest.mark.skipif(os.geteuid() == 0, reason="needs a user other than root")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(PermissionError, match=r"rows\.jsonl"):
            write(tmp_path)
    finally:
        tmp_path.chmod(0o755)


def replaced(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.write_text("precious")


def removed(path: Path) -> None:
    for each in path.parent.iterdir():
        each.unlink()
    path.parent.rmdir()


@pytest.mark.parametrize("change", [replaced, removed])
def test_a_file_replaced_or_removed_during_a_run_ends_it(
    tmp_path: Path, change: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "SECONDS", 0.0)
    folder = tmp_path / "folder"
    folder.mkdir()
    asked: list[object] = []

    def send(request: Any) -> object:
        asked.append(request)
        if len(asked) == 4:
            change(folder / "rows.jsonl")
        return answer(request)

    with pytest.raises(FileNotFoundError, match=r"rows\.jsonl"):
        reading(send=send).to_file(folder / "rows.jsonl")
    assert len(asked) < 7
    if folder.exists():
        assert (folder / "rows.jsonl").read_text() == "precious"


def test_a_later_run_removes_what_a_killed_one_has_left(tmp_path: Path) -> None:
    left = [".rows.parquet.new", ".rows.parquet.checkpoint.new", "rows.parquet.lock"]
    for name in left:
        (tmp_path / name).write_text("left")
    write(tmp_path, name="rows.parquet")
    assert {each.name for each in tmp_path.iterdir()} == {
        *("rows.parquet", "rows.parquet.checkpoint", "missing"),
    }


def test_a_link_is_followed_and_stays_and_so_does_the_mode(tmp_path: Path) -> None:
    target = tmp_path / "target.parquet"
    target.touch(mode=0o600)
    (tmp_path / "link.parquet").symlink_to(target)
    write(tmp_path, name="link.parquet")
    assert (tmp_path / "link.parquet").is_symlink()
    assert target.stat().st_mode & 0o777 == 0o600
    assert rows(target)


@pytest.mark.parametrize("format_", FORMATS)
def test_a_checkpoint_comes_after_what_it_counts_is_on_disk(
    tmp_path: Path, format_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def sync(descriptor: int) -> None:
        steps.append(Path(f"/proc/self/fd/{descriptor}").resolve().name)
        fsync(descriptor)

    def rename(path: Path, target: Path) -> Path:
        steps.append(f"{path.name} > {target.name}")
        return replace(path, target)

    monkeypatch.setattr(writer, "SECONDS", 0.0)
    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "replace", rename)
    name = f"rows.{format_}"
    write(tmp_path, name=name)
    checkpoint, folder = f"{name}.checkpoint", tmp_path.name
    saved = [f".{checkpoint}.new", f".{checkpoint}.new > {checkpoint}", folder]
    written = name if format_ != "parquet" else f"{name}.part"
    assert steps[:3] == saved  # before there is anything else
    assert steps[3:8] == steps[8:13] == [written, "missing", *saved]
    if format_ == "parquet":
        new = [f".{name}.new", written, "missing", *saved, f".{name}.new > {name}", folder]
        assert steps[-len(new) - 5 :] == [*new, "missing", *saved, "missing"]
    else:
        assert steps[-10:] == [written, "missing", *saved, "missing", *saved, "missing"]


def test_a_checkpoint_is_written_at_most_once_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[float] = []
    now = [0.0]

    def send(request: Any) -> object:
        now[0] += 0.25
        return answer(request)

    def save(*arguments: Any) -> None:
        saved.append(now[0])
        checkpoints.save(*arguments)

    monkeypatch.setattr(writer, "monotonic", lambda: now[0])
    monkeypatch.setattr(writer, "save", save)
    reading(range(1, 61), send=send).to_file(tmp_path / "rows.jsonl")
    assert len(saved) <= 2 + now[0] / writer.SECONDS + 2
    assert json.loads((tmp_path / "rows.jsonl.checkpoint").read_text())["state"] == "complete"
