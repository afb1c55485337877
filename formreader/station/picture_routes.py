"""Routes of pictures: crops and digits from the store, pages from the files."""

from __future__ import annotations

import asyncio
from typing import Literal

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from formreader.errors import InputError, OutputError
from formreader.station.bodies import Id
from formreader.station.page_pictures import PagePictures
from formreader.store.people.items import load_crop, load_digit
from formreader.store.tables.connection import RunStore

__all__ = ["PictureRoutes"]


class PictureRoutes:
    """The routes.

    Args:
        store: The run.
        page_pictures: Draws its pages.
    """

    def __init__(self, store: RunStore, page_pictures: PagePictures) -> None:
        """Add the routes to `router`."""
        self._store, self._page_pictures = store, page_pictures
        self.router = APIRouter()
        for path, endpoint in (
            ("/crops/{field_id}.jpg", self.show_crop),
            ("/digits/{field_id}/{position}.png", self.show_digit),
            ("/pages/{page_id}.jpg", self.show_page),
        ):
            self.router.add_api_route(path, endpoint, methods=["GET"])

    def show_crop(self, field_id: Id) -> Response:
        """Show the picture of a field."""
        return _picture(load_crop(self._store, field_id), "image/jpeg")

    def show_digit(self, field_id: Id, position: Id) -> Response:
        """Show what the model saw of a digit."""
        return _picture(load_digit(self._store, field_id, position), "image/png")

    async def show_page(
        self, page_id: Id, size: Literal["small", "large"] = "large"
    ) -> Response:
        """Show a page.

        Raises:
            HTTPException: If its file is gone or has changed, or it costs too much.
        """
        try:
            picture = await asyncio.wrap_future(self._page_pictures.ask(page_id))
        except InputError as error:
            raise HTTPException(410, str(error)) from error
        except OutputError as error:
            raise HTTPException(503, "The page cannot be drawn now.") from error
        if picture is None:
            return _picture(None, "image/jpeg")
        content = picture.small if size == "small" else picture.large
        return _picture(content, "image/jpeg")


def _picture(content: bytes | None, kind: str) -> Response:
    if content is None:
        raise HTTPException(404, "There is no such picture.")
    return Response(content, media_type=kind)
