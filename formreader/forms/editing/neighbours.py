"""Find printed boxes by where they stand: at a point, or beside a label or field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from formreader.errors import TemplateError
from formreader.forms.authoring.authoring import propose_fields
from formreader.forms.authoring.labels import join_phrases
from formreader.forms.templates.entries import FieldTemplate, PageTemplate
from formreader.geometry import Box
from formreader.pages.loading import load_printed_content
from formreader.pages.printed_content import PrintedContent

__all__ = ["Surroundings", "parse_relation", "place_beside"]

_RELATION = re.compile(
    r"\s*(right|left|above|below)(?:\s+of)?\s+(['\"]?)(.+?)\2\s*", re.IGNORECASE
)
_SHARED = 0.4  # of the smaller one's height or width, to stand beside or below it


def parse_relation(text: str) -> tuple[str, str] | None:
    """Part `right of 'Total'` into the direction and what it starts from.

    Returns:
        `right`, `left`, `above` or `below`, and the text; None if it says neither.

    Example:
        >>> parse_relation("right of 'Total paid'"), parse_relation("20mm,30mm")
        (('right', 'Total paid'), None)
    """
    found = _RELATION.fullmatch(text)
    return (found[1].lower(), found[3]) if found else None


@dataclass(frozen=True)
class Surroundings:
    """What is printed on a page of a form.

    Attributes:
        boxes: The boxes and blanks that are seen, as fields.
        content: Words, if a file gives them.
    """

    boxes: tuple[FieldTemplate, ...]
    content: PrintedContent

    @classmethod
    def look(cls, page: PageTemplate, words: Path | None) -> Surroundings:
        """Look at the reference of a page.

        Args:
            page: The page.
            words: The PDF that the form is printed from, for its words.

        Raises:
            TemplateError: If the reference cannot be used.
            UnreadableFileError: If the PDF cannot be read.
        """
        pixels: npt.NDArray[np.uint8] = page.load_pixels()
        content = PrintedContent()
        if words is not None:
            size = page.width, page.height
            content = load_printed_content(words, page.number - 1, size)
        draft = propose_fields(pixels, page.number)
        found = [*draft.fields, *(one.field for one in draft.suggestions)]
        return cls(tuple(found), content)

    def find_at(self, x: float, y: float) -> FieldTemplate:
        """Find the printed box around a point.

        Raises:
            TemplateError: If none is seen there.
        """
        around = [
            one
            for one in self.boxes
            if one.box.left <= x < one.box.right and one.box.top <= y < one.box.bottom
        ]
        if not around:
            raise TemplateError(
                f"no printed box is seen around pixel {x:.0f}, {y:.0f}; give the place "
                "itself with --box"
            )
        return min(around, key=lambda one: one.box.area)

    def find_beside(self, start: Box, direction: str) -> FieldTemplate:
        """Find the nearest printed box beside a place.

        Args:
            start: The place, of a label or a field.
            direction: `right`, `left`, `above` or `below`.

        Raises:
            TemplateError: If none is seen there.
        """
        found = []
        for one in self.boxes:
            gap = _measure_gap(start, one.box, direction)
            if gap is not None:
                found.append((gap, one))
        if not found:
            message = f"no printed box is seen {direction} of it; give --box, or --size"
            raise TemplateError(message)
        return min(found, key=lambda pair: pair[0])[1]

    def find_label(self, text: str) -> Box:
        """Find where words are printed.

        Raises:
            TemplateError: If they are not on the page, or more than once.
        """
        if not self.content.words:
            raise TemplateError(
                f"there is no field {text!r}, and a picture has no words; name a field "
                "of this page, or the PDF of the form with --words"
            )
        phrases = join_phrases(self.content.words)
        wanted = _simplify(text)
        same = [one for one in phrases if _simplify(one.text) == wanted]
        found = same or [one for one in phrases if wanted in _simplify(one.text)]
        if len(found) != 1:
            how = "is not printed" if not found else f"is printed {len(found)} times"
            message = f"{text!r} {how} on the page; name more of the words, or a field"
            raise TemplateError(message)
        return found[0].box


def place_beside(start: Box, direction: str, width: float, height: float) -> Box:
    """Place a box of a given size beside another one, in the middle of its side."""
    y = start.centre[1]
    left = {"right": float(start.right), "left": start.left - width}.get(
        direction, float(start.left)
    )
    top = {"below": float(start.bottom), "above": start.top - height}.get(
        direction, y - height / 2
    )
    return Box(round(left), round(top), round(left + width), round(top + height))


def _measure_gap(start: Box, box: Box, direction: str) -> float | None:
    """Measure how far a box lies from a place; None if it lies elsewhere."""
    if direction in ("right", "left"):
        shared = min(start.bottom, box.bottom) - max(start.top, box.top)
        least = _SHARED * min(start.height, box.height)
        gap = box.left - start.right if direction == "right" else start.left - box.right
        slack = start.height / 2
    else:
        shared = min(start.right, box.right) - max(start.left, box.left)
        least = _SHARED * min(start.width, box.width)
        gap = box.top - start.bottom if direction == "below" else start.top - box.bottom
        slack = min(start.height, box.height) / 2
    return float(gap) if shared >= least and gap >= -slack else None


def _simplify(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()
