"""Ids from files, standard input and arguments: every id, and each invalid one with its place."""

from __future__ import annotations

import bz2
import codecs
import csv
import gzip
import io
import lzma
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_batch_read.cli.faults import WrongUseError
from hubspot_batch_read.cli.inputs import LONGEST_ID, Entry, from_arguments, from_file, joined

ids = (
    st.integers(0, 10**18).map(str)
    | st.uuids().map(str)
    | st.from_regex(r"\Ax[0-9a-zA-Z_.-]{0,40}\Z")
)


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
def test_one_id_a_line_however_lines_are_written(tmp_path: Path, content: bytes) -> None:
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


def test_a_csv_file_without_a_column_is_refused_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, b"\nid,name\n1,Ada\n")
    with pytest.raises(WrongUseError, match=r"ids, line 2 has several values.*--column"):
        texts(path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("101.0", "made it a decimal number"),
        ("101,0", "made it a decimal number"),
        ("1.09426E+11", "rounded it, and digits are lost"),
        ("1,09426E+11", "rounded it, and digits are lost"),
        ("nan", "it stands for a missing value"),
        ("#REF!", "it is a formula or an error of a spreadsheet"),
    ],
)
def test_an_id_spoilt_by_a_spreadsheet_has_its_place(
    tmp_path: Path, text: str, problem: str
) -> None:
    (argument,) = from_arguments([text]).entries()
    (line,) = from_file(written(tmp_path, f"{text}\n".encode()), None).entries()
    path = written(tmp_path, f'id;name\n"{text}";Ada\n'.encode())
    (cell,) = from_file(path, "id").entries()
    assert [argument.place, line.place, cell.place] == [
        *("argument 1", f"{path}, line 1", f"{path}, line 2"),
    ]
    for entry in (argument, line, cell):
        assert (entry.text, problem in (entry.problem or "")) == (text, True)


@pytest.mark.parametrize("cell", ["101;102", "101,102", "101 102", "101|102", "101\n102", "1; 2"])
def test_a_cell_with_several_ids_is_invalid(tmp_path: Path, cell: str) -> None:
    path = written(tmp_path, f'id,name\n"{cell}",Ada\n5,Bob\n'.encode())
    several, other = from_file(path, "id").entries()
    assert (several.text, several.problem) == (cell, "it has several values")
    assert (other.text, other.problem) == ("5", None)
    (argument,) = from_arguments([cell]).entries()
    assert argument.problem == "it has several values"


@pytest.mark.parametrize(
    ("header", "delimiter"),
    [
        ('Name,"Record\nID"\n', ","),
        ('Name,"Record\r\n ID"\r\n', ","),
        ('"Name, ""first""\n\n(or last)",Record ID\n', ","),
        ('"Name;\nnot, id";"Record ID"\n', ";"),
        ("sep=;\nName;Record ID\n", ";"),
        ("sep=#\r\nName#Record ID\r\n", "#"),
        ('sep=\t\n"a\nb"\tRecord ID\n', "\t"),
        ('5" pipe,Record ID\n', ","),
    ],
)
def test_a_header_is_read_however_spreadsheets_write_it(
    tmp_path: Path, header: str, delimiter: str
) -> None:
    row = f'"a\nb"{delimiter}7\n'
    path = written(tmp_path, (header + row + f"x{delimiter}1;2\n").encode())
    one, several = from_file(path, " Record  ID").entries()
    before = (header + row).replace("\r\n", "\n").count("\n")
    assert (one.text, one.place) == ("7", f"{path}, line {before - 1}")
    assert several.place == f"{path}, line {before + 1}"


def test_a_header_that_never_ends_is_not_kept_in_memory(tmp_path: Path) -> None:
    path = written(tmp_path, b'"id,name\n' + b"1,2\n" * 100_000)
    with pytest.raises(WrongUseError) as caught:
        texts(path, "id")
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16"])
def test_a_header_in_any_usual_encoding_is_found_and_shown(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, "Société € n°;Prénom\n7;x\n".encode(encoding))
    assert texts(path, "Société € n°") == ["7"]
    with pytest.raises(WrongUseError, match=r"has no column 'id'; it has: Société € n°, Prénom$"):
        texts(path, "id")


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "x" * 100)
    return file.getvalue()


def parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"id": [1]}), file)
    return file.getvalue()


KINDS = {
    "an Excel workbook (.xlsx)": zipped("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"),
    "an OpenDocument file (.ods)": zipped("mimetype", "content.xml").replace(
        b"x" * 100, b"application/vnd.oasis.opendocument.spreadsheet".ljust(100), 1
    ),
    "a Numbers document": zipped("Index/Document.iwa"),
    "a zip archive": zipped("contacts.csv"),
    "an old or protected Excel workbook (.xls)": bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600),
    "compressed (gzip)": gzip.compress(b"1\n2\n"),
    "compressed (bzip2)": bz2.compress(b"1\n2\n"),
    "compressed (xz)": lzma.compress(b"1\n2\n"),
    "a Parquet file": parquet(),
    "an SQLite database": b"SQLite format 3\0" + bytes(84),
    "a PDF document": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "an RTF document": b"{\\rtf1\\ansi 101}",
    "JSON": b'\n {"id": "1", "reason": "unread"}\n',
    "HTML or XML": codecs.BOM_UTF8 + b"<!DOCTYPE html><table><tr><td>101",
}


@pytest.mark.parametrize("column", [None, "id"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_not_text_is_called_what_it_is(
    tmp_path: Path, kind: str, column: str | None
) -> None:
    path = written(tmp_path, KINDS[kind])
    with pytest.raises(WrongUseError) as caught:
        from_file(path, column)
    assert str(caught.value) == (
        f"{path} is {kind}; ids are read from text, one per line, or from CSV"
    )


@pytest.mark.parametrize("first", [b"ORC", b"BZh", b"PAR1", b"PK", b"Obj", b"SQLite", b"ARROW1"])
def test_an_id_or_header_that_starts_like_another_kind_is_read(
    tmp_path: Path, first: bytes
) -> None:
    path = written(tmp_path, first + b"\n7\n")
    assert texts(path) == [first.decode(), "7"]
    assert texts(path, first.decode()) == ["7"]


def test_the_ids_of_several_files_come_one_after_the_other(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in "abc"]
    for number, path in enumerate(paths):
        path.write_text(f"{number}\n\n1;2\n")
    read = joined(from_file(path, None) for path in paths)
    assert read.is_repeatable
    for _ in range(2):
        assert [(each.text, each.place) for each in read.entries()] == [
            (text, f"{path}, line {line}")
            for number, path in enumerate(paths)
            for text, line in ((str(number), 1), ("1;2", 3))
        ]


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


def test_a_missing_file_is_known_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        from_file(tmp_path / "ids", None)


@given(st.lists(ids))
def test_whatever_ids_are_written_one_a_line_come_back(
    tmp_path_factory: pytest.TempPathFactory, values: list[str]
) -> None:
    path = written(tmp_path_factory.getbasetemp(), "".join(f"{id_}\n" for id_ in values).encode())
    assert texts(path) == values


@given(st.lists(st.tuples(st.text(), ids)))
def test_the_ids_of_a_column_come_back_whatever_is_beside_them(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([("note", "id"), *rows])
    content = file.getvalue().encode(errors="surrogatepass")
    path = written(tmp_path_factory.getbasetemp(), content)
    assert texts(path, "id") == [id_ for _, id_ in rows]
