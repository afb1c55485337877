"""The start page: the runs of the folder, and what to do next."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from formreader.server.runs import describe_run
from formreader.server.site import Site

__all__ = ["StartPageRoutes"]


class StartPageRoutes:
    """The routes.

    Args:
        site: What it works with.
    """

    def __init__(self, site: Site) -> None:
        """Add the routes to `router`."""
        self._site = site
        self.router = APIRouter()
        self.router.add_api_route("/", self.show, methods=["GET"])

    def show(self, request: Request) -> HTMLResponse:
        """Show all runs, the one that was changed last first."""
        runs = [describe_run(path) for path in self._site.work.list_runs()]
        return self._site.pages.show("runs.html", request, runs=runs)
