"""Crops of drawn pages, varied cheaply, so that one page serves many times."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Batch", "draw_crop"]

Gray = npt.NDArray[np.uint8]
Rng = np.random.Generator

_SCALES = (0.7, 1.4)
_GRAY = 0.25  # of the crops lose their colour
_TURNED = 0.04  # by a quarter turn or two
_NOISY = 0.3
_TONED = 0.6


@dataclass(frozen=True)
class Batch:
    """Crops of one size.

    Attributes:
        pixels: (N, S, S, 3) uint8 RGB.
        classes: (N, S, S) uint8, positions in `CLASSES`.
    """

    pixels: Gray
    classes: Gray


def draw_crop(page: Gray, size: int, rng: Rng) -> tuple[Gray, Gray]:
    """Cut a crop out of a page and vary it.

    Args:
        page: (H, W, 4) uint8, RGB and classes; `size` at least in both directions.
        size: Side S of the crop.
        rng: Source of all draws.

    Returns:
        (S, S, 3) uint8 pixels and (S, S) uint8 classes.
    """
    scale = _draw_scale(page, size, rng)
    side = min(round(size / scale), *page.shape[:2])
    top = int(rng.integers(page.shape[0] - side + 1))
    left = int(rng.integers(page.shape[1] - side + 1))
    crop = page[top : top + side, left : left + side]
    pixels, classes = np.ascontiguousarray(crop[..., :3]), crop[..., 3].copy()
    if side != size:
        pixels, classes = _resize(pixels, classes, size)
    if rng.random() < _TURNED:
        turns = int(rng.integers(1, 4))
        pixels, classes = np.rot90(pixels, turns), np.rot90(classes, turns)
    return _vary_tones(np.ascontiguousarray(pixels), rng), np.ascontiguousarray(classes)


def _draw_scale(page: Gray, size: int, rng: Rng) -> float:
    """Choose an enlargement; every third crop stays as it was captured."""
    if rng.random() < 1 / 3:
        return 1.0
    low, high = max(_SCALES[0], size / min(page.shape[:2])), _SCALES[1]
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _resize(pixels: Gray, classes: Gray, size: int) -> tuple[Gray, Gray]:
    """Scale pixels smoothly, and classes without losing thin lines."""
    shrinks = size < pixels.shape[0]
    smooth = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized = cv2.resize(pixels, (size, size), interpolation=smooth)
    nearest = cv2.INTER_NEAREST_EXACT
    return (
        np.asarray(resized, np.uint8),
        np.asarray(cv2.resize(classes, (size, size), interpolation=nearest), np.uint8),
    )


def _vary_tones(pixels: Gray, rng: Rng) -> Gray:
    """Change colour, brightness, contrast and noise."""
    if rng.random() < _GRAY:
        gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        pixels = cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB).astype(np.uint8)
    if rng.random() < _TONED:
        tones = np.linspace(0, 1, 256) ** np.exp(rng.normal(0, 0.25))
        low, high = rng.uniform(-0.1, 0.2), rng.uniform(0.8, 1.1)
        table = np.clip(255 * (low + (high - low) * tones), 0, 255)
        pixels = table.astype(np.uint8)[pixels]
    if rng.random() < _NOISY:
        noise = rng.normal(0, rng.uniform(1, 8), pixels.shape[:2])
        shaken = pixels.astype(np.float32) + noise[..., None].astype(np.float32)
        pixels = np.clip(shaken, 0, 255).astype(np.uint8)
    return pixels
