"""How far people have come, how fast, and how it ends."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import open_page
from drawn_runs import Made, make_run
from playwright.sync_api import expect
from station_process import StationProcess

from formreader.store.people.decisions import Action, Decision, decide
from formreader.store.tables.connection import RunStore

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path, [[Made("5861", 0.5)] * 6])


def pace(page: Page) -> str:
    return page.locator("#pace-text").inner_text()


def test_the_pace_stands_above_the_field_and_the_end_leads_on(
    chromium: Browser, run: Path
) -> None:
    with (
        StationProcess("review", run, "--user", "ann") as station,
        open_page(chromium, station.next_address()) as page,
    ):
        left = page.locator("#left")
        expect(left).to_have_text("6 left")
        assert pace(page) == "0 of 6"
        for count in range(5):
            expect(left).to_have_text(f"{6 - count} left")
            page.keyboard.type("5862" if count == 2 else "5861")
            page.keyboard.press("Enter")
        expect(left).to_have_text("1 left")
        assert re.fullmatch(r"5 of 6, \d+ a minute, less than a minute", pace(page))
        expect(page.locator("#end")).to_be_hidden()
        page.keyboard.press("Enter")
        expect(page.locator("#end-text")).to_contain_text("in this run: 6,")
        expect(page.locator("#end-text")).to_contain_text("corrections: 1")
        with page.expect_download() as loading:
            page.get_by_role("link", name="Download the results").click()
        rows = list(csv.DictReader(io.StringIO(loading.value.path().read_text())))
        assert [row["value"] for row in rows] == ["5861"] * 2 + ["5862"] + ["5861"] * 3
        page.goto(page.url.replace("queue", "progress"))
        cells = page.locator("#by-person tbody tr").locator("th, td")
        assert cells.all_inner_texts()[0:2] == ["ann", "6"]
        expect(page.locator("#by-hour tbody tr")).not_to_have_count(0)
        page.goto(page.url.replace("progress", "recent"))
        expect(page.locator(".row")).to_have_count(6)
        page.get_by_role("link", name="Reopen field_003, page-001.png").click()
        expect(page.locator("#name")).to_have_text("field_003")
        expect(page.locator("#how")).to_contain_text("Decided: correct")
        page.keyboard.type("58")
        page.keyboard.press("Enter")
        expect(left).to_have_attribute("data-unsaved", "0")
        page.goto(page.url.replace("queue", "recent"))
        expect(page.locator(".row").first).to_contain_text("58")
        expect(page.locator(".row", has_text="Decided anew since")).to_have_count(1)


def test_a_station_without_the_progress_page_has_no_figures_of_people(
    chromium: Browser, run: Path
) -> None:
    with (
        StationProcess("review", run, "--no-progress-page") as station,
        open_page(chromium, station.next_address()) as page,
    ):
        expect(page.get_by_role("link", name="Audit")).to_be_visible()
        expect(page.get_by_role("link", name="Progress")).to_have_count(0)
        answer = page.request.get(page.url.replace("queue", "progress"))
        assert answer.status == 404


def test_a_second_opinion_is_asked_blind_and_gives_the_error_rate_after_review(
    chromium: Browser, tmp_path: Path
) -> None:
    run = make_run(tmp_path, [[Made("5861", 0.5), Made("34")]])
    with RunStore.open(run) as store, store.write() as connection:
        decide(connection, Decision(1, Action.ACCEPT, "5862", "bob", "queue", None))
    station = StationProcess("review", run, "--user", "ann", "--second", "100%")
    with station, open_page(chromium, station.next_address()) as page:
        how, left = page.locator("#how"), page.locator("#left")
        expect(how).to_have_text("Read with 50.0 % certainty.")  # not what bob decided
        expect(page.locator("#reading")).to_have_text("5861")
        expect(left).to_have_text("1 left")
        page.keyboard.type("5863")
        page.keyboard.press("Enter")
        expect(page.locator("#end-title")).to_have_text("Nothing is left to review")
        page.keyboard.press("u")
        expect(how).to_have_text("Read with 50.0 % certainty.")
        page.keyboard.type("5862")
        page.keyboard.press("Enter")
        expect(left).to_have_attribute("data-unsaved", "0")
        page.goto(page.url.replace("queue", "progress"))
        expect(page.locator("#second")).to_contain_text("0.00 % of the decisions")
    told = (
        "error rate after review: 0.00 % (0 of 1), with 95 % certainty between 0.00 %"
    )
    assert told in "".join(station.printed)
