"""The runtime: the names that its classes show, and models that nothing generated."""

from __future__ import annotations

import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable
from json import dumps
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_batch_read_api import errors
from hubspot_batch_read_api.errors import DecodeError
from hubspot_batch_read_api.models import ObjectId
from hubspot_batch_read_api.types import ID, INTEGER, TEXT, ListOf, MapOf, Model, OneOf, json


@pytest.mark.parametrize("name", errors.__all__)
def test_an_exception_is_pickled_under_its_public_name(name: str) -> None:
    exception = getattr(errors, name)
    assert exception.__module__ == "hubspot_batch_read_api.errors"
    assert b"hubspot_batch_read_api.errors" in pickle.dumps(exception)
    assert pickle.loads(pickle.dumps(exception)) is exception


def test_a_traceback_has_the_public_name() -> None:
    with pytest.raises(DecodeError) as caught:
        ObjectId.from_dict({})
    lines = traceback.format_exception_only(caught.value)
    assert lines == ["hubspot_batch_read_api.errors.DecodeError: ObjectId: $.id: missing\n"]


def test_the_public_name_needs_no_import_of_the_errors() -> None:
    code = "from hubspot_batch_read_api.models import ObjectId; ObjectId.from_dict({})"
    run = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert "\nhubspot_batch_read_api.errors.DecodeError: ObjectId: $.id: missing\n" in run.stderr


@attrs.define(kw_only=True)
class Leaf(Model):
    id: str = attrs.field(metadata=json("id", ID))
    count: int | None = attrs.field(default=None, metadata=json("count", INTEGER))


@attrs.define(kw_only=True)
class Tree(Model):
    """A model with a field of each kind, whose functions nobody has written out."""

    in_: Leaf | None = attrs.field(default=None, metadata=json("in", Leaf))
    leaves: list[Leaf] | None = attrs.field(default=None, metadata=json("leaves", ListOf(Leaf)))
    named: dict[str, Leaf] | None = attrs.field(default=None, metadata=json("named", MapOf(Leaf)))
    either: Leaf | str | None = attrs.field(
        default=None, metadata=json("either", OneOf(Leaf, TEXT))
    )
    odd: Leaf | None = attrs.field(default=None, metadata=json("odd", Leaf, lenient=True))
    odds: list[Leaf] | None = attrs.field(
        default=None, metadata=json("odds", ListOf(Leaf), lenient=True)
    )


LEAVES = st.fixed_dictionaries(
    {"id": st.text(max_size=3) | st.integers()},
    optional={"count": st.integers(-9, 9) | st.none(), "more": st.integers()},
)
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, 5, "x", [], {}, {"count": 1}, {"id": "1", "count": []}]
)
TREES = st.fixed_dictionaries(
    {},
    optional={
        "in": LEAVES | ODD,
        "leaves": st.lists(LEAVES | ODD, max_size=2) | ODD,
        "named": st.dictionaries(st.text(max_size=2), LEAVES | ODD, max_size=2) | ODD,
        "either": LEAVES | ODD,
        "odd": LEAVES | ODD,
        "odds": st.lists(LEAVES | ODD, max_size=3) | ODD,
        "other": ODD,
    },
)


@given(TREES)
def test_a_model_is_the_same_from_text_and_from_a_dict(body: dict[str, object]) -> None:
    outcomes: list[object] = []
    ways: list[Callable[[], Tree]] = [
        lambda: Tree.from_dict(body),
        lambda: Tree.from_json(dumps(body)),
    ]
    for decode in ways:
        try:
            outcomes.append(decode())
        except DecodeError as error:
            outcomes.append((error.path, error.problem))
    assert outcomes[0] == outcomes[1]
    if isinstance(outcomes[0], Tree):
        assert Tree.from_dict(outcomes[0].to_dict()) == outcomes[0]


def test_a_lenient_model_that_does_not_match_is_kept_whole() -> None:
    odd = {"id": "1", "count": "many"}
    tree = Tree.from_dict({"odd": odd, "odds": [odd, {"id": 2}]})
    assert (tree.odd, tree.odds) == (None, [Leaf(id="2")])
    assert tree.to_dict() == {"odd": odd, "odds": [odd, {"id": 2}]}
