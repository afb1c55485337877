"""A real Chromium that notes what no page of the station may do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    expect,
    sync_playwright,
)

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.test 127.0.0.1",
]
_PATIENCE_MS = 15_000  # several tests share the computer's cores
_OWN = {"127.0.0.1", "forms.test"}
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


@contextmanager
def open_chromium() -> Iterator[Browser]:
    """Start the Chromium of this computer with an empty profile; skip without one."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        pytest.skip("Chromium is not installed (Debian: apt install chromium)")
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Watch:
    """Notes errors on the console and requests that leave the computer."""

    def __init__(self, context: BrowserContext) -> None:
        self.errors: list[str] = []
        self.outside: list[str] = []
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("request", self._see)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)

    def _see(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.hostname not in _OWN:
            self.outside.append(request.url)


@contextmanager
def open_page(
    browser: Browser, address: str, *, dark: bool = False, touch: bool = False
) -> Iterator[Page]:
    """Open an address in a browser that has no cookies; nothing may go wrong in it."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 720},
        color_scheme="dark" if dark else "light",
        has_touch=touch,
        ignore_https_errors=True,  # the certificate of a test is known to nobody
    )
    context.set_default_timeout(_PATIENCE_MS)
    watch = Watch(context)
    page = context.new_page()
    page.goto(address)
    page.wait_for_url(lambda url: "/enter" not in url)
    wait_until_ready(page)
    try:
        yield page
        assert watch.errors == []
        assert watch.outside == []
    finally:
        context.close()


def wait_until_ready(page: Page) -> None:
    """Wait until the scripts of a page have run; before, it hears no key or click."""
    # Not by a function in the page, which its content security policy may refuse.
    page.wait_for_load_state("load")
