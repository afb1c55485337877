"""What the log of decisions tells of the work of people: how much, how fast, how well.

All of it is computed from the log; nothing is noted for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import Row, Select, select

from formreader.promises.bounds import share_interval
from formreader.store.errors import DamagedStoreError
from formreader.store.people.decisions import SECOND, Action
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import audit, decisions, fields, pages

__all__ = ["FigureReport", "Figures", "report_figures", "sum_up_user"]

LONGEST_S = 120.0
"""Seconds between two decisions of a person beyond which there was a pause."""

_CHUNK = 1000  # rows in memory
_DEEDS = frozenset(Action) - {Action.UNDO, Action.DOUBT}


@dataclass(frozen=True)
class Figures:
    """What was done in one hour, for one field or form, or by one person.

    Attributes:
        label: Which one.
        decisions: How many decisions were made, those taken back among them.
        seconds: Median of what one took, in seconds, pauses aside; None if unknown.
        corrections: How many of them say that the machine's reading was wrong.
        taken_back: How many decisions were taken back.
        escalated: How many of the decisions left it to somebody else.
        audited: Fields of the audit about which these decisions hold.
        wrong: Those of them that the machine had accepted wrongly.
    """

    label: str
    decisions: int = 0
    seconds: float | None = None
    corrections: int = 0
    taken_back: int = 0
    escalated: int = 0
    audited: int = 0
    wrong: int = 0

    @property
    def interval(self) -> tuple[float, float] | None:
        """Between which shares the audit's error rate lies (Clopper and Pearson, 95 %).

        None where nothing was audited.
        """
        return share_interval(self.wrong, self.audited) if self.audited else None


@dataclass(frozen=True)
class FigureReport:
    """The figures of a run.

    Attributes:
        total: Of all.
        hours: By hour, in the time zone of this computer, the last first.
        fields: By name of the field, those with most decisions first.
        forms: By form, in the same way; a page without a template has none.
        people: By person, in the same way.
    """

    total: Figures
    hours: tuple[Figures, ...]
    fields: tuple[Figures, ...]
    forms: tuple[Figures, ...]
    people: tuple[Figures, ...]


def report_figures(store: RunStore) -> FigureReport:
    """Compute the figures of a run from its log."""
    total = _Tally()
    kinds: list[dict[str, _Tally]] = [defaultdict(_Tally) for _ in range(4)]
    for row, at, seconds in _read_log(store):
        hour = at.strftime("%Y-%m-%d %H:00")
        total.add(row, seconds)
        for tallies, label in zip(
            kinds, (hour, row.name, row.form or "", row.user), strict=True
        ):
            tallies[label].add(row, seconds)
    hours, *others = ([t.close(label) for label, t in kind.items()] for kind in kinds)
    by_size = (sorted(o, key=lambda f: (-f.decisions, f.label)) for o in others)
    names, forms, people = map(tuple, by_size)
    hours.sort(key=lambda f: f.label, reverse=True)
    return FigureReport(total.close("all"), tuple(hours), names, forms, people)


def sum_up_user(store: RunStore, user: str) -> Figures:
    """Compute the figures of one person, the audit's aside."""
    tally = _Tally()
    for row, _, seconds in _read_log(store, user):
        tally.add(row, seconds)
    return tally.close(user)


@dataclass
class _Tally:
    """Figures that are being counted."""

    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    times: list[float] = field(default_factory=list)

    def add(self, row: Row[Any], seconds: float | None) -> None:
        """Count an entry of the log, which took some seconds."""
        if row.action == Action.UNDO:
            self.counts["taken_back"] += 1
        if row.action in _DEEDS and row.place != SECOND:
            self.counts["decisions"] += 1
            self.counts["corrections"] += _corrects(row)
            self.counts["escalated"] += row.action == Action.ESCALATE
            if seconds is not None:
                self.times.append(seconds)
        if row.drawn is not None and row.settled and row.id == row.decision_id:
            self.counts["audited"] += 1
            is_lost = row.action == Action.UNREADABLE
            self.counts["wrong"] += is_lost or row.value != row.read_value

    def close(self, label: str) -> Figures:
        """Give what was counted."""
        seconds = median(self.times) if self.times else None
        return Figures(label, seconds=seconds, **self.counts)


def _corrects(row: Row[Any]) -> bool:
    """Tell whether a decision says that what was read does not stand there."""
    if row.action == Action.BLANK:
        return bool(row.read_value)
    return row.action in {Action.CORRECT, Action.REMOVE}


def _read_log(
    store: RunStore, user: str | None = None
) -> Iterable[tuple[Row[Any], datetime, float | None]]:
    """Yield the log, with the time of each entry and how many seconds it took.

    What several decisions took that were made at once, the first of them did.
    """
    before: dict[str, tuple[datetime, str | None]] = {}
    query = _select()
    if user is not None:
        query = query.where(decisions.c.user == user)
    with store.read() as connection:
        rows = connection.execute(query.execution_options(yield_per=_CHUNK))
        for row in rows:
            at = _parse_time(row.at)
            last, sheet = before.get(row.user, (None, None))
            before[row.user] = (at, row.sheet)
            took = None if last is None else (at - last).total_seconds()
            is_one = row.sheet is not None and row.sheet == sheet
            is_known = took is not None and 0 <= took <= LONGEST_S and not is_one
            yield row, at, took if is_known else None


def _select() -> Select[Any]:
    query: Select[Any] = select(
        decisions.c.id,
        decisions.c.at,
        decisions.c.user,
        decisions.c.action,
        decisions.c.place,
        decisions.c.sheet,
        decisions.c.value,
        decisions.c.settled,
        fields.c.name,
        fields.c.value.label("read_value"),
        fields.c.decision_id,
        pages.c.form,
        audit.c.field_id.label("drawn"),
    ).select_from(decisions)
    query = query.join(fields, fields.c.id == decisions.c.field_id)
    query = query.join(pages, pages.c.id == fields.c.page_id)
    query = query.outerjoin(audit, audit.c.field_id == fields.c.id)
    return query.order_by(decisions.c.id)


def _parse_time(text: str) -> datetime:
    """Read a time of the log, in the time zone of this computer.

    Raises:
        DamagedStoreError: If it is none.
    """
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError as error:
        raise DamagedStoreError.of("a time in it is none") from error
