"""Says in a language what a run keeps in English: warnings, why a file was not read.

A run keeps whole sentences, with numbers in them. A sentence is known by the message of
the catalogues that it fits; what fits none stays in English.
"""

from __future__ import annotations

import re

from formreader.station.languages import Translate

__all__ = ["KNOWN", "say_told"]

KNOWN = (
    "This page could not be read: {problem}. What helps: {remedy}.",
    "This page could not be read: {problem}.",
    "This file could not be read: {problem}. What helps: {remedy}.",
    "This file could not be read: {problem}.",
    "Left aside: {problem}. What helps: {remedy}.",
    "Left aside: {problem}.",
    "The same as {original}, which is read instead.",
    "{count} values were typed into the PDF form, not written by hand",
    "the page has {dpi} dpi, too few for digits",
    "the page has only {width} x {height} pixels",
    "the page measures {width} x {height} mm, too much for {dpi} dpi",
    "took longer than {seconds} s",
    "needs more than {megabytes} MB of memory",
    "the worker process died (exit code {code})",
    "the image has {width} x {height} pixels, too few to hold a digit",
    "the image has more than {count} million pixels",
    "the image is damaged or cut short ({reason})",
    "the {kind} is damaged or cut short, or of a rare kind",
    "the page is damaged ({reason})",
    "the page has {count} ruled boxes, more than the {most} of a form",
    "the file has more than {count} pages",
    "not an image or PDF that formreader reads ({kinds})",
)
"""Messages with values, of which the first that fits a sentence is taken."""

_PLACE = re.compile(r"\{(\w+)\}")


def _compile(message: str) -> re.Pattern[str]:
    parts = _PLACE.split(message)
    parts[::2] = map(re.escape, parts[::2])
    parts[1::2] = [f"(?P<{name}>.+?)" for name in parts[1::2]]
    return re.compile("".join(parts))


_PATTERNS = {message: _compile(message) for message in KNOWN}


def say_told(text: str, say: Translate) -> str:
    """Say a sentence of a run in a language.

    Args:
        text: The sentence, or a part of one.
        say: Says messages in the language.

    Example:
        >>> from formreader.station.languages import make_translate
        >>> say_told("The page has 96 dpi, too few for digits.", make_translate("de"))
        'Die Seite hat 96 dpi, zu wenig für Ziffern.'
    """
    if (said := say(text)) != text:
        return said
    for message, pattern in _PATTERNS.items():
        if found := pattern.fullmatch(text):
            values = {k: say_told(v, say) for k, v in found.groupdict().items()}
            return say(message, **values)
    part = text[:1].lower() + text[1:-1]
    if text == f"{part[:1].upper()}{part[1:]}." and part:
        said = say_told(part, say)
        return f"{said[:1].upper()}{said[1:]}."
    return text
