"""What is known about a model, kept as JSON beside it and checked when it is read.

Example:
    >>> @dataclass(frozen=True)
    ... class Example(ManifestRecord):
    ...     network: str
    ...     temperature: float = 1.0
    >>> parse_manifest(b'{"format": 1, "network": "small"}', Example)
    Example(network='small', temperature=1.0)
    >>> parse_manifest(b'{"format": 1, "network": "a", "temperature": []}', Example)
    Traceback (most recent call last):
        ...
    ValueError: key 'temperature': Input should be a valid number
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from formreader.errors import ModelError

__all__ = [
    "LARGEST_MANIFEST",
    "ManifestRecord",
    "check_range",
    "load_manifest_file",
    "parse_manifest",
]

LARGEST_MANIFEST = 1_000_000
"""Bytes of a manifest file."""


@dataclass(frozen=True)
class ManifestRecord:
    """A record of plain values, each of the type that it is declared with.

    Attributes:
        FORMAT: Number of the file's format, which its key `format` states.
    """

    FORMAT: ClassVar[int] = 1
    __pydantic_config__: ClassVar[Mapping[str, Any]] = {
        "strict": True,
        "extra": "forbid",
        "allow_inf_nan": False,
    }

    def to_json(self) -> str:
        """Write the record as the text of a manifest file."""
        return json.dumps({"format": self.FORMAT, **asdict(self)}, indent=2) + "\n"


Record = TypeVar("Record", bound=ManifestRecord)


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Refuse a number with which probabilities would overflow or vanish.

    Raises:
        ValueError: If it lies outside the range.
    """
    if not low <= value <= high:
        raise ValueError(f"{name} {value} is not in [{low:g}, {high:g}]")


def load_manifest_file(path: Path, kind: type[Record], message: str) -> Record:
    """Load a manifest.

    Args:
        path: The JSON file.
        kind: What it holds.
        message: What to say of a file that is wrong, and what to do, with `{}` for
            the fault.

    Raises:
        ModelError: If it cannot be read, is too large, or holds something else; the
            message names the key, or the line and column.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST_MANIFEST + 1)
    except OSError as error:
        raise ModelError(f"cannot be read: {error.strerror}", path=path) from error
    try:
        return parse_manifest(content, kind)
    except ValueError as error:
        raise ModelError(message.format(error), path=path) from error


def parse_manifest(content: bytes, kind: type[Record]) -> Record:
    """Make a record of the content of a manifest file.

    Raises:
        ValueError: If it is no JSON, or does not hold the record; the message names
            the key, or the line and column.
    """
    # It costs a tenth of a second, which commands without a model need not spend.
    from pydantic import TypeAdapter, ValidationError

    if len(content) > LARGEST_MANIFEST:
        raise ValueError(f"it is larger than {LARGEST_MANIFEST // 1_000_000} MB")
    try:
        values = TypeAdapter(dict[str, Any]).validate_json(content)
        if values.pop("format", None) != kind.FORMAT:
            raise ValueError(f"its format is not {kind.FORMAT}")
        # Through JSON, whose lists may become tuples.
        return TypeAdapter(kind).validate_json(json.dumps(values))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        fault = str(first.get("ctx", {}).get("error", first["msg"]))[:300]
        key = ".".join(str(part)[:100] for part in first["loc"])
        raise ValueError(f"key {key!r}: {fault}" if key else fault) from error
