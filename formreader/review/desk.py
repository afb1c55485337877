"""Routes of the queue: give out fields, take decisions, show pictures."""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from formreader.batch.store.claims import WHOLE, claim, release
from formreader.batch.store.connection import RunStore
from formreader.batch.store.decisions import (
    Action,
    Decision,
    StaleFieldError,
    decide,
    undo_last,
)
from formreader.errors import InputError
from formreader.review.auth import Session
from formreader.review.filters import Filters
from formreader.review.items import FieldItem, load_items
from formreader.review.pages import Pages, current_session
from formreader.review.pictures import Pictures
from formreader.review.queue import Queue

__all__ = ["NEXT", "Desk", "Id", "Ids", "Who"]

NEXT = "/queue/next"
"""Where fields are asked for; changes nothing in a station that is read-only."""

Who = Annotated[Session, Depends(current_session)]
Id = Annotated[int, Field(ge=0, lt=2**62)]
Ids = Annotated[list[Id], Field(max_length=1000)]
Text = Annotated[str, Field(max_length=200)]
Number = Annotated[str, Field(pattern=r"^([0-9]{1,60}(\.[0-9]{1,20})?)?$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Wish(_Body):
    """What a page asks of the queue."""

    count: Annotated[int, Field(ge=1, le=20)]
    without: Ids = []
    field: Text = ""
    flag: Text = ""
    form: Text = ""
    file: Text = ""
    search: Text = ""


class _Verdict(_Body):
    """What a person decided about a field."""

    field: Id
    action: Literal["accept", "blank", "unreadable"]
    value: Number
    seen: Id | None
    place: Literal["queue", "groups"]


class _Fields(_Body):
    """Some fields."""

    fields: Ids


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

    def give_next(self, wish: _Wish, session: Who) -> dict[str, Any]:
        """Give out the next fields, and say how many are left."""
        filters = Filters(wish.field, wish.flag, wish.form, wish.file, wish.search)
        items = self._queue.next(session.worker, wish.count, wish.without, filters)
        return {"items": items, "left": self._queue.count(filters).left}

    def decide(self, verdict: _Verdict, session: Who) -> dict[str, int]:
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
            with self._store.write() as connection:
                key = decide(connection, decision)
                release(connection, [(verdict.field, WHOLE)], session.worker)
        except StaleFieldError as error:
            raise HTTPException(
                409, "Somebody else has decided about this field meanwhile."
            ) from error
        return {"decision": key}

    def undo(self, session: Who) -> dict[str, FieldItem | None]:
        """Take back the last decision of the user, and give its field."""
        with self._store.write() as connection:
            field_id = undo_last(connection, session.user)
            if field_id is None:
                return {"item": None}
            claim(connection, [(field_id, WHOLE)], session.worker, time.time())
            return {"item": load_items(connection, [field_id])[0]}

    def hold(self, wanted: _Fields, session: Who) -> dict[str, list[int]]:
        """Take fields into hand, or keep them there; say which ones are."""
        places = [(i, WHOLE) for i in wanted.fields]
        with self._store.write() as connection:
            got = claim(connection, places, session.worker, time.time())
        return {"fields": [field_id for field_id, _ in got]}

    def release(self, given: _Fields, session: Who) -> dict[str, list[int]]:
        """Let go of fields."""
        with self._store.write() as connection:
            places = [(i, WHOLE) for i in given.fields]
            release(connection, places, session.worker)
        return {"fields": given.fields}

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
