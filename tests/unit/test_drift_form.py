"""`make drift` is silent on what differs in form only."""

from __future__ import annotations

import json

import pytest
from comparison import reports
from comparison.documents import Document
from comparison.matching import compare_versions, compare_with_ours
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples

from .published import CAMPAIGNS, PATHS, WORKFLOWS, documents
from .published_parts import Json, array, mapping, model, query_parameter, ref, text
from .published_spec import OURS
from .published_spellings import ALL_FORMS, rewritten

SEEDS = st.integers(0, 2**32)
SEVERAL_FORMS = st.lists(st.sampled_from(ALL_FORMS), min_size=2, max_size=7, unique=True)


def plain() -> list[Json]:
    return list(documents().values())


def rich() -> list[Json]:
    """Two of the documents, with what HubSpot's others have too: null, recursion, choices."""
    written = documents()
    campaigns = written[CAMPAIGNS]
    schemas = campaigns["components"]["schemas"]
    schemas["Tree"] = model("id", id=text(), children=array(ref("Tree")), parent=ref("Tree"))
    schemas["State"] = text(enum=["ON", "OFF", "a|b"], nullable=True)
    schemas["PublicCampaignWithAssets"]["properties"] |= {
        "tree": ref("Tree"),
        "state": ref("State"),
        "owner": {"allOf": [ref("PublicBusinessUnit")], "nullable": True},
        "score": {"type": "number", "format": "double", "nullable": True},
        "level": {"type": "integer", "enum": [1, 2, 3]},
        "value": {"oneOf": [text(), {"type": "integer", "format": "int64"}, array(text())]},
        "choice": {"anyOf": [text(nullable=True), array(text()), {"type": "integer"}]},
        "maybe": {"nullable": True, "oneOf": [text(), array(ref("Tree"))]},
        "kind": {"anyOf": [text(enum=["A"]), text()]},
        "part": {
            "oneOf": [
                model("kind", kind=text(enum=["x"]), size=text()),
                model("kind", kind=text(enum=["y"]), size={"type": "integer", "format": "int32"}),
            ]
        },
        "deep": mapping(mapping(array(ref("Tree")))),
        "either": {"type": ["string", "integer"]},
        "free": {},
        "a name/with ~ and .": text(),
    }
    operation = campaigns["paths"][PATHS[CAMPAIGNS]]["post"]
    operation["parameters"] += [
        {"name": "X-Portal", "in": "header", "schema": text()},
        query_parameter("ids", array({"type": "integer", "format": "int64"})),
    ]
    operation["responses"]["202"] = {
        "content": {
            "application/json": {"schema": ref("Tree")},
            "text/csv": {"schema": text()},
            "*/*": {"schema": {}},
        }
    }
    return [campaigns, written[WORKFLOWS]]


def named(written: list[Json], side: str) -> list[Document]:
    return [Document(f"{side} {number}", content) for number, content in enumerate(written)]


def assert_silence(written: list[Json], changed: list[Json]) -> None:
    old, new = named(written, "old"), named(changed, "new")
    for one, other in ((old, new), (new, old)):
        comparison = compare_versions(OURS, one, other)
        assert not comparison.differences, reports.as_text(comparison)
        assert comparison.compared == [CAMPAIGNS, WORKFLOWS]


def assert_silence_against_ours(changed: list[Json]) -> None:
    comparison = compare_with_ours(OURS, named(changed, ""))
    assert not comparison.differences, reports.as_text(comparison)
    assert sorted(comparison.compared) == sorted(PATHS)


def test_the_documents_are_what_the_spec_says_is_published() -> None:
    assert_silence_against_ours(plain())


@pytest.mark.parametrize("form", ALL_FORMS)
def test_each_form_alone_is_silence(form: str) -> None:
    changed = [rewritten(rich(), [form], seed) for seed in range(3)]
    assert any(json.dumps(each) != json.dumps(rich()) for each in changed), "it does something"
    for each in changed:
        assert_silence(rich(), each)
    assert_silence_against_ours(rewritten(plain(), [form], 3))


@settings(max_examples=examples(40))
@given(forms=SEVERAL_FORMS, seed=SEEDS)
def test_several_forms_at_once_are_silence(forms: list[str], seed: int) -> None:
    assert_silence(rich(), rewritten(rich(), forms, seed))


@settings(max_examples=examples(40))
@given(forms=SEVERAL_FORMS, seed=SEEDS)
def test_several_forms_at_once_are_silence_against_ours(forms: list[str], seed: int) -> None:
    assert_silence_against_ours(rewritten(plain(), forms, seed))
