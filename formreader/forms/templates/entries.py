"""The entries of a form template: its fields and its pages, checked by key."""

from __future__ import annotations

import re
from functools import reduce
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from formreader.errors import TemplateError, UnreadableFileError
from formreader.forms.templates.appearance import Appearance, Record
from formreader.forms.templates.choices import (
    MOST_COLUMNS,
    check_value,
    divide_box,
    refuse_strange_keys,
)
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
_OptionValue = Annotated[str, AfterValidator(check_value)]


class Option(Record):
    """A box of a choice.

    Attributes:
        value: What it stands for.
        box: Inner edge of the box in pixels of the reference.
    """

    value: _OptionValue
    box: Annotated[Box, BeforeValidator(_to_box)]


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
        holds: What it holds if no number, the key `kind`: one box to tick, several to
            choose from, text, which is not read, or a printed QR code.
        options: The boxes of a choice; `box` is then the one around them.
        values: What its boxes stand for, where `box` is divided evenly into them.
        direction: How these lie; by default along the longer side.
        columns: How many choices stand side by side in `box`, one for each character
            of the value, as for a number that is bubbled digit by digit.
        select: Whether several of its boxes may be ticked.
        required: Whether a text is for review, so that somebody types it.
        appearance: How it is printed, the key `print`.
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
    holds: Literal["tick", "choice", "text", "code"] | None = Field(
        default=None, alias="kind"
    )
    options: Annotated[tuple[Option, ...], BeforeValidator(_to_tuple)] = ()
    values: Annotated[
        tuple[_OptionValue, ...],
        BeforeValidator(_to_tuple),
        Field(max_length=MOST_CELLS),
    ] = ()
    direction: Literal["right", "down"] | None = None
    columns: Annotated[int, Field(ge=1, le=MOST_COLUMNS)] = 1
    select: Literal["one", "many"] = "one"
    required: bool = False
    appearance: Appearance = Field(default_factory=Appearance, alias="print")

    @model_validator(mode="before")
    @classmethod
    def _bound_options(cls, entry: object) -> object:
        """Put the box around the options in its place."""
        if not isinstance(entry, dict) or not entry.get("options") or "box" in entry:
            return entry
        try:
            boxes = [Option.model_validate(one).box for one in entry["options"]]
        except (ValidationError, TypeError):
            return {**entry, "box": Box(0, 0, _LEAST_CELL_PX, _LEAST_CELL_PX)}
        return {**entry, "box": reduce(Box.union, boxes)}

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
        self._check_kind()
        self._check_type()
        return self

    def _check_kind(self) -> None:
        """Make sure that the keys go with what the field holds."""
        given = {key: getattr(self, key) for key in self.model_fields_set}
        refuse_strange_keys(self.holds, given)
        if self.holds != "choice":
            return
        if bool(self.options) == bool(self.values):
            message = "a choice has either options, or a box and values"
            raise PlacedError(("options" if self.options else "values",), message)
        values = self.option_values
        if len(set(values)) < max(2, len(values)):
            key = "options" if self.options else "values"
            raise PlacedError((key,), "two or more, each with a value of its own")
        if self.columns > 1 and any(len(value) > 1 for value in values):
            raise PlacedError(("values",), "are one character each in columns")
        if any(min(b.width, b.height) < _LEAST_CELL_PX for b in self.mark_boxes):
            raise PlacedError(("box",), "is too small for so many values")

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
        """What the field is: a row of printed cells, a box, or no number."""
        if self.holds is not None:
            return FieldKind(self.holds)
        return FieldKind.CELLS if (self.cells or 1) > 1 else FieldKind.BOX

    @property
    def holds_number(self) -> bool:
        """Whether a number is written there by hand."""
        return self.holds is None

    @property
    def when_blank(self) -> Literal["review", "allow"]:
        """Whether somebody must look at it if nothing was read there."""
        if self.holds == "text":
            return "review" if self.required else "allow"
        return self.blank

    @property
    def takes_numbers_only(self) -> bool:
        """Whether its value is a number, written or ticked."""
        is_other = self.type in ("date", "time") or self.holds in ("text", "code")
        words = [value for value in self.option_values if not value.isdigit()]
        return not (is_other or words or self.select == "many")

    @property
    def option_values(self) -> tuple[str, ...]:
        """What the boxes of a choice stand for; none of another field."""
        return self.values or tuple(option.value for option in self.options)

    @property
    def answers(self) -> tuple[str, ...]:
        """What the value may be, where one box of several is ticked."""
        if self.holds == "tick":
            return ("1", "0")
        is_one = self.select == "one" and self.columns == 1
        return self.option_values if is_one else ()

    @property
    def mark_boxes(self) -> tuple[Box, ...]:
        """The boxes to tick, in the order of their values, column by column."""
        if self.options:
            return tuple(option.box for option in self.options)
        if not self.values:
            return (self.box,)
        is_tall = self.columns > 1 or self.box.height > self.box.width
        goes_down = self.direction == "down" if self.direction else is_tall
        return divide_box(self.box, len(self.values), self.columns, goes_down)

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
