"""Review a run by typed truth, as people who never err would.

    formreader batch strips/ --strip amount -o run
    python scripts/review_by_truth.py run truth.csv
    formreader model train --from-reviews run -o my-model

Decisions go through the same function as those of the review station. Fields that the
truth does not speak of stay as they are; so do those for which it says what the station
takes for none of them: no number, no value of the type, or one that breaks a rule.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from formreader.geometry import Box
from formreader.store.people.decisions import (
    Action,
    Decision,
    NoFieldError,
    decide,
)
from formreader.store.people.rules import RuleBrokenError
from formreader.store.people.typed_values import NoNumberError, OtherTypeError
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import fields, files, pages

Truth = dict[tuple[str, str], list[dict[str, str]]]

OUTCOMES = ("accepted", "corrected", "left out")
NOT_TAKEN: dict[type[Exception], str] = {
    NoNumberError: "is no number",
    OtherTypeError: "is none of its type",
    RuleBrokenError: "breaks a rule of the form",
    NoFieldError: "stands where no field was found",
}

_LEAST_OVERLAP = 0.5  # of a field's own area, with the box of the truth


def main() -> int:
    """Decide about all fields that the truth speaks of."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("truth", type=Path, help="file,page,field,value[,left,...]")
    parser.add_argument("--flagged", action="store_true", help="only what needs review")
    options = parser.parse_args()
    truth = read_truth(options.truth)
    with RunStore.open(options.run) as store, store.write() as connection:
        rows = connection.execute(_select(options.flagged)).all()
        counts = Counter(
            review(connection, row, value)
            for row in rows
            if (value := find_value(truth, row)) is not None
        )
    print(", ".join(f"{counts[key]} {key}" for key in OUTCOMES), file=sys.stderr)
    return 0


def review(connection: Connection, row: Any, value: str) -> str:
    """Decide about a field; say what came of it, as a word of `OUTCOMES`."""
    action = Action.ACCEPT if value else Action.BLANK
    try:
        decide(connection, Decision(row.id, action, value, "truth", "queue", None))
    except tuple(NOT_TAKEN) as error:
        place = f"{row.source}, page {row.page_index + 1}, {row.name}"
        print(f"{place}: {value!r} {NOT_TAKEN[type(error)]}; left out", file=sys.stderr)
        return "left out"
    return "accepted" if value == row.value else "corrected"


def read_truth(path: Path) -> Truth:
    """Read the rows of each page."""
    truth: Truth = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            truth.setdefault((row["file"], row["page"]), []).append(row)
    return truth


def find_value(truth: Truth, row: Any) -> str | None:
    """Find what stands in a field, by its name, or by its place without a template."""
    for known in truth.get((row.source, str(row.page_index + 1)), []):
        if known["field"] == row.name:
            return known["value"]
        if known.get("left"):
            left, top, width, height = (
                round(float(known[name])) for name in ("left", "top", "width", "height")
            )
            known_box = Box(left, top, left + width, top + height)
            if _overlap(row, known_box) > _LEAST_OVERLAP:
                return known["value"]
    return None


def _select(flagged: bool) -> Any:
    query = (
        select(fields, files.c.name.label("source"), pages.c.page_index)
        .join(pages, pages.c.id == fields.c.page_id)
        .join(files, files.c.id == pages.c.file_id)
        .where(fields.c.decision_id.is_(None))
        .order_by(fields.c.id)
    )
    return query.where(fields.c.needs_review) if flagged else query


def _overlap(row: Any, box: Box) -> float:
    """Share of a field's area that lies in a box."""
    width = min(row.left + row.width, box.right) - max(row.left, box.left)
    height = min(row.top + row.height, box.bottom) - max(row.top, box.top)
    return float(max(0, width) * max(0, height) / max(1, row.width * row.height))


if __name__ == "__main__":
    raise SystemExit(main())
