"""Routes of the queue: give out fields, take decisions, show pictures."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from formreader.errors import InputError
from formreader.station.bodies import (
    FieldVerdict,
    Id,
    PlaceBodies,
    QueueWish,
    as_places,
)
from formreader.station.pages import Pages, Who
from formreader.station.pictures import Pictures
from formreader.store.people.authorship import Authorship
from formreader.store.people.claims import WHOLE, Place, claim, release
from formreader.store.people.decisions import (
    Action,
    Decision,
    StaleFieldError,
    decide,
    undo_last,
)
from formreader.store.people.filters import Filters
from formreader.store.people.items import FieldItem, load_items
from formreader.store.people.queue import Queue
from formreader.store.tables.connection import RunStore

__all__ = ["NEXT", "Desk"]

NEXT = "/queue/next"
"""Where fields are asked for; changes nothing in a station that is read-only."""


class Desk:
    """The routes.

    Args:
        pages: Shows pages.
        store: The run.
        queue: Gives out its fields.
        pictures: Gives out its pictures.
    """

    def __init__(
        self, pages: Pages, store: RunStore, queue: Queue, pictures: Pictures
    ) -> None:
        """Add the routes to `router`."""
        self._pages, self._store, self._queue = pages, store, queue
        self._pictures = pictures
        self._made: Authorship[int] = Authorship()
        self.router = APIRouter()
        for path, endpoint in (
            ("/queue", self.show),
            ("/crops/{field_id}.jpg", self.show_crop),
            ("/digits/{field_id}/{position}.png", self.show_digit),
            ("/sheets/{page_id}.jpg", self.show_sheet),
        ):
            self.router.add_api_route(path, endpoint, methods=["GET"])
        for path, answer in (
            (NEXT, self.give_next),
            ("/decisions", self.decide),
            ("/undo", self.undo),
            ("/hold", self.hold),
            ("/release", self.release),
        ):
            self.router.add_api_route(path, answer, methods=["POST"])

    def show(
        self, request: Request, filters: Annotated[Filters, Depends()]
    ) -> HTMLResponse:
        """Show the queue's page."""
        return self._pages.show("queue.html", request, filters=filters)

    def give_next(self, wish: QueueWish, session: Who) -> dict[str, Any]:
        """Give out the next fields, and say how many are left."""
        filters = wish.filters
        items = self._queue.next(session.worker, wish.count, wish.without, filters)
        counts = self._queue.count(filters, anew=wish.anew)
        return {"items": items, "left": counts.left, "exact": counts.is_exact}

    def decide(self, verdict: FieldVerdict, session: Who) -> dict[str, int]:
        """Write down a decision.

        Raises:
            HTTPException: If somebody else was faster, or a number is missing.
        """
        action = Action(verdict.action)
        if (action is Action.ACCEPT) != bool(verdict.value):
            raise HTTPException(422, "A number is there, or it is not.")
        decision = Decision(
            verdict.field,
            action,
            verdict.value,
            session.user,
            verdict.place,
            verdict.seen,
        )
        try:
            with self._store.write(durable=True) as connection:
                key = decide(connection, decision)
                self._made.note(key, session.worker)
                release(connection, [(verdict.field, WHOLE)], session.worker)
        except StaleFieldError as error:
            raise HTTPException(
                409, "Somebody else has decided about this field meanwhile."
            ) from error
        self._queue.recount()
        return {"decision": key}

    def undo(self, session: Who) -> dict[str, FieldItem | None]:
        """Take back the last decision of the user in this browser; give its field."""
        with self._store.write(durable=True) as connection:
            is_open = self._made.is_open_to(session.worker)
            field_id = undo_last(connection, session.user, is_open)
            if field_id is None:
                return {"item": None}
            claim(connection, [(field_id, WHOLE)], session.worker, time.time())
            item = load_items(connection, [field_id])[0]
        self._queue.recount()
        return {"item": item}

    def hold(self, wanted: PlaceBodies, session: Who) -> dict[str, list[Place]]:
        """Take fields or digits into hand, or keep them there; say which ones are."""
        places = as_places(wanted.places)
        with self._store.write() as connection:
            return {"places": claim(connection, places, session.worker, time.time())}

    def release(self, given: PlaceBodies, session: Who) -> dict[str, int]:
        """Let go of fields or digits."""
        with self._store.write() as connection:
            release(connection, as_places(given.places), session.worker)
        return {"places": len(given.places)}

    def show_crop(self, field_id: Id) -> Response:
        """Show the picture of a field."""
        return _picture(self._pictures.crop(field_id), "image/jpeg")

    def show_digit(self, field_id: Id, position: Id) -> Response:
        """Show what the model saw of a digit."""
        return _picture(self._pictures.digit(field_id, position), "image/png")

    def show_sheet(self, page_id: Id) -> Response:
        """Show a page.

        Raises:
            HTTPException: If its file is gone or has changed.
        """
        try:
            picture = self._pictures.sheet(page_id)
        except InputError as error:
            raise HTTPException(410, str(error)) from error
        return _picture(picture, "image/jpeg")


def _picture(content: bytes | None, kind: str) -> Response:
    if content is None:
        raise HTTPException(404, "There is no such picture.")
    return Response(content, media_type=kind)
