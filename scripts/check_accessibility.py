"""Look for violations of accessibility rules on every view of the review station.

The rules are those of axe-core, which is not among what formreader needs: unpack
https://registry.npmjs.org/axe-core/-/axe-core-4.14.1.tgz, and name its `axe.min.js`:

    python scripts/check_accessibility.py run/ package/axe.min.js
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import click
from kill_station import Station
from playwright.sync_api import Browser, Page, sync_playwright

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
SIZES = ((1280, 720), (390, 844))
SETTLING_MS = 1500


def check(page: Page, what: str) -> int:
    """Run the rules, name what breaks them, and count it."""
    found: list[dict[str, Any]] = page.evaluate("axe.run().then((r) => r.violations)")
    for violation in found:
        places = [" ".join(map(str, node["target"])) for node in violation["nodes"]]
        click.echo(f"{what}: {violation['id']}: {violation['help']}: {places[:5]}")
    return sum(len(violation["nodes"]) for violation in found)


def check_view(page: Page, origin: str, view: str, axe: Path, what: str) -> list[int]:
    """Check a view, then with each of its dialogs."""
    page.goto(f"{origin}/{view}")
    page.wait_for_timeout(SETTLING_MS)
    page.add_script_tag(path=axe)
    counts = [check(page, f"{view} {what}")]
    for key in DIALOGS.get(view, ""):
        page.keyboard.press(key)
        page.wait_for_timeout(SETTLING_MS // 3)
        counts.append(check(page, f"{view} {key} {what}"))
        page.keyboard.press("Escape")
    return counts


def check_all(browser: Browser, station: Station, axe: Path) -> list[int]:
    """Check every view, light and dark, on a large and a small screen."""
    counts: list[int] = []
    parts = urlsplit(station.address)
    origin = f"{parts.scheme}://{parts.netloc}"
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(station.address)
    page.wait_for_url("**/queue")
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            for view in VIEWS:
                what = f"{scheme} {width} x {height}"
                counts += check_view(page, origin, view, axe, what)
    return counts


@click.command()
@click.argument("run", type=click.Path(path_type=Path, exists=True))
@click.argument("axe", type=click.Path(path_type=Path, exists=True))
def main(run: Path, axe: Path) -> None:
    """Check a station of a copy of RUN with the rules of the script AXE."""
    chromium = shutil.which("chromium") or shutil.which("chrome")
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        copied = Path(place) / "run"
        shutil.copytree(run, copied)
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"]
        )
        station = Station(copied)
        try:
            counts = check_all(browser, station, axe)
        finally:
            station.kill()
            browser.close()
    click.echo(f"{sum(counts)} violations in {len(counts)} checks")


if __name__ == "__main__":
    main()
