"""The network that says whether a box is ticked, by what was added to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from formreader.digits.model import shipped_folder
from formreader.digits.perceptron import Layers, check_layers, run_layers
from formreader.manifests import ManifestRecord, load_manifest_file
from formreader.ticks.measures import INPUTS

__all__ = [
    "EXPECTED_SHARES",
    "TICKS_MODEL_NAME",
    "TickClass",
    "TickModel",
    "load_tick_model",
]

TICKS_MODEL_NAME = "ticks.json"

EXPECTED_SHARES = np.array([0.62, 0.34, 0.015, 0.025])
"""What boxes on forms are, a guess, in the order of the outputs."""


class TickClass(IntEnum):
    """What a box is, in the order of the network's outputs."""

    BLANK = 0
    MARKED = 1
    STRUCK = 2  # scribbled over: a mark that was taken back
    DOUBTFUL = 3  # a dot, a faint or erased mark, a stroke from elsewhere


@dataclass(frozen=True)
class TickModel(ManifestRecord):
    """A network of two hidden layers that says what a box is.

    Attributes:
        mean: What is taken off each input.
        deviation: What it is divided by.
        layers: For each layer its weights, a row an input, and last its biases.
        temperature: What the logarithms of its odds are divided by.
        shares: Of each class among the boxes that it was fitted to.
        training: How it was fitted.
        accuracy: What was measured, by name.
    """

    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    layers: Layers
    temperature: float = 1.0
    shares: tuple[float, ...] = (0.25,) * len(TickClass)
    training: Mapping[str, Any] = field(default_factory=dict)
    accuracy: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse layers that do not fit together.

        Raises:
            ValueError: If sizes differ, or a number that divides is not positive.
        """
        outputs = len(TickClass)
        check_layers(self.layers, self.mean, self.deviation, INPUTS, outputs)
        if len(self.shares) != outputs or min(self.temperature, *self.shares) <= 0:
            raise ValueError("shares or the temperature are not positive")

    def predict(self, inputs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Say what boxes are.

        Args:
            inputs: (N, `INPUTS`), as `measure_marks` gives them.

        Returns:
            (N, 4) calibrated probabilities, in the order of `TickClass`, by how often
            each is expected on forms (Saerens et al. 2002).
        """
        odds = run_layers(inputs, self.layers, self.mean, self.deviation)
        odds = odds ** (1 / self.temperature) * (
            EXPECTED_SHARES / np.array(self.shares)
        )
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))


@cache
def load_tick_model() -> TickModel:
    """Load the network that ships.

    Raises:
        ModelError: If it is missing or damaged.
    """
    message = "damaged ({}); restore the file, or fit it again"
    return load_manifest_file(shipped_folder() / TICKS_MODEL_NAME, TickModel, message)
