"""Distortions that make training digits vary as people's handwriting does."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Distortion:
    """How far each digit may be distorted; a value is drawn evenly within the range.

    Attributes:
        shift_px: Largest shift along each axis, in pixels.
        rotation_deg: Largest rotation either way.
        scale: Largest relative change of size, per axis.
        shear: Largest horizontal shear (slant) as a tangent.
        pen_probability: Share of digits whose stroke is made thicker or thinner.
        blur_probability: Share of digits that are blurred slightly.
    """

    shift_px: float = 2.0
    rotation_deg: float = 12.0
    scale: float = 0.12
    shear: float = 0.2
    pen_probability: float = 0.3
    blur_probability: float = 0.2


def distort(
    images: npt.NDArray[np.uint8], rng: np.random.Generator, distortion: Distortion
) -> npt.NDArray[np.float32]:
    """Distort a batch of digits, each in its own way.

    Args:
        images: (N, 28, 28) uint8, 255 = ink.
        rng: Source of the random draws.
        distortion: The ranges to draw from.

    Returns:
        (N, 28, 28) float32 in [0, 1]; 1 = ink.
    """
    matrices = _affine_matrices(len(images), images.shape[1:], rng, distortion)
    pen = rng.random(len(images))
    blur = rng.random(len(images)) < distortion.blur_probability
    result = np.empty(images.shape, dtype=np.float32)
    for index, image in enumerate(images):
        warped = cv2.warpAffine(image, matrices[index], image.shape[::-1])
        if pen[index] < distortion.pen_probability:
            warped = _change_pen(warped, thicker=bool(rng.integers(2)), rng=rng)
        if blur[index]:
            warped = cv2.GaussianBlur(warped, (3, 3), rng.uniform(0.3, 0.9))
        result[index] = warped
    return result / np.float32(255)


def _affine_matrices(
    count: int,
    shape: tuple[int, ...],
    rng: np.random.Generator,
    distortion: Distortion,
) -> npt.NDArray[np.float64]:
    """Draw (N, 2, 3) matrices that turn, scale, slant and shift about the centre."""
    limit = distortion
    angle = np.deg2rad(rng.uniform(-limit.rotation_deg, limit.rotation_deg, count))
    scale_x, scale_y = np.exp(rng.uniform(-limit.scale, limit.scale, (2, count)))
    shear = rng.uniform(-limit.shear, limit.shear, count)
    shift = rng.uniform(-limit.shift_px, limit.shift_px, (count, 2))
    rotation = np.array(
        [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    ).transpose(2, 0, 1)
    zero = np.zeros(count)
    slant = np.array([[scale_x, scale_x * shear], [zero, scale_y]]).transpose(2, 0, 1)
    linear = rotation @ slant
    centre = (np.array([shape[1], shape[0]]) - 1) / 2
    offset = centre + shift - linear @ centre
    return np.concatenate([linear, offset[:, :, None]], axis=2)


def _change_pen(
    image: npt.NDArray[np.uint8], *, thicker: bool, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Blend the digit with its dilation (thicker) or erosion (thinner)."""
    kernel = np.ones((2, 2), np.uint8) if rng.integers(2) else _CROSS
    changed = cv2.dilate(image, kernel) if thicker else cv2.erode(image, kernel)
    if int(changed.max()) < _FAINTEST_PEAK:
        return image  # a stroke this thin would vanish
    weight = rng.uniform(0.3, 1.0)
    return cv2.addWeighted(changed, weight, image, 1 - weight, 0).astype(np.uint8)


_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
_FAINTEST_PEAK = 128
