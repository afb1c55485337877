"""A share of what people decided is asked blind of others, and yields an error rate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from made_runs import make_field, make_run
from sqlalchemy import select

from formreader.store.contents import read_pages
from formreader.store.people.asking import Asking, SecondShares, draw_decided
from formreader.store.people.decisions import Action, Decision, StaleFieldError
from formreader.store.people.figures import sum_up_user
from formreader.store.people.filters import Filters
from formreader.store.people.items import FieldItem
from formreader.store.people.opinions import SecondResult, measure_review
from formreader.store.people.queue import Queue
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import fields, seconds

ALL = SecondShares(1.0)


@pytest.fixture
def store(tmp_path: Path, store_url: str | None) -> Iterator[RunStore]:
    page = [make_field(name, "12", 0.5) for name in ("a", "b", "c")]
    with RunStore.open(
        make_run(tmp_path / "run", {"x.png": [page]}, store_url)
    ) as opened:
        yield opened


@pytest.fixture
def queue(store: RunStore) -> Queue:
    return Queue(store, chance=lambda: 0.5, asking=Asking("run", ALL))


def put(queue: Queue, field: int, value: str, user: str = "ann") -> int:
    action = Action.ACCEPT if value else Action.UNREADABLE
    return queue.decide(user, Decision(field, action, value, user, "queue", None))


def say(
    queue: Queue, field: int, value: str, user: str = "bob", request: str | None = None
) -> int:
    action = Action.ACCEPT if value else Action.BLANK
    opinion = Decision(field, action, value, user, "queue", None, request=request)
    return queue.give_opinion(user, opinion)


def ask(queue: Queue, user: str, *, by_page: bool = False) -> list[FieldItem]:
    return queue.next(user, 9, [], Filters(), user=user, by_page=by_page)


def holding(store: RunStore, field: int) -> int | None:
    query = select(fields.c.decision_id).where(fields.c.id == field)
    with store.read() as connection:
        return connection.scalar(query)


@pytest.mark.parametrize("by_page", [False, True])
def test_what_one_person_decided_is_asked_of_another_as_if_nobody_had(
    queue: Queue, by_page: bool
) -> None:
    put(queue, 1, "13")
    assert [item.id for item in ask(queue, "ann", by_page=by_page)] == [2, 3]
    queue.release("ann", [(2, -1), (3, -1)])
    asked = {item.id: item for item in ask(queue, "bob", by_page=by_page)}
    assert sorted(asked) == [1, 2, 3]
    item = asked[1]
    assert (item.is_second, item.value, item.decided) == (True, "12", None)
    assert (item.decision_id, item.state) == (None, "review")
    assert not asked[2].is_second


def test_the_lot_of_a_field_is_always_the_same_and_names_have_shares_of_their_own(
    store: RunStore,
) -> None:
    share = SecondShares(0.05, {"total": 0.5})
    lots = [share.find_rank("run", i, "a") is not None for i in range(4000)]
    assert lots == [share.find_rank("run", i, "a") is not None for i in range(4000)]
    assert 140 < sum(lots) < 260  # 200 on average, with a deviation of 14
    named = sum(share.find_rank("run", i, "total") is not None for i in range(400))
    assert 160 < named < 240
    other = [share.find_rank("other", i, "a") is not None for i in range(4000)]
    assert lots != other
    put(Queue(store), 1, "12")  # a station that asks for none
    assert draw_decided(store, ALL, "run") == 1
    assert draw_decided(store, ALL, "run") == 0
    with store.read() as connection:
        assert connection.scalars(select(seconds.c.field_id)).all() == [1]


def test_two_who_agree_leave_the_decision_and_the_rate_counts_it_as_right(
    store: RunStore, queue: Queue
) -> None:
    key = put(queue, 1, "13")
    before = queue.count(Filters(), "bob")
    assert (before.second, before.done) == (1, 1)
    say(queue, 1, "13", request="a" * 16)
    say(queue, 1, "13", request="a" * 16)  # sent twice
    assert holding(store, 1) == key
    after = queue.count(Filters(), "bob", anew=True)
    assert (after.second, after.done) == (0, 2)
    assert measure_review(store) == SecondResult(drawn=1, seen=1)
    with pytest.raises(StaleFieldError):
        say(queue, 1, "14", "eve")


def test_nobody_gives_a_second_opinion_about_an_own_decision(queue: Queue) -> None:
    put(queue, 1, "13")
    with pytest.raises(StaleFieldError):
        say(queue, 1, "13", "ann")


def test_where_two_differ_others_than_the_two_decide_with_all_votes_before_them(
    store: RunStore, queue: Queue
) -> None:
    put(queue, 1, "13")
    say(queue, 1, "12")  # as the machine: it settles nothing
    assert measure_review(store) == SecondResult(drawn=1, seen=1, split=1)
    for user in ("ann", "bob"):
        assert [item.id for item in ask(queue, user)] == [2, 3]
        queue.release(user, [(2, -1), (3, -1)])
    item = ask(queue, "eve")[0]
    assert item.id == 1
    assert item.flags[:2] == ("ann says 13", "bob says 12")
    assert item.alternatives[0] == "12"
    decided = Decision(1, Action.ACCEPT, "12", "eve", "queue", item.decision_id)
    queue.decide("eve", decided)
    result = measure_review(store)
    assert result == SecondResult(drawn=1, seen=1, wrong=1)
    assert result.rate == 1.0
    # Clopper and Pearson, 1 of 1: 0.025 to 1.
    assert result.interval == pytest.approx((0.025, 1.0), abs=1e-5)


def test_a_supervisor_is_the_only_one_to_decide_what_two_differ_about(
    store: RunStore,
) -> None:
    queue = Queue(
        store, asking=Asking("run", ALL, supervisors=lambda: frozenset({"sue"}))
    )
    put(queue, 1, "13")
    say(queue, 1, "")  # blank
    assert 1 not in [item.id for item in ask(queue, "eve")]
    queue.release("eve", [(2, -1), (3, -1)])
    assert ask(queue, "sue")[0].id == 1


def test_undo_takes_back_a_second_opinion_with_what_followed_and_asks_again(
    store: RunStore, queue: Queue
) -> None:
    key = put(queue, 1, "13")
    own = put(queue, 2, "12", "bob")
    say(queue, 1, "14")
    assert holding(store, 1) != key
    item = queue.undo("bob", "bob", "b" * 16)
    assert item is not None
    assert (item.id, item.is_second, item.value) == (1, True, "12")
    assert holding(store, 1) == key
    assert measure_review(store) == SecondResult(drawn=2)
    say(queue, 1, "13")
    again = queue.undo("bob", "bob", "b" * 16)  # sent twice: takes back nothing more
    assert again is not None and again.id == 1
    assert measure_review(store).seen == 1
    assert queue.undo("bob", "bob") is not None
    assert holding(store, 2) == own
    item = queue.undo("bob", "bob")  # no opinion is left: the decision before
    assert item is not None and item.id == 2


def raise_to_supervisor(queue: Queue, field: int, user: str = "ann") -> int:
    words = "7 or 1?"
    decision = Decision(field, Action.ESCALATE, "", user, "queue", None, comment=words)
    return queue.decide(user, decision)


@pytest.mark.parametrize("by_page", [False, True])
def test_what_was_escalated_is_for_the_supervisor_alone_who_reads_the_words(
    store: RunStore, by_page: bool
) -> None:
    queue = Queue(store, asking=Asking("run", supervisors=lambda: frozenset({"sue"})))
    raise_to_supervisor(queue, 1)
    for user in ("ann", "bob"):
        assert [item.id for item in ask(queue, user, by_page=by_page)] == [2, 3]
        assert queue.count(Filters(), user, anew=True).left == 2
        queue.release(user, [(2, -1), (3, -1)])
    item = ask(queue, "sue", by_page=by_page)[0]
    assert (item.id, item.flags[0], item.value) == (1, "ann asks: 7 or 1?", "12")


def test_an_escalated_field_stays_to_review_with_its_words_until_it_is_decided(
    store: RunStore, queue: Queue
) -> None:
    key = raise_to_supervisor(queue, 1)
    assert [item.id for item in ask(queue, "ann")] == [2, 3]
    assert export_first(store) == ("12", "true", "ann", "7 or 1?")
    assert queue.undo("ann", "ann") is not None
    assert export_first(store) == ("12", "true", "", "")
    raise_to_supervisor(queue, 1)
    item = queue.open("eve", 1)
    assert item is not None and item.decision_id != key
    decided = Decision(1, Action.ACCEPT, "17", "eve", "queue", item.decision_id)
    queue.decide("eve", decided)
    assert export_first(store) == ("17", "false", "eve", "")
    assert sum_up_user(store, "ann").escalated == 2


def test_who_gives_a_second_opinion_may_leave_it_to_the_supervisor(
    store: RunStore, queue: Queue
) -> None:
    key = put(queue, 1, "13")
    words = "smudged"
    doubt = Decision(1, Action.ESCALATE, "", "bob", "queue", None, comment=words)
    queue.give_opinion("bob", doubt)
    assert measure_review(store) == SecondResult(drawn=1, seen=1, split=1)
    item = ask(queue, "eve")[0]
    assert (item.id, item.value) == (1, "13")
    assert "bob asks: smudged" in item.flags and "ann says 13" in item.flags
    queue.undo("bob", "bob")
    assert holding(store, 1) == key


def export_first(store: RunStore) -> tuple[str, str, str, str]:
    with store.read() as connection:
        row = next(read_pages(connection)).fields[0]
    named = ("reviewed_by", "comment")
    reviewed = tuple(str(row.get(name, "")) for name in named)
    return (str(row["value"]), str(row["needs_review"]), reviewed[0], reviewed[1])
