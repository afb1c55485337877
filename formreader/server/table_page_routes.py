"""The page that shows the table of a run."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from formreader.flags import describe_flags
from formreader.rows import format_probability
from formreader.server.downloads import list_downloads
from formreader.server.result_routes import read_table
from formreader.server.runs import describe_run
from formreader.server.site import Site
from formreader.store.people.field_table import Show, Sort, TableWish

__all__ = ["TablePageRoutes"]

_ROWS = 100


class TablePageRoutes:
    """The routes.

    Args:
        site: What it works with.
    """

    def __init__(self, site: Site) -> None:
        """Add the routes to `router`."""
        self._site = site
        self.router = APIRouter()
        self.router.add_api_route("/runs/{run}/table", self.show, methods=["GET"])

    def show(
        self,
        request: Request,
        run: str,
        show: Show = Show.ALL,
        search: Annotated[str, Query(max_length=200)] = "",
        sort: Sort = Sort.PLACE,
        descending: bool = False,
        offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
    ) -> HTMLResponse:
        """Show a part of the table."""
        folder = self._site.get_run(run)
        wish = TableWish(show, search, sort, descending, offset, _ROWS)
        part = read_table(folder, wish)

        def query(**changed: Any) -> str:
            """Make the address of another part; what changes leads to its begin."""
            asked = {"show": show, "search": search, "sort": sort, "offset": 0}
            return urlencode({**asked, "descending": descending, **changed})

        return self._site.pages.show(
            "table.html",
            request,
            run=describe_run(folder),
            part=part,
            wish=wish,
            query=query,
            downloads=list_downloads(folder),
            describe_flags=describe_flags,
            format_probability=format_probability,
        )
