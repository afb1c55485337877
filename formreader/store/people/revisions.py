"""What people put right about which fields a page has.

A field is removed, drawn anew, moved, joined with another, or split: each is some
fields that are there no more and some boxes that are new. All of one revision is
decided at once, and taken back at once.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, func, select

from formreader.geometry import Box
from formreader.readings import FieldReading
from formreader.records import PAGE
from formreader.store.machine.recording import record_fields
from formreader.store.people.decisions import (
    Action,
    Decision,
    StaleFieldError,
    decide,
)
from formreader.store.people.presence import reading_order, settle_page
from formreader.store.records import CropRecord, FieldRecord
from formreader.store.tables.schema import (
    FileState,
    Finder,
    PageState,
    crops,
    decisions,
    fields,
    files,
    pages,
)

__all__ = ["NameTakenError", "Removal", "Revised", "Revision", "find_revised", "revise"]

_NUMBERED = re.compile(r"field_([0-9]{3,9})")


class NameTakenError(Exception):
    """Another field of the page has the name already."""


@dataclass(frozen=True)
class Removal:
    """A field that is to be there no more.

    Attributes:
        field_id: The field.
        seen: The `decision_id` of the field when it was shown.
        after: The request of a decision about it that was sent before, and that counts
            instead of `seen`; or None.
    """

    field_id: int
    seen: int | None
    after: str | None = None


@dataclass(frozen=True)
class Revision:
    """What is to be put right on a page.

    Attributes:
        page_id: The page.
        removed: Fields of the page that go.
        added: Fields that come, as they were read; one without a name is numbered.
        alike: Fields of other pages that go with them, but for those about which
            somebody has decided.
        user: Who decided.
        place: On which page of the station.
        request: The id that a browser gave it; what is known already is done no second
            time.
    """

    page_id: int
    removed: tuple[Removal, ...]
    added: tuple[FieldRecord, ...]
    user: str
    place: str
    alike: tuple[int, ...] = ()
    request: str | None = None


@dataclass(frozen=True)
class Revised:
    """What a revision has done.

    Attributes:
        removed: Fields that are there no more.
        added: Fields that are new.
        decisions: Ids of all that was decided.
    """

    removed: tuple[int, ...]
    added: tuple[int, ...]
    decisions: tuple[int, ...]


def find_revised(connection: Connection, request: str, user: str) -> Revised | None:
    """Say what a request has done already; None if it is not known.

    Raises:
        StaleFieldError: If it was another's, or about something else.
    """
    rows = connection.execute(
        select(decisions)
        .where(decisions.c.sheet == request, decisions.c.action != Action.UNDO)
        .order_by(decisions.c.id)
    ).all()
    if not rows:
        return None
    if any(row.user != user for row in rows):
        raise StaleFieldError
    by_action = {
        action: tuple(row.field_id for row in rows if row.action == action)
        for action in (Action.REMOVE, Action.ADD)
    }
    ids = tuple(row.id for row in rows)
    return Revised(by_action[Action.REMOVE], by_action[Action.ADD], ids)


def revise(connection: Connection, revision: Revision) -> Revised:
    """Put a page right; once if sent twice.

    Raises:
        StaleFieldError: If somebody else has decided about one of the fields since, or
            the page counts no more.
        NameTakenError: If a name is taken.
    """
    sheet = revision.request or secrets.token_hex(16)
    if (known := find_revised(connection, sheet, revision.user)) is not None:
        return known
    if not _is_read(connection, revision.page_id):
        raise StaleFieldError
    made: list[int] = []

    def note(action: Action, field: Removal) -> None:
        decision = Decision(
            field.field_id,
            action,
            "",
            revision.user,
            revision.place,
            field.seen,
            sheet,
            None if made else revision.request,
            field.after,
        )
        made.append(decide(connection, decision))

    own = {row.id: row for row in _list_fields(connection, revision.page_id)}
    if any(removal.field_id not in own for removal in revision.removed):
        raise StaleFieldError
    for removal in revision.removed:
        note(Action.REMOVE, removal)
    added = _add(connection, revision, own)
    for field_id in added:
        note(Action.ADD, Removal(field_id, None))
    alike = _choose_undecided(connection, revision.alike)
    for field_id in alike:
        note(Action.REMOVE, Removal(field_id, None))
    removed = tuple(removal.field_id for removal in revision.removed)
    emptied = _settle(connection, revision, removed, alike)
    if emptied is not None:  # whoever removed the last field has looked at the page
        note(Action.BLANK, Removal(emptied, None))
    return Revised((*removed, *alike), added, tuple(made))


def _is_read(connection: Connection, page_id: int) -> bool:
    """Tell whether a page counts, and keep others from revising it meanwhile."""
    query = (
        select(pages.c.id)
        .join(files, files.c.id == pages.c.file_id)
        .where(
            pages.c.id == page_id,
            pages.c.state == PageState.READ,
            files.c.state == FileState.KNOWN,
        )
        .with_for_update(of=pages)
    )
    return connection.scalar(query) is not None


def _list_fields(connection: Connection, page_id: int) -> Sequence[Row[Any]]:
    """List the fields of a page that are there, in reading order."""
    query = select(fields, reading_order().label("order")).where(
        fields.c.page_id == page_id, fields.c.is_there, fields.c.name != PAGE
    )
    return connection.execute(query.order_by(reading_order(), fields.c.id)).all()


def _choose_undecided(connection: Connection, ids: Sequence[int]) -> list[int]:
    """Choose those fields that are there and about which nobody has decided."""
    query = select(fields.c.id).where(
        fields.c.id.in_(ids), fields.c.is_there, fields.c.decision_id.is_(None)
    )
    ordered = query.order_by(fields.c.id).with_for_update(of=fields)
    return list(connection.scalars(ordered)) if ids else []


def _add(
    connection: Connection, revision: Revision, own: dict[int, Row[Any]]
) -> tuple[int, ...]:
    """Add the new fields, which count once somebody has decided so."""
    gone = {removal.field_id for removal in revision.removed}
    left = [row for row in own.values() if row.id not in gone]
    every = select(fields.c.name).where(fields.c.page_id == revision.page_id)
    ever = set(connection.scalars(every))
    named = _name(revision.added, {row.name for row in left}, ever)
    added = []
    for record in named:
        rank = _find_rank(record.reading.box, left)
        first = _find_position(connection, revision.page_id)
        added += record_fields(
            connection,
            revision.page_id,
            [record],
            first,
            found_by=Finder.PERSON,
            is_there=False,
            rank=rank,
        )
    return tuple(added)


def _find_position(connection: Connection, page_id: int) -> int:
    """Find a position that no field of a page has or had."""
    last = select(func.max(fields.c.position)).where(fields.c.page_id == page_id)
    found = connection.scalar(last)
    return 0 if found is None else found + 1


def _name(
    added: Sequence[FieldRecord], taken: set[str], ever: set[str]
) -> list[FieldRecord]:
    """Name the new fields that have no name, by the next number.

    Args:
        added: The new fields.
        taken: Names of the fields that are there.
        ever: The same of those that were; they may be there again.

    Raises:
        NameTakenError: If a name is taken.
    """
    numbers = [int(m[1]) for name in ever if (m := _NUMBERED.fullmatch(name))]
    following = max(numbers, default=0)
    named = []
    for record in added:
        name = record.reading.name
        if not name:
            following += 1
            name = f"field_{following:03d}"
        if name in taken or name == PAGE:
            raise NameTakenError
        taken.add(name)
        named.append(replace(record, reading=replace(record.reading, name=name)))
    return named


def _find_rank(box: Box, others: Sequence[Row[Any]]) -> float:
    """Say where a box stands among fields in reading order.

    It follows the last one that is above it, or left of it in its line.
    """
    before = [
        index for index, row in enumerate(others) if _comes_before(_box_of(row), box)
    ]
    after = max(before, default=-1) + 1
    orders = [row.order for row in others]
    if not orders:
        return 0.0
    low = orders[after - 1] if after else orders[0] - 1
    high = orders[after] if after < len(orders) else low + 1
    return float(low + high) / 2


def _comes_before(one: Box, other: Box) -> bool:
    """Tell whether one box is read before another."""
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    if 2 * shared > min(one.height, other.height):  # in one line
        return one.centre[0] < other.centre[0]
    return one.centre[1] < other.centre[1]


def _box_of(row: Row[Any]) -> Box:
    return Box(row.left, row.top, row.left + row.width, row.top + row.height)


def _settle(
    connection: Connection,
    revision: Revision,
    removed: Sequence[int],
    alike: Sequence[int],
) -> int | None:
    """Let every page that has lost its last field say so.

    Returns:
        What stands for the page of the revision, if it is one of them.
    """
    told = _tell_if_empty(connection, revision.page_id, removed)
    query = select(fields.c.page_id, func.min(fields.c.id).label("field_id"))
    others = query.where(fields.c.id.in_(alike)).group_by(fields.c.page_id)
    for row in connection.execute(others).all():
        if row.page_id != revision.page_id:
            _tell_if_empty(connection, row.page_id, [row.field_id])
    return told


def _tell_if_empty(
    connection: Connection, page_id: int, gone: Sequence[int]
) -> int | None:
    """Make what stands for a page that has lost its last field.

    Args:
        connection: The store.
        page_id: The page.
        gone: The fields that it has lost; the picture of the first shows the place.

    Returns:
        What stands for the page, if nobody has decided about it yet; None for a page
        that has fields.
    """
    told = settle_page(connection, page_id)
    if told is not None:
        decided = select(fields.c.decision_id).where(fields.c.id == told)
        return told if connection.scalar(decided) is None else None
    if not gone or _list_fields(connection, page_id):
        return None
    page = connection.execute(select(pages).where(pages.c.id == page_id)).one()
    crop = connection.execute(select(crops).where(crops.c.field_id == gone[0])).one()
    box = Box(crop.left, crop.top, crop.left + crop.width, crop.top + crop.height)
    reading = FieldReading.of_page((page.height or 1, page.width or 1))
    record = FieldRecord(reading, (), CropRecord(crop.image, box))
    first = _find_position(connection, page_id)
    (made,) = record_fields(
        connection, page_id, [record], first, found_by=Finder.PERSON
    )
    return made
