"""Review a run by typed truth, as people who never err would.

    formreader batch strips/ --strip amount -o run
    python scripts/review_by_truth.py run truth.csv
    formreader model train --from-reviews run -o my-model

Decisions go through the same function as those of the review station. Fields that the
truth does not speak of stay as they are.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import select

from formreader.geometry import Box
from formreader.store.people.decisions import Action, Decision, decide
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import fields, files, pages

Truth = dict[tuple[str, str], list[dict[str, str]]]

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
        counts = {True: 0, False: 0}
        for row in rows:
            value = find_value(truth, row)
            if value is None:
                continue
            action = Action.ACCEPT if value else Action.BLANK
            decide(connection, Decision(row.id, action, value, "truth", "queue", None))
            counts[value == row.value] += 1
    print(f"{counts[True]} accepted, {counts[False]} corrected", file=sys.stderr)
    return 0


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
