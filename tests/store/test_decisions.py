from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from drawn_runs import Made, make_run
from sqlalchemy import select, update

from formreader.store.people.claims import LEASE_S, WHOLE, claim, release
from formreader.store.people.decisions import (
    Action,
    Decision,
    StaleFieldError,
    current_needs_review,
    current_value,
    decide,
    join_decisions,
    undo_last,
)
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import decisions, fields


@pytest.fixture
def store(tmp_path: Path, store_url: str | None) -> Iterator[RunStore]:
    pages = [[Made("12", 0.5), Made("34")], [Made("56", 0.6)]]
    run = make_run(tmp_path, pages, store_url=store_url)
    with RunStore.open(run) as opened:
        yield opened


def put(
    store: RunStore,
    field_id: int,
    value: str,
    *,
    action: Action = Action.ACCEPT,
    user: str = "ann",
    seen: int | None = None,
) -> int:
    with store.write() as connection:
        decision = Decision(field_id, action, value, user, "queue", seen)
        return decide(connection, decision)


def send(
    store: RunStore,
    field_id: int,
    value: str,
    *,
    request: str,
    after: str | None = None,
) -> int:
    """Decide as a browser does, which names what it sends."""
    decision = Decision(
        field_id, Action.ACCEPT, value, "ann", "queue", None, None, request, after
    )
    with store.write() as connection:
        return decide(connection, decision)


def undo(store: RunStore, user: str = "ann") -> int | None:
    with store.write() as connection:
        return undo_last(connection, user)


def holds(store: RunStore, field_id: int) -> tuple[str, bool]:
    """What holds for a field: its value, and whether a person must look."""
    query: Any = select(current_value(), current_needs_review()).select_from(fields)
    with store.read() as connection:
        found = connection.execute(join_decisions(query).where(fields.c.id == field_id))
        value, needs_review = found.one()
    return value, bool(needs_review)


def log(store: RunStore) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(select(decisions).order_by(decisions.c.id)))


def test_without_a_decision_the_machines_reading_holds(store: RunStore) -> None:
    assert holds(store, 1) == ("12", True)
    assert holds(store, 2) == ("34", False)


def test_the_log_says_who_when_and_what_it_was_before(store: RunStore) -> None:
    put(store, 1, "12", user="ann")
    put(store, 3, "58", user="bob")
    first, second = log(store)
    assert (first.user, first.action, first.old_value, first.value) == (
        "ann",
        "accept",
        "12",
        "12",
    )
    assert (second.user, second.action, second.old_value, second.value) == (
        "bob",
        "correct",
        "56",
        "58",
    )
    assert first.at.endswith("+00:00")
    assert holds(store, 1) == ("12", False)
    assert holds(store, 3) == ("58", False)


def test_an_unreadable_field_stays_in_need_of_review(store: RunStore) -> None:
    put(store, 1, "", action=Action.UNREADABLE)
    assert holds(store, 1) == ("", True)
    put(store, 3, "", action=Action.BLANK)
    assert holds(store, 3) == ("", False)


def test_a_decision_that_somebody_else_has_overtaken_is_refused(
    store: RunStore,
) -> None:
    key = put(store, 1, "13", user="ann")
    with pytest.raises(StaleFieldError):
        put(store, 1, "14", user="bob")
    assert holds(store, 1) == ("13", False)
    put(store, 1, "14", user="bob", seen=key)
    assert holds(store, 1) == ("14", False)
    with pytest.raises(StaleFieldError):
        put(store, 999, "1")


def test_undo_is_an_entry_of_its_own_and_nothing_is_overwritten(
    store: RunStore,
) -> None:
    put(store, 1, "13")
    before = log(store)
    assert undo(store) == 1
    assert log(store)[:1] == before
    entry = log(store)[-1]
    assert (entry.action, entry.old_value, entry.value) == ("undo", "13", "12")
    assert entry.undoes == before[0].id
    assert holds(store, 1) == ("12", True)


def test_undo_goes_back_one_decision_at_a_time(store: RunStore) -> None:
    first = put(store, 1, "13")
    put(store, 1, "14", seen=first)
    put(store, 3, "58")
    assert undo(store) == 3
    assert undo(store) == 1
    assert holds(store, 1) == ("13", False)
    assert undo(store) == 1
    assert holds(store, 1) == ("12", True)
    assert undo(store) is None
    assert [entry.action for entry in log(store)] == ["correct"] * 3 + ["undo"] * 3


def test_undo_takes_back_nobody_elses_decision(store: RunStore) -> None:
    key = put(store, 1, "13", user="ann")
    assert undo(store, "bob") is None
    put(store, 1, "14", user="bob", seen=key)
    assert undo(store, "ann") is None  # it no longer holds
    assert holds(store, 1) == ("14", False)


def test_what_holds_follows_from_the_log(store: RunStore) -> None:
    first = put(store, 1, "13")
    put(store, 1, "14", seen=first)
    undo(store)
    put(store, 3, "58")
    undo(store)
    with store.read() as connection:
        for field_id, held in connection.execute(
            select(fields.c.id, fields.c.decision_id)
        ).all():
            last = connection.execute(
                select(decisions)
                .where(decisions.c.field_id == field_id)
                .order_by(decisions.c.id.desc())
            ).first()
            if last is None:
                assert held is None
            elif last.action == "undo":
                undone = select(decisions.c.previous).where(
                    decisions.c.id == last.undoes
                )
                assert held == connection.scalar(undone)
            else:
                assert held == last.id


# Claims


def take(store: RunStore, ids: list[int], browser: str, at: float = 0.0) -> list[int]:
    with store.write() as connection:
        got = claim(connection, [(i, WHOLE) for i in ids], browser, at)
    return [field_id for field_id, _ in got]


def test_what_one_has_in_hand_nobody_else_gets(store: RunStore) -> None:
    assert take(store, [1, 2], "a") == [1, 2]
    assert take(store, [1, 2, 3], "b") == [3]
    assert take(store, [1, 2], "a") == [1, 2]


def test_a_claim_runs_out_unless_it_is_renewed(store: RunStore) -> None:
    take(store, [1, 2], "a", at=0)
    take(store, [1], "a", at=LEASE_S - 1)
    assert take(store, [1, 2], "b", at=LEASE_S + 1) == [2]


def test_what_is_let_go_is_free_again(store: RunStore) -> None:
    take(store, [1, 2], "a")
    with store.write() as connection:
        release(connection, [(1, WHOLE), (2, WHOLE)], "b")  # not theirs
        release(connection, [(1, WHOLE)], "a")
    assert take(store, [1, 2], "b") == [1]


def test_of_many_at_once_each_field_goes_to_one(store: RunStore) -> None:
    got: list[int] = []

    def hurry(browser: str) -> None:
        for _ in range(20):
            got.extend(take(store, [1, 2, 3], browser, time.time()))
            time.sleep(0.001)

    threads = [threading.Thread(target=hurry, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) % 20 == 0 and len(got) == 3 * 20  # the first to come kept them


def test_a_field_that_was_read_anew_by_a_roster_keeps_its_decision(
    store: RunStore,
) -> None:
    put(store, 1, "13")
    with store.write() as connection:
        connection.execute(
            update(fields).where(fields.c.id == 1).values(value="99", needs_review=True)
        )
    assert holds(store, 1) == ("13", False)


def test_a_decision_that_is_sent_twice_is_stored_once(store: RunStore) -> None:
    first = send(store, 1, "13", request="one")
    assert send(store, 1, "13", request="one") == first
    assert holds(store, 1) == ("13", False)
    with store.read() as connection:
        assert len(connection.execute(select(decisions)).all()) == 1
    with pytest.raises(StaleFieldError):
        send(store, 2, "34", request="one")


def test_a_decision_may_follow_one_whose_answer_has_not_come(store: RunStore) -> None:
    send(store, 1, "13", request="one")
    send(store, 1, "14", request="two", after="one")
    assert holds(store, 1) == ("14", False)
    with pytest.raises(StaleFieldError):
        send(store, 1, "15", request="three", after="one")
    with pytest.raises(StaleFieldError):
        send(store, 2, "35", request="four", after="refused")


def test_an_undo_that_is_sent_twice_takes_back_one_decision(store: RunStore) -> None:
    send(store, 1, "13", request="one")
    send(store, 2, "35", request="two")
    for _ in range(2):
        with store.write() as connection:
            assert undo_last(connection, "ann", request="three") == 2
    assert (holds(store, 1)[0], holds(store, 2)[0]) == ("13", "34")
