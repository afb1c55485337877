"""Puts what is no written number among the readings of a form: ticks, codes, texts."""

from __future__ import annotations

from collections.abc import Sequence

from formreader.forms.codes import read_codes
from formreader.forms.matching import Match
from formreader.forms.ticks import read_ticks
from formreader.geometry import transform_points
from formreader.layout.prepared_page import PreparedPage
from formreader.readings import FieldReading
from formreader.records import FieldKind, Flag

__all__ = ["join_readings"]


def join_readings(
    numbers: Sequence[FieldReading], page: PreparedPage, match: Match
) -> tuple[FieldReading, ...]:
    """Read the ticks and codes of a page, and join all readings of its form.

    Args:
        numbers: The readings of the fields for written numbers.
        page: The page.
        match: Which form it is, and where.

    Returns:
        All readings in the order of the template; what was read of the page as a whole
        comes last. Where too little of the form was seen, each but a code is in doubt.

    Raises:
        ModelError: If the network that reads ticks is missing or damaged.
    """
    known = {reading.name: reading for reading in numbers}
    known |= read_ticks(page, match) | read_codes(page, match)
    listed = []
    for field in match.template.fields_on(match.page):
        if field.kind is FieldKind.TEXT:
            to_page = match.registration.near(field.box)
            outline = transform_points(field.box.corners, to_page)
            listed.append(FieldReading.of_text(field.name, outline))
        elif field.name in known:
            listed.append(known.pop(field.name))
    listed += known.values()
    if not match.is_weak:
        return tuple(listed)
    # A code that was read says itself that it is the one.
    return tuple(
        one if one.kind is FieldKind.CODE else one.flagged(Flag.REGISTRATION_WEAK)
        for one in listed
    )
