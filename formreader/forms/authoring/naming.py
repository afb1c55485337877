"""Name fields by where they stand on the page."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from formreader.geometry import Box
from formreader.layout.proposals import Proposal

_LEAST_GRID = 4  # boxes; fewer have no rows and columns worth a name
_SAME_SIZE = 0.15
_LEVEL = 0.3  # of a box's side, by which neighbours may lie off
_WIDEST_GAP = 1.5  # of a box's side, between neighbours


def name_proposals(proposals: Sequence[Proposal], start: int = 1) -> list[str]:
    """Name fields in reading order.

    Boxes of one size in rows and columns are a grid: they are named `r1c1` by row and
    column, `t1_r1c1` if the page has several grids. All others are `field_01` and so
    on.

    Args:
        proposals: The fields of one page in reading order.
        start: Number of the first field that is not in a grid.

    Returns:
        A name for each, all different.
    """
    grids = _find_grids([proposal.box for proposal in proposals])
    names = [""] * len(proposals)
    for number, grid in enumerate(grids, 1):
        prefix = f"t{number}_" if len(grids) > 1 else ""
        boxes = [proposals[index].box for index in grid]
        rows = _rank([box.centre[1] for box in boxes], min(b.height for b in boxes))
        columns = _rank([box.centre[0] for box in boxes], min(b.width for b in boxes))
        for index, row, column in zip(grid, rows, columns, strict=True):
            names[index] = f"{prefix}r{row}c{column}"
    lone = [index for index, name in enumerate(names) if not name]
    for number, index in enumerate(lone, start):
        names[index] = f"field_{number:02d}"
    return names


def _find_grids(boxes: list[Box]) -> list[list[int]]:
    """Group neighbours of one size that have neighbours above or below them."""
    group = list(range(len(boxes)))
    for one, box in enumerate(boxes):
        for other in range(one + 1, len(boxes)):
            if group[one] != group[other] and _are_neighbours(box, boxes[other]):
                old, new = group[other], group[one]
                group = [new if number == old else number for number in group]
    grids = []
    for number in dict.fromkeys(group):
        members = [index for index, one in enumerate(group) if one == number]
        tops = _rank([boxes[i].centre[1] for i in members], boxes[members[0]].height)
        if len(members) >= _LEAST_GRID and max(tops) > 1:
            grids.append(members)
    return grids


def _are_neighbours(one: Box, other: Box) -> bool:
    width, height = one.width, one.height
    if abs(other.width - width) > _SAME_SIZE * width:
        return False
    if abs(other.height - height) > _SAME_SIZE * height:
        return False
    dx = abs(one.centre[0] - other.centre[0])
    dy = abs(one.centre[1] - other.centre[1])
    beside = dy < _LEVEL * height and dx < (1 + _WIDEST_GAP) * width
    below = dx < _LEVEL * width and dy < (1 + _WIDEST_GAP) * height
    return beside or below


def _rank(values: list[float], size: float) -> list[int]:
    """Number values from 1; those that lie near each other get the same number."""
    order = np.argsort(values, kind="stable").tolist()
    ranks = [1] * len(values)
    for before, index in pairwise(order):
        apart = values[index] - values[before] > _LEVEL * size
        ranks[index] = ranks[before] + int(apart)
    return ranks
