"""The description of a read, carried out in this process."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubspot_batch_read import (
    ArgumentError,
    AsyncHubSpot,
    AuthenticationError,
    BadRequestError,
    ClosedError,
    FileRefusedError,
    HubSpot,
    InvalidIdError,
    PermissionDeniedError,
    RateLimit,
    Read,
    TableRead,
    TokenFile,
    TokenVariable,
    WaitTooLongError,
)
from hubspot_batch_read.engines.checks import check_holds_no_secret
from hubspot_batch_read.engines.table_read import Settings
from hubspot_batch_read.sandbox import (
    EXPIRED_TOKEN,
    TOKEN_WITHOUT_SCOPES,
    Latency,
    Portal,
    Sandbox,
    SandboxRequest,
    SandboxResponse,
    incidents,
)
from tests.engines.portal import (
    IDS,
    VARIABLE,
    contacts,
    counted,
    faulty,
    options,
    outcomes,
    portal,
    sandbox,
    without_positions,
)
from tests.examples import examples
from tests.reads import EVERY_READ, check_listed

CATEGORY = pa.dictionary(pa.int8(), pa.string())
GUID = "11111111-2222-4333-8444-555555555555"
OUTCOME = ["outcome", "error_category", "error_message"]


def rows(read: TableRead, ids: Any, size: int = 700) -> list[dict[str, object]]:
    """Return the rows of ids that come in batches of a size."""
    batches = pa.table({"id": pa.array(ids)}).to_batches(max_chunksize=size)
    return [row for batch in read(batches) for row in batch.to_pylist()]


@pytest.fixture
def running() -> Iterator[Sandbox]:
    with sandbox(portal=portal()) as made:
        yield made


# The rows


def test_each_id_has_a_row_with_its_outcome(running: Sandbox) -> None:
    found = rows(contacts(running), IDS)
    assert {row["input_id"] for row in found} == set(IDS)
    assert outcomes(counted(found)) == Counter(
        record=10_000, without_associations=1_999, invalid=3, error=1
    )


def test_a_record_has_the_columns_of_the_operation(running: Sandbox) -> None:
    read = contacts(running)
    own = ["from_id", "to_id", "type_id", "category", "label"]
    assert read.schema.names == ["input_id", *own, *OUTCOME]
    assert rows(read, ["7"]) == [
        {
            "input_id": "7",
            "from_id": "7",
            "to_id": "900007",
            "type_id": 279,
            "category": "HUBSPOT_DEFINED",
            "label": None,
            "outcome": "record",
            "error_category": None,
            "error_message": None,
        }
    ]


def test_the_rows_say_why_there_is_no_record(running: Sandbox) -> None:
    why = {row["input_id"]: [row[name] for name in OUTCOME] for row in rows(contacts(running), IDS)}
    assert why[""] == [
        "invalid",
        None,
        "ids[8001]: expected an id as text or whole number, got '': it is empty",
    ]
    assert why[None] == ["invalid", None, "it stands for a missing value"]
    assert why["2"] == ["without_associations", None, None]
    assert why["not-a-number"][:2] == ["error", "VALIDATION_ERROR"]


def test_an_id_with_several_rows_has_each(running: Sandbox) -> None:
    found = rows(contacts(running), ["1", "3", "5"])
    assert [row["input_id"] for row in found] == ["1", "3", "3", "3", "5"]


@pytest.mark.parametrize(
    "type_",
    [
        pa.string(),
        pa.large_string(),
        pa.int64(),
        pa.uint32(),
        CATEGORY,
    ],
    ids=str,
)
def test_ids_are_text_or_whole_numbers(running: Sandbox, type_: pa.DataType) -> None:
    is_text = not pa.types.is_integer(type_)
    ids = pa.array(["1", "2", None] if is_text else [1, 2, None], type_)
    assert [row["input_id"] for row in rows(contacts(running), ids)] == ["1", "2", None]


def test_decimals_without_a_fraction_are_ids(running: Sandbox) -> None:
    ids = pa.array([1, 2]).cast(pa.decimal128(20, 0))
    assert [row["input_id"] for row in rows(contacts(running), ids)] == ["1", "2"]


@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ids=st.lists(st.sampled_from(["1", "2", "3", "01", "x", "", None]), max_size=30),
    size=st.integers(1, 7),
)
def test_the_rows_do_not_depend_on_the_batches(
    running: Sandbox, ids: list[str | None], size: int
) -> None:
    read = contacts(running)
    together = counted(rows(read, pa.array(ids, pa.string()), size=100))
    apart = counted(rows(read, pa.array(ids, pa.string()), size=size))
    assert without_positions(apart) == without_positions(together)


def test_requests_are_full_across_batches(running: Sandbox) -> None:
    rows(contacts(running), range(1, 2_501), size=7)
    assert running.traffic.requests == 3


def test_repeated_ids_are_read_once(running: Sandbox) -> None:
    assert len(rows(contacts(running), ["1", "1", "1"])) == 1


def test_faults_change_no_row(running: Sandbox) -> None:
    clean = counted(rows(contacts(running), IDS))
    running.faults = faulty()
    assert counted(rows(contacts(running), IDS)) == clean


def test_no_ids_make_no_rows(running: Sandbox) -> None:
    assert rows(contacts(running), pa.array([], pa.string())) == []
    assert running.traffic.requests == 0


def test_a_record_that_was_cut_short_says_so() -> None:
    made = Portal.empty()
    for id_ in range(150):
        made.associate("contacts", "deals", 1, 100 + id_)
    with sandbox(portal=made) as running:
        read = TableRead.associations_v3("contacts", "deals", **options(running))
        found = rows(read, ["1"])
    assert len(found) == 100
    assert {(row["outcome"], row["error_category"], row["error_message"]) for row in found} == {
        ("record", "TRUNCATED", "cut short: to; read_associations reads all of them")
    }


def test_campaigns_have_their_properties_and_assets() -> None:
    made = Portal()
    made.add_campaign(GUID, properties={"outcome": "won"})
    ids = [GUID, *made.campaign_ids]
    with sandbox(portal=made) as running:
        read = TableRead.campaigns(
            properties=iter(["hs_name", "outcome"]),
            start_date="2026-01-01",
            end_date="2026-01-31",
            **options(running),
        )
        assert "properties.outcome" in read.schema.names
        with HubSpot(running.token, base_url=running.base_url) as hubspot:
            plain = hubspot.read_campaigns(
                ids,
                properties=["hs_name", "outcome"],
                start_date="2026-01-01",
                end_date="2026-01-31",
            )
            table = plain.to_arrow().read_all()
        found = rows(read, ids)
    assert found[0]["properties.outcome"] == "won"
    for name in ("id", "created_at", "updated_at", "business_unit_ids", "hs_name", "assets"):
        assert [row[name] for row in found] == table[name].to_pylist()


@pytest.mark.parametrize("by", ["flow_id", "workflow_id"])
def test_workflow_ids_are_read_by_either_kind(by: str) -> None:
    made = Portal()
    ids = made.flow_ids if by == "flow_id" else made.workflow_ids
    with sandbox(portal=made) as running:
        found = rows(TableRead.workflow_id_mappings(by, **options(running)), ids)  # type: ignore[arg-type]
    assert [str(row[by]) for row in found] == list(ids)


# Each read as a table, and as a method of a client.
READS: dict[str, tuple[Callable[..., TableRead], Callable[[HubSpot, list[str]], Read[Any]]]] = {
    "read_associations": (
        partial(TableRead.associations, "contacts", "companies"),
        lambda hubspot, ids: hubspot.read_associations("contacts", "companies", ids),
    ),
    "read_associations_v3": (
        partial(TableRead.associations_v3, "contacts", "deals"),
        lambda hubspot, ids: hubspot.read_associations_v3("contacts", "deals", ids),
    ),
    "read_campaigns": (
        partial(TableRead.campaigns, properties=["hs_name"]),
        lambda hubspot, ids: hubspot.read_campaigns(ids, properties=["hs_name"]),
    ),
    "read_workflow_id_mappings": (
        partial(TableRead.workflow_id_mappings, "flow_id"),
        lambda hubspot, ids: hubspot.read_workflow_id_mappings(flow_ids=ids),
    ),
}


def test_every_read_is_tested_here() -> None:
    check_listed(READS, EVERY_READ, "READS in tests/engines/test_table_read.py")


@pytest.mark.parametrize("name", READS)
def test_the_rows_have_the_columns_of_the_client(name: str) -> None:
    describe, begin = READS[name]
    made = Portal(seed=7)
    kinds = [kind for kind in vars(Portal) if kind.endswith("_ids")]
    ids = [id_ for kind in kinds for id_ in getattr(made, kind)[:20]]
    with sandbox(portal=made) as running:
        found = [
            row for row in rows(describe(**options(running)), ids) if row["outcome"] == "record"
        ]
        with HubSpot(running.token, base_url=running.base_url) as hubspot:
            expected = begin(hubspot, ids).to_arrow().read_all().to_pylist()
    assert expected, f"{name} has no record for any ids of a portal"
    own = [{name: row[name] for name in expected[0]} for row in found]
    assert sorted(own, key=repr) == sorted(expected, key=repr)


# What fails


@pytest.mark.parametrize(
    ("token", "error", "sentence"),
    [
        ("wrong", AuthenticationError, "HubSpot does not accept the access token"),
        (EXPIRED_TOKEN, AuthenticationError, "the access token has expired"),
        (TOKEN_WITHOUT_SCOPES, PermissionDeniedError, "the access token lacks a scope"),
    ],
)
def test_a_refusal_of_the_token_is_raised(
    running: Sandbox, token: str, error: type[Exception], sentence: str
) -> None:
    read = contacts(running, access_token=lambda: token)
    with pytest.raises(error) as raised:
        rows(read, range(1, 20_000))
    assert sentence in raised.value.__notes__[-1]
    # one request, and for a token that has expired, one with what the function returns then
    assert running.traffic.requests <= 2


def test_a_wrong_argument_is_raised(running: Sandbox) -> None:
    read = TableRead.associations("contacts", "p_nothing", **options(running))
    with pytest.raises(BadRequestError):
        rows(read, range(1, 5_000))


def test_a_chunk_that_fails_is_unread(running: Sandbox) -> None:
    running.faults = from_id("1001", incidents.server_error)
    found = rows(contacts(running, settings=impatient(running)), range(1, 5_001))
    unread = [row for row in found if row["outcome"] == "unread"]
    assert [row["input_id"] for row in unread] == [str(id_) for id_ in range(1_001, 2_001)]
    assert {row["input_id"] for row in found} == {str(id_) for id_ in range(1, 5_001)}
    assert str(unread[0]["error_message"]).startswith("HubSpot refused the request (HTTP 500")


def test_after_three_failures_the_rest_is_not_asked_for(running: Sandbox) -> None:
    running.faults = lambda _: incidents.bad_gateway()
    found = rows(contacts(running, settings=impatient(running)), range(1, 50_001))
    assert Counter(row["outcome"] for row in found) == {"unread": 50_000}
    assert running.traffic.requests < 12
    assert all("HTTP 502" in str(row["error_message"]) for row in found)


def test_failures_that_are_not_in_a_row_end_nothing(running: Sandbox) -> None:
    def every_other(request: SandboxRequest) -> SandboxResponse | None:
        first = int(json.loads(request.body)["inputs"][0]["id"])
        return incidents.bad_gateway() if first % 2_000 == 1 else None

    running.faults = every_other
    found = rows(contacts(running, settings=impatient(running)), range(1, 10_001))
    unread = {row["input_id"] for row in found if row["outcome"] == "unread"}
    assert len(unread) == 5_000


def test_an_id_that_hubspot_refuses_costs_no_other(running: Sandbox) -> None:
    refusal = {"status": "error", "category": "VALIDATION_ERROR", "message": "seven is not wanted"}
    running.faults = from_id("7", lambda: SandboxResponse(400, json.dumps(refusal).encode()))
    found = rows(contacts(running), range(1, 3_001))
    errors = [row for row in found if row["outcome"] == "error"]
    assert [(row["input_id"], row["error_message"]) for row in errors] == [
        ("7", "seven is not wanted")
    ]


def test_requests_run_together_after_the_first(running: Sandbox) -> None:
    running.faults = lambda _: Latency(0.1)
    rows(contacts(running), range(1, 9_001))
    assert running.traffic.most_at_once == 4


def test_what_the_batches_raise_is_raised(running: Sandbox) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield from pa.table({"id": ["1"]}).to_batches()
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(contacts(running)(batches()))


def impatient(running: Sandbox) -> dict[str, object]:
    return {"base_url": running.base_url, "max_retries": 0}


def from_id(
    id_: str, fault: Callable[[], SandboxResponse]
) -> Callable[[SandboxRequest], SandboxResponse | None]:
    def source(request: SandboxRequest) -> SandboxResponse | None:
        return fault() if f'"{id_}"'.encode() in request.body else None

    return source


# What is wrong with a description


def test_without_pyarrow_the_error_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from hubspot_batch_read import TableRead\n"
        "try: TableRead.campaigns()\n"
        "except ModuleNotFoundError as error: print(error.name, error)"
    )
    printed = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert printed.startswith("pyarrow ")
    assert 'pip install "hubspot-batch-read[arrow]"' in printed


def test_a_plain_token_is_refused_with_the_ways() -> None:
    with pytest.raises(TypeError, match=r"TokenVariable.*TokenFile.*function"):
        TableRead.associations("contacts", "companies", access_token="secret")  # type: ignore[arg-type]


@pytest.mark.parametrize("client", [HubSpot, AsyncHubSpot])
def test_a_client_is_not_pickled(client: type[HubSpot]) -> None:
    with pytest.raises(TypeError, match=r"cannot be pickled.*TableRead"):
        pickle.dumps(client("secret"))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TableRead.associations("con/tacts", "companies"), "from_type"),
        (lambda: TableRead.campaigns(start_date="tomorrow"), "start_date"),
        (lambda: TableRead.campaigns(properties="hs_name"), "properties"),
        (lambda: TableRead.workflow_id_mappings("id"), "by: expected"),  # type: ignore[arg-type]
        (lambda: TableRead.campaigns(settings={"max_concurrency": 0}), "max_concurrency"),
        (lambda: TableRead.campaigns(portals_at_once=0), "portals_at_once"),
        (lambda: TableRead.campaigns(portal_column="assets"), "portal_column"),
        (lambda: TableRead.campaigns(portal_column="outcome"), "portal_column"),
        (lambda: TableRead.campaigns(id_column=5), "id_column: expected a name, got 5"),  # type: ignore[arg-type]
        (lambda: TableRead.campaigns(portal_column=5), "portal_column: expected a name, got 5"),  # type: ignore[arg-type]
        (
            lambda: TableRead.campaigns(id_column="a", portal_column="a"),
            "it must differ from id_column",
        ),
        (lambda: TableRead.campaigns(rate_limit=190), "rate_limit: expected"),  # type: ignore[arg-type]
        (
            lambda: TableRead.campaigns(portal_column="portal"),
            "access_token: .* called with the portal",
        ),
    ],
)
def test_a_mistake_shows_at_once(make: Callable[[], TableRead], message: str) -> None:
    with pytest.raises((ArgumentError, TypeError), match=message):
        make()


def test_a_missing_column_is_named(running: Sandbox) -> None:
    with pytest.raises(ArgumentError, match="no column contact; it has: id, name"):
        list(
            contacts(running, id_column="contact")(
                pa.table({"id": ["1"], "name": ["A"]}).to_batches()
            )
        )


def test_a_column_that_is_there_twice_is_named(running: Sandbox) -> None:
    twice = pa.RecordBatch.from_arrays([pa.array(["1"])] * 2, names=["id", "id"])
    with pytest.raises(ArgumentError, match="id_column: the table has 2 columns named id"):
        list(contacts(running)([twice]))


@pytest.mark.parametrize(
    "table", [pa.table({"id": ["1"]}), pa.record_batch({"id": ["1"]}), ["1"]], ids=type
)
def test_anything_but_record_batches_is_refused(running: Sandbox, table: Any) -> None:
    with pytest.raises(TypeError, match=r"expected record batches, got a .*table\.to_batches\(\)"):
        list(contacts(running)(table))


def test_floats_are_no_ids(running: Sandbox) -> None:
    with pytest.raises(ArgumentError, match="column id has the type double"):
        rows(contacts(running), [1.0])


# Pickles, and what is in them


def test_a_pickled_description_reads_the_same(running: Sandbox) -> None:
    read = contacts(running, rate_limit=RateLimit(100, per=1), id_column="id")
    copied = pickle.loads(pickle.dumps(read))
    assert copied == read
    assert counted(rows(copied, IDS)) == counted(rows(read, IDS))


@pytest.mark.parametrize(
    "error",
    [
        ClosedError(),
        FileRefusedError("out.csv: there is something"),
        InvalidIdError("ids[3]", "expected an id", "x"),
        WaitTooLongError(90.0, 60.0),
    ],
    ids=lambda error: type(error).__name__,
)
def test_exceptions_are_pickled_with_all_they_have(error: Exception) -> None:
    error.add_note("a note")
    copied = pickle.loads(pickle.dumps(error))
    assert (type(copied), str(copied), vars(copied)) == (type(error), str(error), vars(error))


def test_a_description_shows_and_holds_no_secret(running: Sandbox) -> None:
    proxy = {"proxy": "http://user:hunter2@localhost:1"}
    read = TableRead.campaigns(settings={"httpx_args": proxy})
    assert "hunter2" not in repr(read)
    assert running.token.encode() not in pickle.dumps(contacts(running))


def test_a_limit_with_a_password_comes_from_a_function(running: Sandbox) -> None:
    limit = RateLimit(5, per=1, shared="redis://:hunter2@localhost")
    with pytest.raises(TypeError, match="password"):
        pickle.dumps(contacts(running, rate_limit=limit))


@pytest.mark.parametrize(
    "proxy",
    [
        "http://user:hunter2@localhost:1",
        httpx.URL("http://user:hunter2@localhost:1"),
        httpx.Proxy("http://localhost:1", auth=("user", "hunter2")),
    ],
    ids=type,
)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_proxy_with_a_password_is_not_pickled(proxy: Any, protocol: int) -> None:
    read = TableRead.campaigns(settings={"httpx_args": {"proxy": proxy}})
    with pytest.raises(TypeError, match=r"proxy.*password.*HTTPS_PROXY"):
        pickle.dumps(read, protocol)


def test_a_proxy_without_a_password_is_pickled() -> None:
    read = TableRead.campaigns(settings={"httpx_args": {"proxy": "http://localhost:1"}})
    assert pickle.loads(pickle.dumps(read)) == read


@pytest.mark.parametrize(
    "httpx_args",
    [
        {"headers": {"X-Api-Key": "hunter2"}},
        {"headers": [("user-agent", "us"), ("authorization", "hunter2")]},
        {"cookies": {"session": "hunter2"}},
        {"params": {"key": "hunter2"}},
    ],
    ids=str,
)
def test_what_may_be_secret_is_not_pickled(httpx_args: dict[str, Any]) -> None:
    read = TableRead.campaigns(settings={"httpx_args": httpx_args})
    with pytest.raises(TypeError, match=f"{min(httpx_args)}.*function"):
        pickle.dumps(read)


def test_the_password_of_a_key_is_not_pickled() -> None:
    check_holds_no_secret({"cert": ("certificate.pem", "key.pem")})
    with pytest.raises(TypeError, match=r"cert.*function"):
        check_holds_no_secret({"cert": ("certificate.pem", "key.pem", "hunter2")})


@pytest.mark.parametrize("portal_column", [None, "portal"])
def test_settings_may_come_from_a_function(
    portal_column: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str | None] = []

    def note(request: SandboxRequest) -> None:
        seen.append(request.headers.get("x-api-key"))

    with sandbox(portal=portal(), faults=note) as running:
        monkeypatch.setenv("BASE_URL", running.base_url)
        given = {"access_token": token_of, "portal_column": portal_column}
        described = contacts(running, settings=settings_with_a_header, **given)
        read = pickle.loads(pickle.dumps(described))
        table = pa.table({"id": ["1"], "portal": ["a"]})
        assert [row["outcome"] for each in read(table.to_batches()) for row in each.to_pylist()]
    assert seen == ["hunter2"]


def settings_with_a_header() -> Settings:
    return {
        "base_url": os.environ["BASE_URL"],
        "httpx_args": {"headers": {"X-Api-Key": "hunter2"}},
    }


def token_of(*_: str) -> str:
    return os.environ[VARIABLE]


def test_a_user_agent_is_pickled() -> None:
    read = TableRead.campaigns(settings={"httpx_args": {"headers": {"User-Agent": "us"}}})
    assert pickle.loads(pickle.dumps(read)) == read


@pytest.mark.parametrize("text", ["secret-token", "secret-token\n"])
def test_a_token_comes_from_a_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "token"
    path.write_text(text)
    assert TokenFile(path)() == "secret-token"


def test_an_empty_file_is_no_token(tmp_path: Path) -> None:
    (tmp_path / "token").touch()
    with pytest.raises(ArgumentError, match="is empty"):
        TokenFile(tmp_path / "token")()


def test_a_variable_that_is_not_set_is_named(running: Sandbox) -> None:
    read = contacts(running, access_token=TokenVariable("NOT_SET_HERE"))
    with pytest.raises(ArgumentError, match="NOT_SET_HERE is not set"):
        rows(read, ["1"])


def test_a_token_in_a_variable_is_read_where_it_is_needed(
    running: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = contacts(running)
    monkeypatch.setenv(VARIABLE, "wrong")
    with pytest.raises(AuthenticationError):
        rows(read, ["1"])


def test_a_read_that_is_left_sends_nothing_more(running: Sandbox) -> None:
    batches = repeat(pa.table({"id": list(range(1, 1_001))}).to_batches()[0])
    iterator = iter(contacts(running)(batches))
    next(iterator)
    del iterator
    for thread in threading.enumerate():
        if thread.name.startswith("hubspot-batch-read"):
            thread.join(10)
            assert not thread.is_alive()
