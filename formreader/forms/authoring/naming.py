"""Name the fields of a new template: by the file, by what is printed, or by place."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from formreader.forms.authoring.candidates import Candidate
from formreader.forms.templates.entries import is_name
from formreader.geometry import Box

__all__ = ["make_name", "name_candidates"]

_LEAST_GRID = 4  # boxes; fewer have no rows and columns worth a name
_SAME_SIZE = 0.15
_LEVEL = 0.3  # of a box's side, by which neighbours may lie off
_WIDEST_GAP = 1.5  # of a box's side, between neighbours
_LONGEST = 40  # characters of a name made of a label
_LONG_LABEL = 100  # characters: its last sentence tells of the field alone
_NUMBERED = re.compile(r"^\W*(?:(?:\d{1,3}[a-zA-Z]?|[a-zA-Z])[.):]\s*)+")
_ASIDE = re.compile(r"\([^()]*\)")
_SENTENCE = re.compile(r"(?<=\w\w[.?!])\s+")


def name_candidates(
    candidates: Sequence[Candidate], start: int = 1, prefix: str = ""
) -> list[str]:
    """Name fields in reading order.

    A field has the name that the file gives it, else one made of its label, in a column
    with a heading of that and the row. Without words, boxes of one size in rows and
    columns are a grid: they are named `r1c1` by row and column, `t1_r1c1` if the page
    has several grids. All others are `field_01` and so on.

    Args:
        candidates: The fields of one page in reading order.
        start: Number of the first field that has no other name.
        prefix: Goes before all names but numbers, to tell pages apart.

    Returns:
        A name for each, all different.
    """
    by_place = _name_by_place(candidates)
    names: list[str] = []
    used: Counter[str] = Counter()
    number = start
    for candidate, place in zip(candidates, by_place, strict=True):
        name = _name_by_words(candidate) or place
        if not name:
            name, number = f"field_{number:02d}", number + 1
        else:
            name = prefix + name
        unique = name
        while unique in used:
            used[name] += 1
            unique = f"{name[:58]}_{used[name]}"
        used[unique] += 1
        names.append(unique)
    return names


def _name_by_words(candidate: Candidate) -> str:
    """Name a field by words of the file or of the page; empty if none will do."""
    given = re.sub(r"[^A-Za-z0-9_.]+", "_", candidate.name).strip("_.")
    if is_name(given):
        return given
    heading = make_name(candidate.heading)
    if heading:
        return f"{heading}_{candidate.row + 1}"
    return make_name(candidate.label)


def make_name(label: str) -> str:
    """Make a name of a label; empty if it has no letters that names have."""
    text = _ASIDE.sub(" ", _NUMBERED.sub("", label)).strip()
    sentences = _SENTENCE.split(text)
    text = sentences[-1] if len(text) > _LONG_LABEL else sentences[0]
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("'", ""))
    words = re.findall(r"[a-z0-9]+", plain.encode("ascii", "ignore").decode().lower())
    name = ""
    for word in words:
        longer = f"{name}_{word}" if name else word
        if len(longer) > _LONGEST:
            break
        name = longer
    return name if is_name(name) else ""


def _name_by_place(candidates: Sequence[Candidate]) -> list[str]:
    """Name the boxes of grids by row and column; all others have an empty name."""
    boxes = [candidate.box for candidate in candidates]
    grids = _find_grids(boxes)
    names = [""] * len(boxes)
    for number, grid in enumerate(grids, 1):
        prefix = f"t{number}_" if len(grids) > 1 else ""
        inside = [boxes[index] for index in grid]
        rows = _rank([box.centre[1] for box in inside], min(b.height for b in inside))
        columns = _rank([box.centre[0] for box in inside], min(b.width for b in inside))
        for index, row, column in zip(grid, rows, columns, strict=True):
            names[index] = f"{prefix}r{row}c{column}"
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
