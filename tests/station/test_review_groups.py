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

from formreader.store.people.filters import Filters, list_choices
from formreader.store.people.groups import list_fields
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import decisions

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page


def page_of(room: str, seat: str) -> list[Made]:
    return [Made(room, 0.7, name="room"), Made(seat, name="seat")]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    pages = [page_of(f"{100 + n}", f"{n % 10}{n % 7}") for n in range(50)]
    return make_run(tmp_path, pages)


def test_fields_stand_by_file_page_and_place_and_pages_join_up(run: Path) -> None:
    with RunStore.open(run) as store:
        first = list_fields(store, Filters(), None, 30)
        second = list_fields(store, Filters(), first[-1].id, 100)
        assert list_fields(store, Filters(), 10**9, 10) == []
    names = [(item.source, item.name) for item in [*first, *second]]
    assert len(names) == 100
    assert names == sorted(names)
    assert names[:3] == [
        ("page-001.png", "room"),
        ("page-001.png", "seat"),
        ("page-002.png", "room"),
    ]


def test_one_field_over_all_pages(run: Path) -> None:
    with RunStore.open(run) as store:
        rooms = list_fields(store, Filters(field="room"), None, 100)
        assert [item.value for item in rooms] == [f"{100 + n}" for n in range(50)]
        found = list_fields(store, Filters(field="room", search="10"), None, 100)
        assert len(found) == 11  # 100 to 109, and 110
        with store.read() as connection:
            choices = list_choices(connection)
    assert choices.fields == ["room", "seat"]
    assert choices.forms == ["exam"]


@pytest.fixture
def page(chromium: Browser, run: Path) -> Iterator[Page]:
    with (
        StationProcess("review", run, "--user", "ann") as station,
        open_page(chromium, station.next_address()) as page,
    ):
        page.get_by_role("link", name="Groups").click()
        yield page


def box(page: Page, number: int) -> Locator:
    return page.locator(".row input").nth(number)


def test_filters_and_pages_are_found_by_clicking(page: Page) -> None:
    expect(page.get_by_role("combobox", name="Flag")).to_contain_text("not certain")
    page.get_by_role("combobox", name="Field").select_option("room")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".row")).to_have_count(40)
    expect(box(page, 0)).to_have_value("100")
    page.get_by_role("link", name="Next page").click()
    expect(page.locator(".row")).to_have_count(10)
    expect(box(page, 0)).to_have_value("140")
    page.get_by_label("Value contains").fill("149")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".row")).to_have_count(1)
    page.get_by_role("link", name="Review these in the queue").click()
    expect(page.locator("#reading")).to_have_text("149")
    expect(page.locator("#left")).to_have_text("1 left")


def test_rows_are_corrected_by_keyboard_one_after_the_other(
    page: Page, run: Path
) -> None:
    page.get_by_role("combobox", name="Field").select_option("room")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**field=room**")  # with its scripts, which the keys are for
    box(page, 0).focus()
    page.keyboard.press("Enter")
    expect(box(page, 1)).to_be_focused()
    page.keyboard.type("999")
    page.keyboard.press("Enter")
    page.keyboard.press("b")
    page.keyboard.press("x")
    expect(page.locator(".row.saved")).to_have_count(4)
    expect(page.locator(".state").nth(3)).to_have_text("unreadable")
    page.keyboard.press("u")
    expect(box(page, 3)).to_have_value("103")
    page.keyboard.type("12a")
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_contain_text("Only digits")
    page.keyboard.press("Escape")
    expect(box(page, 3)).to_have_value("103")
    with RunStore.open(run) as store, store.read() as connection:
        log = connection.execute(
            select(decisions.c.action, decisions.c.value).order_by(decisions.c.id)
        ).all()
    assert [tuple(entry) for entry in log] == [
        ("accept", "100"),
        ("correct", "999"),
        ("blank", ""),
        ("unreadable", ""),
        ("undo", "103"),
    ]


def test_what_another_has_in_hand_cannot_be_changed(
    chromium: Browser, page: Page, run: Path
) -> None:
    with (
        StationProcess("review", run, "--user", "bob") as station,
        open_page(chromium, station.next_address()) as other,
    ):
        expect(other.locator("#reading")).to_have_text("100")  # bob has the first
        box(page, 0).focus()
        expect(page.locator(".state").first).to_contain_text("somebody else")
        expect(box(page, 0)).to_have_attribute("readonly", "")


def test_names_and_values_cannot_bring_markup_into_a_page(
    chromium: Browser, tmp_path: Path
) -> None:
    evil = '"><img src=x onerror=alert(1)>'
    run = make_run(tmp_path / "evil", [[Made("12", 0.5, name=evil)]], form=evil)
    with (
        StationProcess("review", run) as station,
        open_page(chromium, station.next_address()) as page,
    ):
        expect(page.locator("#name")).to_have_text(evil)
        page.get_by_role("link", name="Groups").click()
        expect(page.locator(".row")).to_contain_text(evil)
        page.get_by_label("Value contains").fill(evil)
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_label("Value contains")).to_have_value(evil)
