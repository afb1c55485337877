"""Bring the picture of a field to the form that the network of contents takes."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.strip_normalization import darkness

__all__ = ["HEIGHT", "WIDTH", "normalize_picture"]

Gray = npt.NDArray[np.uint8]

HEIGHT, WIDTH = 32, 160
"""Pixels of a normalised picture."""


def normalize_picture(picture: Gray) -> Gray:
    """Scale a picture to the height that the network takes, paper to its right.

    Args:
        picture: (h, w) uint8, 0 = black, what was written with a small margin.

    Returns:
        (32, 160) uint8, 255 = ink; a picture that is wider is squeezed.
    """
    ink = darkness(picture)
    height, width = ink.shape
    wanted = int(np.clip(round(width * HEIGHT / height), 1, WIDTH))
    shrinks = height > HEIGHT or width > wanted
    flag = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    scaled = cv2.resize(ink, (wanted, HEIGHT), interpolation=flag)
    result = np.zeros((HEIGHT, WIDTH), np.uint8)
    result[:, :wanted] = scaled
    return result
