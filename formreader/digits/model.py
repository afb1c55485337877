"""The digit model on disk: where it lies, what it is, whether it is whole."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from formreader.errors import ModelError
from formreader.manifests import ManifestRecord, check_range, load_manifest_file

DIGITS = tuple("0123456789")
CLASSES = (*DIGITS, "crossed", "other")
INPUT_SHAPE = (28, 28)
DEFAULT_THRESHOLD = 0.9
SUFFIXES = (".tflite", ".keras", ".h5")
MANIFEST_NAME = "digits.json"
USABLE_TEMPERATURES = (0.01, 100.0)
USABLE_ODDS = (1e-6, 1e6)

_PACKAGE = Path(__file__).resolve().parent.parent
_SHIPPED_FOLDERS = (_PACKAGE / "_models", _PACKAGE.parent / "models")


@dataclass(frozen=True)
class Manifest(ManifestRecord):
    """What is known about a model.

    Attributes:
        network: Name of its architecture.
        classes: What its outputs stand for, in order; each one of `CLASSES`.
        temperature: Calibration by temperature scaling; 1 changes nothing.
        non_digit_odds: What the odds of a non-digit are multiplied by, since there are
            fewer of them on forms than in training.
        threshold: Field confidence below which a person must look.
        strip_threshold: The same of a page that is one field, if it is another.
        ink_value: What ink is in the network's input, 1 or 0; paper is the other.
        input_shape: Height and width of the network's input.
        training: Data, seed and length of the training run.
        accuracy: Share of digits read rightly, by the name of the test set.
        sha256: Checksums by the file names of the artefacts.
    """

    network: str
    classes: tuple[str, ...] = DIGITS
    temperature: float = 1.0
    non_digit_odds: float = 1.0
    threshold: float = DEFAULT_THRESHOLD
    strip_threshold: float | None = None
    ink_value: int = 1
    input_shape: tuple[int, ...] = INPUT_SHAPE
    training: Mapping[str, Any] = field(default_factory=dict)
    accuracy: Mapping[str, float] = field(default_factory=dict)
    sha256: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse values that no reader could work with.

        Raises:
            ValueError: If a value is out of its range.
        """
        if not _covers_digits(self.classes):
            raise ValueError(f"classes {self.classes} do not cover the ten digits")
        check_range("temperature", self.temperature, *USABLE_TEMPERATURES)
        check_range("non_digit_odds", self.non_digit_odds, *USABLE_ODDS)
        check_range("threshold", self.threshold, 0, 1)
        if self.strip_threshold is not None:
            check_range("strip_threshold", self.strip_threshold, 0, 1)
        if self.ink_value not in (0, 1):
            raise ValueError(f"ink_value {self.ink_value} is not 0 or 1")
        if self.input_shape != INPUT_SHAPE:
            raise ValueError(f"input_shape {self.input_shape} is not {INPUT_SHAPE}")


@dataclass(frozen=True)
class ModelFile:
    """A model that was found and is whole.

    Attributes:
        path: The artefact to open.
        manifest: What is known about it, or None if no manifest lies beside it.
    """

    path: Path
    manifest: Manifest | None


def find_model(path: Path | None = None, *, suffix: str = ".tflite") -> ModelFile:
    """Find a model and check that it is whole.

    Args:
        path: A `.tflite`, `.keras` or `.h5` file, with or without a manifest of the
            same stem beside it; or a folder as `formreader model train` writes it.
            None is the model that ships with formreader.
        suffix: Which artefact of a folder to take.

    Raises:
        ModelError: If there is no such file, its kind is unknown, or it is not the file
            that its manifest speaks of.
    """
    if path is None:
        path = shipped_folder()
    if path.is_dir():
        artefact = path / MANIFEST_NAME.replace(".json", suffix)
        return ModelFile(artefact, _check(artefact, path / MANIFEST_NAME))
    if not path.exists():
        raise ModelError("there is no such file; check the path", path=path)
    if path.suffix.lower() not in SUFFIXES:
        raise ModelError(
            f"not a model; expected a file of kind {', '.join(SUFFIXES)}", path=path
        )
    beside = path.with_suffix(".json")
    return ModelFile(path, _check(path, beside if beside.is_file() else None))


def shipped_folder() -> Path:
    """Find the folder of the model that ships, in the wheel or in the checkout.

    Raises:
        ModelError: If neither is there.
    """
    for folder in _SHIPPED_FOLDERS:
        if (folder / MANIFEST_NAME).is_file():
            return folder
    raise ModelError(
        "the model that ships with formreader is missing; install formreader again or "
        "give a model with --model",
        path=_SHIPPED_FOLDERS[0],
    )


def load_manifest(path: Path) -> Manifest:
    """Read a manifest.

    Args:
        path: The JSON file.

    Raises:
        ModelError: If it cannot be read or is no manifest.
    """
    return load_manifest_file(
        path,
        Manifest,
        "not a model manifest ({}); restore it, or remove it to use the model without "
        "calibration",
    )


def checksum(path: Path) -> str:
    """Compute the sha256 of a file.

    Raises:
        ModelError: If it cannot be read.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(
            f"the model cannot be read: {error.strerror}", path=path
        ) from error


def _check(artefact: Path, manifest_path: Path | None) -> Manifest | None:
    """Load the manifest and compare the artefact with its checksum."""
    found = checksum(artefact)
    if manifest_path is None:
        return None
    manifest = load_manifest(manifest_path)
    if manifest.sha256.get(artefact.name) != found:
        raise ModelError(
            f"the file is not the one that {manifest_path.name} speaks of: damaged, or "
            "replaced without its manifest; restore it, or train again",
            path=artefact,
        )
    return manifest


def _covers_digits(classes: tuple[str, ...]) -> bool:
    """Tell whether all ten digits are there and nothing unknown or twice."""
    names = set(classes)
    return len(names) == len(classes) and set(DIGITS) <= names <= set(CLASSES)
