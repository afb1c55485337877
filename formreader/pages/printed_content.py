"""What a file says of a page besides its pixels: printed words, and form fields."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from formreader.geometry import Box

__all__ = ["FormField", "FormFieldKind", "PrintedContent", "PrintedWord"]


class FormFieldKind(StrEnum):
    """What a form field takes."""

    TEXT = "text"
    TICK = "tick"
    RADIO = "radio"
    CHOICE = "choice"
    SIGNATURE = "signature"


@dataclass(frozen=True)
class PrintedWord:
    """A word as the file has it, without white space.

    Attributes:
        text: The word.
        box: Where it is printed, in pixels of the page.
    """

    text: str
    box: Box


@dataclass(frozen=True)
class FormField:
    """A field that the file itself declares, as PDF forms do.

    Attributes:
        name: Its full name, parts separated by dots.
        label: What the author says of it, for people; may be empty.
        kind: What it takes.
        box: Where it lies, in pixels of the page.
        length: How many characters it takes at most, if that is said.
        is_comb: It is parted evenly into as many cells.
        is_long: It takes several lines of text.
        is_hidden: It is not shown on the page.
        value: What a box to tick, or a button of several, stands for.
        takes: `number`, `date` or `time`, if what is typed is checked for that.
    """

    name: str
    label: str
    kind: FormFieldKind
    box: Box
    length: int | None = None
    is_comb: bool = False
    is_long: bool = False
    is_hidden: bool = False
    value: str = ""
    takes: str | None = None


@dataclass(frozen=True)
class PrintedContent:
    """What a file says of one page.

    Attributes:
        words: In the file's order.
        form_fields: The same.
    """

    words: tuple[PrintedWord, ...] = ()
    form_fields: tuple[FormField, ...] = ()
