"""The tuning of tables and rows of boxes: which cells belong together, and to what."""

from __future__ import annotations

from dataclasses import dataclass

from formreader.settings import Count, Pixels, Ratio, Settings, Share, Span

__all__ = [
    "BoxStripSettings",
    "ChainSettings",
    "CombSettings",
    "GridRepairSettings",
    "GridSettings",
    "LevelSettings",
    "MergedCellSettings",
    "OpenTableSettings",
    "SentenceSettings",
    "TableSettings",
]


@dataclass(frozen=True)
class GridSettings(Settings):
    """Which cells share walls, and which walls are one."""

    thickest_wall: Share = 0.3  # of the smaller side of both cells; wider is a gap
    shared: Share = 0.5  # of the side of the smaller cell, that the other is beside
    slack: Share = 0.3  # of the lower cell, by which walls lie off each other


@dataclass(frozen=True)
class GridRepairSettings(Settings):
    """What repeats in a grid of cells."""

    lone_share: Share = 0.1  # of the rows, or one, that have a wall that is none
    fewest_rows: Count = 2  # that say so
    ruled_share: Share = 0.75  # of a wall of a cell put in, that is to be seen
    slack_px: Pixels = 3  # by which it may lie off the straight way
    most_shared: Share = 0.1  # of its area, that it shares with another cell


@dataclass(frozen=True)
class OpenTableSettings(Settings):
    """When the lines of a table end together where it has no wall."""

    fewest_lines: Count = 3  # that end together
    most_odd: Count = 1  # side by side that end elsewhere, among such lines
    least: Share = 0.6  # of the smaller side of a cell, that they go on beyond a wall
    slack: Share = 0.25  # of the same, by which they end apart
    highest: Ratio = 2.0  # of the highest row, that a row added above or below has
    most_shared: Share = 0.1  # of its area, that a cell added shares with another
    slack_px: Pixels = 3  # by which a line may lie off the straight way
    stride_px: Pixels = 16  # of a line that are looked at together
    seen: Share = 0.5  # of these, where the line goes on
    heed: Share = 0.5  # of what its direction is found to be off, that is put right


@dataclass(frozen=True)
class TableSettings(Settings):
    """When rows of cells are those of a table, with a number in each cell."""

    least_print: Share = 0.01  # of the square of a cell's height, where it holds print
    print_to_pen: Ratio = 2.0  # print to the pen's ink beside it, at least
    headed: Share = 0.8  # of the cells of a row are printed, where it heads columns
    unheaded: Share = 0.2  # of the cells of a row that is to be filled in
    least_digit: Share = 0.3  # of the cell's height, that a digit has
    fewest: Count = 2  # cells of a block that hold several digits
    share: Share = 0.3  # of the cells with ink, that hold several
    slack: Share = 0.35  # of a cell, by which one may lie off the one above
    shortest: Count = 3  # cells, whose gaps can be compared
    wider: Ratio = 1.5  # times the smallest gap of a row: another number begins
    least_gap: Share = 0.25  # of a cell's width, that such a gap has


@dataclass(frozen=True)
class CombSettings(Settings):
    """What a comb is."""

    fewest: Count = 3  # places for a digit; fewer prove no even pitch
    pitch: Span = (0.3, 1.6)  # of the height of a frame, that a place is wide
    uneven: Share = 0.15  # of the pitch, by which a tooth stands off it
    seen: Share = (
        0.75  # of the teeth between both ends; the pen may run over the others
    )
    base_px: Pixels = 4  # within which a tooth begins
    tooth: Share = 0.15  # of the height of a frame, at least
    thickest: Share = 0.12  # the same, at most; a thicker one is no line
    thinnest_px: Pixels = 5  # at most, where that is less
    longer: Ratio = 1.5  # times the thickness of a line without a frame, at least
    wider: Ratio = 3.0  # the same, at most, across
    shortest: Share = 1 / 30  # of the page's width, that such a line is long
    height: Ratio = 1.4  # of the pitch: the room for a digit, where there is no frame
    lowest: Ratio = 0.6  # of the pitch; less room is none
    covered: Share = 0.03  # of the width, covered by print: here the room ends


@dataclass(frozen=True)
class BoxStripSettings(Settings):
    """What is a row of boxes whose walls the pen has hidden."""

    shortest: Count = 3  # boxes of a row that says how the form draws them
    fewest: Count = 2  # such rows of one shape of boxes
    like_shape: Share = 0.1  # by which width / height differs among these
    alike: Share = 0.25  # by which heights differ
    ragged: Share = 1.0  # of the widest box, by which lines differ at their ends
    askew: Share = 0.08  # of the narrowest box, by which a line rises under the pen
    run: Share = 0.4  # of the narrowest box, that a line runs level at least
    shortest_line: Ratio = 1.5  # of the same
    whole: Share = 0.3  # of a box, by which the length is off a whole number of them
    rim: Share = 0.15  # of the height, where the lines above and below are
    off: Share = 0.15  # of a box, by which a wall stands off its place
    covered: Share = 0.6  # of a wall, that is seen or hidden by the pen
    trace: Share = 0.1  # of a wall, that is seen of one
    traced: Share = 0.5  # of the inner walls, of which that is seen
    between: Span = (0.15, 1.2)  # of the height, the gap between groups of boxes
    sure: Share = 0.3  # of each wall, that is seen of a row that is not in doubt
    adjoining: Share = 0.6  # of a box, to boxes of which it may be a piece


@dataclass(frozen=True)
class ChainSettings(Settings):
    """Which rows of boxes are parts of one number."""

    widest_gap: Ratio = 1.4  # of a box's inside: a whole box; what is farther is alone
    alike: Share = 0.25  # by which boxes of one number differ
    slack: Share = 0.25  # of the height, by which they lie off each other's level
    beside: Share = 0.5  # of the lower one, that two stand at one level
    wall: Share = 0.25  # of a box's width, that the wall between two has at most
    aspect: Span = (0.25, 2.0)  # width / height of a box for one digit
    uneven: Ratio = 2.0  # times the narrowest of boxes drawn by hand: the widest
    least_group: Count = 3  # boxes in all, where one stands alone in its group
    most_marks: Count = 2  # between two groups
    walled: Share = 0.8  # of the height, that a wall between two groups has
    letter: Share = 0.3  # of the height, that print between has which is no mark
    speck: Share = 0.05  # of the height, that a speck has at most
    least_mark_px: Pixels = 4  # area of a mark
    line_slack_px: Pixels = 2  # by which a line is thicker than measured
    least_pen: Share = 0.004  # of the square of the height: a point and more


@dataclass(frozen=True)
class LevelSettings(Settings):
    """When what is enclosed is several rows, one above the other."""

    highest: Share = 0.45  # of the height, that a stroke of one of the rows has
    like_height: Share = 0.5  # of the highest stroke, that a digit has
    shared: Share = 0.2  # of the lower one's height, by which levels overlap
    ruled: Share = 0.4  # of the width, that a line between two of them is seen
    slack: Share = 0.2  # of their height, by which it may lie off
    room: Ratio = 0.6  # of the height, around the writing of a part
    for_digit: Ratio = 3.0  # times the height of the writing: a box for two digits


@dataclass(frozen=True)
class SentenceSettings(Settings):
    """When what is in a cell is a sentence with gaps."""

    widest_number: Ratio = 3.0  # width / height of a cell that holds a number alone
    least_word: Ratio = 0.5  # its width to the digits' height; less may be a mark
    letter: Span = (0.25, 0.75)  # height of a letter to that of the digits
    like_height: Share = 0.5  # of the highest stroke, that a digit has


@dataclass(frozen=True)
class MergedCellSettings(Settings):
    """When a cell is several that ran together, or part of one."""

    size_tolerance: Share = 0.15  # of a cell's size, that it is off a multiple
    exact: Share = 0.06  # the same, where nothing is left of the line
    long_row: Count = 3  # cells that say enough about the size of others
    most_cells: Count = 4  # that ran together downwards
    touching: Share = 0.3  # of the height, between a wide cell and the row it goes on
    left_share: Share = 0.5  # of the way across a cell, that is left of the line
    end_share: Share = 0.15  # of the same; at one end at least the line is whole
    slack_px: Pixels = 1  # by which a line may lie off the straight way
