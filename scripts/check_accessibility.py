"""Look for violations of accessibility rules on every view of a station or a server.

The rules are those of axe-core, which is not among what formreader needs: unpack
https://registry.npmjs.org/axe-core/-/axe-core-4.14.1.tgz, and name its `axe.min.js`:

    python scripts/check_accessibility.py run/ package/axe.min.js
    python scripts/check_accessibility.py work/ package/axe.min.js

A folder with `runs/` in it is one of work: the pages of the server are looked at, in
each language. A page that is wider than its window is a violation, too.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlsplit

import click
from kill_station import Station
from playwright.sync_api import Browser, Page, sync_playwright
from served_work import ServedWork

from formreader.station.languages import LANGUAGES

VIEWS = (
    "queue",
    "pages",
    "pages/list",
    "carpet",
    "groups",
    "audit",
    "progress",
    "recent",
    "pad",
)
DIALOGS = {"queue": "?e", "pages": "?q", "carpet": "?", "groups": "?"}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SIZES = ((1280, 720), (360, 740))
EDITOR_PX = 1024  # the editor of a form needs as much
SETTLING_MS = 700


def apply(page: Page, what: str) -> int:
    """Run the rules, name what breaks them, and count it."""
    found: list[dict[str, Any]] = page.evaluate("axe.run().then((r) => r.violations)")
    for violation in found:
        places = [" ".join(map(str, node["target"])) for node in violation["nodes"]]
        click.echo(f"{what}: {violation['id']}: {violation['help']}: {places[:5]}")
    count = sum(len(violation["nodes"]) for violation in found)
    wider: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    window = page.viewport_size
    is_editor = "/forms/" in page.url and window and window["width"] < EDITOR_PX
    if wider > 0 and not is_editor:
        click.echo(f"{what}: {wider} pixels wider than the window")
    return count + (wider > 0 and not is_editor)


def check_view(page: Page, origin: str, view: str, axe: Path, what: str) -> list[int]:
    """Check a view, then with each of its dialogs."""
    page.goto(f"{origin}/{view}")
    page.wait_for_timeout(SETTLING_MS)
    page.add_script_tag(path=axe)
    counts = [apply(page, f"{view} {what}")]
    for key in DIALOGS.get(view, ""):
        page.keyboard.press(key)
        page.wait_for_timeout(SETTLING_MS // 3)
        counts.append(apply(page, f"{view} {key} {what}"))
        page.keyboard.press("Escape")
    return counts


def list_views(work: Path) -> tuple[str, ...]:
    """List the pages of a server of a folder of work."""
    found = ["", "new", "forms", "models", "people", "account"]
    found += [f"forms/{quote(path.stem)}" for path in work.glob("forms/*.toml")]
    for run in sorted(work.glob("runs/*/")):
        path = f"runs/{quote(run.name)}"
        found += [path, f"{path}/table", f"{path}/accuracy"]
    return tuple(found)


def check_all(
    browser: Browser, address: str, views: Sequence[str], axe: Path, language: str
) -> list[int]:
    """Check every view, light and dark, on a large and a small screen."""
    counts: list[int] = []
    parts = urlsplit(address)
    origin = f"{parts.scheme}://{parts.netloc}"
    context = browser.new_context(bypass_csp=True, locale=language)
    page = context.new_page()
    page.goto(address)
    page.wait_for_url(lambda url: "/enter" not in url)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            for view in views:
                what = f"{scheme} {width} x {height} {language}"
                counts += check_view(page, origin, view, axe, what)
    context.close()
    return counts


def check_work(browser: Browser, work: Path, axe: Path) -> list[int]:
    """Check the pages of a server, in each language."""
    server, views = ServedWork(work), list_views(work)
    try:
        counts: list[int] = []
        for language in LANGUAGES:
            counts += check_all(browser, server.address, views, axe, language)
            server.read_address()  # each lets in one browser
        return counts
    finally:
        server.end()


def check_station(browser: Browser, run: Path, axe: Path) -> list[int]:
    """Check the views of a station."""
    station = Station(run)
    try:
        return check_all(browser, station.address, VIEWS, axe, "en")
    finally:
        station.kill()


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@click.argument("axe", type=click.Path(path_type=Path, exists=True))
def main(folder: Path, axe: Path) -> None:
    """Check a copy of FOLDER, a run or a folder of work, with the script AXE."""
    chromium = shutil.which("chromium") or shutil.which("chrome")
    check = check_work if (folder / "runs").is_dir() else check_station
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        copied = Path(place) / folder.name
        shutil.copytree(folder, copied)
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"]
        )
        try:
            counts = check(browser, copied, axe)
        finally:
            browser.close()
    click.echo(f"{sum(counts)} violations in {len(counts)} checks")


if __name__ == "__main__":
    main()
