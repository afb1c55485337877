"""Joins two readings of a field, of ink cleaned in two ways, and hears its picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from formreader.digits.composition import strip_unused
from formreader.digits.page_marks import settle_marks
from formreader.digits.picture_marks import heed_specks
from formreader.digits.picture_votes import heed_picture
from formreader.digits.pictures import show_number
from formreader.digits.seen_marks import SeenMarks, see_marks
from formreader.digits.seen_pictures import SeenPicture
from formreader.digits.typed_views import decide_by_type
from formreader.readings import FieldReading
from formreader.records import FieldKind, Flag
from formreader.value_types import ValueType

__all__ = ["Views", "reconcile", "see_marks_of", "settle_page"]

_DIFFERENT = 0.5  # most confidence where the two differ
_CLEARLY = 0.2  # by which the other way must be surer in a box to be the guess


@dataclass(frozen=True, eq=False)
class Views:
    """What is seen of a field in several ways.

    Attributes:
        by_layers: The reading of what the ink network calls the pen's.
        by_geometry: The reading of what is left where lines were erased by their place;
            None where both ways leave the same ink, or words are left.
        picture: What a reader says of the picture of the field on its page; None if
            nobody asked.
        type_: What type of value the field holds, or None.
        is_found: Whether the field was found without a template.
    """

    by_layers: FieldReading
    by_geometry: FieldReading | None = None
    picture: SeenPicture | None = None
    type_: ValueType | None = None
    is_found: bool = False

    def weigh(self, chance: float | None) -> float | None:
        """Weigh how probable it is that there is a number with what the picture shows.

        Of a field of a template nobody doubts it: its form says so.

        Args:
            chance: Its probability by all else; None if nobody can say.
        """
        if self.picture is None or not self.is_found:
            return chance
        shown = show_number(self.picture)
        if chance is not None:
            return chance * shown
        return (
            None if self.by_layers.kind in (FieldKind.LINE, FieldKind.PLAIN) else shown
        )

    @property
    def readings(self) -> list[FieldReading]:
        """The readings, one or two."""
        both = (self.by_layers, self.by_geometry)
        return [one for one in both if one is not None]


def reconcile(views: Views) -> FieldReading:
    """Join what was read of the pen's layer with what was read where lines were erased.

    Where both say the same, that is what stands there, as sure as the layers are: lines
    that were erased badly leave much doubt. Where they differ, a person must look. The
    guess is what the layers say, unless the other is clearly surer; in a row of boxes
    for a digit each, along whose many walls a stroke may be lost, the surer of the two.
    Texts of one value of the field's type are the same, and a mark that is in doubt in
    either reading is in doubt. Then the picture has its vote; what it shows beside a
    number without a box, and reads as nothing, is no part of it. A lone digit without a
    box, right beside which it shows another, is cut off.

    Args:
        views: What is seen of the field.
    """
    agreed = _agree(views)
    joined = _join(views, agreed=agreed)
    if views.picture is None:
        return joined
    if views.type_ is not None and joined.kind.is_open:
        return decide_by_type(
            joined, views.readings, views.picture, views.type_, most=_DIFFERENT
        )
    is_free = joined.kind.is_open and views.is_found  # no template says which marks
    seen = heed_picture(
        joined,
        views.readings,
        views.picture,
        agreed=agreed or is_free,  # on its marks they agree by what the page shows
        most=_DIFFERENT,
    )
    if views.is_found and joined.kind is FieldKind.CELLS:
        return heed_specks(seen, views.readings, views.picture)
    if is_free and views.picture.goes_on:
        return seen.flagged(Flag.CLIPPED)
    if not (is_free and views.picture.stands_alone):
        return seen
    flags = tuple(flag for flag in seen.flags if flag is not Flag.CLIPPED)
    return replace(seen, flags=flags)


def settle_page(
    readings: Sequence[FieldReading | None], views: Sequence[Views | None]
) -> list[FieldReading | None]:
    """Settle the marks of all numbers of a page that were found without a template.

    Args:
        readings: What `reconcile` makes of each field, or None.
        views: What is seen of it.

    Returns:
        The readings in the same order.
    """
    both = list(zip(readings, views, strict=True))
    known = [(one, seen) for one, seen in both if one is not None and seen is not None]
    settled = iter(
        settle_marks(
            [reading for reading, _ in known],
            [see_marks_of(reading, seen) for reading, seen in known],
        )
    )
    return [
        reading if reading is None or seen is None else next(settled)
        for reading, seen in both
    ]


def see_marks_of(reading: FieldReading, views: Views) -> SeenMarks | None:
    """Say which marks a field may have.

    Returns:
        What the views show of them; None where that is for its template to say, or
        cells hold one digit each.
    """
    if views.picture is None or not (reading.kind.is_open and views.is_found):
        return None
    return see_marks(reading, views.readings, views.picture)


def _agree(views: Views) -> bool:
    """Tell whether the readings say the same."""
    other = views.by_geometry
    return other is None or _are_same(views.by_layers, other, views.type_)


def _join(views: Views, *, agreed: bool) -> FieldReading:
    """Join the readings."""
    by_layers, by_geometry = views.by_layers, views.by_geometry
    if by_geometry is None:
        return by_layers
    if agreed:
        if views.type_ is not None and Flag.SEPARATOR in by_geometry.flags:
            return by_layers.flagged(Flag.SEPARATOR)
        return by_layers
    margin = 0.0 if by_layers.kind is FieldKind.CELLS else _CLEARLY
    is_surer = by_geometry.confidence > by_layers.confidence + margin
    guess = by_geometry if is_surer else by_layers
    return replace(guess, confidence=min(guess.confidence, _DIFFERENT))


def _are_same(one: FieldReading, other: FieldReading, type_: ValueType | None) -> bool:
    """Tell whether two readings say the same."""
    if one.raw == other.raw and one.value == other.value:
        return True
    if type_ is None:
        return False
    values = [type_.canonicalize(strip_unused(each.raw)) for each in (one, other)]
    return values[0] is not None and values[0] == values[1]
