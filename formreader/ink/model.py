"""The ink network on disk: where it lies, what it is, whether it is whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from formreader.digits.model import checksum, shipped_folder
from formreader.errors import ModelError
from formreader.manifests import ManifestRecord, load_manifest_file

__all__ = [
    "CLASSES",
    "INK_MODEL_NAME",
    "TILE_STEP",
    "InkManifest",
    "find_ink_model",
    "load_ink_manifest",
]

CLASSES = ("paper", "pen", "print", "rule")
"""What the network's outputs stand for, in order."""
TILE_STEP = 32
"""Height and width of what the network is given are multiples of this."""
INK_MODEL_NAME = "ink.tflite"


@dataclass(frozen=True)
class InkManifest(ManifestRecord):
    """What is known about an ink network.

    Attributes:
        network: Name of its architecture.
        classes: What its outputs stand for, in order.
        training: Data, seed and length of the training run.
        accuracy: What was measured on drawn pages that were not fitted, by name.
        sha256: Checksums by the file names of the artefacts.
    """

    network: str
    classes: tuple[str, ...] = CLASSES
    training: Mapping[str, Any] = field(default_factory=dict)
    accuracy: Mapping[str, float] = field(default_factory=dict)
    sha256: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse values that no reader could work with.

        Raises:
            ValueError: If the classes are others.
        """
        if self.classes != CLASSES:
            raise ValueError(f"classes {self.classes} are not {CLASSES}")


def find_ink_model(
    path: Path | None = None, *, suffix: str = ".tflite"
) -> tuple[Path, InkManifest]:
    """Find an ink network and check that it is whole.

    Args:
        path: A folder with `ink.tflite` or `ink.keras`, and `ink.json`; None is the
            model that ships.
        suffix: Which artefact to take.

    Returns:
        The artefact to open, and what is known about it.

    Raises:
        ModelError: If one of the files is missing, or the artefact is not the one that
            the manifest speaks of.
    """
    folder = shipped_folder() if path is None else path
    artefact = (folder / INK_MODEL_NAME).with_suffix(suffix)
    manifest = load_ink_manifest(artefact.with_suffix(".json"))
    if manifest.sha256.get(artefact.name) != checksum(artefact):
        raise ModelError(
            "the file is not the one that its manifest speaks of: damaged, or "
            "replaced without it; restore both, or train again",
            path=artefact,
        )
    return artefact, manifest


def load_ink_manifest(path: Path) -> InkManifest:
    """Read the manifest of an ink network.

    Args:
        path: The JSON file.

    Raises:
        ModelError: If it cannot be read or is no such manifest.
    """
    return load_manifest_file(
        path, InkManifest, "not a manifest of an ink network ({}); restore it"
    )
