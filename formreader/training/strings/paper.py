"""Lays writing on paper and scans it: patterns, lines, blur, noise, JPEG."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.strip_normalization import darkness
from formreader.layout.binarization import binarize

__all__ = ["photograph", "print_strip", "read_ink"]

Gray = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Rng = np.random.Generator

_LEAST_CONTRAST = 1.3  # ink is darker than the pattern by this factor at least
_PATTERNED = 0.75  # of the papers have a pattern
_PATTERNED_WITH_POINTS = 0.15  # of those under points and commas, which dots would hide
_BINARY_SHARE = 0.45  # of the strips are seen in black and white


def print_strip(
    ink: Gray, size_px: float, rng: Rng, *, has_points: bool = False
) -> Gray:
    """Lay writing on paper, plain or patterned.

    Args:
        ink: (H, W) uint8, 255 = ink.
        size_px: Height of the digits.
        rng: Source of the random draws.
        has_points: Points or commas are to be read, which a pattern would hide.

    Returns:
        (H, W) uint8, 0 = black.
    """
    patterned = _PATTERNED_WITH_POINTS if has_points else _PATTERNED
    paper = _draw_paper(ink.shape, size_px, patterned, rng)
    low, middle, high = np.percentile(paper, (10, 50, 90))
    # Ink stands out from the pattern, or nobody could read it.
    least = min(0.9, _LEAST_CONTRAST * (high - low) / middle + 0.12)
    strength = rng.uniform(least, 0.95)
    if rng.random() < 0.5:  # a pen that presses unevenly
        strength = strength * (
            1 + 0.3 * np.clip(_clouds(ink.shape, size_px, rng), -1, 1)
        )
    cover = ink.astype(np.float32) / 255 * strength
    dark = np.clip(paper * (1 - np.clip(cover, 0, 1)), 0, 255)
    return np.asarray(dark, dtype=np.uint8)


def photograph(pixels: Gray, size_px: float, rng: Rng) -> Gray:
    """Scan printed paper: blur, noise, lost resolution, JPEG.

    Args:
        pixels: (H, W) uint8, 0 = black.
        size_px: Height of the digits.
        rng: Source of the random draws.

    Returns:
        (H', W') uint8, smaller if resolution was lost.
    """
    if rng.random() < 0.5:
        sigma = rng.uniform(0.3, 0.3 + 0.035 * size_px)
        pixels = cv2.GaussianBlur(pixels, (0, 0), sigma).astype(np.uint8)
    if size_px > 24 and rng.random() < 0.2:
        scale = rng.uniform(14, 24) / size_px
        size = [max(4, round(side * scale)) for side in pixels.shape[::-1]]
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    if rng.random() < 0.5:
        noise = rng.standard_normal(pixels.shape, dtype=np.float32)
        noisy = pixels + noise * np.float32(rng.uniform(1, 9))
        pixels = np.clip(noisy, 0, 255).astype(np.uint8)
    if rng.random() < 0.35:
        quality = int(rng.integers(25, 90))
        _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        decoded = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
        assert decoded is not None  # it was encoded here
        pixels = decoded.astype(np.uint8)
    return pixels


def read_ink(
    pixels: Gray,
    rng: Rng,
    written: Gray | None = None,
    *,
    keeps_specks: bool = False,
) -> Gray:
    """See the ink as readers do: grey, or in black and white with its noise.

    What a threshold would make illegible is seen grey.

    Args:
        pixels: (H, W) uint8, 0 = black.
        rng: Source of the random draws.
        written: (H', W') uint8, 255 = ink: what was written there, if it is known.
        keeps_specks: A speck may be a point that is to be read.

    Returns:
        (H, W) uint8, 255 = ink.
    """
    grey = darkness(pixels)
    if rng.random() >= _BINARY_SHARE:
        return grey
    if rng.random() < 0.6:
        ink = binarize(pixels)
    else:
        ink = np.where(grey > rng.uniform(90, 190), 255, 0).astype(np.uint8)
    if rng.random() < 0.5 and not keeps_specks:
        ink = _remove_specks(ink, rng)
    return ink if _is_legible(ink, grey if written is None else written) else grey


def _is_legible(ink: Gray, written: Gray) -> bool:
    """Tell whether a threshold kept most of the writing and not much else."""
    size = (ink.shape[1], ink.shape[0])
    small = np.asarray(cv2.resize(written, size, interpolation=cv2.INTER_AREA))
    expected = small > 0.4 * small.max()
    found = ink > 0
    kept = np.count_nonzero(found & expected)
    count = np.count_nonzero(expected)
    return bool(kept >= 0.7 * count and np.count_nonzero(found) <= 2.2 * count + 30)


def _remove_specks(ink: Gray, rng: Rng) -> Gray:
    """Take away the smallest components, as segmentation does."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    least = (rng.uniform(0.04, 0.16) * ink.shape[0]) ** 2
    kept = stats[:, cv2.CC_STAT_AREA] >= least
    kept[0] = False
    return np.where(kept[labels], 255, 0).astype(np.uint8) if count > 1 else ink


def _draw_paper(
    shape: tuple[int, ...], size_px: float, patterned: float, rng: Rng
) -> Floats:
    """Draw paper: its brightness, shading, pattern and lines."""
    paper = np.full(shape, rng.uniform(130, 250), np.float32)
    rows, columns = np.indices(shape, dtype=np.float32) / np.float32(size_px)
    if rng.random() < 0.3:
        slope = rng.normal(0, 8, 2)
        paper += slope[0] * (rows - 0.5) + slope[1] * (columns - 2) / 2
    kind = rng.random() * _PATTERNED if rng.random() < patterned else 1.0
    if kind < 0.45:
        for _ in range(int(rng.integers(1, 3))):
            paper -= _wave_lines(rows, columns, rng)
    elif kind < 0.6:
        paper -= _dots(rows, columns, rng)
    elif kind < _PATTERNED:
        paper += rng.uniform(4, 16) * _clouds(
            shape, size_px * rng.uniform(0.1, 0.4), rng
        )
    if rng.random() < 0.15:
        edge = rng.uniform(0, columns[0, -1] + 0.01)
        tilt = rng.normal(0, 0.3)
        paper -= rng.uniform(8, 40) * (columns + tilt * rows > edge)
    if rng.random() < 0.35:
        _rule(paper, size_px, rng)
    return np.asarray(np.clip(paper, 30, 255), dtype=np.float32)


def _wave_lines(rows: Floats, columns: Floats, rng: Rng) -> Floats:
    """Draw hatching, or the wavy lines of a guilloche, as darkness to take off."""
    angle = rng.uniform(0, np.pi) if rng.random() < 0.4 else rng.normal(np.pi / 2, 0.2)
    along = np.sin(angle) * columns - np.cos(angle) * rows
    across = np.cos(angle) * columns + np.sin(angle) * rows
    period = rng.uniform(0.1, 0.45)
    bend = rng.uniform(0, 0.5) if rng.random() < 0.7 else 0.0
    phase = across + bend * np.sin(along * rng.uniform(0.5, 4) + rng.uniform(0, 6))
    wave = np.cos(phase * (2 * np.pi / period))
    sharp = np.clip((wave - rng.uniform(-0.6, 0.8)) * rng.uniform(1, 4), 0, 1)
    return np.asarray(sharp * rng.uniform(8, 70), dtype=np.float32)


def _dots(rows: Floats, columns: Floats, rng: Rng) -> Floats:
    """Draw the dots of a screen, as darkness to take off."""
    angle, period = rng.uniform(0, np.pi / 2), rng.uniform(0.08, 0.3)
    first = np.cos(angle) * columns + np.sin(angle) * rows
    second = np.cos(angle) * rows - np.sin(angle) * columns
    turn = 2 * np.pi / period
    wave = np.cos(first * turn) + np.cos(second * turn)
    dots = np.clip((wave - rng.uniform(-0.5, 1)) * 2, 0, 1)
    return np.asarray(dots * rng.uniform(8, 60), dtype=np.float32)


def _clouds(shape: tuple[int, ...], size_px: float, rng: Rng) -> Floats:
    """Draw smooth noise with a deviation of about 1."""
    coarse = [max(2, min(side, round(2.5 * side / size_px))) for side in shape[::-1]]
    noise = rng.standard_normal(coarse[::-1], dtype=np.float32)
    return np.asarray(cv2.resize(noise, shape[::-1]), dtype=np.float32)


def _rule(paper: Floats, size_px: float, rng: Rng) -> None:
    """Draw base lines and the remains of a box, in place."""
    height, width = paper.shape
    for _ in range(int(rng.integers(1, 4))):
        shade, pen_px = (
            rng.uniform(20, 170),
            max(1, round(size_px * rng.uniform(0.01, 0.08))),
        )
        if rng.random() < 0.7:  # across, near the top or the bottom
            depth = rng.uniform(-0.02, 0.18) * height
            y = depth if rng.random() < 0.4 else height - 1 - depth
            start, end = 0.0, float(width)
            if rng.random() < 0.4:
                start, end = np.sort(rng.uniform(0, width, 2))
            ends = (
                (int(start), int(y)),
                (int(end), int(y + rng.normal(0, 0.015) * width)),
            )
        else:  # upright, at a side
            x = rng.uniform(0, 0.12) * size_px
            x = x if rng.random() < 0.5 else width - 1 - x
            ends = (int(x), 0), (int(x + rng.normal(0, 0.5)), height)
        cv2.line(paper, *ends, shade, pen_px)
