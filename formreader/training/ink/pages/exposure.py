"""What scanners, copiers, faxes and cameras make of the light from a page."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["BINARY", "expose"]

Gray = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Rng = np.random.Generator

_GREY = ("scan", "grey scan", "bilevel", "fax", "copy")
BINARY = ("bilevel", "fax", "copy")
_NOISE = {"photo": 0.035, "bilevel": 0.008}  # the most, of white
_SOFTEST = 1.7  # pixels of the finished page that blur reaches at most
_TILE = 100_003  # a prime number of noisy pixels, repeated: the pattern never lines up


def expose(light: Floats, kind: str, scale: float, size: int, rng: Rng) -> Gray:
    """Turn light into the pixels of a file.

    Args:
        light: (H, H, 3) float32, 1 = white.
        kind: Kind of the capture.
        scale: Pixels of the capture to one of the finished page.
        size: Side S of the finished page.
        rng: Source of the random draws.

    Returns:
        (S, S, 3) uint8 RGB.
    """
    side = round(size * scale)
    light = _resize(light, side)
    photo = kind == "photo"
    most = min(1.5 if photo else 1.0, _SOFTEST * scale)
    sigma = rng.uniform(0.3, most) * max(1.0, scale) ** 0.5
    if rng.random() < 0.8:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), sigma), np.float32)
    if photo and rng.random() < 0.15:
        light = _shake(light, rng)
    if kind in _GREY or (photo and rng.random() < 0.1):
        grey = cv2.cvtColor(light, cv2.COLOR_RGB2GRAY)
        light = np.asarray(grey, np.float32)[:, :, None]
    light = _add_noise(light, rng.uniform(0, _NOISE.get(kind, 0.02)), rng)
    if kind in BINARY:
        light = _threshold(light[:, :, 0], kind, rng)[:, :, None]
    elif rng.random() < 0.35:
        light = _stretch(light, rng)
    if rng.random() < (0.3 if photo else 0.12):
        blurred = cv2.GaussianBlur(light, (0, 0), 1.2).reshape(light.shape)
        light = light + np.float32(rng.uniform(0.3, 1.2)) * (light - blurred)
    pixels = np.clip(light * 255, 0, 255).astype(np.uint8)
    if kind not in ("bilevel", "fax") and rng.random() < (0.9 if photo else 0.6):
        pixels = _compress(pixels, int(rng.integers(25, 96)))
    pixels = _finish(pixels, size, rng)
    return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels


def _resize(light: Floats, side: int) -> Floats:
    """Shrink to the pixels of the capture."""
    if light.shape[0] == side:
        return light
    small = cv2.resize(light, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _finish(pixels: Gray, size: int, rng: Rng) -> Gray:
    """Bring the capture to the size of the finished page; (S, S, 1) or (S, S, 3)."""
    side = pixels.shape[0]
    if side != size:
        how = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
        if side < size and rng.random() < 0.5:
            how = cv2.INTER_CUBIC
        pixels = np.asarray(
            cv2.resize(pixels, (size, size), interpolation=how), np.uint8
        )
    return pixels.reshape(size, size, -1)


def _compress(pixels: Gray, quality: int) -> Gray:
    """Store as JPEG and read again."""
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    assert decoded is not None  # it was encoded here
    return decoded.astype(np.uint8)


def _shake(light: Floats, rng: Rng) -> Floats:
    """Blur along a direction, as a hand that moved."""
    length = int(rng.integers(2, 6))
    kernel = np.zeros((2 * length + 1, 2 * length + 1), np.float32)
    angle = rng.uniform(0, np.pi)
    dx, dy = length / 2 * np.cos(angle), length / 2 * np.sin(angle)
    start = (round(length - dx), round(length - dy))
    end = (round(length + dx), round(length + dy))
    cv2.line(kernel, start, end, 1.0)
    return np.asarray(cv2.filter2D(light, -1, kernel / kernel.sum()), np.float32)


def _add_noise(light: Floats, amount: float, rng: Rng) -> Floats:
    """Add the noise of a sensor, somewhat grainy."""
    if amount < 0.002:
        return light
    some = rng.standard_normal(min(light.size, _TILE), dtype=np.float32)
    noise = np.resize(some, light.size).reshape(light.shape)
    if rng.random() < 0.4:
        noise = np.asarray(cv2.blur(noise, (2, 2)).reshape(light.shape) * 2, np.float32)
    return np.asarray(light + np.float32(amount) * noise, np.float32)


def _threshold(grey: Floats, kind: str, rng: Rng) -> Floats:
    """Make black and white of it, as scanners, faxes and worn copiers do."""
    white = float(np.percentile(grey[::4, ::4], 80))
    level = np.full_like(grey, white * rng.uniform(0.6, 0.9))
    if rng.random() < 0.3:  # by the neighbourhood
        mean = cv2.blur(grey, (41, 41)) * np.float32(rng.uniform(0.7, 0.87))
        level = np.asarray(mean, np.float32)
    coarse = rng.standard_normal((40, 40), dtype=np.float32)
    rows, columns = grey.shape
    uneven = np.asarray(cv2.resize(coarse, (columns, rows)), np.float32)
    if kind == "copy":
        grain = rng.uniform(0.005, 0.06)
        level = np.minimum(level, np.float32(white - 2.5 * grain - 0.06))
        worn = _add_noise(grey + np.float32(0.05) * uneven, grain, rng) - level
        gain = np.float32(rng.uniform(2.5, 12))
        return np.asarray(np.clip(worn * gain + 0.5, 0.02, 1), np.float32)
    if kind == "fax":
        half = cv2.resize(grey, (columns, rows // 2), interpolation=cv2.INTER_AREA)
        coarse = np.asarray(
            cv2.resize(half, (columns, rows), interpolation=0), np.float32
        )
        grey = coarse + np.float32(0.06) * uneven
    black = np.where(grey > level, 1.0, 0.0).astype(np.float32)
    if kind == "fax" and rng.random() < 0.4:  # rows that got lost, or are smeared
        for row in rng.integers(0, rows - 3, int(rng.integers(1, 6))):
            black[row : row + int(rng.integers(1, 3))] = rng.random() < 0.8
    if rng.random() < 0.3:  # specks, black or white
        count = int(rng.uniform(0.0001, 0.002) * black.size)
        black.flat[rng.integers(0, black.size, count)] = rng.random() < 0.6
    return black


def _stretch(light: Floats, rng: Rng) -> Floats:
    """Stretch the contrast so that paper becomes white, as scanners do."""
    high = float(np.percentile(light[::4, ::4], rng.uniform(60, 99)))
    low = rng.uniform(0, 0.25) * high
    stretched = (light - np.float32(low)) / np.float32(max(0.05, high - low))
    return np.asarray(np.clip(stretched, 0, 1), np.float32)
