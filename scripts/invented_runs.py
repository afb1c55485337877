"""Runs with invented pages, for scripts that measure the station or a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from formreader.geometry import Box
from formreader.readings import Alternative, DigitReading, FieldReading
from formreader.records import FieldKind, Flag
from formreader.store.machine import inventory, recording
from formreader.store.records import (
    CropRecord,
    FieldRecord,
    FoundFile,
    Inspected,
    InspectFile,
    PageRecord,
    ReadPage,
)
from formreader.store.tables.connection import RunStore

__all__ = ["add_pages", "make_doubtful_field", "make_field"]

_BOX = Box(10, 20, 110, 50)


def make_field(
    number: int,
    value: str,
    box: Box,
    *,
    confidence: float,
    digits: Iterable[float],
    alternatives: Iterable[Alternative],
    images: tuple[bytes, bytes],
) -> FieldRecord:
    """Invent a field; below a confidence of 0.95 the machine doubts it.

    Args:
        number: In its page.
        value: What was read, a digit a character.
        box: Where.
        confidence: Of the field.
        digits: Confidence of each digit.
        alternatives: Other readings.
        images: Picture of each digit and of the field.
    """
    doubtful = confidence < 0.95
    reading = FieldReading(
        name=f"field_{number:03d}",
        value=value,
        confidence=confidence,
        needs_review=doubtful,
        flags=(Flag.LOW_CONFIDENCE,) if doubtful else (),
        digits=tuple(
            DigitReading(character, sure, box)
            for character, sure in zip(value, digits, strict=True)
        ),
        box=box,
        outline=box.corners,
        kind=FieldKind.BOX,
        alternatives=tuple(alternatives),
    )
    digit, crop = images
    return FieldRecord(reading, (digit,) * len(value), CropRecord(crop, box))


def make_doubtful_field(number: int) -> FieldRecord:
    """Invent a field that the machine doubts."""
    return make_field(
        number,
        "1234",
        _BOX,
        confidence=0.5 + number / 100,
        digits=[0.8] * 4,
        alternatives=[Alternative("7234", "7234", 0.3)],
        images=(b"png", b"jpeg" * 1000),
    )


def add_pages(
    store: RunStore,
    pages: Sequence[tuple[str, tuple[FieldRecord, ...]]],
    width: int,
    height: int,
) -> None:
    """Record pages, each a file of its own, in one transaction.

    Args:
        store: The store; it must have nothing waiting.
        pages: Name and fields of each, in the order of names.
        width: Of each page, in pixels.
        height: The same.
    """
    with store.write() as connection:
        found = [FoundFile(name, 1, 1) for name, _ in pages]
        inventory.add_files(connection, found)
        for file_id, name in inventory.next_files(connection, 0, len(pages)):
            opened = InspectFile(file_id, Path(name))
            recording.record(connection, Inspected(opened, name, 1, 1, 1))
        fields = dict(pages)
        for page_id, name, index in inventory.next_pages(connection, 0, len(pages)):
            page = ReadPage(page_id, Path(name), index)
            recording.record(connection, PageRecord(page, width, height, fields[name]))
