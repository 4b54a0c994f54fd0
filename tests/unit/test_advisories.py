"""`make audit` with a file of advisories: which pins it names, and when it cannot say."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import advisories
import pytest

Json = dict[str, Any]


def advisory(
    package: str, *, id_: str = "PYSEC-1", ecosystem: str = "PyPI", **affected: Any
) -> Json:
    place = {"ecosystem": ecosystem, "name": package}
    return {
        "id": id_,
        "summary": "Something is wrong",
        "affected": [{"package": place, **affected}],
    }


def in_range(*events: Json) -> list[Json]:
    return [{"type": "ECOSYSTEM", "events": list(events)}]


@pytest.fixture
def audit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Audit pins against advisories; return the exit code and what was printed."""

    def run(pins: str, *records: Json) -> tuple[int, str]:
        requirements, file = tmp_path / "requirements.txt", tmp_path / "all.zip"
        requirements.write_text(pins)
        with zipfile.ZipFile(file, "w") as archive:
            for number, record in enumerate(records):
                archive.writestr(f"{number}.json", json.dumps(record))
        exit_code = advisories.main([str(file), str(requirements)])
        return exit_code, "".join(capsys.readouterr())

    return run


@pytest.mark.parametrize(
    ("version", "exit_code"),
    [
        ("0.9", 0),
        ("1.0", 1),
        ("1.2", 1),
        ("1.3", 0),
        ("2.0rc1", 0),
        ("2.0", 1),
        ("2.1", 1),
        ("2.2", 0),
    ],
)
def test_a_pin_in_a_range_of_an_advisory_fails(audit: Any, version: str, exit_code: int) -> None:
    ranges = in_range(
        {"introduced": "2.0"}, {"last_affected": "2.1"}, {"introduced": "1.0"}, {"fixed": "1.3"}
    )
    code, printed = audit(f"other==1.0\nthing=={version}\n", advisory("Thing", ranges=ranges))
    assert code == exit_code
    assert (f"thing {version}: PYSEC-1: Something is wrong" in printed) == bool(exit_code)


def test_every_version_is_affected_if_none_fixes_it(audit: Any) -> None:
    assert audit("thing==5", advisory("thing", ranges=in_range({"introduced": "0"})))[0] == 1


def test_a_listed_version_is_affected_however_it_is_written(audit: Any) -> None:
    record = advisory("some.thing", versions=["1.0.0", "not a version"])
    assert audit("some_thing==1.0 ; python_version < '4'", record)[0] == 1
    assert audit("some_thing==1.1", record)[0] == 0


def test_other_ecosystems_and_withdrawn_advisories_do_not_count(audit: Any) -> None:
    everything = in_range({"introduced": "0"})
    withdrawn = {**advisory("thing", ranges=everything), "withdrawn": "2026-01-01T00:00:00Z"}
    other = advisory("thing", ecosystem="npm", ranges=everything)
    assert audit("thing==1", advisory("else"), withdrawn, other)[0] == 0


@pytest.mark.parametrize(
    ("pins", "records", "problem"),
    [
        (
            "thing==1",
            [advisory("thing", ecosystem="npm")],
            "all.zip: it contains no advisory for a PyPI package",
        ),
        ("thing>=1", [advisory("thing")], "requirements.txt: thing>=1 is not pinned"),
        ("thing ==", [advisory("thing")], "requirements.txt: "),
        (
            "thing==1",
            [advisory("thing", ranges=in_range({"introduced": "one"}))],
            "all.zip: PYSEC-1: Invalid version: 'one'",
        ),
    ],
    ids=["another file", "no pin", "no requirement", "a version that cannot be compared"],
)
def test_what_cannot_be_said_fails(
    audit: Any, pins: str, records: list[Json], problem: str
) -> None:
    code, printed = audit(pins, *records)
    assert code == 2
    assert problem in printed


def test_a_file_that_is_no_archive_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "all.zip"
    pins = tmp_path / "requirements.txt"
    pins.write_text("thing==1")
    assert advisories.main([str(file), str(pins)]) == 2
    assert f"audit: {file}: No such file or directory\n" in capsys.readouterr().err
    file.write_text("<html>")
    assert advisories.main([str(file), str(pins)]) == 2
    assert f"audit: {file}: File is not a zip file\n" in capsys.readouterr().err
