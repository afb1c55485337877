from __future__ import annotations

import csv
import io
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest
from browsing import open_page
from PIL import Image
from playwright.sync_api import expect
from station_process import ROOT, StationProcess

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SAMPLES = [ROOT / "samples" / f"exam-cover-{name}" for name in ("1.jpg", "3.png")]

# Pictures for the documentation take the place of the old ones if asked to:
#     DRAW_PICTURES=1 pytest tests/server/test_server_whole_job.py


@pytest.mark.model
@pytest.mark.timeout(300)  # two cores may be shared with much else
def test_scans_are_dropped_read_reviewed_and_downloaded_without_a_terminal(
    chromium: Browser, tmp_path: Path
) -> None:
    with (
        StationProcess("serve", tmp_path / "work", "--user", "ann") as server,
        open_page(chromium, server.next_address()) as page,
    ):
        begin_run(page, tmp_path)
        expect(page.locator("[data-count=pages]")).to_have_text("2", timeout=120_000)
        expect(page.locator("#run")).to_have_attribute("data-state", "done")
        expect(page.locator("#failed-rows")).to_contain_text("convert it")
        take(page, tmp_path / "serve-run.png")
        look_at_a_field_of_the_table(page, tmp_path)
        page.locator(".up").click()
        page.get_by_role("link", name="Review").click()
        for typed in ("1001", "2002", "3003", "4004"):
            expect(page.locator("#left")).to_have_text(f"{5 - int(typed[0])} left")
            page.keyboard.type(typed)
            page.keyboard.press("Enter")
        expect(page.locator("#name")).to_have_text("Nothing is left to review.")
        page.locator(".up").click()
        expect(page.locator("[data-count=decided]")).to_have_text("4")
        page.get_by_role("link", name="Table and downloads").click()
        expect(page.locator("tbody tr")).to_have_count(4)
        with page.expect_download() as download:
            page.get_by_role("link", name="CSV, a row a field").click()
        with download.value.path().open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    assert sorted(row["value"] for row in rows) == ["1001", "2002", "3003", "4004"]
    assert {row["reviewed_by"] for row in rows} == {"ann"}


@pytest.mark.model
@pytest.mark.timeout(300)  # two cores may be shared with much else
def test_tables_without_a_template_come_as_on_paper_and_are_measured(
    chromium: Browser, tmp_path: Path
) -> None:
    truth = tmp_path / "truth.csv"
    with (ROOT / "samples" / "expected.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["file"] == "tally-1.jpg"]
    with truth.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    with (
        StationProcess("serve", tmp_path / "work") as server,
        open_page(chromium, server.next_address()) as page,
    ):
        page.get_by_role("link", name="Begin the first run").click()
        page.locator("#files").set_input_files(ROOT / "samples" / "tally-1.jpg")
        page.get_by_role("button", name="Start").click()
        page.wait_for_url("**/runs/*", timeout=60_000)
        expect(page.locator("#run")).to_have_attribute(
            "data-state", "done", timeout=120_000
        )
        page.get_by_role("link", name="Table and downloads").click()
        with page.expect_download() as download:
            page.get_by_role("link", name="Excel, tables as on paper").click()
        content = download.value.path().read_bytes()
        page.get_by_role("link", name="Back to the run").click()
        page.get_by_role("link", name="Accuracy").click()
        page.locator("#truth").set_input_files(truth)
        page.get_by_role("button", name="Compare").click()
        expect(page.locator("#figures li").first).to_contain_text("100 %")
        take(page, tmp_path / "serve-accuracy.png")
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell.value for row in book["table 1"].rows for cell in row]
    written = [value.removesuffix(" ?") for value in cells if value and value != "?"]
    assert written == [row["value"] for row in rows if row["value"]]


def begin_run(page: Page, folder: Path) -> None:
    page.get_by_role("link", name="Begin the first run").click()
    note = folder / "notes.jpg"
    note.write_text("no picture")
    page.locator("#files").set_input_files([*SAMPLES, note])
    page.locator("#threshold").fill("1")
    page.locator("#name").fill("exam 1")
    take(page, folder / "serve-new.png")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/runs/exam%201", timeout=60_000)


def look_at_a_field_of_the_table(page: Page, folder: Path) -> None:
    page.get_by_role("link", name="Table and downloads").click()
    expect(page.locator(".warn")).to_contain_text("4 fields are not reviewed")
    take(page, folder / "serve-table.png")
    page.get_by_role("link", name="exam-cover-3.png, page 1").last.click()
    expect(page.locator("#name")).to_have_text("field_002")


def take(page: Page, path: Path) -> None:
    """Take a picture, small enough for the documentation."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path)
    with Image.open(path) as image:
        few = image.convert("RGB").quantize(48, Image.Quantize.MAXCOVERAGE)
        few.save(path, optimize=True)
    if os.environ.get("DRAW_PICTURES"):
        shutil.copy(path, ROOT / "docs" / "images")
