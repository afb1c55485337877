from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from drawn_runs import Made, make_run
from sqlalchemy import insert, update

from formreader.records import Flag
from formreader.store.people.decisions import Action, Decision, decide
from formreader.store.people.filters import Filters
from formreader.store.people.queue import Counts, Queue
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import FileState, audit, files

ALL = Filters()


@pytest.fixture
def store(tmp_path: Path, store_url: str | None) -> Iterator[RunStore]:
    run = make_run(
        tmp_path,
        [
            [Made("12", 0.7, name="room"), Made("34", name="seat")],
            [
                Made("56", 0.5, name="room", flags=(Flag.TOUCHING,)),
                Made("78", 0.6, name="seat", others=("73", "18", "78")),
            ],
        ],
        store_url=store_url,
    )
    with RunStore.open(run) as opened:
        yield opened


def values(queue: Queue, filters: Filters = ALL, browser: str = "a") -> list[str]:
    return [item.value for item in queue.next(browser, 20, [], filters)]


def put(store: RunStore, field_id: int, action: Action, value: str = "") -> None:
    with store.write() as connection:
        decide(connection, Decision(field_id, action, value, "ann", "queue", None))


def test_the_least_certain_comes_first_and_accepted_ones_never(
    store: RunStore,
) -> None:
    assert values(Queue(store)) == ["56", "78", "12"]


def test_what_was_decided_does_not_come_again(store: RunStore) -> None:
    put(store, 3, Action.ACCEPT, "56")
    put(store, 4, Action.UNREADABLE)
    assert values(Queue(store)) == ["12"]
    assert Queue(store).count(ALL) == Counts(doubted=0, flagged=1, audit=0, done=2)


def test_what_a_person_doubts_comes_before_what_the_machine_doubts(
    store: RunStore,
) -> None:
    put(store, 2, Action.DOUBT, "34")
    assert values(Queue(store)) == ["34", "56", "78", "12"]


def test_what_one_has_or_put_off_is_left_out(store: RunStore) -> None:
    (first,) = Queue(store).next("a", 1, [], ALL)
    (second,) = Queue(store).next("a", 1, [first.id], ALL)
    assert (first.value, second.value) == ("56", "78")


def test_pages_of_a_file_that_was_replaced_do_not_count(store: RunStore) -> None:
    with store.write() as connection:
        old = update(files).where(files.c.name == "page-002.png")
        connection.execute(old.values(state=FileState.REPLACED))
    assert values(Queue(store)) == ["12"]


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        (Filters(field="room"), ["56", "12"]),
        (Filters(flag="touching"), ["56"]),
        (Filters(flag="touch"), []),
        (Filters(form="exam"), ["56", "78", "12"]),
        (Filters(form="other"), []),
        (Filters(file="page-001"), ["12"]),
        (Filters(file="page%"), []),
        (Filters(file="page_001"), []),
        (Filters(search="8"), ["78"]),
        (Filters(field="room' OR 1=1 --"), []),
    ],
)
def test_filters_narrow_the_queue(
    store: RunStore, filters: Filters, wanted: list[str]
) -> None:
    assert values(Queue(store), filters) == wanted


def test_an_item_says_what_a_page_needs_to_show_it(store: RunStore) -> None:
    item = Queue(store).next("a", 2, [], ALL)[1]
    assert (item.name, item.source, item.page) == ("seat", "page-002.png", 1)
    assert [(c.character, c.confidence) for c in item.characters] == [
        ("7", 0.6),
        ("8", 0.6),
    ]
    assert item.alternatives == ("73", "18")  # not the reading itself
    assert item.flags == ("not certain",)
    assert item.page_size == (1000, 400)
    assert item.outline == ((100, 200), (220, 200), (220, 260), (100, 260))


def test_a_read_only_queue_takes_nothing_into_hand(store: RunStore) -> None:
    assert len(values(Queue(store, read_only=True), browser="a")) == 3
    assert len(values(Queue(store, read_only=True), browser="b")) == 3


def test_ten_at_once_never_get_the_same_field(
    tmp_path: Path, store_url: str | None
) -> None:
    run = make_run(tmp_path, [[Made("12", 0.5)] * 10] * 10, store_url=store_url)
    got: Counter[int] = Counter()
    with RunStore.open(run) as store:
        queue = Queue(store)

        def work(browser: str) -> None:
            mine: list[int] = []
            while items := queue.next(browser, 2, mine, ALL):
                mine += [item.id for item in items]
                got.update(item.id for item in items)

        threads = [threading.Thread(target=work, args=(str(n),)) for n in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(got) == 100
    assert set(got.values()) == {1}


def test_the_audit_is_mixed_in_by_its_share(tmp_path: Path) -> None:
    flagged, accepted = [Made("12", 0.5)] * 6, [Made("34")] * 6
    with RunStore.open(make_run(tmp_path, [flagged, accepted])) as store:
        with store.write() as connection:
            rows = [{"field_id": i, "rank": i / 100} for i in range(7, 10)]
            connection.execute(insert(audit), rows)
        queue = Queue(store, chance=iter([0.9, 0.1, 0.9, 0.9] * 9).__next__)
        assert queue.count(ALL) == Counts(doubted=0, flagged=6, audit=3)
        # 3 of 9 are of the audit: a chance below a third takes one of them.
        assert values(queue)[:4] == ["12", "34", "12", "12"]
        assert sorted(values(queue)) == ["12"] * 6 + ["34"] * 3
