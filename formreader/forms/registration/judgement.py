"""Judges whether a page shows a form, by how much of its print is found where.

A page on which too little is found is refused; what was found is kept, so that a person
can be told why.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
import numpy.typing as npt

from formreader.forms.registration.alignment import (
    Agreement,
    count_agreeing,
    measure_agreement,
)
from formreader.forms.registration.bending import follow_paper
from formreader.forms.registration.motion import Bend
from formreader.forms.registration.views import Reference

__all__ = ["Fit", "Placement", "judge_placement"]

Matrix = npt.NDArray[np.float64]

_FOUND, _BLOCKS, _INSIDE = 0.7, 0.75, 0.6  # least agreement of a page of this form
# Other editions print the fields at the same places, and forms with the same text may
# have moved them: where fields are seen, they decide, unless all else fits.
_FOUND_WITH_FIELDS, _BLOCKS_WITH_FIELDS, _FIELDS = 0.35, 0.3, 0.7
_FOUND_WITHOUT, _BLOCKS_WITHOUT = 0.85, 0.85
_JUDGED, _FEWEST_FIELDS = 0.7, 4  # share and number of fields seen, to decide
# Where the lines of fields are too pale to be seen, the rest of the print says which
# form it is, and not whether this edition has its fields there: each is in doubt.
_FOUND_PALE, _BLOCKS_PALE = 0.65, 0.75
_SOME_FIELDS = 0.25  # share of fields whose lines are seen, where they are dark
# Pages of quite other forms show less than a fifth of the print.
_FOUND_ALIKE, _BLOCKS_ALIKE, _FIELDS_ALIKE = 0.5, 0.6, 0.6
# Equal rows of a page with parts cut off may fit other rows of the form.
_WHOLE, _FOUND_CUT, _BLOCKS_CUT = 0.95, 0.93, 0.9


class Fit(Enum):
    """What was found of a form on a page."""

    NONE = auto()  # it is not this form
    PRINT = auto()  # its print, and not the lines of its fields
    FIELDS = auto()  # its fields, too


@dataclass(frozen=True, eq=False)
class Placement:
    """A place of the reference on a page, and what was found of it there.

    Attributes:
        matrix: (3, 3) float64 homography from pixels of the reference to those of the
            page's view.
        agreement: How much of all print was found.
        agreeing: How many fields show half of their lines.
        judged: How many fields have lines that could be seen.
        field_count: How many fields the reference has.
        has_pale_lines: Whether copies lose the lines of its fields first.
        bend: By how much the paper departs from the homography, in pixels of the
            middle level; None if that was not sought or explains nothing.
    """

    matrix: Matrix
    agreement: Agreement
    agreeing: int = 0
    judged: int = 0
    field_count: int = 0
    has_pale_lines: bool = False
    bend: Bend | None = None

    @property
    def fit(self) -> Fit:
        """Whether that is enough to be this form."""
        found = self.agreement
        if found.inside < _INSIDE:
            return Fit.NONE
        if found.inside < _WHOLE:
            if _reaches(found, _FOUND_CUT, _BLOCKS_CUT):
                return Fit.FIELDS
            is_seen = _reaches(found, _FOUND, _BLOCKS) or found.shows_strong
            return Fit.PRINT if is_seen and self._may_lack_lines else Fit.NONE
        if not self.judged:
            return _accept_if(_reaches(found, _FOUND, _BLOCKS))
        if _reaches(found, _FOUND_WITHOUT, _BLOCKS_WITHOUT):
            return Fit.FIELDS
        enough = _reaches(found, _FOUND_WITH_FIELDS, _BLOCKS_WITH_FIELDS)
        many = self.judged >= max(_FEWEST_FIELDS, _JUDGED * self.field_count)
        if enough and many and self.agreeing >= _FIELDS * self.judged:
            return Fit.FIELDS
        # A neighbouring edition: much of its print, and most of its fields.
        alike = _reaches(found, _FOUND_ALIKE, _BLOCKS_ALIKE)
        if alike and many and self.agreeing >= _FIELDS_ALIKE * self.judged:
            return Fit.PRINT
        is_pale = _reaches(found, _FOUND_PALE, _BLOCKS_PALE)
        is_pale |= found.shows_strong
        return Fit.PRINT if is_pale and self._may_lack_lines else Fit.NONE

    @property
    def _may_lack_lines(self) -> bool:
        """Whether the lines of fields that are not seen may be there all the same.

        Dark lines do not vanish where other print stays: the fields are elsewhere.
        """
        return self.has_pale_lines or self.agreeing >= _SOME_FIELDS * self.judged

    def describe(self) -> str:
        """Say what agreed and what did not, for a person whose page was refused.

        Example:
            >>> found = Agreement(0.41, 0.3, 0.98, 2.0)
            >>> Placement(np.eye(3), found).describe()
            '41 % of its print is found, in 30 % of its area'
        """
        found = self.agreement
        said = [f"{_percent(found.found)} of its print is found"]
        said.append(f"in {_percent(found.blocks)} of its area")
        if found.inside < _WHOLE:
            said.append(f"with {_percent(1 - found.inside)} of it off the page")
        if self.judged:
            said.append(f"and the lines of {self.agreeing} of {self.judged} fields")
        return ", ".join(said)


def judge_placement(
    ink: npt.NDArray[np.uint8],
    reference: Reference,
    matrix: Matrix,
    found: Agreement,
) -> Placement:
    """Look for the lines of a form's fields at a place, to judge it by them as well.

    Args:
        ink: (H, W) uint8, the page at the resolution for candidates, 255 = ink.
        reference: The reference.
        matrix: (3, 3) homography from reference pixels to those of `ink`.
        found: How much of all print was found there.
    """
    flat = _count_fields(ink, reference, matrix, found)
    most = max(found.found, found.strong)
    if flat.fit is Fit.FIELDS or most < _FOUND_WITH_FIELDS:
        return flat
    best = flat
    for amid, bend in follow_paper(ink, reference.middle, matrix):
        bent = measure_agreement(ink, reference.middle, amid, bend)
        placed = _count_fields(ink, reference, amid, bent, bend)
        best = max(best, placed, key=_rank)
        if best.fit is Fit.FIELDS:
            break
    return best


def _count_fields(
    ink: npt.NDArray[np.uint8],
    reference: Reference,
    matrix: Matrix,
    found: Agreement,
    bend: Bend | None = None,
) -> Placement:
    fields = reference.field_areas
    if not fields:
        return Placement(matrix, found, bend=bend)
    edges = reference.field_edges
    counted = count_agreeing(ink, edges, matrix, fields, bend)
    is_pale = reference.has_pale_lines
    return Placement(matrix, found, *counted, len(fields), is_pale, bend)


def _rank(placement: Placement) -> tuple[int, float]:
    return placement.fit.value, placement.agreement.found


def _reaches(found: Agreement, share: float, blocks: float) -> bool:
    return found.found >= share and found.blocks >= blocks


def _accept_if(is_same: bool) -> Fit:
    return Fit.FIELDS if is_same else Fit.NONE


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
