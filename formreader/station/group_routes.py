"""Routes of the pages that list fields: groups and audit."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from formreader.flags import FLAG_WORDS
from formreader.station.bodies import Id, WantedFilters
from formreader.station.pages import Pages, Who
from formreader.store.machine.origin import find_target_error
from formreader.store.people.audit import find_wrong, measure_errors
from formreader.store.people.filters import list_choices
from formreader.store.people.groups import list_fields
from formreader.store.people.queue import Queue
from formreader.store.tables.connection import RunStore

__all__ = ["GroupRoutes"]

_ROWS = 40  # fields on a page
_MOST_WRONG = 200  # that the audit lists


class GroupRoutes:
    """The routes.

    Args:
        pages: Shows pages.
        store: The run.
        queue: Counts what is left.
    """

    def __init__(self, pages: Pages, store: RunStore, queue: Queue) -> None:
        """Add the routes to `router`."""
        self._pages, self._store, self._queue = pages, store, queue
        self.router = APIRouter()
        self.router.add_api_route("/groups", self.show_groups, methods=["GET"])
        self.router.add_api_route("/audit", self.show_audit, methods=["GET"])

    def show_groups(
        self,
        request: Request,
        filters: WantedFilters,
        session: Who,
        after: Id | None = None,
    ) -> HTMLResponse:
        """Show the fields that match, one below the other."""
        items = list_fields(self._store, filters, after, _ROWS + 1)
        with self._store.read() as connection:
            choices = list_choices(connection)
        return self._pages.show(
            "groups.html",
            request,
            items=items[:_ROWS],
            following=items[_ROWS - 1].id if len(items) > _ROWS else None,
            is_first=after is None,
            filters=filters,
            choices=choices,
            counts=self._queue.count(filters, session.user, anew=True),
            flag_words=FLAG_WORDS,
        )

    def show_audit(self, request: Request) -> HTMLResponse:
        """Show the error rate among accepted fields."""
        return self._pages.show(
            "audit.html",
            request,
            result=measure_errors(self._store),
            wrong=find_wrong(self._store, _MOST_WRONG),
            target=find_target_error(self._store),
        )
