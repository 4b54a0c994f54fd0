"""The parts of a read, for files: every id is in one part, and a mark says where to continue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_batch_read.core.id_checks import InvalidIdError
from hubspot_batch_read.core.id_order import Mark
from hubspot_batch_read.core.id_texts import Id
from hubspot_batch_read.core.ids import Ids
from hubspot_batch_read.core.plan import Plan
from hubspot_batch_read.operations import ASSOCIATIONS_V3
from hubspot_batch_read_api.models import Association, AssociationV3Envelope
from tests.examples import examples
from tests.unit.test_ids import take
from tests.unit.test_plan import FailedError, Portal, next_request, plan_of, refusal, sent

values = st.integers(0, 30) | st.integers(0, 30).map(str) | st.sampled_from(["a", "007", "", None])


def take_marked(ids: Ids, limit: int) -> Iterator[tuple[list[str], list[range], Mark]]:
    while not ids.exhausted:
        chunk: dict[str, int | str] = {}
        positions: list[range] = []
        while len(chunk) < limit and not ids.exhausted:
            ids.pull(ids.lack(limit - len(chunk)))
            try:
                ids.take(limit, chunk, positions)
            except InvalidIdError:
                continue
        yield list(chunk), positions, ids.mark()


def ids_of(values: Iterable[object], *, unique: bool = False) -> Ids:
    ids = Ids(cast("Iterable[Id]", values), unique=unique)
    ids.hash_order()
    return ids


@given(st.lists(values), st.integers(1, 7), st.booleans())
def test_the_positions_of_a_chunk_are_those_of_its_ids(
    given: list[object], limit: int, one_shot: bool
) -> None:
    for taken, positions, _ in take_marked(ids_of(iter(given) if one_shot else given), limit):
        assert [str(given[at]) for each in positions for at in each] == taken


@given(st.lists(values), st.integers(1, 7), st.integers(1, 7), st.data())
def test_skipping_what_was_taken_ends_with_the_same_mark(
    given: list[object], limit: int, other: int, data: st.DataObject
) -> None:
    chunks = list(take_marked(ids_of(given), limit))
    done = data.draw(st.integers(0, len(chunks)))
    mark = chunks[done - 1][2] if done else ids_of([]).mark()
    taken = [id_ for chunk, _, _ in chunks[:done] for id_ in chunk]
    places = [at for _, positions, _ in chunks[:done] for each in positions for at in each]
    failed = data.draw(st.sets(st.sampled_from(places))) if places else set()
    again = Ids(cast("Iterable[Id]", iter(given)))
    assert again.skip(mark, [range(at, at + 1) for at in sorted(failed)]) == mark
    rest = list(take_marked(again, other))
    of_failed = [id_ for id_, at in zip(taken, places, strict=True) if at in failed]
    later = [id_ for chunk, _, _ in chunks[done:] for id_ in chunk]
    assert [id_ for chunk, _, _ in rest for id_ in chunk] == [*of_failed, *later]
    if chunks and rest:
        assert rest[-1][2] == chunks[-1][2]


@pytest.mark.parametrize("unique", [True, False])
def test_a_number_and_its_text_are_the_same_id_to_a_mark(unique: bool) -> None:
    (*_, numbers), (*_, texts) = (
        list(take_marked(ids_of(ids, unique=unique), 3))
        for ids in ([1, 2, 3, 4, 5], ["1", "2", "3", "4", "5"])
    )
    assert numbers[2] == texts[2]
    assert numbers[2] != list(take_marked(ids_of([1, 2, 3, 5, 4]), 3))[-1][2]


def test_the_mark_of_the_same_ids_is_the_same_in_every_version() -> None:
    *_, (_, _, mark) = take_marked(ids_of([1, "2", 2, "007", None, 7.5, "\ud800"]), 9)
    assert mark == Mark(7, "a56df37190b11a550a5c74605563d107", duplicates=1)


@pytest.mark.parametrize("given", [[1, 2, "a"], [1, 2, 7]])
def test_an_id_that_was_skipped_is_not_taken_again(given: list[int | str]) -> None:
    (*_, last) = take_marked(ids_of(given), 3)
    ids = Ids([*given, given[-1], 2, 3])
    ids.skip(last[2], [])
    assert [chunk for chunk, _, _ in take_marked(ids, 9)] == [["3"]]


def test_no_more_is_pulled_than_is_skipped_however_much_that_is() -> None:
    pulled = 0

    def given() -> Iterator[int]:
        nonlocal pulled
        for number in range(40_000):
            pulled += 1
            yield number

    (taken, _, mark), *_ = take_marked(ids_of(range(40_000)), 25_000)
    ids = Ids(given())
    assert ids.skip(mark, [range(12_345, 12_347)]) == mark
    assert pulled == mark.position == 25_000
    (again, *_), *_ = take_marked(ids, 3)
    assert again == [*taken[12_345:12_347], "25000"]


def test_skipped_ids_that_are_read_again_are_taken_as_others_are() -> None:
    mark = next(take_marked(ids_of(range(1, 6)), 3))[2]
    ids = Ids(range(1, 6))
    ids.skip(mark, [range(3)])
    assert (ids.lack(2), ids.lack(5)) == (0, 2)
    chunk: dict[str, int | str] = {}
    positions: list[range] = []
    ids.take(2, chunk, positions)
    assert (chunk, positions) == ({"1": 1, "2": 2}, [range(2)])


@pytest.mark.parametrize("one_shot", [True, False])
def test_the_rest_starts_with_the_skipped_ids_that_are_read_again(one_shot: bool) -> None:
    mark = next(take_marked(ids_of(range(5)), 3))[2]
    ids = Ids(iter(range(5)) if one_shot else range(5))
    ids.skip(mark, [range(1, 2)])
    assert list(ids.rest()) == ["1", "3", "4"]


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_ids_that_end_before_the_mark_end_there(number: int) -> None:
    *_, (_, _, mark) = take_marked(ids_of(range(5)), 5)
    ids = Ids(iter(range(number)))
    skipped = ids.skip(mark, [])
    assert (skipped.position, skipped == mark) == (number, False)
    assert list(take_marked(ids, 9)) == [([], [], skipped)]


def test_an_id_known_to_be_invalid_has_the_words_it_came_with() -> None:
    invalid = InvalidIdError("row 2", "two ids", "1;2")
    ids = ids_of([1, invalid, 3])
    chunk: dict[str, int | str] = {}
    with pytest.raises(InvalidIdError) as caught:
        take(ids, 9, chunk)
    assert (caught.value, list(chunk)) == (invalid, ["1"])
    assert list(Ids(cast("Iterable[Id]", [1, invalid, 3])).rest()) == ["1", "1;2", "3"]


STEPS = ["send", "send", "answer", "answer", "write", "fail", "refuse", "abandon"]


@settings(max_examples=examples(300))
@given(
    data=st.data(),
    given=st.lists(values, max_size=20),
    collect=st.booleans(),
    steps=st.lists(st.sampled_from(STEPS), max_size=40),
)
def test_each_value_is_in_exactly_one_part_whatever_happens(
    data: st.DataObject, given: list[object], collect: bool, steps: list[str]
) -> None:
    plan: Plan[Association] = plan_of(given, window=2, collect=collect)
    plan.makes_parts = True
    plan.ids.hash_order()
    portal, requests, parts = Portal(data), [], []
    ended = 0
    while not (plan.is_finished and not plan.account.parts) and ended < 1000:
        step = steps.pop() if steps else ["send", "answer", "write"][ended % 3]
        ended += not steps
        if step == "send" and (request := next_request(plan)):
            requests.append(request)
        elif step == "write":
            plan.account.drop_returned()
            if not plan.account.parts:
                continue
            parts.append(plan.account.parts[0])
            plan.account.parts_written += 1
        elif requests and step not in ("send", "write"):
            request = requests.pop()
            if step == "fail":
                plan.fail(request, FailedError())
            elif step == "refuse":
                plan.fail(request, refusal())
            elif step == "abandon":
                plan.abandon(request)
            else:
                plan.receive(request, portal.answer(request))
        plan.account.drop_returned()
        summary = plan.summary(plan.account.returned)
        assert summary.records == sum(len(part.keys) for part in parts)
        assert summary.taken == summary.records + len(plan.account.missing) + summary.unread
    assert ended < 1000
    records = [str(key) for part in parts for key in part.keys]
    missing = [str(key) for part in parts for key, _ in part.missing]
    unread = [str(given[at]) for part in parts for at in part.unread_at]
    valid = [str(each) for each in given if each not in ("", None)]
    invalid = [each for each in given if each in ("", None)]
    assert len(records + missing + unread) == len(set(valid)) + len(invalid)
    assert {*records, *missing, *unread} == {*map(str, given)}
    failed = [id_ for failure in plan.account.failures for id_ in failure.ids]
    assert sorted(unread) == sorted(failed)
    if parts:
        again = Ids(cast("Iterable[Id]", given))
        assert again.skip(parts[-1].mark, []) == parts[-1].mark
        assert parts[-1].mark.position == len(given)


def test_a_part_has_all_that_became_of_the_ids_of_its_chunk() -> None:
    given = [1, "", 2, 2, 3, 4, 5]
    plan = plan_of(given, evolve(ASSOCIATIONS_V3, max_inputs=5), window=2, collect=True)
    plan.makes_parts = True
    plan.ids.hash_order()
    first, second = sent(plan), sent(plan)
    plan.fail(first, refusal())
    good, bad = sent(plan), sent(plan)
    plan.receive(good, v3_envelope("1", after="x"))
    plan.fail(bad, FailedError())
    plan.receive(second, v3_envelope("5"))
    part, last = plan.account.parts
    assert [*map(str, part.keys)] == [record.from_.id for record in part.records] == ["1"]
    assert [(str(key), why.reason) for key, why in part.missing] == [
        ("", "invalid"),
        ("2", "unanswered"),
    ]
    assert [failure.ids for failure in part.failures] == [(), ("3", "4")]
    assert part.truncated == 1
    assert [at for each in part.taken_at for at in each] == [0, 2, 4, 5]
    assert [*part.unread_at] == [4, 5]
    assert part.mark == next(take_marked(ids_of(given), 4))[2]
    assert (last.number, last.start, last.end, last.truncated) == (1, 1, 2, 0)
    assert ([*last.missing], [*last.failures], [*last.unread_at]) == ([], [], [])


def v3_envelope(id_: str, after: str | None = None) -> AssociationV3Envelope:
    paging = after and {"next": {"after": after}}
    row: object = {"from": {"id": id_}, "to": [], "paging": paging}
    return AssociationV3Envelope.from_dict({"results": [row]})


def test_a_summary_knows_its_speed_and_the_time_left() -> None:
    plan: Plan[Association] = plan_of(range(10))
    summary = evolve(plan.summary(0), taken=8, unread=2, duplicates=1, earlier=2, seconds=2.0)
    assert (summary.ids_per_second, summary.seconds_left) == (2.0, 1.5)
    assert evolve(summary, total=None).seconds_left is None
    assert plan.summary(0).ids_per_second is None
    assert plan.summary(0).seconds_left is None
