from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import open_page
from drawn_runs import Made, make_run
from playwright.sync_api import expect
from sqlalchemy import insert, select, update
from station_process import StationProcess

from formreader.records import Flag
from formreader.store.machine import inventory
from formreader.store.people.decisions import Action, Decision
from formreader.store.people.filters import Filters
from formreader.store.people.items import FieldState
from formreader.store.people.page_list import Which, list_pages
from formreader.store.people.page_view import PageDesk, PageView
from formreader.store.people.queue import Queue
from formreader.store.records import LeftAside
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import audit, decisions, fields, pages

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

PAGES = [
    [
        Made("5861", 0.5, name="first"),
        Made("1234", name="sure"),
        Made("30_7", 0.6, written="3017", flags=(Flag.WRONG_LENGTH,), name="second"),
        Made("11", name="t1_r02_c01"),
        Made("22", 0.7, flags=(Flag.RULE_FAILED,), name="t1_r02_c02"),
    ],
    [Made("77", name="sure")],
    [Made("88", 0.8, name="first")],
    [],  # a page on which nothing was found
]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path, PAGES)


@pytest.fixture
def store(run: Path) -> Iterator[RunStore]:
    with RunStore.open(run) as opened:
        yield opened


def turn(desk: PageDesk, browser: str, page: int | None, step: int = 1) -> int | None:
    view = desk.turn(browser, page, step, [])
    return None if view is None else view.id


def show(desk: PageDesk, browser: str, page: int) -> PageView:
    view = desk.show(browser, page)
    assert view is not None
    return view


def decide(store: RunStore, field: int, value: str) -> int:
    decision = Decision(field, Action.ACCEPT, value, "ann", "pages", None)
    return Queue(store).decide("one", decision)


def test_a_page_says_of_each_field_how_far_it_has_come(store: RunStore) -> None:
    decide(store, 1, "5861")
    states = [item.state for item in show(PageDesk(store), "one", 1).items]
    assert states == [
        FieldState.DECIDED,
        FieldState.ACCEPTED,
        FieldState.REVIEW,
        FieldState.ACCEPTED,
        FieldState.RULE_FAILED,
    ]


def test_pages_without_doubts_are_passed_over_and_the_first_follows_the_last(
    store: RunStore,
) -> None:
    desk = PageDesk(store)
    assert [turn(desk, "one", page) for page in (None, 1, 3, 4)] == [1, 3, 4, 1]
    assert [turn(desk, "one", page, -1) for page in (4, 3, 1)] == [3, 1, None]
    decide(store, 7, "88")
    assert turn(desk, "one", 1) == 4


def test_no_page_is_given_of_which_another_has_all_doubts_in_hand(
    store: RunStore,
) -> None:
    desk = PageDesk(store)
    assert show(desk, "one", 3).held == (7,)
    assert turn(desk, "two", 1) == 4
    assert show(desk, "two", 3).held == ()
    assert Queue(store).hold("two", [(7, -1)]) == []


def test_page_by_page_the_queue_gives_what_stands_together_from_where_one_is(
    store: RunStore,
) -> None:
    queue = Queue(store)
    with store.write() as connection:
        connection.execute(insert(audit).values(field_id=6, rank=0.5))

    def give(page: int | None, without: Sequence[int] = ()) -> list[int]:
        items = queue.next("one", 5, without, Filters(), by_page=True, page_id=page)
        return [item.id for item in items]

    assert give(None) == [1, 3, 5, 6, 7]  # 6 was drawn for the audit
    assert give(3) == [7, 8, 1, 3, 5]
    assert give(3, without=[7, 8, 1]) == [3, 5, 6]
    first = Filters(field="first")
    items = queue.next("two", 5, [], first, by_page=True)
    assert items == []  # another has all of them in hand


def test_pages_and_files_that_were_not_read_are_listed_with_the_reason(
    store: RunStore,
) -> None:
    with store.write() as connection:
        aside = LeftAside("notes.txt", "no image or PDF", "")
        lost = LeftAside("lost.png", "the file is empty", "scan it again", True)
        inventory.add_files(connection, [aside, lost])
        failed = update(pages).where(pages.c.id == 2)
        connection.execute(failed.values(state="failed", problem="it is too large"))

    def listed(which: Which, after: tuple[int, int] | None = None) -> list[str]:
        found = list_pages(store, which, after, 10)
        return [f"{one.source}: {' '.join(one.notes)}" for one in found]

    everything = listed(Which.ALL)
    assert everything == [
        "lost.png: This file could not be read: the file is empty. What helps: scan it "
        "again.",
        "notes.txt: Left aside: no image or PDF.",
        "page-001.png: ",
        "page-002.png: This page could not be read: it is too large.",
        "page-003.png: ",
        "page-004.png: Nothing was found on this page.",
    ]
    assert listed(Which.PROBLEM) == [everything[n] for n in (0, 1, 3, 5)]
    assert listed(Which.OPEN) == [everything[n] for n in (2, 4, 5)]
    whole = list_pages(store, Which.ALL, None, 3)
    assert (whole[2].fields, whole[2].open, whole[2].decided) == (5, 3, 0)
    last = whole[2]
    assert listed(Which.ALL, (last.file_id, last.page or 0)) == everything[3:]
    assert listed(Which.ALL, (whole[0].file_id, 0)) == everything[1:]


@pytest.fixture
def page(chromium: Browser, run: Path) -> Iterator[Page]:
    with (
        StationProcess("review", run, "--user", "ann") as station,
        open_page(chromium, station.next_address()) as page,
    ):
        page.get_by_role("link", name="Pages").click()
        expect_field(page, "first", "page-001.png")
        yield page


def expect_field(page: Page, name: str, file: str) -> None:
    expect(page.locator("#page-title")).to_have_text(file)
    expect(page.locator("#name")).to_have_text(name)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def value(page: Page, name: str) -> Locator:
    return page.locator(f'#values button[title="{name}"]')


def expect_saved(page: Page) -> None:
    expect(page.locator("#left")).to_have_attribute("data-unsaved", "0")


def log(run: Path) -> list[tuple[str, str, str]]:
    """The log as field, action and new value."""
    query = select(fields.c.name, decisions.c.action, decisions.c.value)
    joined = query.join(fields, fields.c.id == decisions.c.field_id)
    with RunStore.open(run) as store, store.read() as connection:
        found = connection.execute(joined.order_by(decisions.c.id))
        return [(a, b, c) for a, b, c in found]


def test_a_run_is_gone_through_page_by_page_with_the_keyboard_alone(
    page: Page, run: Path
) -> None:
    expect(page.locator("polygon[data-state=review]")).to_have_count(2)
    expect(value(page, "first")).to_be_focused()
    press(page, "Tab")
    expect_field(page, "second", "page-001.png")
    press(page, *"3017", "ArrowUp")  # typed, and left
    expect_field(page, "sure", "page-001.png")
    expect(value(page, "second")).to_contain_text("typed, not saved")
    press(page, *"1235", "Enter")  # the machine had accepted it
    expect_field(page, "second", "page-001.png")
    press(
        page, "Enter", "Enter", "Enter"
    )  # and the one that breaks a rule, and "first"
    expect(page.locator("polygon[data-state=decided]")).to_have_count(4)
    press(page, "Enter")
    expect_field(page, "first", "page-003.png")
    press(page, "PageDown")
    expect_field(page, "page", "page-004.png")
    press(page, "PageUp")
    expect_field(page, "first", "page-003.png")
    press(page, "Tab")  # after the last doubt it leads out of the values
    expect(page.locator("#values button:focus")).to_have_count(0)
    expect_saved(page)
    page.get_by_role("link", name="All pages").click()
    expect(page.locator(".pages li")).to_contain_text(
        ["5 fields, 0 to review, 4 decided", "1 field, 0", "1 to review", "Nothing was"]
    )
    page.get_by_role("link", name="Queue").click()
    expect(page.locator("#left")).to_have_text("2 left")
    page.get_by_role("combobox", name="Order").select_option("page")
    page.reload()
    expect(page.get_by_role("combobox", name="Order")).to_have_value("page")
    assert log(run) == [
        ("sure", "correct", "1235"),
        ("second", "correct", "3017"),
        ("t1_r02_c02", "accept", "22"),
        ("first", "accept", "5861"),
    ]


def test_the_rest_of_a_page_is_confirmed_but_for_what_has_no_value(
    page: Page, run: Path
) -> None:
    for _ in range(5):
        page.keyboard.down("Control")
        page.keyboard.down("Enter")  # again without `up`: it repeats
    page.keyboard.up("Enter")
    page.keyboard.up("Control")
    expect(page.locator("#notice")).to_contain_text("2 confirmed. 1 without a value")
    expect_field(page, "second", "page-001.png")
    expect(page.locator("#left")).to_have_text("1 to review here")
    expect_saved(page)
    assert log(run) == [("first", "accept", "5861"), ("t1_r02_c02", "accept", "22")]
    press(page, "b", "PageDown")
    expect_field(page, "first", "page-003.png")
    press(page, "u")  # of the page before
    expect_field(page, "second", "page-001.png")
    expect(value(page, "second")).to_contain_text("no value")
    expect_saved(page)
