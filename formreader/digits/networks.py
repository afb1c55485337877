"""Networks on disk that answer for themselves: where they lie, and whether whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from formreader.digits.model import checksum, shipped_folder
from formreader.errors import ModelError
from formreader.manifests import ManifestRecord, load_manifest_file

__all__ = ["NetworkManifest", "find_network"]


@dataclass(frozen=True)
class NetworkManifest(ManifestRecord):
    """What is known about a network.

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


def find_network(
    name: str, path: Path | None = None, *, suffix: str = ".tflite"
) -> tuple[Path, NetworkManifest]:
    """Find a network and check that it is whole.

    Args:
        name: Of its file, as `upright.tflite`.
        path: A folder with the artefact and a manifest of the same stem; None is that
            of the models that ship.
        suffix: Which artefact to take, `.tflite` or `.keras`.

    Returns:
        The artefact to open, and what is known about it.

    Raises:
        ModelError: If one of the files is missing, or the artefact is not the one that
            the manifest speaks of.
    """
    folder = shipped_folder() if path is None else path
    artefact = (folder / name).with_suffix(suffix)
    manifest = load_manifest_file(
        artefact.with_suffix(".json"),
        NetworkManifest,
        "not a manifest of this network ({}); restore it",
    )
    if manifest.sha256.get(artefact.name) != checksum(artefact):
        raise ModelError(
            "the file is not the one that its manifest speaks of: damaged, or "
            "replaced without it; restore both, or train again",
            path=artefact,
        )
    return artefact, manifest
