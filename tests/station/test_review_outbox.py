"""What was decided is stored once, whatever happens to the station meanwhile."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_IMODE
from typing import TYPE_CHECKING

import pytest
from browsing import wait_until_ready
from click.testing import CliRunner
from drawn_runs import Made, make_run
from playwright.sync_api import expect
from sqlalchemy import select
from station_process import StationProcess

from formreader.cli import main
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import decisions, fields

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

PASSWORD = "correct horse battery"
LISTENING = re.compile(r"https://localhost:(\d+)/")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path, [[Made("5861", 0.5)] * 8, [Made("5861", 0.6)] * 8])


@contextmanager
def open_tab(chromium: Browser, address: str) -> Iterator[Page]:
    """Open an address in a browser that may find the station gone."""
    context = chromium.new_context(ignore_https_errors=True)
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(address)
    page.wait_for_url(lambda url: "/enter" not in url)
    wait_until_ready(page)
    try:
        yield page
    finally:
        context.close()


def stored(run: Path) -> list[tuple[str, str, str]]:
    """The log: field, who decided, and the value."""
    query = select(fields.c.id, decisions.c.user, decisions.c.value).join(
        fields, fields.c.id == decisions.c.field_id
    )
    with RunStore.open(run) as store, store.read() as connection:
        found = connection.execute(query.order_by(decisions.c.id))
        return [(str(field), user, value) for field, user, value in found]


@contextmanager
def start_again(run: Path, user: str = "ann") -> Iterator[StationProcess]:
    """Start a station that is ready; it takes the port that the last one had."""
    with StationProcess("review", run, "--user", user) as station:
        station.wait_for(re.compile("Open http"))
        yield station


def expect_waiting(page: Page, text: str) -> None:
    expect(page.locator("#waiting")).to_have_text(text)


def wait_for_supply(page: Page) -> None:
    """Wait until the page has as many fields at hand as it keeps, pictures and all."""
    loaded = (
        "performance.getEntriesByType('resource')"
        ".filter((one) => one.name.includes('/crops/')).length"
    )
    give_up = time.monotonic() + 60
    while page.evaluate(loaded) < 8:
        assert time.monotonic() < give_up
        page.wait_for_timeout(50)


def decide_many(page: Page, values: list[str]) -> None:
    for value in values:
        expect(page.locator("#reading")).to_have_text("5861")
        page.keyboard.type(value)
        page.keyboard.press("Enter")


def test_what_was_decided_while_the_station_was_gone_is_stored_once(
    chromium: Browser, run: Path
) -> None:
    typed = [f"10{n}" for n in range(14)]
    with (
        StationProcess("review", run, "--user", "ann") as station,
        open_tab(chromium, station.next_address()) as page,
    ):
        wait_for_supply(page)
        [cookie] = page.context.cookies()
        station.kill()
        decide_many(page, typed[:7])
        expect_waiting(page, "7 waiting")
        assert stored(run) == []
        assert_kept_for_the_owner(run, cookie.get("value", ""))
        with start_again(run) as again:
            expect_waiting(page, "")
            expect(page.locator("#left")).to_have_text("9 left")
            page.reload()  # the session holds, too
            expect(page.locator("#left")).to_have_text("9 left")
            page.get_by_role("link", name="Pages").click()
            expect(page.locator("#left")).to_have_text("1 to review here")
            page.wait_for_load_state("networkidle")  # and the page after it is there
            again.kill()
            decide_many(page, typed[7:8])
            page.keyboard.press("PageDown")
            decide_many(page, typed[8:])
            expect_waiting(page, "7 waiting")
        with start_again(run):
            expect_waiting(page, "")
    found = stored(run)
    assert [value for _, _, value in found] == typed
    assert len({field for field, _, _ in found}) == 14


def assert_kept_for_the_owner(run: Path, secret: str) -> None:
    """Whoever else reads the run's folder must not come in by what is kept there."""
    [kept] = run.glob(".station-http-*.json")
    if sys.platform != "win32":
        assert S_IMODE(kept.stat().st_mode) == 0o600
    assert '"ann"' in kept.read_text()
    assert secret
    assert secret not in kept.read_text()


def test_what_waits_outlives_a_reload(chromium: Browser, run: Path) -> None:
    with (
        StationProcess("review", run, "--user", "ann") as station,
        open_tab(chromium, station.next_address()) as page,
    ):
        page.route("**/decisions", lambda route: route.abort())
        decide_many(page, ["11", "12"])
        expect_waiting(page, "2 waiting")
        page.reload()
        expect(page.locator("#left")).to_have_text("14 left")
        expect_waiting(page, "2 waiting")
        page.unroute("**/decisions")
        expect_waiting(page, "")
    assert [entry[1:] for entry in stored(run)] == [("ann", "11"), ("ann", "12")]


def test_what_one_person_decided_is_never_sent_under_the_name_of_another(
    chromium: Browser, run: Path
) -> None:
    with (
        StationProcess("review", run, "--user", "ann") as station,
        open_tab(chromium, station.next_address()) as page,
    ):
        wait_for_supply(page)
        station.kill()
        decide_many(page, ["11"])
        with start_again(run, "bob") as other:
            page.goto(other.next_address())
            decide_many(page, ["12"])
            expect(page.locator("#left")).to_have_text("15 left")
            expect(page.locator("#left")).to_have_attribute("data-unsaved", "0")
            kept = page.evaluate("JSON.stringify(localStorage)")
    assert [entry[1:] for entry in stored(run)] == [("bob", "12")]
    assert "page 1: 11" in kept


def test_the_address_of_the_terminal_goes_on_in_place_where_the_session_ended(
    chromium: Browser, run: Path
) -> None:
    with (
        StationProcess("review", run, "--user", "ann") as station,
        open_tab(chromium, station.next_address()) as page,
    ):
        wait_for_supply(page)
        station.kill()
        decide_many(page, ["11"])
        for path in run.glob(".station-*"):
            path.write_text("{}")
        with start_again(run) as again:
            expect_waiting(page, "1 waiting · log in")
            page.locator("#waiting").click()
            expect(page.locator("#outbox-waiting")).to_contain_text("page 1: 11")
            page.keyboard.press("b")  # decides nothing while the list is open
            page.locator("#outbox-secret").fill(again.next_address())
            page.get_by_role("button", name="Go on").click()
            expect(page.locator("#outbox-problem")).to_have_text("Everything is saved.")
    assert [value for _, _, value in stored(run)] == ["11"]


@contextmanager
def network_station(
    run: Path, certificate: Path
) -> Iterator[tuple[StationProcess, str]]:
    tls = ("--tls-cert", certificate / "cert.pem", "--tls-key", certificate / "key.pem")
    host = ("--host", "127.0.0.1", "--name", "localhost")
    with StationProcess("review", run, *host, *tls) as station:
        yield station, station.wait_for(LISTENING)[0]


def test_a_network_station_goes_on_too_and_asks_for_a_password_in_place(
    chromium: Browser, run: Path, certificate: Path
) -> None:
    added = ["review", str(run), "--add-user", "ann"]
    assert CliRunner().invoke(main, added, input=PASSWORD + "\n").exit_code == 0
    with (
        network_station(run, certificate) as (station, address),
        open_tab(chromium, address) as page,
    ):
        page.get_by_label("Name").fill("ann")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page.locator("#reading")).to_have_text("5861")
        wait_for_supply(page)
        station.kill()
        decide_many(page, [f"10{n}" for n in range(7)])
        with network_station(run, certificate) as (again, _):
            expect_waiting(page, "")
            assert len(stored(run)) == 7
            again.kill()
        decide_many(page, ["11"])
        for path in run.glob(".station-*"):
            path.write_text("{}")
        with network_station(run, certificate):
            expect_waiting(page, "1 waiting · log in")
            page.locator("#waiting").click()
            page.locator("#outbox-secret").fill(PASSWORD)
            page.get_by_role("button", name="Go on").click()
            expect(page.locator("#outbox-problem")).to_have_text("Everything is saved.")
    assert [value for _, _, value in stored(run)][7:] == ["11"]


def test_groups_save_what_was_typed_by_whatever_way_the_row_is_left(
    chromium: Browser, run: Path
) -> None:
    with (
        StationProcess("review", run, "--user", "ann") as station,
        open_tab(chromium, station.next_address()) as page,
    ):
        page.get_by_role("link", name="Groups").click()
        page.wait_for_url("**/groups*")
        wait_until_ready(page)
        boxes = page.locator(".row input")
        boxes.nth(0).fill("10")
        page.keyboard.press("Tab")
        expect(page.locator(".row.saved")).to_have_count(1)
        boxes.nth(1).fill("11")
        boxes.nth(3).click()
        expect(page.locator(".row.saved")).to_have_count(2)
        boxes.nth(4).fill("1 2")
        boxes.nth(5).click()
        expect(page.locator(".state").nth(4)).to_contain_text("not saved")
        boxes.nth(4).fill("12")
        station.kill()
        for n in range(5, 12):
            boxes.nth(n).fill(f"10{n}")
        page.keyboard.press("Tab")
        expect_waiting(page, "8 waiting")
        with start_again(run):
            expect_waiting(page, "")
            expect(page.locator(".row.saved")).to_have_count(10)
    typed = ["10", "11", "12", *(f"10{n}" for n in range(5, 12))]
    assert [value for _, _, value in stored(run)] == typed


def test_what_is_refused_stays_in_a_list_with_the_reason(
    chromium: Browser, run: Path
) -> None:
    with (
        StationProcess("review", run, "--user", "ann") as station,
        open_tab(chromium, station.next_address()) as page,
    ):
        wait_for_supply(page)
        with RunStore.open(run) as store, store.write() as connection:
            connection.exec_driver_sql(
                "INSERT INTO decisions (field_id, at, user, action, place, old_value, "
                "value, needs_review, settled) "
                "VALUES (1, '', 'bob', 'accept', 'queue', '', '7', 0, 1)"
            )
            connection.exec_driver_sql("UPDATE fields SET decision_id = 1 WHERE id = 1")
        decide_many(page, ["11", "12"])
        expect_waiting(page, "1 refused")
        page.reload()
        page.locator("#waiting").click()
        refused = page.locator("#outbox-refused")
        expect(refused).to_contain_text("page 1: 11. Somebody else has decided")
        page.get_by_role("button", name="Remove from this list").click()
        expect(page.locator("#outbox-refusals")).to_be_hidden()
    assert [value for _, _, value in stored(run)] == ["7", "12"]


def test_what_the_station_fails_on_five_times_is_set_aside_for_what_follows(
    chromium: Browser, run: Path
) -> None:
    tries = []

    def fail_on_the_first(route: Route) -> None:
        sent = route.request.post_data_json or {}
        if sent["value"] != "11":
            return route.continue_()
        tries.append(sent["request"])
        return route.fulfill(status=500, body="")

    with (
        StationProcess("review", run, "--user", "ann") as station,
        open_tab(chromium, station.next_address()) as page,
    ):
        page.clock.install()
        page.reload()
        page.route("**/decisions", fail_on_the_first)
        decide_many(page, ["11", "12"])
        expect_waiting(page, "2 waiting")
        for count in range(1, 5):
            assert len(tries) == count
            with page.expect_response("**/decisions"):
                page.clock.fast_forward(1000 * 2 * 2**count + 2000)
        expect_waiting(page, "1 refused")
        page.locator("#waiting").click()
        refused = page.locator("#outbox-refused")
        expect(refused).to_contain_text("page 1: 11. The request failed (500).")
    assert len(tries) == 5
    assert len(set(tries)) == 1
    assert [value for _, _, value in stored(run)] == ["12"]


def test_two_tabs_of_one_browser_are_given_different_fields(
    chromium: Browser, run: Path
) -> None:
    with (
        StationProcess("review", run, "--user", "ann") as station,
        open_tab(chromium, station.next_address()) as page,
    ):
        expect(page.locator("#name")).to_have_text("field_001")
        wait_for_supply(page)
        with page.expect_popup() as opened:  # a copy of the tab, with what it knows
            page.evaluate("window.open('/queue')")
        other = opened.value
        expect(other.locator("#where")).to_have_text("page-002.png, page 1")
        page.reload()  # which goes on where it was
        expect(page.locator("#name")).to_have_text("field_001")
        for tab in (page, other):
            shown = tab.locator("#reading", has_text="5861")
            done = tab.locator("#name", has_text="Nothing is left to review.")
            expect(shown.or_(done).first).to_be_visible()
            while not done.is_visible():
                tab.keyboard.press("Enter")
                expect(shown.or_(done).first).to_be_visible()
            expect(tab.locator("#left")).to_have_attribute("data-unsaved", "0")
    assert len({field for field, _, _ in stored(run)}) == 16
