"""The kinds of files that are not text, by their first bytes."""

from __future__ import annotations

import codecs
import io

from hubspot_batch_read.cli.faults import WrongUseError

HEAD = 4096
"""Number of bytes to check: they include the names of an Excel workbook's parts."""

_OFFICE = {
    b"[Content_Types].xml": "an Excel workbook (.xlsx)",
    b"xl/": "an Excel workbook (.xlsx)",
    b"opendocument": "an OpenDocument file (.ods)",
    b"Index/": "a Numbers document",
}
"""Kinds of zip archives, by a name inside."""
_MAGIC = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old or protected Excel workbook (.xls)",
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "a zip archive",
    b"\x1f\x8b": "compressed (gzip)",
    b"BZh9": "compressed (bzip2)",
    b"\xfd7zXZ\x00": "compressed (xz)",
    b"\x28\xb5\x2f\xfd": "compressed (zstd)",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"PAR1\x15": "a Parquet file",
    b"ARROW1\x00": "an Arrow file",
    b"Obj\x01": "an Avro file",
    b"SQLite format 3\x00": "an SQLite database",
    b"%PDF": "a PDF document",
    b"{\\rtf": "an RTF document",
    b"{": "JSON",
    b"<": "HTML or XML",
}


def refuse_other_kinds(file: io.BufferedReader, name: str) -> None:
    """Raise WrongUseError, with the kind of the file, if it is not text; nothing is consumed."""
    head = file.peek(HEAD)[:HEAD].removeprefix(codecs.BOM_UTF8).lstrip()
    for start, kind in _MAGIC.items():
        if head.startswith(start):
            inside = [office for part, office in _OFFICE.items() if part in head]
            is_archive = kind == "a zip archive" and inside
            raise WrongUseError(
                f"{name} is {inside[0] if is_archive else kind}; ids are read from text, "
                "one per line, or from CSV"
            )
