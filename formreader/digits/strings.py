"""Read a whole strip of digits and marks at once, without cutting it into digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from formreader.digits.ctc import best_strings, log_probability, without_marks
from formreader.digits.model import USABLE_TEMPERATURES, checksum, shipped_folder
from formreader.digits.runtime import StripNetwork, open_strip_network
from formreader.digits.strip_normalization import (
    HEIGHT,
    darkness,
    normalize_strip,
    pad_strip,
    padded_width,
)
from formreader.errors import ModelError
from formreader.manifests import ManifestRecord, check_range, load_manifest_file

__all__ = [
    "StringManifest",
    "StringReader",
    "best_strings",
    "darkness",
    "load_string_manifest",
    "log_probability",
    "normalize_strip",
    "without_marks",
]

STRING_MODEL_NAME = "strings.tflite"
MARKED_MODEL_NAME = "marked.tflite"
"""A network of the same kind that was trained on numbers with their marks."""
PICTURE_MODEL_NAME = "pictures.tflite"
"""One that was trained on numbers as a form shows them, with its lines around."""


@dataclass(frozen=True)
class StringManifest(ManifestRecord):
    """What is known about a string reader's network.

    Attributes:
        network: Name of its architecture.
        temperature: What the network's logits are divided by; 1 changes nothing.
        height: Rows of the strips it reads.
        marks: It reads the marks of numbers, too.
        training: Data, seed and length of the training run.
        accuracy: What was measured, by name.
        sha256: Checksums by the file names of the artefacts.
    """

    network: str
    temperature: float = 1.0
    height: int = HEIGHT
    marks: bool = False
    training: Mapping[str, Any] = field(default_factory=dict)
    accuracy: Mapping[str, float] = field(default_factory=dict)
    sha256: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse values that no reader could work with.

        Raises:
            ValueError: If a value is out of its range.
        """
        check_range("temperature", self.temperature, *USABLE_TEMPERATURES)
        if self.height != HEIGHT:
            raise ValueError(f"height {self.height} is not {HEIGHT}")


class StringReader:
    """A CTC network with its calibration; safe to use from several threads.

    Attributes:
        manifest: What is known about the model.

    Example:
        >>> reader = StringReader.load()
        >>> blank = np.zeros((40, 160), dtype=np.uint8)
        >>> [log_probs] = reader.predict([blank])
        >>> log_probs.shape
        (64, 11)
        >>> best_strings(log_probs, 1)[0][0]
        ''
    """

    def __init__(self, network: StripNetwork, manifest: StringManifest) -> None:
        """Join a network with what is known about it.

        Args:
            network: Turns (N, 32, W) strips into (N, T, 16) logits, or (N, T, 11).
            manifest: Its calibration.
        """
        self._network = network
        self.manifest = manifest

    @property
    def knows_marks(self) -> bool:
        """Whether its answers have columns for marks."""
        return self.manifest.marks

    @classmethod
    def load(
        cls,
        path: str | Path | None = None,
        *,
        name: str = STRING_MODEL_NAME,
        num_threads: int = 1,
    ) -> StringReader:
        """Load a model from disk.

        Args:
            path: A folder with the network and its manifest; None is that of the models
                that ship.
            name: File of the network there; the manifest ends in `.json`.
            num_threads: Threads that LiteRT may use.

        Raises:
            ModelError: If the model is missing, damaged or of another kind, or LiteRT
                is not installed.
        """
        folder = shipped_folder() if path is None else Path(path)
        artefact = folder / name
        manifest = load_string_manifest(artefact.with_suffix(".json"))
        if manifest.sha256.get(artefact.name) != checksum(artefact):
            raise ModelError(
                "the file is not the one that its manifest speaks of: damaged, or "
                "replaced without it; restore both, or train again",
                path=artefact,
            )
        return cls(open_strip_network(artefact, num_threads=num_threads), manifest)

    def predict(
        self, strips: Sequence[npt.NDArray[np.uint8]]
    ) -> list[npt.NDArray[np.float32]]:
        """Read strips, each by itself: the others do not change its answer.

        Args:
            strips: (H, W) uint8 each, 255 = ink, 0 = paper, grey allowed, cropped to
                about the writing; there may be none. `darkness` makes one from grey
                pixels of a page.

        Returns:
            For each strip (T, 16) float32, natural logarithms of the probabilities of
            the digits 0 to 9, of the marks `. , - / :` and of the CTC blank, for T
            columns from left to right; T is half the width at a height of 32, paper
            added on the right included. (T, 11) of a network that knows no marks.

        Raises:
            ValueError: If a strip is not (H, W) uint8, is empty, or holds more than
                16 million pixels.
        """
        normal = [normalize_strip(strip) for strip in strips]
        by_width: dict[int, list[int]] = {}
        for index, strip in enumerate(normal):
            by_width.setdefault(padded_width(strip.shape[1]), []).append(index)
        results: dict[int, npt.NDArray[np.float32]] = {}
        for width, indices in by_width.items():
            stack = np.stack([pad_strip(normal[index], width) for index in indices])
            logits = self._network(stack.astype(np.float32) / np.float32(255))
            scaled = _log_softmax(logits / np.float32(self.manifest.temperature))
            results.update(zip(indices, scaled, strict=True))
        return [results[index] for index in range(len(normal))]


def load_string_manifest(path: Path) -> StringManifest:
    """Read the manifest of a string reader.

    Args:
        path: The JSON file.

    Raises:
        ModelError: If it cannot be read or is no such manifest.
    """
    return load_manifest_file(
        path, StringManifest, "not a manifest of a string reader ({}); restore it"
    )


def _log_softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Turn (N, T, C) logits into logarithms of probabilities."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    total = np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return np.asarray(shifted - total, dtype=np.float32)
