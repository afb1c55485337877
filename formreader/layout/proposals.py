"""What may be a field on a blank page, before it has a name."""

from __future__ import annotations

from dataclasses import dataclass

from formreader.geometry import Box


@dataclass(frozen=True)
class Proposal:
    """A place on a blank page that looks like a field.

    Attributes:
        box: Inner edge of its box in pixels of the page.
        cells: Printed boxes of one digit each, or None.
    """

    box: Box
    cells: int | None = None
