"""The pages that begin a run and show how far it is."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from formreader.digits.model import MANIFEST_NAME
from formreader.server.run_routes import name_run
from formreader.server.runs import describe_run
from formreader.server.site import Site

__all__ = ["RunPageRoutes"]


class RunPageRoutes:
    """The routes.

    Args:
        site: What it works with.
    """

    def __init__(self, site: Site) -> None:
        """Add the routes to `router`."""
        self._site = site
        self.router = APIRouter()
        self.router.add_api_route("/new", self.show_new, methods=["GET"])
        self.router.add_api_route("/runs/{run}", self.show, methods=["GET"])

    def show_new(self, request: Request) -> HTMLResponse:
        """Show the page that begins a run."""
        work = self._site.work
        ready = (
            name
            for name in work.list_models()
            if (work.models / name / MANIFEST_NAME).is_file()
        )
        return self._site.pages.show(
            "new_run.html",
            request,
            forms=work.list_forms(),
            run_name=name_run(work),
            models=list(ready),
            calibrations=work.list_calibrations(),
            has_folders=bool(work.allowed),
        )

    def show(self, run: str, request: Request) -> HTMLResponse:
        """Show how far a run is, and what can be done with it."""
        summary = describe_run(self._site.get_run(run))
        return self._site.pages.show("run.html", request, run=summary)
