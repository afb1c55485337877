"""Figures of the work of people, computed from the log by hand and by the store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from made_runs import make_field, make_run
from sqlalchemy import Connection, insert, update

from formreader.store.people.decisions import Action, Decision, decide, undo_last
from formreader.store.people.figures import Figures, report_figures, sum_up_user
from formreader.store.people.recent import list_recent
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import audit, decisions


@pytest.fixture
def store(tmp_path: Path, store_url: str | None) -> Iterator[RunStore]:
    """A run with two pages of three fields, all accepted, and four of them audited."""
    page = [make_field(name, "12") for name in ("a", "b", "c")]
    run = make_run(tmp_path / "run", {"x.png": [page], "y.png": [page]}, store_url)
    with RunStore.open(run) as opened:
        with opened.write() as connection:
            rows = [{"field_id": i, "rank": 0.5} for i in (1, 2, 3, 4)]
            connection.execute(insert(audit), rows)
        yield opened


def put(
    connection: Connection, field: int, value: str, user: str, minute: float
) -> None:
    """Decide about a field at a time of the day."""
    action = Action.ACCEPT if value else Action.UNREADABLE
    key = decide(connection, Decision(field, action, value, user, "queue", None))
    set_time(connection, key, minute)


def set_time(connection: Connection, key: int, minute: float) -> None:
    seconds = round(60 * minute)
    at = f"2026-03-01T08:{seconds // 60:02}:{seconds % 60:02}.000+00:00"
    connection.execute(update(decisions).where(decisions.c.id == key).values(at=at))


@pytest.fixture
def worked(store: RunStore) -> RunStore:
    with store.write() as connection:
        put(connection, 1, "12", "ann", 0)
        put(connection, 2, "13", "ann", 0.1)  # 6 s later
        put(connection, 5, "12", "bob", 0.1)
        put(connection, 3, "", "ann", 0.2)  # 6 s later
        put(connection, 4, "12", "ann", 9)  # after a pause
        put(connection, 6, "99", "ann", 9.5)  # 30 s later
        assert undo_last(connection, "ann") == 6
        set_time(connection, 7, 9.6)
    return store


def test_a_person_has_decisions_median_seconds_corrections_and_what_was_taken_back(
    worked: RunStore,
) -> None:
    ann, bob = report_figures(worked).people
    assert (ann.label, ann.decisions, ann.corrections, ann.taken_back) == (
        *("ann", 5, 2, 1),
    )
    assert ann.seconds == 6  # of 6, 6 and 30: neither the first nor the pause counts
    assert bob == Figures("bob", decisions=1)
    assert sum_up_user(worked, "ann") == ann


def test_the_audit_counts_what_was_wrong_or_unreadable_with_an_exact_interval(
    worked: RunStore,
) -> None:
    total = report_figures(worked).total
    assert (total.audited, total.wrong) == (4, 2)
    # Clopper and Pearson, 2 of 4: the 2.5 % and 97.5 % points of B(2, 3) and B(3, 2).
    assert total.interval == pytest.approx((0.0676, 0.9324), abs=1e-4)
    assert Figures("x").interval is None


def test_figures_stand_by_field_form_and_hour(worked: RunStore) -> None:
    report = report_figures(worked)
    assert [(f.label, f.decisions) for f in report.fields] == [
        *(("a", 2), ("b", 2), ("c", 2)),
    ]
    assert [(f.label, f.decisions) for f in report.forms] == [("", 6)]
    (hour,) = report.hours
    assert hour.decisions == 6
    assert hour.label.endswith(":00")


def test_a_person_sees_own_decisions_that_were_not_taken_back(
    worked: RunStore,
) -> None:
    recent = list_recent(worked, "ann", 3)
    assert [(one.field, one.value, one.holds) for one in recent] == [
        (4, "12", True),
        (3, "", True),
        (2, "13", True),
    ]
    (first,) = list_recent(worked, "ann", 3, before=recent[-1].id)
    assert (first.field, first.source, first.page) == (1, "x.png", 1)
