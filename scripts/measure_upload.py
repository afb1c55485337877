"""Have a real Chromium bring thousands of pages to `formreader serve` in one go.

    python scripts/measure_upload.py --pages 2000

Measured: the memory of the server and of the whole browser, from its start on, and, as
soon as the first page is on its way, how long pages of the server take to answer
somebody else. Ends with 1 if the server takes more than 300 MB, the browser more than
500 MB, or any answer more than 100 ms.
"""

from __future__ import annotations

import random
import shutil
import statistics
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import click
import httpx
import psutil
from PIL import Image
from playwright.sync_api import sync_playwright
from served_work import ServedWork, ask

SERVER_MB, BROWSER_MB, ANSWER_S = 300, 500, 0.1
_PATIENCE_MS = 3_600_000
_RUN = "many"


@dataclass
class Watch:
    """Looks at a server, from a thread of its own, until it is told to end.

    Attributes:
        server: The server.
        client: Somebody else who looks at its pages.
        answers: Seconds of each answer while pages come.
        server_mb: Memory of its process, each time it was looked at.
        browser_mb: The same of the browser, all its processes together.
    """

    server: ServedWork
    client: httpx.Client
    answers: list[float] = field(default_factory=list)
    server_mb: list[float] = field(default_factory=list)
    browser_mb: list[float] = field(default_factory=list)
    coming: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        """Look again and again."""
        process = psutil.Process(self.server.pid)
        number = 0
        while not self.over.wait(0.25):
            path = ("/", "/new", f"/api/runs/{_RUN}")[number % 3]
            began = time.perf_counter()
            self.client.get(path)
            if self.coming.is_set():
                self.answers.append(time.perf_counter() - began)
            self.server_mb.append(process.memory_info().rss / 1e6)
            if number % 8 == 0:
                self.browser_mb.append(measure_browser())
            if number % 100 == 99:
                click.echo(
                    f"{len(self.answers)} answers, server {self.server_mb[-1]:.0f} MB, "
                    f"browser {self.browser_mb[-1]:.0f} MB",
                    err=True,
                )
            number += 1


def measure_browser() -> float:
    """Add up the memory of all processes of the browser, shared parts once, in MB."""
    total = 0
    for one in psutil.Process().children(recursive=True):
        try:
            if "chrom" in one.name():
                total += one.memory_full_info().pss
        except psutil.Error:  # it has just ended
            continue
    return total / 1e6


def make_pages(folder: Path, count: int, kilobytes: int) -> None:
    """Make pages of the size of scans; no two are the same."""
    folder.mkdir()
    image = Image.new("L", (1240, 1754), 255)
    image.save(folder / "first.jpg")
    sound = (folder / "first.jpg").read_bytes()
    (folder / "first.jpg").unlink()
    chance = random.Random(1)
    for number in range(count):
        rest = chance.randbytes(1000 * kilobytes)
        (folder / f"page-{number:05d}.jpg").write_bytes(sound + rest)


def bring(watch: Watch, folder: Path) -> float:
    """Bring all pages in a browser, as a person does; give the seconds it took."""
    server = watch.server
    chromium = shutil.which("chromium") or shutil.which("chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"], timeout=_PATIENCE_MS
        )
        page = browser.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        page.goto(server.address)
        page.wait_for_url(lambda url: "/enter" not in url)
        page.goto(f"{server.origin}/new")
        page.locator("#name").fill(_RUN)
        page.locator("#folder").set_input_files(folder)
        began = time.monotonic()
        watch.coming.set()
        page.get_by_role("button", name="Start").click()
        page.wait_for_url(f"**/runs/{_RUN}", wait_until="commit")
        took_s = time.monotonic() - began
        browser.close()
    return took_s


@click.command()
@click.option("--pages", default=2000, show_default=True, help="How many.")
@click.option("--kilobytes", default=300, show_default=True, help="Of each.")
def main(pages: int, kilobytes: int) -> None:
    """Bring pages, and measure meanwhile."""
    place = Path(tempfile.mkdtemp(prefix="formreader-"))
    make_pages(place / "scans", pages, kilobytes)
    server = ServedWork(place / "work")
    try:
        with server.come_in() as client:
            watch = Watch(server, client)
            thread = threading.Thread(target=watch.look)
            thread.start()
            try:
                took_s = bring(watch, place / "scans")
            finally:
                watch.over.set()
                thread.join()
            held = ask(client, f"/api/runs/{_RUN}")["scans"]
            ask(client, f"/api/runs/{_RUN}/stop", {})
    finally:
        server.end()
        shutil.rmtree(place, ignore_errors=True)
    assert held == pages, f"{held} of {pages} pages came"
    report(watch, pages, took_s)


def report(watch: Watch, pages: int, took_s: float) -> None:
    """Print what was measured.

    Raises:
        SystemExit: If it is more than it may be.
    """
    answers = sorted(watch.answers)
    late = answers[int(0.95 * len(answers))]
    half = len(watch.server_mb) // 2
    click.echo(
        f"{pages} pages in {took_s:.0f} s; server {watch.server_mb[half]:.0f} MB "
        f"half-way, {max(watch.server_mb):.0f} MB at most; browser "
        f"{max(watch.browser_mb):.0f} MB at most; {len(answers)} answers, median "
        f"{1000 * statistics.median(answers):.0f} ms, 95 % below {1000 * late:.0f} ms, "
        f"the slowest {1000 * answers[-1]:.0f} ms"
    )
    if (
        max(watch.server_mb) > SERVER_MB
        or max(watch.browser_mb) > BROWSER_MB
        or answers[-1] > ANSWER_S
    ):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
