"""Routes of the view of whole pages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from formreader.station.bodies import Id, PageWish, Text
from formreader.station.languages import choose_language, make_translate
from formreader.station.pages import Pages, Who
from formreader.station.told import say_told
from formreader.store.people.asking import Reviewer, Supervisors, no_supervisors
from formreader.store.people.filters import Filters
from formreader.store.people.page_list import Which, list_pages
from formreader.store.people.page_view import PageDesk, PageView
from formreader.store.people.queue import Queue
from formreader.store.tables.connection import RunStore

__all__ = ["NEXT_PAGE", "PageViewRoutes"]

NEXT_PAGE = "/pages/turn"
"""Where pages are asked for; changes nothing in a station that is read-only."""

_ALL = Filters()
_ROWS = 50  # pages in a list


class PageViewRoutes:
    """The routes.

    Args:
        pages: Shows pages of the station.
        store: The run.
        desk: Gives out pages of the run.
        queue: Counts what is left.
        supervisors: Who decide what was escalated; none for anybody else.
    """

    def __init__(
        self,
        pages: Pages,
        store: RunStore,
        desk: PageDesk,
        queue: Queue,
        supervisors: Supervisors = no_supervisors,
    ) -> None:
        """Add the routes to `router`."""
        self._pages, self._store = pages, store
        self._desk, self._queue = desk, queue
        self._supervisors = supervisors
        self.router = APIRouter()
        self.router.add_api_route("/pages", self.show, methods=["GET"])
        self.router.add_api_route("/pages/list", self.show_list, methods=["GET"])
        self.router.add_api_route(NEXT_PAGE, self.turn, methods=["POST"])

    def show(
        self, request: Request, page: Id | None = None, field: Id | None = None
    ) -> HTMLResponse:
        """Show the view, of a page and a field of it, or of the first with doubts."""
        return self._pages.show(
            "page_view.html",
            request,
            page=page,
            field=field,
            supervisors=self._supervisors(),
        )

    def show_list(
        self,
        request: Request,
        which: Which = Which.ALL,
        file: Text = "",
        after: Id | None = None,
        at: Id = 0,
    ) -> HTMLResponse:
        """Show the pages one below the other, and files that have none."""
        place = None if after is None else (after, at)
        listed = list_pages(self._store, which, place, _ROWS + 1, file)
        return self._pages.show(
            "page_list.html",
            request,
            listed=listed[:_ROWS],
            following=listed[_ROWS - 1] if len(listed) > _ROWS else None,
            is_first=after is None,
            which=str(which),
            file=file,
            query=urlencode({"which": str(which), "file": file}),
        )

    def turn(self, request: Request, wish: PageWish, session: Who) -> dict[str, Any]:
        """Give out a page, and say how many fields are left in all.

        Raises:
            HTTPException: If there is no such page.
        """
        view: PageView | None
        who = Reviewer(session.user, self._supervisors())
        if wish.step == 0:
            view = self._desk.show(session.hand, wish.page or 0, who)
            if view is None:
                raise HTTPException(404, "There is no such page in this run.")
        else:
            place, without = wish.page, wish.without
            view = self._desk.turn(session.hand, place, wish.step, without, who)
        if view is not None:
            say = make_translate(choose_language(request))
            notes = tuple(say_told(note, say) for note in view.notes)
            view = replace(view, notes=notes)
        counts = self._queue.count(_ALL, session.user, anew=wish.anew)
        return {
            "view": view,
            "left": counts.left,
            "done": counts.done,
            "exact": counts.is_exact,
        }
