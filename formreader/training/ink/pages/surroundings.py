"""What lies behind a photographed page and what holds it."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["draw_fingers", "draw_surroundings"]

Floats = npt.NDArray[np.float32]
Rng = np.random.Generator

_SHARES = {
    "wood": 0.24,
    "cloth": 0.22,
    "plain": 0.12,
    "dark": 0.12,
    "mottled": 0.10,
    "slats": 0.10,
    "tiles": 0.10,
}


def draw_surroundings(shape: tuple[int, int], rng: Rng) -> tuple[Floats, str]:
    """Draw a table top: wood, cloth, slats, tiles, plain or dark.

    Args:
        shape: Height and width in pixels.
        rng: Source of the random draws.

    Returns:
        (H, W, 3) float32 reflectance in [0, 1], and what it is.
    """
    kind = str(rng.choice(list(_SHARES), p=list(_SHARES.values())))
    if kind == "dark":
        color, texture = rng.uniform(0.0, 0.15, 3), 0.02 * _noise(shape, 3, 3, rng)
    elif kind == "wood":
        color, texture = _wood(shape, rng)
    elif kind == "cloth":
        color = _muted(rng)
        pitch = rng.uniform(2.5, 9)
        rows, columns = np.indices(shape, dtype=np.float32)
        weave = np.sin(rows * (2 * np.pi / pitch)) * np.sin(
            columns * (2 * np.pi / pitch)
        )
        folds = _noise(shape, 60, 60, rng)
        texture = rng.uniform(0.0, 0.12) * weave + rng.uniform(0.02, 0.1) * folds
        if rng.random() < 0.5:  # creases
            texture = texture - rng.uniform(0.04, 0.25) * np.exp(
                -np.abs(folds) * rng.uniform(4, 16)
            )
    elif kind in ("slats", "tiles"):
        color = _muted(rng)
        texture = _stripes(shape, rng)
        if kind == "tiles":
            texture = np.minimum(texture, _stripes(shape[::-1], rng).T)
        texture = texture + 0.03 * _noise(shape, 3, 3, rng)
    elif kind == "mottled":
        color = rng.uniform(0.2, 0.8, 3)
        texture = rng.uniform(0.03, 0.12) * (
            _noise(shape, 2, 2, rng) + _noise(shape, 9, 9, rng)
        )
    else:
        color = rng.uniform(0.1, 0.9) * rng.uniform(0.85, 1.0, 3)
        texture = 0.03 * _noise(shape, 50, 50, rng)
    base = np.asarray(color, np.float32) * (1 + 2 * texture[:, :, None])
    if rng.random() < 0.25:  # an edge of the table, a cable, another sheet
        points = rng.uniform(-0.2, 1.2, (4, 1, 2)) * (shape[1], shape[0])
        outline = cv2.convexHull(points.astype(np.int32))
        cv2.fillConvexPoly(base, outline, rng.uniform(0, 0.9, 3).tolist())
    return np.clip(base, 0.01, 1).astype(np.float32), kind


def _muted(rng: Rng) -> npt.NDArray[np.float64]:
    """Choose a colour that is mostly rather grey, as cloth and floors are."""
    tone = rng.uniform(0.08, 0.95)
    return np.clip(tone + rng.uniform(-0.3, 0.3, 3) * rng.uniform(0, 0.8), 0.03, 0.97)


def _stripes(shape: tuple[int, int], rng: Rng) -> Floats:
    """Draw upright gaps between slats or checks of a cloth."""
    pitch = rng.uniform(12, 120)
    share = rng.uniform(0.04, 0.5)
    phase = (np.arange(shape[1], dtype=np.float32) / pitch) % 1
    depth = rng.uniform(0.1, 0.45)
    line = np.where(phase < share, -depth, 0.0).astype(np.float32)
    return np.broadcast_to(line, shape).copy()


def _wood(shape: tuple[int, int], rng: Rng) -> tuple[npt.NDArray[np.float64], Floats]:
    """Draw grain along one direction, with seams between boards."""
    color = (
        np.array([0.62, 0.42, 0.25]) * rng.uniform(0.35, 1.4) * rng.uniform(0.9, 1.1, 3)
    )
    upright = rng.random() < 0.5
    long, short = rng.uniform(40, 120), rng.uniform(1.2, 4)
    grain = (long, short) if upright else (short, long)
    broad = (3 * grain[0], 3 * grain[1])
    texture = 0.08 * _noise(shape, *grain, rng) + 0.06 * _noise(shape, *broad, rng)
    if rng.random() < 0.7:  # pores: fine dark streaks along the grain
        fine = (rng.uniform(8, 40), rng.uniform(1.2, 3))
        streaks = _noise(shape, *(fine if upright else fine[::-1]), rng)
        rare = np.float32(rng.uniform(0.3, 1.4))
        texture = texture - rng.uniform(0.08, 0.35) * np.clip(streaks - rare, 0, 1)
    if rng.random() < 0.5:
        pitch = int(rng.uniform(40, 160))
        lines = texture[:, ::pitch] if upright else texture[::pitch]
        lines -= 0.25
    return np.clip(color, 0.03, 0.95), np.asarray(texture, np.float32)


def draw_fingers(shape: tuple[int, int], rng: Rng) -> tuple[Floats, Floats]:
    """Draw the tips of fingers that reach in from a side.

    Returns:
        (H, W) float32 coverage and (H, W, 3) float32 reflectance.
    """
    height, width = shape
    cover = np.zeros(shape, np.uint8)
    side = int(rng.integers(4))
    thick = int(rng.uniform(0.05, 0.12) * max(shape))
    at = rng.uniform(0.15, 0.85)
    for step in range(int(rng.integers(1, 4))):
        reach = rng.uniform(0.06, 0.22)
        place = at + step * 2.3 * thick / max(shape)
        tip = {
            0: (reach * width, place * height),
            1: ((1 - reach) * width, place * height),
            2: (place * width, reach * height),
            3: (place * width, (1 - reach) * height),
        }[side]
        root = {
            0: (-thick, tip[1] + rng.normal(0, thick)),
            1: (width + thick, tip[1] + rng.normal(0, thick)),
            2: (tip[0] + rng.normal(0, thick), -thick),
            3: (tip[0] + rng.normal(0, thick), height + thick),
        }[side]
        ends = [(int(x), int(y)) for x, y in (tip, root)]
        cv2.line(cover, ends[0], ends[1], 255, 2 * thick, cv2.LINE_AA)
    soft = cv2.GaussianBlur(cover, (0, 0), 1.2).astype(np.float32) / 255
    inner = cv2.GaussianBlur(cover, (0, 0), 0.5 * thick).astype(np.float32) / 255
    skin = np.array([0.78, 0.55, 0.43]) * rng.uniform(0.35, 1.2)
    shade = np.float32(0.55) + np.float32(0.45) * inner[:, :, None]
    tone = np.clip(skin, 0, 1).astype(np.float32)
    return np.asarray(soft, np.float32), np.asarray(tone * shade, np.float32)


def _noise(shape: tuple[int, int], tall: float, wide: float, rng: Rng) -> Floats:
    """Draw smooth noise with a deviation of about 1, grain `tall` by `wide` pixels."""
    coarse = (max(2, round(shape[0] / tall)), max(2, round(shape[1] / wide)))
    noise = rng.standard_normal(coarse, dtype=np.float32)
    return np.asarray(cv2.resize(noise, (shape[1], shape[0])), dtype=np.float32)
