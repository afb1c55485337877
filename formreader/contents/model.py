"""The network of contents on disk, and what its answers stand for."""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path

from formreader.digits.networks import NetworkManifest, find_network

__all__ = ["CONTENT_MODEL_NAME", "Content", "find_content_model"]

CONTENT_MODEL_NAME = "contents.tflite"


class Content(IntEnum):
    """What stands in a field."""

    NUMBER = 0
    """A number that somebody wrote, or a part of one."""
    WORD = 1
    """Letters that somebody wrote, a name, a signature."""
    PRINT = 2
    """Print of the form, numbers too."""
    MARK = 3
    """A tick, a cross, a dash, a line of the form, or nothing at all."""


def find_content_model(
    path: Path | None = None, *, suffix: str = ".tflite"
) -> tuple[Path, NetworkManifest]:
    """Find a network of contents and check that it is whole.

    Args:
        path: A folder with `contents.tflite` or `contents.keras`, and `contents.json`;
            None is the model that ships.
        suffix: Which artefact to take.

    Returns:
        The artefact to open, and what is known about it.

    Raises:
        ModelError: As of `find_network`.
    """
    return find_network(CONTENT_MODEL_NAME, path, suffix=suffix)
