"""A run that is killed between any two steps is gone on with to what one run would have given."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_batch_read import Summary
from hubspot_batch_read.files import writer
from hubspot_batch_read.files.appended import AppendedFile
from hubspot_batch_read.files.locks import Locks
from tests.examples import examples
from tests.unit.files import FORMATS, IDS, Killed, failing, lines, reading, rows


class Steps:
    """Counts the steps that change what is on disk, and ends the process at one of them."""

    def __init__(self, last: int, error: type[BaseException]) -> None:
        self.left = last
        self.is_dead = False
        self._error = error

    def take(self) -> None:
        """Take a step; after a KeyboardInterrupt, there are others."""
        self.left -= 1
        is_last, self.is_dead = self.left == -1, self.left < 0
        if is_last or (self.is_dead and self._error is Killed):
            raise self._error


@contextmanager
def killed_after(number: int, error: type[BaseException] = Killed) -> Iterator[Steps]:
    """Let the process take some steps."""
    steps = Steps(number, error)

    def step(call: Callable[..., Any]) -> Callable[..., Any]:
        def take(*arguments: Any, **options: Any) -> Any:
            steps.take()
            return call(*arguments, **options)

        return take

    append = AppendedFile.append

    def append_half(file: AppendedFile, data: bytes) -> None:
        try:
            steps.take()
        except BaseException:
            if steps.left == -1:
                append(file, data[: len(data) // 2])
            raise
        append(file, data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AppendedFile, "append", append_half)
        patch.setattr(AppendedFile, "cut", step(AppendedFile.cut))
        patch.setattr(os, "fsync", step(os.fsync))
        patch.setattr(Path, "replace", step(Path.replace))
        patch.setattr(Path, "unlink", step(Path.unlink))
        patch.setattr(Locks, "hold", lambda *_: None)  # those of a dead process are free
        patch.setattr(writer, "SECONDS", 0.0)
        yield steps


@pytest.fixture(scope="module", autouse=True)
def no_sync() -> Iterator[None]:
    """The machine itself does not crash."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


def run(
    folder: Path, format_: str, *, ids: Any = IDS, bad: set[str] | None = None, size: int = 3
) -> Summary:
    read = reading(ids, send=failing(bad or set()), size=size)
    path = folder / f"rows.{format_}"
    return read.to_file(path, missing=folder / "missing", resume=True)


def check_same(folder: Path, whole: Path, format_: str) -> None:
    name = f"rows.{format_}"
    assert rows(folder / name) == rows(whole / name)
    assert sorted(map(str, lines(folder / "missing"))) == sorted(map(str, lines(whole / "missing")))
    assert {each.name for each in folder.iterdir()} == {name, f"{name}.checkpoint", "missing"}


@pytest.fixture(scope="module", params=FORMATS)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing has ended."""
    folder = tmp_path_factory.mktemp(f"whole-{request.param}")
    run(folder, request.param)
    return folder


def format_of(whole: Path) -> str:
    return next(each.suffix[1:] for each in whole.glob("rows.*") if each.suffix != ".checkpoint")


def test_a_run_that_is_killed_after_any_step_is_gone_on_with(whole: Path, tmp_path: Path) -> None:
    number, format_ = 0, format_of(whole)
    expected = str(run(whole, format_))
    while True:
        folder = tmp_path / str(number)
        folder.mkdir()
        with killed_after(number) as steps, suppress(Killed):
            run(folder, format_)
        if not steps.is_dead:
            break
        summary = run(folder, format_)
        check_same(folder, whole, format_)
        assert str(summary) == expected
        number += 1
    assert number > 40


def test_an_interrupt_at_any_step_leaves_each_id_in_one_file(whole: Path, tmp_path: Path) -> None:
    number, format_ = 0, format_of(whole)
    every = sorted(each["id"] for each in lines(whole / "missing"))
    every = sorted([*every, *ids_in(whole / f"rows.{format_}")])
    while True:
        folder = tmp_path / str(number)
        folder.mkdir()
        with (
            killed_after(number, KeyboardInterrupt) as steps,
            suppress(KeyboardInterrupt),
        ):
            run(folder, format_)
        if not steps.is_dead:
            break
        number += 1
        if number <= 2:  # before anything was read
            assert not list(folder.iterdir())
            continue
        path = folder / f"rows.{format_}"
        path = path if path.exists() or format_ != "parquet" else Path(f"{path}.part")
        missing = [each["id"] for each in lines(folder / "missing")]
        assert sorted([*ids_in(path), *missing]) == every, number
        run(folder, format_)
        check_same(folder, whole, format_)
    assert number > 40


def ids_in(path: Path) -> set[str]:
    """Return the ids of the records in a file."""
    if path.suffix == ".jsonl":
        return {each["from"]["id"] for each in lines(path)}
    if path.suffix == ".csv":
        return {line.partition(",")[0] for line in path.read_text().splitlines()[1:]}
    if path.suffix == ".parquet":
        return {*map(str, pq.read_table(path)["from_id"].to_pylist())}
    with path.open("rb") as file, pa.ipc.open_stream(file) as batches:
        return {*map(str, batches.read_all()["from_id"].to_pylist())}


@settings(max_examples=examples(30), deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 7), st.booleans()), max_size=6),
    st.data(),
)
def test_a_run_killed_again_and_again_is_gone_on_with(
    whole: Path,
    tmp_path_factory: pytest.TempPathFactory,
    kills: list[tuple[int, int, bool]],
    data: st.DataObject,
) -> None:
    folder, format_ = tmp_path_factory.mktemp("killed"), format_of(whole)
    for steps, size, has_new in kills:
        bad = data.draw(st.sets(st.sampled_from(["1", "5", "8", "14", "20"]), max_size=2))
        ids = IDS if has_new else [*IDS, "99"][:-1]
        with killed_after(steps), suppress(Killed, Exception):
            run(folder, format_, ids=ids, bad=bad, size=size)
    run(folder, format_)
    check_same(folder, whole, format_)
