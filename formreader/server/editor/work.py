"""What the editor has done outside of the server's process, within limits.

Two processes: one looks at blank pages, and answers at once; the other reads pages that
a form is tried on, which takes seconds. Each is asked by a thread of its own, since a
process ends with the thread that started it.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.classification import DigitClassifier
from formreader.digits.strings import (
    MARKED_MODEL_NAME,
    PICTURE_MODEL_NAME,
    STRING_MODEL_NAME,
    StringReader,
)
from formreader.forms.authoring.blank_pages import BlankPages
from formreader.forms.authoring.inspection import Doubt, Reference, find_doubts
from formreader.forms.authoring.new_forms import (
    NewForm,
    encode_picture,
    propose_form,
)
from formreader.forms.editing.neighbours import Surroundings
from formreader.forms.templates.entries import FieldTemplate, PageTemplate
from formreader.forms.templates.template import FormTemplate
from formreader.geometry import Box
from formreader.ink.separation import InkSeparator
from formreader.pages.loading import count_pages, load_pages
from formreader.pipeline import FormReader
from formreader.workers.calls import LimitedCalls
from formreader.workers.limits import PageLimits

__all__ = ["FormWork", "TriedPage"]

MOST_TRIED = 3
"""Pages of a file that a form is tried on."""

_CROP_HEIGHT_PX, _CROP_WIDTH_PX = 64, 640  # larger pictures of fields are shrunk
_LOOKS = 4  # references whose looks are kept
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class TriedField:
    """What a field gave: as in the columns of the CSV, and its picture.

    Attributes:
        crop: The field on its page, as JPEG in base64; empty beside the page.
    """

    name: str
    value: str
    confidence: float
    needs_review: bool
    flags: tuple[str, ...]
    crop: str


@dataclass(frozen=True)
class TriedPage:
    """What a page gave.

    Attributes:
        page: 1-based page of the file.
        form_page: 1-based page of the form that it shows.
        fields: What was read.
        warnings: About the page, in words.
    """

    page: int
    form_page: int
    fields: tuple[TriedField, ...]
    warnings: tuple[str, ...]


class _Desk:
    """A process, and the thread that asks it."""

    def __init__(self, name: str, limits: PageLimits) -> None:
        self._calls = LimitedCalls(limits)
        self._thread = ThreadPoolExecutor(1, name)

    async def ask(self, call: Callable[[], _Answer], path: Path) -> _Answer:
        """Have a call carried out; raises what it raises, and InputError."""
        asked = self._thread.submit(self._calls.run, call, path)
        return await asyncio.wrap_future(asked)

    def end(self) -> None:
        """End the process for good; whoever waits gets an error."""
        self._calls.end()
        self._thread.shutdown(wait=False, cancel_futures=True)


class FormWork:
    """Has forms looked at and tried.

    Args:
        limits: What one call may take.
    """

    def __init__(self, limits: PageLimits | None = None) -> None:
        """Start nothing yet."""
        limits = limits or PageLimits()
        self._looking = _Desk("form-looks", limits)
        self._trying = _Desk("form-trials", limits)

    def end(self) -> None:
        """End the processes for good, whatever they are at."""
        self._looking.end()
        self._trying.end()

    async def propose(self, blank: BlankPages, path: Path) -> NewForm:
        """Propose the fields of a form.

        Args:
            blank: Its pages.
            path: The file that it is to have.

        Raises:
            InputError: If they cannot be read.
        """
        return await self._looking.ask(partial(_propose, blank, path), blank.path)

    async def draw(self, page: PageTemplate) -> bytes:
        """Give the reference of a page as PNG.

        Raises:
            TemplateError: If it cannot be used.
        """
        return await self._looking.ask(partial(_draw, page), page.reference)

    async def find_printed(
        self, page: PageTemplate, x: float, y: float
    ) -> FieldTemplate | None:
        """Find the printed box around a point, as a field; None if none is seen.

        Args:
            page: A page of a form.
            x: In pixels of its reference.
            y: The same.

        Raises:
            TemplateError: If the reference cannot be used.
        """
        return await self._looking.ask(
            partial(_find_printed, page, x, y), page.reference
        )

    async def find_doubts(self, form: FormTemplate, path: Path) -> list[Doubt]:
        """Say what looks wrong, as `formreader template check` does.

        Raises:
            TemplateError: If a reference cannot be used.
        """
        return await self._looking.ask(partial(_find_doubts, form), path)

    async def read(self, form: FormTemplate, path: Path) -> list[TriedPage]:
        """Read the first pages of a file with a form.

        Raises:
            InputError: If one cannot be read, or does not show the form.
        """
        count = await self._trying.ask(partial(count_pages, path), path)
        return [
            await self._trying.ask(partial(_read, form, path, number), path)
            for number in range(1, min(count, MOST_TRIED) + 1)
        ]


def _propose(blank: BlankPages, path: Path) -> NewForm:
    """Propose fields; the doubtful ones if there are no others, or one to be moved."""
    pages = map(blank.load, range(1, blank.count() + 1))
    made = propose_form(pages, path, blank.path)
    if made.fields:
        return made
    if made.suggestions:
        fields = tuple(one.field for one in made.suggestions)
        return replace(made, fields=fields, suggestions=())
    page = made.pages[0]
    box = Box(page.width // 3, page.height // 3, page.width // 2, page.height // 3 + 40)
    warning = 1, "no field was seen; one was put in the middle, to be moved"
    placed = FieldTemplate(name="field_01", box=box)
    return replace(made, fields=(placed,), warnings=(*made.warnings, warning))


def _draw(page: PageTemplate) -> bytes:
    return encode_picture(page.load_pixels())


def _find_doubts(form: FormTemplate) -> list[Doubt]:
    return find_doubts(form, lambda page: _look(page, _stamp(page)))


def _find_printed(page: PageTemplate, x: float, y: float) -> FieldTemplate | None:
    around = [box for box in _look_around(page, _stamp(page)) if _covers(box, x, y)]
    return min(around, key=lambda one: one.box.area, default=None)


def _covers(field: FieldTemplate, x: float, y: float) -> bool:
    box = field.box
    return box.left <= x < box.right and box.top <= y < box.bottom


def _stamp(page: PageTemplate) -> int:
    """Tell one state of a reference from another; that it is missing says who looks."""
    try:
        return page.reference.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=_LOOKS)
def _look(page: PageTemplate, stamp: int) -> Reference:
    return Reference.look(page)


@lru_cache(maxsize=_LOOKS)
def _look_around(page: PageTemplate, stamp: int) -> tuple[FieldTemplate, ...]:
    return Surroundings.look(page, None).boxes


def _read(form: FormTemplate, path: Path, number: int) -> TriedPage:
    page = next(load_pages(path, pages=[number]))
    reading = _make_reader(form).read_page(page)
    fields = tuple(
        TriedField(
            one.name,
            one.value,
            one.confidence,
            one.needs_review,
            tuple(one.flags),
            _cut(one.crop(page.pixels)),
        )
        for one in reading.fields
    )
    return TriedPage(number, reading.form_page or 1, fields, reading.warnings)


def _cut(crop: npt.NDArray[np.uint8]) -> str:
    """Encode the picture of a field, small enough to stand in a line."""
    if not crop.size:
        return ""
    scale = min(1.0, _CROP_HEIGHT_PX / len(crop), _CROP_WIDTH_PX / crop.shape[1])
    size = max(1, round(crop.shape[1] * scale)), max(1, round(len(crop) * scale))
    shrunk = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    return base64.b64encode(cv2.imencode(".jpg", shrunk)[1].tobytes()).decode()


@lru_cache(maxsize=1)
def _make_reader(form: FormTemplate) -> FormReader:
    """Make what reads a form; the next pages have it ready."""
    classifier, (string_reader, mark_reader, picture_reader), separator = _load_models()
    return FormReader(
        classifier,
        template=form,
        string_reader=string_reader,
        mark_reader=mark_reader,
        picture_reader=picture_reader,
        separator=separator,
    )


@lru_cache(maxsize=1)
def _load_models() -> tuple[DigitClassifier, list[StringReader], InkSeparator]:
    names = (STRING_MODEL_NAME, MARKED_MODEL_NAME, PICTURE_MODEL_NAME)
    readers = [StringReader.load(name=name) for name in names]
    return DigitClassifier.load(), readers, InkSeparator.load()
