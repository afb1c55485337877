from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_runs import CROP, make_field, make_run
from sqlalchemy import select

from formreader.geometry import Box
from formreader.records import PAGE
from formreader.store.contents import read_pages
from formreader.store.machine.results import count_totals
from formreader.store.people.decisions import (
    Action,
    Decision,
    StaleFieldError,
    decide,
    undo_last,
)
from formreader.store.people.filters import Filters
from formreader.store.people.likes import find_likes
from formreader.store.people.queue import Queue
from formreader.store.people.revisions import (
    NameTakenError,
    Removal,
    Revised,
    Revision,
)
from formreader.store.records import CropRecord, FieldRecord
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import decisions

REQUEST = "0123456789abcdef-1"


def drawn(value: str, box: Box, name: str = "") -> FieldRecord:
    """A field that was read in a box that a person drew."""
    record = make_field(name, value)
    reading = replace(record.reading, box=box, outline=box.corners, needs_review=True)
    return replace(record, reading=reading, crop=CropRecord(CROP, box))


def at(name: str, value: str, top: int, confidence: float = 0.99) -> FieldRecord:
    record = make_field(name, value, confidence)
    box = Box(10, top, 110, top + 20)
    return replace(
        record, reading=replace(record.reading, box=box, outline=box.corners)
    )


@pytest.fixture
def store(tmp_path: Path, store_url: str | None) -> Iterator[RunStore]:
    """Fields 1 and 2 on the first page; 3 alone on the second, where 1 is."""
    first = [at("field_001", "11", 10), at("field_002", "22", 60)]
    run = make_run(
        tmp_path / "run",
        {"a.png": [first], "b.png": [[at("field_001", "33", 12)]]},
        store_url,
    )
    with RunStore.open(run) as opened:
        yield opened


def revise(store: RunStore, page: int = 1, **what: Any) -> Revised:
    removed = tuple(Removal(i, None) for i in what.pop("removed", ()))
    added = tuple(what.pop("added", ()))
    revision = Revision(page, removed, added, "ann", "pages", **what)
    return Queue(store).revise("browser", revision)


def undo(store: RunStore, user: str = "ann") -> int | None:
    with store.write() as connection:
        return undo_last(connection, user)


def exported(store: RunStore) -> list[tuple[str, ...]]:
    """What an export says of each field, page after page."""
    wanted = ("source", "field", "value", "needs_review", "found_by", "confidence")
    with store.read() as connection:
        return [
            tuple(str(row[column]) for column in wanted)
            for page in read_pages(connection)
            for row in page.fields
        ]


def names(store: RunStore) -> list[str]:
    return [row[1] for row in exported(store)]


def left(store: RunStore) -> int:
    return Queue(store).count(Filters()).left


BOTH = [
    ("a.png", "field_001", "11", "false", "machine", "0.9900"),
    ("a.png", "field_002", "22", "false", "machine", "0.9900"),
    ("b.png", "field_001", "33", "false", "machine", "0.9900"),
]


def test_a_removed_field_is_gone_from_exports_and_counts_until_that_is_taken_back(
    store: RunStore,
) -> None:
    assert revise(store, removed=[1]).removed == (1,)
    assert exported(store) == BOTH[1:]
    with store.read() as connection:
        assert count_totals(connection).fields == 2
        [row] = connection.execute(select(decisions)).all()
    assert (row.action, row.user, row.old_value, row.value) == (
        "remove",
        "ann",
        "11",
        "",
    )
    assert undo(store) == 1
    assert exported(store) == BOTH


def test_nobody_decides_about_a_field_that_is_gone(store: RunStore) -> None:
    revise(store, removed=[1])
    late = Decision(1, Action.ACCEPT, "11", "bob", "queue", None)
    with store.write() as connection, pytest.raises(StaleFieldError):
        decide(connection, late)


def test_a_drawn_field_stands_in_its_place_by_a_person_and_waits_for_one(
    store: RunStore,
) -> None:
    revised = revise(store, added=[drawn("44", Box(10, 35, 110, 55))])
    new = ("a.png", "field_003", "44", "true", "person", "0.9900")
    assert exported(store) == [BOTH[0], new, *BOTH[1:]]
    [item] = Queue(store).next("browser", 5, [], Filters())
    assert (item.id, item.value) == (*revised.added, "44")
    accept = Decision(item.id, Action.ACCEPT, "45", "ann", "pages", item.decision_id)
    with store.write() as connection:
        decide(connection, accept)
    assert exported(store)[1] == (*new[:2], "45", "false", "person", "1.0000")
    assert left(store) == 0
    undo(store)
    assert exported(store)[1] == new
    undo(store)
    assert exported(store) == BOTH


def test_a_revision_is_done_once_however_often_it_is_sent(store: RunStore) -> None:
    wish: dict[str, Any] = {"removed": [1], "added": [drawn("44", Box(0, 0, 50, 20))]}
    first = revise(store, **wish, request=REQUEST)
    assert revise(store, **wish, request=REQUEST) == first
    assert names(store) == ["field_003", "field_002", "field_001"]


def test_a_moved_field_keeps_name_and_place_and_is_taken_back_at_once(
    store: RunStore,
) -> None:
    moved = drawn("14", Box(5, 5, 115, 33), "field_001")
    revise(store, removed=[1], added=[moved])
    assert exported(store)[0] == (
        "a.png",
        "field_001",
        "14",
        "true",
        "person",
        "0.9900",
    )
    assert names(store) == ["field_001", "field_002", "field_001"]
    undo(store)
    assert exported(store) == BOTH


def test_what_somebody_else_has_decided_upon_is_not_taken_back_in_part(
    store: RunStore,
) -> None:
    revised = revise(store, removed=[1, 2], added=[drawn("1122", Box(10, 10, 110, 80))])
    (key,) = revised.added
    seen = revised.decisions[-1]
    with store.write() as connection:
        decide(connection, Decision(key, Action.ACCEPT, "1122", "bob", "queue", seen))
    assert undo(store, "ann") is None
    assert names(store) == ["field_003", "field_001"]


def test_a_name_is_on_a_page_once(store: RunStore) -> None:
    with pytest.raises(NameTakenError):
        revise(store, added=[drawn("44", Box(0, 0, 50, 20), "field_002")])
    with pytest.raises(NameTakenError):
        revise(store, added=[drawn("44", Box(0, 0, 50, 20), PAGE)])
    assert exported(store) == BOTH


def test_a_removed_field_does_not_come_back_beside_its_heir(store: RunStore) -> None:
    revise(store, removed=[1])
    heir = drawn("44", Box(0, 0, 50, 20), "field_001")
    revision = Revision(1, (), (heir,), "bob", "pages")
    Queue(store).revise("other", revision)
    assert undo(store, "ann") is None
    undo(store, "bob")
    assert undo(store, "ann") == 1


def test_a_field_that_changed_since_it_was_shown_is_not_removed(
    store: RunStore,
) -> None:
    with store.write() as connection:
        decide(connection, Decision(1, Action.ACCEPT, "12", "bob", "queue", None))
    with pytest.raises(StaleFieldError):
        revise(store, removed=[2, 1])
    assert names(store) == ["field_001", "field_002", "field_001"]


def test_a_page_that_lost_its_last_field_says_so_until_one_is_drawn(
    store: RunStore,
) -> None:
    revise(store, 2, removed=[3])
    assert exported(store)[2:] == [("b.png", "page", "", "false", "person", "1.0000")]
    assert left(store) == 0
    revise(store, 2, added=[drawn("9", Box(10, 10, 30, 30))])
    assert names(store)[2:] == ["field_002"]
    undo(store)
    undo(store)
    assert exported(store) == BOTH


def test_likes_go_with_a_field_where_nobody_decided_and_their_pages_are_looked_at(
    store: RunStore,
) -> None:
    [like] = find_likes(store, 1, 10)
    assert (like.id, like.source, like.value) == (3, "b.png", "33")
    revise(store, removed=[1], alike=(3,))
    assert exported(store) == [
        BOTH[1],
        ("b.png", "page", "", "true", "person", "0.0000"),
    ]
    assert left(store) == 1
    undo(store)
    assert exported(store) == BOTH
    with store.write() as connection:
        decide(connection, Decision(3, Action.ACCEPT, "33", "bob", "queue", None))
    assert find_likes(store, 1, 10) == []
    assert revise(store, removed=[1], alike=(3,)).removed == (1,)
