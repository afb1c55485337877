"""Answers and texts in the review station: fields whose value is no number."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from browsing import open_page
from drawn_runs import Made, make_run
from playwright.sync_api import expect
from ruled_fields import Ruled
from sqlalchemy import select
from station_process import StationProcess
from test_review_rules import Form

from formreader.records import FieldKind
from formreader.store.machine.form_rules import note_rules
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import decisions, fields

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ANSWERS = ("yes", "no", "bike")


def make_words(folder: Path) -> Path:
    made = [
        Made("XX_", 0.1, name="way", kind=FieldKind.CHOICE),
        Made("", 0.2, name="remark", written="77", kind=FieldKind.TEXT),
        Made("", 0.3, name="town", written="88", kind=FieldKind.TEXT),
    ]
    run = make_run(folder, [made])
    with RunStore.open(run) as store:
        note_rules(store, [Form(fields=(Ruled("way", answers=ANSWERS),), checks=())])
    return run


def read_log(run: Path) -> list[tuple[str, str]]:
    query = select(fields.c.name, decisions.c.value).join(
        fields, fields.c.id == decisions.c.field_id
    )
    with RunStore.open(run) as store, store.read() as connection:
        rows = connection.execute(query.order_by(decisions.c.id))
        return [(name, value) for name, value in rows]


def test_answers_are_chosen_and_texts_typed(chromium: Browser, tmp_path: Path) -> None:
    run = make_words(tmp_path)
    with (
        StationProcess("review", run, "--user", "ann") as station,
        open_page(chromium, station.next_address()) as page,
    ):
        expect(page.locator("#name")).to_have_text("way")
        page.keyboard.press("t")  # the line is there, and no answer
        page.keyboard.type("boat")
        expect(page.locator("#breaches")).to_contain_text(
            "boat is none of yes, no, bike"
        )
        page.keyboard.press("Escape")
        page.keyboard.press("Alt+3")
        expect(page.locator("#reading")).to_have_text("bike")
        page.keyboard.press("Enter")
        # A text has the line at once; letters are no commands there.
        expect(page.locator("#name")).to_have_text("remark")
        expect(page.locator("#words")).to_be_focused()
        page.keyboard.press("Enter")  # nothing typed is not blank
        expect(page.locator("#name")).to_have_text("remark")
        page.keyboard.press("t")
        page.keyboard.type("box ubs")
        page.keyboard.press("Enter")
        expect(page.locator("#name")).to_have_text("town")
        expect(page.locator("#left")).to_have_attribute("data-unsaved", "0")
        page.goto(page.url.partition("/queue")[0] + "/groups?field=town")
        page.locator(".row input").focus()
        page.keyboard.type("Oxbury")
        page.keyboard.press("Enter")
        expect(page.locator(".row.saved")).to_have_count(1)
    assert read_log(run) == [("way", "bike"), ("remark", "box ubs"), ("town", "Oxbury")]
