from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import open_page
from click.testing import CliRunner
from drawn_runs import Made, make_run
from playwright.sync_api import expect
from server_office import PASSWORD
from station_process import StationProcess

from formreader.cli import main

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_LISTENING = re.compile(r"Open (https://forms\.test:\d+/)")


@pytest.mark.model
@pytest.mark.timeout(300)  # two cores may be shared with much else
def test_a_manager_lets_in_a_reviewer_who_decides_and_may_do_no_more(
    chromium: Browser, certificate: Path, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    (work / "runs").mkdir(parents=True)
    make_run(tmp_path, [[Made("12", 0.5)]]).rename(work / "runs" / "exams")
    command = ["serve", str(work), "--add-user", "mia"]
    assert CliRunner().invoke(main, command, input=f"{PASSWORD}\n").exit_code == 0
    tls = ("--tls-cert", certificate / "cert.pem", "--tls-key", certificate / "key.pem")
    names = ("--host", "127.0.0.1", "--name", "forms.test")
    with StationProcess("serve", work, *names, *tls) as server:
        address = server.wait_for(_LISTENING)[1]
        with open_page(chromium, address) as mias, open_page(chromium, address) as bobs:
            log_in(mias, "mia")
            let_in_bob(mias)
            log_in(bobs, "bob")
            navigation = bobs.get_by_role("navigation")
            expect(navigation).to_have_text(re.compile(r"^\s*Runs\s+Account\s*$"))
            bobs.get_by_role("link", name="Review").click()
            expect(bobs.locator("#reading")).to_have_text("12")
            bobs.keyboard.type("13")
            bobs.keyboard.press("Enter")
            expect(bobs.locator("#name")).to_have_text("Nothing is left to review.")
            expect(bobs.get_by_role("link", name="Download")).to_have_count(0)
            mias.goto(f"{address}runs/exams/table")
            row = mias.locator("tbody tr")
            expect(row).to_contain_text("13")
            expect(row).to_contain_text("bob")
            bobs.get_by_role("button", name="Log out").click()
            bobs.wait_for_url("**/login")


def log_in(page: Page, name: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()


def let_in_bob(page: Page) -> None:
    page.get_by_role("link", name="People").click()
    page.get_by_label("Name").fill("bob")
    page.get_by_label("First password").fill(PASSWORD)
    page.locator("#new-person").get_by_role("checkbox", name="review").first.check()
    page.get_by_role("button", name="Let in").click()
    expect(page.locator("summary")).to_have_text(
        [re.compile(r"bob\s+review"), re.compile(r"mia\s+manage")]
    )
