"""Many portals in one process."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pytest

from hubspot_batch_read import RateLimit, TableRead
from hubspot_batch_read.sandbox import Hold, Latency, Sandbox, SandboxRequest, incidents
from tests.engines.portal import options, portal, sandbox
from tests.unit.budget_servers import budget_server


@pytest.fixture
def running() -> Iterator[Sandbox]:
    with sandbox(portal=portal()) as made:
        yield made


def tokens(running: Sandbox, *refused: str) -> Callable[[str], str]:
    """Return a function that knows the token of each portal, or one that is refused."""
    return lambda name: "wrong" if name in refused else running.token


def join_threads() -> None:
    for thread in threading.enumerate():
        if thread.name.startswith("hubspot-batch-read"):
            thread.join(10)


def described(running: Sandbox, **others: object) -> TableRead:
    defaults: dict[str, object] = {"portal_column": "portal", "access_token": tokens(running)}
    return TableRead.associations(
        "contacts", "companies", **options(running, **{**defaults, **others})
    )


def rows(read: TableRead, **columns: Any) -> list[dict[str, object]]:
    table = pa.table(columns)
    return [row for each in read(table.to_batches(max_chunksize=100)) for row in each.to_pylist()]


def test_rows_name_their_portal(running: Sandbox) -> None:
    found = rows(described(running), portal=["a", "b", "a"], id=["1", "1", "7"])
    assert Counter((row["portal"], row["input_id"], row["to_id"]) for row in found) == {
        ("a", "1", "900001"): 1,
        ("b", "1", "900001"): 1,
        ("a", "7", "900007"): 1,
    }


def test_portals_may_be_numbers(running: Sandbox) -> None:
    assert rows(described(running), portal=[42], id=[1])[0]["portal"] == "42"


def test_an_id_without_a_portal_is_invalid(running: Sandbox) -> None:
    found = rows(described(running), portal=["a", None], id=["1", "3"])
    by_id = {row["input_id"]: row for row in found}
    assert by_id["3"]["outcome"] == "invalid"
    assert by_id["3"]["error_message"] == "it has no portal"
    assert by_id["1"]["outcome"] == "record"


def test_portals_that_refuse_stop_no_other(running: Sandbox) -> None:
    names = [str(number) for number in range(200)]
    refusing = names[::10]
    read = described(running, access_token=tokens(running, *refusing))
    requests: Counter[str] = Counter()
    running.faults = lambda request: requests.update([request.headers["authorization"]])
    found = rows(read, portal=names * 20, id=[id_ for id_ in range(1, 41, 2) for _ in names])
    assert Counter(row["outcome"] for row in found if row["portal"] in refusing) == {"unread": 400}
    assert {row["outcome"] for row in found if row["portal"] not in refusing} == {"record"}
    assert len({(row["portal"], row["input_id"]) for row in found}) == 4_000
    messages = {row["error_message"] for row in found if row["portal"] in refusing}
    assert all("HubSpot does not accept the access token" in str(each) for each in messages)
    assert requests == {f"Bearer {running.token}": 180, "Bearer wrong": 20}


def test_a_portal_that_refuses_gets_one_request(running: Sandbox) -> None:
    read = described(running, access_token=tokens(running, "a"))
    found = rows(read, portal=["a"] * 10_000, id=range(1, 10_001))
    assert Counter(row["outcome"] for row in found) == {"unread": 10_000}
    assert running.traffic.requests == 1


@pytest.mark.parametrize("argument", ["access_token", "rate_limit"])
def test_a_portal_without_its_own_says_so(running: Sandbox, argument: str) -> None:
    known = {"a": running.token if argument == "access_token" else None}
    read = described(running, **{argument: lambda name: known[name]})
    found = {row["portal"]: row for row in rows(read, portal=["a", "b"], id=["1", "1"])}
    assert found["a"]["outcome"] == "record"
    assert found["b"]["outcome"] == "unread"
    assert found["b"]["error_message"] == "KeyError: 'b'"


def test_as_many_portals_as_asked_for_are_read_at_once(running: Sandbox) -> None:
    running.faults = lambda _: Latency(0.05)
    rows(described(running, portals_at_once=3), portal=[*map(str, range(12))], id=["1"] * 12)
    assert running.traffic.most_at_once == 3


def test_a_slow_portal_holds_up_no_other(running: Sandbox) -> None:
    others_are_done = threading.Event()

    def faults(request: SandboxRequest) -> Hold | None:
        return Hold(others_are_done) if request.headers["authorization"].endswith(slow) else None

    slow = running.issue_token()
    running.faults = faults
    read = described(running, access_token=lambda name: slow if name == "0" else running.token)
    seen = []
    for batch in read.portals((str(name), ["1"]) for name in range(20)):
        seen.append(batch["portal"][0].as_py())
        if len(seen) == 19:
            others_are_done.set()
    assert seen[-1] == "0"


def test_each_portal_has_its_own_shared_budget(running: Sandbox) -> None:
    with budget_server() as server:
        limit = RateLimit(100, per=10, shared=server.address, key="app")
        found = rows(described(running, rate_limit=limit), portal=["a", "b"], id=["1", "1"])
        keys = {key.decode() for key in server.client().scan_iter()}
    assert {row["outcome"] for row in found} == {"record"}
    assert all(any(f"app {name}" in key for key in keys) for name in "ab")


def test_a_limit_may_be_a_function_of_the_portal(running: Sandbox) -> None:
    asked = []

    def limit(name: str) -> RateLimit:
        asked.append(name)
        return RateLimit(10, per=1)

    rows(described(running, rate_limit=limit), portal=["a", "b"], id=["1", "1"])
    assert sorted(asked) == ["a", "b"]


def test_a_server_that_is_down_leaves_its_ids_unread(running: Sandbox) -> None:
    running.faults = lambda _: incidents.bad_gateway()
    settings = {"base_url": running.base_url, "max_retries": 0}
    found = rows(described(running, settings=settings), portal=["a", "b"] * 3, id=range(6))
    assert Counter((row["portal"], row["outcome"]) for row in found) == {
        ("a", "unread"): 3,
        ("b", "unread"): 3,
    }


def test_what_an_iterable_raises_ends_the_read(running: Sandbox) -> None:
    def ids() -> Iterator[str]:
        yield "1"
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(described(running).portals([("a", ids()), ("b", ["1"])]))


def test_a_portal_that_is_down_keeps_values_that_are_no_ids(running: Sandbox) -> None:
    running.faults = lambda _: incidents.bad_gateway()
    settings = {"base_url": running.base_url, "max_retries": 0}
    ids: Any = [*range(1, 30_001), 2.5, None, b"x"]
    batches = [*described(running, settings=settings).portals([("a", ids)])]
    found = {row["input_id"]: row["outcome"] for batch in batches for row in batch.to_pylist()}
    assert len(found) == 30_003
    assert (found["2.5"], found[None], found["b'x'"]) == ("unread", "invalid", "unread")


@pytest.mark.parametrize(
    ("portals", "message"),
    [
        ({"42": ["1"]}, r"ids: .*items\(\)"),
        ([("a", "12")], "ids of the portal a: expected an iterable of ids, got '12'"),
        ([("a", {"1": "2"})], "ids of the portal a: .* got a dict"),
        ([("a", None)], "ids of the portal a: .* got None"),
        ([("a", pa.array(["1"]))], r"got a StringArray; pass its to_pylist"),
        ([(42, ["1"])], "expected a portal as text, got 42"),
    ],
)
def test_anything_but_portals_with_ids_is_refused(
    running: Sandbox, portals: Any, message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        list(described(running).portals(portals))


@pytest.mark.parametrize("type_", [pa.string_view(), pa.large_string()], ids=str)
def test_any_kind_of_text_can_be_sorted(running: Sandbox, type_: pa.DataType) -> None:
    portals = pa.array(["b", None, "a"]).cast(type_)
    found = rows(described(running), portal=portals, id=pa.array(["1", "3", "1"]).cast(type_))
    assert {row["portal"]: row["outcome"] for row in found} == {
        "a": "record",
        "b": "record",
        None: "invalid",
    }


def test_portals_need_a_column() -> None:
    with pytest.raises(TypeError, match="portal_column"):
        TableRead.campaigns().portals([("a", ["1"])])


def test_a_loop_that_is_left_ends_its_threads(running: Sandbox) -> None:
    before = threading.active_count()
    read = described(running)
    loop = read.portals((str(name), range(1, 5_000)) for name in range(8))
    next(loop)
    loop.close()
    join_threads()
    assert threading.active_count() <= before


def test_nothing_waiting_for_the_first_is_sent_after_the_end(running: Sandbox) -> None:
    has_come, is_over = threading.Event(), threading.Event()
    requests: list[SandboxRequest] = []

    def faults(request: SandboxRequest) -> Hold:
        requests.append(request)
        has_come.set()
        return Hold(is_over)

    def portals() -> Iterator[tuple[str, range]]:
        yield "a", range(1, 20_000)
        has_come.wait(10)
        raise OSError("the list of portals is gone")

    running.faults = faults
    with pytest.raises(OSError, match="the list of portals is gone"):
        list(described(running).portals(portals()))
    is_over.set()
    join_threads()
    assert len(requests) == 1
