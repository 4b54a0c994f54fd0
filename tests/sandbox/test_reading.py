"""Whole reads over real sockets, with everything that can go wrong: no id and no row is lost."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest

from hubspot_batch_read import AsyncHubSpot, HubSpot
from hubspot_batch_read.reading import Reading
from hubspot_batch_read.sandbox import (
    Altered,
    Drop,
    Fault,
    Hold,
    Latency,
    Portal,
    Sandbox,
    SandboxRequest,
    SlowBody,
    at_rate,
    in_order,
    incidents,
)
from hubspot_batch_read.sandbox.data.associations import Direction
from hubspot_batch_read.sending import retries
from tests.reads import EVERY_READ, check_listed

MANY = 6_000
CAMPAIGNS = 2_000
"""Forty requests, and each record takes far longer than those of the other reads."""
RATE = 0.5
UNKNOWN = ["1", "22", "333"]
MALFORMED = ["nonsense", "4-4"]
NO_CAMPAIGN = "00000000-0000-4000-8000-000000000000"

# What may pass: each of these is met once in a while, and no row is lost by it.
PASSING: dict[str, Fault] = {
    "rate_limited_ten_secondly": incidents.rate_limited(
        "TEN_SECONDLY_ROLLING", interval_milliseconds=20
    ),
    "rate_limited_secondly": incidents.rate_limited("SECONDLY", interval_milliseconds=20),
    "locked": incidents.locked(),
    "migrating": incidents.migrating("0.01"),
    "server_error": incidents.server_error(),
    "empty_500": incidents.empty_500(),
    "bad_gateway": incidents.bad_gateway(),
    "unavailable": incidents.unavailable("0.01"),
    "gateway_timeout": incidents.gateway_timeout(),
    "cloudflare_521": incidents.cloudflare(521),
    "cloudflare_523": incidents.cloudflare(523),
    "cloudflare_524": incidents.cloudflare(524),
    "latency": Latency(0.02),
    "slow_body": SlowBody(0.02),
    **{drop.name.lower(): drop for drop in Drop},
}
# What does not: the request fails for good.
LASTING: dict[str, Fault] = {
    "rate_limited_daily": incidents.rate_limited("DAILY", interval_milliseconds=20),
    "not_found": incidents.not_found(),
    "cloudflare_520": incidents.cloudflare(520),
    "cloudflare_522": incidents.cloudflare(522),
    "cloudflare_525": incidents.cloudflare(525),
    "cloudflare_526": incidents.cloudflare(526),
    "migrating_for_a_day": incidents.migrating(86_400),
    "other_2xx_that_is_no_envelope": Altered(lambda _: {"hello": "world"}, status=202),
}


class Read(NamedTuple):
    """A read of many ids, among them some that do not exist and some that cannot."""

    method: Callable[[HubSpot | AsyncHubSpot, Portal], Any]
    ids: Callable[[Portal], list[str]]


def contacts(portal: Portal) -> list[str]:
    return [*portal.contact_ids, *UNKNOWN, *MALFORMED]


def some_flows(portal: Portal) -> list[str]:
    return [*portal.flow_ids[:1000], *UNKNOWN]


READS = {
    "associations": Read(
        lambda hubspot, portal: hubspot.read_associations(
            "contacts", "companies", contacts(portal), on_error="collect"
        ),
        contacts,
    ),
    "associations_v3": Read(
        lambda hubspot, portal: hubspot.read_associations_v3(
            "contacts", "deals", contacts(portal), on_error="collect"
        ),
        contacts,
    ),
    # Few requests with little in them: what is read again and again.
    "some_mappings": Read(
        lambda hubspot, portal: hubspot.read_workflow_id_mappings(
            flow_ids=some_flows(portal), on_error="collect"
        ),
        some_flows,
    ),
    "campaigns": Read(
        lambda hubspot, portal: hubspot.read_campaigns(
            iter([*portal.campaign_ids, NO_CAMPAIGN, *MALFORMED]),
            properties=(name for name in ["hs_name"]),
            on_error="collect",
        ),
        lambda portal: [*portal.campaign_ids, NO_CAMPAIGN, *MALFORMED],
    ),
    "workflow_id_mappings": Read(
        lambda hubspot, portal: hubspot.read_workflow_id_mappings(
            flow_ids=[*map(int, portal.flow_ids), *UNKNOWN], on_error="collect"
        ),
        lambda portal: [*portal.flow_ids, *UNKNOWN],
    ),
}


def test_every_read_meets_every_fault() -> None:
    names = [f"read_{name}" for name in READS if name != "some_mappings"]
    check_listed(names, EVERY_READ, "READS in tests/sandbox/test_reading.py")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    portal = Portal(seed=11, contacts=MANY, campaigns=CAMPAIGNS, workflows=MANY, page_size=100)
    with Sandbox(portal=portal) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def undisturbed(sandbox: Sandbox) -> Callable[[str], Result]:
    """The records and missing ids of each read without faults, by the name of the read."""

    @cache
    def result(name: str) -> Result:
        sandbox.faults = None
        return read(sandbox, name, asynchronous=False)

    return result


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait as little as a test can: what is tested here is the account, not the delays."""
    monkeypatch.setattr(retries, "LOCKED_SECONDS", 0.01)
    monkeypatch.setattr(retries, "BACKOFF_SECONDS", 0.02)


class Result(NamedTuple):
    """The result of a read."""

    records: list[Any]
    account: Reading[Any]


def read(sandbox: Sandbox, name: str, *, asynchronous: bool, **options: Any) -> Result:
    """Read everything."""
    method, _ = READS[name]
    options = {"base_url": sandbox.base_url, "max_retries": 12, **options}
    token = options.pop("access_token", sandbox.token)
    if not asynchronous:
        with HubSpot(token, **options) as hubspot:
            batch = method(hubspot, sandbox.portal)
            return Result(list(batch), batch)

    async def main() -> Result:
        async with AsyncHubSpot(token, **options) as hubspot:
            batch = method(hubspot, sandbox.portal)
            return Result([record async for record in batch], batch)

    return asyncio.run(main())


def check(result: Result, expected: Result, ids: list[str]) -> None:
    """Check that the account is complete, and all that was read is as if nothing had been wrong."""
    records, account = result
    unread = list(account.unread())
    settled = [*(each.id for each in account.missing), *unread]
    assert len(records) + len(settled) == len(ids) == account.summary.taken
    assert set(settled) <= set(ids)
    failed = set(unread)
    if not failed:
        assert records == expected.records
        assert account.truncated == expected.account.truncated
    else:
        assert [id_ for failure in account.failures for id_ in failure.ids] == unread
        assert records == without(expected, failed)
    assert [*account.missing] == [
        each for each in expected.account.missing if each.id not in failed
    ]
    assert account.other_errors == []
    assert account.summary.unexpected == 0


def missing(account: Any, reason: str) -> list[str]:
    return [each.id for each in account.missing if each.reason == reason]


def without(expected: Result, failed: set[str]) -> list[Any]:
    """Return the records that are expected where these ids were not read."""
    ids = [
        getattr(record, "id", None)
        or (str(record.flow_id) if hasattr(record, "flow_id") else record.from_.id)
        for record in expected.records
    ]
    return [record for id_, record in zip(ids, expected.records, strict=True) if id_ not in failed]


both = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])


def test_a_read_returns_what_the_portal_has(
    sandbox: Sandbox, undisturbed: Callable[[str], Result]
) -> None:
    portal = sandbox.portal
    source, target = map(portal.associations.object_type, ("contacts", "companies"))
    assert source is not None
    assert target is not None
    linked = {
        id_: portal.associations.of(Direction(source, target), id_) for id_ in portal.contact_ids
    }
    records, account = undisturbed("associations")
    assert [
        (
            record.from_.id,
            [
                (each.to_object_id, [kind.type_id for kind in each.association_types])
                for each in record.to
            ],
        )
        for record in records
    ] == [
        (id_, [(str(each.id), [kind.type_id for kind in each.types]) for each in links])
        for id_, links in linked.items()
        if links
    ]
    assert sorted(missing(account, "without_associations")) == sorted(
        [*UNKNOWN, *(id_ for id_, links in linked.items() if not links)]
    )
    assert missing(account, "error") == MALFORMED


def test_the_other_reads_put_each_id_in_its_place(
    sandbox: Sandbox, undisturbed: Callable[[str], Result]
) -> None:
    portal = sandbox.portal
    campaigns = undisturbed("campaigns")
    assert [record.id for record in campaigns.records] == list(portal.campaign_ids)
    assert missing(campaigns.account, "unanswered") == [NO_CAMPAIGN]
    assert missing(campaigns.account, "error") == MALFORMED
    assert portal.campaign_ids[2] in {cut.id for cut in campaigns.account.truncated}
    mappings = undisturbed("workflow_id_mappings")
    assert [(str(each.flow_id), str(each.workflow_id)) for each in mappings.records] == list(
        zip(portal.flow_ids, portal.workflow_ids, strict=True)
    )
    assert [(error.id, error.sub_category) for error in mappings.account.missing] == [
        (id_, "FLOW_NOT_FOUND") for id_ in UNKNOWN
    ]
    v3 = undisturbed("associations_v3")
    assert {cut.id for cut in v3.account.truncated} == {
        record.from_.id for record in v3.records if len(record.to) == 100
    }
    assert v3.account.truncated


@both
@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_passes_costs_no_row(
    sandbox: Sandbox, undisturbed: Callable[[str], Result], name: str, asynchronous: bool
) -> None:
    expected = undisturbed("some_mappings")
    before = sandbox.traffic.faults.count(PASSING[name])
    sandbox.faults = at_rate(0.4, [PASSING[name]], seed=3)
    result = read(sandbox, "some_mappings", asynchronous=asynchronous)
    assert sandbox.traffic.faults.count(PASSING[name]) > before
    assert result.account.failures == []
    check(result, expected, READS["some_mappings"].ids(sandbox.portal))


@both
@pytest.mark.parametrize("name", LASTING)
def test_a_fault_that_lasts_costs_the_rows_of_its_request_only(
    sandbox: Sandbox, undisturbed: Callable[[str], Result], name: str, asynchronous: bool
) -> None:
    expected = undisturbed("some_mappings")
    before = sandbox.traffic.faults.count(LASTING[name])
    sandbox.faults = at_rate(0.4, [LASTING[name]], seed=3)
    result = read(sandbox, "some_mappings", asynchronous=asynchronous)
    failures = sandbox.traffic.faults.count(LASTING[name]) - before
    assert len(result.account.failures) == failures > 0  # not retried
    check(result, expected, READS["some_mappings"].ids(sandbox.portal))


@both
@pytest.mark.parametrize("name", [name for name in READS if name != "some_mappings"])
def test_all_faults_together_leave_a_complete_account(
    sandbox: Sandbox, undisturbed: Callable[[str], Result], name: str, asynchronous: bool
) -> None:
    expected = undisturbed(name)
    lasting = list(LASTING.values())[: 2 if name == "campaigns" else 1]
    sandbox.faults = at_rate(RATE, [*PASSING.values(), *PASSING.values(), *lasting], seed=1)
    result = read(sandbox, name, asynchronous=asynchronous)
    check(result, expected, READS[name].ids(sandbox.portal))


def shuffled(document: dict[str, Any]) -> dict[str, Any]:
    """Return a response in another form of HubSpot's: in another order, with numbers as ids."""
    rows = document["results"][::-1]
    for row in rows:
        row["from"]["id"] = int(row["from"]["id"])
    return {**document, "results": [*rows, *rows[:5]], "numErrors": 1000}


@both
def test_order_repetition_and_numeric_ids_change_nothing(
    sandbox: Sandbox, undisturbed: Callable[[str], Result], asynchronous: bool
) -> None:
    expected = undisturbed("associations")
    sandbox.faults = at_rate(1.0, [Altered(shuffled)])
    result = read(sandbox, "associations", asynchronous=asynchronous)
    check(result, expected, contacts(sandbox.portal))


@both
def test_a_missing_row_is_an_id_without_an_answer(sandbox: Sandbox, asynchronous: bool) -> None:
    def without_last(document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "results": document["results"][:-1]}

    sandbox.faults = at_rate(1.0, [Altered(without_last)])
    records, account = read(sandbox, "workflow_id_mappings", asynchronous=asynchronous)
    assert len(records) == MANY - MANY // 100
    assert len(missing(account, "unanswered")) == MANY // 100


@both
def test_what_failed_can_be_read_from_unread(
    sandbox: Sandbox, undisturbed: Callable[[str], Result], asynchronous: bool
) -> None:
    expected = undisturbed("workflow_id_mappings")
    sandbox.faults = at_rate(0.5, [incidents.not_found()], seed=5)
    records, account = read(sandbox, "workflow_id_mappings", asynchronous=asynchronous)
    unread = list(account.unread())
    assert unread
    sandbox.faults = None
    with HubSpot(sandbox.token, base_url=sandbox.base_url) as hubspot:
        again = hubspot.read_workflow_id_mappings(flow_ids=unread)
        records += again.all()
    assert sorted(map(repr, records)) == sorted(map(repr, expected.records))


@both
def test_a_token_that_expires_is_replaced_and_costs_nothing(
    sandbox: Sandbox, undisturbed: Callable[[str], Result], asynchronous: bool
) -> None:
    expected = undisturbed("workflow_id_mappings")
    sandbox.faults = None
    issued: list[str] = []

    def fresh() -> str:
        issued.append(sandbox.issue_token(requests=15))
        return issued[-1]

    result = read(sandbox, "workflow_id_mappings", asynchronous=asynchronous, access_token=fresh)
    check(result, expected, READS["workflow_id_mappings"].ids(sandbox.portal))
    # 61 requests: each token is good for 15 of them, and up to four at a time find it expired.
    assert 5 <= len(issued) <= 6


@both
@pytest.mark.parametrize("requests", [1, 2])
def test_a_token_for_fewer_requests_than_run_costs_nothing(
    sandbox: Sandbox, undisturbed: Callable[[str], Result], asynchronous: bool, requests: int
) -> None:
    expected = undisturbed("workflow_id_mappings")
    sandbox.faults = None
    result = read(
        sandbox,
        "workflow_id_mappings",
        asynchronous=asynchronous,
        max_concurrency=8,
        access_token=lambda: sandbox.issue_token(requests=requests),
    )
    check(result, expected, READS["workflow_id_mappings"].ids(sandbox.portal))


@both
def test_as_many_requests_as_allowed_run_at_the_same_time(
    sandbox: Sandbox, asynchronous: bool
) -> None:
    together = threading.Event()
    first = sandbox.traffic.requests

    def hold(request: SandboxRequest) -> Fault:
        if request.ordinal == first + 3:
            together.set()
        return Hold(together)

    sandbox.faults = hold
    options = {"max_concurrency": 3, "rate_limit": None}  # a limit would space the first ones out
    read(sandbox, "associations", asynchronous=asynchronous, **options)
    assert together.is_set()  # so three were under way before any was answered


@both
def test_each_wait_is_logged_and_no_token(
    sandbox: Sandbox, asynchronous: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sandbox.faults = in_order([incidents.server_error(), Drop.BEFORE])
    read(sandbox, "workflow_id_mappings", asynchronous=asynchronous)
    messages = [each.getMessage() for each in caplog.records if each.name == "hubspot_batch_read"]
    assert len(messages) == 2
    assert any("HTTP 500, correlation id " in message for message in messages)
    assert any("RemoteProtocolError" in message for message in messages)
    assert sandbox.token not in caplog.text
