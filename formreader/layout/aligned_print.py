"""Lets what is printed in one line agree on being print.

The ink network looks at each stroke by itself, and takes one printed digit for print
and the next for the pen's. Type stands on one line and is of one height, which no
writer keeps to: what stands so among print is print.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from formreader.geometry import label_components
from formreader.layout.settings import SETTINGS

__all__ = ["share_along_lines"]

Mask = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

_ALIGNED = SETTINGS.aligned_print


def share_along_lines(strokes: Mask, print_share: Mask) -> Mask:
    """Raise the share of print of components that stand in a line with print.

    Args:
        strokes: (H, W) uint8, 255 = ink of the pen or of print.
        print_share: (H, W) uint8, by how much that is print, 255 = wholly.

    Returns:
        (H, W) uint8, the same or more.
    """
    labels, stats, _ = label_components(strokes)
    inked = np.flatnonzero(labels > 0)
    owners = labels.ravel()[inked]
    sums = np.bincount(owners, print_share.ravel()[inked], len(stats))
    shares = sums / np.maximum(np.bincount(owners, minlength=len(stats)), 1) / 255
    raised = _agree(stats[1:, :4].astype(np.float64), shares[1:])
    changed = np.flatnonzero(raised > shares[1:]) + 1
    if not len(changed):
        return print_share
    least = np.zeros(len(stats))
    least[changed] = 255 * raised[changed - 1]
    shown = print_share.copy()
    flat = shown.ravel()
    flat[inked] = np.maximum(flat[inked], least[owners].astype(np.uint8))
    return shown


def _agree(boxes: Floats, shares: Floats) -> Floats:
    """Give each component the share of those in its line, where most are print.

    Args:
        boxes: (N, 4) left, top, width and height of each component.
        shares: (N,) its share of print.

    Returns:
        (N,) the shares, none lower than before.
    """
    left, top, width, height = boxes.T
    middle, bottom = left + width / 2, top + height
    order = np.argsort(bottom, kind="stable")
    sorted_bottom = bottom[order]
    agreed = shares.copy()
    asked = (shares < _ALIGNED.is_print) & (height >= _ALIGNED.least_px)
    for place in np.flatnonzero(asked):
        tall = height[place]
        slack = _ALIGNED.level * tall
        reach = _ALIGNED.reach * tall
        most = slack + _ALIGNED.slope * reach
        first, last = np.searchsorted(
            sorted_bottom, (bottom[place] - most, bottom[place] + most)
        )
        near = order[first:last]
        away = np.abs(middle[near] - middle[place])
        allowed = slack + _ALIGNED.slope * away
        alike = (away <= reach) & (near != place)
        alike &= np.abs(height[near] - tall) <= slack
        alike &= np.abs(bottom[near] - bottom[place]) <= allowed
        beside = near[alike]
        if len(beside) >= _ALIGNED.fewest:
            nearest = beside[np.argsort(away[alike])[: _ALIGNED.most]]
            typical = float(np.median(shares[nearest]))
            if typical >= _ALIGNED.is_print:
                agreed[place] = max(shares[place], typical)
    return agreed
