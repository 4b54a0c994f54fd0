"""`make record`: what is sent, what is said, and what is written; over real sockets."""

from __future__ import annotations

import errno
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
import record
from recording import fixture_files
from recording import requests as wire
from recording.fixture_files import FIXTURES, layout
from recording.normalise import normalise
from recording.requests import VARIABLE

from hubspot_batch_read.sandbox import Portal, Specimen
from tests.contract import spec

from .servers import Answer, Request, serve

ROOT: Final = Path(__file__).resolve().parents[2]
TOKEN: Final = "pat-na1-0badc0de-1111-2222-3333-444455556666"

NULL_LABEL: Final = "read_associations/null_label"
NOT_FOUND: Final = "read_associations/multi_status_without_results"
HTML: Final = "read_associations/html_bad_gateway"
DOCUMENTED: Final = "read_associations_v3/documentation_example"
FLOW: Final = "read_workflow_id_mappings/half_a_mapping"

Json = dict[str, Any]


class Folder:
    """A copy of the fixtures."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __getitem__(self, name: str) -> Json:
        fixture: Json = json.loads((self.path / f"{name}.json").read_text())
        return fixture

    def __setitem__(self, name: str, fixture: Json) -> None:
        (self.path / f"{name}.json").write_text(layout(fixture))

    def content(self) -> dict[str, bytes]:
        files = [path for path in self.path.rglob("*") if path.is_file()]
        return {path.relative_to(self.path).as_posix(): path.read_bytes() for path in files}


class Hub:
    """Stands in for HubSpot: responds as told, by path, and otherwise with a 500."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Answer:
        self.requests.append(request)
        return self.answers.get(request.path.partition("?")[0], Answer(500, {}, b""))

    def says(self, name: str, response: Json) -> None:
        """Answer the request of a fixture with this response."""
        body = response["body"]
        content = body if isinstance(body, str) else json.dumps(body)
        headers = {
            key: value for key, value in response["headers"].items() if key != "content-length"
        }
        path = PATH_OF[name]
        self.answers[path] = Answer(response["status"], headers, content.encode())


PATH_OF: Final = {
    case.name: case.fixture["request"]["path"] for case in fixture_files.find(FIXTURES)
}


@pytest.fixture
def fixtures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A copy of the fixtures, used instead of the real ones."""
    folder = tmp_path / "fixtures"
    shutil.copytree(FIXTURES, folder)
    monkeypatch.setattr(record, "FIXTURES", folder)
    monkeypatch.delenv(VARIABLE, raising=False)
    return Folder(folder)


@pytest.fixture
def hub(fixtures: Folder, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A HubSpot with a token for it."""
    hub = Hub()
    with serve(hub) as url:
        monkeypatch.setattr(record, "ADDRESS", url)
        monkeypatch.setattr(wire, "PAUSE", 0.0)
        monkeypatch.setenv(VARIABLE, TOKEN)
        yield hub


Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(fixtures: Folder, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the tool; return the exit code and the output, which never contains the token."""

    def run(*arguments: str | Path) -> tuple[int, str]:
        code = record.main([str(each) for each in arguments])
        out, err = capsys.readouterr()
        assert TOKEN not in out + err
        assert not any(TOKEN.encode() in content for content in fixtures.content().values())
        return code, out + err

    return run


@pytest.fixture
def own_ids(tmp_path: Path) -> Callable[[object], Path]:
    def write(ids: object) -> Path:
        path = tmp_path / "my-portal.json"
        path.write_text(ids if isinstance(ids, str) else json.dumps(ids))
        return path

    return write


OwnIds = Callable[[object], Path]


# Nothing is sent ------------------------------------------------------------------------------


@pytest.mark.parametrize("token", [None, "", " \n"])
def test_without_a_token_nothing_is_sent(
    token: str | None, hub: Hub, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE)
    if token is not None:
        monkeypatch.setenv(VARIABLE, token)
    assert run("--update") == (
        2,
        "record: set HUBSPOT_ACCESS_TOKEN to the token of a developer test account, "
        "or use --sandbox\n",
    )
    assert hub.requests == []


@pytest.mark.parametrize("inside", [" ", "\n", "é", "\x7f"])
def test_what_cannot_be_a_token_is_neither_sent_nor_printed(
    inside: str, hub: Hub, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, f"half{inside}half")
    assert run() == (
        2,
        "record: HUBSPOT_ACCESS_TOKEN contains characters that are invalid in a token\n",
    )
    assert hub.requests == []


def test_the_token_goes_to_no_address_without_tls(
    fixtures: Folder, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, TOKEN)
    monkeypatch.setattr(record, "ADDRESS", "http://api.example.com")
    code, output = run()
    assert code == 2
    assert "the token is only sent over https, not to http://api.example.com" in output


def test_a_missing_fixture_is_named_before_anything_is_sent(hub: Hub, run: Run) -> None:
    assert run(NULL_LABEL, "read_associations/nonsense") == (
        2,
        "record: there is no fixture read_associations/nonsense\n",
    )
    assert hub.requests == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "cannot be read (JSONDecodeError)"),
        ("[]", "has no JSON object"),
        ({"53628": 48213370233}, "each value has to be a string"),
        ({"53628": ""}, "each value has to be a string"),
        ({NULL_LABEL: {"53628": ["48213370233"]}}, "each value has to be a string"),
        ({"48213370233": {}}, "there is no fixture 48213370233"),
    ],
)
def test_unusable_ids_are_refused_before_anything_is_sent(
    content: object, reason: str, hub: Hub, run: Run, own_ids: OwnIds
) -> None:
    code, output = run("--ids", own_ids(content))
    assert code == 2
    assert output.startswith("record: --ids: ")
    assert reason in output
    assert hub.requests == []


@pytest.mark.parametrize(
    "ids", [{"read": "archive"}, {"contacts": ".."}, {"contacts": "a/b"}, {"batch": "x/../y"}]
)
def test_only_batch_reads_are_sent_whatever_the_ids(
    ids: dict[str, str], hub: Hub, run: Run, own_ids: OwnIds
) -> None:
    code, output = run(NULL_LABEL, "--ids", own_ids(ids))
    assert code == 2
    assert f"{NULL_LABEL}: the request is not one of the batch reads\n" in output
    assert hub.requests == []


# What is sent ---------------------------------------------------------------------------------


def test_the_request_is_sent_as_the_fixture_has_it(hub: Hub, run: Run) -> None:
    run("read_campaigns/properties", "read_associations/malformed_id")
    campaigns, malformed = hub.requests
    assert campaigns.path.partition("?")[0] == "/marketing/v3/campaigns/batch/read"
    assert campaigns.path.partition("?")[2] == (
        "properties=hs_name%2Chs_budget_items_sum_amount%2Chs_notes"
    )
    assert json.loads(malformed.body) == {"inputs": [{"id": "53628"}, {"id": "not-a-number"}]}
    assert malformed.headers["authorization"] == f"Bearer {TOKEN}"
    assert malformed.headers["content-type"] == "application/json"


def test_own_ids_are_sent_and_those_of_a_fixture_go_first(
    hub: Hub, run: Run, own_ids: OwnIds
) -> None:
    ids = {
        "53628": "48213370233",
        "not": "never",
        "contacts": "2-31415926",
        NULL_LABEL: {"53628": "48213370234"},
    }
    run("read_associations/malformed_id", NULL_LABEL, "--ids", own_ids(ids))
    assert [request.path for request in hub.requests] == [
        "/crm/associations/2026-03/2-31415926/companies/batch/read"
    ] * 2
    assert [json.loads(request.body)["inputs"] for request in hub.requests] == [
        [{"id": "48213370233"}, {"id": "not-a-number"}],
        [{"id": "48213370234"}],
    ]


def test_a_redirect_is_not_followed(hub: Hub, run: Run) -> None:
    other = Hub()
    with serve(other) as elsewhere:
        hub.answers[PATH_OF[HTML]] = Answer(307, {"location": f"{elsewhere}/x"}, b"")
        code, output = run(HTML)
    assert code == 2
    assert "HubSpot answered 307 with no body, the fixture has 502 with" in output
    assert other.requests == []


# What is said ---------------------------------------------------------------------------------


def test_an_equal_answer_is_only_counted(hub: Hub, fixtures: Folder, run: Run) -> None:
    before = fixtures.content()
    hub.says(NULL_LABEL, fixtures[NULL_LABEL]["response"])
    assert run(NULL_LABEL) == (0, "HubSpot: 1 equal\n")
    assert fixtures.content() == before


def test_rows_and_keys_may_come_in_any_order(hub: Hub, fixtures: Folder, run: Run) -> None:
    for name in ("read_associations_v3/rows", "read_workflow_id_mappings/both_kinds"):
        response = fixtures[name]["response"]
        body = response["body"]
        body["results"] = [dict(reversed(row.items())) for row in reversed(body["results"])]
        response["body"] = dict(reversed(body.items()))
        hub.says(name, response)
        assert run(name) == (0, "HubSpot: 1 equal\n")


def test_a_difference_is_shown_with_stand_ins_for_ids(
    hub: Hub, fixtures: Folder, run: Run, own_ids: OwnIds
) -> None:
    before = fixtures.content()
    response = fixtures[NULL_LABEL]["response"]
    (row,) = response["body"]["results"]
    row["from"]["id"] = "48213370233"
    row["to"][0]["associationTypes"][0]["label"] = "Primary"
    row["owner"] = "who has 48213370233"
    hub.says(NULL_LABEL, response)
    code, output = run(NULL_LABEL, "--ids", own_ids({"53628": "48213370233"}))
    assert code == 1
    assert output.startswith(f"--- {NULL_LABEL} (fixture)\n+++ {NULL_LABEL} (HubSpot)\n")
    assert '-                  "label": null,\n+                  "label": "Primary",' in output
    assert '+          "owner": "who has 1000",' in output
    assert "48213370233" not in output
    assert fixtures.content() == before


def response(status: int, body: object) -> Json:
    return {"status": status, "headers": {}, "body": body}


ERROR: Final = {"status": "error", "category": "INVALID_AUTHENTICATION", "message": "No."}


@pytest.mark.parametrize(
    ("name", "other", "said"),
    [
        (
            HTML,
            response(207, {"results": []}),
            "answered 207 with no results and no errors, "
            "the fixture has 502 with a body that is not JSON",
        ),
        (
            NULL_LABEL,
            response(200, "<html></html>"),
            "answered 200 with a body that is not JSON, "
            "the fixture has 200 with results and no errors",
        ),
        (
            NULL_LABEL,
            response(200, {"results": []}),
            "answered 200 with no results and no errors, "
            "the fixture has 200 with results and no errors",
        ),
        (
            "read_associations/empty_server_error",
            response(500, '""'),
            "answered 500 with a body that is not JSON, the fixture has 500 with no body",
        ),
        (
            "read_associations/expired_authentication",
            response(401, ERROR),
            "answered 401 with INVALID_AUTHENTICATION, "
            "the fixture has 401 with EXPIRED_AUTHENTICATION",
        ),
        (
            "read_associations/expired_authentication",
            response(401, {"category": "NO\x1b[2J"}),
            r"answered 401 with NO\x1b[2J, the fixture has 401 with EXPIRED_AUTHENTICATION",
        ),
    ],
)
def test_an_answer_to_a_different_case_is_reported(
    name: str, other: Json, said: str, hub: Hub, fixtures: Folder, run: Run
) -> None:
    before = fixtures.content()
    hub.says(name, other)
    assert run(name, "--update") == (
        2,
        f"{name}: a different case: HubSpot {said}\nHubSpot: 1 of a different case\n",
    )
    assert fixtures.content() == before


def test_a_fixture_that_departs_from_the_spec_is_not_compared(hub: Hub, run: Run) -> None:
    name = "read_associations/number_as_label"
    assert run(name) == (
        2,
        f"{name}: a different case: it departs from the spec on purpose\n"
        "HubSpot: 1 of a different case\n",
    )
    assert hub.requests == []


def test_one_request_without_an_answer_does_not_stop_the_others(
    hub: Hub, fixtures: Folder, run: Run
) -> None:
    hub.answers[PATH_OF[NULL_LABEL]] = Answer(200, {"content-length": "99"}, b"{}")
    hub.says(NOT_FOUND, fixtures[NOT_FOUND]["response"])

    def breaking_off(request: Request) -> Answer:
        answer = Hub.__call__(hub, request)
        return answer._replace(headers={**answer.headers, "connection": "close"})

    with serve(breaking_off) as url, pytest.MonkeyPatch.context() as patch:
        patch.setattr(record, "ADDRESS", url)
        code, output = run(NULL_LABEL, NOT_FOUND)
    assert code == 2
    assert f"{NULL_LABEL}: no response (RemoteProtocolError)\n" in output
    assert "HubSpot: 1 equal, 1 not recorded\n" in output


def test_an_address_without_a_server_is_a_line_for_each(
    fixtures: Folder, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(lambda _: Answer(500, {}, b"")) as url:
        pass  # the port is no longer listened on
    monkeypatch.setattr(record, "ADDRESS", url)
    monkeypatch.setattr(wire, "PAUSE", 0.0)
    monkeypatch.setenv(VARIABLE, TOKEN)
    before = fixtures.content()
    assert run(HTML, FLOW, "--update") == (
        2,
        f"HubSpot: 2 not recorded\n{HTML}: no response (ConnectError)\n"
        f"{FLOW}: no response (ConnectError)\n",
    )
    assert fixtures.content() == before


# What is written ------------------------------------------------------------------------------


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def test_an_answer_is_recorded_and_the_next_one_is_equal(
    hub: Hub, fixtures: Folder, run: Run, own_ids: OwnIds
) -> None:
    name = NULL_LABEL
    old = fixtures[name]
    answer = json.loads(json.dumps(old["response"]).replace("53628", "48213370233"))
    answer["headers"] |= {"x-hubspot-ratelimit-max": "100", "x-hubspot-correlation-id": "53628"}
    hub.says(name, answer)
    code, output = run(name, "--update", "--ids", own_ids({"53628": "48213370233"}))
    assert code == 0
    assert f"{name}: written; check its `expect`\n" in output
    new = fixtures[name]
    words = old["source"].partition(": ")[2]
    assert new["source"] == f"recorded live on {today()}: {words}"
    assert new["request"]["body"] == {"inputs": [{"id": "1000"}]}
    assert new["response"]["body"]["results"][0]["to"][0]["toObjectId"] == 1001
    assert new["response"]["headers"] == {
        "content-type": "application/json;charset=utf-8",
        "X-HubSpot-RateLimit-Max": "100",
    }
    assert new["expect"] == old["expect"]
    assert list(new) == list(old)

    written = fixtures.content()
    again = own_ids({"53628": "1", name: {"1000": "48213370233"}})
    assert run(name, "--update", "--ids", again) == (0, "HubSpot: 1 equal\n")
    assert fixtures.content() == written
    exchange: Any = {part: new[part] for part in ("request", "response")}
    assert normalise(exchange, spec.load()) == exchange


def test_what_hubspot_confirms_is_recorded_too(hub: Hub, fixtures: Folder, run: Run) -> None:
    hub.says(NOT_FOUND, fixtures[NOT_FOUND]["response"])
    code, output = run(NOT_FOUND, "--update")
    assert code == 0
    assert output.startswith(f"{NOT_FOUND}: written")
    assert fixtures[NOT_FOUND]["source"].startswith(f"recorded live on {today()}: 207 with no res")


def test_an_example_of_the_documentation_is_never_overwritten(
    hub: Hub, fixtures: Folder, run: Run
) -> None:
    before = fixtures.content()
    hub.says(DOCUMENTED, fixtures[DOCUMENTED]["response"])
    assert run(DOCUMENTED, "--update") == (0, "HubSpot: 1 equal\n")
    different = fixtures[DOCUMENTED]["response"]
    different["body"]["numErrors"] = 1
    hub.says(DOCUMENTED, different)
    code, output = run(DOCUMENTED, "--update")
    assert code == 1
    assert '+      "numErrors": 1,' in output
    assert fixtures.content() == before


@pytest.mark.parametrize(
    "echo",
    [
        TOKEN,
        TOKEN.upper(),
        TOKEN.replace("-", "%2D"),
        TOKEN.replace("p", "\\u0070"),
    ],
)
def test_an_answer_that_repeats_the_token_is_refused(
    echo: str, hub: Hub, fixtures: Folder, run: Run
) -> None:
    before = fixtures[NULL_LABEL]
    body = json.dumps({"results": [{"name": "@"}]}).replace("@", echo)
    hub.answers[PATH_OF[NULL_LABEL]] = Answer(200, {}, body.encode())
    hub.says(NOT_FOUND, fixtures[NOT_FOUND]["response"])
    code, output = run(NULL_LABEL, NOT_FOUND, "--update")
    assert code == 2
    assert f"{NULL_LABEL}: refused, because the response contains the access token\n" in output
    assert echo not in output
    assert fixtures[NULL_LABEL] == before
    assert fixtures[NOT_FOUND]["source"].startswith("recorded live on")


def test_a_token_in_a_header_is_refused_too(hub: Hub, fixtures: Folder, run: Run) -> None:
    answer = fixtures[NOT_FOUND]["response"]
    answer["headers"]["x-seen"] = f"Bearer {TOKEN}"
    hub.says(NOT_FOUND, answer)
    code, output = run(NOT_FOUND)
    assert code == 2
    assert "refused" in output


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"message": "Bearer abcdefgh is unknown"}, "authorization"),
        ({"hubId": True}, "portal id"),
    ],
)
@pytest.mark.parametrize("update", [True, False])
def test_a_secret_is_refused_by_kind_and_not_shown(
    change: Json, kind: str, *, update: bool, hub: Hub, fixtures: Folder, run: Run, own_ids: OwnIds
) -> None:
    before = fixtures.content()
    answer = fixtures[NULL_LABEL]["response"]
    answer["body"]["results"][0] |= change
    hub.says(NULL_LABEL, answer)
    ids = own_ids({"53628": "48213370233"})
    code, output = run(NULL_LABEL, "--ids", ids, *(["--update"] if update else []))
    assert (code, output) == (
        2,
        f"HubSpot: 1 not recorded\n{NULL_LABEL}: refused, since it would hold: {kind}\n",
    )
    assert fixtures.content() == before


def test_a_fixture_that_cannot_be_written_does_not_stop_the_others(
    hub: Hub, fixtures: Folder, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Path, *_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    for name in (NOT_FOUND, DOCUMENTED):
        hub.says(name, fixtures[name]["response"])
    monkeypatch.setattr(Path, "write_text", fail)
    code, output = run(NOT_FOUND, DOCUMENTED, "--update")
    assert code == 2
    assert f"No space left on device: '{fixtures.path / NOT_FOUND}.json'\n" in output
    assert "HubSpot: 1 equal, 1 not recorded\n" in output


@pytest.mark.parametrize("case", fixture_files.find(FIXTURES), ids=lambda case: case.name)
def test_the_layout_is_that_of_the_fixtures(case: fixture_files.Case) -> None:
    has_layout = layout(case.fixture) == case.path.read_text()
    assert has_layout, f"run `make format`: {case.name} does not have the layout of a fixture"


def test_make_format_lays_out_the_fixtures(fixtures: Folder) -> None:
    before = fixtures.content()
    for name in (NULL_LABEL, NOT_FOUND):
        (fixtures.path / f"{name}.json").write_text(json.dumps(fixtures[name]))
    fixture_files.lay_out(fixtures.path)
    assert fixtures.content() == before


# The sandbox ----------------------------------------------------------------------------------


def of_the_sandbox() -> Json:
    """Ids of the sandbox's portal that bring the fixtures' situations about."""
    portal = Portal(seed=0)
    contacts, deals = portal.contact_ids, portal.deal_ids
    return {
        "53628": contacts[Specimen.LABELLED],
        "53629": contacts[Specimen.MANY_PAGES],
        "7001": deals[Specimen.LABELLED],
        "7002": deals[Specimen.ALONE],
        "read_associations_v3/rows": {"companies": "2-9001"},
        "read_associations/row_with_next_page": {"companies": "deals"},
        "read_associations_v3/row_cut_at_100": {
            "53628": contacts[Specimen.OVER_100],
            "companies": "deals",
        },
        "b3c7b1f0-52d1-4c6f-9a0e-3f1f7e1f9a01": portal.campaign_ids[0],
        "1001": portal.flow_ids[0],
        "52": portal.workflow_ids[1],
    }


SITUATIONS: Final = (
    *("null_label", "multi_status_with_results", "malformed_id", "row_with_next_page"),
    *("unknown_object_type", "several_types_of_one_pair"),
)
IN_THE_SANDBOX: Final = (
    *(f"read_associations/{name}" for name in SITUATIONS),
    *("read_associations_v3/rows", "read_associations_v3/row_cut_at_100"),
    *("read_campaigns/malformed_guid", "read_campaigns/assets_with_paging_and_metrics"),
    *("read_workflow_id_mappings/both_kinds", "read_workflow_id_mappings/flow_not_found"),
)


def test_what_the_sandbox_answers_is_the_same_the_next_time(
    fixtures: Folder, run: Run, own_ids: OwnIds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, TOKEN)
    before = {name: fixtures[name] for name in IN_THE_SANDBOX}
    ids = of_the_sandbox()
    code, output = run("--sandbox", *IN_THE_SANDBOX, "--ids", own_ids(ids))
    assert (code, output.splitlines()[-1]) == (1, f"the sandbox: {len(before)} different")
    assert {name: fixtures[name] for name in IN_THE_SANDBOX} == before

    code, output = run("--sandbox", *IN_THE_SANDBOX, "--ids", own_ids(ids), "--update")
    assert code == 0
    assert f"the sandbox: {len(before)} written\n" in output
    after = {name: fixtures[name] for name in IN_THE_SANDBOX}
    for name, fixture in after.items():
        words = before[name]["source"].partition(": ")[2]
        assert fixture["source"] == f"answered by the sandbox: {words}"
        exchange: Any = {part: fixture[part] for part in ("request", "response")}
        assert normalise(exchange, spec.load()) == exchange

    written = fixtures.content()
    renumbered = own_ids({name: renamed(before[name], after[name], ids, name) for name in after})
    expected = (0, f"the sandbox: {len(before)} equal\n")
    assert run("--sandbox", *IN_THE_SANDBOX, "--ids", renumbered) == expected
    assert run("--sandbox", *IN_THE_SANDBOX, "--ids", renumbered, "--update") == expected
    assert fixtures.content() == written


def renamed(before: Json, after: Json, ids: Json, name: str) -> dict[str, str]:
    """The ids for a fixture that was written, by their new texts."""
    own = {text: id_ for text, id_ in {**ids, **ids.get(name, {})}.items() if isinstance(id_, str)}
    old, new = texts(before["request"]), texts(after["request"])
    return {
        then: own.get(was, was)
        for was, then in zip(old, new, strict=True)
        if own.get(was, was) != then
    }


def texts(value: object) -> list[str]:
    """All texts in a request, the segments of its path one by one."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts(inner)]
    return str(value).split("/")


def test_the_sandbox_replaces_no_recording_and_no_example(fixtures: Folder, run: Run) -> None:
    live = fixtures[NOT_FOUND]
    live["source"] = "recorded live on 2026-02-11: 207 with no results"
    live["response"]["body"]["errors"][0]["message"] = "Nothing."
    fixtures[NOT_FOUND] = live
    before = fixtures.content()
    code, output = run("--sandbox", "--update")
    after = fixtures.content()
    written = {name for name, content in after.items() if content != before[name]}
    said = {f"{name}.json" for name in re.findall(r"(\S+): written", output)}
    assert code == 1
    assert written == said != set()
    assert f"{NOT_FOUND}.json" not in written
    assert not any("documentation" in name or "html" in name for name in written)


def test_the_command_line_shows_differences_and_writes_nothing() -> None:
    before = {path: path.read_bytes() for path in FIXTURES.rglob("*.json")}
    run = subprocess.run(
        [sys.executable, "-W", "error", "tools/record.py", "--sandbox", NOT_FOUND],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert (run.returncode, run.stderr) == (1, "")
    assert run.stdout.startswith(f"--- {NOT_FOUND} (fixture)")
    assert run.stdout.endswith("the sandbox: 1 different\n")
    assert {path: path.read_bytes() for path in FIXTURES.rglob("*.json")} == before
