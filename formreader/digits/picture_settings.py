"""The tuning of what the pictures of fields say, and how much their votes count."""

from __future__ import annotations

from dataclasses import dataclass

from formreader.settings import Count, Logarithm, Pixels, Ratio, Settings, Share

__all__ = [
    "CELLS_ONCE",
    "CELLS_TWICE",
    "MARKS_ALONE",
    "MARKS_ON_PAGE",
    "OPEN_ONCE",
    "OPEN_TWICE",
    "PICTURES",
    "VIEWS",
    "PictureSettings",
    "ViewSettings",
    "ViewWeights",
]


@dataclass(frozen=True)
class PictureSettings(Settings):
    """How the picture of a field is cut out of its page.

    Attributes:
        margins: Paper around the writing, of its height; the first as the reader was
            trained with.
        aside: Paper at both sides of writing beside which there is more, of its height,
            to see whether that is a part of the number.
        near: The same of a lone digit: where another was lost, it stands closer.
        least_px: Height to which small ones are enlarged.
    """

    margins: tuple[Share, ...] = (0.15, 0.0, 0.05, 0.3)
    aside: Ratio = 1.5
    near: Ratio = 0.7
    least_px: Pixels = 40


@dataclass(frozen=True)
class ViewWeights(Settings):
    """What each view of a field counts, in a log-linear model.

    Attributes:
        layers: Weight of the log-probability of what was read of the pen's layer.
        geometry: The same of what was read where lines were erased by their place.
        picture: The same of what the page itself shows.
        others: Score of all numbers that nobody proposes.
        left_over: How much of it is what each view leaves to others, weighed as its
            proposals are; without, it is the same for all fields.
    """

    layers: Logarithm
    geometry: Logarithm
    picture: Logarithm
    others: Logarithm
    left_over: Share = 0.0

    @property
    def readings(self) -> tuple[float, float]:
        """The weights of the readings."""
        return self.layers, self.geometry


@dataclass(frozen=True)
class ViewSettings(Settings):
    """How views are weighed.

    Attributes:
        unknown: Log-probability of digits that a reading does not propose.
        unseen: Least log-probability of digits in a picture.
        from_picture: How many strings are taken from a picture.
        shown_marks: Probability from which the marks that a picture shows are sure,
            where nothing else is known of them.
        sure_marks: Probability from which marks are sure, by all that is known.
        offered_marks: Probability from which other marks are offered.
        read_off: Confidence of a digit that was seen in the picture alone.
    """

    unknown: Logarithm = -6.0
    unseen: Logarithm = -8.0
    from_picture: Count = 8
    shown_marks: Share = 0.7
    sure_marks: Share = 0.9
    offered_marks: Share = 0.01
    read_off: Share = 0.5


OPEN_TWICE = ViewWeights(0.28, 0.29, 0.53, -1.44, left_over=1.0)
"""In a box, a cell or on a line that was cleaned in two ways. This and the next two
were fitted by `scripts/fit_pictures.py`."""
OPEN_ONCE = ViewWeights(0.09, 0.0, 0.74, -1.47, left_over=1.0)
"""The same, where both ways leave the same ink."""
CELLS_TWICE = ViewWeights(0.18, 0.47, 0.85, -6.14)
"""In a row of boxes for a digit each, cleaned in two ways."""
CELLS_ONCE = ViewWeights(1.0, 0.0, 0.5, -4.0)
"""The same, where both leave the same ink. There were too few to fit this by."""

MARKS_ALONE = (1.11, 1.66, 1.52, -0.14, -1.42, -1.59, -0.62, -0.46)
"""What speaks for the marks of a number, by `EVIDENCE`. This and the next were fitted
by `scripts/fit_page_marks.py`."""
MARKS_ON_PAGE = (0.99, 0.76, 1.53, 0.99, -0.56, -0.02, -0.27, -0.43, 0.86, 0.28)
"""The same on a page with other numbers; last how these end, and how they part
thousands."""

PICTURES = PictureSettings()
VIEWS = ViewSettings()


@dataclass(frozen=True)
class TypedViewSettings(Settings):
    """How the views of a typed field are weighed.

    Attributes:
        free: How many texts are taken from a picture, whatever they are.
        typed: How many of the field's type are sought in it.
        unknown: Least log-probability of a text in a reading.
        unseen: The same in a picture.
        other_marks: How probable a text is to a reading that names its digits with
            other marks, to what it names.
        not_of_type: How likely what is written is no value of the type, and no slip of
            the pen in one either.
        settled: Probability of a value from which its marks are in no doubt, if the
            picture and every reading show it.
        offered: How many other values are offered.
        neighbour: Share of texts with a character too many at an end, which is the
            neighbour's.
        intact: Confidence of a typed reading from which a stroke through it is one of
            its own.
    """

    free: Count = 3
    typed: Count = 24
    unknown: Logarithm = -6.0
    unseen: Logarithm = -8.0
    other_marks: Share = 0.17
    not_of_type: Share = 0.01
    settled: Share = 0.9
    offered: Count = 4
    neighbour: Share = 0.2
    intact: Share = 0.8


TYPED_VIEWS = TypedViewSettings()
TYPED_TWICE = ViewWeights(0.20, 0.38, 0.64, -3.4, left_over=0.5)
TYPED_ONCE = ViewWeights(0.35, 0.0, 0.65, -3.4, left_over=0.5)
