"""The plan: each id is in exactly one place, whatever happens, in any order."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, cast

import httpx
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_batch_read.core.chunk import MOST_FURTHER_REQUESTS, Request
from hubspot_batch_read.core.id_texts import Id
from hubspot_batch_read.core.ids import Ids
from hubspot_batch_read.core.operation import Operation, RowT
from hubspot_batch_read.core.plan import Plan
from hubspot_batch_read.core.results import Failure
from hubspot_batch_read.operations import ASSOCIATIONS, ASSOCIATIONS_V3, CAMPAIGNS
from hubspot_batch_read.operations.common import NO_ASSOCIATIONS_FOUND
from hubspot_batch_read_api.errors import (
    ApiError,
    BadRequestError,
    DecodeError,
    ResponseTooLargeError,
)
from hubspot_batch_read_api.models import (
    Association,
    AssociationEnvelope,
    AssociationV3,
    AssociationV3Envelope,
    BatchError,
    CampaignEnvelope,
)
from tests.examples import examples

CHUNK = 3
FATES: list[str | int] = [1, 1, 1, 2, 3, "none", "invalid", "silent", "loop", "gap"]
OPERATION = evolve(ASSOCIATIONS, max_inputs=CHUNK)


class FailedError(Exception):
    """Stands for whatever makes a request fail for good."""


class Portal:
    """Answers requests as HubSpot would; what it has for an id is drawn when it is first asked."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data
        self._fates: dict[str, str | int] = {}

    def fate(self, id_: str) -> str | int:
        """Return a number of pages, or why there is no row."""
        if id_ not in self._fates:
            fates = st.sampled_from(FATES)
            self._fates[id_] = self._data.draw(fates, label=f"fate of {id_}")
        return self._fates[id_]

    def answer(self, request: Request[Association]) -> AssociationEnvelope:
        """Return the answer; rows and errors are in any order, and rows may come twice."""
        rows: list[object] = []
        errors: list[object] = []
        for id_, after in request.inputs.items():
            fate = self.fate(id_)
            if fate == "none":
                errors.append(problem(id_, "OBJECT_NOT_FOUND", NO_ASSOCIATIONS_FOUND))
            elif fate == "invalid":
                errors.append(problem(id_, "VALIDATION_ERROR", "crm.associations.INVALID"))
            elif fate != "silent" and not (fate == "gap" and after):
                rows += [page(id_, after, fate)] * self._data.draw(st.integers(1, 2))
        rows += [page("stranger", None, 1)] * self._data.draw(st.integers(0, 1))
        return AssociationEnvelope.from_dict(
            {
                "results": self._data.draw(st.permutations(rows)),
                "errors": self._data.draw(st.permutations(errors)),
                "numErrors": 7,
            }
        )


def problem(id_: str, category: str, sub_category: str) -> object:
    context = {"fromObjectId": [id_], "fromObjectType": ["deal"]}
    return {"category": category, "subCategory": sub_category, "context": context, "message": "no"}


def page(id_: str, after: str | None, fate: str | int, cursor: str | None = None) -> object:
    """Return a page of two associated objects; the second one stands on the next page as well."""
    number = int(after or 0)
    to = [
        {"toObjectId": f"{id_}-{number + each}", "associationTypes": [kind(number)]}
        for each in range(2)
    ]
    if fate == "loop":
        cursor = "1"
    elif fate == "gap" or (isinstance(fate, int) and number + 1 < fate):
        cursor = str(number + 1)
    row: dict[str, object] = {"from": {"id": id_}, "to": to}
    if cursor is not None:
        row["paging"] = {"next": {"after": cursor}}
    return row


def kind(number: int) -> object:
    return {"category": "USER_DEFINED", "typeId": number, "label": None}


def one_shot(ids: Iterable[int]) -> Iterator[int]:
    yield from ids


Entry = tuple[str, RowT]
"""A record that was returned, and the id it was asked by."""


def id_of(entry: Entry[RowT]) -> str:
    return entry[0]


def plan_of(
    ids: Iterable[object],
    operation: Operation[RowT] = OPERATION,  # type: ignore[assignment]
    *,
    window: int = 1,
    collect: bool = False,
    unique: bool = False,
) -> Plan[RowT]:
    return Plan(
        operation, Ids(cast("Iterable[Id]", ids), unique=unique), window=window, collect=collect
    )


def next_request(plan: Plan[RowT]) -> Request[RowT] | None:
    """Return the next request, and pull the ids for it, as a driver does."""
    while True:
        if request := plan.next_request():
            return request
        if not plan.lack:
            return None
        plan.ids.pull(plan.lack)


def take(plan: Plan[RowT]) -> Entry[RowT] | None:
    """Return the next record to the caller, as a driver does; None if none is ready."""
    account = plan.account
    account.drop_returned()
    if account.ready and isinstance(failure := account.ready[0], Failure):
        account.ready.popleft()
        raise failure.error
    entry = next(((str(key), record) for key, record in account.left(account.returned)), None)
    account.returned += entry is not None
    return entry


def missing(plan: Plan[RowT], reason: str) -> list[str]:
    return [each.id for each in plan.account.missing if each.reason == reason]


def unread(plan: Plan[RowT]) -> list[str]:
    return list(plan.unread(plan.account.returned))


class Read:
    """A plan, and what its caller has seen."""

    def __init__(
        self, data: st.DataObject, ids: list[int], *, lazy: bool, unique: bool, collect: bool
    ) -> None:
        self.ids = list(dict.fromkeys(map(str, ids)))
        self.plan: Plan[Association] = plan_of(
            one_shot(ids) if lazy else ids, window=2, collect=collect, unique=unique
        )
        self.portal = Portal(data)
        self.requests: list[Request[Association]] = []
        self.entries: list[Entry[Association]] = []
        self.raised = 0

    def take(self) -> bool:
        try:
            entry = take(self.plan)
        except (FailedError, ApiError):
            self.raised += 1
            return True
        if entry is None:
            return False
        self.entries.append(entry)
        return True

    def finish(self) -> None:
        while not (self.plan.is_finished and not self.plan.account.ready):
            while request := next_request(self.plan):
                self.requests.append(request)
            while self.requests:
                request = self.requests.pop()
                self.plan.receive(request, self.portal.answer(request))
            while self.take():
                pass
            self.plan.account.drop_returned()

    def places(self) -> list[str]:
        """Return the ids of all places, those included that are there twice."""
        return [
            *(id_of(entry) for entry in self.entries),
            *(each.id for each in self.plan.account.missing),
            *unread(self.plan),
        ]


STEPS = ["send", "send", "send", "answer", "answer", "answer", "take", "take", "take"]
STEPS += ["fail", "refuse", "too large", "abandon", "abandon all", "pull"]


@settings(max_examples=examples(400))
@given(
    data=st.data(),
    ids=st.lists(st.integers(0, 30), max_size=20),
    lazy=st.booleans(),
    collect=st.booleans(),
    steps=st.lists(st.sampled_from(STEPS), max_size=40),
)
def test_each_id_is_in_exactly_one_place_whatever_happens(
    data: st.DataObject, ids: list[int], lazy: bool, collect: bool, steps: list[str]
) -> None:
    read = Read(data, ids, lazy=lazy, unique=False, collect=collect)
    for step in steps:
        plan = read.plan
        if step == "pull":
            plan.ids.pull(data.draw(st.integers(0, plan.lack)))
        elif step == "send":
            if request := next_request(plan):
                read.requests.append(request)
        elif step == "take":
            read.take()
        elif step == "abandon all":
            plan.abandon_all()
            read.requests.clear()
        elif read.requests:
            request = read.requests.pop(data.draw(st.integers(0, len(read.requests) - 1)))
            if step == "fail":
                plan.fail(request, FailedError())
            elif step == "refuse":
                plan.fail(request, refusal(data.draw(st.sampled_from(["one", "other"]))))
            elif step == "too large":
                plan.fail(request, ResponseTooLargeError(200, 1))
            elif step == "abandon":
                plan.abandon(request)
            else:
                plan.receive(request, read.portal.answer(request))
        if not lazy:  # else looking at `unread` would take the ids from the plan
            assert sorted(read.places()) == sorted(read.ids)
            check_summary(read)
    left = list(islice(read.plan.unread(len(read.entries)), 5)) if not lazy else []
    assert set(left) <= set(read.ids)
    read.finish()
    assert sorted(read.places()) == sorted(read.ids)
    check_summary(read)
    check_records(read)
    assert read.raised == (0 if collect else len(read.plan.account.failures))


def refusal(message: str = "no", status: int = 400) -> ApiError:
    kind = BadRequestError if status == 400 else ApiError
    return kind(
        status_code=status,
        category="VALIDATION_ERROR",
        sub_category=None,
        message=message,
        correlation_id=None,
        errors=[],
        context={},
        links={},
        policy_name=None,
        correct_hublet=None,
        retry_after=None,
        headers=httpx.Headers(),
        body=b"",
    )


REFUSED = {"VALIDATION_ERROR", None}
"""Categories of ids that a request was refused for, and that were too much for a response."""


def check_summary(read: Read) -> None:
    summary = read.plan.summary(len(read.entries))
    found = read.plan.account.missing
    assert summary.records == len(read.entries) == read.plan.account.returned
    assert summary.taken == summary.records + len(found) + summary.unread
    assert summary.errors == len(missing(read.plan, "error"))
    assert summary.unanswered == len(missing(read.plan, "unanswered"))


def check_records(read: Read) -> None:
    """Check that the records are complete and right, and come in the order of the ids."""
    order = [id_of(entry) for entry in read.entries]
    assert order == [id_ for id_ in read.ids if id_ in set(order)]
    failed = {id_ for failure in read.plan.account.failures for id_ in failure.ids}
    whys = {each.id: each for each in read.plan.account.missing}
    left = set(unread(read.plan))
    for id_ in read.ids:
        if id_ in failed:
            assert id_ in left
            continue
        why = whys.get(id_)
        if why is not None and why.reason == "error" and why.category in REFUSED:
            continue
        fate = read.portal.fate(id_)
        if fate == "none":
            assert why is not None
            assert why.reason == "without_associations"
        elif fate in ("silent", "gap"):
            assert why is not None
            assert why.reason == "unanswered"
        elif fate == "loop":
            assert why is not None
            assert (why.reason, why.category) == ("error", "CURSOR_REPEATED")
        else:
            assert isinstance(fate, int)
            assert why is None
    for entry in read.entries:
        fate = read.portal.fate(id_of(entry))
        assert isinstance(fate, int)
        assert entry[1].from_.id == id_of(entry)
        assert [each.to_object_id for each in entry[1].to] == [
            f"{id_of(entry)}-{number}" for number in range(fate + 1)
        ]
        # An object that is on two pages has the types of both.
        types = [[kind.type_id for kind in each.association_types] for each in entry[1].to]
        assert types == [
            [number for number in (place - 1, place) if 0 <= number < fate]
            for place in range(fate + 1)
        ]
        assert entry[1].paging is None


@settings(max_examples=examples(100))
@given(data=st.data(), ids=st.lists(st.integers(0, 30), max_size=20), taken=st.integers(0, 20))
def test_unread_of_a_lazy_source_ends_with_its_rest(
    data: st.DataObject, ids: list[int], taken: int
) -> None:
    pulled: list[int] = []

    def source() -> Iterator[int]:
        for each in ids:
            pulled.append(each)
            yield each

    read = Read(data, ids, lazy=False, unique=False, collect=True)
    plan: Plan[Association] = plan_of(source(), window=2, collect=True)
    read.plan = plan
    while len(read.entries) < taken and not plan.is_finished:
        if request := next_request(plan):
            plan.receive(request, read.portal.answer(request))
        else:
            read.take()
    before = len(pulled)
    left = plan.unread(plan.account.returned)
    assert len(pulled) == before
    settled = {
        *(id_of(entry) for entry in read.entries),
        *(each.id for each in plan.account.missing),
    }
    assert list(left) == [id_ for id_ in read.ids if id_ not in settled]
    assert pulled == ids


def test_no_more_chunks_are_in_memory_than_the_window_allows() -> None:
    plan = plan_of(range(100), OPERATION, window=2, collect=False)
    requests = [next_request(plan), next_request(plan), next_request(plan)]
    assert [request and len(request.inputs) for request in requests] == [3, 3, None]
    second = requests[1]
    assert second is not None
    plan.receive(second, rows(second))
    assert take(plan) is None  # the first chunk comes first
    assert next_request(plan) is None
    first = requests[0]
    assert first is not None
    plan.receive(first, rows(first))
    assert take(plan) is not None
    assert next_request(plan) is not None  # one chunk is being returned, so there is room
    assert next_request(plan) is None
    for _ in range(CHUNK):
        assert take(plan) is not None
    assert next_request(plan) is not None


def rows(request: Request[Association]) -> AssociationEnvelope:
    return AssociationEnvelope.from_dict(
        {"results": [page(id_, None, 1) for id_ in request.inputs]}
    )


def test_further_pages_are_asked_for_with_the_cursor_as_it_came() -> None:
    plan = plan_of([1, 2, 3], OPERATION, window=2, collect=False)
    request = next_request(plan)
    assert request is not None
    cursor = "a%3D%3D+/"
    results = [
        {"from": {"id": id_}, "to": [], "paging": {"next": {"after": cursor}}} for id_ in "13"
    ]
    results.append({"from": {"id": "2"}, "to": []})
    plan.receive(request, AssociationEnvelope.from_dict({"results": results}))
    assert take(plan) is None  # not even the record of 2: it comes after that of 1
    follow = next_request(plan)
    assert follow is not None
    assert follow.body.to_dict() == {
        "inputs": [{"id": "1", "after": cursor}, {"id": "3", "after": cursor}]
    }


def test_good_rows_beside_a_failed_page_are_records() -> None:
    plan = plan_of([1, 2], OPERATION, window=2, collect=False)
    request = next_request(plan)
    assert request is not None
    paging = {"next": {"after": "x"}}
    results = [{"from": {"id": "1"}, "to": [], "paging": paging}, {"from": {"id": "2"}, "to": []}]
    plan.receive(request, AssociationEnvelope.from_dict({"results": results}))
    follow = next_request(plan)
    assert follow is not None
    plan.fail(follow, FailedError())
    entry = take(plan)
    assert entry is not None
    assert id_of(entry) == "2"
    with pytest.raises(FailedError):
        take(plan)
    assert unread(plan) == ["1"]
    assert list(plan.account.failures[0].ids) == ["1"]


def test_what_the_source_raises_comes_after_earlier_records() -> None:
    def broken() -> Iterator[int]:
        yield from range(1, 6)
        raise FailedError

    plan = plan_of(broken(), OPERATION, window=5, collect=False)
    while request := next_request(plan):
        plan.receive(request, rows(request))
    assert take_all(plan) == ["1", "2", "3", "4", "5", "FailedError()"]
    assert plan.is_finished
    assert [failure.ids for failure in plan.account.failures] == [()]


@pytest.mark.parametrize("collect", [False, True])
def test_what_is_not_an_id_is_named_and_those_around_it_read(
    collect: bool,
) -> None:
    plan: Plan[Association] = plan_of([1, 2, None, 4], window=5, collect=collect)
    while request := next_request(plan):
        plan.receive(request, rows(request))
    message = (
        "ids[2]: expected an id as text or whole number, got None: it stands for a missing value"
    )
    raised = [] if collect else [f"InvalidIdError({message!r})"]
    assert take_all(plan) == ["1", "2", *raised, "4"]
    assert plan.account.failures == []
    assert [(each.id, each.message) for each in plan.account.missing] == [("None", message)]


def test_an_invalid_id_is_raised_before_the_records_of_later_ids() -> None:
    plan: Plan[Association] = plan_of([1, None, 2], chunk_of(9), window=5)
    while request := next_request(plan):
        plan.receive(request, rows(request))
    first, raised, last = take_all(plan)
    assert (first, raised[:14], last) == ("1", "InvalidIdError", "2")


def test_an_invalid_id_does_not_hold_up_the_ids_pulled_with_it() -> None:
    plan: Plan[Association] = plan_of(iter([1, None, 2, 3]), collect=True)
    plan.ids.pull(3)
    request = plan.next_request()
    assert request is not None
    assert list(request.inputs) == ["1", "2"]


def test_an_id_that_was_taken_before_others_were_pulled_counts_once() -> None:
    plan: Plan[Association] = plan_of(iter([1, 1, 1, 2, 3]))
    plan.ids.pull(3)
    assert plan.next_request() is None
    assert plan.account.taken == 1
    assert list(sent(plan).inputs) == ["1", "2", "3"]
    assert plan.account.taken == 3


def take_all(plan: Plan[Association]) -> list[str]:
    """Return the ids of the records, and what was raised between them."""
    taken: list[str] = []
    while True:
        try:
            if (entry := take(plan)) is None:
                return taken
            taken.append(id_of(entry))
        except (FailedError, ValueError) as error:
            taken.append(repr(error))


def test_errors_that_name_no_id_are_kept() -> None:
    plan = plan_of([1], OPERATION, window=1, collect=False)
    request = next_request(plan)
    assert request is not None
    errors = [{"category": "ODD"}, "a text"]
    plan.receive(request, AssociationEnvelope.from_dict({"results": [], "errors": errors}))
    assert take(plan) is None
    assert missing(plan, "unanswered") == ["1"]
    assert plan.account.other_errors == [BatchError(category="ODD"), BatchError(message="a text")]


def sent(plan: Plan[RowT]) -> Request[RowT]:
    """Return the next request; there has to be one."""
    request = next_request(plan)
    assert request is not None
    return request


def envelope(*results: object, **rest: object) -> AssociationEnvelope:
    return AssociationEnvelope.from_dict({"results": list(results), **rest})


def handed_out(plan: Plan[RowT]) -> list[str]:
    """Return the ids of the records that can be handed out now."""
    return [id_of(entry) for entry in iter(lambda: take(plan), None)]


def test_abandoned_requests_are_sent_again_with_their_cursors() -> None:
    plan = plan_of([1, 2, 3], OPERATION, window=2, collect=False)
    request = sent(plan)
    plan.receive(request, envelope(page("1", None, 2), page("2", None, 1), page("3", None, 2)))
    expected = sent(plan).inputs
    plan.abandon_all()
    assert dict(sent(plan).inputs) == dict(expected) == {"1": "1", "3": "1"}


def test_a_record_that_came_in_one_row_is_that_row() -> None:
    plan: Plan[Association] = plan_of([1])
    response = envelope(page("1", None, 1))
    plan.receive(sent(plan), response)
    entry = take(plan)
    assert entry is not None
    assert entry[1] is response.results[0]


def test_further_pages_are_asked_for_before_new_ids() -> None:
    plan = plan_of(range(1, 100), OPERATION, window=3, collect=False)
    first, second = sent(plan), sent(plan)
    plan.receive(second, envelope(page("4", None, 2)))
    assert dict(sent(plan).inputs) == {"4": "1"}  # while the first chunk is under way
    plan.receive(first, envelope(page("1", None, 2)))
    third = sent(plan)
    assert dict(third.inputs) == {"1": "1"}
    plan.abandon_all()
    assert [list(sent(plan).inputs) for _ in range(3)] == [["1"], ["4"], ["7", "8", "9"]]


def test_a_failure_beside_an_invalid_id_leaves_its_ids_unread() -> None:
    plan: Plan[Association] = plan_of([1, None, 2], collect=True)
    plan.fail(sent(plan), FailedError())
    assert take(plan) is None
    assert [failure.ids for failure in plan.account.failures] == [("1", "2")]
    assert plan.summary(plan.account.returned).failures == 1
    assert missing(plan, "unanswered") == []
    assert missing(plan, "invalid") == ["None"]
    assert unread(plan) == ["1", "2"]


def test_a_failure_that_was_not_raised_yet_has_its_ids_unread() -> None:
    plan = plan_of([1, 2], OPERATION, window=1, collect=False)
    plan.receive(sent(plan), envelope(page("1", None, 1), page("2", None, 2)))
    plan.fail(sent(plan), FailedError())
    assert take(plan) is not None  # of 1; what made 2 fail comes next
    assert [failure.ids for failure in plan.account.failures] == [("2",)]
    assert unread(plan) == ["2"]


def test_rows_are_saved_from_a_body_that_does_not_match() -> None:
    plan = plan_of([1, 2, 3], OPERATION, window=1, collect=False)
    request = sent(plan)
    results: list[object] = [page("1", None, 1), {"from": {"id": 2}, "to": None}]
    with pytest.raises(DecodeError) as caught:
        AssociationEnvelope.from_json(json.dumps({"results": results}).encode())
    plan.fail(request, caught.value)
    assert handed_out(plan) == ["1"]
    assert [(each.id, each.reason, each.category) for each in plan.account.missing] == [
        ("2", "error", "DECODE_ERROR"),
        ("3", "unanswered", None),
    ]
    assert plan.account.failures == []
    assert plan.summary(plan.account.returned).requests == 1


@pytest.mark.parametrize("is_plain", [False, True])
def test_rows_are_decoded_as_models_or_plain(is_plain: bool) -> None:
    plan: Plan[Association] = plan_of([1])
    if is_plain:
        plan.is_plain = True
    body = json.dumps({"results": [page("1", None, 1)]}).encode()
    (row,) = plan.decode(body).results
    assert (type(row) is Association) == (not is_plain)
    assert row.from_.id == "1"
    with pytest.raises(DecodeError):
        plan.decode(b"{}")


@pytest.mark.parametrize("is_plain", [False, True])
def test_rows_saved_from_a_body_that_does_not_match_are_models_or_plain(is_plain: bool) -> None:
    plan: Plan[Association] = plan_of([1])
    plan.is_plain = is_plain
    body = json.dumps({"results": [page("1", None, 1), None]}).encode()
    with pytest.raises(DecodeError) as caught:
        plan.decode(body)
    plan.fail(sent(plan), caught.value)
    entry = take(plan)
    assert entry is not None
    assert (type(entry[1]) is Association) == (not is_plain)


@pytest.mark.parametrize("needs_content", [False, True])
def test_a_record_without_content_is_missing_where_it_would_have_no_row(
    needs_content: bool,
) -> None:
    plan = plan_of([1, 2, 3, 4], chunk_of(4))
    plan.needs_content = needs_content
    empty = [{"from": {"id": id_}, "to": []} for id_ in "13"]
    plan.receive(sent(plan), envelope(*empty, page("2", None, 1)))
    assert handed_out(plan) == (["2"] if needs_content else ["1", "2", "3"])
    assert missing(plan, "without_associations") == (["1", "3"] if needs_content else [])
    assert missing(plan, "unanswered") == ["4"]


def test_the_account_adds_up_all_chunks() -> None:
    plan = plan_of(range(4), evolve(ASSOCIATIONS_V3, max_inputs=1), window=4, collect=True)
    for id_ in "01":
        cut_short = {**cast("dict[str, object]", page(id_, None, 1, "x")), "to": []}
        document = {"results": [cut_short], "errors": [{"message": f"odd {id_}"}]}
        plan.receive(sent(plan), AssociationV3Envelope.from_dict(document))
    for _ in "23":
        plan.fail(sent(plan), FailedError())
    account = plan.account
    assert [cut.id for cut in account.truncated] == ["0", "1"]
    assert [error.message for error in account.other_errors] == ["odd 0", "odd 1"]
    assert [failure.ids for failure in account.failures] == [("2",), ("3",)]


def test_a_record_of_an_operation_without_content_is_always_kept() -> None:
    plan = plan_of(GUIDS, CAMPAIGNS)
    plan.needs_content = True
    results = [{"id": each} for each in GUIDS]
    plan.receive(sent(plan), CampaignEnvelope.from_dict({"results": results}))
    assert handed_out(plan) == GUIDS


def test_requests_and_unexpected_rows_are_counted() -> None:
    plan = plan_of(range(1, 10), OPERATION, window=3, collect=True)
    for _ in range(2):
        request = sent(plan)
        results = [page(id_, None, 1) for id_ in request.inputs]
        plan.receive(request, envelope(page("stranger", None, 1), *results))
    plan.fail(sent(plan), FailedError())
    assert len(handed_out(plan)) == 6
    summary = plan.summary(plan.account.returned)
    assert (summary.requests, summary.failures, summary.unexpected) == (3, 1, 2)
    assert (summary.records, summary.unread) == (6, 3)


def v3_plan(*ends: str | None) -> Plan[AssociationV3]:
    """Return a plan to which all has been received; a row with a cursor is cut short."""
    plan = plan_of(range(len(ends)), ASSOCIATIONS_V3, window=1, collect=False)
    results: list[object] = [
        {"from": {"id": str(id_)}, "to": [], "paging": end and {"next": {"after": end}}}
        for id_, end in enumerate(ends)
    ]
    plan.receive(sent(plan), AssociationV3Envelope.from_dict({"results": results}))
    return plan


def test_records_that_were_cut_short_say_how_to_read_on() -> None:
    plan = v3_plan("x", None, "x", "x")
    assert [cut.id for cut in plan.account.truncated] == ["0", "2", "3"]
    assert plan.account.truncated[0].fields == ("to",)
    assert plan.account.truncated[0].remedy == ASSOCIATIONS_V3.remedy != ""
    assert plan.summary(0).truncated == 3
    assert handed_out(plan) == ["0", "1", "2", "3"]


GUIDS = ["0e1cf94a-1b2c-4d3e-8f50-6a7b8c9d0e1f", "0e1cf94a-1b2c-4d3e-8f50-6a7b8c9d0e20"]


def test_the_incomplete_asset_lists_of_a_campaign_are_named() -> None:
    plan = plan_of(GUIDS, CAMPAIGNS)
    more = {"results": [], "paging": {"next": {"after": "x"}}}
    results = [{"id": GUIDS[0], "assets": {"FORM": more, "EMAIL": more}}, {"id": GUIDS[1]}]
    plan.receive(sent(plan), CampaignEnvelope.from_dict({"results": results}))
    assert [(cut.id, cut.fields) for cut in plan.account.truncated] == [
        (GUIDS[0], ("assets.FORM", "assets.EMAIL"))
    ]


def test_the_total_is_not_known_if_that_of_the_ids_is_not() -> None:
    plan: Plan[Association] = plan_of(iter([2]))
    assert plan.summary(0).total is None


def test_an_id_without_its_further_page_has_no_record() -> None:
    plan = plan_of([1], OPERATION, window=1, collect=False)
    plan.receive(sent(plan), envelope(page("1", None, 2)))
    plan.receive(sent(plan), envelope(errors=[problem("1", "?", NO_ASSOCIATIONS_FOUND)]))
    assert handed_out(plan) == []
    assert missing(plan, "without_associations") == []
    assert missing(plan, "unanswered") == ["1"]


def test_the_cursor_may_be_on_either_of_two_rows() -> None:
    for order in (1, -1):
        plan = plan_of([1], OPERATION, window=1, collect=False)
        plan.receive(sent(plan), envelope(*[page("1", None, 1), page("1", None, 2)][::order]))
        assert dict(sent(plan).inputs) == {"1": "1"}


def test_cursors_that_go_round_in_a_circle_are_followed_once() -> None:
    plan = plan_of([1], OPERATION, window=1, collect=False)
    for number, cursor in enumerate("abca"):
        row = page("1", str(number), 1, cursor)
        plan.receive(sent(plan), envelope(row))
    assert next_request(plan) is None
    assert take(plan) is None
    (error,) = plan.account.missing
    assert (error.id, error.category) == ("1", "CURSOR_REPEATED")
    assert error.message == "the cursor 'a' was repeated; no page after it can be read"


def test_what_is_restarted_twice_is_sent_and_accounted_for_once() -> None:
    plan = plan_of([1, 2, 3], OPERATION, window=1, collect=False)
    sent(plan)
    plan.abandon_all()
    again = sent(plan)
    plan.receive(again, rows(again))
    plan.abandon_all()
    assert next_request(plan) is None
    assert handed_out(plan) == ["1", "2", "3"]


@pytest.mark.parametrize("error", [FailedError(), refusal()], ids=str)
def test_what_failed_before_a_restart_is_not_sent_again(error: Exception) -> None:
    plan: Plan[Association] = plan_of([1], window=2, collect=True)
    plan.fail(sent(plan), error)
    plan.abandon_all()
    assert next_request(plan) is None


def test_what_was_abandoned_before_a_restart_is_sent_once() -> None:
    plan: Plan[Association] = plan_of([1, 2, 3], window=1)
    plan.abandon(sent(plan))
    plan.abandon_all()
    assert list(sent(plan).inputs) == ["1", "2", "3"]
    assert next_request(plan) is None


def test_a_chunk_without_records_does_not_hold_up_the_next_one() -> None:
    plan = plan_of([1, 2, 3, 4], OPERATION, window=2, collect=False)
    first, second = sent(plan), sent(plan)
    plan.receive(second, rows(second))
    plan.receive(first, envelope())
    entry = take(plan)
    assert entry is not None
    assert id_of(entry) == "4"


def test_an_error_on_a_further_page_is_that_of_the_id() -> None:
    plan = plan_of([1], OPERATION, window=1, collect=False)
    plan.receive(sent(plan), envelope(page("1", None, 2), errors=["first"]))
    plan.receive(sent(plan), envelope(errors=["second", problem("1", "ODD", "x")]))
    assert handed_out(plan) == []
    assert [(error.id, error.category) for error in plan.account.missing] == [("1", "ODD")]
    assert [error.message for error in plan.account.other_errors] == ["first", "second"]


def test_a_page_that_comes_again_ends_the_pages() -> None:
    plan = plan_of([1], OPERATION, window=1, collect=False)
    for cursor in "ab":
        row = page("1", None, 1, cursor)
        plan.receive(sent(plan), envelope(row))
    assert handed_out(plan) == []
    assert [(error.category, error.message) for error in plan.account.missing] == [
        ("CURSOR_REPEATED", "the page before the cursor 'b' was repeated")
    ]


def test_rows_of_one_id_with_different_cursors_are_no_record() -> None:
    plan = plan_of([1], OPERATION, window=1, collect=False)
    rows = [page("1", None, 1, cursor) for cursor in "aba"]
    plan.receive(sent(plan), envelope(*rows))
    assert handed_out(plan) == []
    assert [(error.category, error.message) for error in plan.account.missing] == [
        ("CURSOR_REPEATED", "rows of one id have different cursors: 'a', 'b'")
    ]


def test_an_interrupt_while_ids_are_taken_loses_none() -> None:
    def source() -> Iterator[int]:
        yield from (1, 2)
        raise KeyboardInterrupt

    plan: Plan[Association] = plan_of(source())
    with pytest.raises(KeyboardInterrupt):
        next_request(plan)
    assert unread(plan) == ["1", "2"]
    request = sent(plan)
    assert list(request.inputs) == ["1", "2"]
    plan.receive(request, rows(request))
    assert handed_out(plan) == ["1", "2"]


def test_what_is_restarted_goes_on_at_the_page_it_had_come_to() -> None:
    plan = plan_of([1], OPERATION, window=1, collect=False)
    plan.receive(sent(plan), envelope(page("1", None, 3)))
    assert dict(sent(plan).inputs) == {"1": "1"}
    plan.abandon_all()
    assert dict(sent(plan).inputs) == {"1": "1"}


def test_many_collected_faults_cost_few_requests() -> None:
    ids = [1, None, 2, None, 3, None, 4]
    plan = plan_of(ids, evolve(OPERATION, max_inputs=100), collect=True)
    assert list(sent(plan).inputs) == ["1", "2", "3", "4"]
    assert next_request(plan) is None


def test_collected_failures_hold_no_frames() -> None:
    plan = plan_of([1], OPERATION, window=1, collect=True)
    with pytest.raises(FailedError) as caught:
        raise FailedError from ValueError()
    plan.fail(sent(plan), caught.value)
    assert caught.value.__traceback__ is None


def test_endless_cursors_are_followed_for_a_thousand_pages() -> None:
    plan = plan_of([1, 2], OPERATION, window=1, collect=False)
    plan.receive(sent(plan), envelope(page("1", None, 1, "0"), page("2", None, 1)))
    requests = 1
    while request := next_request(plan):
        requests += 1
        assert request.inputs == {"1": str(requests - 2)}
        plan.receive(request, envelope(page("1", str(requests), 1, str(requests - 1))))
    assert requests == 1000
    assert handed_out(plan) == ["2"]
    (error,) = plan.account.missing
    assert (error.id, error.category) == ("1", "TOO_MANY_PAGES")
    assert error.message == "there are more than 1000 pages"


def test_a_thousand_pages_are_a_record() -> None:
    plan = plan_of([1], OPERATION, window=1, collect=False)
    for number in range(1000):
        row = page("1", str(number), 1, None if number == 999 else str(number))
        plan.receive(sent(plan), envelope(row))
    assert handed_out(plan) == ["1"]


@pytest.mark.parametrize("has_msgspec", [True, False])
@pytest.mark.parametrize("cursor", [r"\ud800", r"a\udfffb", "x" * 10_001])
def test_a_cursor_that_cannot_be_sent_is_an_error_of_its_id(
    cursor: str, has_msgspec: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_msgspec:
        monkeypatch.setattr("hubspot_batch_read_runtime.codec.msgspec", lambda: None)
    plan = plan_of([1, 2, 3], OPERATION, window=1, collect=False)
    bad = json.dumps(page("1", None, 1, "CURSOR")).replace("CURSOR", cursor)
    others = json.dumps(page("2", None, 1)), json.dumps(page("3", None, 2))
    body = f'{{"results": [{bad}, {", ".join(others)}]}}'
    plan.receive(sent(plan), AssociationEnvelope.from_json(body))
    request = sent(plan)
    assert dict(request.inputs) == {"3": "1"}
    request.body.to_json()
    plan.receive(request, envelope(page("3", "1", 2)))
    assert handed_out(plan) == ["2", "3"]
    (error,) = plan.account.missing
    assert (error.id, error.category) == ("1", "CURSOR_INVALID")
    message = str(error.message)
    assert message.endswith(" cannot be sent; no page after it can be read")
    assert message.isascii()
    assert len(message) < 200


def test_the_longest_cursor_is_followed() -> None:
    plan: Plan[Association] = plan_of([1])
    cursor = "x" * 10_000
    plan.receive(sent(plan), envelope(page("1", None, 1, cursor)))
    assert dict(sent(plan).inputs) == {"1": cursor}


# Requests that HubSpot refuses


def drive(plan: Plan[Association], bad: set[str], *, message: str = "no") -> int:
    """Answer until nothing is left to ask; a request with a bad id is refused. Return how many."""
    requests = 0
    while request := next_request(plan):
        requests += 1
        if bad & request.inputs.keys():
            plan.fail(request, refusal(message))
        else:
            plan.receive(request, rows(request))
    return requests


def chunk_of(number: int) -> Operation[Association]:
    return evolve(OPERATION, max_inputs=number)


@given(st.sets(st.integers(256, 511), max_size=3))
def test_ids_that_are_refused_are_found_and_cost_no_other(bad: set[int]) -> None:
    plan = plan_of(range(512), chunk_of(256))
    names = [str(id_) for id_ in sorted(bad)]
    first = sent(plan)
    plan.receive(first, rows(first))
    assert handed_out(plan) == [str(id_) for id_ in range(256)]
    assert drive(plan, set(names)) <= 1 + 2 * 8 * len(bad)
    assert missing(plan, "error") == names
    assert [each.message for each in plan.account.missing] == ["no"] * len(bad)
    assert handed_out(plan) == [str(id_) for id_ in range(256, 512) if id_ not in bad]
    assert plan.account.failures == []


def test_a_wrong_request_fails_after_two_more() -> None:
    plan = plan_of(range(100), chunk_of(100))
    assert drive(plan, {str(id_) for id_ in range(100)}) == 3
    assert len(plan.account.failures) == 1
    assert unread(plan) == [str(id_) for id_ in range(100)]
    with pytest.raises(BadRequestError):
        take(plan)


def test_a_single_refused_id_before_any_success_is_a_failure() -> None:
    plan: Plan[Association] = plan_of([1])
    assert drive(plan, {"1"}) == 1
    assert unread(plan) == ["1"]
    with pytest.raises(BadRequestError):
        take(plan)


def test_halves_refused_for_different_reasons_blame_their_ids() -> None:
    plan = plan_of([1, 2, 3, 4], chunk_of(4))
    while request := next_request(plan):
        if {"1", "4"} & request.inputs.keys():
            plan.fail(request, refusal(f"no {'1' if '1' in request.inputs else '4'}"))
        else:
            plan.receive(request, rows(request))
    assert handed_out(plan) == ["2", "3"]
    assert [(each.id, each.message) for each in plan.account.missing] == [
        ("1", "no 1"),
        ("4", "no 4"),
    ]


@pytest.mark.parametrize(
    "change", [{"status_code": 413}, {"category": "OTHER"}, {"message": "other"}]
)
def test_refusals_are_equal_by_status_category_and_message(change: dict[str, Any]) -> None:
    plan: Plan[Association] = plan_of(range(4))
    plan.fail(sent(plan), refusal())
    plan.fail(sent(plan), refusal())
    other = refusal()
    for name, value in change.items():
        setattr(other, name, value)
    plan.fail(sent(plan), other)
    assert plan.account.failures == []
    assert next_request(plan) is not None


def test_each_value_that_is_not_an_id_was_taken() -> None:
    plan: Plan[Association] = plan_of(["", "", None], collect=True)
    assert next_request(plan) is None
    assert plan.account.taken == 3


def test_a_refused_id_is_missing_for_hubspots_reason() -> None:
    error = refusal("no 1")
    error.sub_category, error.context = "REFUSED", {"id": ["1"]}
    plan = plan_of([1, 2, 3, 4], chunk_of(4))
    while request := next_request(plan):
        if "1" in request.inputs:
            plan.fail(request, error)
        elif "4" in request.inputs:
            plan.fail(request, ResponseTooLargeError(200, 1000))
        else:
            plan.receive(request, rows(request))
    first, last = plan.account.missing
    assert (first.id, first.category, first.sub_category, first.message, first.context) == (
        *("1", "VALIDATION_ERROR", "REFUSED", "no 1"),
        {"id": ["1"]},
    )
    assert (last.id, last.reason, last.category) == ("4", "error", None)
    assert "longer than 1000 bytes" in str(last.message)


def test_a_summary_counts_everything_and_adds_an_earlier_run() -> None:
    plan = plan_of([1, 1, 2, "", 3, 4], chunk_of(9), collect=True)
    plan.account.earlier = Counter(
        records=10,
        error=20,
        without_associations=30,
        unanswered=40,
        invalid=50,
        truncated=60,
        requests=70,
    )
    request = sent(plan)
    nothing = {
        "subCategory": NO_ASSOCIATIONS_FOUND,
        "context": {"fromObjectId": ["2"]},
    }
    plan.receive(request, envelope(page("1", None, "row"), errors=[nothing]))
    summary = plan.summary(0)
    assert (summary.total, summary.duplicates, summary.earlier) == (6, 1, 150)
    assert (summary.records, summary.errors, summary.without_associations) == (10, 20, 31)
    assert (summary.unanswered, summary.invalid, summary.truncated) == (42, 51, 60)
    assert (summary.taken, summary.unread, summary.requests) == (155, 1, 71)


def test_a_refused_half_is_divided_if_the_other_succeeds() -> None:
    plan = plan_of([1, 2, 3, 4], chunk_of(4))
    plan.fail(sent(plan), refusal())
    first, second = sent(plan), sent(plan)
    plan.fail(first, refusal())
    assert next_request(plan) is None
    plan.receive(second, rows(second))
    third, fourth = sent(plan), sent(plan)
    assert [list(third.inputs), list(fourth.inputs)] == [["1"], ["2"]]


@pytest.mark.parametrize("refused_first", [True, False])
@pytest.mark.parametrize(
    "other", [FailedError(), ResponseTooLargeError(200, 1), refusal("too long", 413)], ids=str
)
def test_a_refused_half_is_divided_if_the_other_fails_otherwise(
    other: Exception, refused_first: bool
) -> None:
    plan = plan_of([1, 2, 3, 4], chunk_of(4), collect=True)
    plan.fail(sent(plan), refusal())
    first, second = sent(plan), sent(plan)
    outcomes = [(first, refusal()), (second, other)]
    for half, error in outcomes if refused_first else reversed(outcomes):
        plan.fail(half, error)
    while request := next_request(plan):
        plan.fail(request, refusal() if request.inputs.keys() <= {"1", "2"} else other)
    assert plan.is_finished
    failed = ["3", "4"] if isinstance(other, FailedError) else []
    assert unread(plan) == failed
    assert missing(plan, "error") == [each for each in ["1", "2", "3", "4"] if each not in failed]


def test_too_many_refusals_cost_the_rest_of_the_chunk() -> None:
    plan = plan_of([0, *range(1, 1000)], chunk_of(1))
    first = sent(plan)
    plan.receive(first, rows(first))
    plan = plan_of(range(1000), chunk_of(1000))
    plan.fail(sent(plan), refusal())
    half = sent(plan)
    plan.receive(half, rows(half))
    odd = {str(id_) for id_ in range(1, 1000, 2)}
    requests = 2 + drive(plan, odd)
    assert requests == 1 + MOST_FURTHER_REQUESTS
    assert plan.account.failures == []
    returned = handed_out(plan)
    assert len(returned) + len(missing(plan, "error")) == 1000
    assert not odd & set(returned[500:])


@pytest.mark.parametrize("error", [ResponseTooLargeError(200, 1), refusal("too long", 413)])
def test_what_is_too_large_is_asked_for_in_halves(error: Exception) -> None:
    plan = plan_of(range(8), chunk_of(8))
    while request := next_request(plan):
        if len(request.inputs) > 1:
            plan.fail(request, error)
        else:
            plan.receive(request, rows(request))
    assert len(handed_out(plan)) == 8


def test_an_object_that_is_too_large_itself_is_missing() -> None:
    plan: Plan[Association] = plan_of([1])
    plan.fail(sent(plan), ResponseTooLargeError(200, 1))
    assert missing(plan, "error") == ["1"]


def test_a_cursor_that_is_refused_is_an_error_of_its_id() -> None:
    plan: Plan[Association] = plan_of([1, 2, 3])
    plan.receive(sent(plan), envelope(page("1", None, 2), page("2", None, 2), page("3", None, 1)))
    while request := next_request(plan):
        if "1" in request.inputs:
            plan.fail(request, refusal("bad cursor"))
        else:
            plan.receive(request, envelope(*(page(id_, "1", 2) for id_ in request.inputs)))
    assert handed_out(plan) == ["2", "3"]
    assert [(each.id, each.message) for each in plan.account.missing] == [("1", "bad cursor")]


def test_halves_keep_the_order_of_their_chunk_and_its_place() -> None:
    plan = plan_of(range(1, 9), chunk_of(4), window=2)
    first, second = sent(plan), sent(plan)
    plan.receive(second, rows(second))
    plan.fail(first, refusal())
    assert drive(plan, {"2"}) == 4
    assert handed_out(plan) == ["1", "3", "4", "5", "6", "7", "8"]
