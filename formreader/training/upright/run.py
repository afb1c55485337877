"""A whole training run of the upright network, from drawn pages to its files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.networks import NetworkManifest
from formreader.orientation.features import FEATURES, describe_windows
from formreader.orientation.windows import SIDE, cut_windows
from formreader.training.ink.drawing import DrawnPages
from formreader.training.ink.stream import DrawPage
from formreader.training.upright.files import write_upright_model
from formreader.training.upright.fit import UprightFitOptions, fit_upright

__all__ = ["UprightPlan", "describe_all", "draw_windows", "run_upright_training"]

Gray = npt.NDArray[np.uint8]

_PAGE_SIDES = (512, 768)
_ENLARGED = (1.0, 1.0, 1.5, 2.0)  # pages are drawn at 150 dpi; scans have more
_TILTED = 0.35  # of the pages are tilted, as photos are
_TILT_DEG = 22.0
_WINDOWS_A_PAGE = 100
_HELD_OUT = 43  # tells these draws from all others


@dataclass(frozen=True)
class UprightPlan:
    """What to train.

    Attributes:
        options: Length, rates and seed.
        pages: How many pages are drawn to fit.
        held_out: How many pages to measure with, written by hands of their own.
    """

    options: UprightFitOptions = field(default_factory=UprightFitOptions)
    pages: int = 660
    held_out: int = 40


def run_upright_training(
    plan: UprightPlan,
    pages: DrawnPages,
    folder: Path,
    report: Callable[[int, float], None] | None = None,
) -> NetworkManifest:
    """Train an upright network and write its files.

    Args:
        plan: Length, rates and seed.
        pages: What pages are drawn with.
        folder: Takes the model.
        report: Told after each epoch how many are done, and the mean loss.

    Returns:
        The manifest as written.

    Raises:
        ModelError: If the converted network does not say what the original says.
    """
    seed = plan.options.seed
    windows = draw_windows(pages(), plan.pages, [seed])
    features = describe_all(windows)
    network = fit_upright(features, plan.options, report)
    held_out = replace(pages, held_out=True)()
    watched = describe_all(draw_windows(held_out, plan.held_out, [seed, _HELD_OUT]))
    files = [*pages.digits, *pages.letters, *pages.strokes]
    training = {
        "handwriting": ", ".join(file.name.split(".")[0] for file in files),
        "pages drawn": plan.pages,
        "windows": len(features),
        "epochs": plan.options.epochs,
        "seed": seed,
    }
    return write_upright_model(network, folder, training, watched)


def draw_windows(draw: DrawPage, pages: int, seed: list[int]) -> Gray:
    """Draw pages that stand upright and cut windows out of them.

    Args:
        draw: Draws a page.
        pages: How many.
        seed: The same seed gives the same windows.

    Returns:
        (N, 40, 40) uint8, 255 = ink.
    """
    windows = [np.zeros((0, SIDE, SIDE), np.uint8)]
    for number in range(pages):
        rng = np.random.default_rng([*seed, number])
        pixels, _ = draw(rng, int(rng.choice(_PAGE_SIDES)))
        windows.append(cut_windows(_capture(pixels, rng), _WINDOWS_A_PAGE))
    return np.concatenate(windows)


def _capture(pixels: Gray, rng: np.random.Generator) -> Gray:
    """Take a page in grey, tilted perhaps, at another resolution perhaps."""
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    scale = float(rng.choice(_ENLARGED))
    tilt = rng.uniform(-_TILT_DEG, _TILT_DEG) if rng.random() < _TILTED else 0.0
    height, width = (round(scale * side) for side in grey.shape)
    matrix = cv2.getRotationMatrix2D((grey.shape[1] / 2, grey.shape[0] / 2), tilt, 1.0)
    warped = cv2.warpAffine(
        grey,
        scale * matrix,
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(warped, np.uint8)


def describe_all(windows: Gray) -> npt.NDArray[np.float32]:
    """Describe many windows as `describe_windows` does, some at a time."""
    features = np.empty((len(windows), FEATURES), np.float32)
    for first in range(0, len(windows), _WINDOWS_A_PAGE):
        some = slice(first, first + _WINDOWS_A_PAGE)
        features[some] = describe_windows(windows[some])
    return features
