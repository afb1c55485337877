"""The tuning of digits: every number that a fit or a measurement on writing chose.

Each number says what it is a share or a multiple of, and why it is so where that is not
plain. What a trained model brings with it, as its temperature, stands in its manifest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from formreader.settings import (
    Count,
    FinePixels,
    Logarithm,
    Ratio,
    Settings,
    Share,
    Span,
)

__all__ = [
    "IN_CELLS",
    "IN_TYPED",
    "LINE_COLUMNS",
    "ON_PAPER",
    "SETTINGS",
    "WITHOUT_OTHER",
    "Consensus",
    "DigitSettings",
    "Weights",
    "WordSettings",
]


@dataclass(frozen=True)
class ComponentSettings(Settings):
    """Which connected components of a field are dirt, or a neighbour's."""

    speck: Share = 0.12  # of the field's height; a smaller one is dirt
    least_speck_px: FinePixels = 3.0  # nothing smaller is more than dirt
    rim: Share = 0.1  # of the field, where its lines may lie
    reaching: Share = 0.4  # of the field's height; less is a neighbour's
    fewest_written: Count = 5  # specks; more of some size, and they are writing
    written_speck: Share = 0.3  # of the largest speck: that size


@dataclass(frozen=True)
class SegmentSettings(Settings):
    """How ink is given to cells, and when a blank is doubtful."""

    clean_blank: Share = 0.999  # probability that a place without a speck is blank
    speck_doubt: Share = 0.2  # that one with the largest speck is not blank after all
    spanning: Share = 0.2  # of a component in a second cell: it belongs to both
    close_gap: Share = 0.2  # of the writing's height, between digits moved together
    writing_margin: Share = 0.2  # of the writing's height, around it


@dataclass(frozen=True)
class CutSettings(Settings):
    """Where a component may be cut in two digits."""

    narrowest: Ratio = 0.5  # of the digits' height; a narrower component stays whole
    thickest_cut: Ratio = 3.0  # pen widths of ink that a cut may cross
    waist: Ratio = 0.6  # of the digits' height; a higher column is no waist,
    shoulder: Ratio = 1.5  # nor one whose sides are not so much higher
    distance: Ratio = 0.16  # of the digits' height, between two cuts
    sidestep: Ratio = 0.25  # cost of a step sideways, in pixels of ink
    least_ink: Ratio = 1.5  # squared pen widths in a part


@dataclass(frozen=True)
class ProposalSettings(Settings):
    """Which parts of ink may be one digit together, and what is to be cut."""

    tall: Share = 0.5  # of the highest; lower ones say nothing of the digits' height
    most_parts: Count = 4  # in a segment
    widest: Ratio = 1.6  # width / height of the digits; wider parts are no digit
    fragment: Ratio = 0.6  # of the digits' height; lower may be part of a neighbour
    broad: Ratio = 1.0  # width / height of the digits; wider may be two, sure or not
    certain: Share = 0.97  # of the classifier, that a component is one digit
    widest_gap: Ratio = 0.3  # of the digits' height, between two parts of a digit


@dataclass(frozen=True)
class StripSettings(Settings):
    """How the ink of a strip is measured for the string reader."""

    paper_window: Ratio = 0.6  # of the height; wider than any stroke
    full_ink: Share = 0.99  # of the pixels are paler than full ink
    least_peak: Share = 0.08  # of the paper's brightness; what varies less is no ink


@dataclass(frozen=True)
class LookSettings(Settings):
    """In which ways a strip is shown to the string reader."""

    slant: Share = 0.15  # sideways, of the distance from the middle; both ways
    wider: Ratio = 1.12  # and narrower by as much
    margin: Share = 0.1  # paper all around, of the height
    unseen: Logarithm = -10.0  # of any string, by each of them


@dataclass(frozen=True)
class MarkSettings(Settings):
    """When it is doubtful whether a component is a mark."""

    unsure: Span = (0.1, 0.9)  # probability of being any mark
    odds: Ratio = 0.25  # of marks to digits on forms, to those of the drawn numbers
    lost: Share = 0.02  # of the marks that a date asks for: joined to a digit, left out
    texts: Count = 8  # of the string reader that are looked at for their marks
    seen: Share = 0.95  # probability of a text; then no other is looked for
    least: Logarithm = -25.0  # of the digits; below, the string reader knows nothing
    unseen: Logarithm = -8.0  # of a text, in one of several looks at a field
    agreed: Share = 0.9  # probability of the marks by the string reader, to be sure
    own: Share = 0.9  # the most that the looks of components count: marks touch digits


@dataclass(frozen=True)
class SignSettings(Settings):
    """Which ink at the ends of a number is shown to the network of signs."""

    most_parts: Count = 4  # components of a sign
    most_beyond: Count = 2  # marks and dirt between it and the end
    low: Share = 0.4  # of the digits' height: those
    height: Span = (0.3, 2.2)  # of a sign, in heights of a digit
    widest: Ratio = 1.8  # of the same
    broad: Ratio = (
        1.25  # of the same; what is broader may be a sign that touches a digit
    )
    odds: Ratio = 0.1  # of signs to digits on forms, to those of the drawn numbers
    unsure: Span = (0.3, 0.95)  # probability of being any sign
    struck: Share = 0.5  # the same of a digit struck out, which a person sees anyway


@dataclass(frozen=True)
class StrikeSettings(Settings):
    """Which strokes say that a field is empty, or that its number is struck out."""

    shortest: Ratio = 0.3  # of the box's height; a shorter stroke may be a mark or dirt
    rim: Share = 0.15  # of the box's height, where a stroke may be left of its line
    straight: Share = 0.25  # thickness / length of a stroke; a thicker one is bent
    thickest: Ratio = 1.5  # the same, in widths of its pen
    slash: Ratio = 55.0  # degrees from upright; a steeper stroke is a 1,
    slash_through: Ratio = 25.0  # but for one that goes through the whole box,
    through: Share = 0.6  # this much of its width and of its height
    cross_px: Count = 32  # side of the square in which diagonals are looked for
    cross_width: Share = 0.2  # of its side, how far ink may lie from a diagonal
    cross_share: Share = 0.9  # of the ink that lies so; of a diagonal that has ink
    length: Ratio = 1.8  # of the writing's height; no stroke of a digit is so long
    crossed_cells: Ratio = 3.2  # cell widths; the least length of a stroke through some
    part: Share = 0.25  # of a cell's width, that a stroke through it covers
    least_cells: Count = 3  # in a row with a stroke through it
    wall: Share = 0.12  # of a cell's width, where its wall may have been taken out
    scribbled: Share = (
        0.6  # of the cells with writing, in a row with a scribble over it
    )
    steepest: Ratio = 0.5  # rise of a stroke through a number, by its width
    coarse: Ratio = 3.0  # pixels of a pen's width that are enough to find its line
    slopes: Count = 41  # that are tried
    beside: Ratio = 1.0  # pen widths from its middle, where other ink begins
    least_beside: Share = 0.1  # of the ink, above such a stroke and as much below
    digit_width: Ratio = 0.6  # of its height
    most_holes: Count = 2  # in a digit
    least_hole: Share = 0.005  # of the squared height; a smaller one is roughness


@dataclass(frozen=True)
class DecodingSettings(Settings):
    """How readings are told from each other and from print."""

    least_letters: Count = 2  # one unreadable character may be a slip of the pen
    clean: Share = 0.9  # probability of each digit of a number that may be print
    low: Ratio = 0.5  # of the height of digits; a lower segment may be a mark
    alternatives: Count = 10
    doubt: Share = 0.5  # no measurement behind it; keeps doubtful fields under review
    paths: Count = 24  # kept at each step of the lattice
    least_probability: Share = 1e-5  # below, probabilities are noise
    negligible: Share = 1e-4  # probability; a character less likely is not tried
    unknown_other: Share = 0.5  # to be no digit, if the classifier cannot tell


@dataclass(frozen=True)
class SearchSettings(Settings):
    """Which strings of the string reader are looked at."""

    beam: Count = 12  # prefixes kept a column
    hopeless: Logarithm = -20.0  # a prefix this far behind the best is dropped
    negligible: Logarithm = -8.0  # a symbol below is taken up by no prefix
    from_lattice: Count = 6  # values of the lattice that take part in the consensus
    from_string: Count = 6  # readings of the string reader that do
    agreed: Share = 0.05  # left for others; if less, the string reader adds none
    least: Logarithm = -40.0  # that any value has in the consensus


@dataclass(frozen=True)
class Weights(Settings):
    """What the shape of a segment counts, in natural logarithms of a probability.

    Fitted on strings by `scripts/fit_lattice.py`, but for `unreadable`: those strings
    hold digits and marks alone.
    """

    scale: Logarithm = 1.6  # all scores; makes the probabilities of paths honest
    segment: Logarithm = 0.5  # each segment
    wide: Logarithm = 1.0  # each digit height by which it is wider than one
    narrow: Logarithm = 4.5  # by which a digit other than 1 is narrower than 0.35
    low: Logarithm = 3.0  # by which a digit is lower than 0.6
    gap: Logarithm = 0.5  # between its parts
    cut: Logarithm = 1.6  # each pen width of ink that its ends cut through
    unreadable: Logarithm = 5.0  # to be neither a digit nor a mark
    mark: Logarithm = -1.25  # to be a mark
    tall_mark: Logarithm = 14.0  # each digit height by which a mark is larger than 0.4
    knows_other: bool = True  # else marks go by their size alone


WITHOUT_OTHER = replace(Weights(), cut=8.0, low=20.0, gap=20.0, knows_other=False)
"""For a classifier that takes halves and pairs for digits: keep to the components."""


@dataclass(frozen=True)
class WordSettings(Settings):
    """When what was found without a template is taken for a number."""

    least_line: Share = 0.5  # probability that a line of writing is one; else a word
    sure_line: Share = 0.8  # the same; below, a person looks
    least_box: Share = 0.1  # of a box, with its column; else left out
    sure_box: Share = 0.5  # the same; below, a person looks
    told_line: Share = 0.2  # of a line; what is left out above is told
    told_box: Share = 0.02  # of a box that is read doubtfully, the same
    clear: Share = 0.9  # confidence of what is no doubtful reading
    most_joined: Count = 4  # digits that a writer joins in one stroke


@dataclass(frozen=True)
class FieldWeights(Settings):
    """What speaks for a written number in a box rather than a word or print.

    A logistic regression on real pages and forms filled in by program, in logarithms
    of the odds, fitted by `scripts/fit_fields.py`.
    """

    constant: Logarithm = 1.21
    worst: Logarithm = 0.04  # probability of its least likely stroke to be no digit
    unread: Logarithm = -12.22  # share of characters that are unreadable
    unsure: Logarithm = -4.38  # mean doubt about its digits
    doubt: Logarithm = -1.47  # about the number as a whole
    string: Logarithm = 0.02  # logarithm of what the string reader is sure of
    uneven: Logarithm = 1.02  # deviation of the heights of strokes, in heights
    jagged: Logarithm = -0.44  # deviation of the characters' tops from a line
    short: Logarithm = -1.21  # one by the number of characters
    ones: Logarithm = -0.82  # share of characters that are a 1
    zeros: Logarithm = 0.17  # share that are a 0
    marks: Logarithm = 1.44  # each mark between or before the digits
    nothing_read: Logarithm = -7.77  # no character is a digit
    row_of_boxes: Logarithm = 1.47  # it is one, where each asks for a digit
    print: Logarithm = -1.52  # share of its ink
    print_squared: Logarithm = -0.19  # the square of that
    unlike_word: Logarithm = -0.05  # of how many times as probable a number looks
    unlike_print: Logarithm = 0.42
    unlike_mark: Logarithm = 0.24


@dataclass(frozen=True)
class LineWeights(Settings):
    """What speaks for a number on a line or on bare paper, in logarithms of the odds.

    A logistic regression on real pages and forms filled in by program, fitted by
    `scripts/fit_fields.py`.
    """

    constant: Logarithm = -3.25
    unlike_word: Logarithm = 0.20  # of how many times as probable a number looks
    unlike_print: Logarithm = 0.47
    likeliest: Logarithm = 0.70  # of the likeliest digits that its picture shows
    second: Logarithm = -0.30  # of the next
    signs: Logarithm = 0.78  # each mark that its picture shows
    digits: Logarithm = 0.28  # each digit that was read
    in_column: Logarithm = 2.62  # on one of several lines to write on, or beside print
    perhaps_print: Logarithm = -1.99  # it stands as printed text does
    printed_words: Logarithm = -2.05  # and its ink is likely print


@dataclass(frozen=True)
class ColumnSettings(Settings):
    """What the fields of a column say of one among them, in logarithms of the odds."""

    constant: Logarithm = -0.48  # these three fitted as `FieldWeights` are
    own: Logarithm = 0.73  # what the field itself says
    others: Logarithm = 0.78  # what the others say on average
    most: Logarithm = 4.0  # that a single one says
    aligned: Ratio = 0.4  # of a field's height, by which sides of a column differ


LINE_COLUMNS = ColumnSettings(constant=0.27, own=0.89, others=0.56)
"""The same of lines of writing that begin one below the other."""


@dataclass(frozen=True)
class Consensus(Settings):
    """What each reader counts, in a log-linear model of the two.

    The defaults are for printed boxes, in which ink is told from paper without doubt.

    Attributes:
        lattice: Weight of the lattice's log-probability.
        string: Weight of the string reader's.
        unknown: Log-probability of a reading that the lattice does not know.
    """

    lattice: Logarithm = 0.5
    string: Logarithm = 0.8
    unknown: Logarithm = -6.0


ON_PAPER = Consensus(lattice=0.5, string=0.9, unknown=-3.0)
"""Where writing stands on any paper, which may hide digits from the lattice. Fitted by
`scripts/fit_lattice.py` on strips that neither reader was fitted to."""
IN_CELLS = Consensus(lattice=1.0, string=0.5)
"""Where cells are printed there is no doubt about cuts, and digits stand apart as the
string reader seldom saw them: it counts half as much."""


@dataclass(frozen=True)
class TypedSettings(Settings):
    """How the readings of a typed field are weighed against its network of marks."""

    texts: Count = 24  # of its type that the network is asked for
    settled: Share = 0.95  # probability of a value; then its marks are in no doubt


IN_TYPED = Consensus(lattice=0.5, string=0.3)
"""Of a typed field: `lattice` is what was read by all other readers, `string` what the
network of marks says of texts of the type. Chosen among 24 pairs on forms filled in by
program; the figures hardly differ between neighbours."""


@dataclass(frozen=True)
class DigitSettings:
    """The tuning of each step from the ink of a field to its reading.

    Example:
        >>> SETTINGS.cuts.thickest_cut
        3.0
    """

    components: ComponentSettings = ComponentSettings()
    segments: SegmentSettings = SegmentSettings()
    cuts: CutSettings = CutSettings()
    proposals: ProposalSettings = ProposalSettings()
    strips: StripSettings = StripSettings()
    looks: LookSettings = LookSettings()
    marks: MarkSettings = MarkSettings()
    signs: SignSettings = SignSettings()
    strikes: StrikeSettings = StrikeSettings()
    decoding: DecodingSettings = DecodingSettings()
    search: SearchSettings = SearchSettings()
    weights: Weights = Weights()
    consensus: Consensus = Consensus()
    words: WordSettings = WordSettings()
    field_weights: FieldWeights = FieldWeights()
    line_weights: LineWeights = LineWeights()
    columns: ColumnSettings = ColumnSettings()
    typed: TypedSettings = TypedSettings()


SETTINGS = DigitSettings()
"""The tuning that digits are read with."""
