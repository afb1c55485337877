"""The route that reads a page at once."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request

from formreader.options import ReadingOptions
from formreader.server.scan_routes import FileName, hold_upload, take_file
from formreader.server.site import Site
from formreader.server.uploads import UploadLimits

__all__ = ["ReadingRoutes"]

_LIMITS = UploadLimits(file_bytes=100_000_000)


class ReadingRoutes:
    """The routes.

    Args:
        site: What it works with.
    """

    def __init__(self, site: Site) -> None:
        """Add the routes to `router`."""
        self._site, self._reader = site, site.services.pages
        self.router = APIRouter(tags=["readings"])
        self.router.add_api_route("/readings", self.read, methods=["POST"])

    async def read(
        self,
        request: Request,
        name: FileName = "page",
        form: Annotated[list[str] | None, Query(max_length=100)] = None,
        threshold: Annotated[float | None, Query(ge=0, le=1)] = None,
    ) -> list[dict[str, Any]]:
        """Read a page, or a PDF of up to 20, and keep nothing of it.

        The body of the request is the file. The answer has an object a page: `source`,
        `page`, and `fields` with the columns of the field CSV.

        Raises:
            HTTPException: If it is not taken, or cannot be read, with what helps.
        """
        options = ReadingOptions(self._find_forms(form or []), threshold=threshold)
        with (
            hold_upload(),
            tempfile.TemporaryDirectory(prefix="formreader-") as folder,
        ):
            scans = Path(folder, "scans")
            taken = await take_file(request, scans, name, _LIMITS)
            return await self._reader.read(scans / taken.name, options)

    def _find_forms(self, names: list[str]) -> tuple[Path, ...]:
        found = []
        for name in names:
            path = self._site.work.find_form(name)
            if path is None:
                raise HTTPException(422, f"There is no form {name!r}.")
            found.append(path)
        return tuple(found)
