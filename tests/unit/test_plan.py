"""The plan: each id is in exactly one place, whatever happens and in whatever order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_batch_read.chunk import Request, Source
from hubspot_batch_read.ids import FlowId, Ids, WorkflowId
from hubspot_batch_read.operations import (
    ASSOCIATIONS,
    ASSOCIATIONS_V3,
    CAMPAIGNS,
    NO_ASSOCIATIONS_FOUND,
    WORKFLOWS_BY_FLOW_ID,
    WORKFLOWS_BY_WORKFLOW_ID,
    RowT,
)
from hubspot_batch_read.plan import Entry, Plan
from hubspot_batch_read_api.errors import DecodeError
from hubspot_batch_read_api.models import (
    Association,
    AssociationEnvelope,
    AssociationV3,
    AssociationV3Envelope,
    BatchError,
    CampaignEnvelope,
    WorkflowIdMapping,
    WorkflowIdMappingEnvelope,
)

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


def id_of(entry: Entry[RowT]) -> str:
    source, key, _ = entry
    return source.ids.text(key)


class Read:
    """A plan, and what its caller has seen."""

    def __init__(
        self, data: st.DataObject, ids: list[int], *, lazy: bool, unique: bool, collect: bool
    ) -> None:
        self.ids = list(dict.fromkeys(map(str, ids)))
        self.source = Source(OPERATION, Ids(one_shot(ids) if lazy else ids, unique=unique))
        self.plan = Plan([self.source], window=2, collect=collect)
        self.portal = Portal(data)
        self.requests: list[Request[Association]] = []
        self.entries: list[Entry[Association]] = []
        self.raised = 0

    def take(self) -> bool:
        self.plan.advance()
        try:
            entry = self.plan.take()
        except FailedError:
            self.raised += 1
            return True
        if entry is None:
            return False
        self.entries.append(entry)
        return True

    def finish(self) -> None:
        while not self.plan.finished:
            while request := self.plan.next_request():
                self.requests.append(request)
            while self.requests:
                request = self.requests.pop()
                self.plan.receive(request, self.portal.answer(request))
            while self.take():
                pass

    def places(self) -> list[str]:
        """Return the ids of all places, those included that are there twice."""
        return [
            *(id_of(entry) for entry in self.entries),
            *(error.id for error in self.plan.errors),
            *self.plan.without_associations,
            *self.plan.unanswered,
            *self.plan.unread,
        ]


STEPS = ["send", "send", "send", "answer", "answer", "answer", "take", "take", "take"]
STEPS += ["fail", "restart", "give_back"]


@settings(max_examples=400)
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
    failed = 0
    for step in steps:
        if step == "send":
            if request := read.plan.next_request():
                read.requests.append(request)
        elif step == "take":
            read.take()
        elif step == "give_back":
            last = data.draw(st.integers(0, len(read.entries)))
            kept, given = read.entries[:last], read.entries[last:]
            read.plan.give_back(given)
            read.entries = kept
        elif step == "restart":
            read.plan.restart()
            read.requests.clear()
        elif read.requests:
            request = read.requests.pop(data.draw(st.integers(0, len(read.requests) - 1)))
            if step == "fail":
                failed += 1
                read.plan.fail(request, FailedError())
            else:
                read.plan.receive(request, read.portal.answer(request))
        if not lazy:  # else looking at `unread` would take the ids from the plan
            assert sorted(read.places()) == sorted(read.ids)
            check_summary(read)
    left = list(islice(read.plan.unread, 5)) if not lazy else []
    assert set(left) <= set(read.ids)
    read.finish()
    assert sorted(read.places()) == sorted(read.ids)
    check_summary(read)
    check_records(read)
    assert len(read.plan.failures) == failed
    assert read.raised == (0 if collect else failed)


def check_summary(read: Read) -> None:
    summary = read.plan.summary
    assert summary.records == len(read.entries)
    places = (summary.records, summary.errors, summary.without_associations, summary.unanswered)
    assert summary.taken == sum(places) + summary.unread
    assert summary.errors == len(read.plan.errors)
    assert summary.unanswered == len(read.plan.unanswered)


def check_records(read: Read) -> None:
    """Check that the records are complete and right, and come in the order of the ids."""
    order = [id_of(entry) for entry in read.entries]
    assert order == [id_ for id_ in read.ids if id_ in set(order)]
    failed = {id_ for failure in read.plan.failures for id_ in failure.ids}
    for id_ in read.ids:
        fate = read.portal.fate(id_)
        if id_ in failed:
            assert id_ in set(read.plan.unread)
        elif fate == "none":
            assert id_ in read.plan.without_associations
        elif fate in ("silent", "gap"):
            assert id_ in read.plan.unanswered
        elif fate in ("invalid", "loop"):
            (error,) = (error for error in read.plan.errors if error.id == id_)
            expected = "VALIDATION_ERROR" if fate == "invalid" else "CURSOR_REPEATED"
            assert error.category == expected
    for entry in read.entries:
        fate = read.portal.fate(id_of(entry))
        assert isinstance(fate, int)
        assert entry[2].from_.id == id_of(entry)
        assert [each.to_object_id for each in entry[2].to] == [
            f"{id_of(entry)}-{number}" for number in range(fate + 1)
        ]
        # An object that is on two pages has the types of both.
        types = [[kind.type_id for kind in each.association_types] for each in entry[2].to]
        assert types == [
            [number for number in (place - 1, place) if 0 <= number < fate]
            for place in range(fate + 1)
        ]
        assert entry[2].paging is None


@settings(max_examples=100)
@given(data=st.data(), ids=st.lists(st.integers(0, 30), max_size=20), taken=st.integers(0, 20))
def test_unread_of_a_lazy_source_is_what_was_not_handed_out_and_then_its_rest(
    data: st.DataObject, ids: list[int], taken: int
) -> None:
    pulled: list[int] = []

    def source() -> Iterator[int]:
        for each in ids:
            pulled.append(each)
            yield each

    read = Read(data, ids, lazy=False, unique=False, collect=True)
    read.source = Source(OPERATION, Ids(source()))
    read.plan = Plan([read.source], window=2, collect=True)
    while len(read.entries) < taken and not read.plan.finished:
        if request := read.plan.next_request():
            read.plan.receive(request, read.portal.answer(request))
        else:
            read.take()
    before = len(pulled)
    unread = read.plan.unread
    assert len(pulled) == before
    settled = {
        *(id_of(entry) for entry in read.entries),
        *(error.id for error in read.plan.errors),
        *read.plan.without_associations,
        *read.plan.unanswered,
    }
    assert list(unread) == [id_ for id_ in read.ids if id_ not in settled]
    assert pulled == ids


def test_no_more_chunks_are_in_memory_than_the_window_allows() -> None:
    plan = Plan([Source(OPERATION, Ids(range(100)))], window=2, collect=False)
    requests = [plan.next_request(), plan.next_request(), plan.next_request()]
    assert [request and len(request.inputs) for request in requests] == [3, 3, None]
    second = requests[1]
    assert second is not None
    plan.receive(second, rows(second))
    assert not plan.advance()  # the first chunk comes first
    assert plan.next_request() is None
    first = requests[0]
    assert first is not None
    plan.receive(first, rows(first))
    assert plan.advance()
    assert plan.next_request() is not None  # one chunk is being handed out, so there is room
    assert plan.next_request() is None


def rows(request: Request[Association]) -> AssociationEnvelope:
    return AssociationEnvelope.from_dict(
        {"results": [page(id_, None, 1) for id_ in request.inputs]}
    )


def test_further_pages_are_asked_for_together_and_with_the_cursor_as_it_came() -> None:
    plan = Plan([Source(OPERATION, Ids([1, 2, 3]))], window=2, collect=False)
    request = plan.next_request()
    assert request is not None
    cursor = "a%3D%3D+/"
    results = [
        {"from": {"id": id_}, "to": [], "paging": {"next": {"after": cursor}}} for id_ in "13"
    ]
    results.append({"from": {"id": "2"}, "to": []})
    plan.receive(request, AssociationEnvelope.from_dict({"results": results}))
    assert not plan.advance()  # not even the record of 2: it comes after that of 1
    follow = plan.next_request()
    assert follow is not None
    assert follow.body.to_dict() == {
        "inputs": [{"id": "1", "after": cursor}, {"id": "3", "after": cursor}]
    }


def test_good_rows_beside_a_failed_page_are_records() -> None:
    plan = Plan([Source(OPERATION, Ids([1, 2]))], window=2, collect=False)
    request = plan.next_request()
    assert request is not None
    paging = {"next": {"after": "x"}}
    results = [{"from": {"id": "1"}, "to": [], "paging": paging}, {"from": {"id": "2"}, "to": []}]
    plan.receive(request, AssociationEnvelope.from_dict({"results": results}))
    follow = plan.next_request()
    assert follow is not None
    plan.fail(follow, FailedError())
    assert plan.advance()
    entry = plan.take()
    assert entry is not None
    assert id_of(entry) == "2"
    with pytest.raises(FailedError):
        plan.take()
    assert list(plan.unread) == ["1"]
    assert list(plan.failures[0].ids) == ["1"]


def test_what_the_source_raises_comes_after_the_records_of_what_it_gave_before() -> None:
    def broken() -> Iterator[int]:
        yield from range(1, 6)
        raise FailedError

    plan = Plan([Source(OPERATION, Ids(broken()))], window=5, collect=False)
    while request := plan.next_request():
        plan.receive(request, rows(request))
    assert take_all(plan) == ["1", "2", "3", "4", "5", "FailedError()"]
    assert plan.finished


@pytest.mark.parametrize("collect", [False, True])
def test_what_is_not_an_id_is_named_with_its_place_and_the_ids_around_it_are_read(
    collect: bool,
) -> None:
    ids = [1, 2, None, 4]
    plan = Plan([Source(OPERATION, Ids(ids))], window=5, collect=collect)  # type: ignore[arg-type]
    while request := plan.next_request():
        plan.receive(request, rows(request))
    message = (
        "ids[2]: expected an id as text or whole number, got None: it stands for a missing value"
    )
    raised = [] if collect else [f"InvalidIdError({message!r})"]
    assert take_all(plan) == ["1", "2", *raised, "4"]
    assert [str(failure.error) for failure in plan.failures] == [message]


def take_all(plan: Plan[Association]) -> list[str]:
    """Return the ids of the records, and what was raised between them."""
    taken = []
    while not plan.finished:
        try:
            if plan.advance() and (entry := plan.take()):
                taken.append(id_of(entry))
        except (FailedError, ValueError) as error:
            taken.append(repr(error))
    return taken


def test_errors_that_name_no_id_are_kept() -> None:
    plan = Plan([Source(OPERATION, Ids([1]))], window=1, collect=False)
    request = plan.next_request()
    assert request is not None
    errors = [{"category": "ODD"}, "a text"]
    plan.receive(request, AssociationEnvelope.from_dict({"results": [], "errors": errors}))
    assert not plan.advance()
    assert plan.unanswered == ["1"]
    assert plan.other_errors == [BatchError(category="ODD"), BatchError(message="a text")]


def sent(plan: Plan[RowT]) -> Request[RowT]:
    """Return the next request; there has to be one."""
    request = plan.next_request()
    assert request is not None
    return request


def envelope(*results: object, **rest: object) -> AssociationEnvelope:
    return AssociationEnvelope.from_dict({"results": list(results), **rest})


def take(plan: Plan[RowT]) -> Entry[RowT] | None:
    """Return the next record, if need be from the next chunk; None if there is none."""
    while plan.advance():
        if entry := plan.take():
            return entry
    return None


def handed_out(plan: Plan[RowT]) -> list[str]:
    """Return the ids of the records that can be handed out now."""
    return [id_of(entry) for entry in iter(lambda: take(plan), None)]


def test_what_nobody_waits_for_any_more_is_sent_again_with_its_cursors() -> None:
    plan = Plan([Source(OPERATION, Ids([1, 2, 3]))], window=2, collect=False)
    request = sent(plan)
    plan.receive(request, envelope(page("1", None, 2), page("2", None, 1), page("3", None, 2)))
    expected = sent(plan).inputs
    plan.restart()
    assert dict(sent(plan).inputs) == dict(expected) == {"1": "1", "3": "1"}


def test_further_pages_are_asked_for_before_new_ids_and_of_any_chunk() -> None:
    plan = Plan([Source(OPERATION, Ids(range(1, 100)))], window=3, collect=False)
    first, second = sent(plan), sent(plan)
    plan.receive(second, envelope(page("4", None, 2)))
    assert dict(sent(plan).inputs) == {"4": "1"}  # while the first chunk is under way
    plan.receive(first, envelope(page("1", None, 2)))
    third = sent(plan)
    assert dict(third.inputs) == {"1": "1"}
    plan.restart()
    assert [list(sent(plan).inputs) for _ in range(3)] == [["1"], ["4"], ["7", "8", "9"]]


def test_records_given_back_come_again_before_those_that_were_not_handed_out() -> None:
    plan = Plan([Source(OPERATION, Ids([1, 2, 3]))], window=1, collect=False)
    request = sent(plan)
    plan.receive(request, rows(request))
    entries = [entry for entry in (take(plan), take(plan)) if entry]
    plan.give_back(entries)
    assert handed_out(plan) == ["1", "2", "3"]


def test_a_request_that_fails_beside_something_that_is_no_id_leaves_its_ids_unread_only() -> None:
    ids = Ids([1, None, 2])  # type: ignore[list-item]
    plan = Plan([Source(OPERATION, ids)], window=1, collect=True)
    plan.fail(sent(plan), FailedError())
    assert take(plan) is None
    assert [failure.ids for failure in plan.failures] == [(), ("1", "2")]
    assert plan.summary.failures == 2
    assert plan.unanswered == []
    assert list(plan.unread) == ["1", "2"]


def test_a_failure_that_was_not_raised_yet_has_its_ids_unread() -> None:
    plan = Plan([Source(OPERATION, Ids([1, 2]))], window=1, collect=False)
    plan.receive(sent(plan), envelope(page("1", None, 1), page("2", None, 2)))
    plan.fail(sent(plan), FailedError())
    assert take(plan) is not None  # of 1; what made 2 fail comes next
    assert plan.failures == []
    assert list(plan.unread) == ["2"]


def test_rows_are_saved_from_a_body_that_does_not_match() -> None:
    plan = Plan([Source(OPERATION, Ids([1, 2, 3]))], window=1, collect=False)
    request = sent(plan)
    results: list[object] = [page("1", None, 1), {"from": {"id": 2}, "to": None}]
    with pytest.raises(DecodeError) as caught:
        AssociationEnvelope.from_json(json.dumps({"results": results}).encode())
    plan.fail(request, caught.value)
    assert handed_out(plan) == ["1"]
    assert [(error.id, error.category) for error in plan.errors] == [("2", "DECODE_ERROR")]
    assert plan.unanswered == ["3"]
    assert plan.failures == []
    assert plan.summary.requests == 1


def test_each_request_and_each_row_that_nobody_asked_for_is_counted() -> None:
    plan = Plan([Source(OPERATION, Ids(range(1, 10)))], window=3, collect=True)
    for _ in range(2):
        request = sent(plan)
        results = [page(id_, None, 1) for id_ in request.inputs]
        plan.receive(request, envelope(page("stranger", None, 1), *results))
    plan.fail(sent(plan), FailedError())
    assert len(handed_out(plan)) == 6
    summary = plan.summary
    assert (summary.requests, summary.failures, summary.unexpected) == (3, 1, 2)
    assert (summary.records, summary.unread) == (6, 3)


def v3_plan(*ends: str | None) -> Plan[AssociationV3]:
    """Return a plan to which all has been received; a row with a cursor is cut short."""
    plan = Plan([Source(ASSOCIATIONS_V3, Ids(range(len(ends))))], window=1, collect=False)
    results: list[object] = [
        {"from": {"id": str(id_)}, "to": [], "paging": end and {"next": {"after": end}}}
        for id_, end in enumerate(ends)
    ]
    plan.receive(sent(plan), AssociationV3Envelope.from_dict({"results": results}))
    return plan


def test_the_records_that_were_cut_short_are_those_that_were_handed_out() -> None:
    plan = v3_plan("x", None, "x", "x")
    entries = [entry for entry in (take(plan), take(plan), take(plan)) if entry]
    assert [cut.id for cut in plan.truncated] == ["0", "2"]
    assert plan.truncated[0].fields == ("to",)
    assert plan.truncated[0].remedy == ASSOCIATIONS_V3.remedy != ""
    assert plan.summary.truncated == 2
    plan.give_back(entries[1:2])  # nothing of it was cut
    assert [cut.id for cut in plan.truncated] == ["0", "2"]
    take(plan)
    plan.give_back(entries[1:])
    assert [cut.id for cut in plan.truncated] == ["0"]
    handed_out(plan)
    assert [cut.id for cut in plan.truncated] == ["0", "2", "3"]


GUIDS = ["0e1cf94a-1b2c-4d3e-8f50-6a7b8c9d0e1f", "0e1cf94a-1b2c-4d3e-8f50-6a7b8c9d0e20"]


def test_a_campaign_given_back_takes_its_own_entry_with_it_only() -> None:
    plan = Plan([Source(CAMPAIGNS, Ids(GUIDS))], window=1, collect=False)
    more = {"results": [], "paging": {"next": {"after": "x"}}}
    results = [{"id": id_, "assets": {"FORM": more, "EMAIL": more}} for id_ in GUIDS]
    plan.receive(sent(plan), CampaignEnvelope.from_dict({"results": results}))
    take(plan)
    last = take(plan)
    assert last is not None
    plan.give_back([last])
    assert [(cut.id, cut.fields) for cut in plan.truncated] == [
        (GUIDS[0], ("assets.FORM", "assets.EMAIL"))
    ]


def workflows_plan(flow_ids: list[int], workflow_ids: list[int]) -> Plan[WorkflowIdMapping]:
    sources = [
        Source(WORKFLOWS_BY_FLOW_ID, Ids(flow_ids, name="flow_ids", kind=FlowId)),
        Source(WORKFLOWS_BY_WORKFLOW_ID, Ids(workflow_ids, name="workflow_ids", kind=WorkflowId)),
    ]
    return Plan(sources, window=2, collect=True)


def test_ids_of_two_kinds_are_told_apart_in_every_place() -> None:
    plan = workflows_plan([1, 2, 3, 3], [1, 2, 3, 3])
    kinds = [FlowId, WorkflowId]
    assert [type(id_) for id_ in plan.unread] == [FlowId] * 3 + [WorkflowId] * 3
    requests = [sent(plan), sent(plan)]
    assert [type(id_) for id_ in plan.unread] == [FlowId] * 3 + [WorkflowId] * 3
    for request, key in zip(requests, ["flowId", "workflowId"], strict=True):
        document = {
            "results": [{"flowId": 1, "workflowId": 1}],
            "errors": [{"message": "no", "context": {key: ["2"]}}],
        }
        plan.receive(request, WorkflowIdMappingEnvelope.from_dict(document))
    entries = [take(plan), take(plan)]
    assert take(plan) is None
    assert [type(id_of(entry)) for entry in entries if entry] == kinds
    assert [(type(error.id), error.id) for error in plan.errors] == [
        (FlowId, "2"),
        (WorkflowId, "2"),
    ]
    assert [(type(id_), id_) for id_ in plan.unanswered] == [(FlowId, "3"), (WorkflowId, "3")]
    summary = plan.summary
    assert (summary.total, summary.taken, summary.duplicates) == (8, 6, 2)
    assert (summary.records, summary.errors, summary.unanswered, summary.unread) == (2, 2, 2, 0)


def test_a_failure_has_its_ids_in_their_kind() -> None:
    plan = workflows_plan([1], [1])
    plan.fail(sent(plan), FailedError())
    plan.fail(sent(plan), FailedError())
    assert take(plan) is None
    assert [type(failure.ids[0]) for failure in plan.failures] == [FlowId, WorkflowId]


def test_ids_without_associations_are_in_the_account_of_their_source() -> None:
    sources = [Source(OPERATION, Ids([1])), Source(OPERATION, Ids([2]))]
    plan = Plan(sources, window=2, collect=False)
    for id_ in "12":
        plan.receive(sent(plan), envelope(errors=[problem(id_, "?", NO_ASSOCIATIONS_FOUND)]))
    assert take(plan) is None
    assert [source.ids.without_associations for source in sources] == [[1], [2]]
    assert plan.summary.without_associations == 2


def test_the_total_is_not_known_if_that_of_one_source_is_not() -> None:
    plan = Plan(
        [Source(OPERATION, Ids([1])), Source(OPERATION, Ids(iter([2])))], window=1, collect=True
    )
    assert plan.summary.total is None


def test_an_id_whose_further_page_is_not_there_has_no_record_and_no_answer() -> None:
    plan = Plan([Source(OPERATION, Ids([1]))], window=1, collect=False)
    plan.receive(sent(plan), envelope(page("1", None, 2)))
    plan.receive(sent(plan), envelope(errors=[problem("1", "?", NO_ASSOCIATIONS_FOUND)]))
    assert handed_out(plan) == []
    assert plan.without_associations == []
    assert plan.unanswered == ["1"]


def test_the_cursor_is_followed_whichever_of_two_rows_of_an_id_has_it() -> None:
    for order in (1, -1):
        plan = Plan([Source(OPERATION, Ids([1]))], window=1, collect=False)
        plan.receive(sent(plan), envelope(*[page("1", None, 1), page("1", None, 2)][::order]))
        assert dict(sent(plan).inputs) == {"1": "1"}


def test_cursors_that_go_round_in_a_circle_are_followed_once() -> None:
    plan = Plan([Source(OPERATION, Ids([1]))], window=1, collect=False)
    for number, cursor in enumerate("abca"):
        row = page("1", str(number), 1, cursor)
        plan.receive(sent(plan), envelope(row))
    assert plan.next_request() is None
    assert take(plan) is None
    (error,) = plan.errors
    assert (error.id, error.category) == ("1", "CURSOR_REPEATED")
    assert error.message == "the cursor 'a' came a second time; no page after it can be read"


def test_what_is_restarted_twice_is_sent_and_accounted_for_once() -> None:
    plan = Plan([Source(OPERATION, Ids([1, 2, 3]))], window=1, collect=False)
    sent(plan)
    plan.restart()
    again = sent(plan)
    plan.receive(again, rows(again))
    plan.restart()
    assert plan.next_request() is None
    assert handed_out(plan) == ["1", "2", "3"]


def test_a_chunk_without_records_does_not_hold_up_the_next_one() -> None:
    plan = Plan([Source(OPERATION, Ids([1, 2, 3, 4]))], window=2, collect=False)
    first, second = sent(plan), sent(plan)
    plan.receive(second, rows(second))
    plan.receive(first, envelope())
    entry = take(plan)
    assert entry is not None
    assert id_of(entry) == "4"


def test_an_error_on_a_further_page_is_that_of_the_id_and_other_errors_are_kept() -> None:
    plan = Plan([Source(OPERATION, Ids([1]))], window=1, collect=False)
    plan.receive(sent(plan), envelope(page("1", None, 2), errors=["first"]))
    plan.receive(sent(plan), envelope(errors=["second", problem("1", "ODD", "x")]))
    assert handed_out(plan) == []
    assert [(error.id, error.category) for error in plan.errors] == [("1", "ODD")]
    assert [error.message for error in plan.other_errors] == ["first", "second"]


def test_a_page_that_comes_again_with_another_cursor_ends_the_pages() -> None:
    plan = Plan([Source(OPERATION, Ids([1]))], window=1, collect=False)
    for cursor in "ab":
        row = page("1", None, 1, cursor)
        plan.receive(sent(plan), envelope(row))
    assert handed_out(plan) == []
    assert [error.message for error in plan.errors] == [
        "the page before the cursor 'b' came a second time"
    ]


def test_rows_of_one_id_with_different_cursors_are_no_record() -> None:
    plan = Plan([Source(OPERATION, Ids([1]))], window=1, collect=False)
    rows = [page("1", None, 1, cursor) for cursor in "ab"]
    plan.receive(sent(plan), envelope(*rows))
    assert handed_out(plan) == []
    assert [error.message for error in plan.errors] == [
        "rows of one id have different cursors: 'a', 'b'"
    ]


def test_an_interrupt_while_ids_are_taken_loses_none() -> None:
    def source() -> Iterator[int]:
        yield from (1, 2)
        raise KeyboardInterrupt

    plan = Plan([Source(OPERATION, Ids(source()))], window=1, collect=False)
    with pytest.raises(KeyboardInterrupt):
        plan.next_request()
    assert list(plan.unread) == ["1", "2"]
    plan.restart()
    assert not plan.advance()
    request = sent(plan)
    assert list(request.inputs) == ["1", "2"]
    plan.receive(request, rows(request))
    assert handed_out(plan) == ["1", "2"]


def test_what_is_restarted_goes_on_at_the_page_it_had_come_to() -> None:
    plan = Plan([Source(OPERATION, Ids([1]))], window=1, collect=False)
    plan.receive(sent(plan), envelope(page("1", None, 3)))
    assert dict(sent(plan).inputs) == {"1": "1"}
    plan.restart()
    assert dict(sent(plan).inputs) == {"1": "1"}


def test_many_faults_among_the_ids_cost_few_requests_when_they_are_collected() -> None:
    ids = Ids([1, None, 2, None, 3, None, 4])  # type: ignore[list-item]
    plan = Plan([Source(evolve(OPERATION, max_inputs=100), ids)], window=1, collect=True)
    assert list(sent(plan).inputs) == ["1", "2", "3", "4"]
    assert plan.next_request() is None


def test_collected_failures_hold_no_frames() -> None:
    plan = Plan([Source(OPERATION, Ids([1]))], window=1, collect=True)
    with pytest.raises(FailedError) as caught:
        raise FailedError from ValueError()
    plan.fail(sent(plan), caught.value)
    assert caught.value.__traceback__ is None


def test_cursors_that_never_end_are_followed_for_a_thousand_pages() -> None:
    plan = Plan([Source(OPERATION, Ids([1, 2]))], window=1, collect=False)
    plan.receive(sent(plan), envelope(page("1", None, 1, "0"), page("2", None, 1)))
    requests = 1
    while request := plan.next_request():
        requests += 1
        assert request.inputs == {"1": str(requests - 2)}
        plan.receive(request, envelope(page("1", str(requests), 1, str(requests - 1))))
    assert requests == 1000
    assert handed_out(plan) == ["2"]
    (error,) = plan.errors
    assert (error.id, error.category) == ("1", "TOO_MANY_PAGES")
    assert error.message == "there are more than 1000 pages"


def test_a_thousand_pages_are_a_record() -> None:
    plan = Plan([Source(OPERATION, Ids([1]))], window=1, collect=False)
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
    plan = Plan([Source(OPERATION, Ids([1, 2, 3]))], window=1, collect=False)
    bad = json.dumps(page("1", None, 1, "CURSOR")).replace("CURSOR", cursor)
    others = json.dumps(page("2", None, 1)), json.dumps(page("3", None, 2))
    body = f'{{"results": [{bad}, {", ".join(others)}]}}'
    plan.receive(sent(plan), AssociationEnvelope.from_json(body))
    request = sent(plan)
    assert dict(request.inputs) == {"3": "1"}
    request.body.to_json()
    plan.receive(request, envelope(page("3", "1", 2)))
    assert handed_out(plan) == ["2", "3"]
    (error,) = plan.errors
    assert (error.id, error.category) == ("1", "CURSOR_INVALID")
    assert len(error.message or "") < 200
    assert (error.message or "").isascii()
