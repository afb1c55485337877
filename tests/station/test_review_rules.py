"""Rules of a form are told to people where they type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browsing import open_page, wait_until_ready
from drawn_runs import Made, make_run
from fastapi import HTTPException
from playwright.sync_api import expect
from ruled_fields import Ruled
from sqlalchemy import select
from station_process import StationProcess

from formreader.records import Flag
from formreader.station.bodies import FieldVerdict, FieldWish, TypedValue
from formreader.station.door.auth import Session
from formreader.station.pages import Pages
from formreader.station.queue_routes import QueueRoutes
from formreader.station.rule_routes import RuleRoutes
from formreader.store.machine.form_rules import note_rules
from formreader.store.people.queue import Queue
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import decisions, fields

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BROKEN = "223 + 85 = 308, not 228"
FAILED = (Flag.RULE_FAILED,)


@dataclass(frozen=True)
class Form:
    name: str = "exam"
    fields: tuple[Ruled, ...] = tuple(Ruled(n) for n in ("total", "a", "b", "room"))
    checks: tuple[str, ...] = ("total == a + b",)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    made = [
        Made("228", 0.95, name="total", flags=FAILED),
        Made("223", 0.96, name="a", flags=FAILED),
        Made("85", 0.97, name="b", flags=FAILED),
        Made("123", 0.5, name="room"),
    ]
    run = make_run(tmp_path, [made])
    with RunStore.open(run) as store:
        note_rules(store, [Form()])
    return run


@pytest.fixture
def page(chromium: Browser, run: Path) -> Iterator[Page]:
    with (
        StationProcess("review", run, "--user", "ann") as station,
        open_page(chromium, station.next_address()) as page,
    ):
        expect(page.locator("#name")).to_have_text("room")
        yield page


def log(run: Path) -> list[tuple[str, str, str | None]]:
    query = select(fields.c.name, decisions.c.value, decisions.c.override).join(
        fields, fields.c.id == decisions.c.field_id
    )
    with RunStore.open(run) as store, store.read() as connection:
        found = connection.execute(query.order_by(decisions.c.id))
        return [(name, value, override) for name, value, override in found]


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_breach_is_named_and_asked_about_once_and_the_override_is_logged(
    page: Page, run: Path
) -> None:
    # Too many digits for its three cells; Enter on Enter is no answer to the question.
    press(page, *"123456", "Enter", "Enter")
    expect(page.locator("#notice")).to_contain_text("6 digits in 3 cells. Press Enter")
    expect(page.locator("#breaches")).to_contain_text("6 digits in 3 cells")
    expect(page.locator("#name")).to_have_text("room")
    page.wait_for_timeout(600)
    press(page, "Enter")
    expect(page.locator("#name")).to_have_text("total")
    expect(page.locator("#left")).to_have_attribute("data-unsaved", "0")
    assert log(run) == [("room", "123456", "6 digits in 3 cells")]


def test_a_corrected_addend_frees_the_total_and_the_other_addend(
    page: Page, run: Path
) -> None:
    press(page, "Enter")
    expect(page.locator("#name")).to_have_text("total")
    expect(page.locator("#breaches")).to_contain_text(BROKEN)
    page.locator("#breaches").get_by_role("button", name="a", exact=True).click()
    expect(page.locator("#name")).to_have_text("a")
    press(page, *"143")
    expect(page.locator("#breaches")).to_be_empty()
    press(page, "Enter")
    expect(page.locator("#name")).to_have_text("Nothing is left to review.")
    assert log(run) == [("room", "123", None), ("a", "143", None)]


def test_the_view_of_pages_asks_once_and_frees_the_others_too(
    page: Page, run: Path
) -> None:
    page.goto(page.url.replace("/queue", "/pages"))
    wait_until_ready(page)
    page.get_by_role("button", name="room").first.click()
    press(page, *"123456", "Enter")
    expect(page.locator("#notice")).to_contain_text("6 digits in 3 cells. Press Enter")
    press(page, "Escape", "Enter")
    expect(page.locator("#name")).to_have_text("total")
    expect(page.locator("#breaches")).to_contain_text(BROKEN)
    page.locator("#breaches").get_by_role("button", name="a", exact=True).click()
    press(page, *"143", "Enter")
    expect(page.locator("#left")).to_have_text("0 to review here")
    assert log(run) == [("room", "123", None), ("a", "143", None)]


@pytest.fixture
def groups(chromium: Browser, run: Path) -> Iterator[Page]:
    """Show the fields one below the other, where Chromium may tell of refusals."""
    with StationProcess("review", run, "--user", "ann") as station:
        context = chromium.new_context()
        page = context.new_page()
        page.goto(station.next_address())
        page.wait_for_url("**/queue")
        page.goto(page.url.replace("/queue", "/groups"))
        wait_until_ready(page)
        yield page
        context.close()


def test_in_groups_a_breach_is_refused_with_its_reason_and_taken_when_confirmed(
    groups: Page, run: Path
) -> None:
    page = groups
    total = page.locator(".row", has_text="total")
    total.get_by_role("textbox").fill("228")
    total.get_by_role("textbox").press("Enter")
    expect(total.locator(".state")).to_contain_text(f"not saved: {BROKEN}")
    expect(page.locator("#waiting")).to_have_text("1 refused")
    assert log(run) == []
    total.get_by_role("textbox").press("Enter")
    expect(total).to_have_class("row doubtful saved")
    expect(page.locator("#waiting")).to_have_text("")
    assert log(run) == [("total", "228", BROKEN)]


@pytest.fixture
def store(run: Path) -> Iterator[RunStore]:
    with RunStore.open(run) as opened:
        yield opened


def decide(store: RunStore, value: str, *, override: bool) -> dict[str, object]:
    verdict = FieldVerdict(
        field=2,
        action="accept",
        value=value,
        seen=None,
        place="queue",
        override=override,
    )
    return QueueRoutes(Pages("run", ()), Queue(store)).decide(verdict, Session("ann"))


def test_the_station_refuses_a_breach_that_is_not_overridden(store: RunStore) -> None:
    with pytest.raises(HTTPException) as caught:
        decide(store, "144", override=False)
    told: Any = caught.value.detail
    assert told == [
        {
            "message": "{sum} = {first}, not {second}",
            "values": {"sum": "144 + 85", "first": "229", "second": "228"},
        }
    ]
    assert (caught.value.status_code, caught.value.headers) == (
        422,
        {"X-Breach": "rule"},
    )
    assert decide(store, "144", override=True) == {"decision": 1, "freed": []}


def test_the_answer_to_a_decision_names_the_fields_that_it_freed(
    store: RunStore,
) -> None:
    assert decide(store, "143", override=False)["freed"] == [1, 3]


def test_what_a_value_would_break_is_told_and_its_fields_are_given_out(
    store: RunStore,
) -> None:
    routes = RuleRoutes(Queue(store))
    (breach,) = routes.ask(TypedValue(field=1, value="300"))["breaches"]
    assert breach.breach.text == "223 + 85 = 308, not 300"
    assert [other.id for other in breach.others] == [2, 3]
    assert routes.open(FieldWish(field=2), Session("ann"))["item"].name == "a"
    with pytest.raises(HTTPException, match="there no more"):
        routes.open(FieldWish(field=99), Session("ann"))
