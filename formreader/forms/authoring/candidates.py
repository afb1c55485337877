"""What may be a field of a blank page, with what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from formreader.geometry import Box

__all__ = ["LEAST_CONFIDENCE", "Candidate", "Content"]

LEAST_CONFIDENCE = 0.5
"""That a number belongs in a field; below it, the field is only suggested."""


class Content(StrEnum):
    """What people put into a field."""

    NUMBER = "number"
    TEXT = "text"
    TICK = "tick"
    CHOICE = "choice"


@dataclass(frozen=True)
class Candidate:
    """A place on a blank page that looks like a field.

    Attributes:
        box: Inner edge of its box in pixels of the page.
        cells: Printed boxes of one digit each, or None.
        skip: Which of these hold a printed mark and no digit, from 1.
        name: What the file calls it; empty if nothing does.
        label: What is printed beside it; empty if nothing is.
        heading: What is printed above its column; the same.
        row: Its row in that column, from 0.
        content: What people put into it.
        confidence: Probability that it is a field for a number.
        reason: Why it may be none, in words.
        is_declared: Whether the file itself names it.
        options: Of a choice, what its boxes stand for, and these.
    """

    box: Box
    cells: int | None = None
    skip: tuple[int, ...] = ()
    name: str = ""
    label: str = ""
    heading: str = ""
    row: int = 0
    content: Content = Content.NUMBER
    confidence: float = 0.7
    reason: str = ""
    is_declared: bool = False
    options: tuple[tuple[str, Box], ...] = ()
