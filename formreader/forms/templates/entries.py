"""The entries of a form template: its fields and its pages, checked by key."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from formreader.errors import TemplateError, UnreadableFileError
from formreader.forms.templates.places import PlacedError
from formreader.forms.templates.roster import check_entry
from formreader.geometry import Box
from formreader.pages.limits import MAX_PIXELS, MIN_SIDE
from formreader.pages.loading import load_pages
from formreader.records import FieldKind
from formreader.value_types import ValueKind, ValueType

MOST_CELLS = 100
"""Printed boxes of one field."""
_NAME = re.compile(r"(?=.{1,64}\Z)[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*")
_TAKEN = {"and", "source", "page", "needs_review"}  # by checks, and by columns
_OF_DIGITS = ("length", "min", "max", "pattern", "checksum", "date", "one_of")
_LEAST_CELL_PX = 4
_LEAST_DIGITS = 2  # of a field in which cells are skipped
_LARGEST_SIDE = 100_000


def _to_box(value: object) -> object:
    """Make a box of left, top, width and height."""
    if isinstance(value, Box):
        return value
    numbers = list(value) if isinstance(value, list | tuple) else []
    if len(numbers) != 4 or not all(type(number) is int for number in numbers):
        raise ValueError("four whole numbers: [left, top, width, height]")
    left, top, width, height = numbers
    if min(left, top) < 0 or max(numbers) > _LARGEST_SIDE:
        raise ValueError("lies outside the page")
    if min(width, height) < _LEAST_CELL_PX:
        raise ValueError(f"needs {_LEAST_CELL_PX} pixels each way")
    return Box(left, top, left + width, top + height)


def _to_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def is_name(text: str) -> bool:
    """Tell whether a text can name a field."""
    return bool(_NAME.fullmatch(text)) and text not in _TAKEN


_Count = Annotated[int, Field(ge=1, le=MOST_CELLS)]


class Record(BaseModel):
    """A record that refuses unknown keys and values of another type."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False
    )


class FieldTemplate(Record):
    """One field of a form.

    Attributes:
        name: Its name in the results.
        page: 1-based page of the form.
        box: Inner edge of the printed box in pixels of the reference.
        cells: Printed boxes of one digit each, of equal width; or None.
        skip: Which of these hold a printed mark, as in 3-2-4, and no digit; from 1.
        length: How many digits, or from how many to how many.
        min: Least number.
        max: Greatest number.
        pattern: What the digits must match as a whole.
        checksum: Name of a check digit procedure.
        date: Format of a date.
        one_of: All values that there are.
        assign: `unique`: no two pages of a batch have the same entry of `one_of`.
        blank: Whether a blank field needs review.
        marks: Whether points and dashes between digits need review.
        decimals: Digits after the point.
        type: What type of value the field holds.
        format: How a date or time is written.
    """

    name: str
    page: Annotated[int, Field(ge=1)] = 1
    box: Annotated[Box, BeforeValidator(_to_box)]
    cells: _Count | None = None
    skip: Annotated[tuple[_Count, ...], BeforeValidator(_to_tuple)] = ()
    length: Annotated[
        _Count | tuple[_Count, _Count] | None, BeforeValidator(_to_tuple)
    ] = None
    min: int | float | None = None
    max: int | float | None = None
    pattern: str | None = None
    checksum: str | None = None
    date: str | None = None
    one_of: Annotated[tuple[str, ...] | None, BeforeValidator(_to_tuple)] = None
    assign: Literal["unique"] | None = None
    blank: Literal["review", "allow"] = "review"
    marks: Literal["review", "ignore"] = "review"
    decimals: Annotated[int, Field(ge=0, le=9)] = 0
    type: Literal["integer", "decimal", "date", "time"] | None = None
    format: Annotated[str, Field(min_length=1, max_length=20)] | None = None

    @field_validator("name")
    @classmethod
    def _check_name(cls, name: str) -> str:
        if not is_name(name):
            taken = ", ".join(sorted(_TAKEN))
            raise ValueError(
                f"{name!r} cannot be a column: a name has letters a-z, digits, _, and "
                "dots between these, begins with no digit, has at most 64 characters "
                f"and is none of {taken}"
            )
        return name

    @field_validator("one_of")
    @classmethod
    def _check_entries(cls, entries: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for entry in entries or ():
            try:
                check_entry(entry)
            except TemplateError as error:
                raise ValueError(error.message) from error
        if entries == ():
            raise ValueError("the list is empty")
        return entries

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        span = self.length if isinstance(self.length, tuple) else (1, self.length or 1)
        if span[0] > span[1]:
            raise PlacedError(("length",), "[fewest, most] digits, in this order")
        digits = (self.cells or 0) - len(self.skip)
        if self.skip and (digits < _LEAST_DIGITS or max(self.skip) > (self.cells or 0)):
            raise PlacedError(("skip",), "numbers of cells, of which two must be left")
        if len(set(self.skip)) < len(self.skip):
            raise PlacedError(("skip",), "names a cell twice")
        if self.cells is not None and max(span) > digits:
            raise PlacedError(("length",), f"no more digits than the {digits} cells")
        if self.cells and self.box.width < self.cells * _LEAST_CELL_PX:
            raise PlacedError(("cells",), "the box is too narrow for so many cells")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise PlacedError(("min",), "is greater than max")
        if self.assign is not None and self.one_of is None:
            raise PlacedError(("assign",), "goes with one_of, the list to assign from")
        self._check_type()
        return self

    def _check_type(self) -> None:
        """Make sure that type and format go together, and with the other keys."""
        if self.type is None:
            if self.format is not None:
                raise PlacedError(("format",), 'goes with type = "date" or "time"')
            return
        if self.type != "decimal" and self.decimals:
            raise PlacedError(("decimals",), f"says nothing of type {self.type!r}")
        if self.marks == "ignore":
            raise PlacedError(("marks",), "are read where a field has a type")
        try:
            type_ = ValueType(ValueKind(self.type), self.format or "", self.decimals)
        except ValueError as error:
            raise PlacedError(("format",), str(error)) from error
        for key in _OF_DIGITS if not type_.kind.is_number else ("date",):
            if getattr(self, key) is not None:
                raise PlacedError((key,), f"says nothing of type {self.type!r}")

    @property
    def value_type(self) -> ValueType | None:
        """What type of value the field holds."""
        if self.type is None:
            return None
        return ValueType(ValueKind(self.type), self.format or "", self.decimals)

    @property
    def kind(self) -> FieldKind:
        """What the field is: a row of printed cells, or a box."""
        return FieldKind.CELLS if (self.cells or 1) > 1 else FieldKind.BOX

    @property
    def cell_boxes(self) -> tuple[Box, ...]:
        """The box of each cell for a digit, left to right; the field's own without."""
        count = self.cells or 1
        edges = (
            np.linspace(self.box.left, self.box.right, count + 1).round().astype(int)
        )
        return tuple(
            Box(int(edges[i]), self.box.top, int(edges[i + 1]), self.box.bottom)
            for i in range(count)
            if i + 1 not in self.skip
        )


class PageTemplate(Record):
    """One page of a form.

    Attributes:
        number: 1-based.
        reference: Image of the blank page that all coordinates refer to.
        width: Of the reference in pixels.
        height: The same.
    """

    number: Annotated[int, Field(ge=1)]
    reference: Path
    width: Annotated[int, Field(ge=MIN_SIDE, le=_LARGEST_SIDE)]
    height: Annotated[int, Field(ge=MIN_SIDE, le=_LARGEST_SIDE)]

    @model_validator(mode="after")
    def _check_size(self) -> Self:
        if self.width * self.height > MAX_PIXELS:
            limit = MAX_PIXELS // 1_000_000
            message = f"the page has more than {limit} million pixels"
            raise PlacedError(("width",), message)
        return self

    def load_pixels(self) -> npt.NDArray[np.uint8]:
        """Load the reference.

        Returns:
            (H, W) uint8, 0 = black, of the size that the template states; read-only.

        Raises:
            TemplateError: If it is missing, is no image, or has another size.
        """
        try:
            pixels = next(load_pages(self.reference)).squared
        except UnreadableFileError as error:
            raise TemplateError(
                f"the reference cannot be used: {error.message}", path=self.reference
            ) from error
        if pixels.shape != (self.height, self.width):
            height, width = pixels.shape
            raise TemplateError(
                f"the reference has {width} x {height} pixels, the template says "
                f"{self.width} x {self.height}; put back the image that the boxes were "
                "measured on",
                path=self.reference,
            )
        return pixels
