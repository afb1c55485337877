"""What a template says of how its form is printed; it changes nothing in reading."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

__all__ = ["Appearance", "PrintedText", "Record"]


def _to_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


class Record(BaseModel):
    """A record that refuses unknown keys and values of another type."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False
    )


_Line = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Appearance(Record):
    """How a field is printed.

    Attributes:
        label: What is printed beside or above it, in the place of its name; may be
            empty.
        hint: What to write, as DD MM YYYY: a letter below each cell if there are as
            many, else a line below the field.
        between: What is printed in the cells that are skipped, one character for each,
            or one for all; a dash by default.
        bubbles: The boxes of a choice are round.
        captions: What is printed beside the boxes of a choice, in the place of their
            values.
    """

    label: _Line | None = None
    hint: _Line = ""
    between: Annotated[str, Field(max_length=20)] = ""
    bubbles: bool = False
    captions: Annotated[tuple[_Line, ...], BeforeValidator(_to_tuple)] = ()


_Number = Annotated[int | float, Field(ge=0, le=100_000)]


class PrintedText(Record):
    """A line of text on a page: a title, a heading, an instruction.

    Attributes:
        text: The line.
        at: Left end of its baseline in pixels of the reference, or in mm.
        page: 1-based page of the form.
        size: Of the letters, in points.
        bold: Whether they are bold.
    """

    text: _Line
    at: Annotated[tuple[_Number, _Number], BeforeValidator(_to_tuple)]
    page: Annotated[int, Field(ge=1)] = 1
    size: Annotated[int | float, Field(ge=4, le=72)] = 10
    bold: bool = False
