"""The upright network on disk: where it lies, what it is, whether it is whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from formreader.digits.model import checksum, shipped_folder
from formreader.errors import ModelError
from formreader.manifests import ManifestRecord, load_manifest_file

__all__ = ["UPRIGHT_MODEL_NAME", "UprightManifest", "find_upright_model"]

UPRIGHT_MODEL_NAME = "upright.tflite"


@dataclass(frozen=True)
class UprightManifest(ManifestRecord):
    """What is known about an upright network.

    Attributes:
        network: Name of its architecture.
        training: Data, seed and length of the training run.
        accuracy: What was measured on drawn pages that were not fitted, by name.
        sha256: Checksums by the file names of the artefacts.
    """

    network: str
    training: Mapping[str, Any] = field(default_factory=dict)
    accuracy: Mapping[str, float] = field(default_factory=dict)
    sha256: Mapping[str, str] = field(default_factory=dict)


def find_upright_model(
    path: Path | None = None, *, suffix: str = ".tflite"
) -> tuple[Path, UprightManifest]:
    """Find an upright network and check that it is whole.

    Args:
        path: A folder with `upright.tflite` or `upright.keras`, and `upright.json`;
            None is the model that ships.
        suffix: Which artefact to take.

    Returns:
        The artefact to open, and what is known about it.

    Raises:
        ModelError: If one of the files is missing, or the artefact is not the one that
            the manifest speaks of.
    """
    folder = shipped_folder() if path is None else path
    artefact = (folder / UPRIGHT_MODEL_NAME).with_suffix(suffix)
    manifest = load_manifest_file(
        artefact.with_suffix(".json"),
        UprightManifest,
        "not a manifest of an upright network ({}); restore it",
    )
    if manifest.sha256.get(artefact.name) != checksum(artefact):
        raise ModelError(
            "the file is not the one that its manifest speaks of: damaged, or "
            "replaced without it; restore both, or train again",
            path=artefact,
        )
    return artefact, manifest
