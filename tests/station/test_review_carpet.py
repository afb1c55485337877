from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import open_page
from drawn_runs import Made, make_run
from playwright.sync_api import expect
from sqlalchemy import select
from station_process import StationProcess

from formreader.store.people.carpet import Carpet
from formreader.store.people.decisions import Action, Decision, decide
from formreader.store.people.filters import Filters
from formreader.store.people.queue import Queue
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import checks, decisions

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Of the six 7s, the one in 1734 is a 1 in truth.
FIELDS = [Made("77", 0.95), Made("1734", 0.97, written="1134"), Made("7_7", 0.8)]
MORE = [Made("7", 0.99), Made("26")]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path, [FIELDS, MORE])


@pytest.fixture
def store(run: Path) -> Iterator[RunStore]:
    with RunStore.open(run) as opened:
        yield opened


def places(carpet: Carpet, digit: str = "7", browser: str = "a") -> list[str]:
    """List the digits given out, as field and position."""
    crops = carpet.next(browser, digit, 60, [])
    return [f"{crop.field}.{crop.position}" for crop in crops]


def entries(store: RunStore) -> list[tuple[str, str]]:
    with store.read() as connection:
        found = connection.execute(
            select(checks.c.user, checks.c.verdict).order_by(checks.c.id)
        )
        return [(user, verdict) for user, verdict in found]


# What is given out, and what is taken


def test_the_least_certain_come_first(store: RunStore) -> None:
    assert places(Carpet(store)) == ["3.0", "3.2", "1.0", "1.1", "2.1", "4.0"]
    assert Carpet(store).count()["7"] == 6
    assert Carpet(store).count()["2"] == 1
    assert Carpet(store).count()["9"] == 0


def test_what_was_checked_does_not_come_again(store: RunStore) -> None:
    carpet = Carpet(store)
    assert carpet.confirm("a", "ann", [(3, 0), (3, 2)], []) == 0
    assert places(carpet) == ["1.0", "1.1", "2.1", "4.0"]
    assert entries(store) == [("ann", "right")] * 2


def test_a_wrong_digit_puts_its_field_back_before_all_others(store: RunStore) -> None:
    carpet = Carpet(store)
    assert carpet.confirm("a", "ann", [(1, 0)], [(2, 1), (4, 0)]) == 2
    first = Queue(store).next("a", 3, [], Filters())
    assert [item.value for item in first] == ["1734", "7", ""]
    assert places(carpet) == ["3.0", "3.2", "1.1"]  # 1734 as a whole is in the queue


def test_a_field_that_a_person_decided_about_is_left_alone(store: RunStore) -> None:
    with store.write() as connection:
        decide(connection, Decision(4, Action.ACCEPT, "7", "bob", "queue", None))
    carpet = Carpet(store)
    assert "4.0" not in places(carpet)
    assert carpet.confirm("a", "ann", [], [(4, 0)]) == 0
    assert Queue(store).count(Filters()).doubted == 0


def test_undo_takes_back_a_whole_page_and_what_it_put_back(store: RunStore) -> None:
    carpet = Carpet(store)
    carpet.confirm("a", "ann", [(3, 0)], [])
    carpet.confirm("a", "ann", [(1, 0), (1, 1)], [(2, 1)])
    assert carpet.undo("b", "bob") == 0
    assert carpet.undo("a", "ann") == 3
    assert places(carpet) == ["3.2", "1.0", "1.1", "2.1", "4.0"]
    assert Queue(store).count(Filters()).doubted == 0
    assert carpet.undo("a", "ann") == 1
    assert carpet.undo("a", "ann") == 0
    assert len(entries(store)) == 8  # four checks, and four entries that undo them
    with store.read() as connection:
        actions = connection.scalars(
            select(decisions.c.action).order_by(decisions.c.id)
        ).all()
    assert actions == ["doubt", "undo"]


def test_a_page_that_is_sent_twice_is_stored_once(store: RunStore) -> None:
    carpet = Carpet(store)
    for _ in range(2):
        assert carpet.confirm("a", "ann", [(3, 0)], [(2, 1)], "sheet") == 1
    assert len(entries(store)) == 2


def test_two_at_once_never_get_the_same_digit(store: RunStore) -> None:
    carpet = Carpet(store)
    first = [(c.field, c.position) for c in carpet.next("a", "7", 3, [])]
    second = [(c.field, c.position) for c in carpet.next("b", "7", 60, [])]
    assert len(first) == len(second) == 3
    assert set(first).isdisjoint(second)
    carpet.confirm("b", "bob", first, [])
    assert carpet.confirm("a", "ann", [], first) == 0  # bob was faster
    assert entries(store) == [("bob", "right")] * 3


# In the browser


@pytest.fixture
def page(chromium: Browser, run: Path) -> Iterator[Page]:
    with (
        StationProcess("review", run, "--user", "ann") as station,
        open_page(chromium, station.next_address()) as page,
    ):
        page.get_by_role("link", name="Carpet").click()
        expect(page.locator("#title")).to_have_text("Read as 1")  # there is no 0
        page.keyboard.press("7")
        expect(page.locator("#title")).to_have_text("Read as 7")
        expect(page.locator("#grid button")).to_have_count(6)
        yield page


def test_a_page_is_marked_and_confirmed_by_keyboard(page: Page, run: Path) -> None:
    for key in ("ArrowRight",) * 4 + (" ",):
        page.keyboard.press(key)
    marked = page.locator("#grid [aria-pressed=true]")
    expect(marked).to_have_count(1)
    expect(page.locator("#about")).to_contain_text("1734, digit 2")
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_contain_text("Fields put back: 1.")
    expect(page.locator("#about")).to_contain_text("No digit read as 7 is left")
    page.keyboard.press("u")
    expect(page.locator("#grid button")).to_have_count(6)
    expect(marked).to_have_count(0)
    with RunStore.open(run) as store:
        assert len(entries(store)) == 12


def test_a_click_marks_and_marks_no_more(page: Page) -> None:
    button = page.locator("#grid button").nth(4)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    page.get_by_role("button", name="Confirm page").click()
    expect(page.locator("#notice")).to_contain_text("Fields put back: 1.")
    page.get_by_role("link", name="Queue").click()
    expect(page.locator("#reading")).to_have_text("1734")


def test_keys_and_buttons_choose_the_digit(page: Page) -> None:
    page.keyboard.press("2")
    expect(page.locator("#title")).to_have_text("Read as 2")
    expect(page.locator("#grid button")).to_have_count(1)
    page.keyboard.press("s")
    expect(page.locator("#title")).to_have_text("Read as 3")
    page.locator("[data-digit='6']").click()
    expect(page.locator("#title")).to_have_text("Read as 6")
    expect(page.locator("[data-digit='6']")).to_have_attribute("aria-pressed", "true")
