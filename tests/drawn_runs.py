"""Runs made by hand: a test knows what stands on each page and how it was read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from drawn_pages import Pixels, blank_page, draw_row, fill_row

from formreader.batch.worker import record_field
from formreader.geometry import Box
from formreader.readings import Alternative, DigitReading, FieldReading
from formreader.records import FieldKind, Flag
from formreader.store.machine import inventory, recording
from formreader.store.records import (
    FoundFile,
    Inspected,
    InspectFile,
    PageRecord,
    ReadPage,
)
from formreader.store.tables.connection import RunStore
from formreader.value_types import ValueType

_LEFT, _TOP, _PITCH, _SIDE = 100, 80, 120, 60  # of the rows on a page, pixels
_INSET = 5  # of the ink of a cell, to leave its lines out


@dataclass(frozen=True)
class Made:
    """One field of a made run.

    Attributes:
        read: The machine's raw reading.
        confidence: Of every digit and of the whole.
        written: What stands on the page; the same by default.
        others: Other readings.
        flags: Of the field; below 0.9 `low_confidence` as well. `rule_failed` says that
            it breaks a rule between fields.
        name: Of the field; `field_001` and so on by default.
        type: What type of value it holds.
        kind: What kind of field it is.
    """

    read: str
    confidence: float = 0.99
    written: str = ""
    others: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()
    name: str = ""
    type: ValueType | None = None
    kind: FieldKind = FieldKind.CELLS

    @property
    def value(self) -> str:
        """The number read."""
        inner = self.read.strip("_X")
        return inner if inner.isdigit() else ""


def make_run(
    folder: Path,
    pages: Sequence[Sequence[Made]],
    form: str = "exam",
    store_url: str | None = None,
) -> Path:
    """Draw a PNG a page, and record how it was read.

    Returns:
        The run folder; the pages are in `scans` beside it.
    """
    scans, run = folder / "scans", folder / "run"
    scans.mkdir(parents=True)
    with RunStore.create(run, store_url) as store:
        store.set_setting("options", {"folder": str(scans)})
        for number, made in enumerate(pages, start=1):
            _add_page(store, scans / f"page-{number:03}.png", made, form)
    return run


def _add_page(store: RunStore, path: Path, made: Sequence[Made], form: str) -> None:
    page, drawn = _draw(made)
    readings = drawn or [FieldReading.of_page(page.shape)]
    cv2.imwrite(str(path), page)
    found = path.stat()
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    with store.write() as connection:
        inventory.add_files(
            connection, [FoundFile(path.name, found.st_size, found.st_mtime_ns)]
        )
        ((file_id, _),) = inventory.next_files(connection, 0, 1)
        opened = InspectFile(file_id, path)
        recording.record(
            connection,
            Inspected(opened, sha256, found.st_size, found.st_mtime_ns, 1),
        )
        ((page_id, _, _),) = inventory.next_pages(connection, 0, 1)
        recording.record(
            connection,
            PageRecord(
                ReadPage(page_id, path, 0),
                width=page.shape[1],
                height=page.shape[0],
                fields=tuple(record_field(reading, page) for reading in readings),
                form=form,
                form_page=1,
            ),
        )


def _draw(made: Sequence[Made]) -> tuple[Pixels, list[FieldReading]]:
    page = blank_page(height=max(300, 2 * _TOP + _PITCH * len(made)))
    rows = []
    for index, field in enumerate(made):
        text = (field.written or field.read).replace("_", " ")
        row = draw_row(page, _LEFT, _TOP + index * _PITCH, len(text), _SIDE)
        fill_row(page, row, text)
        rows.append(row)
    return page, [
        _read(field, page, row, number)
        for number, (field, row) in enumerate(zip(made, rows, strict=True), start=1)
    ]


def _read(field: Made, page: Pixels, row: Box, number: int) -> FieldReading:
    flags = set(field.flags)
    if field.confidence < 0.9:
        flags.add(Flag.LOW_CONFIDENCE)
    cells = [
        Box(row.left + i * _SIDE, row.top, row.left + (i + 1) * _SIDE, row.bottom)
        for i in range(len(field.read))
    ]
    reading = FieldReading(
        name=field.name or f"field_{number:03}",
        value=field.value,
        confidence=field.confidence,
        needs_review=bool(flags) or not field.value,
        flags=tuple(flag for flag in Flag if flag in flags),
        digits=tuple(
            _read_digit(character, field.confidence, page, cell)
            for character, cell in zip(field.read, cells, strict=True)
        ),
        box=row,
        outline=row.corners,
        kind=field.kind,
        alternatives=tuple(
            Alternative(other, other, 0.1 / (n + 1))
            for n, other in enumerate(field.others)
        ),
        type=field.type,
    )
    if Flag.RULE_FAILED not in flags:
        return reading
    others = tuple(flag for flag in reading.flags if flag != Flag.RULE_FAILED)
    return replace(
        reading, apart=replace(reading, flags=others, needs_review=bool(others))
    )


def _read_digit(
    character: str, confidence: float, page: Pixels, cell: Box
) -> DigitReading:
    if character == "_":
        return DigitReading(character, confidence)
    box = cell.expanded(-_INSET, -_INSET)
    ink = np.bitwise_not(page[box.slices])
    return DigitReading(character, confidence, box, np.asarray(ink, dtype=np.uint8))
