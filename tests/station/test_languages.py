"""What the station says in each language."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from drawn_runs import Made, make_run
from playwright.sync_api import expect
from starlette.requests import Request
from station_process import StationProcess

from formreader.flags import FLAG_WORDS
from formreader.station.languages import (
    LANGUAGES,
    choose_language,
    load_messages,
    make_translate,
)
from formreader.station.pages import FOLDER

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_PLACE = re.compile(r"\{\w+\}")
_IN_TEMPLATE = re.compile(r'_\("((?:[^"\\]|\\.)*)"')
_IN_SCRIPT = re.compile(r'\bt\((?:[^()"]*\? )?"([^"]*)"(?:\s*: "([^"]*)")?')


def ask(cookie: str = "", accept: str = "") -> str:
    headers = [(b"cookie", cookie.encode()), (b"accept-language", accept.encode())]
    return choose_language(Request({"type": "http", "headers": headers}))


def find_used() -> set[str]:
    """What the templates and scripts of the station say."""
    used: set[str] = set(FLAG_WORDS.values())
    for path in (FOLDER / "templates").glob("*.html"):
        used.update(_IN_TEMPLATE.findall(path.read_text(encoding="utf-8")))
    for path in (FOLDER / "static").glob("*.js"):
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


def test_all_that_the_station_says_is_in_the_catalogues() -> None:
    used = find_used()
    assert len(used) > 300
    assert used <= load_messages("en").keys()


def test_values_stand_where_the_message_names_them_and_unknown_ones_stay() -> None:
    say = make_translate("de")
    assert say("{done} of {all}", done=3, all=7) == "3 von 7"
    assert say("nobody knows {this}", that=1) == "nobody knows {this}"


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
        page.locator("#language").select_option("id")
        expect(page.locator("#left")).to_have_text("sisa 1")
        expect(page.locator("html")).to_have_attribute("lang", "id")
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_contain_text("memutar halaman")
        context.close()
