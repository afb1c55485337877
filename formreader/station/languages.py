"""The languages of the station, and what it says in them.

Messages stand in the code in English. Each language has a catalogue, a JSON file that
gives for each of them what is said instead; `{name}` stands for a value. The scripts
of pages use the same files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from starlette.requests import Request

__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "Translate",
    "choose_language",
    "load_messages",
    "make_translate",
]

LANGUAGES: Mapping[str, str] = MappingProxyType(
    {
        "en": "English",
        "de": "Deutsch",
        "fr": "Français",
        "es": "Español",
        "pt": "Português",
        "id": "Bahasa Indonesia",
    }
)
"""What there is, each with its name for those who speak it."""

ENGLISH = "en"

Translate = Callable[..., str]
"""Gives a message in a language, with the values that it names."""

_COOKIE = "formreader-language"
_FOLDER = Path(__file__).resolve().parent / "static" / "messages"
_PLACE = re.compile(r"\{(\w+)\}")
_MOST_HEADER = 200  # characters of what a browser asks for that are looked at


def choose_language(request: Request) -> str:
    """Choose what somebody has chosen, or else the first that the browser asks for."""
    chosen = request.cookies.get(_COOKIE, "")
    asked = request.headers.get("accept-language", "")[:_MOST_HEADER]
    wishes = (chosen, *(part.partition(";")[0] for part in asked.split(",")))
    codes = (wish.strip().partition("-")[0].lower() for wish in wishes)
    return next((code for code in codes if code in LANGUAGES), ENGLISH)


@cache
def load_messages(language: str) -> Mapping[str, str]:
    """Load the catalogue of a language, by English message."""
    path = _FOLDER / f"{language}.json"
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return MappingProxyType(found)


def make_translate(language: str) -> Translate:
    """Give what says things in a language; unknown messages stay as they are.

    Example:
        >>> make_translate("de")("{count} left", count=3)
        'noch 3'
    """
    messages = load_messages(language)

    def translate(message: str, /, **values: object) -> str:
        said = messages.get(message, message)
        return _PLACE.sub(lambda m: str(values.get(m[1], m[0])), said)

    return translate
