"""Tell whether a box may hold printed text rather than a number written by hand.

Printed words are low in their box, have the size of the page's other text, and stand
closely on one line with their feet level, or fill several lines. Tidy handwriting can
look like that too, so unless there is more of it than any number has digits, this is a
suspicion: what the characters read as must bear it out, or a person has to look.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from formreader.geometry import Box, bound_components
from formreader.layout.settings import SETTINGS
from formreader.records import Print

_PRINT = SETTINGS.prints


def measure_text(ink: npt.NDArray[np.uint8], fields: list[Box]) -> float | None:
    """Measure the page's printed text outside the fields.

    Args:
        ink: (H, W) uint8, 255 = ink; the whole page.
        fields: Boxes of the fields on the page.

    Returns:
        The height of its tall letters in pixels; None where there is little text.
    """
    lefts, tops, widths, heights = bound_components(ink).T
    letters = (heights >= _PRINT.smallest_letter_px) & (widths <= 2 * heights)
    x, y = lefts + widths / 2, tops + heights / 2
    for box in fields:
        inside = (box.left <= x) & (x < box.right) & (box.top <= y) & (y < box.bottom)
        letters &= ~inside
    if np.count_nonzero(letters) < _PRINT.least_letters:
        return None
    return float(np.quantile(heights[letters], _PRINT.tall_letters))


def suspect_print(
    ink: npt.NDArray[np.uint8], frame: Box, letter_px: float | None
) -> Print:
    """Judge the characters in a box by their size and place.

    Args:
        ink: (h, w) uint8, 255 = ink; the field upright, box lines removed.
        frame: The box within `ink`.
        letter_px: What `measure_text` found.
    """
    characters = _find_characters(ink, frame, letter_px)
    if not characters:
        return Print.NO
    lines = _split_lines(characters)
    words = [line for line in lines if len(line) >= _PRINT.shortest_word]
    reads_like_text = len(words) > 1 or any(_is_even(line) for line in words)
    if reads_like_text and len(characters) > _PRINT.longest_number:
        return Print.CERTAIN
    tallest = max(_line_height(line) for line in words or lines)
    is_low = tallest <= _PRINT.low_line * frame.height
    largest = np.inf if letter_px is None else _PRINT.print_size * letter_px
    if not is_low or tallest > largest:
        return Print.NO
    is_words = reads_like_text and letter_px is not None
    return Print.WORDS if is_words else Print.PERHAPS


def _find_characters(
    ink: npt.NDArray[np.uint8], frame: Box, letter_px: float | None
) -> list[Box]:
    """Find the components inside a frame, specks left out."""
    speck_px = _PRINT.speck * frame.height
    if letter_px is not None:
        speck_px = min(speck_px, _PRINT.speck_of_letter * letter_px)
    speck_px = max(_PRINT.least_speck_px, speck_px)
    found = []
    for left, top, width, height in bound_components(ink).tolist():
        box = Box(left, top, left + width, top + height)
        if (
            max(width, height) >= speck_px
            and 2 * frame.intersection_area(box) > box.area
        ):
            found.append(box)
    return found


def _split_lines(characters: list[Box]) -> list[list[Box]]:
    """Group characters into lines of text by the rows that they share."""
    lines: list[list[Box]] = []
    for box in sorted(characters, key=lambda box: -box.height):
        line = next((x for x in lines if x[0].top <= box.centre[1] < x[0].bottom), None)
        if line is None:
            lines.append([box])
        else:
            line.append(box)
    return [sorted(line) for line in lines]


def _line_height(line: list[Box]) -> float:
    """Take the height of the tall characters of a line."""
    return float(np.quantile([box.height for box in line], 0.9))


def _is_even(line: list[Box]) -> bool:
    """Tell whether the characters of a line stand close and level."""
    tallest = _line_height(line)
    lefts = np.array([box.left for box in line])
    rights = np.array([box.right for box in line])
    gap = float(np.median(lefts[1:] - rights[:-1]))
    feet = np.array([box.bottom for box in line if box.height > tallest / 2])
    level = np.abs(feet - np.median(feet)) <= max(1.0, _PRINT.level_px * tallest)
    is_close = gap < _PRINT.widest_gap * tallest
    return is_close and float(level.mean()) >= _PRINT.level_share
