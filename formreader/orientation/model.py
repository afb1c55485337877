"""The upright network on disk: where it lies, and what is known about it."""

from __future__ import annotations

from pathlib import Path

from formreader.digits.networks import NetworkManifest, find_network

__all__ = ["UPRIGHT_MODEL_NAME", "find_upright_model"]

UPRIGHT_MODEL_NAME = "upright.tflite"


def find_upright_model(
    path: Path | None = None, *, suffix: str = ".tflite"
) -> tuple[Path, NetworkManifest]:
    """Find an upright network and check that it is whole.

    Args:
        path: A folder with `upright.tflite` or `upright.keras`, and `upright.json`;
            None is the model that ships.
        suffix: Which artefact to take.

    Returns:
        The artefact to open, and what is known about it.

    Raises:
        ModelError: As of `find_network`.
    """
    return find_network(UPRIGHT_MODEL_NAME, path, suffix=suffix)
