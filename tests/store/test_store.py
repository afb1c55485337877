from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import made_runs
import numpy as np
import pytest
from sqlalchemy import func, select, update

from formreader.batch.worker import record_field
from formreader.errors import InputError
from formreader.readings import Alternative, FieldReading, PageReading
from formreader.rows import FIELD_COLUMNS, page_rows
from formreader.store.contents import list_names, read_entries
from formreader.store.contents import read_pages as read_contents
from formreader.store.errors import DamagedStoreError, NewerStoreError
from formreader.store.machine import inventory, recording, results
from formreader.store.people.decisions import Action, Decision, NoFieldError
from formreader.store.people.filters import Filters
from formreader.store.people.queue import Queue
from formreader.store.records import (
    Failed,
    FieldRecord,
    FoundFile,
    Inspected,
    InspectFile,
    LeftAside,
    PageRecord,
    ReadPage,
)
from formreader.store.tables.connection import STORE_NAME, RunStore
from formreader.store.tables.schema import crops, digits, fields, files, settings


@pytest.fixture
def store(tmp_path: Path, store_url: str | None) -> Iterator[RunStore]:
    with RunStore.create(tmp_path / "run", store_url) as opened:
        yield opened


def make_field(name: str, value: str, confidence: float = 0.99) -> FieldRecord:
    others = (Alternative("7", "7", 0.01),)
    return made_runs.make_field(
        name, value, confidence, alternatives=others, digit=b"png", crop=b"jpeg"
    )


def add(store: RunStore, *names: str, size: int = 1) -> None:
    with store.write() as connection:
        inventory.add_files(connection, [FoundFile(name, size, 1) for name in names])


def open_files(
    store: RunStore, pages: int = 1, sha256: str | None = None
) -> dict[str, int]:
    """Answer for every file that waits to be opened."""
    with store.write() as connection:
        waiting = inventory.next_files(connection, 0, 100)
        for file_id, name in waiting:
            task = InspectFile(file_id, Path(name))
            found = Inspected(task, sha256 or f"sum of {name}", 1, 1, pages)
            recording.record(connection, found)
    return {name: file_id for file_id, name in waiting}


def waiting_pages(store: RunStore) -> list[tuple[int, str, int]]:
    with store.read() as connection:
        return inventory.next_pages(connection, 0, 100)


def read_pages(store: RunStore, *read: FieldRecord) -> None:
    """Answer for every page that waits to be read."""
    for page_id, name, index in waiting_pages(store):
        with store.write() as connection:
            task = ReadPage(page_id, Path(name), index)
            recording.record(connection, PageRecord(task, 200, 100, read))


def rows(store: RunStore) -> list[tuple[object, object, object, object]]:
    with store.read() as connection:
        return [
            (row["source"], row["page"], row["field"], row["value"])
            for row in results.field_rows(connection)
        ]


def totals(store: RunStore) -> results.Totals:
    with store.read() as connection:
        return results.count_totals(connection)


def test_what_was_read_comes_out_by_name_page_and_place(store: RunStore) -> None:
    add(store, "b.png", "a.png", "C.png")
    open_files(store, pages=2)
    read_pages(store, make_field("id", "12"), make_field("age", "7"))
    assert rows(store) == [
        (source, page, field, value)
        for source in ("C.png", "a.png", "b.png")
        for page in (1, 2)
        for field, value in (("id", "12"), ("age", "7"))
    ]


def test_a_row_has_the_columns_of_the_field_csv(store: RunStore) -> None:
    add(store, "a.png")
    open_files(store)
    read_pages(store, make_field("id", "12", 0.85))
    with store.read() as connection:
        [row] = results.field_rows(connection)
    assert row == {
        "source": "a.png",
        "page": 1,
        "field": "id",
        "value": "12",
        "confidence": "0.8500",
        "needs_review": "true",
        "flags": "low_confidence",
        "raw": "12",
        "digit_confidences": "0.8500 0.8500",
        "left": 10,
        "top": 20,
        "width": 100,
        "height": 30,
        "kind": "box",
    }


def test_a_page_without_fields_has_a_row_and_a_picture_but_is_no_field(
    store: RunStore,
) -> None:
    add(store, "a.png")
    open_files(store)
    pixels = np.full((100, 200), 255, np.uint8)
    read_pages(store, record_field(FieldReading.of_page(pixels.shape), pixels))
    assert rows(store) == [("a.png", 1, "page", "")]
    found = totals(store)
    assert (found.pages, found.fields, found.empty, found.review) == (1, 0, 1, 1)
    with store.read() as connection:
        assert list_names(connection) == {}
        [entry] = read_entries(connection)
    assert entry.image is not None
    picture = cv2.imdecode(np.frombuffer(entry.image, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    assert picture.shape == pixels.shape


def test_a_person_settles_that_nothing_is_on_a_page(store: RunStore) -> None:
    add(store, "a.png")
    open_files(store)
    pixels = np.full((100, 200), 255, np.uint8)
    read_pages(store, record_field(FieldReading.of_page(pixels.shape), pixels))
    queue = Queue(store)
    [item] = queue.next("browser", 9, (), Filters())
    assert (item.name, item.stands_for_page) == ("page", True)
    assert item.flags == ("nothing was found on this page",)
    number = Decision(item.id, Action.ACCEPT, "12", "ann", "groups", None)
    with pytest.raises(NoFieldError):
        queue.decide("browser", number)
    queue.decide("browser", Decision(item.id, Action.BLANK, "", "ann", "queue", None))
    assert queue.next("browser", 9, (), Filters()) == []
    with store.read() as connection:
        [page] = read_contents(connection)
    assert [row["needs_review"] for row in page.fields] == ["false"]


def test_a_page_that_is_answered_twice_counts_once(store: RunStore) -> None:
    add(store, "a.png")
    open_files(store)
    [(page_id, name, index)] = waiting_pages(store)
    answer = PageRecord(
        ReadPage(page_id, Path(name), index), 9, 9, (make_field("id", "12"),)
    )
    for _ in range(2):
        with store.write() as connection:
            recording.record(connection, answer)
    assert len(rows(store)) == 1
    with store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(digits)) == 2
        assert connection.scalar(select(func.count()).select_from(crops)) == 1


def test_a_file_listed_again_is_not_opened_again(store: RunStore) -> None:
    add(store, "a.png")
    open_files(store)
    add(store, "a.png")
    assert totals(store).files_waiting == 0


def test_a_file_touched_but_alike_keeps_its_readings(store: RunStore) -> None:
    add(store, "a.png")
    open_files(store)
    read_pages(store, make_field("id", "12"))
    add(store, "a.png", size=2)
    open_files(store)
    assert waiting_pages(store) == []
    assert rows(store) == [("a.png", 1, "id", "12")]


def test_a_file_with_other_bytes_is_read_anew_and_the_old_reading_is_kept(
    store: RunStore,
) -> None:
    add(store, "a.png")
    open_files(store, sha256="old")
    read_pages(store, make_field("id", "12"))
    add(store, "a.png", size=2)
    open_files(store, sha256="new")
    read_pages(store, make_field("id", "34"))
    assert rows(store) == [("a.png", 1, "id", "34")]
    with store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(fields)) == 2


def test_the_same_page_under_two_names_is_read_once_and_said(store: RunStore) -> None:
    add(store, "b.png", "a.png", "c.png")
    open_files(store, sha256="alike")
    with store.write() as connection:
        inventory.mark_copies(connection)
    assert [name for _, name, _ in waiting_pages(store)] == ["a.png"]
    with store.read() as connection:
        aside = [
            (row["source"], row["reason"]) for row in results.left_aside(connection)
        ]
    assert aside == [("b.png", "the same as a.png"), ("c.png", "the same as a.png")]


def test_a_copy_found_later_does_not_take_the_place_of_what_was_read(
    store: RunStore,
) -> None:
    add(store, "b.png")
    open_files(store, sha256="alike")
    read_pages(store, make_field("id", "12"))
    add(store, "a.png")
    open_files(store, sha256="alike")
    with store.write() as connection:
        inventory.mark_copies(connection)
    assert rows(store) == [("b.png", 1, "id", "12")]
    assert waiting_pages(store) == []


def test_a_copy_is_read_once_its_original_has_changed(store: RunStore) -> None:
    add(store, "a.png", "b.png")
    open_files(store, sha256="alike")
    with store.write() as connection:
        inventory.mark_copies(connection)
    add(store, "a.png", size=2)
    open_files(store, sha256="other")
    with store.write() as connection:
        inventory.mark_copies(connection)
    assert sorted(name for _, name, _ in waiting_pages(store)) == ["a.png", "b.png"]


def test_failures_name_file_page_and_remedy(store: RunStore) -> None:
    add(store, "a.png", "b.png")
    ids = {}
    with store.write() as connection:
        ids = {name: i for i, name in inventory.next_files(connection, 0, 9)}
        bad = InspectFile(ids["b.png"], Path("b.png"))
        recording.record(connection, Failed(bad, "the file is empty", "scan it again"))
        good = InspectFile(ids["a.png"], Path("a.png"))
        recording.record(connection, Inspected(good, "sum", 1, 1, 2))
    for page_id, name, index in waiting_pages(store)[:1]:
        with store.write() as connection:
            task = ReadPage(page_id, Path(name), index)
            recording.record(connection, Failed(task, "took too long", "wait"))
    with store.read() as connection:
        found = list(results.failures(connection))
    assert [tuple(row.values()) for row in found] == [
        ("a.png", 1, "took too long", "wait"),
        ("b.png", "", "the file is empty", "scan it again"),
    ]
    assert totals(store).failed == 2


def test_what_failed_waits_again_when_it_is_to_be_retried(store: RunStore) -> None:
    add(store, "a.png")
    open_files(store)
    [(page_id, name, index)] = waiting_pages(store)
    with store.write() as connection:
        task = ReadPage(page_id, Path(name), index)
        recording.record(connection, Failed(task, "took too long", "wait"))
    assert waiting_pages(store) == []
    with store.write() as connection:
        inventory.retry_failed(connection)
    assert len(waiting_pages(store)) == 1
    assert totals(store).failed == 0


def test_files_of_other_kinds_are_listed_aside(store: RunStore) -> None:
    with store.write() as connection:
        inventory.add_files(
            connection, [LeftAside("notes.txt", "no image or PDF", "convert it")]
        )
    with store.read() as connection:
        assert [tuple(row.values()) for row in results.left_aside(connection)] == [
            ("notes.txt", "no image or PDF", "convert it")
        ]
    assert totals(store).failed == 0


def test_a_transaction_that_fails_leaves_nothing(store: RunStore) -> None:
    with pytest.raises(KeyError), store.write() as connection:
        inventory.add_files(connection, [FoundFile("a.png", 1, 1)])
        raise KeyError
    with store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(files)) == 0


def test_a_folder_without_a_store_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no run folder"):
        RunStore.open(tmp_path)


def test_a_store_of_a_later_version_is_refused(store: RunStore) -> None:
    with store.write() as connection:
        connection.execute(
            update(settings).where(settings.c.key == "version").values(value="999")
        )
    with pytest.raises(NewerStoreError, match="version 999"):
        RunStore.open(store.run)


def test_a_damaged_store_is_named(tmp_path: Path) -> None:
    (tmp_path / STORE_NAME).write_bytes(b"this is no database, " * 500)
    with pytest.raises(DamagedStoreError, match=r"is damaged .*start a new run"):
        RunStore.open(tmp_path)


def test_the_store_survives_a_reader_that_does_not_let_go(store: RunStore) -> None:
    with store.read() as reader:
        before = reader.scalar(select(func.count()).select_from(files))
        add(store, "a.png")
        after = reader.scalar(select(func.count()).select_from(files))
    assert before == after == 0


def test_the_store_keeps_every_column_and_gives_the_rows_of_the_readings(
    store: RunStore,
) -> None:
    assert {column.stored for column in FIELD_COLUMNS} <= set(fields.c.keys())
    add(store, "a.png")
    open_files(store)
    field = make_field("id", "0712", 0.5)
    read_pages(store, field)
    page = PageReading("a.png", 0, (field.reading,))
    with store.read() as connection:
        assert tuple(results.field_rows(connection)) == page_rows(page).fields
