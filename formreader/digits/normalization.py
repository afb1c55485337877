"""Bring a crop of one digit to the format of the MNIST images."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

SIDE = 28
INK_SIDE = 20


def to_mnist(ink: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Scale and centre one digit the way the MNIST images were made.

    The ink is scaled, aspect ratio kept, to fit a 20 x 20 box, then shifted so that its
    centre of mass falls on the centre of the 28 x 28 image [1].

    Args:
        ink: (H, W) uint8, one digit alone; 255 = ink, 0 = background.

    Returns:
        (28, 28) float32 in [0, 1]; 1 = ink.

    Raises:
        ValueError: If `ink` is not (H, W) uint8 or holds no ink.

    References:
        [1] LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document
        recognition", Proc. IEEE 86(11), 1998. doi:10.1109/5.726791

    Example:
        >>> image = to_mnist(np.full((60, 6), 255, dtype=np.uint8))
        >>> image.shape, int(np.count_nonzero(image.any(axis=1)))
        ((28, 28), 20)
    """
    return np.asarray(normalize_all([ink])[0])


def normalize_all(
    crops: Sequence[npt.NDArray[np.uint8]],
) -> npt.NDArray[np.float32]:
    """Bring many crops to the MNIST format.

    Args:
        crops: Crops as `to_mnist` takes them; there may be none.

    Returns:
        (N, 28, 28) float32 in [0, 1]; 1 = ink.
    """
    images = np.zeros((len(crops), SIDE, SIDE), dtype=np.uint8)
    for image, crop in zip(images, crops, strict=True):
        _paste_by_mass(_shrink(_trim(crop)), image)
    return np.asarray(images.astype(np.float32) / np.float32(255), np.float32)


def _trim(ink: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Cut off the paper around a digit.

    Raises:
        ValueError: If `ink` is not (H, W) uint8 or holds no ink.
    """
    if ink.ndim != 2 or ink.dtype != np.uint8:
        raise ValueError(f"ink is {ink.dtype} {ink.shape}, not (H, W) uint8")
    left, top, width, height = cv2.boundingRect(ink)
    if width == 0:
        raise ValueError("the crop holds no ink")
    return ink[top : top + height, left : left + width]


def _shrink(ink: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Scale the ink to fit 20 x 20; pixel areas are averaged, so edges turn grey."""
    height, width = ink.shape
    scale = INK_SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(ink, size, interpolation=interpolation), np.uint8)


def _paste_by_mass(small: npt.NDArray[np.uint8], image: npt.NDArray[np.uint8]) -> None:
    """Paste the ink so that its centre of mass is nearest to the image's centre."""
    height, width = small.shape
    moments = cv2.moments(small)
    middle = (SIDE - 1) / 2
    left = round(middle - moments["m10"] / moments["m00"])
    top = round(middle - moments["m01"] / moments["m00"])
    left, top = max(0, min(left, SIDE - width)), max(0, min(top, SIDE - height))
    image[top : top + height, left : left + width] = small
