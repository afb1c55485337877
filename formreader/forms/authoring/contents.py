"""What a reference shows in the box of a field, where only writing should stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from formreader.forms.printed_text import cut_print
from formreader.forms.templates.entries import FieldTemplate
from formreader.geometry import Box
from formreader.records import FieldKind

__all__ = ["describe_contents"]

Ink = npt.NDArray[np.uint8]

_RIM = 0.14  # of a box's height, in which its own lines may lie
_ACROSS = 0.7  # of its width, that a line through it takes
_DOWN = 0.95  # of its height: a letter is lower
_DIRT = 0.1  # of its height: smaller print is none
_CAPTION = 0.5  # of its height, above which a caption ends
_NARROW = 0.5  # of its width that print takes
_CELL_RIM = 0.2  # of a cell
_CELL_INK = 0.01  # of it, that print takes at least
_ALIKE = 0.25  # of the height of a field, by which its cells may be higher or lower


def describe_contents(
    ink: Ink, field: FieldTemplate, printed: Sequence[Box]
) -> Iterator[str]:
    """Say what a box holds that should not be there.

    Args:
        ink: (H, W) uint8, 255 = ink, of the reference.
        field: The field.
        printed: The boxes for one digit that are seen on the page.

    Yields:
        A sentence without subject for each, with the remedy.
    """
    box = field.box
    rim = max(2, round(_RIM * box.height))
    inside = box.expanded(-min(rim, box.width // 3), -min(rim, box.height // 3))
    seen = (ink[inside.slices] > 0).astype(np.uint8)
    if not seen.size:
        return
    across = _find_lines(seen, (1, max(3, round(_ACROSS * seen.shape[1]))))
    if across.any():
        place = float(np.flatnonzero(across.any(axis=1)).mean()) + rim
        yield (
            f"a printed line runs through it, {place / box.height:.0%} from its top; "
            "let the box lie within its lines"
        )
    if field.kind is FieldKind.CELLS:
        yield from _describe_cells(ink, field, printed)
        return
    between = ink[box.top : box.bottom, inside.left : inside.right]
    whole = np.ascontiguousarray(between > 0).astype(np.uint8)
    if _find_lines(whole, (max(3, round(_DOWN * box.height)), 1)).any():
        yield "a printed line runs down it; part it with `template split`, or say cells"
    else:
        yield from _describe_print(seen & (1 - across), ink, box, rim)


def _find_lines(seen: Ink, size: tuple[int, int]) -> Ink:
    """Find lines of at least a length, and what is as thick around them."""
    lines = cv2.morphologyEx(seen, cv2.MORPH_OPEN, np.ones(size, np.uint8))
    return np.asarray(cv2.dilate(lines, np.ones((3, 3), np.uint8)), np.uint8)


def _describe_print(rest: Ink, ink: Ink, box: Box, rim: int) -> Iterator[str]:
    """Say where print stands in a box without cells."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(rest)
    heights = stats[:, cv2.CC_STAT_HEIGHT]
    is_print = heights >= _DIRT * box.height
    is_print[0] = False
    shown = is_print[labels]
    if not shown.any():
        return
    lowest = int(np.flatnonzero(shown.any(axis=1)).max()) + rim
    if lowest < _CAPTION * box.height:
        yield (
            "a caption seems to stand in its upper part; let the box begin below it, "
            f"{lowest / box.height:.0%} lower"
        )
        return
    ends = cut_print(ink, box.corners)
    known = np.zeros(shown.shape, bool)
    if ends is not None:
        left = (box.width - shown.shape[1]) // 2
        cut = ends[rim : rim + shown.shape[0], left : left + shown.shape[1]]
        known[: cut.shape[0], : cut.shape[1]] = cut > 0
    taken = np.flatnonzero(shown.any(axis=0))
    if (shown & ~known).any():
        yield "something is printed in it, and would be read as if it were written"
    elif len(taken) > _NARROW * shown.shape[1]:
        yield "print takes most of its width; is it a label?"


def _describe_cells(
    ink: Ink, field: FieldTemplate, printed: Sequence[Box]
) -> Iterator[str]:
    """Say how cells differ from those printed, and in which of them print stands."""
    box, cells = field.box, field.cell_boxes
    there = [
        one
        for one in printed
        if box.left < one.centre[0] < box.right
        and box.top < one.centre[1] < box.bottom
        and abs(one.height - box.height) < _ALIKE * box.height
    ]
    if len(there) > 1 and len(there) not in (len(cells), field.cells):
        yield f"{len(there)} boxes are printed there, and it has {len(cells)} cells"
        return
    pitch = box.width / (field.cells or 1)
    full = [
        round((cell.left - box.left) / pitch) + 1
        for cell in cells
        if _is_printed(ink, cell)
    ]
    if 0 < len(full) < len(cells) / 2:
        yield f"print stands in cells {', '.join(map(str, full))}; say skip = {full}"


def _is_printed(ink: Ink, cell: Box) -> bool:
    inset = -round(_CELL_RIM * cell.width), -round(_CELL_RIM * cell.height)
    seen = ink[cell.expanded(*inset).slices]
    return bool(seen.size and (seen > 0).mean() >= _CELL_INK)
