"""The plan: each id is in exactly one place, whatever happens and in whatever order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_batch_read.chunk import Request, Source
from hubspot_batch_read.ids import Ids
from hubspot_batch_read.operations import ASSOCIATIONS, NO_ASSOCIATIONS_FOUND
from hubspot_batch_read.plan import Entry, Plan
from hubspot_batch_read_api.models import (
    Association,
    AssociationEnvelope,
    BatchError,
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


def page(id_: str, after: str | None, fate: str | int) -> object:
    """Return a page of two associated objects; the second one stands on the next page as well."""
    number = int(after or 0)
    to = [
        {"toObjectId": f"{id_}-{number + each}", "associationTypes": [kind(number)]}
        for each in range(2)
    ]
    cursor = None
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
            *(entry.id for entry in self.entries),
            *(error.id for error in self.plan.errors),
            *self.plan.without_associations,
            *self.plan.unanswered,
            *self.plan.unread,
        ]


STEPS = ["send", "send", "send", "answer", "answer", "answer", "take", "take", "take"]
STEPS += ["fail", "put_back", "give_back"]


@settings(max_examples=400, deadline=None)
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
        elif step == "put_back":
            read.plan.put_back()
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
    order = [entry.id for entry in read.entries]
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
        fate = read.portal.fate(entry.id)
        assert isinstance(fate, int)
        assert entry.record.from_.id == entry.id
        assert [each.to_object_id for each in entry.record.to] == [
            f"{entry.id}-{number}" for number in range(fate + 1)
        ]
        # An object that is on two pages has the types of both.
        types = [[kind.type_id for kind in each.association_types] for each in entry.record.to]
        assert types == [
            [number for number in (place - 1, place) if 0 <= number < fate]
            for place in range(fate + 1)
        ]
        assert entry.record.paging is None


@settings(max_examples=100, deadline=None)
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
        *(entry.id for entry in read.entries),
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
    assert entry.id == "2"
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
    message = "ids[2]: expected an id as text or whole number, got None"
    raised = [] if collect else [f"InvalidIdError({message!r})"]
    assert take_all(plan) == ["1", "2", *raised, "4"]
    assert [str(failure.error) for failure in plan.failures] == [message]


def take_all(plan: Plan[Association]) -> list[str]:
    """Return the ids of the records, and what was raised between them."""
    taken = []
    while not plan.finished:
        try:
            if plan.advance() and (entry := plan.take()):
                taken.append(entry.id)
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
