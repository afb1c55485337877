from __future__ import annotations

import csv
import io
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import openpyxl
import pytest
from browsing import open_page, wait_until_ready
from make_samples import draw_page, plan_pages
from PIL import Image
from playwright.sync_api import expect
from station_process import ROOT, StationProcess

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SAMPLES = ROOT / "samples"
NAMES = ("student_number", "room")
Truth = dict[tuple[str, str], str]  # by file and field

# Pictures for the documentation take the place of the old ones if asked to, and more
# scans are drawn; in the suite two will do:
#     DRAW_PICTURES=1 pytest tests/server/test_server_whole_job.py
#     SCANS=20 pytest tests/server/test_server_whole_job.py
SCANS = int(os.environ.get("SCANS", "2"))


@pytest.mark.model
@pytest.mark.timeout(600)  # two cores may be shared with much else
def test_a_form_is_drawn_scans_are_dropped_read_reviewed_and_taken_as_excel(
    chromium: Browser, tmp_path: Path
) -> None:
    scans, truth = bring_scans(tmp_path / "scans")
    with (
        StationProcess("serve", tmp_path / "work", "--user", "ann") as server,
        open_page(chromium, server.next_address()) as page,
    ):
        draw_form(page, tmp_path)
        begin_run(page, scans, tmp_path)
        count = page.locator("[data-count=pages]")
        expect(count).to_have_text(str(len(scans)), timeout=400_000)
        expect(page.locator("#run")).to_have_attribute("data-state", "done")
        expect(page.locator("#failed-rows")).to_contain_text("convert it")
        take(page, tmp_path / "serve-run.png")
        look_at_a_field_of_the_table(page, tmp_path)
        page.locator(".up").click()
        page.get_by_role("link", name="Review").click()
        review(page, truth, tmp_path)
        page.locator(".up").click()
        expect(page.locator("[data-count=decided]")).to_have_text(str(len(truth)))
        page.get_by_role("link", name="Table and downloads").click()
        expect(page.locator("tbody tr")).to_have_count(len(truth))
        with page.expect_download() as download:
            page.get_by_role("link", name="Excel, a row a field").click()
        book = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes()))
        page.get_by_role("link", name="Runs").click()
        take(page, tmp_path / "serve-start.png")
    head, *rows = (
        [str(cell.value or "") for cell in row] for row in book.worksheets[0].rows
    )
    found = [dict(zip(head, row, strict=True)) for row in rows]
    assert {(row["source"], row["field"]): row["value"] for row in found} == truth
    assert {row["reviewed_by"] for row in found} == {"ann"}


@pytest.mark.model
@pytest.mark.timeout(300)  # two cores may be shared with much else
def test_tables_without_a_template_come_as_on_paper_and_are_measured(
    chromium: Browser, tmp_path: Path
) -> None:
    truth = tmp_path / "truth.csv"
    with (SAMPLES / "expected.csv").open(encoding="utf-8", newline="") as file:
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
        page.locator("#files").set_input_files(SAMPLES / "tally-1.jpg")
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


def bring_scans(folder: Path) -> tuple[list[Path], Truth]:
    """Give filled exam covers, and what stands on them."""
    folder.mkdir()
    scans: list[Path] = []
    truth: Truth = {}
    for seed in range(1, 1 + SCANS):
        for index, (page, answers) in enumerate(plan_pages(seed)):
            if page.form == "exam-cover" and len(scans) < SCANS:
                path = folder / f"cover-{len(scans) + 1:02d}.png"
                rng = np.random.default_rng([seed, index, 1])
                Image.fromarray(draw_page(page, answers, rng)).save(path)
                truth |= {(path.name, name): answers[name] for name in NAMES}
                scans.append(path)
    return scans, truth


def draw_form(page: Page, folder: Path) -> None:
    """Make a form of a blank page in a PDF, and say what its fields are."""
    blank = folder / "exam cover.pdf"
    Image.open(SAMPLES / "exam-cover-blank.png").convert("L").save(
        blank, resolution=200
    )
    page.get_by_role("link", name="Forms").click()
    page.locator("[name=file]").set_input_files(blank)
    page.get_by_role("button", name="Make the form").click()
    page.wait_for_url("**/forms/exam%20cover", timeout=60_000)
    expect(page.locator("#fields button")).to_have_count(3, timeout=60_000)
    for number, name in enumerate(NAMES, 1):
        page.locator("#fields button", has_text=f"field_0{number}").click()
        page.keyboard.press("Enter")
        page.keyboard.type(name)
        page.keyboard.press("Enter")
    page.locator("#fields button", has_text="field_03").click()
    page.locator("#viewport").focus()
    page.keyboard.press("Delete")
    expect(page.locator("#fields button")).to_have_count(2)
    expect(page.locator("#checked")).to_have_text("Nothing looks wrong")
    page.locator("#fields button", has_text=NAMES[0]).click()
    page.locator("#pages").set_input_files(folder / "scans" / "cover-01.png")
    page.get_by_role("button", name="Read them with this form").click()
    expect(page.locator("#tried")).to_contain_text("2 fields read", timeout=60_000)
    expect(page.locator("#readings canvas")).to_have_count(2)
    expect(page.locator("#readings canvas").last).to_be_in_viewport()
    take(page, folder / "serve-form.png")
    page.keyboard.press("Control+s")
    expect(page.locator("#state")).to_have_text("Saved")
    page.get_by_role("link", name="Forms").click()
    wait_until_ready(page)
    page.get_by_role("button", name="Copy exam cover").click()
    page.get_by_role("button", name="Copy it").click()
    page.get_by_role("button", name="Remove exam cover 2").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.locator(".form-list li")).to_have_count(1)


def begin_run(page: Page, scans: list[Path], folder: Path) -> None:
    page.get_by_role("link", name="New run").click()
    note = folder / "notes.jpg"
    note.write_text("no picture")
    page.locator("#files").set_input_files([*scans, note])
    page.get_by_role("checkbox", name="exam cover").check()
    page.locator("#threshold").fill("1")
    page.locator("#name").fill("exam 1")
    take(page, folder / "serve-new.png")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/runs/exam%201", timeout=60_000)


def review(page: Page, truth: Truth, folder: Path) -> None:
    """Type what stands in each field, as it is asked for."""
    left = dict(truth)
    while left:
        expect(page.locator("#left")).to_have_text(f"{len(left)} left")
        if len(left) == len(truth):
            take(page, folder / "serve-review.png")
        name = page.locator("#name").inner_text()
        file = page.locator("#where").inner_text().partition(",")[0]
        page.keyboard.type(left.pop((file, name)))
        page.keyboard.press("Enter")
    expect(page.locator("#name")).to_have_text("Nothing is left to review.")


def look_at_a_field_of_the_table(page: Page, folder: Path) -> None:
    page.get_by_role("link", name="Table and downloads").click()
    expect(page.locator(".warn")).to_contain_text("fields are not reviewed")
    take(page, folder / "serve-table.png")
    page.get_by_role("link", name="cover-02.png, page 1").last.click()
    expect(page.locator("#name")).to_have_text("room")


def take(page: Page, path: Path) -> None:
    """Take a picture, small enough for the documentation."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path)
    with Image.open(path) as image:
        few = image.convert("RGB").quantize(48, Image.Quantize.MAXCOVERAGE)
        few.save(path, optimize=True)
    if os.environ.get("DRAW_PICTURES"):
        shutil.copy(path, ROOT / "docs" / "images")
