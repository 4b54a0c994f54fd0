"""The commands: what comes out, where it goes, and the exit code with its sentence."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pyarrow.parquet as pq
import pytest

from hubspot_batch_read import HubSpot, Read
from hubspot_batch_read.cli import main
from hubspot_batch_read.cli.app import app
from hubspot_batch_read.sandbox import (
    TOKEN_WITHOUT_SCOPES,
    Sandbox,
    SandboxRequest,
    SandboxResponse,
    incidents,
)
from tests.cli.conftest import PORTAL, Cli, command_names, line, missing
from tests.reads import EVERY_READ, check_listed

# Each read as a command, with ids, and as a method of a client.
READS: dict[str, tuple[list[str], tuple[str, ...], Callable[[Any, tuple[str, ...]], Read[Any]]]] = {
    "associations": (
        ["associations", "contacts", "companies"],
        PORTAL.contact_ids[:40],
        lambda hubspot, ids: hubspot.read_associations("contacts", "companies", ids),
    ),
    "associations-v3": (
        ["associations-v3", "deals", "companies"],
        PORTAL.deal_ids[:40],
        lambda hubspot, ids: hubspot.read_associations_v3("deals", "companies", ids),
    ),
    "campaigns": (
        [
            *("campaigns", "--properties", "hs_name,hs_start_date"),
            *("--start-date", "2026-01-01", "--end-date", "2026-02-01"),
        ],
        PORTAL.campaign_ids[:8],
        lambda hubspot, ids: hubspot.read_campaigns(
            ids,
            properties=["hs_name", "hs_start_date"],
            start_date="2026-01-01",
            end_date="2026-02-01",
        ),
    ),
    "flows": (
        ["workflow-ids"],
        PORTAL.flow_ids[:8],
        lambda hubspot, ids: hubspot.read_workflow_id_mappings(flow_ids=ids),
    ),
    "workflows": (
        ["workflow-ids", "--by", "workflow"],
        PORTAL.workflow_ids[:8],
        lambda hubspot, ids: hubspot.read_workflow_id_mappings(workflow_ids=ids),
    ),
}
COMMANDS = [*dict.fromkeys(words[0] for words, _, _ in READS.values())]


def test_every_read_has_a_command_that_is_tested_here() -> None:
    hubspot = Mock()
    for _, ids, begin in READS.values():
        begin(hubspot, ids)
    methods = [name for name, _, _ in hubspot.method_calls]
    place = "READS in tests/cli/test_commands.py"
    check_listed(methods, EVERY_READ, f"{place}, with its command in cli/app.py")
    check_listed([*COMMANDS, "sandbox"], command_names(), place)


def read_with_library(served: Sandbox, name: str, ids: tuple[str, ...]) -> Any:
    """Return the read of the ids, and its records."""
    with HubSpot(served.token, base_url=served.base_url) as hubspot:
        read = READS[name][-1](hubspot, ids)
        return read, read.all()


@pytest.mark.parametrize("name", READS)
def test_json_lines_are_the_records_of_the_library(cli: Cli, name: str) -> None:
    command, ids, _ = READS[name]
    result = cli(*command, *ids, "--missing", "missing.jsonl")
    read, records = read_with_library(cli.sandbox, name, ids)
    assert [type(records[0]).from_dict(row) for row in result.rows] == records
    without = {each["id"]: each["reason"] for each in missing()}
    assert without == {each.id: "without_associations" for each in read.missing}
    assert (result.code, result.err.startswith("Warning: HubSpot cut")) == (
        0,
        bool(read.truncated),
    )


@pytest.mark.parametrize("name", READS)
def test_csv_and_parquet_are_the_tables_of_the_library(cli: Cli, name: str) -> None:
    command, ids, _ = READS[name]
    read, _ = read_with_library(cli.sandbox, name, ())
    columns = read.to_arrow().schema.names
    rows = list(csv.reader(io.StringIO(cli(*command, *ids, "--format", "csv").out.decode())))
    cli(*command, *ids, "--format", "parquet", "--output", "rows.parquet")
    parquet = pq.read_table("rows.parquet").to_pylist()
    assert rows[0] == columns == list(parquet[0])
    assert [row[: len(columns) - (name == "campaigns")] for row in rows[1:]] == [
        [in_csv(value) for column, value in row.items() if column != "assets"] for row in parquet
    ]


def in_csv(value: Any) -> str:
    if value is None:
        return ""
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return json.dumps(value, separators=(",", ":")) if isinstance(value, list) else str(value)


def test_ids_from_arguments_a_file_a_column_or_standard_input(cli: Cli) -> None:
    one, _, other = PORTAL.contact_ids[:3]
    Path("ids.txt").write_text(f"{one}\n{other}\n")
    Path("ids.csv").write_text(f'name,Record ID\n"a, b",{one}\nc,{other}\n')
    command = ["associations", "contacts", "companies"]
    results = [
        cli(*command, one, other),
        cli(*command, "--ids", "ids.txt"),
        cli(*command, "--ids", "ids.csv", "--column", "Record ID"),
        cli(*command, stdin=Path("ids.txt").read_bytes()),
        cli(*command, "--ids", "-", "--column", "Record ID", stdin=Path("ids.csv").read_bytes()),
    ]
    assert [len(result.rows) for result in results] == [2] * 5
    assert len({result.out for result in results}) == 1


@pytest.mark.parametrize("format_", ["jsonl", "csv", "parquet"])
def test_no_ids_make_an_empty_output_without_a_request(cli: Cli, format_: str) -> None:
    requests = cli.sandbox.traffic.requests
    result = cli("associations", "contacts", "companies", "--format", format_)
    assert (result.code, result.err) == (0, "Warning: there were no ids.\n")
    if format_ == "parquet":
        assert pq.read_table(io.BytesIO(result.out)).num_rows == 0
    else:
        header = b"from_id,to_id,type_id,category,label\n" if format_ == "csv" else b""
        assert result.out == header
    assert cli.sandbox.traffic.requests == requests


def test_every_id_without_a_record_has_a_line_with_the_reason(cli: Cli) -> None:
    found, nothing = PORTAL.contact_ids[:2]
    lines = [found, "nonsense", nothing, "two words", "1,2", f"0{found}", nothing]
    result = cli(
        *("associations", "contacts", "companies", "--missing", "missing.jsonl"),
        stdin="\n".join(lines).encode(),
    )
    assert [row["from"]["id"] for row in result.rows] == [found]
    by_id = {each["id"]: each for each in missing()}
    assert {id_: each["reason"] for id_, each in by_id.items()} == {
        "nonsense": "error",
        nothing: "without_associations",
        "two words": "invalid",
        "1,2": "invalid",
    }
    assert by_id["nonsense"]["sub_category"] == "crm.associations.INVALID_IDENTIFIER"
    assert by_id["1,2"]["message"] == "standard input, line 5: it has several values"
    assert len(missing()) == 4
    assert result.code == 1
    assert result.err == (
        "First problem: standard input, line 4: it has several values.\n"
        "5 ids: 1 record, 1 without associations, 1 with errors, 2 invalid; "
        "missing.jsonl says why.\n"
    )


def test_what_hubspot_says_nothing_of_is_told(cli: Cli) -> None:
    unknown = "0e1cf94a-1b2c-4d3e-8f50-6a7b8c9d0e1f"
    result = cli("campaigns", unknown, "--missing", "missing.jsonl")
    assert (result.code, missing()) == (1, [line(unknown, "unanswered")])
    assert f"First problem: {unknown}: HubSpot did not mention it.\n" in result.err


def test_a_record_without_a_row_in_the_table_is_told(cli: Cli) -> None:
    body = json.dumps({"status": "COMPLETE", "results": [{"from": {"id": "1"}, "to": []}]})
    command = ["associations", "contacts", "companies", "1", "--missing", "missing.jsonl"]
    for format_ in ("csv", "parquet"):
        cli.sandbox.faults = lambda _: SandboxResponse(200, body=body)
        assert cli(*command, "--format", format_).code == 0
        assert missing() == [line("1", "without_associations")]
        Path("missing.jsonl").unlink()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["associations", "con/tacts", "deals", "1"], "FROM: "),
        (["associations", "contacts", "deals", "--ids", "none.txt"], "none.txt: No such file"),
        (["associations", "contacts", "deals", "1", "--output", "none/rows"], "none/rows: No such"),
        (["associations", "contacts", "deals", "1", "--output", "."], "Is a directory"),
        (["associations", "contacts", "deals", "1", "--ids", "ids"], "either as arguments or"),
        (["associations", "contacts", "deals", "1", "--column", "ids"], "--column requires --ids"),
        (["associations", "contacts", "deals", "1", "--resume"], "--resume requires --output"),
        (
            ["associations", "contacts", "deals", "1", "--output", "a", "--missing", "./a"],
            "a is used for two options",
        ),
        (["associations", "contacts", "deals", "1", "--token-file", "none"], "none: No such file"),
        (["associations", "contacts", "deals", "1", "--format", "xml"], "--format"),
        (["associations", "contacts"], "TO"),
        (["campaigns", "1", "--start-date", "2026"], "--start-date: expected a date"),
        (
            ["campaigns", "1", "--start-date", "2026-02-01", "--end-date", "2026-01-31"],
            "--end-date: 2026-01-31 is before the start date, 2026-02-01",
        ),
        (
            ["associations", "contacts", "deals", "1", "--output", "rows.xlsx"],
            "rows.xlsx: .xlsx does not imply a format",
        ),
        (["associations", "contacts", "deals", "1", "--output", "rows.csv.gz"], "compressed"),
        (["campaigns", "1", "--properties", "a", "--properties", "b"], "'--properties': given 2"),
        (["campaigns", "1", "--output", "a", "--output", "b"], "'--output': given 2 times"),
        (["campaigns", "--column", "a", "--column", "a", "--column", "b"], "'--column': given 3"),
        (["workflow-ids", "1", "--by", "flow", "--by", "workflow"], "'--by': given 2 times"),
    ],
)
def test_wrong_use_is_told_in_a_sentence_and_nothing_is_sent(
    cli: Cli, arguments: list[str], message: str
) -> None:
    requests = cli.sandbox.traffic.requests
    result = cli(*arguments)
    assert (result.code, result.out) == (2, b"")
    assert message in result.err
    assert "Traceback" not in result.err
    assert cli.sandbox.traffic.requests == requests
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_stream_that_is_closed_and_not_needed_is_not_missed(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, stream: str
) -> None:
    monkeypatch.setattr(sys, stream, None)
    command = ["associations", "contacts", "companies", PORTAL.contact_ids[0]]
    assert cli(*command, "--output", "rows.jsonl").code == 0
    assert Path("rows.jsonl").stat().st_size
    assert cli(*command, "--output", "rows.jsonl").code == 2
    if stream == "stdout":
        result = cli(*command)
        assert (result.code, "standard output is closed" in result.err) == (2, True)


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_a_file_is_not_used_for_two_things_by_whatever_name(cli: Cli, link: str) -> None:
    Path("ids").write_text("1\n")
    getattr(Path("rows"), link)("ids")
    command = ["associations", "contacts", "deals", "--ids", "ids", "--output", "rows", "--resume"]
    assert cli(*command).code == 2
    assert Path("ids").read_text() == "1\n"
    parquet = ["associations", "contacts", "deals", "1", "--format", "parquet", "--output", "table"]
    assert "table.part is used for two options" in cli(*parquet, "--missing", "table.part").err


def test_a_mistake_leaves_nothing_in_the_way(cli: Cli) -> None:
    command = ["campaigns", PORTAL.campaign_ids[0], "--output", "rows.csv", "--properties"]
    assert cli(*command, "hs_nam").code == 2
    assert cli(*command, "hs_name").code == 0
    assert Path("rows.csv").read_text().startswith("id,created_at,")


def test_missing_ids_without_a_file_of_rows_start_from_scratch(
    cli: Cli,
) -> None:
    command = ["associations", "contacts", "deals", "nonsense", "--missing", "missing.jsonl"]
    assert [cli(*command).code, cli(*command).code, len(missing())] == [1, 1, 1]
    result = cli(*command, "--output", "rows.jsonl")
    assert (result.code, "missing.jsonl exists" in result.err) == (2, True)
    Path("missing.jsonl").write_text("precious")
    assert cli(*command).code == 2
    assert Path("missing.jsonl").read_text() == "precious"


@pytest.mark.parametrize(("name", "begin"), [("r.csv", b"from_id,"), ("r.Parquet", b"PAR1")])
def test_the_name_of_the_output_says_its_format(cli: Cli, name: str, begin: bytes) -> None:
    assert cli("associations", "contacts", "companies", "1", "--output", name).code == 0
    assert Path(name).read_bytes().startswith(begin)


def test_an_unknown_ending_is_no_fault_if_the_format_is_given(
    cli: Cli,
) -> None:
    command = [*("associations", "contacts", "companies"), PORTAL.contact_ids[0]]
    assert cli(*command, "--output", "rows.xlsx", "--format", "csv").code == 0
    assert cli(*command, "--output", "rows.ndjson").code == 0
    assert json.loads(Path("rows.ndjson").read_bytes())
    assert cli(*command, "--output", "/dev/stdout").rows
    assert cli(*command, "--output", "rows", "--no-progress", "--no-progress").code == 0
    assert Path("rows").read_bytes() == Path("rows.ndjson").read_bytes()


def test_ids_from_several_files_and_standard_input_each_once(cli: Cli) -> None:
    one, _, other = PORTAL.contact_ids[:3]
    Path("a.csv").write_text(f"id,name\n{one},Ada\n1;2,x\n")
    Path("b.csv").write_text(f"name;id\nAda;{one}\nBob;{other}\n")
    command = ["associations", "contacts", "companies", "--column", "id", "--missing", "e.jsonl"]
    result = cli(*command, "--ids", "a.csv", "--ids", "b.csv", "--ids", "a.csv")
    assert [row["from"]["id"] for row in result.rows] == [one, other]
    assert [each["message"] for each in missing("e.jsonl")] == [
        *("a.csv, line 3: it has several values", "a.csv, line 3: it has several values"),
    ]
    stdin = f"id\n{other}\n".encode()
    result = cli(*command, "--ids", "b.csv", "--ids", "-", stdin=stdin)
    assert [row["from"]["id"] for row in result.rows] == [one, other]
    result = cli(*command, "--ids", "a.csv", "--ids", "none.csv")
    assert (result.code, "none.csv: No such file" in result.err) == (2, True)


def test_a_workbook_is_called_so_and_nothing_is_read_or_written(cli: Cli) -> None:
    Path("ids.xlsx").write_bytes(b"PK\x03\x04 [Content_Types].xml")
    command = ["associations", "contacts", "companies", "--column", "id", "--output", "rows.csv"]
    result = cli(*command, "--ids", "ids.xlsx")
    assert (result.code, Path("rows.csv").exists()) == (2, False)
    assert "Error: ids.xlsx is an Excel workbook (.xlsx); ids are read from text" in result.err
    result = cli(*command, stdin=Path("ids.xlsx").read_bytes())
    assert result.code == 2
    assert "Error: standard input is an Excel workbook (.xlsx)" in result.err


def test_ids_that_a_spreadsheet_spoilt_are_told_and_not_sent(cli: Cli) -> None:
    requests = cli.sandbox.traffic.requests
    stdin = b"1.09426E+11\n101.0\n101,0\nnan\n"
    result = cli("associations", "contacts", "companies", "--missing", "e.jsonl", stdin=stdin)
    assert (result.code, cli.sandbox.traffic.requests) == (1, requests)
    assert [each["reason"] for each in missing("e.jsonl")] == ["invalid"] * 4
    assert "First problem: standard input, line 1: a spreadsheet or pandas rounded it" in result.err


def test_the_help_says_what_each_option_is_for(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for is_rich in ("1", "0"):
        monkeypatch.setenv("TYPER_USE_RICH", is_rich)
        for command in ((), *((name,) for name in [*COMMANDS, "sandbox"])):
            text = cli.help(*command)
            assert "bool" not in text.lower()
            for option in re.findall(r"^[│ ]+(--[a-z-]+)(.*)$", text, re.MULTILINE):
                assert re.search("[a-z]{3,}", option[1]), option


def test_the_version_is_that_of_the_distribution(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["hubspot-batch-read", "--version"])
    with pytest.raises(SystemExit) as end:
        app()
    assert not end.value.code
    assert capsys.readouterr().out == f"hubspot-batch-read {version('hubspot-batch-read')}\n"


def test_each_place_that_is_no_id_is_told_and_hides_no_id(cli: Cli) -> None:
    one = PORTAL.contact_ids[0]
    Path("ids.csv").write_text(f"name,id\n{one}\n{one}\nAda,{one}\n")
    command = ["associations", "contacts", "companies", "--ids", "ids.csv", "--column", "id"]
    command += ["--output", "rows.jsonl", "--missing", "missing.jsonl"]
    for resume in ([], ["--resume"]):
        assert cli(*command, *resume).code == 1
        assert [each["message"] for each in missing()] == [
            "ids.csv, line 2: no column 'id'",
            "ids.csv, line 3: no column 'id'",
        ]
        assert len(Path("rows.jsonl").read_bytes().splitlines()) == 1


def test_ids_that_cannot_be_read_stop_the_run(cli: Cli) -> None:
    result = cli("associations", "contacts", "deals", "--ids", "/proc/self/mem")
    assert result.code == 3
    assert result.err.startswith("Error: /proc/self/mem cannot be read: Input/output error.\n")


def test_a_broken_csv_file_keeps_the_rows_before_and_says_where(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("ids.csv").write_text(f'id,name\n{PORTAL.contact_ids[0]},Ada\n1,"')
    command = ["associations", "contacts", "companies", "--ids", "ids.csv", "--column", "id"]
    for is_terminal in (False, True):
        monkeypatch.setattr("sys.stderr.isatty", lambda value=is_terminal: value)
        result = cli(*command)
        assert result.code == 2
        assert len(result.rows) == 1
        assert "Error: ids.csv: the row that starts in line 3: unexpected end" in result.err


def test_without_a_token_nothing_is_read(cli: Cli) -> None:
    result = cli("associations", "contacts", "deals", "1", token="")
    assert result.code == 2
    assert "no access token: set HUBSPOT_ACCESS_TOKEN, or pass --token-file" in result.err


def test_the_token_can_be_in_a_file(cli: Cli) -> None:
    Path("token").write_text(f"{cli.sandbox.token}\n")
    command = ["associations", "contacts", "companies", PORTAL.contact_ids[0]]
    assert cli(*command, "--token-file", "token", token="").code == 0
    Path("token").write_text("\n")
    assert "token has no access token" in cli(*command, "--token-file", "token").err


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (incidents.rate_limited("DAILY"), "HubSpot's daily limit is used up"),
        (
            SandboxResponse(403, body="<title>Blocked by policy</title>"),
            "the request was refused, by HubSpot or by a proxy or firewall in front of it (HTTP "
            "403, without a message (text/html; charset=utf-8, 32 bytes): Blocked by policy)",
        ),
        (
            SandboxResponse(403, body='{"message": "not for public use", "correlationId": "c"}'),
            "HubSpot refused the request (HTTP 403, not for public use, correlation id c)",
        ),
        (
            SandboxResponse(403, body='{"category": "MISSING_SCOPES", "message": "no"}'),
            "the access token lacks a scope (HTTP 403, no)",
        ),
        (
            SandboxResponse(401, body='{"category": "INVALID_AUTHENTICATION", "message": "no"}'),
            "HubSpot does not accept the access token (HTTP 401, no)",
        ),
        (
            SandboxResponse(401, body="<title>Log in</title>"),
            "the request was refused, by HubSpot or by a proxy or firewall in front of it (HTTP "
            "401",
        ),
        (
            SandboxResponse(302, headers={"Location": "https://login.example/"}),
            "redirects to https://login.example/",
        ),
        (
            SandboxResponse(429, headers={"Retry-After": "86400"}),
            "not retried: that requires a wait of 86",
        ),
    ],
)
def test_a_run_that_stops_early_says_why_and_how_to_go_on(
    cli: Cli, contacts: Path, answer: SandboxResponse, sentence: str
) -> None:
    cli.sandbox.faults = lambda request: answer if request.ordinal % 2 else None
    arguments = ["associations", "contacts", "deals", "--ids", contacts, "--output", "rows.jsonl"]
    result = cli(*arguments, "--missing", "missing.jsonl")
    assert result.code == 3
    assert sentence in result.err
    assert "Traceback" not in result.err
    *_, hint = result.err.splitlines()
    command = shlex.split(hint.removeprefix("To continue: "))
    assert command[2] == "--resume"
    rows = [json.loads(line)["from"]["id"] for line in Path("rows.jsonl").read_bytes().splitlines()]
    assert sorted([*rows, *(each["id"] for each in missing())]) == sorted(PORTAL.contact_ids)
    cli.sandbox.faults = None
    assert cli(*command[1:]).code == 0
    uninterrupted = cli("associations", "contacts", "deals", "--ids", contacts)
    # An object of which a page failed comes after the others of its chunk.
    assert sorted(Path("rows.jsonl").read_bytes().splitlines()) == sorted(
        uninterrupted.out.splitlines()
    )


def test_a_wrong_token_stops_the_run_and_is_not_told(cli: Cli) -> None:
    result = cli("associations", "contacts", "deals", "1", "--debug", token="pat-secret-token")
    assert result.code == 3
    assert "HubSpot does not accept the access token (HTTP 401" in result.err
    assert "Traceback" in result.err
    assert "secret" not in result.err


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["associations", "unicorns", "deals", "1"], "Unable to infer object type from: unicorns"),
        (["campaigns", PORTAL.campaign_ids[0], "--properties", "nope"], "Forbidden properties"),
    ],
)
def test_what_hubspot_cannot_make_sense_of_is_wrong_use(
    cli: Cli, command: list[str], message: str
) -> None:
    result = cli(*command, "--output", "rows.jsonl")
    assert result.code == 2
    assert message in result.err
    assert "To continue" not in result.err


def test_the_command_that_continues_can_be_pasted(cli: Cli) -> None:
    cli.sandbox.faults = lambda _: incidents.rate_limited("DAILY")
    command = ["associations", "contacts", "deals", "--output", "it's $1.jsonl"]
    for arguments, stdin in (([], b"1\n"), (["--", "1"], b"")):
        result = cli(*command[:5], *arguments, stdin=stdin)
        hint = result.err.splitlines()[-1]
        assert ("(with the same ids on standard input)" in hint) == bool(stdin)
        _, _, pasted = hint.partition(": ")
        again = cli(*shlex.split(pasted)[1:], stdin=stdin)
        assert again.code == 3
        assert "To continue" in again.err


def test_a_token_without_the_scope_is_told_with_the_scope(cli: Cli) -> None:
    result = cli("associations", "contacts", "deals", "1", token=TOKEN_WITHOUT_SCOPES)
    assert result.code == 3
    assert "the access token lacks a scope, one of crm." in result.err


def test_a_chunk_that_fails_does_not_keep_the_others(cli: Cli, contacts: Path) -> None:
    def faults(request: SandboxRequest) -> SandboxResponse | None:
        is_second = {"id": PORTAL.contact_ids[1000]} in request.document["inputs"]
        return SandboxResponse(200, body='{"results": 5}') if is_second else None

    cli.sandbox.faults = faults
    command = ["associations", "contacts", "deals", "--ids", contacts, "--missing", "missing.jsonl"]
    result = cli(*command)
    assert result.code == 1
    unread = [each for each in missing() if each["reason"] == "unread"]
    assert [each["id"] for each in unread] == list(PORTAL.contact_ids[1000:2000])
    assert "results" in unread[0]["message"]
    assert len(result.rows) + len(missing()) == len(PORTAL.contact_ids)


def test_a_run_stops_when_no_chunk_can_be_answered(cli: Cli) -> None:
    cli.sandbox.faults = lambda _: SandboxResponse(200, body='{"results": 5}')
    ids = "".join(f"{number}\n" for number in range(1, 10_000)).encode()
    result = cli("associations", "contacts", "deals", stdin=ids)
    assert result.code == 3
    assert "AssociationEnvelope" in result.err


def test_what_hubspot_cut_short_is_told(cli: Cli) -> None:
    result = cli("associations-v3", "contacts", "deals", *PORTAL.contact_ids[:10])
    assert result.code == 0
    assert result.err.startswith("Warning: HubSpot cut ")
    assert "read_associations reads all of them" in result.err


def test_parquet_needs_its_extra_and_says_which(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "hubspot_batch_read.files.parquet", raising=False)
    result = cli("campaigns", "1", "--format", "parquet", "--output", "rows.parquet")
    assert result.code == 2
    assert 'pip install "hubspot-batch-read[arrow]"' in result.err


def test_the_command_without_its_extra_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from hubspot_batch_read import cli as package  # noqa: PLC0415 - not the fixture

    monkeypatch.setitem(sys.modules, "typer", None)
    for name in [name for name in sys.modules if name.startswith("hubspot_batch_read.cli.")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(SystemExit) as end:
        package.main()
    assert end.value.code == 2
    assert capsys.readouterr().err == (
        'This command needs an extra: pip install "hubspot-batch-read[cli]"\n'
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_the_example_of_each_help_runs(cli: Cli, command: str) -> None:
    (example,) = [line for line in cli.help(command).splitlines() if "Example: " in line]
    words = shlex.split(example)
    assert words[1:3] == ["hubspot-batch-read", command]
    assert cli(*words[2:]).code in {0, 1}  # its ids do not exist


def test_an_id_that_hubspot_refuses_keeps_no_other(cli: Cli, contacts: Path) -> None:
    odd = PORTAL.contact_ids[1500]
    refusal = {"status": "error", "category": "VALIDATION_ERROR", "message": "an odd id"}

    def faults(request: SandboxRequest) -> SandboxResponse | None:
        is_refused = {"id": odd} in request.document["inputs"]
        return SandboxResponse(400, body=json.dumps(refusal)) if is_refused else None

    cli.sandbox.faults = faults
    command = ["associations", "contacts", "companies", "--ids", contacts]
    result = cli(*command, "--output", "rows.jsonl", "--missing", "missing.jsonl")
    rows = Path("rows.jsonl").read_bytes().splitlines()
    said = {"category": "VALIDATION_ERROR", "message": "an odd id"}
    assert [each for each in missing() if each["reason"] == "error"] == [line(odd, "error") | said]
    assert len(rows) + len(missing()) == len(PORTAL.contact_ids)
    assert result.code == 1
    assert f"First problem: {odd}: an odd id.\n" in result.err
    requests = cli.sandbox.traffic.requests
    again = cli(*command, "--output", "rows.jsonl", "--missing", "missing.jsonl", "--resume")
    assert (again.code, cli.sandbox.traffic.requests) == (1, requests)


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt(), SystemExit(130)], ids=repr)
def test_an_interrupt_before_a_read_is_told(
    interrupt: BaseException, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise interrupt

    monkeypatch.setattr("hubspot_batch_read.cli.app.app", interrupted)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 3
    assert capsys.readouterr().err == "Error: interrupted before the command started.\n"
