"""Measure the review station in Chromium, as the person at the screen meets it.

    python scripts/measure_browser.py run/ typist memory network places boxes

Each works on a copy of the run, which is left as it is:

- `typist`: types a number and Enter for 400 fields, and looks each up in the store;
  holds a key for two seconds, and counts what that decided.
- `memory`: reviews 330 fields, and says how much more memory the page takes than after
  the first 30.
- `network`: at 400 kbit/s and 400 ms, says when the first crop is there, and how soon
  keys are answered over 30 fields.
- `places`: looks where Accept stands over 60 fields, at three sizes of window, on the
  queue and on the pages, and whether anything is wider than the window.
- `boxes`: on 20 pages, moves the edge of a field, says that it is none, and draws it
  anew, and says how soon each is done.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from kill_station import Station
from playwright.sync_api import Browser, CDPSession, Page, expect, sync_playwright
from sqlalchemy import select

from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import decisions, fields, files, pages

SIZES = ((1280, 720), (1024, 768), (390, 844))
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000}
PATIENCE_MS = 60_000
SHOWN = """() => { const image = document.querySelector("#crop img");
  return image && image.complete && image.naturalWidth > 0; }"""
ANSWER = """(key) => new Promise((resolve) => {
  const see = () => ["reading", "name", "where", "notice"]
    .map((id) => document.getElementById(id).textContent).join("|");
  const before = see();
  const began = performance.now();
  const look = () => {
    const now = see();
    if (now !== before || performance.now() - began > 5000)
      return resolve(performance.now() - began);
    setTimeout(look, 2);
  };
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  look();
})"""
NAMED = """["name", "where"].map((id) => document.getElementById(id).textContent)"""
TOLD = """([id, key, told]) => new Promise((resolve) => {
  const notice = document.getElementById("notice");
  const began = performance.now();
  const look = () => {
    const asked = document.querySelector("#likes[open]");
    const passed = performance.now() - began;
    if (notice.textContent.includes(told) || (key && asked) || passed > 10_000)
      return resolve(passed);
    setTimeout(look, 2);
  };
  const pressed = new KeyboardEvent("keydown", { key, bubbles: true });
  if (id) document.getElementById(id).click();
  else document.body.dispatchEvent(pressed);
  look();
})"""


@contextmanager
def open_copy(
    run: Path, browser: Browser, **options: Any
) -> Iterator[tuple[Path, Page]]:
    """Start a station on a copy of a run, and open its queue."""
    with tempfile.TemporaryDirectory() as place:
        copied = Path(place) / "run"
        shutil.copytree(run, copied)
        station = Station(copied)
        context = browser.new_context(**options)
        context.set_default_timeout(PATIENCE_MS)
        try:
            page = context.new_page()
            page.goto(station.address)
            page.wait_for_url(re.compile("/queue"))
            page.wait_for_function(SHOWN)
            yield copied, page
        finally:
            context.close()
            station.kill()


def find_key(page: Page) -> tuple[str, str]:
    """Say which field is shown: its name, and its file and page."""
    name, where = page.evaluate(NAMED)
    return name, where


def read_log(run: Path) -> list[tuple[tuple[str, str], str]]:
    """Give what was decided: the field as the page names it, and the value."""
    query = (
        select(fields.c.name, files.c.name, pages.c.page_index, decisions.c.value)
        .select_from(decisions)
        .join(fields, fields.c.id == decisions.c.field_id)
        .join(pages, pages.c.id == fields.c.page_id)
        .join(files, files.c.id == pages.c.file_id)
    )
    with RunStore.open(run) as store, store.read() as connection:
        rows = connection.execute(query.order_by(decisions.c.id)).all()
    return [((a, f"{b}, page {c + 1}"), value) for a, b, c, value in rows]


def wait_until_saved(page: Page) -> None:
    """Wait until the station has all."""
    saved = page.locator("#left")
    expect(saved).to_have_attribute("data-unsaved", "0", timeout=PATIENCE_MS)


def measure_typist(run: Path, browser: Browser, count: int) -> None:
    """Type digits and Enter alone; every value must be stored as it was typed."""
    with open_copy(run, browser) as (copied, page):
        typed: dict[tuple[str, str], str] = {}
        numbers = 0
        while numbers < count:
            key = find_key(page)
            if key in typed or not key[1]:
                page.wait_for_timeout(10)
                continue
            typed[key] = ""
            if key[0] != "page":  # which is no field, and takes no number
                numbers += 1
                typed[key] = str(1 + numbers * 7919 % 100_000)
                page.keyboard.type(typed[key])
            page.keyboard.press("Enter")
            insist(page, key)
        wait_until_saved(page)
        stored = read_log(copied)
        wrong = sum(dict(stored).get(key) != value for key, value in typed.items())
        extra = len(stored) - len(typed)
        hold_key(page)
        wait_until_saved(page)
        held = len(read_log(copied)) - len(stored)
    click.echo(
        f"typist: {numbers} fields typed, {wrong} stored otherwise, {extra} "
        f"decisions more; B held for 2 s: {held} decision (that of pressing it once)"
    )


def insist(page: Page, key: tuple[str, str]) -> None:
    """Wait until the next field is shown; where a rule is broken, press Enter again."""
    while find_key(page) == key:
        if "Press Enter once more" in page.locator("#notice").inner_text():
            page.wait_for_timeout(600)
            page.keyboard.press("Enter")
        page.wait_for_timeout(5)


def hold_key(page: Page) -> None:
    """Hold a key down for two seconds; the browser repeats it."""
    end = time.monotonic() + 2
    while time.monotonic() < end:
        page.keyboard.down("b")
        page.wait_for_timeout(30)
    page.keyboard.up("b")


def find_memory(browser_session: CDPSession) -> int:
    """Give the memory of the largest process that draws pages, in MB."""
    found = browser_session.send("SystemInfo.getProcessInfo")["processInfo"]
    sizes = []
    for process in found:
        if process["type"] == "renderer":
            status = Path(f"/proc/{process['id']}/status").read_text()
            sizes.append(int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) // 1024)
    return max(sizes)


def measure_memory(run: Path, browser: Browser, count: int) -> None:
    """Review fields, and compare the memory with that after the first 30."""
    session = browser.new_browser_cdp_session()
    with open_copy(run, browser) as (_, page):
        heap = page.context.new_cdp_session(page)
        found = []
        for number in range(count + 1):
            if number in {30, count}:
                page.wait_for_timeout(1000)
                heap.send("HeapProfiler.collectGarbage")
                page.wait_for_timeout(1000)
                used = page.evaluate("performance.memory.usedJSHeapSize") // 2**20
                found.append((find_memory(session), used))
            before = find_key(page)
            page.keyboard.press("x")
            while find_key(page) == before:
                page.wait_for_timeout(10)
            page.wait_for_function(SHOWN)
            page.wait_for_timeout(100)
    (first, first_heap), (last, last_heap) = found
    click.echo(
        f"memory: {first} MB after 30 fields, {last} MB after {count} "
        f"({last - first:+d} MB); scripts {first_heap} and {last_heap} MB"
    )


def measure_network(run: Path, browser: Browser, pause_s: float) -> None:
    """Open the queue over a slow network, and press keys."""
    with open_copy(run, browser) as (_, page):
        address = page.url
        page.goto("about:blank")
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.clearBrowserCache")
        limits = SLOW | {"uploadThroughput": SLOW["downloadThroughput"]}
        session.send("Network.emulateNetworkConditions", limits)
        began = time.perf_counter()
        page.goto(address, wait_until="commit")
        page.wait_for_function(SHOWN, polling=20)
        first_s = time.perf_counter() - began
        times, crops = [], 0
        for _ in range(30):
            page.wait_for_timeout(1000 * pause_s)
            times += [page.evaluate(ANSWER, key) for key in ("7", "x")]
            crops += bool(page.evaluate(SHOWN))
    times.sort()
    click.echo(
        f"network: first crop after {first_s:.2f} s; {len(times)} keys over 30 fields, "
        f"one every {pause_s:g} s: answered in {times[len(times) // 2]:.0f} ms at the "
        f"median, {times[-1]:.0f} ms at most; the crop was there at once {crops} times"
    )


def measure_places(run: Path, browser: Browser, count: int) -> None:
    """Look where Accept stands."""
    for width, height in SIZES:
        size = {"width": width, "height": height}
        with open_copy(run, browser, viewport=size) as (_, page):
            for view in ("queue", "pages"):
                page.goto(re.sub(r"/(queue|pages).*", f"/{view}", page.url))
                page.wait_for_function(SHOWN)
                places, widest = walk(page, count)
                click.echo(
                    f"places: {view} at {width} x {height}: Accept at "
                    f"{len(places)} place{'s' * (len(places) > 1)} {sorted(places)}, "
                    f"{widest - width} pixels wider than the window"
                )


def walk(page: Page, count: int) -> tuple[set[tuple[int, int]], int]:
    """Go through fields; give the places of Accept, and the widest page."""
    places, widest = set(), 0
    for _ in range(count):
        box = page.locator("[data-do=accept]").bounding_box()
        assert box is not None
        places.add((round(box["x"]), round(box["y"])))
        widest = max(widest, page.evaluate("document.documentElement.scrollWidth"))
        page.keyboard.press("s")
        page.wait_for_timeout(60)
    return places, widest


def measure_boxes(run: Path, browser: Browser, count: int) -> None:
    """Put right which fields pages have, as a person would who gives the numbers."""
    times: dict[str, list[float]] = {"made ready": []}
    with open_copy(run, browser) as (copied, page):
        for number in find_pages(copied, count):
            page.goto(re.sub(r"/queue.*", f"/pages?page={number}", page.url))
            page.wait_for_function(SHOWN)
            rest(page)
            began = time.perf_counter()
            with page.expect_response("**/pages/prepare"):
                page.keyboard.press("e")
            times["made ready"].append(1000 * (time.perf_counter() - began))
            for what, took in revise(page):
                times.setdefault(what, []).append(took)
            page.goto(re.sub(r"/pages.*", "/queue", page.url))
    told = (
        f"{what} {sorted(found)[len(found) // 2]:.0f} ms, {max(found):.0f} at most, "
        f"{sum(took > 500 for took in found)} over 500"
        for what, found in times.items()
    )
    click.echo(f"boxes: on {count} pages, at the median: {'; '.join(told)}")


def find_pages(run: Path, count: int) -> list[int]:
    """Give pages with fields, spread over the run."""
    query = select(fields.c.page_id).where(fields.c.name != "page").distinct()
    with RunStore.open(run) as store, store.read() as connection:
        found = list(connection.scalars(query.order_by(fields.c.page_id)))
    return found[:: max(1, len(found) // count)][:count]


def revise(page: Page) -> Iterator[tuple[str, float]]:
    """Move an edge of the chosen field, take the field away, and draw it anew."""
    width = page.locator("#box [name=width]")
    page.keyboard.press("m")
    wide = int(width.input_value())
    width.fill(str(wide + 2))
    yield "corrected", page.evaluate(TOLD, ["box-change", "", " reads "])
    rest(page)
    page.keyboard.press("m")
    box = [one.input_value() for one in page.locator("#box input").all()]
    page.keyboard.press("Escape")
    yield "removed", page.evaluate(TOLD, ["", "Delete", "no field"])
    if page.locator("#likes").is_visible():
        page.locator("#likes-one").click()
    rest(page)
    page.keyboard.press("m")
    for one, number in zip(page.locator("#box input").all(), box[:4], strict=False):
        one.fill(number)
    yield "added", page.evaluate(TOLD, ["box-new", "", " reads "])
    rest(page)


def rest(page: Page) -> None:
    """Wait until all is saved, and what the page asks for ahead has come."""
    wait_until_saved(page)
    page.wait_for_timeout(500)


MEASURES: dict[str, Callable[[Path, Browser], None]] = {
    "typist": lambda run, browser: measure_typist(run, browser, 400),
    "memory": lambda run, browser: measure_memory(run, browser, 330),
    "network": lambda run, browser: measure_network(run, browser, 1.5),
    "places": lambda run, browser: measure_places(run, browser, 60),
    "boxes": lambda run, browser: measure_boxes(run, browser, 20),
}


@click.command()
@click.argument("run", type=click.Path(path_type=Path, exists=True))
@click.argument("names", nargs=-1, type=click.Choice(list(MEASURES)))
def main(run: Path, names: tuple[str, ...]) -> None:
    """Measure what is named, or all, on copies of RUN."""
    chromium = shutil.which("chromium") or shutil.which("chrome")
    with sync_playwright() as playwright:
        for name in names or MEASURES:
            browser = playwright.chromium.launch(
                executable_path=chromium,
                args=["--no-sandbox", "--enable-precise-memory-info"],
            )
            MEASURES[name](run, browser)
            browser.close()


if __name__ == "__main__":
    main()
