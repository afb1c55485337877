"""Runs whose fields people have decided about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from drawn_runs import Made, make_run
from sqlalchemy import select

from formreader.store.people.decisions import Action, Decision, decide
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import fields

PAGES = 30
NUMBERS = ("0123", "45678", "9")


def make_pages(folder: Path, count: int = PAGES, *, read: Sequence[str] = ()) -> Path:
    """Make a run of pages that all show `NUMBERS`, read as they stand or as `read`.

    Pages differ in height, so that each file has bytes of its own.
    """
    shown = [
        Made(read[row] if read else number, written=number)
        for row, number in enumerate(NUMBERS)
    ]
    filler = [Made("_") for _ in range(count)]
    return make_run(folder, [[*shown, *filler[:index]] for index in range(count)])


def decide_all(run: Path, values: dict[str, str], *, user: str = "ann") -> None:
    """Decide about all fields of some names."""
    with RunStore.open(run) as store, store.write() as connection:
        found = connection.execute(
            select(fields.c.id, fields.c.name).where(fields.c.name.in_(values))
        )
        for row in found.all():
            value = values[row.name]
            decide(
                connection,
                Decision(row.id, Action.ACCEPT, value, user, "queue", None),
            )


def confirm(run: Path) -> None:
    """Confirm what stands on the pages of `make_pages`."""
    decide_all(run, {f"field_{row + 1:03}": n for row, n in enumerate(NUMBERS)})
