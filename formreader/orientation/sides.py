"""Decide once, before it is read, which way up a page lies.

Boxes look the same from every side, and a 6 upside down is a 9, so a page that lies
wrongly could be read wrongly without a word. Letters and digits tell, printed and
written: windows all over the page are looked at, each from all sides. Where they do not
settle it, the digits of the page are classified from all sides. If it stays open, the
page is read as it lies, with a warning.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from formreader.digits.classification import DigitClassifier
from formreader.digits.model import DIGITS
from formreader.digits.networks import NetworkManifest
from formreader.digits.normalization import normalize_all
from formreader.digits.runtime import has_litert
from formreader.orientation.features import SIDES, describe_windows, turn_features
from formreader.orientation.model import find_upright_model
from formreader.orientation.runtime import UprightNetwork, open_upright_network
from formreader.orientation.turning import AS_IT_LIES, Side
from formreader.orientation.windows import cut_marks, cut_windows

__all__ = ["UNSURE", "SideDecision", "SideFinder", "decide_side"]

Gray = npt.NDArray[np.uint8]
Values = npt.NDArray[np.float64]

UNSURE = "which way up the page lies cannot be told; it was read as it lies"
"""The warning about a page that no side fits."""

_MOST_WINDOWS = 192
_MOST_MARKS = 64
_MISLED = 0.1  # of the windows, and of the marks, something else decides
_AHEAD = 8.0  # natural logarithms; one mark alone gives at most 4.3
_MIRRORED_AHEAD = 60.0  # hardly any page is mirrored
_CLEAR = 0.9  # probability of a digit
_MOSTLY_DIGITS = 0.6  # of the marks, seen from the right side
_LEAST_DIGIT = 1e-3
_TURNS = 4


@dataclass(frozen=True)
class SideDecision:
    """Which way up a page lies.

    Attributes:
        side: How it is turned to be read.
        is_sure: Whether there was enough to tell it by.
    """

    side: Side = AS_IT_LIES
    is_sure: bool = True


class SideFinder:
    """Tells which way up pages lie; safe to use from several threads.

    Attributes:
        manifest: What is known about its network.

    Example:
        >>> finder = SideFinder.load()
        >>> blank = np.full((400, 300), 255, dtype=np.uint8)
        >>> finder.weigh(blank).tolist()
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """

    def __init__(self, network: UprightNetwork, manifest: NetworkManifest) -> None:
        """Join a network with what is known about it."""
        self._network = network
        self.manifest = manifest

    @classmethod
    def load(cls, path: str | Path | None = None) -> SideFinder:
        """Load a model from disk: with LiteRT if it is installed, else with Keras.

        Args:
            path: A folder with `upright.tflite` or `upright.keras`, and `upright.json`;
                None is the model that ships.

        Raises:
            ModelError: If the model is missing, damaged or of another kind, or neither
                runtime is installed.
        """
        folder = None if path is None else Path(path)
        suffix = ".tflite" if has_litert() else ".keras"
        artefact, manifest = find_upright_model(folder, suffix=suffix)
        return cls(open_upright_network(artefact), manifest)

    def weigh(self, pixels: Gray) -> Values:
        """Measure how much speaks for each side of a page.

        Args:
            pixels: (H, W) uint8, 0 = black, dark on light or light on dark.

        Returns:
            (8,) float64, natural logarithms of likelihoods, in the order of `SIDES`;
            zeros if there is nothing on the page.
        """
        windows = cut_windows(pixels, _MOST_WINDOWS)
        if not len(windows):
            return np.zeros(len(SIDES))
        views = turn_features(describe_windows(windows))
        scores = self._network(views.reshape(-1, views.shape[-1]))
        scores = scores.reshape(len(windows), len(SIDES)).astype(np.float64)
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        return _join(shares / shares.sum(axis=1, keepdims=True))


def decide_side(
    pixels: Gray, finder: SideFinder, classifier: DigitClassifier
) -> SideDecision:
    """Decide which way up a page lies.

    Args:
        pixels: (H, W) uint8, 0 = black, dark on light or light on dark.
        finder: Looks at letters and digits.
        classifier: Asked about digits where that does not settle it.

    Returns:
        The side that fits clearly better than all others, or else as it lies. A page
        with nothing on it lies well.
    """
    weights = finder.weigh(pixels)
    if not weights.any():
        return SideDecision()
    side = _choose_side(weights)
    if side is None:
        marks = cut_marks(pixels, _MOST_MARKS)
        side = _choose_side(weights + weigh_digits(marks, classifier))
    return SideDecision(is_sure=False) if side is None else SideDecision(side)


def weigh_digits(marks: list[Gray], classifier: DigitClassifier) -> Values:
    """Measure how much digits speak for each side of a page.

    Args:
        marks: (h, w) uint8 each, 255 = ink, one character.
        classifier: What tells digits from other marks.

    Returns:
        (8,) float64, natural logarithms of likelihoods, in the order of `SIDES`; zeros
        if from no side most marks are digits.
    """
    if not marks:
        return np.zeros(len(SIDES))
    images = normalize_all(marks)
    views = np.stack([[side.turn(image) for side in SIDES] for image in images])
    answers = classifier.predict(views.reshape(-1, *images.shape[1:]))
    digits = answers[:, : len(DIGITS)].max(axis=1).reshape(-1, len(SIDES))
    if (digits > _CLEAR).mean(axis=0).max() < _MOSTLY_DIGITS:
        return np.zeros(len(SIDES))  # letters look like digits from any side
    shares = digits.astype(np.float64) ** 2 + _LEAST_DIGIT
    return _join(shares / shares.sum(axis=1, keepdims=True))


def _join(shares: Values) -> Values:
    """Join what many small things say, none of which is trusted by itself.

    Args:
        shares: (N, S), a row each, its probabilities of the sides.

    Returns:
        (S,) natural logarithms.
    """
    spread = _MISLED / shares.shape[1]
    return np.asarray(np.log((1 - _MISLED) * shares + spread).sum(axis=0))


def _choose_side(weights: Values) -> Side | None:
    """Choose the side that is well ahead of all others; None if there is none."""
    upright, mirrored = weights[:_TURNS], weights[_TURNS:]
    if mirrored.max() - upright.max() > _MIRRORED_AHEAD:
        return SIDES[_TURNS + int(mirrored.argmax())]
    second, best = np.sort(upright)[-2:]
    if best - second > _AHEAD and mirrored.max() - best < _AHEAD:
        return SIDES[int(upright.argmax())]
    return None
