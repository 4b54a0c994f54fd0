"""The lines of files: their content for any response, and that they can be read back."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_batch_read.core.account import UNANSWERED, WITHOUT_ASSOCIATIONS, Why
from hubspot_batch_read.files.formats import Csv, JsonLines
from hubspot_batch_read.files.missing import missing_lines, unread_line
from hubspot_batch_read.operations import ASSOCIATIONS, campaigns
from hubspot_batch_read_api.models import Association, Campaign

KEYS = ["id", "reason", "category", "sub_category", "message", "context"]


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


# Records


@pytest.mark.parametrize("label", ["a\rb", 'a"b,\r\n', "x" * 200_000])
def test_any_label_can_be_read_back_from_csv(label: str) -> None:
    csv.field_size_limit(2**31 - 1)
    lines = Csv(ASSOCIATIONS).encode([record("1", [[label]]), record("2", [["plain"]])])
    rows = list(csv.reader(io.StringIO(lines.decode(), newline=""), strict=True))
    assert [row[-1] for row in rows] == [label, "plain"]
    assert lines.endswith(b"2,0,0,USER_DEFINED,plain\n")


@given(st.lists(st.lists(st.none() | st.text(max_size=8), max_size=3), min_size=1, max_size=3))
def test_lines_do_not_depend_on_how_many_are_written_at_a_time(
    to: list[list[str | None]],
) -> None:
    records = [record(str(number), to) for number in range(3)]
    for format_ in (Csv(ASSOCIATIONS), JsonLines(ASSOCIATIONS)):
        together = format_.encode(records)
        assert together == b"".join(format_.encode([each]) for each in records)


def test_half_of_a_surrogate_pair_costs_no_row() -> None:
    odd = record("1", [["\ud800"]])
    (line,) = map(json.loads, JsonLines(ASSOCIATIONS).encode([odd]).splitlines())
    assert line["to"][0]["associationTypes"][0]["label"] == "\ud800"
    assert b"\\ud800" in Csv(ASSOCIATIONS).encode([odd])


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
    (line,) = csv.reader(io.StringIO(Csv(operation).encode([campaign]).decode()))
    assert line[:6] == [
        *("a", "2026-01-02T03:04:05.600000+00:00", "2026-01-02T03:04:05+00:00", "[0,7]"),
        *("Spring, 2026", ""),
    ]
    assert json.loads(line[6])[0]["name"] == "é"
    assert "é" in line[6]


# Missing ids


def error_of(ids: list[str], **more: Any) -> Why:
    context = {"id": ids, "objectType": ["contact"]}
    return Why("error", category="VALIDATION_ERROR", context=context, **more)


def test_an_error_is_about_its_id_alone() -> None:
    ids = [str(number) for number in range(1000)]
    why = error_of(ids, message="no: " + ", ".join(ids))
    text = missing_lines([(id_, why) for id_ in [*ids, "0042", "x"]])
    *lines, odd, other = map(json.loads, text.splitlines())
    for id_, each in zip(ids, lines, strict=True):
        assert (each["id"], each["context"]) == (id_, {"id": [id_], "objectType": ["contact"]})
    assert odd["context"]["id"] == ["42"]
    assert len(other["context"]["id"]) <= 5
    assert len(text) < 1_000_000


@given(
    st.text(min_size=1, max_size=5),
    st.dictionaries(st.text(), st.lists(st.text(), max_size=9), max_size=9),
    st.text(),
    st.integers(1, 1000),
)
def test_a_line_of_missing_ids_is_bounded_and_has_the_same_keys(
    id_: str, context: dict[str, list[str]], text: str, times: int
) -> None:
    long = {key * times: [each * times for each in values] for key, values in context.items()}
    error = Why("error", text * times, text * times, text * times, long)
    text_of_lines = missing_lines([(id_, error), (id_, UNANSWERED), (id_, Why("invalid"))])
    lines = [*text_of_lines.splitlines(), unread_line(id_, "why").rstrip(b"\n")]
    assert max(map(len, lines)) < 150_000
    assert [[*json.loads(each)] for each in lines] == [KEYS] * 4


def test_missing_ids_can_be_queried_whatever_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "missing.jsonl"
    without = [(number, WITHOUT_ASSOCIATIONS) for number in range(25_000)]
    path.write_bytes(missing_lines([*without, ("x", error_of(["x"], message="why"))]))
    table = duckdb.read_json(str(path))
    assert (table.columns, len(table.fetchall())) == (KEYS, 25_001)
