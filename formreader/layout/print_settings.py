"""The tuning of how print is told from what somebody wrote."""

from __future__ import annotations

from dataclasses import dataclass

from formreader.settings import (
    Count,
    Degrees,
    FinePixels,
    Pixels,
    Ratio,
    Settings,
    Share,
    Span,
)

__all__ = [
    "AlignedPrintSettings",
    "ColumnPrintSettings",
    "ForeignInkSettings",
    "PrintSettings",
    "PrintedFieldSettings",
    "WrittenColumnSettings",
]


@dataclass(frozen=True)
class PrintSettings(Settings):
    """What looks like printed text in a box."""

    speck: Share = 0.1  # of the box's height, or
    speck_of_letter: Share = 0.4  # of the page's tall letters, where the box is tall
    least_speck_px: FinePixels = 3.0
    shortest_word: Count = 4  # characters
    longest_number: Count = 13  # digits; more that look like print are certainly text
    level_share: Share = 0.7  # of a line stands level (the rest are g, p, y, commas)
    level_px: Share = 0.05  # of the line's height, by which level feet differ
    widest_gap: Ratio = 0.25  # between the letters of a word, of their height
    low_line: Share = 0.45  # of the box's height; labels leave room
    tall_letters: Share = 0.85  # quantile of letters' heights: b, d, A, seldom a title
    print_size: Ratio = 1.25  # of the tall letters
    smallest_letter_px: Pixels = 6
    least_letters: Count = 20  # on a page, for its text to be measured


@dataclass(frozen=True)
class AlignedPrintSettings(Settings):
    """What stands in one line with print, and alike."""

    least_px: Pixels = 6  # height of a component that is judged
    level: Share = 0.12  # of its height, by which others differ in height and level
    slope: Ratio = 0.02  # of the way to another, by which their levels may differ too
    reach: Ratio = 15.0  # of its height, to the farthest
    fewest: Count = 3  # others that say something
    most: Count = 7  # nearest ones that are asked
    is_print: Share = 0.6  # of a component that is print


@dataclass(frozen=True)
class PrintedFieldSettings(Settings):
    """What share of print makes a field printed, alone or with its column."""

    sure: Share = 0.92
    likely: Share = 0.7  # unless it reads as clear digits
    least_rows: Count = 4  # of a column, that are judged together
    lowest: Share = 0.2  # quantile of their shares: one that was written refutes print
    least_low: Share = 0.17  # of a column that may be printed
    doubted_low: Share = 0.3  # of one that is doubted
    doubted_mean: Share = 0.5
    aligned: Share = 0.3  # of a row's height, by which the sides of a column differ
    gap: Ratio = 1.5  # of a row's height, between two fields of a column


@dataclass(frozen=True)
class ColumnPrintSettings(Settings):
    """What is printed at one place of the boxes of a column, if only in fragments."""

    aligned: Share = 0.1  # of a box's width, by which its walls lie off those above
    fewest: Count = 6  # boxes with ink in which it is seen
    share: Share = 0.7  # of all boxes with ink there
    reach: Ratio = 2.0  # of the height of the lowest box, from a wall
    least_ink: Share = 0.01  # of the square of that height; less is a speck
    blur: Share = 0.02  # the same: how far fragments of one stroke spread
    slack: Share = 0.12  # the same, by which places differ
    least_slack_px: Count = 2
    rounds: Count = 3  # in which pictures are laid over their mean
    least_common: Share = 0.3  # of full ink, that half of the boxes have
    rim: Share = 0.25  # of the most that they have, at the rim of a stroke
    alike: Share = 0.75  # cosine between the picture of a box and what is common
    exact_px: FinePixels = 1.5  # standard deviation of its place
    exact: Share = 0.05  # the same, of its height, where that is more
    least_height: Share = 0.25  # of the lowest box; a lower one may be any mark
    room: Ratio = 2.0  # of the lowest box's height, that is left for a number
    printed: Share = 0.3  # of it, that the ink network takes for print
    within: Share = 0.7  # of a component, that lies where it does


@dataclass(frozen=True)
class WrittenColumnSettings(Settings):
    """What was written into a column, though it is called print."""

    fewest: Count = 4  # cells with the pen's digits
    least_digit: Share = 0.25  # of a cell's height
    least_pen: Share = 0.5  # of the ink of all digits
    least_cells: Share = 0.5  # of those with digits, of which that is true
    like_height: Span = (0.6, 1.6)  # to the pen's digits
    repeated: Count = 2  # other cells, that hold the same at the same place
    most_alike: Share = 0.35  # of all pairs, of one height and on one level
    slack: Share = 0.06  # of a digit's height, within which type is
    slack_px: Pixels = 1  # and more, for its edges
    print_left: Share = 0.5  # of its share of print, that remains


@dataclass(frozen=True)
class ForeignInkSettings(Settings):
    """What in a line of writing is of the ink of the print around it."""

    around: Ratio = 3.0  # of the line's height, to print at its sides
    least_px: Count = 50  # pixels of print; fewer tell nothing of its ink
    paper: Share = 0.6  # quantile of what is no ink, that is the paper's tone
    darkest: Share = 0.8  # quantile of a stroke's pixels, that is its tone
    least_deg: Degrees = 7.0  # between the hues of pen and print
    darker: Ratio = 1.3  # depth of print to the pen's, where their hues are alike
    nearer: Share = 0.3  # of the way from the tone of print to the pen's, at most
