"""Routes that take the scans of a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.requests import ClientDisconnect

from formreader.errors import FormReaderError
from formreader.server.run_settings import SCANS, RunSettings
from formreader.server.site import Site
from formreader.server.uploads import (
    NoRoomError,
    ReceivedFile,
    TooLargeError,
    TooManyError,
    UploadLimits,
    hold_place,
    receive_file,
)

__all__ = ["FileName", "ScanRoutes", "find_length", "hold_upload", "take_file"]

FileName = Annotated[
    str, Query(min_length=1, max_length=2000, description="What the file is called.")
]


class ScanRoutes:
    """The routes.

    Args:
        site: What it works with.
    """

    def __init__(self, site: Site) -> None:
        """Add the routes to `router`."""
        self._site, self._limits = site, UploadLimits()
        self.router = APIRouter(tags=["runs"])
        self.router.add_api_route("/runs/{run}/scans", self.take, methods=["POST"])

    async def take(self, run: str, name: FileName, request: Request) -> ReceivedFile:
        """Take a scan: the body of the request is the file, an image or a PDF.

        The same file under the same name is taken once.

        Raises:
            HTTPException: If it is not taken, with what helps.
        """
        folder = self._site.get_run(run)
        settings = RunSettings.load(folder)
        if settings is None or settings.folder:
            raise HTTPException(
                409, "The run reads another folder; put the scans there."
            )
        with hold_upload():
            return await take_file(request, folder / SCANS, name, self._limits)


@contextmanager
def hold_upload() -> Iterator[None]:
    """Hold a place for a file that is on its way.

    Raises:
        HTTPException: If there is none now.
    """
    try:
        with hold_place():
            yield
    except TooManyError as error:
        raise HTTPException(
            503, f"{error.message[0].upper()}{error.message[1:]}.", {"Retry-After": "2"}
        ) from error


async def take_file(
    request: Request, folder: Path, name: str, limits: UploadLimits
) -> ReceivedFile:
    """Take the body of a request as a file.

    Args:
        request: What was sent.
        folder: Where the file is to lie.
        name: What it is called there.
        limits: How much is taken.

    Raises:
        HTTPException: If it is not taken, with what helps.
    """
    try:
        length = find_length(request)
        return await receive_file(request.stream(), folder, name, limits, length)
    except ClientDisconnect:  # nobody hears it
        raise HTTPException(400, "The file broke off.") from None
    except FormReaderError as error:
        text = f"{error.message[0].upper()}{error.message[1:]}."
        raise HTTPException(_find_status(error), text) from error


def find_length(request: Request) -> int | None:
    """Give the size that a request says its body has; None if it says none.

    Raises:
        HTTPException: If it is no size.
    """
    text = request.headers.get("content-length")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise HTTPException(400, "The size of the request is no number.")
    return int(text)


def _find_status(error: FormReaderError) -> int:
    if isinstance(error, TooLargeError):
        return 413
    return 507 if isinstance(error, NoRoomError) else 415
