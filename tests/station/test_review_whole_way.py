from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import open_page
from drawn_runs import Made, make_run
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import func, select
from station_process import ROOT, StationProcess
from test_review_pad import ONE, SEVEN, stroke

from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import decisions

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FloatRect, Page, Route

COVERS = [f"exam-cover-{number}" for number in (1, 2, 4)]
TYPED = ["1001", "2002"]


def formreader(*arguments: str | Path) -> None:
    """Run a command as users do."""
    command = [sys.executable, "-m", "formreader", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run over three of the samples: one field of the six is in doubt."""
    scans = tmp_path / "scans"
    scans.mkdir()
    for path in sorted((ROOT / "samples").iterdir()):
        if path.stem in COVERS:
            shutil.copy(path, scans)
    formreader("batch", scans, "-o", tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.model
def test_corrections_go_the_whole_way_from_the_scan_to_the_csv(
    chromium: Browser, run: Path
) -> None:
    with (
        StationProcess("review", run, "--user", "ann", "--audit", "1%") as station,
        open_page(chromium, station.next_address()) as page,
    ):
        expect(page.locator("#left")).to_have_text("2 left")  # one is of the audit
        corrected = {}
        for number, value in enumerate(TYPED):
            expect(page.locator("#left")).to_have_text(f"{len(TYPED) - number} left")
            source = page.locator("#where").inner_text().partition(",")[0]
            corrected[source, page.locator("#name").inner_text()] = value
            page.keyboard.type(value)
            page.keyboard.press("Enter")
        expect(page.locator("#name")).to_have_text("Nothing is left to review.")
        page.get_by_role("link", name="Audit").click()
        expect(page.locator("#rate")).to_have_text("100.00 %")  # we typed nonsense
        expect(page.locator("#interval")).to_contain_text("1 of 1")
    out = run.parent / "out.csv"
    formreader("export", run, "-o", out, "--with-reviews")
    with out.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    reviewed = [row for row in rows if row["reviewed_by"]]
    assert {(row["source"], row["field"]): row["value"] for row in reviewed} == (
        corrected
    )
    assert {row["reviewed_by"] for row in reviewed} == {"ann"}
    assert len(rows) == 6
    assert all(row["needs_review"] == "false" for row in rows)
    with RunStore.open(run) as store, store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(decisions)) == 2


def test_two_hundred_fields_are_reviewed_by_keyboard_alone(
    chromium: Browser, tmp_path: Path
) -> None:
    run = make_run(tmp_path, [[Made("5861", 0.5, others=("5867",))] * 20] * 10)
    with (
        StationProcess("review", run, "--user", "ann") as station,
        open_page(chromium, station.next_address()) as page,
    ):
        for number in range(200):
            expect(page.locator("#left")).to_have_text(f"{200 - number} left")
            expect(page.locator("#reading")).to_have_text("5861")
            if number % 10 == 0:
                page.keyboard.press("Alt+1")
            page.keyboard.press("Enter")
        expect(page.locator("#name")).to_have_text("Nothing is left to review.")
        expect(page.locator("#left")).to_have_attribute("data-unsaved", "0")
    with RunStore.open(run) as store, store.read() as connection:
        counted = select(decisions.c.action, func.count())
        found = connection.execute(counted.group_by(decisions.c.action)).all()
    assert sorted(tuple(row) for row in found) == [("accept", 180), ("correct", 20)]


def test_a_decision_made_while_the_station_counts_is_counted_once(
    chromium: Browser, tmp_path: Path
) -> None:
    run = make_run(tmp_path, [[Made("5861", 0.5)] * 20])
    with (
        StationProcess("review", run, "--user", "ann") as station,
        open_page(chromium, station.next_address()) as page,
    ):
        left = page.locator("#left")
        expect(left).to_have_text("20 left")
        page.wait_for_load_state("networkidle")  # it has all the fields it wants
        held: list[Route] = []
        page.route("**/queue/next", lambda route: held.append(route))  # a slow station
        decided = 0
        while not held:
            page.keyboard.press("Enter")
            decided += 1
            expect(left).to_have_attribute("data-unsaved", "0")
            page.wait_for_timeout(100)
        with page.expect_response("**/decisions"):
            page.keyboard.press("Enter")
        with page.expect_request("**/queue/next"):  # asked after the answer is taken
            held.pop().continue_()
        assert left.inner_text() == f"{20 - decided - 1} left"


# Pictures for the documentation; they take the place of the old ones if asked to:
#     DRAW_PICTURES=1 pytest tests/station/test_review_whole_way.py


@pytest.fixture
def pictures(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for path in tmp_path.glob("review-*.png"):
        with Image.open(path) as image:
            few = image.convert("RGB").quantize(96, Image.Quantize.MEDIANCUT)
            few.save(path, optimize=True)
        assert path.stat().st_size < 150_000
        if os.environ.get("DRAW_PICTURES"):
            shutil.copy(path, ROOT / "docs" / "images")


@pytest.mark.model
def test_the_pages_can_be_shown_in_the_documentation(
    chromium: Browser, pictures: Path
) -> None:
    run = pictures / "forms"
    formreader("batch", ROOT / "samples", "-o", run, "--threshold", "0.98")
    with (
        StationProcess("review", run, "--user", "ann", "--audit", "20%") as station,
        open_page(chromium, station.next_address()) as page,
    ):
        queue = page.url
        page.goto(queue.replace("/queue", "/queue?file=exam-cover-2.jpg"))
        expect(page.locator("#crop img")).to_be_visible()
        expect(page.locator("#paper canvas")).to_be_visible()
        take(page, pictures / "review-queue.png")
        page.goto(queue)
        expect(page.locator("#crop img")).to_be_visible()
        for key in [*["Enter"] * 11, "x"]:
            page.keyboard.press(key)
        expect(page.locator("#left")).to_have_attribute("data-unsaved", "0")
        for view, height in (("Audit", 420), ("Progress", 560), ("Groups", 720)):
            page.get_by_role("link", name=view).click()
            page.wait_for_url(f"**/{view.lower()}*")
            take(page, pictures / f"review-{view.lower()}.png", height)
        page.goto(queue.replace("/queue", "/pages/list"))
        take(page, pictures / "review-list.png")
        page.get_by_role("link", name="tally-1.jpg").click()
        expect(page.locator("#paper canvas")).to_be_visible()
        take(page, pictures / "review-pages.png")
        page.get_by_role("link", name="Carpet").click()
        expect(page.locator("#grid img").first).to_be_visible()
        page.keyboard.press("2")
        expect(page.locator("#title")).to_have_text("Read as 2")
        expect(page.locator("#grid img").nth(30)).to_be_visible()
        page.wait_for_load_state("networkidle")
        page.keyboard.press("ArrowRight")
        page.keyboard.press(" ")
        expect(page.locator("#grid [aria-pressed=true]")).to_have_count(1)
        take(page, pictures / "review-carpet.png")
        page.get_by_role("link", name="Pad").click()
        page.wait_for_url("**/pad")  # and until it listens
        stroke(page, *SEVEN)
        stroke(page, *ONE)
        page.keyboard.press("Enter")
        expect(page.locator("#value")).to_have_text("71")
        take(page, pictures / "review-pad.png")


def take(page: Page, path: Path, height: int = 720) -> None:
    page.wait_for_load_state("networkidle")
    clip: FloatRect = {"x": 0, "y": 0, "width": 1280, "height": height}
    page.screenshot(path=path, clip=clip)
