"""What is written can be continued from wherever it was cut off, and nothing else can."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_batch_read.cli.done import Done
from hubspot_batch_read.cli.faults import CommandError, WrongUseError
from hubspot_batch_read.cli.formats import Flat, Format, JsonLines, json_line, read_csv
from hubspot_batch_read.cli.missing_file import MissingFile, open_missing
from hubspot_batch_read.cli.outputs import Output, open_new, open_output
from hubspot_batch_read.core.results import Missing
from hubspot_batch_read.operations import ASSOCIATIONS, WORKFLOWS_BY_FLOW_ID, campaigns
from hubspot_batch_read_api.models import Association, Campaign
from tests.cli.conftest import line

HEADER = b"from_id,to_id,type_id,category,label\n"

labels = st.one_of(st.none(), st.text(max_size=8))
pairs = st.lists(st.lists(labels, max_size=3), min_size=1, max_size=3)

FORMATS: dict[str, Callable[[], Format[Association]]] = {
    "jsonl": lambda: JsonLines(ASSOCIATIONS),
    "csv": lambda: Flat(ASSOCIATIONS, "from_id"),
}


def record(id_: str, to: Sequence[Sequence[str | None]]) -> Association:
    document = {
        "from": {"id": id_},
        "to": [
            {
                "toObjectId": str(number),
                "associationTypes": [
                    {"category": "USER_DEFINED", "typeId": type_id, "label": label}
                    for type_id, label in enumerate(types)
                ],
            }
            for number, types in enumerate(to)
        ],
    }
    return Association.from_dict(document)


def write(output: Output[Association], records: Sequence[Association]) -> None:
    for each in records:
        output.write(each)
    output.finish(is_complete=True)
    output.close()


@pytest.mark.parametrize("name", FORMATS)
@given(st.lists(pairs, max_size=4), st.data())
def test_a_file_cut_off_anywhere_can_be_continued_to_the_same_file(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    contents: list[list[list[str | None]]],
    data: st.DataObject,
) -> None:
    records = [record(str(number), to) for number, to in enumerate(contents)]
    path = tmp_path_factory.getbasetemp() / f"cut.{name}"
    path.unlink(missing_ok=True)
    write(Output(open_new(path), FORMATS[name]()), records)
    whole = path.read_bytes()
    length = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:length])
    done = Done()
    output = open_output(path, FORMATS[name](), done)
    left = [each for each in records if each.from_.id not in done]
    assert output.records == len(records) - len(left)
    assert records[output.records :] == left
    assert output.incomplete in {None, *(each.from_.id for each in left)}
    write(output, left)
    assert path.read_bytes() == whole
    assert output.records == len(records)


def test_a_complete_file_of_json_lines_has_nothing_left_to_read(tmp_path: Path) -> None:
    path, done = tmp_path / "rows", Done()
    write(Output(open_new(path), FORMATS["jsonl"]()), [record("1", [[]]), record("2", [[]])])
    open_output(path, FORMATS["jsonl"](), done).close()
    assert "2" in done


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"from":{"id":"1"},"to":[]}\nnonsense\n{}\n', "rows, line 2: not a JSON object"),
        (b"[1]\n", "rows, line 1: not a JSON object"),
        (b'{"id":"1"}\n', "rows, line 1: no from.id"),
        (b'{"from":["1"]}\n', "rows, line 1: no from.id"),
        (b"my only copy", "rows, line 1: not written by this command"),
        (b'{"from":{"id":"1"},"to":[]}\n[1', "rows, line 2: not written by this command"),
    ],
)
def test_what_is_no_row_of_json_is_not_continued(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "rows"
    path.write_bytes(content)
    with pytest.raises(WrongUseError, match=message):
        open_output(path, JsonLines(ASSOCIATIONS), Done())
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"id,name\n1,2\n", "rows has other columns: id, name"),
        (b"from_id,to_id,type_id,category,label\n1,2\n", "rows, line 2: 2 columns"),
        (b"nonsense\n", "rows has other columns: nonsense"),
        (b"my only copy", "rows has no header"),
        (b'{"from":{"id":"1"},"to":[]}\n', "rows, line 1: "),
        (b'"from_id,\nnever closed', "rows has no header"),
        (HEADER + b'1,2,3,x,"a"b\n1,2,3,x,y\n', "rows, line 2: "),
        (HEADER + b'1,2,3,x,"' + b"lost\n" * 2**18, "rows, line 262145: "),
    ],
)
def test_what_is_no_row_of_csv_is_not_continued(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "rows"
    path.write_bytes(content)
    with pytest.raises(WrongUseError, match=message):
        open_output(path, Flat(ASSOCIATIONS, "from_id"), Done())
    assert path.read_bytes() == content


def test_a_new_file_is_not_written_over_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    path.touch()
    open_new(path).close()
    path.write_bytes(b"precious")
    with pytest.raises(WrongUseError, match="rows exists: continue it with --resume, or remove"):
        open_new(path)
    assert path.read_bytes() == b"precious"


def test_a_row_of_json_is_what_hubspot_gave() -> None:
    document = {
        "from": {"id": "1"},
        "to": [{"toObjectId": "2", "associationTypes": []}],
        "unknown": [1, {"a": "é"}],
    }
    line = JsonLines(ASSOCIATIONS).encode(Association.from_dict(document))
    assert json.loads(line) == {**document, "paging": None}
    assert "é".encode() in line


def test_half_of_a_surrogate_pair_costs_no_row() -> None:
    odd = record("1", [["\ud800"]])
    assert Association.from_json(JsonLines(ASSOCIATIONS).encode(odd)) == odd
    assert b"\\ud800" in Flat(ASSOCIATIONS, "from_id").encode(odd)


def test_csv_has_dates_as_iso_8601_and_lists_as_json() -> None:
    campaign = Campaign.from_dict(
        {
            "id": "a",
            "createdAt": "2026-01-02T03:04:05.6Z",
            "updatedAt": "2026-01-02T03:04:05Z",
            "businessUnits": [{"id": 0}, {"id": 7}],
            "properties": {"hs_name": "Spring, 2026"},
            "assets": {"FORM": {"results": [{"id": "9", "name": "é"}]}},
        }
    )
    names = ["hs_name", "hs_goal"]
    operation = campaigns(properties=names, start_date=None, end_date=None)
    (line,) = csv.reader(io.StringIO(Flat(operation, "id").encode(campaign).decode()))
    assert line[:6] == [
        *("a", "2026-01-02T03:04:05.600000+00:00", "2026-01-02T03:04:05+00:00", "[0,7]"),
        *("Spring, 2026", ""),
    ]
    assert json.loads(line[6])[0]["name"] == "é"
    assert "é" in line[6]


def test_an_id_that_is_answered_is_not_taken_whatever_way_it_is_written() -> None:
    done = Done()
    assert done.add("42")
    assert not done.add("0042")
    assert "042" in done
    assert not done.take("00042")
    done.add("0e1cf94a-1b2c-4d3e-8f50-6a7b8c9d0e1f")
    assert not done.take("0E1CF94A-1B2C-4D3E-8F50-6A7B8C9D0E1F")


def test_hubspots_spelling_of_an_id_is_read_even_after_another_one_and_written_once() -> None:
    done = Done()
    assert [done.take(id_) for id_ in ("0042", "42", "42", "042", "7", "07")] == [
        *(True, True, False, False, True, False),
    ]
    assert [done.is_written(id_) for id_ in ("42", "42", "7")] == [False, True, False]


@pytest.mark.parametrize("label", ["a\rb", 'a"b,\r\n', "x" * 200_000])
def test_any_label_can_be_read_back(tmp_path: Path, label: str) -> None:
    path, done = tmp_path / "rows", Done()
    records = [record("1", [[label]]), record("2", [[None]]), record("3", [[None]])]
    write(Output(open_new(path), FORMATS["csv"]()), records)
    output = open_output(path, FORMATS["csv"](), done)
    output.close()
    assert (output.records, output.incomplete, "1" in done) == (2, "3", True)
    (row, *_) = list(read_csv(io.StringIO(path.read_bytes().decode(), newline="")))[1:]
    assert row[-1] == label


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_is_cut_off_before_there_is_something_to_take_its_place(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / "rows"
    write(Output(open_new(path), FORMATS[name]()), [record("1", [[]]), record("2", [[]])])
    path.write_bytes(path.read_bytes()[:-3])
    before = path.read_bytes()
    output = open_output(path, FORMATS[name](), Done())
    output.finish(is_complete=False)
    output.close()
    assert path.read_bytes() == before


def test_a_file_is_written_by_one_run_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    first = open_output(path, FORMATS["jsonl"](), None)
    for done in (None, Done()):
        with pytest.raises(WrongUseError, match="rows is being written by another run"):
            open_output(path, FORMATS["jsonl"](), done)
    first.close()
    open_output(path, FORMATS["jsonl"](), None).close()


def test_missing_ids_that_are_continued_stay_where_they_are_and_as_open_as_they_are(
    tmp_path: Path,
) -> None:
    path, link = tmp_path / "missing", tmp_path / "link"
    path.write_bytes(b'{"id":"1","reason":"unread"}\n{"id":"2","reason":"error"}\n')
    path.chmod(0o600)
    link.symlink_to(path)
    open_missing(link, Done()).close()
    assert link.is_symlink()
    assert path.read_bytes() == b'{"id":"2","reason":"error"}\n'
    assert path.stat().st_mode & 0o777 == 0o600


def test_numbers_are_ids_of_rows(tmp_path: Path) -> None:
    path, done = tmp_path / "rows", Done()
    path.write_bytes(json_line({"flowId": 5, "workflowId": 6}))
    open_output(path, JsonLines(WORKFLOWS_BY_FLOW_ID), done).close()
    assert "5" in done


def test_missing_ids_are_continued_without_what_was_not_read_or_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "missing"
    missing = open_missing(path, None)
    missing.write("1", "error", message="why")
    missing.write("2", "unread")
    missing.write("3", "without_associations")
    missing.close()
    kept = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(path.read_bytes() + b'{"id":"4","reason":"err')
    done = Done()
    missing = open_missing(path, done)
    missing.write("5", "unanswered")
    missing.close()
    assert ["1" in done, "2" in done, "3" in done, "4" in done] == [True, False, True, False]
    assert path.read_bytes().splitlines(keepends=True)[:2] == [kept[0], kept[2]]
    assert json.loads(path.read_bytes().splitlines()[2]) == line("5", "unanswered")
    assert (missing.number, missing.counts["without_associations"]) == (2, 1)
    assert [each.name for each in tmp_path.iterdir()] == ["missing"]


def with_error(id_: str, ids: list[str], **more: Any) -> Missing:
    context = {"id": ids, "objectType": ["contact"]}
    category = "VALIDATION_ERROR"
    return Missing(id=id_, reason="error", category=category, context=context, **more)


def test_an_error_is_about_its_id_alone_however_many_ids_hubspot_names(tmp_path: Path) -> None:
    ids = [str(number) for number in range(1000)]
    missing = open_missing(tmp_path / "missing", None)
    missing.write_all([with_error(id_, ids, message="no: " + ", ".join(ids)) for id_ in ids])
    missing.write_all([with_error("0042", ids), with_error("x", ids)])
    missing.close()
    *lines, odd, other = map(json.loads, (tmp_path / "missing").read_bytes().splitlines())
    for id_, each in zip(ids, lines, strict=True):
        assert (each["id"], each["context"]) == (id_, {"id": [id_], "objectType": ["contact"]})
    assert odd["context"]["id"] == ["42"]
    assert len(other["context"]["id"]) <= 5
    assert (tmp_path / "missing").stat().st_size < 1_000_000


@given(
    st.text(min_size=1, max_size=5),
    st.dictionaries(st.text(), st.lists(st.text(), max_size=9), max_size=9),
    st.text(),
    st.integers(1, 1000),
)
def test_a_line_of_missing_ids_is_bounded_and_has_the_same_keys_whatever_hubspot_says(
    tmp_path_factory: pytest.TempPathFactory,
    id_: str,
    context: dict[str, list[str]],
    text: str,
    times: int,
) -> None:
    path = tmp_path_factory.getbasetemp() / "bounded"
    path.unlink(missing_ok=True)
    long = {key * times: [each * times for each in values] for key, values in context.items()}
    error = Missing(
        id=id_,
        reason="error",
        category=text * times,
        sub_category=text * times,
        message=text * times,
        context=long,
    )
    missing = open_missing(path, None)
    missing.write_all([error, Missing(id=id_, reason="unanswered")])
    missing.write(id_, "unread")
    missing.write_invalid(id_, "no id")
    missing.close()
    lines = path.read_bytes().splitlines()
    assert max(map(len, lines)) < 150_000
    assert [[*json.loads(each)] for each in lines] == [[*line("", "")]] * 4


def test_missing_ids_can_be_read_by_a_query_whatever_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "missing.jsonl"
    missing = open_missing(path, None)
    for number in range(25_000):
        missing.write(str(number), "without_associations")
    missing.write_all([with_error("x", ["x"], message="why")])
    missing.close()
    table = duckdb.read_json(str(path))
    assert (table.columns, len(table.fetchall())) == ([*line("", "")], 25_001)


@pytest.mark.parametrize("line", [b"nonsense\n", b'{"id":"1"}\n', b'{"id":1,"reason":"error"}\n'])
def test_what_is_no_line_of_missing_ids_is_not_continued(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "missing"
    path.write_bytes(line)
    with pytest.raises(WrongUseError, match="missing, line 1: "):
        open_missing(path, Done())
    assert path.read_bytes() == line
    assert list(tmp_path.iterdir()) == [path]


def test_missing_ids_that_cannot_be_written_stop_the_run() -> None:
    with Path("/dev/full").open("wb", buffering=0) as file, pytest.raises(CommandError) as caught:
        MissingFile(file).write("1", "error")
    assert str(caught.value) == "the missing ids cannot be written: No space left on device"


def test_ids_are_counted_though_they_cannot_be_written() -> None:
    found = [Missing(id=str(number), reason="unanswered") for number in range(5)]
    with Path("/dev/full").open("wb", buffering=0) as file:
        missing = MissingFile(file)
        with pytest.raises(CommandError):
            missing.write_all(found)
        missing.write("6", "error")
    assert missing.number == 6
