"""The benchmarks: what their bodies are, and when `make bench-check` fails. Nothing is measured."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import behaviour
import bodies
import chart
import check
import pytest
import report
import rows
import run
from contenders import API_CLIENT, NAMES, OURS, SDK, load
from processes import spread

README = Path(__file__).resolve().parents[2] / "README.md"
SMALL = [name for name in bodies.ENVELOPES if not name.endswith("0")]


@pytest.fixture(scope="module")
def results() -> Any:
    return json.loads(run.RESULTS.read_text())


@pytest.mark.parametrize("name", SMALL)
def test_a_body_is_the_same_bytes_each_time(name: str) -> None:
    assert bodies.body(name) == bodies.body(name)


@pytest.mark.parametrize("name", SMALL)
def test_this_sdk_and_msgspec_decode_every_row_of_a_body(name: str) -> None:
    rows = json.loads(bodies.body(name))["results"]
    contenders = [OURS, "msgspec"] if name in bodies.ASSOCIATIONS else [OURS]
    for contender in contenders:
        decoded: Any = load(contender, bodies.ENVELOPES[name])(bodies.body(name))
        assert len(decoded.results) == len(rows)


def test_a_clean_body_has_what_hubspot_usually_sends() -> None:
    envelope = json.loads(bodies.body("clean 1"))
    types = [type_ for item in objects(envelope) for type_ in item["associationTypes"]]
    assert list(envelope) == ["completedAt", "results", "startedAt", "status"]
    assert {frozenset(item) for item in objects(envelope)} == {
        frozenset(("toObjectId", "associationTypes"))
    }
    assert {type(item["toObjectId"]) for item in objects(envelope)} == {int}
    assert {frozenset(type_) for type_ in types} == {frozenset(("category", "typeId", "label"))}
    assert {type(type_["label"]) for type_ in types} == {str, type(None)}
    model: Any = load(OURS)(bodies.body("clean 1"))
    assert {type(type_.category).__name__ for type_ in decoded_types(model)} == {
        "AssociationCategory"
    }


def test_a_drifted_body_differs_in_the_four_ways_it_claims() -> None:
    envelope = json.loads(bodies.body("drifted 1"))
    types = [type_ for item in objects(envelope) for type_ in item["associationTypes"]]
    parents = [row["from"] for row in envelope["results"]]
    for data in (envelope, *envelope["results"], *parents, *objects(envelope), *types):
        assert bodies.UNKNOWN_KEY in data
    assert {type(item["toObjectId"]) for item in objects(envelope)} == {str}
    assert not any("label" in type_ for type_ in types)
    model: Any = load(OURS)(bodies.body("drifted 1"))
    assert bodies.UNKNOWN_CATEGORY in {type_.category for type_ in decoded_types(model)}


@pytest.mark.parametrize("name", ["clean 1", "drifted 1", "clean 10"])
def test_an_associations_body_is_of_the_size_in_its_name(name: str) -> None:
    envelope = json.loads(bodies.body(name))
    assert len(envelope["results"]) == 1000
    assert {len(row["to"]) for row in envelope["results"]} == {int(name.split()[1])}
    assert {len(item["associationTypes"]) for item in objects(envelope)} == {1, 2, 3}


def test_the_other_bodies_are_as_large_as_a_request_may_ask_for() -> None:
    rows = {name: json.loads(bodies.body(name))["results"] for name in bodies.OTHERS}
    assert [len(rows[name]) for name in bodies.OTHERS] == [1000, 50, 100]
    assert {len(row["to"]) for row in rows["associations v3"]} == {10}
    assert {len(row["properties"]) for row in rows["campaigns"]} == {10}
    assert {len(row["assets"]) for row in rows["campaigns"]} == {2}


def test_the_spread_of_runs_is_a_median_between_extremes() -> None:
    assert spread([3.0, 1.0, 2.00004]) == (2.0, 1.0, 3.0)


@pytest.mark.parametrize(
    ("now", "verdict"), [(1.16, "worse"), (1.14, "ok"), (1.0, "ok"), (0.2, "ok")]
)
def test_a_loss_of_more_than_15_percent_is_worse(now: float, verdict: str) -> None:
    (change,) = check.compare({"decode: clean 1": 1.0}, {"decode: clean 1": now})
    assert change.verdict == verdict


def test_what_was_measured_only_before_or_only_now_is_named() -> None:
    changes = check.compare({"gone": 1.0, "kept": 1.0}, {"kept": 1.0, "new": 1.0})
    assert {change.name: change.verdict for change in changes} == {
        "gone": "not measured",
        "kept": "ok",
        "new": "missing in results.json",
    }


def test_what_seems_worse_is_measured_again_before_it_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check, "RESULTS", tmp_path / "results.json")
    check.RESULTS.write_text(json.dumps(measured(noisy=1.0, lost=1.0)))
    asked: list[tuple[int, set[str] | None]] = []

    def measure(runs: int, wanted: set[str] | None = None) -> dict[str, Any]:
        asked.append((runs, wanted))
        return measured(noisy=1.0 if wanted else 1.5, lost=1.5)

    monkeypatch.setattr(check, "measure", measure)
    assert check.main() == 1
    assert asked == [
        (check.RUNS, None),
        (check.MORE_RUNS, {"decode: noisy", "decode: lost"}),
    ]
    output = capsys.readouterr().out
    assert [line.split()[-1] for line in output.splitlines() if "decode" in line] == ["ok", "worse"]


def test_the_committed_results_have_all_that_is_checked(results: Any) -> None:
    before = check.ratios(results)
    assert {f"decode: {name}" for name in bodies.ENVELOPES} < before.keys()
    assert {f"held: clean {size}" for size in bodies.SIZES} < before.keys()
    assert {f"rows: {body.name}, {name}" for body in rows.BODIES for name in rows.OURS} < {*before}
    assert check.IMPORT in before


def test_the_committed_results_fill_the_table(results: Any) -> None:
    assert results["about"]["versions"].keys() == set(NAMES) - {"json.loads"}
    assert "not installed" not in json.dumps(results)
    assert str(results["about"]["python"]) in report.heading(results["about"])
    for section in report.sections(results):
        assert all(row.cells for row in section.rows), section.title


def test_the_committed_table_is_that_of_the_results(results: Any) -> None:
    table = io.StringIO()
    report.show(results, table)
    assert run.TABLE.read_text("utf-8") == table.getvalue()


def test_the_table_in_the_readme_is_that_of_the_results(results: Any) -> None:
    observed = json.loads(behaviour.RESULTS.read_text())
    assert observed["versions"].items() <= results["about"]["versions"].items()
    assert behaviour.table(observed, results) in README.read_text("utf-8")


def test_the_readme_says_how_long_decoding_took(results: Any) -> None:
    usual = [
        contenders[OURS]["on"]["ratio"]["median"]
        for body, contenders in results["decode"].items()
        if "drifted" not in body
    ]
    ratios = f"{min(usual):.2g} to {max(usual):.2g} times as long as `json.loads`"
    assert ratios in README.read_text("utf-8")


@pytest.mark.parametrize(
    "text", [text for text, question in behaviour.QUESTIONS.items() if not question.limits]
)
def test_the_readme_says_of_this_sdk_what_it_still_does(text: str) -> None:
    observed = json.loads(behaviour.RESULTS.read_text())
    assert behaviour.asked(behaviour.QUESTIONS[text], OURS) == observed["questions"][text][OURS]


def objects(envelope: Any) -> list[Any]:
    """Return the associated objects in an associations body."""
    return [item for row in envelope["results"] for item in row["to"]]


def decoded_types(envelope: Any) -> list[Any]:
    """Return the association types in a decoded envelope."""
    return [
        type_ for row in envelope.results for item in row.to for type_ in item.association_types
    ]


def measured(**decode: float) -> dict[str, Any]:
    """Return results in which decoding had these ratios."""
    return {
        "about": {"python": "CPython 3.11.0"},
        "decode": {
            name: {OURS: {"on": {"ratio": {"median": value}}}} for name, value in decode.items()
        },
        "held": {},
        "imports": {},
        "rows": {},
    }


def test_the_chart_of_the_home_page_has_the_measured_seconds(results: Any) -> None:
    drawn = chart.DOCS.joinpath("seconds.svg").read_text()
    for contenders in results["end_to_end"]["many"].values():
        for name in (OURS, API_CLIENT, SDK):
            seconds = contenders[name]["seconds"]["median"]
            assert f">{seconds:.2g} s  {name}</text>" in drawn
