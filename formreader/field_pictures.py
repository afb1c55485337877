"""Looks at the pictures of a page's fields: what they show, and what they read as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from formreader.contents.classifier import ContentClassifier
from formreader.digits.pictures import (
    Pictures,
    cut_all_pictures,
    read_pictures,
    show_number,
)
from formreader.digits.seen_pictures import SeenPicture
from formreader.digits.settings import SETTINGS
from formreader.digits.strings import StringReader
from formreader.readings import FieldReading
from formreader.records import BLANK, ClassifiedField
from formreader.written_numbers import judge_fields

__all__ = ["PictureLooks", "Seen"]

Seen = tuple[ClassifiedField, FieldReading]
"""A field, what the classifier says of it, and what was made of it."""


@dataclass(frozen=True)
class PictureLooks:
    """Looks at fields on their page.

    Attributes:
        reader: Reads them as the page shows them; or None.
        contents: Says what the page shows where fields were found; or None.
    """

    reader: StringReader | None
    contents: ContentClassifier | None

    def look(
        self, seen: Sequence[Seen | None], page: npt.NDArray[np.uint8] | None
    ) -> tuple[list[Seen | None], list[SeenPicture | None]]:
        """Look at fields.

        Args:
            seen: The fields, and what was read of each; None where there are words.
            page: (H, W) uint8, 0 = black, that they were cut from; or None.

        Returns:
            The same with what the pictures show of those without a template, and what
            is read in the picture of each, or None.
        """
        pictures = cut_all_pictures(page, seen)
        if self.reader is None:
            read: list[SeenPicture | None] = [None] * len(pictures)
        else:
            read = read_pictures(self.reader, pictures)
        return self._note_contents(seen, pictures), read

    def _note_contents(
        self, seen: Sequence[Seen | None], pictures: Sequence[Pictures | None]
    ) -> list[Seen | None]:
        """Note of fields without a template what their pictures show."""
        if self.contents is None:
            return list(seen)
        shown = [
            None if one is None or not one[0].image.was_found else several
            for one, several in zip(seen, pictures, strict=True)
        ]
        asked = [several.looks[0] for several in shown if several is not None]
        answers = iter(self.contents.predict(asked))
        return [
            one
            if one is None or several is None
            else (replace(one[0], contents=next(answers)), one[1])
            for one, several in zip(seen, shown, strict=True)
        ]

    def drop_remains(
        self,
        seen: Sequence[Seen | None],
        again: Sequence[Seen | None],
        page: npt.NDArray[np.uint8] | None,
    ) -> list[Seen | None]:
        """Forget what was read of lines that were badly erased.

        Where the pen left nothing in a box, and ink is left once lines are erased by
        their place, the picture decides whether that is a number.

        Args:
            seen: The fields by the pen's layer; None where there are words.
            again: The same where lines were erased by their place, or None.
            page: (H, W) uint8, 0 = black, that they were cut from; or None.

        Returns:
            The second readings, without those that are no number.
        """
        asked = [
            (_share_print(one, other), other[1])
            if one is not None and other is not None and _may_be_remains(one, other)
            else None
            for one, other in zip(seen, again, strict=True)
        ]
        if not any(asked):
            return list(again)
        shown, pictures = self.look(asked, page)
        chances = judge_fields(shown, pictures)
        chances = {
            place: chance * show_number(picture)
            for place, chance in chances.items()
            if (picture := pictures[place]) is not None
        }
        least = SETTINGS.words.least_box
        return [
            None if chances.get(place, 1.0) < least else other
            for place, other in enumerate(again)
        ]


def _share_print(one: Seen, other: Seen) -> ClassifiedField:
    """Give a field with its lines erased the share of print that was measured."""
    image = replace(other[0].image, print_share=one[0].image.print_share)
    return replace(other[0], image=image)


def _may_be_remains(one: Seen, other: Seen) -> bool:
    """Tell whether there is ink only where lines were erased by their place."""
    image, reading = one[0].image, one[1]
    is_bare = not image.pen_seen and not reading.raw.strip(BLANK)
    return image.was_found and is_bare and bool(other[1].raw.strip(BLANK))
