"""Candidates for the alignment of a page, from local features."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]

_MOST_FEATURES = 2500
_RATIO = 0.85  # of the distances to the nearest and the second descriptor
_FEWEST_MATCHES = 8
_TOLERANCE_PX = 4.0
_ROUNDS = 3
_ITERATIONS = 4000


@dataclass(frozen=True, eq=False)
class Features:
    """Local features of a page.

    Attributes:
        points: (N, 2) float32 points (x, y) in pixels of the image given.
        descriptors: (N, 128) float32, RootSIFT.
    """

    points: npt.NDArray[np.float32]
    descriptors: npt.NDArray[np.float32]


def find_features(ink: npt.NDArray[np.uint8]) -> Features:
    """Find SIFT features [1], compared as RootSIFT [2].

    Args:
        ink: (H, W) uint8, 255 = ink.

    References:
        [1] Lowe, "Distinctive image features from scale-invariant keypoints", IJCV
        60(2), 2004. doi:10.1023/B:VISI.0000029664.99615.94
        [2] Arandjelovic, Zisserman, "Three things everyone should know to improve
        object retrieval", CVPR 2012. doi:10.1109/CVPR.2012.6248018
    """
    sift = cv2.SIFT.create(nfeatures=_MOST_FEATURES)
    keypoints, found = sift.detectAndCompute(ink, None)
    if found is None or not len(keypoints):
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32))
    points = np.array([keypoint.pt for keypoint in keypoints], dtype=np.float32)
    descriptors = np.asarray(found, dtype=np.float32)
    descriptors /= np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-6)
    return Features(points, np.sqrt(descriptors))


def match_features(reference: Features, page: Features) -> Iterator[Matrix]:
    """Yield homographies that many pairs of features agree on.

    Repeated rows make several homographies plausible, so after each the pairs that it
    explains are left out and another is sought.

    Args:
        reference: Features of the reference.
        page: Features of the page.

    Yields:
        (3, 3) float64 homographies from reference to page, by number of pairs.
    """
    if min(len(reference.points), len(page.points)) < _FEWEST_MATCHES:
        return
    origin, target = _pair(reference, page)
    for _ in range(_ROUNDS):
        if len(origin) < _FEWEST_MATCHES:
            return
        matrix, mask = cv2.findHomography(
            origin,
            target,
            cv2.USAC_MAGSAC,
            _TOLERANCE_PX,
            maxIters=_ITERATIONS,
            confidence=0.999,
        )
        if matrix is None or np.count_nonzero(mask) < _FEWEST_MATCHES:
            return
        yield np.asarray(matrix, dtype=np.float64)
        left = ~mask.ravel().astype(bool)
        origin, target = origin[left], target[left]


def _pair(
    reference: Features, page: Features
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Pair features that are much nearer to each other than to the second nearest."""
    likeness = reference.descriptors @ page.descriptors.T
    nearest = likeness.argmax(axis=1)
    rows = np.arange(len(nearest))
    first = likeness[rows, nearest]
    likeness[rows, nearest] = -1
    second = likeness.max(axis=1)
    # For vectors of length 1 the squared distance is 2 - 2 * likeness.
    good = (1 - first) < _RATIO**2 * (1 - second)
    return reference.points[good], page.points[nearest[good]]
