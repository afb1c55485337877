"""Reads boxes that a person draws on a page, where no field was found.

What is around a box on its page is looked at as well, since the ink network and the
paper's tone need some of it; the rest of the page is not, so that an answer is there
at once. A page that was turned to be read is turned for its boxes, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from formreader.digits.classification import DigitClassifier
from formreader.digits.decoding_options import DecodingOptions
from formreader.digits.expected_marks import ExpectedMarks
from formreader.digits.strings import (
    MARKED_MODEL_NAME,
    PICTURE_MODEL_NAME,
    StringReader,
)
from formreader.field_reader import FieldReader
from formreader.forms.authoring.field_templates import PlacedField, pack_template
from formreader.forms.rules.canonical import canonicalize_reading
from formreader.geometry import Box, bounding_box, transform_points
from formreader.ink.resolution import choose_scale
from formreader.ink.separation import InkSeparator
from formreader.layout.cells import Cell, Row
from formreader.layout.field_cutting import cut_field
from formreader.layout.layered_fields import clean_by_layers
from formreader.layout.prepared_page import PreparedPage
from formreader.orientation.features import SIDES
from formreader.orientation.sides import SideFinder, decide_side
from formreader.orientation.turning import AS_IT_LIES, Side, matrix_back
from formreader.readings import FieldReading
from formreader.records import FieldImage, PageImage
from formreader.value_types import ValueType

__all__ = ["BoxReader", "DrawnPage", "find_side"]

_AROUND = 1.5  # heights of a box that are looked at on each side of it
_LEAST_AROUND_PX = 40
_LINE = 0.04  # of a box's height, that a line printed along its edge may be thick


@dataclass(frozen=True, eq=False)
class DrawnPage:
    """A page on which boxes are drawn, and what all of them ask of it.

    Attributes:
        page: The page.
        side: How it is turned to be read.
    """

    page: PageImage
    side: Side = AS_IT_LIES

    @property
    def pixels(self) -> npt.NDArray[np.uint8]:
        """(h, w) uint8, the page as it is best read."""
        return self.page.pixels if self.page.scan is None else self.page.scan

    @cached_property
    def scale(self) -> float:
        """Pixels that the ink network works with to one of `pixels`."""
        return choose_scale(self.pixels, self.page.dpi)

    def pack_template(self, name: str, fields: Sequence[PlacedField]) -> bytes:
        """Write a template of fields of the page, upright, with its reference.

        Args:
            name: What the form is called.
            fields: In pixels of the page.

        Raises:
            ValueError: If a name or place is none that a template can have.
        """
        pixels = self.page.pixels
        back = _invert(matrix_back(self.side, pixels.shape))
        turned = [
            replace(one, box=bounding_box(transform_points(one.box.corners, back)))
            for one in fields
        ]
        return pack_template(name, self.side.turn(pixels), turned)

    @property
    def to_page(self) -> npt.NDArray[np.float64]:
        """(3, 3) matrix from `pixels` to those in which boxes count."""
        (height, width), (high, wide) = self.page.pixels.shape, self.pixels.shape
        return np.diag([width / wide, height / high, 1.0])


@dataclass(frozen=True)
class BoxReader:
    """Reads boxes, one at a time.

    Attributes:
        fields: Reads what was cut out.
        separator: Tells pen, print and lines apart; None to do without.
        side_finder: Tells which way up pages lie.
    """

    fields: FieldReader
    separator: InkSeparator | None
    side_finder: SideFinder

    @classmethod
    def load(cls, *, ignore_marks: bool = False) -> BoxReader:
        """Load the models that ship.

        Args:
            ignore_marks: Points, commas and dashes between digits are left out.

        Raises:
            ModelError: If one is missing or damaged.
        """
        classifier = DigitClassifier.load()
        fields = FieldReader(
            classifier,
            StringReader.load(),
            classifier.manifest.threshold,
            ignore_marks=ignore_marks,
            mark_reader=StringReader.load(name=MARKED_MODEL_NAME),
            picture_reader=StringReader.load(name=PICTURE_MODEL_NAME),
        )
        return cls(fields, InkSeparator.load(), SideFinder.load())

    def prepare(
        self, page: PageImage, outlines: Sequence[npt.NDArray[np.float64]]
    ) -> DrawnPage:
        """Prepare a page for its boxes.

        Args:
            page: The page.
            outlines: (4, 2) corners of fields that were found on it, which tell how it
                was turned to be read; without any, the page is asked.
        """
        if outlines:
            side = find_side(outlines)
        else:
            classifier = self.fields.classifier
            side = decide_side(page.pixels, self.side_finder, classifier).side
        drawn = DrawnPage(page, side)
        _ = drawn.scale  # which the first box would wait for
        return drawn

    def read(
        self,
        drawn: DrawnPage,
        box: Box,
        name: str = "",
        type_: ValueType | None = None,
    ) -> FieldReading:
        """Read a box as one number, whatever stands in it.

        Args:
            drawn: The page.
            box: What was drawn, in pixels of the page; some of it lies on the page.
            name: What the field is called.
            type_: What type of value it holds, or None.

        Returns:
            The reading, which a person must look at.
        """
        region, to_page = _cut_region(drawn, box, self.separator)
        corners = transform_points(box.corners, _invert(to_page))
        field = _cut(region, bounding_box(corners), name)
        options = {} if type_ is None else {name: self._expect(type_)}
        read = self.fields.read([field], options, region.dark_pixels)
        found = [one for one in read if not one.stands_for_page]
        reading = found[0] if found else self.fields.decode([field], options)[0][1]
        if type_ is not None:
            reading = canonicalize_reading(reading, type_)
        outline = transform_points(bounding_box(corners).corners, to_page)
        moved = reading.moved(to_page)
        return replace(moved, box=box, outline=outline, name=name, needs_review=True)

    def _expect(self, type_: ValueType) -> DecodingOptions:
        """Say how a field with a type is decoded: it has its marks in any case."""
        expected = ExpectedMarks(type_.marks, type_.mark_count, type_.has_likely_marks)
        return replace(self.fields.options, ignore_marks=False, expected=expected)


def find_side(outlines: Sequence[npt.NDArray[np.float64]]) -> Side:
    """Tell by the outlines of its fields how a page was turned to be read.

    Args:
        outlines: (4, 2) corners (x, y) of each, clockwise from the upper left as it was
            read; at least one.
    """
    along = np.mean([outline[1] - outline[0] for outline in outlines], axis=0)
    down = np.mean([outline[3] - outline[0] for outline in outlines], axis=0)

    def agreement(side: Side) -> float:
        turned = matrix_back(side, (1, 1))[:2, :2]
        return float(turned[:, 0] @ along + turned[:, 1] @ down)

    return max(SIDES, key=agreement)


def _cut_region(
    drawn: DrawnPage, box: Box, separator: InkSeparator | None
) -> tuple[PreparedPage, npt.NDArray[np.float64]]:
    """Cut a box out with some of the page around it, turned to be read.

    Returns:
        The part of the page, and the matrix from there to pixels of the page.
    """
    pixels, colour = drawn.pixels, drawn.page.colour
    place = bounding_box(transform_points(box.corners, _invert(drawn.to_page)))
    around = max(_LEAST_AROUND_PX, round(_AROUND * place.height))
    region = place.expanded(around, around).clipped(pixels.shape)
    cut = pixels[region.slices]
    if colour is not None and drawn.page.scan is None:
        colour = drawn.side.turn(colour[region.slices])
    else:
        colour = None
    prepared = PreparedPage(
        drawn.side.turn(cut), colour=colour, separator=separator, scale=drawn.scale
    )
    back = matrix_back(drawn.side, cut.shape)
    moved = np.array([[1, 0, region.left], [0, 1, region.top], [0, 0, 1.0]])
    return prepared, np.asarray(drawn.to_page @ moved @ back)


def _cut(page: PreparedPage, box: Box, name: str) -> FieldImage:
    """Cut a box out, without print and lines where it holds anything else."""
    line_px = max(2.0, _LINE * box.height)
    row = Row([Cell(box.corners, Box(0, 0, box.width, box.height), line_px)])
    cut = cut_field(page.ink, row, name)
    cleaned = clean_by_layers(page, [row], [cut])
    return cleaned[0] if cleaned else cut


def _invert(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(np.linalg.inv(matrix), np.float64)
