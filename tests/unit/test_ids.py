"""Ids: checked, taken once, kept small, and given back as they came."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import Enum
from uuid import UUID

import numpy as np
import pandas as pd  # type: ignore[import-untyped]  # its stubs are a package of their own
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_batch_read.core.id_checks import InvalidIdError
from hubspot_batch_read.core.id_order import Mark
from hubspot_batch_read.core.id_texts import Id, Usual, normal_form, pack, usual_ids
from hubspot_batch_read.core.ids import Ids


class Array:
    """Has the type of a whole number, but is not one, like some of NumPy's arrays."""

    def __index__(self) -> int:
        raise TypeError


class Whole:
    """A whole number that is not an int, such as NumPy's."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __index__(self) -> int:
        return self._number


def take_all(ids: Ids, limit: int = 1000) -> list[str]:
    taken: list[str] = []
    while not ids.exhausted:
        chunk: dict[str, int | str] = {}
        take(ids, limit, chunk)
        taken += chunk
    return taken


def take(ids: Ids, limit: int, chunk: dict[str, int | str]) -> None:
    """Pull as many as are needed to fill a chunk, and take them."""
    while len(chunk) < limit and not ids.exhausted:
        ids.pull(ids.lack(limit - len(chunk)))
        ids.take(limit, chunk, [])


@given(st.text() | st.integers().map(str) | st.uuids().map(str))
def test_a_packed_id_unpacks_to_the_same_text(text: str) -> None:
    assert str(pack(text)) == text


@given(st.lists(st.integers(0, 10**18).map(str) | st.uuids().map(str) | st.text(), unique=True))
def test_different_ids_stay_different_when_packed(texts: list[str]) -> None:
    assert len({pack(text) for text in texts}) == len(texts)


@pytest.mark.parametrize("text", ["007", "0", "-1", "+1", "١٢", "1_000", "1" * 40])
def test_text_that_only_resembles_a_number_stays_text(text: str) -> None:
    assert pack(text) == text


@pytest.mark.parametrize("kind", [int, str])
def test_decimal_numbers_are_converted_together(kind: type) -> None:
    keys = [1, 2, 10**39 - 1]
    assert usual_ids([*map(kind, keys)]) == Usual(keys, [*map(str, keys)])


@pytest.mark.parametrize(
    "values", [[], ["1", 2], ["1", "01"], ["1", "a"], [1, 0], [1, 10**39], [1, True], [1, 10**5000]]
)
def test_other_values_are_not_converted_together(values: list[object]) -> None:
    assert usual_ids(values) is None


def test_an_id_costs_less_memory_packed() -> None:
    assert sys.getsizeof(pack("12345678901")) <= 32


@given(st.lists(st.integers(0, 20)), st.integers(1, 7), st.booleans())
def test_each_id_is_taken_once_in_the_order_of_its_first_place(
    numbers: list[int], limit: int, one_shot: bool
) -> None:
    ids = Ids(iter(numbers) if one_shot else numbers)
    assert take_all(ids, limit) == list(dict.fromkeys(map(str, numbers)))
    assert len(set(numbers)) + ids.duplicates == len(numbers)


def test_text_and_number_are_the_same_id() -> None:
    ids = Ids([7, "7", Whole(7)])  # type: ignore[list-item]
    assert take_all(ids) == ["7"]


def test_unique_ids_are_not_remembered() -> None:
    ids = Ids([1, 2, 1], unique=True)
    assert take_all(ids, 2) == ["1", "2", "1"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        " ",
        " 7",
        "7\n",
        "7\r",
        "a\x00b",
        "\ud800",
        b"7",
        7.0,
        True,
        [7],
        float("nan"),
        pytest.param(10**5000, id="long"),
        Array(),
    ],
)
def test_what_is_not_an_id_is_refused_with_its_place(value: object) -> None:
    values: list[Id] = ["1", value, "2"]  # type: ignore[list-item]
    ids = Ids(values)
    chunk: dict[str, int | str] = {}
    with pytest.raises(InvalidIdError, match=r"^ids\[1\]: expected an id as text or whole number"):
        take(ids, 10, chunk)
    assert list(chunk) == ["1"]
    take(ids, 10, chunk)
    assert list(chunk) == ["1", "2"]


@pytest.mark.parametrize("value", ["37295", b"37295", 37295, None])
def test_what_is_no_iterable_of_ids_is_refused_at_once(value: object) -> None:
    with pytest.raises(TypeError) as caught:
        Ids(value, name="flow_ids")  # type: ignore[arg-type]
    assert str(caught.value) == f"flow_ids: expected an iterable of ids, got {value!r}"


DECIMAL = "a spreadsheet or pandas made it a decimal number; export the column as text"
ROUNDED = "a spreadsheet or pandas rounded it, and digits are lost; export the column as text"
FLOAT = "pandas turns whole numbers into floats if some are missing; use text or Int64"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("101.0", DECIMAL),
        ("101.", DECIMAL),
        ("101,0", DECIMAL),
        ("-101.50", DECIMAL),
        ("1.09426E+11", ROUNDED),
        ("1,09426e+11", ROUNDED),
        ("1E5", ROUNDED),
        ("nan", "it stands for a missing value"),
        ("None", "it stands for a missing value"),
        ("<NA>", "it stands for a missing value"),
        ('="101"', "it is a formula or an error of a spreadsheet"),
        ("#N/A", "it is a formula or an error of a spreadsheet"),
        ("########", "it is a formula or an error of a spreadsheet"),
        (101.0, FLOAT),
        (np.float64(101), FLOAT),
        (float("nan"), "it stands for a missing value"),
        (np.float64("nan"), "it stands for a missing value"),
        (pd.NA, "it stands for a missing value"),
        (pd.NaT, "it stands for a missing value"),
        (None, "it stands for a missing value"),
        ("", "it is empty"),
        (" 7", "there is space around it"),
        ("7\ud800", "it has characters that cannot be printed"),
    ],
)
def test_a_spoilt_id_is_refused_in_words_that_say_how(value: object, reason: str) -> None:
    with pytest.raises(InvalidIdError) as caught:
        take_all(Ids(["1", value]))  # type: ignore[list-item]
    assert str(caught.value).startswith("ids[1]: expected an id as text or whole number, got ")
    assert str(caught.value).endswith(f": {reason}")
    str(caught.value).encode()


@pytest.mark.parametrize(
    "text", ["0e1cf94a-1b2c-4d3e-8f50-6a7b8c9d0e1f", "12345678901e123456", "1e2f", "nanna", "a.0"]
)
def test_text_that_only_resembles_a_spoilt_id_is_an_id(text: str) -> None:
    assert take_all(Ids([text])) == [text]


def test_a_series_with_missing_values_says_so() -> None:
    ids = Ids(pd.Series([101, None, 103]))
    with pytest.raises(InvalidIdError, match=r"ids\[0\].*if some are missing"):
        take_all(ids)
    ids = Ids(pd.Series([101, None, 103], dtype="Int64"))
    with pytest.raises(InvalidIdError, match=r"ids\[1\].*a missing value"):
        take_all(ids)
    assert take_all(ids) == ["103"]
    assert take_all(Ids(pd.Series([101, 103]))) == ["101", "103"]


@pytest.mark.parametrize(
    ("value", "instead"),
    [
        (
            pd.DataFrame({"id": [1]}),
            r'a DataFrame; pass one of its columns, such as table\["id"\]$',
        ),
        (pl.DataFrame({"id": [1]}), "a DataFrame; pass one of its columns"),
        (pa.table({"id": [1]}), "a Table; pass one of its columns"),
        (pa.table({"id": [1]})["id"], r"a ChunkedArray; pass its to_pylist\(\)"),
        (pa.array([1]), r"an? Int64Array; pass its to_pylist\(\)"),
        ({"1": "Ada"}, r"a dict; pass its keys\(\) or its values\(\)$"),
        (Counter(["1"]), r"a Counter; pass its keys\(\) or its values\(\)$"),
    ],
)
def test_a_table_or_a_dict_is_refused_and_told_what_to_pass(value: object, instead: str) -> None:
    with pytest.raises(TypeError, match=f"^ids: expected an iterable of ids, got {instead}"):
        Ids(value)  # type: ignore[arg-type]


def test_ids_may_have_a_method_called_columns() -> None:
    class Rows:
        def columns(self) -> list[str]:
            raise AssertionError

        def __iter__(self) -> Iterator[int]:
            return iter([1, 2])

    assert take_all(Ids(Rows())) == ["1", "2"]


def test_the_columns_of_a_table_and_the_parts_of_a_dict_are_ids() -> None:
    assert take_all(Ids(pd.DataFrame({"id": [1, 2]})["id"])) == ["1", "2"]
    assert take_all(Ids(pl.DataFrame({"id": ["1", "2"]})["id"])) == ["1", "2"]
    assert take_all(Ids({"1": 2}.keys())) == ["1"]
    assert take_all(Ids({"1": 2}.values())) == ["2"]


def test_a_uuid_is_an_id() -> None:
    one = UUID("0e1cf94a-1b2c-4d3e-8f50-6a7b8c9d0e1f")
    ids = Ids([one, str(one), one])
    assert (take_all(ids), ids.duplicates) == ([str(one)], 2)
    assert list(Ids([one]).rest()) == [str(one)]


@pytest.mark.parametrize("error", [OverflowError, ValueError, RuntimeError, TypeError])
def test_ids_without_a_length_that_can_be_had_are_read(error: type[Exception]) -> None:
    class Sized:
        def __len__(self) -> int:
            raise error

        def __iter__(self) -> Iterator[int]:
            return iter([1, 2])

    ids = Ids(Sized())
    assert (ids.total, take_all(ids)) == (None, ["1", "2"])


def test_more_ids_than_a_length_can_be_are_read() -> None:
    ids = Ids(range(10**20))
    chunk: dict[str, int | str] = {}
    take(ids, 2, chunk)
    assert (ids.total, list(chunk), next(ids.rest())) == (None, ["0", "1"], "2")


def test_nothing_more_is_taken_from_an_iterable_that_raised() -> None:
    class Broken:
        def __iter__(self) -> Iterator[int]:
            return self

        def __next__(self) -> int:
            raise OSError

    ids = Ids(Broken())
    with pytest.raises(OSError, match=r"^$"):
        take(ids, 10, {})
    assert ids.exhausted


@given(st.lists(st.integers(0, 20)), st.integers(0, 20), st.booleans())
def test_the_rest_is_what_was_not_taken_each_once(
    numbers: list[int], taken: int, one_shot: bool
) -> None:
    ids = Ids(iter(numbers) if one_shot else numbers)
    chunk: dict[str, int | str] = {}
    if taken:
        take(ids, taken, chunk)
    expected = [id_ for id_ in dict.fromkeys(map(str, numbers)) if id_ not in chunk]
    assert list(ids.rest()) == expected
    assert list(ids.rest()) == ([] if one_shot else expected)


def test_the_rest_has_what_is_not_an_id_as_it_is() -> None:
    assert list(Ids([1, 2.5, None]).rest()) == ["1", 2.5, None]  # type: ignore[list-item]


def test_the_rest_has_each_invalid_text_however_often_it_comes() -> None:
    assert list(Ids([1, "", "", 1, " 7", " 7"]).rest()) == ["1", "", "", " 7", " 7"]


def test_looking_at_the_rest_takes_no_pulled_id_away() -> None:
    ids = Ids(iter([1, 2]))
    ids.pull(5)
    assert list(ids.rest()) == list(ids.rest()) == ["1", "2"]
    assert take_all(ids) == ["1", "2"]


def test_the_mark_of_ids_that_are_not_hashed_has_no_hash() -> None:
    ids = Ids([1, 1])
    take_all(ids)
    assert ids.mark() == Mark(2, "", duplicates=1)


def test_the_total_of_a_one_shot_iterable_is_not_known() -> None:
    assert (Ids([1, 1]).total, Ids(iter([1])).total) == (2, None)


def test_unique_ids_are_counted_right_even_if_they_are_not() -> None:
    ids = Ids([1, 1, 2], unique=True)
    assert take_all(ids) == ["1", "2"]
    assert ids.duplicates == 1


def test_an_id_that_comes_again_later_in_its_chunk_is_taken_once() -> None:
    ids = Ids(iter([1, 2, 2, 3]), unique=True)
    chunk: dict[str, int | str] = {}
    for _ in range(2):
        ids.pull(2)
        ids.take(9, chunk, [])
    assert (list(chunk), ids.duplicates) == (["1", "2", "3"], 1)


def test_only_a_set_may_have_another_order_in_the_next_run() -> None:
    unordered: list[Iterable[Id]] = [{1}, frozenset([1])]
    ordered: list[Iterable[Id]] = [[1], {1: 2}.keys(), iter([1])]
    assert not any(Ids(each).is_ordered for each in unordered)
    assert all(Ids(each).is_ordered for each in ordered)


def test_the_rest_of_unique_ids_is_not_searched_for_duplicates() -> None:
    assert list(Ids([1, 2, 1], unique=True).rest()) == ["1", "2", "1"]


def test_the_rest_begins_at_the_place_where_the_taking_ended() -> None:
    ids = Ids([1, 1, 2, 1, 2, 3], unique=True)
    take(ids, 2, {})
    assert list(ids.rest()) == ["1", "2", "3"]


def test_the_rest_of_what_can_be_repeated_starts_where_it_is() -> None:
    class Again:
        def __iter__(self) -> Iterator[int]:
            return iter([1, 2, 3])

    ids = Ids(Again(), unique=True)
    take(ids, 1, {})
    assert list(ids.rest()) == ["2", "3"]


def test_the_rest_of_a_failed_iterator_does_not_look_complete() -> None:
    def broken() -> Iterator[str]:
        yield from ("1", "", "3")
        raise OSError

    ids = Ids(broken())
    chunk: dict[str, int | str] = {}
    with pytest.raises(InvalidIdError):
        take(ids, 10, chunk)
    rest = ids.rest()
    assert next(rest) == "3"
    with pytest.raises(OSError, match=r"^$"):
        next(rest)
    with pytest.raises(OSError, match=r"^$"):
        take(ids, 10, chunk)
    assert list(chunk) == ["1", "3"]
    assert ids.exhausted


def test_no_more_is_pulled_than_is_lacking() -> None:
    ids = Ids(iter([1, 2, 3, 4]))
    ids.pull(2)
    assert [ids.lack(number) for number in (1, 2, 3)] == [0, 0, 1]
    ids.pull(9)
    assert ids.lack(9) == 0


def test_no_more_is_taken_than_a_chunk_holds() -> None:
    ids = Ids(iter(["1", "", "2", "3", "4"]))
    chunk: dict[str, int | str] = {}
    with pytest.raises(InvalidIdError):
        take(ids, 5, chunk)
    take(ids, 2, chunk)
    assert list(chunk) == ["1", "2"]
    assert take_all(ids) == ["3", "4"]


@pytest.mark.parametrize("text", ["0", "-5", "+5", "007", "1_0", "7\u0661", str(10**39)])
def test_a_number_in_another_form_stays_the_text_it_is(text: str) -> None:
    assert take_all(Ids(["3", text])) == ["3", text]
    assert str(pack(text)) == text


def test_an_id_in_an_enum_is_its_text() -> None:
    class Contact(str, Enum):  # noqa: UP042 - as many programs have it
        ANN = "7"

    assert take_all(Ids([Contact.ANN])) == ["7"]


def test_what_is_not_an_id_is_cut_short_in_the_error() -> None:
    with pytest.raises(InvalidIdError) as caught:
        take_all(Ids(["x " * 5000 + "\n"]))
    assert len(str(caught.value)) < 200
    with pytest.raises(TypeError) as wrong:
        Ids("x" * 5000)
    assert len(str(wrong.value)) < 200


class ProgressBar:
    """Around an iterator: it has a length or not, and can be gone through once, like tqdm."""

    def __init__(self, ids: Iterator[int], total: int | None) -> None:
        self._ids = ids
        self._total = total

    def __len__(self) -> int:
        return self._total  # type: ignore[return-value]  # as tqdm does

    def __iter__(self) -> Iterator[int]:
        yield from self._ids

    def __contains__(self, id_: object) -> bool:
        return False


@pytest.mark.parametrize("total", [None, 5])
def test_a_progress_bar_around_an_iterator_loses_no_id(total: int | None) -> None:
    ids = Ids(ProgressBar(iter(range(5)), total))
    chunk: dict[str, int | str] = {}
    take(ids, 2, chunk)
    assert ids.total == total
    assert [*chunk, *ids.rest()] == list("01234")


def test_an_impossible_number_is_refused_and_the_rest_taken() -> None:
    class Odd:
        def __index__(self) -> int:
            raise RuntimeError

        def __repr__(self) -> str:
            raise RuntimeError

    ids = Ids([Odd(), 1])  # type: ignore[list-item]
    chunk: dict[str, int | str] = {}
    with pytest.raises(InvalidIdError, match=r"got (something of type Odd|<Odd instance)"):
        take(ids, 10, chunk)
    take(ids, 10, chunk)
    assert list(chunk) == ["1"]


def test_a_value_of_an_odd_type_is_refused_as_it_is() -> None:
    with pytest.raises(InvalidIdError) as caught:
        take_all(Ids([[7]]))  # type: ignore[list-item]
    assert str(caught.value) == "ids[0]: expected an id as text or whole number, got [7]"
    assert caught.value.value == "[7]"


def test_a_number_too_long_to_be_written_is_refused_by_its_type() -> None:
    with pytest.raises(InvalidIdError, match=r"got (something of type int|<int instance)"):
        take_all(Ids([10**5000]))


@pytest.mark.parametrize(
    ("text", "form"),
    [("0012", "12"), ("000", "0"), ("0", "0"), ("X-1", "x-1"), ("00x", "00x"), ("X0", "x0")],
)
def test_an_id_has_one_form_however_hubspot_writes_it(text: str, form: str) -> None:
    assert normal_form(text) == form
