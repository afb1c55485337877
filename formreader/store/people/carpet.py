"""The carpet: all crops that were read as the same digit, the least certain first.

An eye finds the one 1 among sixty 7s at a glance, also where the machine was certain.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, exists, func, select, tuple_

from formreader.digits.model import DIGITS
from formreader.store.people.authorship import Authorship
from formreader.store.people.checks import (
    check_digits,
    count_put_back,
    undo_sheet,
)
from formreader.store.people.claims import Place, claim, is_among, is_free, release
from formreader.store.people.count_cache import CountCache
from formreader.store.people.filters import is_on_page
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import digits, fields, files, pages

__all__ = ["Carpet", "Crop"]

_COUNTED = 1000  # digits of a kind; of more it is enough to know that there are


@dataclass(frozen=True)
class Crop:
    """One digit.

    Attributes:
        field: Its field in the store.
        position: 0-based place in the reading.
        confidence: Probability in [0, 1] that it is what it was read as.
        name: The field's name.
        source: The file.
        page: 1-based page in the file.
        raw: The whole reading.
    """

    field: int
    position: int
    confidence: float
    name: str
    source: str
    page: int
    raw: str


class Carpet:
    """Gives out digits of a run, and takes what people find.

    Args:
        store: The run.
        read_only: Give out without taking claims, since nothing may be written.
    """

    def __init__(self, store: RunStore, *, read_only: bool = False) -> None:
        """Count nothing yet."""
        self._store, self._read_only = store, read_only
        self._sheets: Authorship[str] = Authorship()
        self._counts: CountCache[None, dict[str, int]] = CountCache(self._count)

    def next(
        self, browser: str, digit: str, count: int, without: Sequence[Place]
    ) -> list[Crop]:
        """Give out digits that nobody has checked or has in hand.

        Args:
            browser: Who gets them.
            digit: What they were read as.
            count: How many at most.
            without: Those that the browser has already.
        """
        now = time.time()
        query = _unchecked(digits.c.field_id, digits.c.position).where(
            digits.c.character == digit,
            is_free(digits.c.field_id, digits.c.position, browser, now),
        )
        if without:
            place = tuple_(digits.c.field_id, digits.c.position)
            query = query.where(place.not_in(without))
        order = (digits.c.confidence, digits.c.field_id, digits.c.position)
        query = query.order_by(*order).limit(count)
        if self._read_only:
            with self._store.read() as connection:
                return _load_crops(connection, _places(connection, query))
        with self._store.write() as connection:
            locked = query.with_for_update(of=digits, skip_locked=True)
            got = claim(connection, _places(connection, locked), browser, now)
            return _load_crops(connection, got)

    def count(self) -> dict[str, int]:
        """Count the digits that nobody has checked, of each kind up to 1000."""
        return self._counts.get(None)[0]

    def confirm(
        self,
        browser: str,
        user: str,
        right: Sequence[Place],
        wrong: Sequence[Place],
        sheet: str = "",
    ) -> int:
        """Take what a person found on a page of digits; once if sent twice.

        Args:
            browser: Where it was found.
            user: Who found it.
            right: Digits that are what they were read as.
            wrong: Digits that are not.
            sheet: The id that the browser gave the page; one is made without.

        Returns:
            How many fields were put back for review.
        """
        with self._store.write(durable=True) as connection:
            sheet = sheet or secrets.token_hex(8)
            if (known := count_put_back(connection, sheet)) is not None:
                return known
            self._sheets.note(sheet, browser)
            count = check_digits(connection, right, wrong, user=user, sheet=sheet)
            release(connection, [*right, *wrong], browser)
        self._counts.invalidate()
        return count

    def undo(self, browser: str, user: str) -> int:
        """Take back the last page that a person confirmed, in no other browser.

        Returns:
            How many digits are to be looked at again.
        """
        with self._store.write(durable=True) as connection:
            count = undo_sheet(connection, user, self._sheets.is_open_to(browser))
        self._counts.invalidate()
        return count

    def _count(self, _: None) -> dict[str, int]:
        with self._store.read() as connection:
            return {digit: _count_some(connection, digit) for digit in DIGITS}


def _unchecked(*columns: Any) -> Select[Any]:
    """Digits with a picture that nobody has checked, in fields nobody decided about."""
    query: Select[Any] = select(*columns).select_from(digits)
    is_open = exists(
        select(fields.c.id)
        .where(
            fields.c.id == digits.c.field_id,
            fields.c.decision_id.is_(None),
            is_on_page(),
        )
        .correlate(digits)
    )
    return query.where(
        digits.c.check_id.is_(None), digits.c.image.is_not(None), is_open
    )


def _count_some(connection: Connection, digit: str) -> int:
    """Count those of one kind, no further than anybody wants to know."""
    some = _unchecked(digits.c.field_id).where(digits.c.character == digit)
    counting = select(func.count()).select_from(some.limit(_COUNTED).subquery())
    return connection.scalar(counting) or 0


def _places(connection: Connection, query: Select[Any]) -> list[Place]:
    return [(row.field_id, row.position) for row in connection.execute(query)]


def _load_crops(connection: Connection, places: Sequence[Place]) -> list[Crop]:
    """Load digits, in the order asked for."""
    if not places:
        return []
    query: Select[Any] = select(
        digits.c.field_id,
        digits.c.position,
        digits.c.confidence,
        fields.c.name,
        fields.c.raw,
        files.c.name.label("source"),
        pages.c.page_index,
    ).select_from(digits)
    query = query.join(fields, fields.c.id == digits.c.field_id)
    query = query.join(pages, pages.c.id == fields.c.page_id)
    query = query.join(files, files.c.id == pages.c.file_id)
    wanted = is_among(digits.c.field_id, digits.c.position, places)
    found = {
        (row.field_id, row.position): Crop(
            row.field_id,
            row.position,
            row.confidence,
            row.name,
            row.source,
            row.page_index + 1,
            row.raw,
        )
        for row in connection.execute(query.where(wanted))
    }
    return [found[place] for place in places if place in found]
