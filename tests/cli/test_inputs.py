"""Ids from files, standard input and arguments: every id, and what is none with its place."""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_batch_read.cli.faults import WrongUseError
from hubspot_batch_read.cli.inputs import LONGEST_ID, Entry, from_arguments, from_file

ids = st.from_regex(r"\A[0-9a-zA-Z][0-9a-zA-Z_.-]{0,40}\Z")


def texts(path: Path, column: str | None = None) -> list[str]:
    entries = list(from_file(path, column).entries())
    assert not [entry for entry in entries if entry.problem]
    return [entry.text for entry in entries]


def written(folder: Path, content: bytes) -> Path:
    path = folder / "ids"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        b"1\n2\n3\n",
        b"1\n2\n3",
        b"1\r\n2\r\n3\r\n",
        b"1\r2\r3\r",
        b"\n  1\t\n\n2 \n   \n3\n\n",
        b'"1"\n"2"\n3\n',
        codecs.BOM_UTF8 + b"1\n2\n3\n",
        codecs.BOM_UTF8 + b"1\n" + codecs.BOM_UTF8 + b"2\n3\n",
        "1\r\n2\r\n3".encode("utf-16"),
        codecs.BOM_UTF16_BE + "1\n2\n3\n".encode("utf-16-be"),
    ],
)
def test_one_id_a_line_is_read_however_lines_and_characters_are_written(
    tmp_path: Path, content: bytes
) -> None:
    assert texts(written(tmp_path, content)) == ["1", "2", "3"]


@pytest.mark.parametrize("content", [b"", b"\n\n", codecs.BOM_UTF8])
def test_a_file_without_ids_is_no_fault(tmp_path: Path, content: bytes) -> None:
    assert texts(written(tmp_path, content)) == []


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"2,3", "it has several values"),
        (b"2\t3", "it has several values"),
        (b"2;3", "it has several values"),
        (b"2|3", "it has several values"),
        (b"2 3", "it has several values"),
        (b"\xff2", "it has characters that cannot be printed"),
        (b"\x002", "it has characters that cannot be printed"),
        (b"2" * (LONGEST_ID + 1), f"it has {LONGEST_ID + 1} characters"),
    ],
)
def test_what_is_no_id_has_its_line_and_the_ids_around_it_stay(
    tmp_path: Path, line: bytes, problem: str
) -> None:
    path = written(tmp_path, b"1\n\n" + line + b"\n4\n")
    before, odd, after = from_file(path, None).entries()
    assert (before, after) == (Entry(f"{path}, line 1", "1"), Entry(f"{path}, line 4", "4"))
    assert (odd.place, odd.problem) == (f"{path}, line 3", problem)
    assert len(odd.text) <= LONGEST_ID


def test_a_csv_file_without_a_column_to_take_is_refused_at_its_first_line(tmp_path: Path) -> None:
    path = written(tmp_path, b"\nid,name\n1,Ada\n")
    with pytest.raises(WrongUseError, match=r"ids, line 2 has several values.*--column"):
        texts(path)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_column_is_found_whatever_separates_the_cells(
    tmp_path: Path, delimiter: str, newline: str
) -> None:
    file = io.StringIO(newline="")
    rows = [["Name", "Record ID"], ['Ada "A." Lovelace, London', "1"], [], ["two\nlines", " 2 "]]
    csv.writer(file, delimiter=delimiter, lineterminator=newline).writerows([*rows, ["none", ""]])
    path = written(tmp_path, codecs.BOM_UTF8 + file.getvalue().encode())
    assert texts(path, "Record ID") == ["1", "2"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"id,name\n1,Ada\n", "ids has no column 'ID'; it has: id, name"),
        (b"", "ids has no column 'ID'; it has: nothing"),
        (b"ID,x,ID\n1,2,3\n", "ids has several columns 'ID'"),
        (b'ID,x\n1,2\n3,"4\n5,6\n', "ids: the row that starts in line 3: unexpected end"),
        (b'ID,x\n1,2\n3,"4"5\n5,6\n', "ids: the row that starts in line 3: "),
        ("ID\n1\n".encode("utf-16")[:-1], "ids is not text"),
    ],
)
def test_a_csv_file_that_cannot_be_read_says_what_and_where(
    tmp_path: Path, content: bytes, message: str
) -> None:
    with pytest.raises(WrongUseError) as caught:
        texts(written(tmp_path, content), "ID")
    assert message in str(caught.value).replace(str(tmp_path) + "/", "")


def test_a_row_without_the_column_is_no_id_and_the_others_stay(tmp_path: Path) -> None:
    path = written(tmp_path, b'name,id\n"a\nb",1\nTotal: 2\nc,3\n')
    assert list(from_file(path, "id").entries()) == [
        Entry(f"{path}, line 2", "1"),
        Entry(f"{path}, line 4", "Total: 2", "no column 'id'"),
        Entry(f"{path}, line 5", "3"),
    ]


def test_a_cell_may_be_longer_than_the_csv_module_allows(tmp_path: Path) -> None:
    path = written(tmp_path, b"notes,id\n" + b"x" * 200_000 + b",1\n")
    assert texts(path, "id") == ["1"]


def test_arguments_are_ids_and_an_empty_one_has_its_place() -> None:
    read = from_arguments(["1", "", "0e1cf94a-1b2c-4d3e-8f50-6a7b8c9d0e1f"])
    first, empty, last = read.entries()
    assert (first.problem, empty.problem, last.problem) == (None, "it is empty", None)
    assert empty.place == "argument 2"


def test_a_file_that_is_not_there_is_known_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        from_file(tmp_path / "ids", None)


@given(st.lists(ids))
def test_whatever_ids_are_written_one_a_line_come_back(
    tmp_path_factory: pytest.TempPathFactory, values: list[str]
) -> None:
    path = written(tmp_path_factory.getbasetemp(), "".join(f"{id_}\n" for id_ in values).encode())
    assert texts(path) == values


@given(st.lists(st.tuples(st.text(), ids)))
def test_whatever_stands_in_the_other_cells_the_ids_of_a_column_come_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([("note", "id"), *rows])
    content = file.getvalue().encode(errors="surrogatepass")
    path = written(tmp_path_factory.getbasetemp(), content)
    assert texts(path, "id") == [id_ for _, id_ in rows]
