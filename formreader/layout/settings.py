"""The tuning of layout: every number that a fit or a measurement on pages chose.

Each number says what it is a share or a multiple of, and why it is so where that is not
plain. Numbers that only size buffers and loops stay with their loops.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from formreader.layout.print_settings import (
    AlignedPrintSettings,
    ColumnPrintSettings,
    ForeignInkSettings,
    PrintedFieldSettings,
    PrintSettings,
    WrittenColumnSettings,
)
from formreader.layout.table_settings import (
    BoxStripSettings,
    ChainSettings,
    CombSettings,
    GridRepairSettings,
    GridSettings,
    LevelSettings,
    MergedCellSettings,
    OpenTableSettings,
    SentenceSettings,
    TableSettings,
)
from formreader.settings import (
    Count,
    Degrees,
    FinePixels,
    Greys,
    Pixels,
    Ratio,
    Settings,
    Share,
    Span,
)

__all__ = ["SETTINGS", "LayoutSettings"]


@dataclass(frozen=True)
class BinarizationSettings(Settings):
    """How ink is told from paper."""

    sensitivity: Share = 0.2  # weight k of local contrast; smaller finds fainter ink
    faint: Share = 0.1  # the same, where the faint lines of boxes are wanted as well
    noise: Greys = 12.0  # by which paper without any ink may vary
    windows_a_side: Count = 40  # of the page, in each of which paper is measured
    smallest_window_px: Pixels = 15
    blocks_a_window: Count = 15  # at least; large windows are measured in blocks
    darkest_share: Share = 0.001  # of the pixels are full ink


@dataclass(frozen=True)
class StripSettings(Settings):
    """How ink is told from the patterned paper of a strip."""

    window: Ratio = 0.9  # of the strip's height; the median over it is paper
    largest_window_px: Pixels = 101  # larger strips are made smaller for that
    smoothing_px: FinePixels = 0.8
    least_contrast: Greys = 12.0  # between ink and paper
    least_distance: Ratio = 2.5  # between the same, in deviations of the paper


@dataclass(frozen=True)
class SkewSettings(Settings):
    """How the angle of lines is measured."""

    largest_deg: Degrees = 15.0  # at which a frame may lie
    coarse_angles: Count = 61  # tried over the whole range
    fine_angles: Count = 21  # tried around the best of these
    coarse_points: Count = 1000  # of a frame's ink that are looked at
    fine_points: Count = 6000
    as_sharp: Share = 0.995  # of the sharpest profile; thin lines have several such


@dataclass(frozen=True)
class SlantSettings(Settings):
    """When a page is laid level before it is read."""

    view_px: Pixels = 1000  # longer side of the picture that is looked at
    level_deg: Degrees = 4.0  # by which a page that lies well is turned at most
    parallel_deg: Degrees = 6.0  # by which its lines turn from one end to the other
    slack_deg: Degrees = 1.5  # by which an edge is off the level
    askew: Span = (0.1, 0.4)  # of the edges, that are so after a slant, or a turn
    fewer: Share = 0.5  # of those that are so before a slant is undone
    smoothing: Share = 0.01  # of the longer side; print within the sheet is narrower
    sheet_contrast: Greys = 40.0  # between the sheet and what lies around it
    filled_sheet: Share = 0.9  # of its hull, that is bright
    least_sheet: Share = 0.2  # of the photo


@dataclass(frozen=True)
class BrokenLineSettings(Settings):
    """Which gaps in lines are closed."""

    runs_a_side: Count = 140  # of the page: 12 pixels, or 1.5 mm, on A4 at 200 dpi
    run_px: Span = (8, 20)  # within which the shortest run is kept
    longest_gap: Ratio = 1.0  # of the shortest run
    shortest_line: Ratio = 3.0  # the same, of a line with its gaps
    longest_bridge: Ratio = 5.0  # of the same, under the pen
    around_pen_px: Pixels = 2  # where ink is neither the pen's nor the line's


@dataclass(frozen=True)
class FrameSettings(Settings):
    """What counts as a ruled cell."""

    least_cell_px: Pixels = 16  # a side; a digit inside would have about 10 pixels
    almost: Share = 0.6  # of that; a smaller box is not even told to be too small
    least_boxy: Share = 0.75  # of the rectangle around a hole, that its hull fills
    least_fill: Share = 0.85  # of that around a cell; the inside of a 0 fills 0.79
    thickest_lone: Share = 0.12  # line by cell height where few cells make a frame
    few_cells: Count = 2  # as the insides of a letter
    lone_cells_a_side: Count = 60  # of the page: 3.5 mm on A4, a letter's inside
    side_coverage: Share = 0.85  # of a side, that ink runs along
    straight: Share = 0.8  # of a cell's height is one straight run; curves have less
    lower_holes: Share = 0.25  # of the area, whose height is taken as typical
    longest_run_px: Pixels = 60  # to ask for, since lines may bend
    thickest_line: Share = 0.14  # of the cell's height; rings of a QR code have 0.2


@dataclass(frozen=True)
class NestingSettings(Settings):
    """When a cell lies in another, and when what it holds is a guide."""

    inside: Share = 0.9  # of a cell's area: it lies in the other cell
    same_size: Share = 0.2  # by which boxes of one size differ
    guided: Span = (0.5, 1.4)  # width / height of boxes with a guide
    eight: Span = (0.3, 0.9)  # width / height of guides in the shape of an 8
    flattest_half: Share = 0.6  # of a guide's height, that half of an 8 has at most


@dataclass(frozen=True)
class RowSettings(Settings):
    """Which cells make a row of one digit each, and which are put in."""

    cell_aspect: Span = (0.4, 1.6)  # width / height of a box for one digit
    size_tolerance: Share = 0.2  # by which its boxes differ
    level_tolerance: Share = 0.2  # of the cell's height, by which they climb
    widest_gap: Ratio = 0.5  # of the cell's width, between boxes that stand apart
    widest_even_gap: Ratio = 1.2  # the same, where uneven gaps part a row again
    longest_break: Count = 2  # cells missing in one place
    shortest_row: Count = 3  # cells; a shorter one says too little of what is missing
    ruled_share: Share = 0.75  # of the way beside a row, that both lines go on
    slack_px: Pixels = 3  # by which a line may lie off the straight way
    inner_share: Span = (0.15, 0.85)  # of a cell's width, where no line of its own is
    inside: Share = 0.9  # of a cell's area: it lies in another
    most_shared: Share = 0.1  # of its area, that a cell put in shares with another
    crossed_share: Share = 0.9  # of a cell's height, that an upright line has


@dataclass(frozen=True)
class EnclosureSettings(Settings):
    """What the layer of rules encloses."""

    gaps_a_side: Count = 100  # of the page: dots and gaps of 2 mm on A4 are closed
    least_fill: Share = 0.8  # of the rectangle around a cell; rounded ones fill 0.9
    largest: Share = 0.25  # of the page; larger ones are frames around it
    narrowest: Share = 0.3  # width / height; what is narrower stands between boxes
    lowest: Share = 0.4  # of the median height of the page's cells; lower is a gap
    line_px: FinePixels = 3.0  # thickness taken for lines that were closed
    known: Share = 0.5  # of a cell's area, that cells found before share with it


@dataclass(frozen=True)
class RulingSettings(Settings):
    """How lines are erased, and which strokes on them are restored."""

    slack_px: Pixels = 2  # by which a line may lie off the inner edge of its cell
    longest_stroke: Ratio = 0.6  # of a cell's height; a longer one on a line is none
    long_line: Share = 0.35  # of a strip's width
    whole_line: Share = 0.8  # the same, of a field with its margin
    shortest_line_px: Pixels = 15
    thickest_line: Share = 0.15  # of a strip's height; a thicker one is no line
    unevenness: Share = 0.25  # of its thickness, by which a line varies


@dataclass(frozen=True)
class DropoutInkSettings(Settings):
    """When boxes are printed in drop-out ink, and what in them is the pen."""

    windows_a_side: Count = 25  # of the page; the median over one is paper
    window_samples: Count = 25  # pixels a side, on which that median is taken
    ways: Count = 40  # points along a side of a cell
    way_ends: Share = 0.15  # of its ends, to spare
    rim: Share = 0.15  # of a cell's side, where its lines may lie
    palest_line: Greys = 12  # tone; lines below cannot be told from paper
    bins: Count = 64  # of the histogram of tones
    scarce: Share = 0.02  # of the drop-out tone's peak: here it ends
    into_gap: Count = 3  # the limit lies a third into the gap between the tones
    darker: Ratio = 2.0  # times the drop-out tone: the pen's median
    least_pen: Share = 0.01  # of the tones in all cells
    slack_px: Pixels = 8  # for what is interpolated
    margin: Ratio = 0.6  # of a field's height, drawn around it, turned by any angle
    edge: Share = 0.6  # of the limit: where ink ends when it is drawn anew
    around: Share = 0.5  # of the limit: the most that what is around ink may have


@dataclass(frozen=True)
class SeparatedInkSettings(Settings):
    """What the probabilities of the ink network make of ink."""

    print_odds: Share = 0.5  # of print to the pen: print that is lost is a silent error
    least_ink: Share = 0.15  # probability of pen and print; ink below is dirt
    sure_pen: Share = 0.5  # probability of the pen; ink whether or not it is dark
    mixed: Span = (0.3, 0.6)  # share of the pen, between which a component is parted
    # The same, with doubt: to where print was likelier before its odds were halved.
    unsure: Span = (0.25, 0.667)
    runs_a_side: Count = 100  # of the page; a shorter run is no part of a level line
    bridges_a_side: Count = 30  # of the page: 7 mm on A4, a digit along a line


@dataclass(frozen=True)
class FieldSettings(Settings):
    """How a field is cut out."""

    most_cells: Count = 8000  # on a page; more are squared paper
    smallest_px: Pixels = 60  # height of a field, to which smaller ones are enlarged
    margin: Ratio = 0.4  # of the field's height, kept around it


@dataclass(frozen=True)
class LayeredFieldSettings(Settings):
    """What in a field is the pen's, by the layers and by where it stands."""

    least_ink: Share = 0.004  # of the square of its height: a point and more
    unsure_ink: Share = 0.5  # of the pen's ink, that may be print without doubt
    rim: Share = 0.03  # of a cell's height, within which its walls may lie askew
    least_digit: Share = 0.25  # of the cell's height, that a digit has
    mostly: Share = 0.4  # of a stroke, that is the pen's where it is so as a whole
    alike: Span = (0.6, 1.6)  # height to that of the pen's digits, of one more of them
    level: Share = 0.4  # of their height, between the middles
    wall: Share = 0.06  # of a cell's height: how far out its walls may reach
    least_wall_px: Pixels = 3
    least_pen: Share = 0.001  # of the square of its height; less is dirt
    # In pixels of the ink network, in which digits are 20 to 30 high:
    least_stroke_px: FinePixels = 4.0  # that a stroke is long; less are specks
    specks_px: FinePixels = 12.0  # that all of them are long, if they are no dirt
    as_dark: Share = 0.75  # of the pen's contrast to paper; what is paler is a guide


@dataclass(frozen=True)
class OverhangSettings(Settings):
    """What hangs over into a box from the one beside it."""

    depth: Share = 0.35  # of the box's height or width, that it reaches in at most
    rim: Share = 0.06  # of its height: how far in its walls may reach
    most_inside: Share = 0.25  # of a stroke, that stands in the box
    bridge_px: Pixels = 4  # half a line, whose ink joins a stroke on both sides


@dataclass(frozen=True)
class CrossingSettings(Settings):
    """Whose a stroke is that crosses the wall between two cells."""

    wall: Share = 0.3  # of a cell's height, that the wall is thick at most
    beside: Share = 0.5  # of the lower cell, that the other is beside
    reach: Share = 0.08  # of the same, that the stroke reaches into both at least
    least_digit: Share = 0.3  # of the same, that a digit is high
    widest: Ratio = 1.0  # of its height, that a digit is wide; more may be two
    widest_lone: Ratio = 1.1  # the same, that it is at most
    near: Ratio = 0.5  # of the same, between the digits of a number
    even: Share = 0.1  # of a digit more than half of it: it may be either cell's
    closer: Share = (
        0.5  # of the gap to the digits of the other cell: it is one of these
    )
    joint: Ratio = 2.5  # of the pen's width, where a single stroke joins two digits
    joint_away: Ratio = 0.6  # of their height, from the wall at most
    thickness: Share = 0.2  # of that height, for which a pen's width less makes up
    like_height: Share = 0.5  # of their height, that each of them has
    narrowest: Share = 0.2  # the same, for its width


@dataclass(frozen=True)
class SurroundingsSettings(Settings):
    """What beside a field looks like a digit of its number."""

    least_digit: Share = 0.3  # of the frame's height, that a digit in it has
    alike: Span = (0.7, 1.6)  # height beside that of the field's own digits
    width: Span = (0.1, 1.5)  # of a digit, in heights
    level: Share = 0.4  # of the height, between middles
    near: Ratio = 0.6  # of the frame's height, to a digit: half a box and more
    dash: Span = (0.25, 1.2)  # width of a minus before the field, in heights
    flat: Ratio = 0.4  # of its width, that a minus is high
    narrow: Ratio = 2.0  # width / height of a box for a digit or two
    reaches_in: Share = 0.1  # of the height, that a digit in a wall reaches in


@dataclass(frozen=True)
class BlankSettings(Settings):
    """Which lines are blanks to write on; on the blank page of a form."""

    shortest: Share = 1 / 30  # of the page's width
    longest: Share = 0.5  # of the page's width; a longer line parts the page
    labelled: Share = 0.9  # the same, if a label stands before the line
    least_label: Share = (
        0.03  # of the place before a line, that the ink of words covers
    )
    thickest: Share = 1 / 400  # of the page's width
    solid: Share = 0.8  # of the rectangle around a level line is ink
    steepest: Share = 0.03  # by which a line may climb on a page that lies askew
    least_room: Share = 1 / 110  # of the page's height, free above: 2.7 mm on A4
    most_room: Share = 1 / 35  # of the same; more is not part of the field
    ends: Share = 0.05  # of a line, beside which a label may stand
    uneven: Share = 0.2  # of the typical distance, by which teeth may differ
    fewest_teeth: Count = 3


@dataclass(frozen=True)
class WritingSettings(Settings):
    """What makes a line of writing where nothing is printed around it.

    Pixels are those of the ink network, in which handwriting is 20 to 30 high.
    """

    height_px: Span = (9, 90)  # of a digit; lower are marks, higher drawings
    least_mark_px: FinePixels = 2.0  # a side; what is smaller is dirt
    widest_gap: Ratio = 0.5  # of their height, between two digits of a number
    shared_height: Share = 0.4  # of the lower one, on one level with its neighbour
    mark_reach: Ratio = 0.5  # of the digits' height, beside them
    mark_below: Ratio = 0.3  # of the same, below their feet
    like_height: Span = (0.4, 1.8)  # beside the line's: it may go on with it
    pen_gap: Ratio = 1.3  # of the height, to writing that may go on with it
    print_gap: Ratio = 0.7  # the same, to print
    dash: Ratio = 0.2  # of the height; a mark as wide may lead to more digits
    perhaps_print: Share = 0.3  # of its ink that may be print, where print is beside
    likely_print: Share = 0.5  # the same, where none is
    line_below: Span = (0.4, 0.6)  # of the height, above and below the feet
    runs_on: Ratio = 0.7  # of the height, that the line goes on at each end
    line_slack: Span = (0.15, 0.3)  # of the height: off the level, and between dots
    ruled: Share = 0.7  # of the width, below which a line runs
    blank_length: Span = (1.2, 12.0)  # of the height: a line to write a number on
    in_column: Count = 3  # such lines, one below the other
    aligned: Share = 0.3  # of their length, by which their ends differ
    long_line: Share = 1 / 15  # of the page's width; it tells how the page lies
    thin_line: Share = 0.1  # of its length, that the line's rectangle is high
    level_deg: Degrees = 0.5  # by which writing lies askew as well


@dataclass(frozen=True)
class CaptionSettings(Settings):
    """What in a box is a piece of its caption."""

    small: Ratio = 0.6  # of the highest line in the box; captions are lower


@dataclass(frozen=True)
class RepeatSettings(Settings):
    """What is printed into several fields alike."""

    fewest: Count = 6  # fields with the same shape at the same place
    reach: Ratio = 1.5  # of the height of a box, to its left or right wall
    slack: Share = 0.15  # of a piece's height, by which size and place differ
    least_slack_px: FinePixels = 2.0
    side_px: Count = 16  # of the picture by which shapes are compared
    alike: Share = 0.85  # cosine between two such pictures
    many: Count = 8  # fields: no hand writes so
    exact: Share = 0.9  # of those at about the same place, that lie right there
    around: Ratio = 0.5  # of a piece's size: about the same place
    blurred: Share = 0.7  # the same, of more of what repeats
    least_height: Share = 0.25  # of its box; a lower piece may be any point
    larger: Ratio = 2.0  # times its height: what it is a part of
    printed: Span = (0.02, 0.3)  # of all that repeats, called print: if many, if few
    clearly: Ratio = 2.0  # times the share of all that stands in fields, if few


@dataclass(frozen=True)
class LayoutSettings:
    """The tuning of each step of layout.

    Example:
        >>> SETTINGS.rows.cell_aspect
        (0.4, 1.6)
    """

    binarization: BinarizationSettings = BinarizationSettings()
    strips: StripSettings = StripSettings()
    skew: SkewSettings = SkewSettings()
    slant: SlantSettings = SlantSettings()
    broken_lines: BrokenLineSettings = BrokenLineSettings()
    frames: FrameSettings = FrameSettings()
    nesting: NestingSettings = NestingSettings()
    merged_cells: MergedCellSettings = field(default_factory=MergedCellSettings)
    rows: RowSettings = RowSettings()
    enclosures: EnclosureSettings = EnclosureSettings()
    grids: GridSettings = field(default_factory=GridSettings)
    grid_repair: GridRepairSettings = field(default_factory=GridRepairSettings)
    open_tables: OpenTableSettings = field(default_factory=OpenTableSettings)
    tables: TableSettings = field(default_factory=TableSettings)
    combs: CombSettings = field(default_factory=CombSettings)
    box_strips: BoxStripSettings = field(default_factory=BoxStripSettings)
    chains: ChainSettings = field(default_factory=ChainSettings)
    ruling: RulingSettings = RulingSettings()
    dropout_ink: DropoutInkSettings = DropoutInkSettings()
    separated_ink: SeparatedInkSettings = SeparatedInkSettings()
    fields: FieldSettings = FieldSettings()
    layered_fields: LayeredFieldSettings = LayeredFieldSettings()
    overhang: OverhangSettings = OverhangSettings()
    crossings: CrossingSettings = CrossingSettings()
    prints: PrintSettings = field(default_factory=PrintSettings)
    aligned_print: AlignedPrintSettings = field(default_factory=AlignedPrintSettings)
    printed_fields: PrintedFieldSettings = field(default_factory=PrintedFieldSettings)
    surroundings: SurroundingsSettings = SurroundingsSettings()
    blanks: BlankSettings = BlankSettings()
    writing: WritingSettings = WritingSettings()
    foreign_ink: ForeignInkSettings = field(default_factory=ForeignInkSettings)
    captions: CaptionSettings = CaptionSettings()
    levels: LevelSettings = field(default_factory=LevelSettings)
    sentences: SentenceSettings = field(default_factory=SentenceSettings)
    repeats: RepeatSettings = RepeatSettings()
    column_print: ColumnPrintSettings = field(default_factory=ColumnPrintSettings)
    written_columns: WrittenColumnSettings = field(
        default_factory=WrittenColumnSettings
    )


SETTINGS = LayoutSettings()
"""The tuning that layout works with."""
