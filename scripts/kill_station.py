"""Kill the review station at random moments while somebody decides in a real browser.

Every decision must be in the store once, or still in the browser: this is looked at
after each kill, before the station is started again. The fields are spread over the
kills, so that there is work at each of them.

    python scripts/kill_station.py --fields 500 --kills 200
    python scripts/kill_station.py --fields 125 --kills 50 --view pages
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
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
LOOK = """() => {
  const say = (id) => document.getElementById(id).textContent;
  const isDone = (say("name") + say("notice")).includes("Nothing is left to review.");
  return { reading: say("reading"), name: say("name"), where: say("where"), isDone };
}"""
PATIENCE_S = 60
TURNS = {"queue": None, "pages": "PageDown"}


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
    """Decides about one field after the other, each with a number of its own.

    Args:
        page: Shows a field, in the queue or in the view of pages.
        turn: The key that goes on where no field is left, if the view needs one.
    """

    def __init__(self, page: Page, turn: str | None) -> None:
        """Begin with the field that the page shows."""
        self._page, self._turn = page, turn
        self.typed: dict[int, str] = {}

    def work(self, seconds: float, most: int) -> None:
        """Decide until the time is over, or so many fields are decided."""
        end, last = time.monotonic() + seconds, len(self.typed) + most
        while time.monotonic() < end and len(self.typed) < last:
            shown = self._page.evaluate(LOOK)
            if shown["reading"] != "1234":
                self._go_on()
                continue
            value = str(10_000 + len(self.typed))
            self.typed[find_field(shown)] = value
            self._page.keyboard.type(value)
            self._page.keyboard.press("Enter")

    def wait(self) -> None:
        """Wait until the page works with the station again, or nothing is left."""
        end = time.monotonic() + PATIENCE_S
        while (shown := self._page.evaluate(LOOK))["reading"] != "1234":
            if shown["isDone"]:
                break
            assert time.monotonic() < end, f"the page does not go on: {shown}"
            self._go_on()
        self.wait_until_saved()

    def wait_until_saved(self) -> None:
        """Wait until the station has all."""
        left = self._page.locator("#left")
        patience_ms = 1000 * PATIENCE_S
        expect(left).to_have_attribute("data-unsaved", "0", timeout=patience_ms)

    def is_done(self) -> bool:
        """Say whether nothing is left."""
        return bool(self._page.evaluate(LOOK)["isDone"])

    def find_waiting(self) -> dict[int, str]:
        """Look up what the browser keeps."""
        found: list[dict[str, Any]] = self._page.evaluate(WAITING)
        return {body["field"]: body["value"] for body in found}

    def _go_on(self) -> None:
        if self._turn is not None:
            self._page.keyboard.press(self._turn)
        self._page.wait_for_timeout(20)


def find_field(shown: dict[str, str]) -> int:
    """Say which field is shown; rows of the store stand in the order of pages."""
    page = int(shown["where"].partition("page-")[2].partition(".")[0])
    return page * FIELDS_A_PAGE + int(shown["name"].partition("_")[2]) + 1


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


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Attributes:
        fields: To decide.
        kills: Of the station meanwhile.
        longest_s: To a kill, in seconds.
    """

    fields: int
    kills: int
    longest_s: float


@dataclass
class Kills:
    """What kills met.

    Attributes:
        waiting: Decisions that were in the browser alone, over all kills.
        unconfirmed: Those that were stored while the browser did not know it yet.
    """

    waiting: int = 0
    unconfirmed: int = 0


def review(run: Path, typist: Typist, station: Station, plan: Plan) -> Kills:
    """Decide and kill in turn, until all is decided; give what the kills met."""
    met = Kills()
    for number in range(plan.kills):
        typist.wait()
        most = -(-(plan.fields - len(typist.typed)) // (plan.kills - number))
        before = len(typist.typed)
        typist.work(random.uniform(0, plan.longest_s), most)
        station.kill()
        typist.work(plan.longest_s / 4, before + most - len(typist.typed))
        waiting, stored = typist.find_waiting(), find_stored(run)
        assert waiting | stored == typist.typed, "a decision was lost"
        met.waiting += len(waiting.keys() - stored.keys())
        met.unconfirmed += len(waiting.keys() & stored.keys())
        station.start()
        if (number + 1) % 20 == 0:
            click.echo(f"{number + 1} kills, {len(stored)} decisions stored", err=True)
    while not typist.is_done():
        typist.work(1, plan.fields)
    typist.wait_until_saved()
    assert find_stored(run) == typist.typed, "a decision was lost"
    return met


@click.command()
@click.option("--fields", default=500, show_default=True, help="Fields to decide.")
@click.option("--kills", default=200, show_default=True, help="How often to kill it.")
@click.option("--longest", default=0.5, show_default=True, help="Seconds to a kill.")
@click.option("--view", default="queue", show_default=True, type=click.Choice([*TURNS]))
@click.option("--seed", default=1, show_default=True, help="Of the moments.")
def main(fields: int, kills: int, longest: float, view: str, seed: int) -> None:
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
            page.goto(page.url.replace("/queue", f"/{view}"))
            typist = Typist(page, TURNS[view])
            met = review(run, typist, station, Plan(fields, kills, longest))
        finally:
            station.kill()
            browser.close()
        count = len(find_stored(run))
    click.echo(
        f"{count} fields decided over {kills} kills, each stored once; at the kills "
        f"{met.waiting} waited in the browser, {met.unconfirmed} were stored and not "
        "confirmed"
    )


if __name__ == "__main__":
    main()
