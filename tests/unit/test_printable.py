"""Text that is shown cannot control a terminal, and hides nothing."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_batch_read_api.errors import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë's 会社 👍", "Zoë's 会社 👍"),
        ("12\xa0345 \u202f6 \u30007", "12\xa0345 \u202f6 \u30007"),
        ("\x1b[2J\x1b]0;title\x07", r"\x1b[2J\x1b]0;title\x07"),
        ("one\r\ntwo\ttab", r"one\r\ntwo\ttab"),
        ("\x9b31m\x85\x7f\x00", r"\x9b31m\x85\x7f\x00"),
        ("\u202eevil\u2066\u200f", r"\u202eevil\u2066\u200f"),
        ("a\u200bb\u200d\ufeff\u2060", r"a\u200bb\u200d\ufeff\u2060"),
        ("\u2028\u2029", r"\u2028\u2029"),
        ("\ud800\udce9", r"\ud800\udce9"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_what_controls_or_hides_is_escaped_and_the_rest_stays(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters()))
def test_only_graphic_characters_and_spaces_are_shown(text: str) -> None:
    shown = printable(text)
    assert all(each.isprintable() or unicodedata.category(each) == "Zs" for each in shown)
    assert printable(shown) == shown
