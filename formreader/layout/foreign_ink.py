"""Tells print amid what was written by the colour of its ink.

A printed slash, dash or bracket beside digits looks like a mark of the pen. Where the
pen is of another colour than the print around, or paler, the ink tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from formreader.layout.settings import SETTINGS

__all__ = ["find_foreign"]

Mask = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

_FOREIGN = SETTINGS.foreign_ink


@dataclass(frozen=True, eq=False)
class _Tone:
    """The tone of some ink.

    Attributes:
        hue: (C,) what it takes off each channel of the paper, of length 1; the same
            whether or not a pixel is ink as a whole.
        depth: How much it takes off at its darkest, in [0, 255].
    """

    hue: Floats
    depth: float


def find_foreign(
    pixels: Mask,
    strokes: npt.NDArray[np.int32],
    line: npt.NDArray[np.intp],
    bodies: npt.NDArray[np.bool_],
    printed: npt.NDArray[np.bool_],
) -> npt.NDArray[np.bool_]:
    """Tell which strokes of a line of writing are of the ink of the print around it.

    Args:
        pixels: (h, w) or (h, w, 3) uint8, dark on light, the line and its surroundings.
        strokes: (h, w) int32, the stroke of each pixel.
        line: (N,) the numbers of the strokes in the line.
        bodies: (N,) which of them are as high as digits.
        printed: (h, w) which pixels are print.

    Returns:
        (N,) bool; none where pen and print are alike, or there is no print.
    """
    nothing = np.zeros(len(line), np.bool_)
    if np.count_nonzero(printed) < _FOREIGN.least_px or np.count_nonzero(bodies) == 0:
        return nothing
    channels = pixels.reshape(*strokes.shape, -1).astype(np.float64)
    paper = np.quantile(channels[(strokes == 0) & ~printed], _FOREIGN.paper, axis=0)
    taken = np.maximum(paper - channels, 0)
    tones = [_measure(taken[strokes == number]) for number in line]
    type_ = _measure(taken[printed])
    written = [tone for tone, body in zip(tones, bodies, strict=True) if body]
    pen = _Tone(
        _unit(np.median([tone.hue for tone in written], axis=0)),
        float(np.median([tone.depth for tone in written])),
    )
    apart = _angle(pen.hue, type_.hue)
    if apart >= _FOREIGN.least_deg:
        away = [_angle(tone.hue, type_.hue) / apart for tone in tones]
    elif type_.depth >= _FOREIGN.darker * pen.depth:
        step = type_.depth - pen.depth
        away = [(type_.depth - tone.depth) / step for tone in tones]
    else:
        return nothing
    foreign = np.array(away) <= _FOREIGN.nearer
    # What is left must be of the pen: else there are two pens, or no number.
    return nothing if foreign[bodies].all() else foreign


def _measure(taken: Floats) -> _Tone:
    """Measure the tone of ink by what its pixels, (N, C), take off the paper."""
    depth = float(np.quantile(taken.mean(axis=1), _FOREIGN.darkest))
    return _Tone(_unit(taken.mean(axis=0)), depth)


def _unit(vector: Floats) -> Floats:
    return np.asarray(vector / max(1e-6, float(np.linalg.norm(vector))))


def _angle(one: Floats, other: Floats) -> float:
    """Measure the angle between two hues in degrees."""
    return float(np.degrees(np.arccos(np.clip(one @ other, -1, 1))))
