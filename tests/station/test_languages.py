"""What the station and the server say in each language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from drawn_runs import Made, make_run
from playwright.sync_api import expect
from starlette.requests import Request
from station_process import StationProcess

from formreader.flags import FLAG_WORDS
from formreader.forms.rules.breaches import MESSAGES
from formreader.orientation.sides import UNSURE
from formreader.orientation.turning import MIRRORED, Side
from formreader.pages.resolution import describe_low_resolution
from formreader.pipeline import UNREAD_INK
from formreader.server.downloads import DOWNLOADS
from formreader.server.people.roles import Role
from formreader.station.languages import (
    LANGUAGES,
    choose_language,
    load_messages,
    make_translate,
)
from formreader.station.pages import FOLDER
from formreader.station.told import KNOWN, say_told

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_PLACE = re.compile(r"\{\w+\}")
_IN_TEMPLATE = re.compile(r'_\("((?:[^"\\]|\\.)*)"')
_IN_SCRIPT = re.compile(r'\bt\((?:[^()"]*\? )?"([^"]*)"(?:\s*: "([^"]*)")?')
_RAISED = re.compile(
    "(HTTPException|(Input|Output|Store|File|TooLarge|TooMany|Changed|Value)Error)$"
)
_IN_ENGLISH = {
    # Before there is a page to say it on.
    "the folder of work cannot be made (7); choose another",
    "another `formreader serve` works in this folder; use its address, or name another "
    "folder",
    "the folder of work cannot be written (7); choose another",
    "the tokens cannot be written (7); make room",
    # The first value is one of three words; each has a message of its own.
    "There is no 7 7.",
}
_IN_ROUTES = re.compile(r'HTTPException\(\s*\d+, "([^"]*)"')


def ask(cookie: str = "", accept: str = "") -> str:
    headers = [(b"cookie", cookie.encode()), (b"accept-language", accept.encode())]
    return choose_language(Request({"type": "http", "headers": headers}))


def find_used() -> set[str]:
    """What the templates and scripts of the station and the server say."""
    used = {*FLAG_WORDS.values(), *MESSAGES, *KNOWN}
    used |= {kind.title for kind in DOWNLOADS.values()}
    used |= {role.description for role in Role}
    for path in FOLDER.glob("*_routes.py"):
        used.update(_IN_ROUTES.findall(path.read_text(encoding="utf-8")))
    for path in FOLDER.parent.glob("*/**/templates/*.html"):
        used.update(_IN_TEMPLATE.findall(path.read_text(encoding="utf-8")))
    for path in FOLDER.parent.glob("*/**/static/*.js"):
        for pair in _IN_SCRIPT.findall(path.read_text(encoding="utf-8")):
            used.update(filter(None, pair))
    return used


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything_with_the_same_values(language: str) -> None:
    english, messages = load_messages("en"), load_messages(language)
    assert messages.keys() == english.keys()
    for message, said in messages.items():
        assert said.strip(), message
        assert sorted(_PLACE.findall(said)) == sorted(_PLACE.findall(message)), message


def test_all_that_the_pages_say_is_in_the_catalogues() -> None:
    used = find_used()
    assert len(used) > 600
    assert used <= load_messages("en").keys()


def test_values_stand_where_the_message_names_them_and_unknown_ones_stay() -> None:
    say = make_translate("de")
    assert say("{done} of {all}", done=3, all=7) == "3 von 7"
    assert say("nobody knows {this}", that=1) == "nobody knows {this}"


@pytest.mark.parametrize(
    "warning",
    [
        UNSURE,
        UNREAD_INK,
        MIRRORED,
        Side(2).warning,
        Side(1).warning,
        describe_low_resolution((640, 480), None),
        describe_low_resolution((640, 480), 96),
    ],
)
def test_warnings_of_pages_are_said_in_each_language(warning: str | None) -> None:
    assert warning is not None
    shown = warning.partition("; ")[0]
    shown = f"{shown[0].upper()}{shown[1:]}."
    assert say_told(shown, make_translate("en")) == shown
    said = {say_told(shown, make_translate(code)) for code in LANGUAGES}
    assert len(said) == len(LANGUAGES)


def test_why_a_file_was_not_read_is_said_as_far_as_it_is_known() -> None:
    shown = (
        "This file could not be read: the image has 9 x 9 pixels, too few to hold a "
        "digit. What helps: scan at 150 dpi or more."
    )
    assert say_told(shown, make_translate("de")) == (
        "Diese Datei konnte nicht gelesen werden: das Bild hat 9 x 9 Pixel, zu wenig "
        "für eine Ziffer. Was hilft: mit 150 dpi oder mehr scannen."
    )
    assert say_told("Left aside: no page of 3.", make_translate("fr")) == (
        "Laissé de côté : no page of 3."
    )


def find_refusals() -> Iterator[str]:
    """What the station and the server refuse with, a number in place of each value."""
    for folder in (FOLDER, FOLDER.parent / "server"):
        for path in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _RAISED.search(
                    ast.unparse(node.func)
                ):
                    yield from filter(None, map(write_out, node.args))


def write_out(node: ast.expr) -> str:
    """Write out a text of the code; empty for one that begins with a value."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return ""
    if not isinstance(node.values[0], ast.Constant):
        return ""
    parts = (str(p.value) if isinstance(p, ast.Constant) else "7" for p in node.values)
    return "".join(parts)


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_what_is_refused_is_said_in_each_language(language: str) -> None:
    refusals = set(find_refusals())
    assert len(refusals) > 80
    say = make_translate(language)
    english = {text for text in refusals if say_told(text, say) == text}
    assert english == _IN_ENGLISH


def test_what_somebody_chose_goes_before_what_the_browser_asks_for() -> None:
    assert ask(accept="fi, pt-BR;q=0.8, en;q=0.5") == "pt"
    assert ask("formreader-language=fr", "de") == "fr"
    assert ask("formreader-language=../x", "de-AT") == "de"
    assert ask() == ask(accept="fi") == "en"


def test_the_page_speaks_the_language_that_is_chosen(
    chromium: Browser, tmp_path: Path
) -> None:
    run = make_run(tmp_path, [[Made("5861", 0.5, name="first")]])
    with StationProcess("review", run, "--user", "ann") as station:
        context = chromium.new_context(locale="de-DE")
        page = context.new_page()
        page.goto(station.next_address())
        expect(page.locator("#how")).to_have_text("Gelesen mit 50.0 % Sicherheit.")
        expect(page.locator("#why")).to_have_text("nicht sicher")
        expect(page.locator("#spoken")).to_contain_text("first, page-001.png, Seite 1")
        page.keyboard.type("58612")
        expect(page.locator("#breaches")).to_contain_text("5 Ziffern in 4 Zellen.")
        page.locator("#language").select_option("id")
        expect(page.locator("#left")).to_have_text("sisa 1")
        expect(page.locator("html")).to_have_attribute("lang", "id")
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_contain_text("memutar halaman")
        context.close()
