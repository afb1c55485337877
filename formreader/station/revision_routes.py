"""Routes by which people put right which fields a page has."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from formreader.errors import InputError, OutputError
from formreader.forms.templates.entries import is_name
from formreader.geometry import Box
from formreader.station.bodies import BoxBody, Id, PageBody, RevisionBody
from formreader.station.box_readings import DrawnBox, MakeTemplate, ReadBoxes
from formreader.station.page_pictures import PagePictures
from formreader.station.pages import Who
from formreader.store.people.decisions import StaleFieldError
from formreader.store.people.drawing_sheet import DrawingSheet, load_drawing_sheet
from formreader.store.people.items import load_items
from formreader.store.people.likes import Like, find_likes
from formreader.store.people.queue import Queue
from formreader.store.people.revisions import (
    NameTakenError,
    Removal,
    Revised,
    Revision,
    find_revised,
)
from formreader.store.records import FieldRecord
from formreader.store.tables.connection import RunStore

__all__ = ["PREPARE", "RevisionRoutes"]

PREPARE = "/pages/prepare"
"""Where a page is made ready for boxes; changes nothing in the run."""

_MOST_LIKES = 1000
_LARGEST = 0.25  # of a page, that one number may take
_STALE = "Somebody else has decided about this field meanwhile."
_NO_PAGE = "There is no such page that was read."


class RevisionRoutes:
    """The routes.

    Args:
        store: The run.
        queue: Takes what people decide.
        pictures: Knows where pages are, and has boxes read.
    """

    def __init__(self, store: RunStore, queue: Queue, pictures: PagePictures) -> None:
        """Add the routes to `router`."""
        self._store, self._queue, self._pictures = store, queue, pictures
        self.router = APIRouter()
        self.router.add_api_route("/fields/{field_id}/likes", self.list_likes)
        self.router.add_api_route("/pages/{page_id}/template.zip", self.give_template)
        self.router.add_api_route(PREPARE, self.prepare, methods=["POST"])
        self.router.add_api_route("/revisions", self.revise, methods=["POST"])

    def list_likes(self, field_id: Id) -> dict[str, list[Like]]:
        """List what is at the place of a field on other pages of the shape."""
        return {"likes": find_likes(self._store, field_id, _MOST_LIKES)}

    async def give_template(self, page_id: Id) -> Response:
        """Give a template of the fields of a page, and its reference picture.

        Raises:
            HTTPException: If the page has no fields, or cannot be read.
        """
        sheet = await run_in_threadpool(load_drawing_sheet, self._store, page_id)
        if sheet is None or not sheet.fields:
            raise HTTPException(404, "There is no such page with fields.")
        placed = tuple(
            (name, Box(left, top, left + width, top + height), cells)
            for name, left, top, width, height, cells in sheet.fields
        )
        name = PurePosixPath(sheet.source).stem
        with _explained():
            page = await run_in_threadpool(self._pictures.locate, page_id)
            if page is None:
                raise HTTPException(404, _NO_PAGE)
            task = MakeTemplate(page, sheet.outlines, name, placed)
            made = self._pictures.boxes.make_template(task)
            content = await asyncio.wrap_future(made)
        headers = {"content-disposition": 'attachment; filename="template.zip"'}
        return Response(content, media_type="application/zip", headers=headers)

    async def prepare(self, wanted: PageBody) -> dict[str, bool]:
        """Load the readers and the page, so that the first box is read at once."""
        await self._read(wanted.page, [])
        return {"ready": True}

    async def revise(self, body: RevisionBody, session: Who) -> dict[str, Any]:
        """Put a page right, and give the fields that are new.

        Raises:
            HTTPException: If somebody else was faster, a name is taken, or a box cannot
                be read.
        """
        known = await run_in_threadpool(self._find_known, body, session.user)
        if known is None:
            records = await self._read(body.page, body.added) if body.added else ()
            revision = Revision(
                body.page,
                tuple(Removal(r.field, r.seen, r.after) for r in body.removed),
                records,
                session.user,
                "pages",
                tuple(body.alike),
                body.request,
            )
            known = await run_in_threadpool(self._write, session.hand, revision)
        return await run_in_threadpool(self._show, known)

    def _find_known(self, body: RevisionBody, user: str) -> Revised | None:
        if body.request is None:
            return None
        with self._store.read() as connection:
            try:
                return find_revised(connection, body.request, user)
            except StaleFieldError as error:
                raise HTTPException(409, _STALE) from error

    def _write(self, browser: str, revision: Revision) -> Revised:
        try:
            return self._queue.revise(browser, revision)
        except StaleFieldError as error:
            raise HTTPException(409, _STALE) from error
        except NameTakenError as error:
            raise HTTPException(422, "Another field has this name.") from error

    def _show(self, revised: Revised) -> dict[str, Any]:
        with self._store.read() as connection:
            items = load_items(connection, list(revised.added))
        return {"removed": revised.removed, "added": items}

    async def _read(
        self, page_id: int, wanted: list[BoxBody]
    ) -> tuple[FieldRecord, ...]:
        """Read boxes of a page.

        Raises:
            HTTPException: If they lie elsewhere, or the page cannot be read.
        """
        sheet = await run_in_threadpool(load_drawing_sheet, self._store, page_id)
        if sheet is None:
            raise HTTPException(409, _NO_PAGE)
        boxes = tuple(_check(one, sheet) for one in wanted)
        with _explained():
            page = await run_in_threadpool(self._pictures.locate, page_id)
            if page is None:
                raise HTTPException(409, _NO_PAGE)
            task = ReadBoxes(page, boxes, sheet.outlines)
            return await asyncio.wrap_future(self._pictures.boxes.ask(task))


@contextmanager
def _explained() -> Iterator[None]:
    """Say why a page cannot be read.

    Raises:
        HTTPException: If it cannot.
    """
    try:
        yield
    except InputError as error:
        raise HTTPException(409, f"The page cannot be read: {error}") from error
    except OutputError as error:
        raise HTTPException(503, "The page cannot be read now.") from error


def _check(body: BoxBody, sheet: DrawingSheet) -> DrawnBox:
    """Refuse a box that is not on its page, or too large for a number.

    Raises:
        HTTPException: If it is.
    """
    right, bottom = body.left + body.width, body.top + body.height
    if right > sheet.width or bottom > sheet.height:
        raise HTTPException(422, "The box is not on the page.")
    if body.width * body.height > _LARGEST * sheet.width * sheet.height:
        raise HTTPException(422, "The box is too large for a number.")
    if body.name and not is_name(body.name):
        raise HTTPException(422, f"No field can be called {body.name}.")
    type_ = None if body.like is None else sheet.types.get(body.like)
    return DrawnBox(Box(body.left, body.top, right, bottom), body.name, type_)
