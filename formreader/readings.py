"""What was read: digits, fields and pages, as frozen records."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from html import escape

import numpy as np
import numpy.typing as npt

from formreader.errors import FormReaderError
from formreader.geometry import Box, bounding_box, transform_points
from formreader.records import PAGE, UNREADABLE, FieldKind, Flag
from formreader.value_types import ValueType

_GAP_PX = 4  # between digits in a picture
# A code corrects errors and checks itself: a text that comes out is the one printed.
_CODE_CONFIDENCE = 0.9999


@dataclass(frozen=True)
class DigitReading:
    """What stands in one cell or segment.

    Attributes:
        character: `0`-`9`, `_` blank, `X` crossed out, `?` not a digit, or a mark of
            `.,-/:`.
        confidence: Calibrated probability in [0, 1] that `character` is right.
        box: Where the ink lies in pixels of the page; None for a blank, and for what
            was read without being cut out.
        ink: (h, w) uint8, 255 = ink, the segment that was classified; None as for
            `box`; read-only.
    """

    character: str
    confidence: float
    box: Box | None = None
    ink: npt.NDArray[np.uint8] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Alternative:
    """Another reading of a field.

    Attributes:
        value: As in `FieldReading`.
        raw: The same.
        probability: Calibrated probability in [0, 1] of this reading.
    """

    value: str
    raw: str
    probability: float


@dataclass(frozen=True, eq=False, repr=False)
class FieldReading:
    """What formreader makes of one field.

    Attributes:
        name: Name from the template, or `field_001` and so on.
        value: The number as written, digits and marks, or in the canonical form of its
            `type`; empty for a blank or an unreadable field.
        confidence: Calibrated probability in [0, 1] that `value` is right as a whole.
        flags: What is to be known about it, in the order of `Flag`.
        digits: One entry for each cell or segment, left to right.
        box: The upright box around the field in pixels of the page.
        outline: (4, 2) corners (x, y) of the field in pixels of the page.
        kind: What the field is.
        alternatives: Other readings, the most probable first.
        needs_review: Whether a person must look; true as long as nobody has decided.
        type: What type of value its template says it is, or None.
        apart: Of a field that breaks a rule between fields alone: what it is without
            these, should the fault be another's.
    """

    name: str
    value: str
    confidence: float
    flags: tuple[Flag, ...]
    digits: tuple[DigitReading, ...]
    box: Box
    outline: npt.NDArray[np.float64]
    kind: FieldKind
    alternatives: tuple[Alternative, ...] = ()
    needs_review: bool = True
    type: ValueType | None = None
    apart: FieldReading | None = None

    def __repr__(self) -> str:
        """Sum the field up in a line."""
        doubt = ", to review" if self.needs_review else ""
        flags = "".join(f" {flag}" for flag in self.flags)
        return (
            f"FieldReading({self.name!r}: {self.value!r}, {self.confidence:.4f}"
            f"{doubt}{flags})"
        )

    @classmethod
    def of_page(cls, shape: tuple[int, ...]) -> FieldReading:
        """Make what stands for a page on which no field was found.

        Args:
            shape: (H, W) of the page.

        Returns:
            A field `page` without a value, as large as the page.
        """
        box = Box(0, 0, shape[1], shape[0])
        flags = (Flag.NO_FIELD,)
        return cls(PAGE, "", 0.0, flags, (), box, box.corners, FieldKind.PLAIN)

    @classmethod
    def of_unread_ink(cls, box: Box) -> FieldReading:
        """Make what says that writing on a page was not read.

        Args:
            box: Where it lies, in pixels of the page.

        Returns:
            A field `page` without a value.
        """
        flags = (Flag.UNREAD_INK,)
        return cls(PAGE, "", 0.0, flags, (), box, box.corners, FieldKind.PLAIN)

    @classmethod
    def of_text(cls, name: str, outline: npt.NDArray[np.float64]) -> FieldReading:
        """Make what stands for a text, which is not read.

        Args:
            name: The field's name.
            outline: (4, 2) corners (x, y) of the field in pixels of the page.

        Returns:
            A field without a value, of which nothing is known.
        """
        box = bounding_box(outline)
        return cls(name, "", 0.0, (), (), box, outline, FieldKind.TEXT)

    @classmethod
    def of_code(
        cls, name: str, value: str, outline: npt.NDArray[np.float64]
    ) -> FieldReading:
        """Make the reading of a printed code.

        Args:
            name: The field's name.
            value: What it says; empty if it could not be read.
            outline: (4, 2) corners (x, y) of the field in pixels of the page.
        """
        sure = _CODE_CONFIDENCE if value else 0.0
        digits = tuple(DigitReading(sign, sure) for sign in value or UNREADABLE)
        flags = () if value else (Flag.LOW_CONFIDENCE,)
        box = bounding_box(outline)
        return cls(name, value, sure, flags, digits, box, outline, FieldKind.CODE)

    @property
    def stands_for_page(self) -> bool:
        """Whether it is no field, but says something of its page as a whole."""
        return self.name == PAGE

    @property
    def raw(self) -> str:
        """One character for each cell or segment, before any rule."""
        return "".join(digit.character for digit in self.digits)

    def crop(
        self, pixels: npt.NDArray[np.uint8], margin: float = 0.3
    ) -> npt.NDArray[np.uint8]:
        """Cut the field out of its page.

        Args:
            pixels: (H, W) or (H, W, 3) uint8, the page as it was read, such as
                `PageImage.pixels`.
            margin: Of the page around it, in heights of the field.

        Returns:
            (h, w) or (h, w, 3) uint8, a view; empty for a field beside the page.
        """
        around = round(margin * self.box.height)
        box = self.box.expanded(around, around).clipped(pixels.shape)
        return pixels[box.slices]

    @property
    def picture(self) -> npt.NDArray[np.uint8]:
        """(h, w) uint8, 0 = black: what was classified, digit by digit."""
        inks = [digit.ink for digit in self.digits if digit.ink is not None]
        height = max((len(ink) for ink in inks), default=0)
        width = sum(ink.shape[1] + _GAP_PX for ink in inks)
        picture = np.full((height + 2 * _GAP_PX, width + _GAP_PX), 255, np.uint8)
        left = _GAP_PX
        for ink in inks:
            top = (len(picture) - len(ink)) // 2
            place = Box(left, top, left + ink.shape[1], top + len(ink))
            picture[place.slices] -= ink
            left = place.right + _GAP_PX
        return picture

    def flagged(self, *more: Flag) -> FieldReading:
        """Add flags, all in the order of `Flag`."""
        return replace(self, flags=order_flags({*self.flags, *more}))

    def moved(self, matrix: npt.NDArray[np.float64]) -> FieldReading:
        """Say where it lies on another picture of the page.

        Args:
            matrix: (3, 3) homography from the pixels of the page that was read.
        """
        digits = tuple(
            replace(digit, box=_move(digit.box, matrix)) if digit.box else digit
            for digit in self.digits
        )
        outline = transform_points(self.outline, matrix)
        return replace(
            self, digits=digits, box=_move(self.box, matrix), outline=outline
        )


def order_flags(flags: Collection[Flag]) -> tuple[Flag, ...]:
    """Put flags into the order of `Flag`, each once."""
    return tuple(flag for flag in Flag if flag in flags)


def _move(box: Box, matrix: npt.NDArray[np.float64]) -> Box:
    return bounding_box(transform_points(box.corners, matrix))


@dataclass(frozen=True, repr=False)
class PageReading:
    """The fields of one page, in reading order.

    Attributes:
        source: Where the page came from, as the user named it.
        page_index: 0-based page within the source.
        fields: What was read; of a page on which no field was found, one named `page`
            that says so.
        warnings: What a person should know who relies on it.
        form: Name of the template that it was read by, or None.
        form_page: 1-based page of that form, or None.
        residual_px: Median distance between the print of the page and that of the
            form, in pixels of the reference; or None.
    """

    source: str
    page_index: int
    fields: tuple[FieldReading, ...]
    warnings: tuple[str, ...] = ()
    form: str | None = None
    form_page: int | None = None
    residual_px: float | None = None

    @property
    def has_no_field(self) -> bool:
        """Whether no field was found on it."""
        return all(field_.stands_for_page for field_ in self.fields)

    @property
    def field_count(self) -> int:
        """How many fields were found."""
        return sum(not field_.stands_for_page for field_ in self.fields)

    def __len__(self) -> int:
        """Count the fields, with the one that stands for a page without any."""
        return len(self.fields)

    def __iter__(self) -> Iterator[FieldReading]:
        """Go through the fields, in reading order."""
        return iter(self.fields)

    def __getitem__(self, key: str | int) -> FieldReading:
        """Give a field by its name, or by its place from 0.

        Raises:
            KeyError: If there is no field of that name; it names those there are.
            IndexError: If there are fewer fields.
        """
        if isinstance(key, int):
            return self.fields[key]
        for field_ in self.fields:
            if field_.name == key:
                return field_
        names = ", ".join(field_.name for field_ in self.fields) or "none"
        raise KeyError(f"no field {key!r} on this page; there are: {names}")

    def __repr__(self) -> str:
        """Sum the page up in a line."""
        review = sum(field_.needs_review for field_ in self.fields)
        noun = "field" if self.field_count == 1 else "fields"
        return (
            f"PageReading({self.source!r}, page {self.page_index + 1}: "
            f"{self.field_count} {noun}, {review} to review)"
        )

    def _repr_html_(self) -> str:
        """Show the page in a notebook: its fields with what was classified."""
        from formreader.reports import make_gallery

        pictures = [(field_.picture, repr(field_)) for field_ in self.fields]
        return f"<p>{escape(repr(self))}</p>\n{make_gallery(pictures, height_px=42)}"


@dataclass(frozen=True)
class PageFailure:
    """A page that could not be read.

    Attributes:
        source: The input, as the user named it.
        page_index: 0-based page within the source, or None for the file as a whole.
        error: What went wrong and what to do about it.
    """

    source: str
    page_index: int | None
    error: FormReaderError
