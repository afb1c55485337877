"""Results and truth written by hand, for tests of how they are compared."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from formreader.evaluation.fields import FieldMeasurement, measure_fields
from formreader.export import COLUMNS

Rows = list[dict[str, object]]

TRUTH_COLUMNS = ("file", "page", "field", "value", "cells")
BOX = ("left", "top", "width", "height")


def result(
    field: str,
    value: str,
    confidence: float = 0.99,
    *,
    source: str = "scans/a.png",
    page: int = 1,
    needs_review: bool = False,
    raw: str | None = None,
    box: Sequence[int] = (0, 0, 100, 20),
    kind: str = "",
) -> dict[str, object]:
    """Make a row of the field CSV."""
    return {
        "source": source,
        "page": page,
        "field": field,
        "value": value,
        "confidence": f"{confidence:.4f}",
        "needs_review": "true" if needs_review else "false",
        "raw": value if raw is None else raw,
        "kind": kind,
        **dict(zip(BOX, box, strict=True)),
    }


def truth(
    field: str,
    value: str,
    *,
    file: str = "a.png",
    page: int = 1,
    cells: str = "",
    box: Sequence[int] | None = None,
) -> dict[str, object]:
    """Make a row of typed truth."""
    typed = dict(zip(TRUTH_COLUMNS, (file, page, field, value, cells), strict=True))
    return typed | (dict(zip(BOX, box, strict=True)) if box else {})


def write_rows(
    path: Path, columns: Sequence[str], rows: Sequence[dict[str, object]]
) -> Path:
    """Write a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_results(folder: Path, *rows: dict[str, object]) -> Path:
    """Write `fields.csv`."""
    return write_rows(folder / "fields.csv", COLUMNS, rows)


def write_truth(folder: Path, *rows: dict[str, object]) -> Path:
    """Write `truth.csv`."""
    return write_rows(folder / "truth.csv", (*TRUTH_COLUMNS, *BOX), rows)


def measured(
    folder: Path, results: Rows, typed: Rows, *, names_only: bool = False
) -> FieldMeasurement:
    """Write both files and compare them."""
    return measure_fields(
        write_results(folder, *results),
        write_truth(folder, *typed),
        names_only=names_only,
    )
