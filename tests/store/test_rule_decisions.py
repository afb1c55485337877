from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from drawn_runs import Made, make_run
from ruled_fields import Ruled
from sqlalchemy import select

from formreader.records import Flag
from formreader.store.contents import read_pages
from formreader.store.machine.form_rules import note_rules
from formreader.store.people.decisions import (
    Action,
    Decision,
)
from formreader.store.people.filters import Filters
from formreader.store.people.queue import Queue
from formreader.store.people.rules import RuleBrokenError
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import decisions

FAILED = (Flag.RULE_FAILED,)
TOTAL, A, B, OTHER = 1, 2, 3, 4


@dataclass(frozen=True)
class Form:
    name: str = "exam"
    fields: tuple[Ruled, ...] = (
        *(Ruled(name) for name in ("total", "a", "b")),
        Ruled("other", min=20),
    )
    checks: tuple[str, ...] = ("total == a + b",)


@pytest.fixture
def store(tmp_path: Path, store_url: str | None) -> Iterator[RunStore]:
    made = [
        Made("228", 0.95, name="total", flags=FAILED),
        Made("223", 0.95, name="a", flags=FAILED),
        Made("85", 0.95, name="b", flags=FAILED),
        Made("34", 0.5, name="other"),
    ]
    run = make_run(tmp_path, [made], store_url=store_url)
    with RunStore.open(run) as opened:
        note_rules(opened, [Form()])
        yield opened


def put(store: RunStore, field: int, value: str, *, overrides: bool = False) -> None:
    decision = Decision(
        field, Action.ACCEPT, value, "ann", "queue", None, overrides=overrides
    )
    Queue(store).decide("browser", decision)


def waiting(store: RunStore) -> list[str]:
    return sorted(item.name for item in Queue(store).next("b", 9, [], Filters()))


def told(store: RunStore, field: int, value: str) -> list[str]:
    found = Queue(store).find_breaches(field, value)
    return [one.breach.text for one in found]


def test_a_corrected_addend_frees_the_total_and_the_other_addend(
    store: RunStore,
) -> None:
    assert waiting(store) == ["a", "b", "other", "total"]
    put(store, A, "143")
    assert waiting(store) == ["other"]
    assert Queue(store).list_freed(A) == [TOTAL, B]
    with store.read() as connection:
        (page,) = read_pages(connection)
    freed = [row for row in page.fields if row["field"] in ("total", "b")]
    assert [row["flags"] for row in freed] == ["", ""]
    assert [row["confidence"] for row in freed] == ["0.9500", "0.9500"]


def test_what_was_taken_back_binds_the_others_again(store: RunStore) -> None:
    put(store, A, "143")
    assert Queue(store).undo("b", "ann") is not None
    assert waiting(store) == ["a", "b", "other", "total"]


def test_what_fails_now_enters_the_queue(store: RunStore) -> None:
    put(store, A, "143")
    assert waiting(store) == ["other"]
    decision = Decision(A, Action.CORRECT, "144", "ann", "queue", 1, overrides=True)
    Queue(store).decide("browser", decision)
    assert waiting(store) == ["b", "other", "total"]


def test_a_rule_that_says_nothing_any_more_frees_nobody(store: RunStore) -> None:
    Queue(store).decide("browser", Decision(A, Action.BLANK, "", "ann", "queue", None))
    assert waiting(store) == ["b", "other", "total"]


def test_a_breach_is_refused_with_its_numbers_and_nothing_is_decided(
    store: RunStore,
) -> None:
    with pytest.raises(RuleBrokenError, match=r"223 \+ 85 = 308, not 228"):
        put(store, TOTAL, "228")
    with pytest.raises(RuleBrokenError, match="12 is less than 20"):
        put(store, OTHER, "12")
    with pytest.raises(RuleBrokenError, match="6 digits in 2 cells"):
        put(store, OTHER, "123456")
    assert waiting(store) == ["a", "b", "other", "total"]


def test_an_override_is_taken_and_the_log_says_what_it_overrides(
    store: RunStore,
) -> None:
    put(store, TOTAL, "228", overrides=True)
    put(store, OTHER, "34", overrides=True)  # there was nothing to override
    with store.read() as connection:
        logged = connection.scalars(select(decisions.c.override)).all()
    assert logged == ["223 + 85 = 308, not 228", None]


def test_breaches_of_what_is_typed_name_the_other_fields(store: RunStore) -> None:
    (breach,) = Queue(store).find_breaches(TOTAL, "300")
    assert breach.breach.text == "223 + 85 = 308, not 300"
    assert [(other.name, other.id) for other in breach.others] == [("a", A), ("b", B)]
    assert told(store, TOTAL, "308") == []
    assert told(store, OTHER, "25") == []
