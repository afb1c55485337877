"""Says in a language what is kept or raised in English: warnings, errors, refusals.

A run keeps whole sentences, with numbers in them, and so does an error. A sentence is
known by the message of the catalogues that it fits; what fits none stays in English.
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
    "There is a calibration {name} already; choose another name.",
    "the truth is larger than {size} MB; split it",
    "{key} is no key of a field",
    "The run {name} is read with it; stop that first.",
    "There is a model {name} already; choose another name.",
    "There is a run {name} already; choose another name.",
    "There is no form {name}.",
    "There is no model {name}.",
    "There is no calibration {name}.",
    "the file has {count} pages, {most} are read at once; make a run of it",
    "the people cannot be read and written ({reason}); make room, or put the file"
    " back as it was",
    "there can be {most} people; remove some",
    "Choose one of {names}.",
    "the process cannot be started ({reason}); make room, and try again",
    "there is no such folder in {names}; choose one that lies there",
    "the folder cannot be listed ({reason}); check its permissions",
    "the file is larger than {size} MB; scan it at a lower resolution, or split it",
    "{problem}; make room on the disk, and bring the file again",
    "cannot be written ({reason})",
    "{count} files are being taken already; send this one again in a moment",
    "{what} cannot be written ({reason}); make room on the disk",
    "no template can be made ({reason})",
    "Too many attempts; try again in {seconds} s.",
    "the password has fewer than {count} characters",
    "No field can be called {name}.",
    "The page cannot be read: {problem}",
    "the scheduler {address} was lost; once it is back, the same command goes on "
    "from here, with or without --dask",
    "no scheduler answers at {address} ({reason}); start one with `dask "
    "scheduler`, and check the address",
    "the scheduler {address} has no workers; start some with {command}",
    "the scheduler {address} has lost all its workers; start some, then the same "
    "command goes on from here, with or without --dask",
    "the worker {worker}: {problem}",
    "a worker of {address} cannot do its work ({reason}); see to the workers, "
    "then start the same command again",
    "the store cannot be used ({reason})",
    "The request is not as it should be: {places}.",
    "the store cannot be used ({reason}); check the disk or the database, or "
    "start a new run with another -o",
    "the run was begun with another {changed}; go on with the same, name another "
    "run with -o, or read all again with --redo",
    "the store has version {version}, this formreader knows {known}; use the "
    "formreader that made it",
    "cannot be written ({reason}); make room, and start the same command again",
    "the run folder cannot be written ({reason}); choose another place with -o",
    "there are more than {most} tables, too many for one workbook; take CSV, a "
    "row a field",
    "{count} columns, Excel takes {most}; write CSV, or leave --wide out",
    "the new model is worse and was not installed: {problem}. Review more pages, "
    "or look for wrong decisions among those there are",
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
