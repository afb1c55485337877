"""The frozen records that pass from stage to stage."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from formreader.geometry import Box, bounding_box, side_lengths, transform_points

BLANK, CROSSED, UNREADABLE = "_", "X", "?"
MARKS = ".,-/:"
"""The marks that `raw` and `value` may hold."""
PAGE = "page"
"""Name of what is no field, but says something of its page as a whole."""


class Flag(StrEnum):
    """Why a reading deserves a look; what follows, `acceptance` decides at the end."""

    BLANK = "blank"
    LOW_CONFIDENCE = "low_confidence"
    WRONG_LENGTH = "wrong_length"
    NOT_A_DIGIT = "not_a_digit"
    CROSSED_OUT = "crossed_out"
    TOUCHING = "touching"
    SEPARATOR = "separator"
    CLIPPED = "clipped"
    RULE_FAILED = "rule_failed"
    RULE_CORRECTED = "rule_corrected"
    REGISTRATION_WEAK = "registration_weak"
    STRUCK_OUT = "struck_out"  # a number with a stroke through it
    NO_FIELD = "no_field"  # stands for a page on which no field was found
    UNREAD_INK = "unread_ink"  # writing that no digit of the reading accounts for


class FieldKind(StrEnum):
    """What a field is: what is printed around it, or what it is for."""

    CELLS = "cells"  # a row of printed cells, one digit each
    BOX = "box"  # a printed box for a number
    CELL = "cell"  # a cell of a ruled table
    LINE = "line"  # a line to write on
    PLAIN = "plain"  # nothing printed around it
    STRIP = "strip"  # an image that is one field
    TICK = "tick"  # a box to tick
    CHOICE = "choice"  # several boxes, of which one is ticked
    TEXT = "text"  # a name or another word, not read
    CODE = "code"  # a printed QR code, as the serial number of a sheet

    @property
    def is_open(self) -> bool:
        """Whether a number is written into it without a place for each digit."""
        return self in _OPEN


_OPEN = frozenset(
    {
        FieldKind.BOX,
        FieldKind.CELL,
        FieldKind.LINE,
        FieldKind.PLAIN,
        FieldKind.STRIP,
    }
)


class Print(Enum):
    """Whether what stands in a box looks like printed text, by size and place."""

    NO = auto()
    PERHAPS = auto()  # as small as the page's text, but too short to tell
    LIKELY = auto()  # by its ink, though it is larger than text
    WORDS = auto()  # close and level as well
    CERTAIN = auto()  # and longer than any number


_SAME_SHAPE = 1.05  # times as wide: what rounding to pixels may make of a page

_Item = TypeVar("_Item", bound=np.generic)


def read_only(array: npt.NDArray[_Item]) -> npt.NDArray[_Item]:
    """Return a view of an array of any shape that refuses to be written to."""
    view = array.view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True)
class TypedValue:
    """A value that someone typed into a field of a PDF form.

    Attributes:
        text: What is typed.
        box: Where, in pixels of the page.
    """

    text: str
    box: Box


@dataclass(frozen=True, eq=False)
class PageImage:
    """One page as loaded, upright by its EXIF orientation.

    Attributes:
        pixels: (H, W) uint8, 0 = black; read-only.
        source: Where the page came from, as the user named it.
        page_index: 0-based page within the source.
        colour: (H, W, 3) uint8 RGB, or None for a grey page; read-only.
        dpi: Resolution that the file states, in pixels an inch, or None; for a PDF what
            it was drawn at.
        page_count: How many pages the source has.
        warnings: What a person should know who relies on this page.
        scan: (h, w) uint8, the page as it is best read, where `pixels` show it larger,
            smaller, or with other resolutions across and down; boxes count in `pixels`.
            None where both are the same.
        typed: What was typed into the fields of a PDF form, not written by hand.
    """

    pixels: npt.NDArray[np.uint8]
    source: str
    page_index: int = 0
    colour: npt.NDArray[np.uint8] | None = None
    dpi: float | None = None
    page_count: int = 1
    warnings: tuple[str, ...] = ()
    scan: npt.NDArray[np.uint8] | None = None
    typed: tuple[TypedValue, ...] = ()

    def __post_init__(self) -> None:
        """Check the arrays and make them read-only.

        Raises:
            ValueError: If a shape or dtype is not as documented.
        """
        if self.pixels.ndim != 2 or self.pixels.dtype != np.uint8:
            raise ValueError(f"pixels are {self.pixels.dtype} {self.pixels.shape}")
        object.__setattr__(self, "pixels", read_only(self.pixels))
        if self.scan is not None:
            object.__setattr__(self, "scan", read_only(self.scan))
        if self.colour is not None:
            if self.colour.shape != (*self.pixels.shape, 3):
                raise ValueError(f"colour is {self.colour.shape}")
            object.__setattr__(self, "colour", read_only(self.colour))

    @property
    def squared(self) -> npt.NDArray[np.uint8]:
        """(h, w) uint8, the page with one resolution across and down; read-only."""
        if self.scan is None:
            return self.pixels
        (height, width), (high, wide) = self.pixels.shape, self.scan.shape
        shape = (width / height) / (wide / high)
        return self.pixels if 1 / _SAME_SHAPE < shape < _SAME_SHAPE else self.scan


@dataclass(frozen=True, eq=False)
class Paper:
    """The grey levels of a page's paper and ink, from which thresholds follow.

    Attributes:
        mean: (h, w) float32, mean grey level around each block of pixels; read-only.
        contrast: (h, w) float32 in [0, 1], how far the deviation around each block
            falls short of the strongest one of the page; read-only.
        darkest: Grey level of the darkest ink.
        is_negative: Whether the page is written light on dark; the other attributes
            are then those of the page turned around.
    """

    mean: npt.NDArray[np.float32]
    contrast: npt.NDArray[np.float32]
    darkest: int
    is_negative: bool

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        object.__setattr__(self, "mean", read_only(self.mean))
        object.__setattr__(self, "contrast", read_only(self.contrast))


@dataclass(frozen=True, eq=False)
class FieldImage:
    """One field, cut out of the page and turned upright.

    Attributes:
        name: Name from the template, or `field_001` and so on.
        ink: (h, w) uint8, 255 = ink; printed box lines already removed; read-only.
        frame: The field's own box within `ink`; around it lies a margin of the page.
        kind: What the field is.
        cells: Printed boxes of one digit each, left to right, within `ink`; none in a
            field of another kind than `cells`.
        to_page: (3, 3) float64 homography from `ink` to pixels of the page.
        print_like: Whether its characters stand as printed text does.
        print_share: By how much its ink is print rather than the pen's, in [0, 1], as
            the ink network sees it and the other fields of its column; None where
            nobody asked, as in a field of a template.
        pixels: (h, w) uint8, 0 = black, the field before ink was told from paper; None
            where lines had to be removed.
        restored: (h, w) uint8, `ink` with strokes restored that may lie on the lines;
            None where there are none.
        writing_beside: Whether writing goes on beside the field, outside any field.
        in_column: Whether it stands on one of several lines to write on, one below the
            other, of one length; or beside what is printed amid a line of writing.
        pen_seen: Whether the pen left anything in it or across its walls, however
            little.
        by_geometry: The same field, its lines erased by their place alone; or None.
    """

    name: str
    ink: npt.NDArray[np.uint8]
    frame: Box
    kind: FieldKind
    cells: tuple[Box, ...] = ()
    to_page: npt.NDArray[np.float64] = field(default_factory=lambda: np.eye(3))
    print_like: Print = Print.NO
    print_share: float | None = None
    pixels: npt.NDArray[np.uint8] | None = None
    restored: npt.NDArray[np.uint8] | None = None
    writing_beside: bool = False
    in_column: bool = False
    pen_seen: bool = False
    by_geometry: FieldImage | None = None

    @property
    def was_found(self) -> bool:
        """Whether it was found without a template, so that it may be no number."""
        is_line = self.kind in (FieldKind.LINE, FieldKind.PLAIN)
        return is_line or self.print_share is not None

    def __post_init__(self) -> None:
        """Check the kind and make the arrays read-only.

        Raises:
            ValueError: If cells are missing, or given for another kind.
        """
        if (self.kind is FieldKind.CELLS) != bool(self.cells):
            count = len(self.cells)
            raise ValueError(f"a field of kind {self.kind} with {count} cells")
        object.__setattr__(self, "ink", read_only(self.ink))
        object.__setattr__(self, "to_page", read_only(self.to_page))
        for name in ("pixels", "restored"):
            array = getattr(self, name)
            if array is not None:
                object.__setattr__(self, name, read_only(array))

    @cached_property
    def outline(self) -> npt.NDArray[np.float64]:
        """(4, 2) corners (x, y) of the field in pixels of the page; read-only."""
        return read_only(transform_points(self.frame.corners, self.to_page))

    @cached_property
    def box(self) -> Box:
        """The upright box around the field in pixels of the page."""
        return bounding_box(self.outline)

    @cached_property
    def scale(self) -> float:
        """How many pixels of the page one of `ink` is long."""
        width, height = side_lengths(self.outline)
        return float(np.sqrt(width * height / max(1, self.frame.area)))


@dataclass(frozen=True)
class SegmentShape:
    """What the shape of a segment says about whether it is one digit.

    Attributes:
        width: Of its ink, in heights of the field's digits.
        height: The same.
        gap: Widest gap between its parts, in heights of the field's digits.
        cut: Ink that the cuts at its ends cross, in widths of the pen.
    """

    width: float
    height: float
    gap: float = 0.0
    cut: float = 0.0


@dataclass(frozen=True, eq=False)
class Segment:
    """Ink that may be one digit.

    Attributes:
        ink: (h, w) uint8, 255 = ink, nothing but this segment; read-only.
        box: Where it lies in the field's frame of reference.
        first: First step of the field that it covers: a printed cell, or a part of ink.
        last: First step after it.
        shape: Its shape, in a field without printed cells; else None.
    """

    ink: npt.NDArray[np.uint8]
    box: Box
    first: int = 0
    last: int = 1
    shape: SegmentShape | None = None

    def __post_init__(self) -> None:
        """Make the array read-only."""
        object.__setattr__(self, "ink", read_only(self.ink))


@dataclass(frozen=True, eq=False)
class Mark:
    """A point, comma, dash, slash or colon in a field.

    Attributes:
        character: One of `.,-/:`.
        confidence: Probability in [0, 1] that it is this mark.
        box: Where it lies in the field's frame of reference.
        ink: (h, w) uint8, 255 = ink, nothing but this mark; read-only.
    """

    character: str
    confidence: float
    box: Box
    ink: npt.NDArray[np.uint8]

    def __post_init__(self) -> None:
        """Make the array read-only."""
        object.__setattr__(self, "ink", read_only(self.ink))


@dataclass(frozen=True)
class FieldSegments:
    """The segments of one field.

    Attributes:
        segments: From left to right; those that share steps compete.
        steps: How many steps the field has: printed cells, or parts of ink.
        flags: What was doubtful about the cuts.
        blank_confidence: Probability in [0, 1] that a place without a segment is blank.
    """

    segments: tuple[Segment, ...]
    steps: int
    flags: frozenset[Flag]
    blank_confidence: float


@dataclass(frozen=True, eq=False)
class ClassifiedField:
    """A field with all that decoding needs to know of it.

    Attributes:
        image: The field.
        cut: Its segments.
        probabilities: (N, 12) float32 calibrated class probabilities, a row a segment.
        string_looks: (T, 11) float32 log-probabilities each, the string reader's
            answers about the digits of the whole field, shown in several ways; empty if
            it was not asked.
        marked_reading: (T, 16) float32, its answer about digits and marks; None if it
            was not asked, or knows no marks.
        marks: What was lifted out of the field before, from left to right.
        marks_unsure: Whether there is ink that may or may not be a mark.
        contents: (4,) float32, how probable it is that its picture shows a written
            number, a written word, print, or a mark; None if nobody looked.
    """

    image: FieldImage
    cut: FieldSegments
    probabilities: npt.NDArray[np.float32]
    string_looks: tuple[npt.NDArray[np.float32], ...] = ()
    marked_reading: npt.NDArray[np.float32] | None = None
    marks: tuple[Mark, ...] = ()
    marks_unsure: bool = False
    contents: npt.NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        """Check that rows and segments belong together.

        Raises:
            ValueError: If there are not as many of both.
        """
        rows, segments = len(self.probabilities), len(self.cut.segments)
        if rows != segments:
            raise ValueError(f"{rows} rows of probabilities for {segments} segments")


@dataclass(frozen=True)
class LeftAside:
    """A file that is not read.

    Attributes:
        name: Its path below the folder, with `/`; what is not UTF-8 is escaped.
        problem: Why.
        remedy: What to do if it should be read.
        is_failure: Whether it looks like a page, so that leaving it out is a loss.
    """

    name: str
    problem: str
    remedy: str
    is_failure: bool = False
