"""The queue: which field a person should look at next.

What people doubted comes first, then what the machine doubts, the least certain first,
and among those, at random, the accepted fields that were drawn for the audit. Page by
page, all of them come in the order in which they stand on the pages.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from formreader.store.people.asking import (
    Asking,
    Reviewer,
    find_asked,
    hide_decision,
)
from formreader.store.people.authorship import Authorship
from formreader.store.people.claims import WHOLE, Place, claim, is_free, release
from formreader.store.people.count_cache import CountCache
from formreader.store.people.decisions import (
    Decision,
    decide,
    join_decisions,
    undo_last,
)
from formreader.store.people.filters import Filters
from formreader.store.people.items import FieldItem, load_items
from formreader.store.people.open_fields import (
    find_page,
    find_place,
    has_field,
    is_free_and_open,
)
from formreader.store.people.opinions import (
    give_opinion,
    show_votes,
    undo_newest_opinion,
)
from formreader.store.people.presence import reading_order
from formreader.store.people.revisions import Revised, Revision, revise
from formreader.store.people.rules import (
    RuleBreach,
    find_breaches,
    find_rule_place,
    list_freed,
    name_fields,
)
from formreader.store.people.waiting import (
    Counts,
    count_waiting,
    narrow,
    select_asked,
    select_doubted,
    select_drawn,
    select_flagged,
)
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import audit, decisions, fields, seconds

__all__ = ["Counts", "Queue"]


class Queue:
    """Gives out the fields of a run, and takes what people decide.

    Args:
        store: The run.
        read_only: Give out without taking claims, since nothing may be written.
        chance: Random numbers in [0, 1), to mix in the audit and second opinions.
        asking: What is asked again, and who decides where two people differ.
    """

    def __init__(
        self,
        store: RunStore,
        *,
        read_only: bool = False,
        chance: Callable[[], float] = random.random,
        asking: Asking | None = None,
    ) -> None:
        """Count nothing yet."""
        self._store, self._read_only, self._chance = store, read_only, chance
        self._asking = asking or Asking()
        self._made: Authorship[int] = Authorship()
        self._opinions: Authorship[int] = Authorship()
        self._counts: CountCache[tuple[Filters, str], Counts] = CountCache(self._count)

    def next(
        self,
        browser: str,
        count: int,
        without: Sequence[int],
        filters: Filters,
        *,
        user: str = "",
        by_page: bool = False,
        page_id: int | None = None,
    ) -> list[FieldItem]:
        """Give out fields that nobody else has in hand.

        Args:
            browser: Who gets them.
            count: How many at most.
            without: Fields that it has already, or has put off.
            filters: Which fields it wants.
            user: Who works there; what this user decided is asked of others alone.
            by_page: In the order in which they stand on the pages.
            page_id: Then, the page to go on with; None for the first.
        """
        left = self.count(filters, user)
        reviewer = Reviewer(user, self._asking.supervisors())
        begin = self._store.read if self._read_only else self._store.write
        with begin() as connection:
            if by_page:
                wanted = is_free_and_open(
                    browser,
                    without,
                    filters,
                    with_audit=left.audit > 0,
                    asked_of=user if left.second else None,
                    reviewer=reviewer,
                )
                ids = self._choose_by_page(connection, count, page_id, wanted, filters)
            else:
                find = self._finder(connection, browser, count, without, filters)
                ids = self._mix(find, count, left, reviewer)
            if not self._read_only:
                places = [(i, WHOLE) for i in ids]
                got = claim(connection, places, browser, time.time())
                ids = [field_id for field_id, _ in got]
            items = load_items(connection, ids)
            if left.doubted:
                items = show_votes(connection, items)
            asked = find_asked(connection, ids, user) if left.second else set()
            return [hide_decision(i) if i.id in asked else i for i in items]

    def peek(self, browser: str, filters: Filters) -> int | None:
        """Guess the field that a browser is given first, without giving it out."""
        with self._store.read() as connection:
            find = self._finder(connection, browser, 1, (), filters, lock=False)
            found = find(select_flagged(), fields.c.confidence, fields.c.id)
        return found[0] if found else None

    def count(self, filters: Filters, user: str = "", *, anew: bool = False) -> Counts:
        """Count what is left; the answer may be a moment old, unless asked anew."""
        counts, is_exact = self._counts.get((filters, user), anew=anew)
        return replace(counts, is_exact=is_exact)

    def decide(self, browser: str, decision: Decision) -> int:
        """Write down a decision, and let go of its field.

        Returns:
            Its id.

        Raises:
            StaleFieldError: If somebody else was faster.
            RuleBrokenError: If the value breaks a rule that is not overridden.
        """
        with self._store.write(durable=True) as connection:
            key = decide(connection, decision)
            self._made.note(key, browser)
            self._asking.draw(connection, decision.field_id)
            release(connection, [(decision.field_id, WHOLE)], browser)
        self._counts.invalidate()
        return key

    def give_opinion(self, browser: str, opinion: Decision) -> int:
        """Write down a second opinion, and let go of its field.

        Returns:
            Its id.

        Raises:
            StaleFieldError: If the user is not asked about the field.
            RuleBrokenError: If the value breaks a rule that is not overridden.
        """
        with self._store.write(durable=True) as connection:
            key = give_opinion(connection, opinion)
            self._opinions.note(key, browser)
            release(connection, [(opinion.field_id, WHOLE)], browser)
        self._counts.invalidate()
        return key

    def revise(self, browser: str, revision: Revision) -> Revised:
        """Put right which fields a page has, and let go of those that go.

        Raises:
            StaleFieldError: If somebody else was faster.
            NameTakenError: If a name is taken.
        """
        with self._store.write(durable=True) as connection:
            revised = revise(connection, revision)
            for key in revised.decisions:
                self._made.note(key, browser)
            release(connection, [(i, WHOLE) for i in revised.removed], browser)
        self._counts.invalidate()
        return revised

    def find_breaches(self, field_id: int, value: str) -> list[RuleBreach]:
        """Name the rules that a field would break if a value was decided for it."""
        with self._store.read() as connection:
            place = find_rule_place(connection, field_id)
            breaches = find_breaches(connection, place, value)
            return name_fields(connection, place, breaches)

    def list_freed(self, field_id: int) -> list[int]:
        """List the fields of the same page that nobody has to look at any more."""
        with self._store.read() as connection:
            return list_freed(connection, field_id)

    def open(self, browser: str, field_id: int) -> FieldItem | None:
        """Take one field into hand, whatever its place in the queue.

        Returns:
            None if there is no such field.
        """
        with self._store.write() as connection:
            items = load_items(connection, [field_id])
            if items:
                claim(connection, [(field_id, WHOLE)], browser, time.time())
        return items[0] if items else None

    def undo(
        self, browser: str, user: str, request: str | None = None
    ) -> FieldItem | None:
        """Take back the last decision of a user, made in no other browser.

        Args:
            browser: Where it is taken back.
            user: Who decided.
            request: The id that the browser gave it; what it took back already it
                takes back no second time.

        Returns:
            Its field, which the browser has in hand now; None if there is nothing to
            take back.
        """
        with self._store.write(durable=True) as connection:
            is_open = self._made.is_open_to(browser)
            is_mine = self._opinions.is_open_to(browser)
            field_id = undo_newest_opinion(connection, user, is_mine, is_open, request)
            is_opinion = field_id is not None
            if not is_opinion:
                field_id = undo_last(connection, user, is_open, request)
            if field_id is None:
                return None
            claim(connection, [(field_id, WHOLE)], browser, time.time())
            item = load_items(connection, [field_id])[0]
        self._counts.invalidate()
        return hide_decision(item) if is_opinion else item

    def hold(self, browser: str, places: Sequence[Place]) -> list[Place]:
        """Take fields or digits into hand, or keep them there.

        Returns:
            What is in hand now.
        """
        with self._store.write() as connection:
            return claim(connection, places, browser, time.time())

    def release(self, browser: str, places: Sequence[Place]) -> None:
        """Let go of fields or digits."""
        with self._store.write() as connection:
            release(connection, places, browser)

    def _count(self, key: tuple[Filters, str]) -> Counts:
        filters, user = key
        with self._store.read() as connection:
            reviewer = Reviewer(user, self._asking.supervisors())
            return count_waiting(connection, filters, reviewer)

    def _finder(
        self,
        connection: Connection,
        browser: str,
        count: int,
        without: Sequence[int],
        filters: Filters,
        *,
        lock: bool = True,
    ) -> Callable[..., list[int]]:
        """Give what finds fields that are free, among those of a query, in an order."""

        def find(query: Select[Any], *order: Any) -> list[int]:
            free = is_free(fields.c.id, WHOLE, browser, time.time())
            narrowed = narrow(query, filters).where(free)
            if without:
                narrowed = narrowed.where(fields.c.id.not_in(without))
            ordered = narrowed.order_by(*order).limit(count)
            locked = ordered.with_for_update(of=fields, skip_locked=True)
            is_read = self._read_only or not lock
            return list(connection.scalars(ordered if is_read else locked))

        return find

    def _mix(
        self,
        find: Callable[..., list[int]],
        count: int,
        left: Counts,
        reviewer: Reviewer,
    ) -> list[int]:
        """Choose fields: what was put back, then of each kind by how many are left."""
        chosen = find(select_doubted(reviewer), decisions.c.id)
        if len(chosen) >= count:
            return chosen
        kinds: list[tuple[list[int], int]] = []
        if left.audit:
            kinds.append((find(select_drawn(), audit.c.rank, fields.c.id), left.audit))
        if left.second:
            asked = find(select_asked(reviewer), seconds.c.rank, fields.c.id)
            kinds.append((asked, left.second))
        flagged = find(select_flagged(), fields.c.confidence, fields.c.id)
        kinds.append((flagged, left.flagged))
        while len(chosen) < count and (kinds := [kind for kind in kinds if kind[0]]):
            chosen.append(self._draw(kinds).pop(0))
        return chosen

    def _draw(self, kinds: Sequence[tuple[list[int], int]]) -> list[int]:
        """Draw one of several kinds, as likely as many of it are left."""
        lot = self._chance() * sum(size or 1 for _, size in kinds)
        for ids, size in kinds:
            lot -= size or 1
            if lot < 0:
                return ids
        return kinds[-1][0]

    def _choose_by_page(
        self,
        connection: Connection,
        count: int,
        page_id: int | None,
        wanted: ColumnElement[bool],
        filters: Filters,
    ) -> list[int]:
        """Choose fields of one page after the other; the first follows the last."""
        chosen: list[int] = []
        seen: set[int] = set()
        conditions = (has_field(wanted), *filters.of_page())
        page = page_id or find_page(connection, None, 1, *conditions)
        while page is not None and page not in seen and len(chosen) < count:
            seen.add(page)
            query = narrow(join_decisions(select(fields.c.id)), filters)
            query = query.where(fields.c.page_id == page, wanted)
            ordered = query.order_by(reading_order(), fields.c.id)
            ordered = ordered.limit(count - len(chosen))
            locked = ordered.with_for_update(of=fields, skip_locked=True)
            chosen += connection.scalars(ordered if self._read_only else locked)
            place = find_place(connection, page)
            page = find_page(connection, place, 1, *conditions)
            page = page or find_page(connection, None, 1, *conditions)
        return chosen
