"""Kill the review station at random moments while somebody decides in a real browser.

Every decision must be in the store once, or still in the browser: this is looked at
after each kill, before the station is started again.

    python scripts/kill_station.py --fields 500 --kills 200
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click
from exercise_reviewers import FIELDS_A_PAGE, fill_run
from playwright.sync_api import Page, expect, sync_playwright
from sqlalchemy import select

from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import decisions

WAITING = """Object.keys(localStorage).filter((key) => key.includes(" waiting "))
  .map((key) => JSON.parse(localStorage[key]).body)"""
PATIENCE_MS = 60_000


class Station:
    """A station that is killed and started again, always at the same port."""

    def __init__(self, run: Path) -> None:
        """Start it."""
        self._run = run
        self.address = self.start()

    def start(self) -> str:
        """Start it, and give the address that lets in a browser."""
        command = [sys.executable, "-m", "formreader", "review", str(self._run)]
        self._process = subprocess.Popen(
            [*command, "--no-browser"], stderr=subprocess.PIPE, text=True
        )
        assert self._process.stderr is not None
        while (found := re.search(r"http\S+token=\S+", self._read_line())) is None:
            assert self._process.poll() is None, "the station does not start"
        return found[0]

    def kill(self) -> None:
        """End it without a chance to tidy up."""
        self._process.kill()
        self._process.wait()
        assert self._process.stderr is not None
        self._process.stderr.close()

    def _read_line(self) -> str:
        assert self._process.stderr is not None
        return self._process.stderr.readline()


class Typist:
    """Decides about one field after the other, each with a number of its own."""

    def __init__(self, page: Page) -> None:
        """Begin with the field that the page shows."""
        self._page = page
        self.typed: dict[int, str] = {}

    def work(self, seconds: float) -> None:
        """Decide until the time is over, or nothing is at hand."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._page.locator("#reading").inner_text() != "1234":
                self._page.wait_for_timeout(20)
                continue
            value = str(10_000 + len(self.typed))
            self.typed[self._find_field()] = value
            self._page.keyboard.type(value)
            self._page.keyboard.press("Enter")

    def wait(self) -> None:
        """Wait until the page works with the station again, or nothing is left."""
        work = "#reading:text-is('1234'), #name:text-is('Nothing is left to review.')"
        self._page.locator(work).first.wait_for(timeout=PATIENCE_MS)
        expect(self._page.locator("#left")).to_have_attribute(
            "data-unsaved", "0", timeout=PATIENCE_MS
        )

    def _find_field(self) -> int:
        """Say which field is shown; rows of the store stand in the order of pages."""
        name = self._page.locator("#name").inner_text()
        where = self._page.locator("#where").inner_text()
        page = int(where.partition("page-")[2].partition(".")[0])
        return page * FIELDS_A_PAGE + int(name.partition("_")[2]) + 1

    def find_waiting(self) -> dict[int, str]:
        """Look up what the browser keeps."""
        found: list[dict[str, Any]] = self._page.evaluate(WAITING)
        return {body["field"]: body["value"] for body in found}


def find_stored(run: Path) -> dict[int, str]:
    """Look up what the store holds.

    Raises:
        AssertionError: If a field was decided about twice.
    """
    query = select(decisions.c.field_id, decisions.c.value)
    with RunStore.open(run) as store, store.read() as connection:
        rows = connection.execute(query).all()
    stored = {row.field_id: row.value for row in rows}
    assert len(stored) == len(rows), "a decision was stored twice"
    return stored


def review(run: Path, page: Page, station: Station, longest: float, kills: int) -> int:
    """Decide and kill in turn, until all is decided; give how many were waiting."""
    typist, waited = Typist(page), 0
    for number in range(kills):
        typist.wait()
        typist.work(random.uniform(0, longest))
        station.kill()
        typist.work(random.uniform(0, longest / 4))
        waiting, stored = typist.find_waiting(), find_stored(run)
        assert waiting | stored == typist.typed, "a decision was lost"
        waited += len(waiting.keys() - stored.keys())
        station.start()
        if (number + 1) % 20 == 0:
            click.echo(f"{number + 1} kills, {len(stored)} decisions stored", err=True)
    while not page.get_by_text("Nothing is left to review.").is_visible():
        typist.work(1)
    expect(page.locator("#left")).to_have_attribute(
        "data-unsaved", "0", timeout=PATIENCE_MS
    )
    assert find_stored(run) == typist.typed, "a decision was lost"
    return waited


@click.command()
@click.option("--fields", default=500, show_default=True, help="Fields to decide.")
@click.option("--kills", default=200, show_default=True, help="How often to kill it.")
@click.option("--longest", default=1.0, show_default=True, help="Seconds to a kill.")
@click.option("--seed", default=1, show_default=True, help="Of the moments.")
def main(fields: int, kills: int, longest: float, seed: int) -> None:
    """Decide in Chromium while the station is killed, and look for what is lost."""
    random.seed(seed)
    chromium = shutil.which("chromium") or shutil.which("chrome")
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        run = Path(place) / "run"
        fill_run(run, fields, None)
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"]
        )
        station = Station(run)
        try:
            page = browser.new_page()
            page.goto(station.address)
            page.wait_for_url(re.compile("/queue"))
            waited = review(run, page, station, longest, kills)
        finally:
            station.kill()
            browser.close()
        count = len(find_stored(run))
    click.echo(
        f"{count} fields decided over {kills} kills, each stored once; "
        f"{waited} waited in the browser at a kill"
    )


if __name__ == "__main__":
    main()
