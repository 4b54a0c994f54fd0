"""The ways to decode a response: the results are equal, and the collector stays as it was."""

from __future__ import annotations

import copy
import gc
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from hubspot_batch_read_api.errors import DecodeError
from hubspot_batch_read_api.models import (
    AssociationEnvelope,
    AssociationInput,
    AssociationRequest,
    BatchError,
    CampaignEnvelope,
    FlowIdInput,
    WorkflowIdMappingRequest,
)
from hubspot_batch_read_runtime import codec
from hubspot_batch_read_runtime.collector import MANY
from hubspot_batch_read_runtime.values import instant
from tests.contract.cases import Case, cases, envelope_model, in_full

ANSWERS = [case for case in cases() if 200 <= case.status < 300]
# HubSpot's documentation has a text as context of a detail of an error; no response ever had.
USUAL = [
    case
    for case in ANSWERS
    if not case.drift and not case.raises and b'"context": "' not in case.content
]
ASSOCIATED = {
    "toObjectId": 2,
    "associationTypes": [{"category": "WORK", "typeId": 3, "label": None}],
}
ROW = {"from": {"id": "1"}, "to": [ASSOCIATED]}


def outcome(case: Case) -> object:
    """The model of an answer, or what is wrong with it."""
    try:
        return envelope_model(case.operation).from_json(case.content)
    except DecodeError as error:
        return error.path, error.problem.partition(":")[0]


# With structs, and without


@pytest.mark.parametrize("case", USUAL, ids=lambda case: case.id)
def test_what_hubspot_usually_sends_is_decoded_as_structs(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_slow(_: object) -> None:
        pytest.fail("it was decoded as dicts, which takes twice as long")

    monkeypatch.setattr(codec, "decode", too_slow)
    assert type(outcome(case)) is envelope_model(case.operation)


def test_known_unknown_keys_are_decoded_as_structs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    new = {"news": [1, {"a": None}], "none": None}
    to = {**ASSOCIATED, **new}
    content = json.dumps({"results": [{**ROW, "to": [to], **new}, ROW], **new})
    answer = AssociationEnvelope.from_json(content)
    monkeypatch.setattr(codec, "decode", lambda _: pytest.fail("it was decoded as dicts"))
    assert AssociationEnvelope.from_json(content) == answer
    first, second = answer.results
    assert (answer.additional_properties, first.additional_properties) == (new, new)
    assert first.to[0].additional_properties == new
    assert not second.additional_properties


def test_keys_that_are_never_the_same_are_kept_as_well() -> None:
    odd = ["ä", "", "a b", '"', "\ud800", "x" * 101]
    for keys in [*([f"key {number}"] for number in range(5)), [f"key{n}" for n in range(200)], odd]:
        more = dict.fromkeys(keys, 1)
        answer = AssociationEnvelope.from_json(json.dumps({"results": [{**ROW, **more}]}))
        assert answer.results[0].additional_properties == more


@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: case.id)
def test_an_answer_is_the_same_without_msgspec(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    with_msgspec = outcome(case)
    monkeypatch.setattr(codec, "msgspec", lambda: None)
    without = outcome(case)
    assert without == with_msgspec
    assert in_full(without) == in_full(with_msgspec)


def test_msgspec_need_not_be_installed() -> None:
    code = (
        "import sys; sys.modules['msgspec'] = None\n"
        "from hubspot_batch_read_api.models import AssociationEnvelope\n"
        f"answer = AssociationEnvelope.from_json({json.dumps({'results': [ROW]})!r})\n"
        "print(answer.results[0].to[0].to_object_id)"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout == "2\n"


@pytest.mark.parametrize(
    "content",
    [
        b'\xef\xbb\xbf{"results": []}',
        '{"results": []}'.encode("utf-16"),
        b'{"results": [], "unknown": "\\ud800"}',
        b'{"results": [], "unknown": 1e400}',
        b'{"results": [], "results": []}',
    ],
    ids=["byte order mark", "UTF-16", "lone surrogate", "beyond a float", "key twice"],
)
def test_what_the_standard_library_decodes_is_decoded(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = AssociationEnvelope.from_json(content)
    assert answer.results == []
    monkeypatch.setattr(codec, "msgspec", lambda: None)
    assert AssociationEnvelope.from_json(content) == answer


def test_ids_that_are_numbers_become_text_everywhere() -> None:
    kind = {"category": "WORK", "typeId": 3, "fromObjectTypeId": 4, "toObjectTypeId": 5}
    row = {"from": {"id": 1}, "to": [{"toObjectId": 2, "associationTypes": [kind]}]}
    error = {"id": 6, "context": {"id": [7, "8"]}}
    answer = AssociationEnvelope.from_json(json.dumps({"results": [row], "errors": [error]}))
    assert answer.errors is not None
    (found,) = answer.results[0].to
    (type_,) = found.association_types
    assert (answer.results[0].from_.id, found.to_object_id) == ("1", "2")
    assert (type_.from_object_type_id, type_.to_object_type_id) == ("4", "5")
    assert (answer.errors[0].id, answer.errors[0].context) == ("6", {"id": ["7", "8"]})


@pytest.mark.parametrize(
    ("value", "error"), [(float("nan"), ValueError), ({1}, TypeError), (float("inf"), ValueError)]
)
def test_what_json_cannot_say_is_not_sent(value: object, error: type[Exception]) -> None:
    body = AssociationRequest(inputs=[], additional_properties={"x": value})
    with pytest.raises(error):
        body.to_json()
    assert gc.isenabled()


def test_text_is_sent_as_it_is() -> None:
    body = AssociationRequest(inputs=[AssociationInput(id='ä"\u2028', after="a%3D")])
    assert body.to_json() == '{"inputs":[{"id":"ä\\"\u2028","after":"a%3D"}]}'.encode()


# What is passed in


def test_from_dict_leaves_alone_what_it_is_given() -> None:
    data: dict[str, object] = {
        "results": [ROW],
        "errors": [{"message": "m", "context": {"id": [1]}, "x": [1]}],
        "x": {"y": 1},
    }
    before = copy.deepcopy(data)
    answer = AssociationEnvelope.from_dict(data)
    assert data == before
    assert answer.additional_properties["x"] is not data["x"]
    bad: dict[str, object] = {"results": [ROW, {**ROW, "to": 5}]}
    before = copy.deepcopy(bad)
    with pytest.raises(DecodeError):
        AssociationEnvelope.from_dict(bad)
    assert bad == before


def test_what_is_nested_deeply_is_kept() -> None:
    deep: dict[str, object] = {}
    for _ in range(5000):
        deep = {"a": deep}
    answer = AssociationEnvelope.from_dict({"results": [], "errors": [{"x": deep}], "x": [deep]})
    assert answer.errors is not None
    assert answer.errors[0].additional_properties["x"]
    assert answer.additional_properties["x"]


def test_what_is_kept_of_a_lenient_value_is_whole() -> None:
    detail = {"message": "m", "context": {"ids": ["1", {"a": 1}]}, "code": 5}
    errors = [{"message": "m", "errors": [detail, 7]}, "no item"]
    answer = AssociationEnvelope.from_dict({"results": [], "errors": errors})
    assert answer.additional_properties["errors"] == errors
    assert answer.errors is not None
    (error,) = answer.errors
    assert isinstance(error, BatchError)
    assert error.additional_properties["errors"] == [detail, 7]


def test_trying_the_first_kind_does_not_spoil_the_second() -> None:
    inputs = [{"type": "FLOW_ID", "flowId": "1"}, {"type": "WORKFLOW_ID", "workflowId": "2"}]
    request = WorkflowIdMappingRequest.from_dict({"inputs": inputs})
    assert FlowIdInput(flow_id="1") in request.inputs
    assert request.to_dict() == {"inputs": inputs}


# The collector

FORMS = {
    "structs": json.dumps({"results": [ROW]}),
    "dicts": json.dumps({"results": [{**ROW, "from": {"id": 1.0}}]}),
    "fault": json.dumps({"results": [{**ROW, "to": 5}]}),
    "no JSON": "<html>",
}


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.enable()
    gc.set_threshold(*thresholds)


def decode(content: str) -> None:
    try:
        AssociationEnvelope.from_json(content)
    except DecodeError as error:
        assert error.problem  # noqa: PT017 - either outcome will do


def while_decoding(
    monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], form: str = "dicts"
) -> None:
    """Decode, and act in the middle of it."""

    def acting(value: object) -> object:
        act()
        return instant(value)

    monkeypatch.setattr("hubspot_batch_read_api.models.campaign.instant", acting)
    row = {"id": "1", "createdAt": "2026-01-02T03:04:05.678Z"}
    unknown = {"unknown": 1} if form == "dicts" else {}
    CampaignEnvelope.from_json(json.dumps({"results": [{**row, **unknown}]}))


def in_another_thread(function: Callable[[], object]) -> None:
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("is_on", [True, False])
@pytest.mark.parametrize("thresholds", [(700, 10, 10), (0, 10, 10), (1, 2, 3), (10**9, 1, 1)])
def test_the_collector_is_left_as_it_was(
    form: str, is_on: bool, thresholds: tuple[int, int, int]
) -> None:
    gc.set_threshold(*thresholds)
    usual = gc.get_threshold()
    gc.enable() if is_on else gc.disable()
    decode(FORMS[form])
    assert gc.isenabled() is is_on
    assert gc.get_threshold() == usual


@pytest.mark.parametrize("form", ["structs", "dicts"])
def test_what_is_decoded_is_seldom_looked_through_meanwhile(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, bool]] = []
    while_decoding(monkeypatch, lambda: seen.append((gc.get_threshold()[0], gc.isenabled())), form)
    assert set(seen) == {(MANY, True)}


@pytest.mark.parametrize("is_on", [True, False])
def test_the_application_can_switch_the_collector_meanwhile(
    is_on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    gc.disable() if is_on else gc.enable()
    while_decoding(monkeypatch, lambda: in_another_thread(gc.enable if is_on else gc.disable))
    assert gc.isenabled() is is_on


@pytest.mark.parametrize("thresholds", [(0, 10, 10), (50_000, 20, 5), (10**7, 10, 10)])
def test_thresholds_the_application_sets_meanwhile_stay(
    thresholds: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int, int]] = []

    def set_them() -> None:
        gc.set_threshold(*thresholds)
        seen.append(gc.get_threshold())

    while_decoding(monkeypatch, lambda: in_another_thread(set_them))
    assert gc.get_threshold() == seen[-1]


def test_an_interrupt_leaves_the_collector_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = gc.get_threshold()

    def interrupted(_: object) -> None:
        assert gc.get_threshold() != usual
        raise KeyboardInterrupt

    monkeypatch.setattr(codec, "decode", interrupted)
    with pytest.raises(KeyboardInterrupt):
        AssociationEnvelope.from_json(FORMS["dicts"])
    assert gc.get_threshold() == usual


def test_threads_that_decode_leave_the_collector_as_it_was() -> None:
    usual = gc.get_threshold()

    def decode_often() -> None:
        for _ in range(300):
            decode(FORMS["structs"])

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=decode_often) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert gc.get_threshold() == usual
    assert gc.isenabled()


def test_decoding_within_decoding_leaves_the_thresholds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = gc.get_threshold()
    seen: list[int] = []

    def nested() -> None:
        AssociationEnvelope.from_json(FORMS["structs"])
        seen.append(gc.get_threshold()[0])

    while_decoding(monkeypatch, nested)
    assert set(seen) == {MANY}
    assert gc.get_threshold() == usual


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_fork_while_a_thread_decodes_leaves_the_collector(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = gc.get_threshold()
    decoding, forked = threading.Event(), threading.Event()

    def waiting(_: object) -> None:
        decoding.set()
        forked.wait(30)

    monkeypatch.setattr(codec, "decode", waiting)
    thread = threading.Thread(target=decode, args=[FORMS["dicts"]])
    thread.start()
    assert decoding.wait(30)
    raised = gc.get_threshold()
    child = os.fork()
    if not child:
        os._exit(0 if gc.get_threshold() == usual and gc.isenabled() else 1)
    forked.set()
    thread.join()
    assert raised != usual
    _, status = os.waitpid(child, 0)
    assert status == 0


def test_a_collector_without_thresholds_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(gc, "get_threshold")
    monkeypatch.delattr(gc, "set_threshold")
    decode(FORMS["structs"])
    assert gc.isenabled()
