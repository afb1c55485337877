"""Routes of what was read: the table, a part at a time, and files to take away."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from formreader.server.downloads import DOWNLOADS, write_download
from formreader.server.site import Site
from formreader.store.people.field_table import (
    Part,
    Show,
    Sort,
    TableWish,
    read_part,
)
from formreader.store.tables.connection import RunStore

__all__ = ["ResultRoutes", "read_table"]

_MOST_ROWS = 1000


class ResultRoutes:
    """The routes.

    Args:
        site: What it works with.
    """

    def __init__(self, site: Site) -> None:
        """Add the routes to `router`."""
        self._site = site
        self.router = APIRouter(tags=["results"])
        self.router.add_api_route("/runs/{run}/fields", self.list_fields)
        self.router.add_api_route(
            "/runs/{run}/files/{kind}", self.download, response_class=FileResponse
        )

    def list_fields(
        self,
        run: str,
        show: Show = Show.ALL,
        search: Annotated[str, Query(max_length=200)] = "",
        sort: Sort = Sort.PLACE,
        descending: bool = False,
        offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
        count: Annotated[int, Query(ge=1, le=_MOST_ROWS)] = 100,
    ) -> Part:
        """List the fields of a run with what holds now, a part at a time."""
        wish = TableWish(show, search, sort, descending, offset, count)
        return read_table(self._site.get_run(run), wish)

    def download(self, run: str, kind: str) -> FileResponse:
        """Give the whole table as a file.

        csv, xlsx and parquet have a row a field, wide-csv, wide-xlsx and wide-parquet a
        row a page; tables is an Excel workbook with the tables as on paper; json, pdf.

        Raises:
            HTTPException: If there is no such kind.
        """
        wanted = DOWNLOADS.get(kind)
        if wanted is None:
            raise HTTPException(404, f"Choose one of {', '.join(DOWNLOADS)}.")
        path = write_download(self._site.get_run(run), wanted)
        return FileResponse(
            path,
            media_type=wanted.media,
            filename=path.name,
            background=BackgroundTask(_remove, path.parent),
        )


def read_table(run: Path, wish: TableWish) -> Part:
    """Read a part of the table of a run.

    Raises:
        FormReaderError: If nothing has been read yet.
    """
    with RunStore.open(run) as store, store.read() as transaction:
        return read_part(transaction, wish)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
