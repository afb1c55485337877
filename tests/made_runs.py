"""Runs whose store was filled by hand, as a batch would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

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

CROP = cv2.imencode(".jpg", np.full((40, 120), 200, np.uint8))[1].tobytes()


def make_field(
    name: str,
    value: str,
    confidence: float = 0.99,
    *,
    alternatives: tuple[Alternative, ...] = (),
    digit: bytes | None = None,
    crop: bytes = CROP,
) -> FieldRecord:
    """Make a field; below a confidence of 0.9 it needs review.

    Args:
        name: Its name.
        value: What was read, a digit a character.
        confidence: Of the field and of each digit.
        alternatives: Other readings.
        digit: The picture of each digit.
        crop: The picture of the field.
    """
    box = Box(10, 20, 110, 50)
    doubtful = confidence < 0.9
    reading = FieldReading(
        name=name,
        value=value,
        confidence=confidence,
        needs_review=doubtful,
        flags=(Flag.LOW_CONFIDENCE,) if doubtful else (),
        digits=tuple(DigitReading(c, confidence, box) for c in value),
        box=box,
        outline=box.corners,
        kind=FieldKind.BOX,
        alternatives=alternatives,
    )
    return FieldRecord(reading, (digit,) * len(value), CropRecord(crop, box))


def make_run(
    run: Path,
    pages: Mapping[str, Sequence[Sequence[FieldRecord]]],
    store_url: str | None = None,
) -> Path:
    """Make a run.

    Args:
        run: Its folder.
        pages: The fields of each page, by file name.
        store_url: Of the database to keep it in; None for a file.
    """
    with RunStore.create(run, store_url) as store:
        with store.write() as connection:
            found = [FoundFile(name, 1, 1) for name in pages]
            inventory.add_files(connection, found)
        with store.write() as connection:
            for file_id, name in inventory.next_files(connection, 0, len(pages)):
                task = InspectFile(file_id, Path(name))
                outcome = Inspected(task, f"sum of {name}", 1, 1, len(pages[name]))
                recording.record(connection, outcome)
        with store.write() as connection:
            for page_id, name, index in inventory.next_pages(connection, 0, 100_000):
                read = ReadPage(page_id, Path(name), index)
                record = PageRecord(read, 200, 100, tuple(pages[name][index]))
                recording.record(connection, record)
    return run
