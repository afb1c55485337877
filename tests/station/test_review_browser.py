from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import open_page
from drawn_runs import Made, make_run
from playwright.sync_api import expect
from sqlalchemy import select
from station_process import StationProcess

from formreader.records import Flag
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import decisions, fields
from formreader.value_types import ValueKind, ValueType

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# In the order in which the queue shows them.
FIELDS = [
    Made("5861", 0.5, others=("5867", "3861"), name="first"),
    Made("30_7", 0.6, written="3017", flags=(Flag.WRONG_LENGTH,), name="second"),
    Made("____", 0.7, flags=(Flag.BLANK,), name="third"),
    Made("7", 0.8, others=("1", "9"), name="fourth"),
    Made("1234", name="accepted"),
]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path, [FIELDS])


@pytest.fixture
def station(run: Path) -> Iterator[StationProcess]:
    with StationProcess("review", run, "--user", "ann") as process:
        yield process


@pytest.fixture
def page(chromium: Browser, station: StationProcess) -> Iterator[Page]:
    with open_page(chromium, station.next_address()) as page:
        expect_field(page, "first")
        yield page


def expect_field(page: Page, name: str) -> None:
    expect(page.locator("#name")).to_have_text(name)


def expect_reading(page: Page, text: str) -> None:
    expect(page.locator("#reading")).to_have_text(text)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def log(run: Path) -> list[tuple[str, str, str, str, str]]:
    """The log as field, user, action, old and new value."""
    query = select(
        fields.c.name,
        decisions.c.user,
        decisions.c.action,
        decisions.c.old_value,
        decisions.c.value,
    ).join(fields, fields.c.id == decisions.c.field_id)
    with RunStore.open(run) as store, store.read() as connection:
        found = connection.execute(query.order_by(decisions.c.id))
        return [(a, b, c, d, e) for a, b, c, d, e in found]


def expect_saved(page: Page) -> None:
    expect(page.locator("#left")).to_have_attribute("data-unsaved", "0")


def test_enter_accepts_and_moves_on(page: Page, run: Path) -> None:
    expect_reading(page, "5861")
    press(page, "Enter")
    expect_field(page, "second")
    expect_saved(page)
    assert log(run) == [("first", "ann", "accept", "5861", "5861")]


def test_typed_digits_correct(page: Page, run: Path) -> None:
    press(page, *"5862")
    expect_reading(page, "5862")
    press(page, "Enter")
    expect_saved(page)
    assert log(run) == [("first", "ann", "correct", "5861", "5862")]


def test_a_page_without_fields_takes_no_number_and_enter_settles_it(
    chromium: Browser, tmp_path: Path
) -> None:
    run = make_run(tmp_path, [[]])
    with (
        StationProcess("review", run, "--user", "ann") as station,
        open_page(chromium, station.next_address()) as page,
    ):
        expect_field(page, "page")
        expect(page.locator("#why")).to_have_text("nothing was found on this page")
        press(page, "7")
        expect_reading(page, "blank")
        press(page, "Enter")
        expect_field(page, "Nothing is left to review.")
        expect_saved(page)
    assert log(run) == [("page", "ann", "blank", "", "")]


def test_digits_always_type_and_alt_chooses_another_reading(
    page: Page, run: Path
) -> None:
    press(page, "2", "Enter")  # not the second of the other readings
    expect_field(page, "second")
    press(page, "Shift+Enter", "Alt+2")
    expect_reading(page, "3861")
    press(page, "Alt+5")  # there is no fifth
    expect_reading(page, "3861")
    press(page, "Escape")
    expect_reading(page, "2")
    press(page, "Alt+1", "Enter")
    expect_saved(page)
    assert log(run) == [
        ("first", "ann", "correct", "5861", "2"),
        ("first", "ann", "correct", "2", "5867"),
    ]


def test_a_field_is_left_to_the_supervisor_with_words_and_taken_back(
    page: Page, run: Path
) -> None:
    press(page, "e", "Enter")  # without words it stays
    expect(page.locator("#escalation")).to_be_visible()
    page.keyboard.type("7 or 1?")
    press(page, "Enter")
    expect_field(page, "second")
    expect_saved(page)
    assert log(run) == [("first", "ann", "escalate", "5861", "5861")]
    press(page, "u")
    expect_field(page, "first")
    expect_reading(page, "5861")
    expect(page.locator("#why")).not_to_contain_text("7 or 1?")


def test_a_key_that_is_held_down_decides_nothing(page: Page, run: Path) -> None:
    for key in ("Enter", "b", "x", "s"):
        for _ in range(30):
            page.keyboard.down(key)  # again without `up`: it repeats
        page.keyboard.up(key)
    expect_field(page, "fourth")  # each did its work once; skipped ones come again
    expect_saved(page)
    assert [entry[2] for entry in log(run)] == ["accept", "blank", "unreadable"]


def test_a_button_that_was_pressed_is_not_pressed_again_by_enter(
    page: Page, run: Path
) -> None:
    page.get_by_role("button", name="Blank").click()
    expect_field(page, "second")
    press(page, *"3017", "Enter")
    expect_field(page, "third")
    page.get_by_role("button", name="Unreadable").focus()
    press(page, "Enter")
    expect_field(page, "fourth")
    press(page, "Enter")
    expect_saved(page)
    assert [entry[2] for entry in log(run)] == [
        "blank",
        "correct",
        "unreadable",
        "accept",
    ]


def test_what_was_typed_stays_with_the_field_that_is_left(
    page: Page, run: Path
) -> None:
    press(page, *"586", "s")
    expect_field(page, "second")
    expect(page.locator("#notice")).to_contain_text("586 is typed in first")
    press(page, *"301", "Shift+Enter")
    expect_field(page, "first")
    expect(page.locator("#notice")).to_contain_text("301 is typed in second")
    expect_reading(page, "586")
    press(page, "9", "Enter")
    expect_field(page, "second")
    page.reload()
    expect_field(page, "second")
    expect_reading(page, "301")
    press(page, "Escape", "s")
    expect_field(page, "third")
    expect(page.locator("#notice")).to_be_hidden()
    expect_saved(page)
    assert [entry[2:] for entry in log(run)] == [("correct", "5861", "5869")]


def test_marks_are_typed_where_the_type_of_the_field_allows_them(
    chromium: Browser, tmp_path: Path
) -> None:
    date = ValueType(ValueKind.DATE, "DD/MM/YYYY")
    fields_ = [Made("12", 0.5), Made("12", 0.6, type=date)]
    run = make_run(tmp_path, [fields_])
    with (
        StationProcess("review", run, "--user", "ann") as station,
        open_page(chromium, station.next_address()) as page,
    ):
        expect_reading(page, "12")
        press(page, *"-1,5//")
        expect_reading(page, "-1,5/")
        press(page, "Enter")
        expect_field(page, "field_002")
        press(page, *"5:")
        expect(page.locator("#notice")).to_contain_text(
            "No : can stand there in a date"
        )
        press(page, *"/4/2021", "Enter")
        expect_field(page, "Nothing is left to review.")
        expect_saved(page)
    assert [entry[4] for entry in log(run)] == ["-1,5", "2021-04-05"]


def test_arrows_go_through_the_alternatives_and_backspace_shortens(page: Page) -> None:
    press(page, "ArrowDown")
    expect_reading(page, "5867")
    press(page, "ArrowDown")
    expect_reading(page, "3861")
    press(page, "ArrowDown")
    expect_reading(page, "5861")
    press(page, "ArrowUp", "ArrowUp")
    expect_reading(page, "5867")
    press(page, "Backspace", "Backspace")
    expect_reading(page, "58")
    press(page, "0")
    expect_reading(page, "580")
    press(page, ".", "5")
    expect_reading(page, "580.5")


def test_a_doubt_that_is_not_of_the_digits_is_named_by_its_cause(
    chromium: Browser, tmp_path: Path
) -> None:
    run = make_run(tmp_path, [[Made("5861", 0.999, flags=(Flag.LOW_CONFIDENCE,))]])
    with (
        StationProcess("review", run) as station,
        open_page(chromium, station.next_address()) as page,
    ):
        expect(page.locator("#how")).to_have_text(
            "The digits alone are 99.9 % certain."
        )
        why = page.locator("#why")
        expect(why).to_have_text("perhaps no number that somebody wrote")


def test_b_is_blank_and_x_unreadable(page: Page, run: Path) -> None:
    press(page, "b")
    expect_field(page, "second")
    press(page, "x")
    expect_field(page, "third")
    press(page, "Enter")  # accepts that it is blank
    expect_saved(page)
    assert log(run) == [
        ("first", "ann", "blank", "5861", ""),
        ("second", "ann", "unreadable", "", ""),
        ("third", "ann", "blank", "", ""),
    ]


def test_nothing_is_accepted_where_there_is_no_number(page: Page, run: Path) -> None:
    press(page, "s")
    expect_field(page, "second")
    press(page, "Enter")
    expect_field(page, "second")
    expect(page.locator("#notice")).to_contain_text("no number to accept")
    press(page, *"3017", "Enter")
    expect_field(page, "third")
    expect_saved(page)
    assert log(run) == [("second", "ann", "correct", "", "3017")]


def test_s_skips_and_what_was_skipped_comes_again_at_the_end(
    page: Page, run: Path
) -> None:
    press(page, "s")
    expect_field(page, "second")
    press(page, "x")
    expect_field(page, "third")
    press(page, "b")
    expect_field(page, "fourth")
    press(page, "Enter")
    expect_field(page, "first")
    expect_saved(page)
    assert [entry[0] for entry in log(run)] == ["second", "third", "fourth"]


def test_shift_enter_goes_back_and_the_field_can_be_decided_anew(
    page: Page, run: Path
) -> None:
    press(page, "Enter")
    expect_field(page, "second")
    expect_saved(page)
    press(page, "Shift+Enter")
    expect_field(page, "first")
    expect(page.locator("#how")).to_contain_text("Decided: accept")
    press(page, "Alt+1", "Enter")
    expect_field(page, "second")
    expect_saved(page)
    assert [entry[2:] for entry in log(run)] == [
        ("accept", "5861", "5861"),
        ("correct", "5861", "5867"),
    ]


def test_u_takes_back_also_after_the_page_was_loaded_again(
    page: Page, run: Path
) -> None:
    press(page, "2", "Enter")
    expect_field(page, "second")
    press(page, "x")
    expect_field(page, "third")
    expect_saved(page)
    page.reload()
    expect_field(page, "third")
    press(page, "u")
    expect_field(page, "second")
    press(page, "u")
    expect_field(page, "first")
    expect_reading(page, "5861")
    expect(page.locator("#left")).to_have_text("4 left")
    press(page, "u")
    expect(page.locator("#notice")).to_contain_text("no decision of yours")
    assert [entry[2] for entry in log(run)] == ["correct", "unreadable", "undo", "undo"]


def test_buttons_do_what_keys_do(page: Page, run: Path) -> None:
    page.get_by_role("button", name="3861").click()
    expect_reading(page, "3861")
    page.get_by_role("button", name="Accept").click()
    expect_field(page, "second")
    page.get_by_role("button", name="Blank").click()
    page.get_by_role("button", name="Skip").click()
    expect_field(page, "fourth")
    page.get_by_role("button", name="Undo").click()
    expect_field(page, "second")
    page.get_by_role("button", name="Unreadable").click()
    page.get_by_role("button", name="Back").click()
    expect_field(page, "second")
    expect_saved(page)
    assert [entry[2] for entry in log(run)] == [
        "correct",
        "blank",
        "undo",
        "unreadable",
    ]


def test_doubtful_digits_are_marked_and_the_place_on_the_page(page: Page) -> None:
    expect(page.locator("#reading .doubtful")).to_have_count(4)
    expect(page.locator("#crop img")).to_be_visible()
    image, mark = page.locator("#paper canvas"), page.locator("#paper polygon")
    expect(image).to_be_visible()
    sheet, place = image.bounding_box(), mark.bounding_box()
    assert sheet is not None and place is not None
    scale = sheet["width"] / 1000  # the field lies at (100, 80), the page is 1000 wide
    assert place["x"] - sheet["x"] == pytest.approx(
        100 * scale, abs=8
    )  # the line is broad
    assert place["y"] - sheet["y"] == pytest.approx(
        80 * scale, abs=8
    )  # the line is broad
    press(page, "+", "i")
    grown = image.bounding_box()
    assert grown is not None
    assert grown["width"] == pytest.approx(sheet["width"] * 1.69, rel=0.02)
    expect(mark).to_be_in_viewport()
    press(page, "o", "o", "o")
    expect(page.locator("#viewport")).to_be_visible()


def test_the_page_is_zoomed_dragged_and_turned_and_stays_so_for_this_person(
    page: Page,
) -> None:
    paper, viewport = page.locator("#paper"), page.locator("#viewport")
    expect(page.locator("#paper canvas")).to_have_js_property("width", 1000)
    before, view = paper.bounding_box(), viewport.bounding_box()
    assert before is not None and view is not None
    page.mouse.move(view["x"] + 100, view["y"] + 100)
    page.mouse.wheel(0, -100)
    grown = paper.bounding_box()
    assert grown is not None
    assert grown["width"] == pytest.approx(1.3 * before["width"], rel=0.01)
    page.mouse.down()
    page.mouse.move(view["x"] + 60, view["y"] + 70, steps=4)
    page.mouse.up()
    moved = paper.bounding_box()
    assert moved is not None
    assert moved["x"] == pytest.approx(grown["x"] - 40, abs=2)
    press(page, "r", "c")
    expect(page.locator("#paper polygon")).to_be_in_viewport()
    page.reload()
    expect_field(page, "first")
    turned = paper.bounding_box()
    assert turned is not None
    shape = grown["height"] / grown["width"]
    assert turned["width"] / turned["height"] == pytest.approx(shape, rel=0.02)
    contrast = (
        "getComputedStyle(document.documentElement).getPropertyValue('--contrast')"
    )
    assert page.evaluate(contrast) == "1.6"


def test_a_key_is_answered_within_50_ms(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    took = page.evaluate(
        """async () => {
          const begun = performance.now();
          document.body.dispatchEvent(
            new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
          const name = document.getElementById("name").textContent;
          await new Promise(requestAnimationFrame);
          return [name, performance.now() - begun];
        }"""
    )
    assert took[0] == "second"  # shown before the station has answered
    assert took[1] < 50


def test_two_browsers_are_never_given_the_same_field(
    chromium: Browser, station: StationProcess, tmp_path: Path
) -> None:
    run = make_run(tmp_path / "more", [[Made("5861", 0.5)] * 8] * 5)
    with (
        StationProcess("review", run, "--user", "ann") as one,
        StationProcess("review", run, "--user", "bob") as two,
        open_page(chromium, one.next_address()) as ann,
        open_page(chromium, two.next_address()) as bob,
    ):
        nothing = "Nothing is left to review."
        for _ in range(40):  # one of the two may be given more of them
            for page in (ann, bob):
                shown = page.locator("#reading", has_text="5861")
                done = page.locator("#name", has_text=nothing)
                expect(shown.or_(done).first).to_be_visible()
                if not done.is_visible():
                    page.keyboard.press("Enter")
        for page in (ann, bob):
            expect(page.locator("#name")).to_have_text(nothing)
            expect_saved(page)
            expect(page.locator("#notice")).to_be_hidden()
    entries = log(run)
    assert len(entries) == 40
    assert {entry[1] for entry in entries} == {"ann", "bob"}
    with RunStore.open(run) as store, store.read() as connection:
        decided = connection.scalars(select(decisions.c.field_id)).all()
    assert len(set(decided)) == 40


def test_a_station_that_is_killed_has_lost_nothing_that_it_said_was_saved(
    chromium: Browser, tmp_path: Path
) -> None:
    run = make_run(tmp_path, [[Made("5861", 0.5)] * 8] * 9)  # some stay claimed
    saved = 0
    for round_ in range(3):
        with StationProcess("review", run, "--user", "ann") as station:
            context = chromium.new_context()
            page = context.new_page()
            page.goto(station.next_address())
            for _ in range(4 + round_):
                expect(page.locator("#reading")).to_have_text("5861")
                page.keyboard.press("Enter")
                expect_saved(page)
                saved += 1
            station.kill()
            page.keyboard.press("Enter")
            expect(page.locator("#waiting")).to_have_text("1 waiting")
            context.close()
        assert len(log(run)) == saved


def test_read_only_shows_and_decides_nothing(chromium: Browser, run: Path) -> None:
    with (
        StationProcess("review", run, "--read-only") as station,
        open_page(chromium, station.next_address()) as page,
    ):
        expect_field(page, "first")
        expect(page.get_by_role("button", name="Accept")).to_be_disabled()
        expect(page.get_by_text("read-only")).to_be_visible()
        press(page, "x", "b", "u", "5", "8")
        expect_reading(page, "5861")
        press(page, "Enter")
        expect_field(page, "second")
    assert log(run) == []


# The layout


def test_it_can_be_used_by_touch_alone_and_in_the_dark(
    chromium: Browser, run: Path, station: StationProcess
) -> None:
    with open_page(chromium, station.next_address(), dark=True, touch=True) as page:
        expect_field(page, "first")
        page.set_viewport_size({"width": 768, "height": 1024})
        for key in ("5", "8", "6", "3", "3"):
            page.get_by_role("button", name=key, exact=True).tap()
        page.get_by_role("button", name="Remove one").tap()
        expect_reading(page, "5863")
        page.get_by_role("button", name="Accept").tap()
        expect_field(page, "second")
        expect_saved(page)
    assert [entry[4] for entry in log(run)] == ["5863"]


# Fields whose names, readings and reasons take very different room.
LAYOUT = [
    Made("5861", 0.5, others=("5867", "3861"), name="first"),
    Made("30_7", 0.5, written="3017", flags=tuple(Flag)[3:9]),
    Made("____", 0.5, flags=(Flag.BLANK,), name="a name " * 20),
    Made("12345678901234", 0.5, others=tuple(str(10**n) for n in range(1, 9))),
    Made("????", 0.5, written="5861", others=("1", "2"), name="word"),
]


@pytest.mark.parametrize(
    ("width", "height"), [(1280, 720), (1024, 768), (390, 844), (320, 700)]
)
def test_accept_stands_at_one_place_in_view_and_nothing_scrolls_sideways(
    chromium: Browser, tmp_path: Path, width: int, height: int
) -> None:
    run = make_run(tmp_path, [LAYOUT, []])
    with (
        StationProcess("review", run) as station,
        open_page(chromium, station.next_address(), touch=width < 400) as page,
    ):
        page.set_viewport_size({"width": width, "height": height})
        places = set()
        for _ in range(6):
            expect(page.locator("#crop img")).to_be_visible()
            accept = page.get_by_role("button", name="Accept")
            expect(accept).to_be_in_viewport(ratio=1)
            assert page.locator("#alternatives li").count() <= 5
            assert has_no_sideways_scroll(page), page.locator("#name").inner_text()
            places.add(str(accept.bounding_box()))
            press(page, *"12345678901234567890.5")
            places.add(str(accept.bounding_box()))
            press(page, "s")
        assert len(places) == 1
        home = page.url.rsplit("/", 1)[0]
        for path in ("/pages", "/pages/list", "/carpet", "/groups", "/audit", "/pad"):
            page.goto(home + path)
            assert has_no_sideways_scroll(page), path


def has_no_sideways_scroll(page: Page) -> bool:
    return bool(
        page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    )


def test_at_1280_by_720_all_that_is_needed_is_in_view(page: Page) -> None:
    for name in ("Accept", "Blank", "Unreadable", "Skip", "Back", "Undo"):
        expect(page.get_by_role("button", name=re.compile(name))).to_be_in_viewport()
    for place in ("#crop", "#reading", "#alternatives", "#viewport"):
        expect(page.locator(place)).to_be_in_viewport(ratio=0.95)
