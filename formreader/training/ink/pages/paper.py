"""The paper itself and the light that falls on it."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from formreader.training.ink.pages.sheet import Sheet

__all__ = ["add_pattern", "draw_light", "draw_paper", "let_through"]

Floats = npt.NDArray[np.float32]
Rng = np.random.Generator

_PAPERS = (
    (1.00, 0.97, 0.88),
    (0.98, 0.93, 0.75),
    (0.80, 0.93, 0.84),
    (0.62, 0.84, 0.72),
    (0.78, 0.88, 0.97),
    (0.98, 0.82, 0.84),
    (1.00, 0.95, 0.65),
    (0.90, 0.80, 0.62),
    (0.85, 0.85, 0.82),
)


def draw_paper(shape: tuple[int, ...], unit: float, kind: str, rng: Rng) -> Floats:
    """Draw bare paper: its tone, fibres, and a fold.

    Args:
        shape: Height and width in pixels.
        unit: Pixels to a unit.
        kind: Kind of the capture; scans are mostly white.
        rng: Source of the random draws.

    Returns:
        (H, W, 3) or (1, 1, 3) float32, reflectance in [0, 1].
    """
    tone = np.ones(3, np.float32)
    if rng.random() < (0.3 if "colour" in kind or kind == "photo" else 0.08):
        tone = np.array(_PAPERS[int(rng.integers(len(_PAPERS)))], np.float32)
        tone = tone ** np.float32(rng.uniform(0.4, 1.3))
    tone = tone * np.float32(rng.uniform(0.86, 1.0))
    texture = np.ones((1, 1), np.float32)
    if rng.random() < 0.35:
        noise = _noise(shape, rng.uniform(1.0, 4.0) * unit, rng)
        texture = 1 - np.float32(rng.uniform(0.004, 0.03)) * np.abs(noise)
    if rng.random() < 0.12:
        texture = texture * _fold(shape, rng)
    return np.asarray(texture[:, :, None] * tone, np.float32)


def _fold(shape: tuple[int, ...], rng: Rng) -> Floats:
    """Draw a fold as a step of light with a bright or dark ridge."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    angle = rng.normal(0, 0.05) + (np.pi / 2 if rng.random() < 0.5 else 0)
    across = np.cos(angle) * (columns - rng.uniform(0.1, 0.9) * shape[1])
    across = across + np.sin(angle) * (rows - rng.uniform(0.1, 0.9) * shape[0])
    away = np.abs(across).astype(np.float32)
    ridge = rng.uniform(-0.12, 0.05) * np.exp(-away / rng.uniform(1, 3))
    side = rng.uniform(0, 0.08) * np.exp(-away / rng.uniform(20, 80)) * np.sign(across)
    return np.asarray(1 + ridge + side, np.float32)


def add_pattern(sheet: Sheet, rng: Rng) -> None:
    """Print a pale pattern below everything: waves or hatching, as on cheques."""
    if rng.random() < 0.3:
        sheet.halftone(
            0, 0, sheet.width, sheet.height, rng.uniform(2.2, 7), rng.uniform(0.5, 0.9)
        )
        return
    rows, columns = np.ogrid[: sheet.shape[0], : sheet.shape[1]]
    angle = rng.uniform(0, np.pi)
    across = (np.cos(angle) * columns + np.sin(angle) * rows).astype(np.float32)
    along = (np.cos(angle) * rows - np.sin(angle) * columns).astype(np.float32)
    pitch = rng.uniform(3, 14) * sheet.unit
    bend = rng.uniform(0, 1.5) * pitch if rng.random() < 0.7 else 0.0
    wave = across + bend * np.sin(along / np.float32(rng.uniform(1, 5) * pitch))
    lines = np.clip(
        np.cos(wave * np.float32(2 * np.pi / pitch)) - rng.uniform(-0.3, 0.7), 0, 1
    )
    tint = rng.uniform(0.05, 0.3) * (1 - rng.uniform(0.3, 1.0, 3))
    sheet.image *= 1 - lines[:, :, None].astype(np.float32) * tint.astype(np.float32)


def let_through(sheet: Sheet, rng: Rng) -> None:
    """Let what is on the back of the sheet shine through, mirrored and faint."""
    back = cv2.GaussianBlur(sheet.image[:, ::-1], (0, 0), rng.uniform(0.7, 2))
    shift = int(rng.uniform(0.05, 0.9) * sheet.shape[0])
    back = np.roll(back, shift, axis=0)
    sheet.image *= 1 - np.float32(rng.uniform(0.05, 0.22)) * (1 - back)


def draw_light(shape: tuple[int, ...], rng: Rng) -> Floats:
    """Draw uneven light: a slope, soft and hard shadows, a cast of colour.

    Returns:
        (H, W, 3) float32 factor.
    """
    level = rng.uniform(0.45, 1.0)
    rows = np.linspace(-0.5, 0.5, shape[0], dtype=np.float32)[:, None]
    columns = np.linspace(-0.5, 0.5, shape[1], dtype=np.float32)[None, :]
    slope = rng.normal(0, 0.2, 2).astype(np.float32)
    light = level * (1 + slope[0] * rows + slope[1] * columns)
    if rng.random() < 0.5:
        light = light * (
            1 + rng.uniform(0.02, 0.12) * _noise(shape, 0.35 * shape[0], rng)
        )
    if rng.random() < 0.4:
        light = light * _shadow(shape, rng)
    cast = (
        np.ones(3) if rng.random() < 0.3 else np.clip(rng.normal(1, 0.07, 3), 0.75, 1.2)
    )
    return np.asarray(np.clip(light, 0.12, 1.15)[:, :, None] * cast, np.float32)


def _shadow(shape: tuple[int, ...], rng: Rng) -> Floats:
    """Draw the shadow of a hand, a head or a phone, soft or hard."""
    small = np.zeros((96, 96), np.uint8)
    center = rng.uniform(-0.1, 1.1, 2) * 96
    count = int(rng.integers(3, 8))
    angles = np.sort(rng.uniform(0, 2 * np.pi, count))
    reach = rng.uniform(20, 80, count)
    points = center + np.column_stack([np.cos(angles), np.sin(angles)]) * reach[:, None]
    cv2.fillPoly(small, [points.astype(np.int32)], 255)
    soft = (
        cv2.GaussianBlur(small, (0, 0), rng.uniform(0.6, 12)).astype(np.float32) / 255
    )
    full = cv2.resize(soft, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(1 - rng.uniform(0.1, 0.6) * np.clip(full, 0, 1), np.float32)


def _noise(shape: tuple[int, ...], grain: float, rng: Rng) -> Floats:
    """Draw smooth noise with a deviation of about 1 and this grain in pixels."""
    coarse = [max(2, round(side / max(1.0, grain))) for side in shape[:2]]
    noise = rng.standard_normal(coarse, dtype=np.float32)
    size = (shape[1], shape[0])
    return np.asarray(
        cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC), np.float32
    )
