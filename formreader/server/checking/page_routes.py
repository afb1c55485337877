"""The page that says how well a run was read."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from formreader.server.runs import describe_run
from formreader.server.site import Site
from formreader.store.people.audit import AuditResult, measure_errors
from formreader.store.people.corrections import Corrections, sum_up_corrections
from formreader.store.tables.connection import RunStore

__all__ = ["FOLDER", "CheckingPages"]

FOLDER = Path(__file__).resolve().parent
"""Where `static/` and `templates/` lie."""


class CheckingPages:
    """The routes.

    Args:
        site: What it works with.
    """

    def __init__(self, site: Site) -> None:
        """Add the routes to `router`."""
        self._site = site
        self.router = APIRouter()
        self.router.add_api_route("/runs/{run}/accuracy", self.show, methods=["GET"])

    def show(self, run: str, request: Request) -> HTMLResponse:
        """Show what people corrected, what can be promised, and ask for the truth."""
        folder = self._site.get_run(run)
        corrections, audit = _look(folder)
        summary = describe_run(folder)
        return self._site.pages.show(
            "accuracy.html",
            request,
            run=summary,
            is_reading=summary.is_alive,
            corrections=corrections,
            audit=audit,
            calibrations=self._site.work.list_calibrations(),
        )


def _look(run: Path) -> tuple[Corrections, AuditResult]:
    """Sum up what people found.

    Raises:
        FormReaderError: If nothing has been read yet.
    """
    with RunStore.open(run) as store:
        with store.read() as transaction:
            corrections = sum_up_corrections(transaction)
        return corrections, measure_errors(store)
