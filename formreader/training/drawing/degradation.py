"""What paper, pens, scanners and box lines do to a digit before it is read.

A digit is redrawn at the height it would have on a page, bent, slanted, written with
another pen, binarized with noise, and mixed with what cutting leaves in a crop: bits of
box lines, specks, pieces of a neighbour. It ends in `to_mnist`, as in reading.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.normalization import INK_SIDE, SIDE, to_mnist

__all__ = ["Degradation", "degrade", "draw_segment"]

Gray = npt.NDArray[np.uint8]
Rng = np.random.Generator


@dataclass(frozen=True)
class Degradation:
    """How far crops may be changed; probabilities are shares of all crops.

    Attributes:
        light: Keeps the resolution of MNIST and bends the digit only.
        lowest_px: Least height of a digit on its page.
        highest_px: Greatest height.
        rotation_deg: Standard deviation of the turn.
        shear: Standard deviation of the slant, as a tangent.
        stretch: Standard deviation of the logarithm of width over height.
        bend: Standard deviation of the elastic shift, as a share of the height.
        pen: The stroke is made thinner or thicker.
        gray: The crop is not binarized.
        dirt: Something foreign is in the crop.
        cut: A band is missing where a box line was erased.
        misplaced: The crop is shifted or pale, as if never normalised.
    """

    light: float = 0.68
    lowest_px: float = 9.0
    highest_px: float = 60.0
    rotation_deg: float = 6.0
    shear: float = 0.14
    stretch: float = 0.12
    bend: float = 0.022
    pen: float = 0.5
    gray: float = 0.12
    dirt: float = 0.16
    cut: float = 0.07
    misplaced: float = 0.1


def degrade(image: Gray, rng: Rng, how: Degradation) -> Gray:
    """Change one crop as writing, scanning and cutting would.

    Args:
        image: (S, S) uint8, 255 = ink; the ink fills about S * 20 / 28 pixels, as in
            MNIST images.
        rng: Source of the random draws.
        how: The ranges to draw from.

    Returns:
        (28, 28) uint8, 255 = ink, in the MNIST format.
    """
    light = image.shape[0] == SIDE and rng.random() < how.light
    height = INK_SIDE if light else _draw_height(rng, how)
    side = SIDE if light else max(10, round(SIDE * height / INK_SIDE * 1.1))
    warped = _warp(image, height / INK_SIDE, side, rng, how)
    crop = _scan_lightly(warped, rng) if light else _scan(warped, height, rng, how)
    if not crop.any():
        crop = warped
    if not crop.any():
        return np.zeros((SIDE, SIDE), np.uint8)
    if light and rng.random() < 0.5:  # where the makers of MNIST put it
        return crop
    result = (to_mnist(crop) * 255).round().astype(np.uint8)
    return _misplace(result, rng) if rng.random() < how.misplaced else result


def _draw_height(rng: Rng, how: Degradation) -> float:
    """Draw the height of a digit on its page; small and large are equally likely."""
    return float(np.exp(rng.uniform(np.log(how.lowest_px), np.log(how.highest_px))))


def _warp(image: Gray, scale: float, side: int, rng: Rng, how: Degradation) -> Gray:
    """Redraw at another size: affine and elastic in one interpolation."""
    source = image.shape[0]
    angle = np.deg2rad(rng.normal(0, how.rotation_deg))
    stretch = np.exp(rng.normal(0, how.stretch) / 2)
    shear = rng.normal(0, how.shear)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.array([[1 / stretch, shear], [0, stretch]])
    matrix *= source / (SIDE * scale)
    reach = (side - 1) / 2
    axis = np.arange(side, dtype=np.float32) - np.float32(reach)
    grid = rng.normal(0, how.bend * source * INK_SIDE / SIDE, (5, 5, 2))
    bend = cv2.resize(
        grid.astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC
    )
    middle = (source - 1) / 2
    m = matrix.astype(np.float32)
    map_x = m[0, 0] * axis[None, :] + m[0, 1] * axis[:, None] + bend[..., 0] + middle
    map_y = m[1, 0] * axis[None, :] + m[1, 1] * axis[:, None] + bend[..., 1] + middle
    shrinking = source > SIDE and source > 1.5 * side
    if shrinking:
        image = cv2.GaussianBlur(image, (0, 0), 0.35 * source / side).astype(np.uint8)
    flag = cv2.INTER_LINEAR if source > SIDE else cv2.INTER_CUBIC
    return cv2.remap(
        image, map_x.astype(np.float32), map_y.astype(np.float32), flag
    ).astype(np.uint8)


def _scan_lightly(warped: Gray, rng: Rng) -> Gray:
    """Vary pen and sharpness a little at the resolution of MNIST."""
    draw = rng.random()
    if draw < 0.15:
        changed = cv2.erode(warped, _CROSS)
        if changed.max() > 160:
            return cv2.addWeighted(changed, 0.5, warped, 0.5, 0).astype(np.uint8)
    elif draw < 0.3:
        changed = cv2.dilate(warped, _CROSS)
        return cv2.addWeighted(changed, 0.5, warped, 0.5, 0).astype(np.uint8)
    elif draw < 0.4:
        return cv2.GaussianBlur(warped, (3, 3), rng.uniform(0.3, 0.8)).astype(np.uint8)
    return warped


def _scan(warped: Gray, height: float, rng: Rng, how: Degradation) -> Gray:
    """Write with another pen, scan with noise, and cut out with what is around."""
    peak = int(warped.max())
    if rng.random() < how.pen and height > 14:
        warped = _change_pen(warped, height, rng)
    if rng.random() < how.gray:
        soft = cv2.GaussianBlur(warped, (0, 0), rng.uniform(0.3, 0.03 * height + 0.4))
        crop = np.where(soft < 0.15 * peak, 0, soft).astype(np.uint8)
    else:
        crop = _binarize(warped, peak, height, rng)
    if rng.random() < how.cut:
        crop = _cut_band(crop, height, rng)
    if rng.random() < how.dirt:
        crop = _add_dirt(crop, height, rng)
    return crop


def _binarize(warped: Gray, peak: int, height: float, rng: Rng) -> Gray:
    """Blur, add noise and threshold; a stroke that would vanish is kept."""
    noisy = warped.astype(np.float32)
    if rng.random() < 0.4:
        noisy = _blur(noisy, rng.uniform(0.3, 0.02 * height + 0.5))
    if rng.random() < 0.5:
        noise = rng.standard_normal(warped.shape, dtype=np.float32)
        if rng.random() < 0.5:
            noise = 3 * _blur(noise, 1.2)
        noisy += noise * np.float32(peak * rng.uniform(0.03, 0.18))
    level = rng.uniform(0.3, 0.6)
    crop = noisy > level * peak
    expected = np.count_nonzero(warped > 0.45 * peak)
    if np.count_nonzero(crop) < 0.45 * expected:
        crop = warped > 0.35 * peak
    return np.where(crop, 255, 0).astype(np.uint8)


def _blur(values: npt.NDArray[np.float32], sigma: float) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), dtype=np.float32)


def _change_pen(warped: Gray, height: float, rng: Rng) -> Gray:
    """Redraw the stroke along its middle with a thinner, or with a thicker pen."""
    if rng.random() < 0.4:
        size = max(2, round(height * rng.uniform(0.03, 0.13)))
        return cv2.dilate(warped, _disk(size)).astype(np.uint8)
    binary = np.where(warped > 0.45 * warped.max(), 255, 0).astype(np.uint8)
    depth = cv2.distanceTransform(binary, cv2.DIST_L2, 3)
    around = cv2.dilate(depth, _disk(max(3, round(0.16 * height) | 1)))
    thin = (depth >= rng.uniform(0.55, 0.85) * around) & (binary > 0)
    result = np.where(thin, 255, 0).astype(np.uint8)
    size = max(1, round(height * rng.uniform(0.02, 0.07)))
    # One dilation closes the small gaps that a ridge has at crossings.
    return cv2.dilate(result, _disk(max(2, size))).astype(np.uint8)


def _cut_band(crop: Gray, height: float, rng: Rng) -> Gray:
    """Erase a band along an edge of the ink, where a box line ran."""
    left, top, width, tall = cv2.boundingRect(crop)
    if width == 0:
        return crop
    result = crop.copy()
    size = max(1, round(height * rng.uniform(0.03, 0.1)))
    depth = rng.uniform(0, 0.22)
    if rng.random() < 0.6:
        y = top + round(tall * (depth if rng.random() < 0.5 else 1 - depth))
        result[max(0, y - size // 2) : y + (size + 1) // 2] = 0
    else:
        if width < 0.4 * tall:
            return crop  # a 1 would vanish
        x = left + round(width * (depth if rng.random() < 0.5 else 1 - depth))
        result[:, max(0, x - size // 2) : x + (size + 1) // 2] = 0
    return result if result.any() else crop


def _add_dirt(crop: Gray, height: float, rng: Rng) -> Gray:
    """Add one kind of foreign ink."""
    kinds: list[Callable[[Gray, float, Rng], Gray]] = [
        _add_line,
        _add_line,
        _add_specks,
        _add_specks,
        _add_salt,
        _add_pattern,
        _add_neighbour,
    ]
    return kinds[int(rng.integers(len(kinds)))](crop.copy(), height, rng)


def _add_line(crop: Gray, height: float, rng: Rng) -> Gray:
    """Leave a piece of a box or comb line beside the ink."""
    left, top, width, tall = cv2.boundingRect(crop)
    size = max(1, round(height * rng.uniform(0.02, 0.07)))
    gap = round(height * rng.uniform(-0.06, 0.12))
    side = int(rng.integers(4))
    sideways = side < 2
    length = height * rng.uniform(0.15, 0.9)
    start = rng.uniform(-0.2, 0.7) * (width if sideways else tall)
    limit = crop.shape[0] - 1
    if sideways:
        y = top - gap if side == 0 else top + tall + gap
        ends = [(left + start, y), (left + start + length, y + rng.uniform(-1, 1))]
    else:
        x = left - gap if side == 2 else left + width + gap
        ends = [(x, top + start), (x + rng.uniform(-1, 1), top + start + length)]
    points = [tuple(int(np.clip(value, 0, limit)) for value in end) for end in ends]
    return draw_segment(crop, points[0], points[1], size)


def _add_specks(crop: Gray, height: float, rng: Rng) -> Gray:
    """Drop specks of dust, smaller than what segmentation takes for ink."""
    left, top, width, tall = cv2.boundingRect(crop)
    for _ in range(int(rng.integers(1, 5))):
        x = int(left + rng.uniform(-0.15, 1.15) * width)
        y = int(top + rng.uniform(-0.1, 1.1) * tall)
        radius = max(0, round(height * rng.uniform(0, 0.035)))
        cv2.circle(crop, (x, y), radius, 255, -1)
    return crop


def _add_salt(crop: Gray, height: float, rng: Rng) -> Gray:
    """Flip single pixels around the ink, where a pixel is small against the digit."""
    if height < 20:
        return crop
    left, top, width, tall = cv2.boundingRect(crop)
    inner = crop[top : top + tall, left : left + width]
    flipped = rng.random(inner.shape, dtype=np.float32) < rng.uniform(0.003, 0.015)
    inner[flipped] = 255 - inner[flipped]
    return crop


def _add_pattern(crop: Gray, height: float, rng: Rng) -> Gray:
    """Leave broken lines of patterned paper, or what remains of a shaded cell."""
    left, top, width, tall = cv2.boundingRect(crop)
    inner = crop[top : top + tall, left : left + width]
    rows, columns = np.indices(inner.shape, dtype=np.float32)
    angle = rng.uniform(0, np.pi)
    wave = np.cos(angle) * columns + np.sin(angle) * rows
    period = max(3.0, height * rng.uniform(0.12, 0.4))
    lines = (wave % period) < 1
    lines &= rng.random(inner.shape, dtype=np.float32) < rng.uniform(0.1, 0.5)
    inner[lines] = 255
    return crop


def _add_neighbour(crop: Gray, height: float, rng: Rng) -> Gray:
    """Let the tip of a neighbour's stroke reach into the crop."""
    left, top, width, tall = cv2.boundingRect(crop)
    on_left = rng.random() < 0.5
    outer = left - 0.12 * height if on_left else left + width + 0.12 * height
    inner = outer + (1 if on_left else -1) * height * rng.uniform(0.04, 0.16)
    y = top + rng.uniform(0, 1) * tall
    start = (int(max(0, outer)), int(y))
    end = (int(max(0, inner)), int(y + rng.normal(0, 0.1) * height))
    return draw_segment(crop, start, end, max(1, round(0.07 * height)))


def draw_segment(
    canvas: Gray, start: tuple[int, ...], end: tuple[int, ...], size: int
) -> Gray:
    """Draw a straight stroke onto a canvas, in place, and return it.

    Args:
        canvas: (H, W) uint8, 255 = ink.
        start: Its first point (x, y), in pixels.
        end: Its last one.
        size: Width of the pen, in pixels.
    """
    cv2.line(canvas, start, end, 255, size)
    return canvas


def _misplace(image: Gray, rng: Rng) -> Gray:
    """Shift a normalised image or make it pale, as careless callers do."""
    if rng.random() < 0.5:
        shift = rng.uniform(-2, 2, 2)
        matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]])
        return cv2.warpAffine(image, matrix, (SIDE, SIDE)).astype(np.uint8)
    return (image * rng.uniform(0.4, 1.0)).astype(np.uint8)


def _disk(size: int) -> Gray:
    """Make a round kernel."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)).astype(np.uint8)


_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
