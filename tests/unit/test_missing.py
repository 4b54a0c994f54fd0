"""The missing ids are a sequence like any other, however they are kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_batch_read.core.account import UNANSWERED, WITHOUT_ASSOCIATIONS, MissingIds, Why

FULL = Why("error", "CATEGORY", "SUB_CATEGORY", "message", {"id": ["1"]})
WHYS = [
    FULL,
    WITHOUT_ASSOCIATIONS,
    UNANSWERED,
    Why("error", message="a"),
    Why("error", message="b"),
]
bounds = st.none() | st.integers(-30, 30)


@given(st.lists(st.sampled_from(WHYS), max_size=20), bounds, bounds)
def test_missing_ids_are_as_a_list_of_them(
    whys: list[Why], start: int | None, stop: int | None
) -> None:
    missing = MissingIds()
    for number, why in enumerate(whys):
        missing.add(number, why)
    names = ("reason", "category", "sub_category", "message", "context")
    assert [each.id for each in missing] == [str(number) for number in range(len(whys))]
    for each, why in zip(missing, whys, strict=True):
        assert [getattr(each, name) for name in names] == [getattr(why, name) for name in names]
    assert missing[start:stop] == [*missing][start:stop]
    assert [missing[-1 - number] for number in range(len(missing))] == [*reversed(missing)]
    assert len(missing) == len(whys) == missing.counts.total()
    with pytest.raises(IndexError):
        missing[len(whys)]


def test_missing_ids_are_shown_by_their_numbers() -> None:
    missing = MissingIds()
    assert repr(missing) == "<0 missing ids>"
    for number in range(1234):
        missing.add(number, UNANSWERED)
    missing.add("a", FULL)
    assert repr(missing) == "<1,235 missing ids: 1,234 unanswered, 1 error>"


def test_a_set_can_hold_missing_ids_with_a_context() -> None:
    missing = MissingIds()
    missing.add("a", FULL)
    assert set(missing) == {missing[0]}
