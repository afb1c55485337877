"""The page of the models that learn from what people decided."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from formreader.server.learning.jobs import can_learn, describe_learning, find_digits
from formreader.server.runs import describe_run
from formreader.server.site import Site

__all__ = ["FOLDER", "LearningPages"]

FOLDER = Path(__file__).resolve().parent
"""Where `static/` and `templates/` lie."""


class LearningPages:
    """The routes.

    Args:
        site: What it works with.
    """

    def __init__(self, site: Site) -> None:
        """Add the routes to `router`."""
        self._site = site
        self.router = APIRouter()
        self.router.add_api_route("/models", self.show, methods=["GET"])

    def show(self, request: Request, run: str = "") -> HTMLResponse:
        """Show the models, how far they are, and where a new one is begun.

        Args:
            request: The request.
            run: The run that is chosen already.
        """
        work = self._site.work
        runs = [describe_run(path) for path in work.list_runs()]
        return self._site.pages.show(
            "models.html",
            request,
            jobs=[describe_learning(work.models / name) for name in work.list_models()],
            runs=[one for one in runs if one.decided],
            chosen=run,
            can_learn=can_learn(),
            has_digits=find_digits(work) is not None,
        )
