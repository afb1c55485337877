"""Routes of what people have done: figures, own decisions, and the results."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from formreader.export.csv_files import write_csv
from formreader.export.tables import long_table
from formreader.station.bodies import Id
from formreader.station.pages import Pages, Who
from formreader.store.contents import read_pages
from formreader.store.people.figures import report_figures, sum_up_user
from formreader.store.people.opinions import measure_review
from formreader.store.people.recent import list_recent
from formreader.store.tables.connection import RunStore

__all__ = ["PROGRESS", "ProgressRoutes"]

PROGRESS = "/progress"
"""The page with the figures, which a station may leave out."""

_MOST_LINES = 100  # of a table
_HOURS = 48
_RECENT = 40  # decisions on a page
_CHUNK = 1 << 16  # bytes


class ProgressRoutes:
    """The routes.

    Args:
        pages: Shows pages.
        store: The run.
        has_figures: Whether the figures of people may be looked at.
    """

    def __init__(
        self, pages: Pages, store: RunStore, *, has_figures: bool = True
    ) -> None:
        """Add the routes to `router`."""
        self._pages, self._store = pages, store
        self.router = APIRouter()
        self.router.add_api_route("/recent", self.show_recent, methods=["GET"])
        self.router.add_api_route("/summary", self.sum_up, methods=["GET"])
        self.router.add_api_route(
            "/results.csv", self.download, methods=["GET"], response_model=None
        )
        if has_figures:
            self.router.add_api_route(PROGRESS, self.show, methods=["GET"])

    def show(self, request: Request) -> HTMLResponse:
        """Show the figures by person, hour, field and form."""
        report = report_figures(self._store)
        tables = (
            ("Person", report.people),
            ("Hour", report.hours[:_HOURS]),
            ("Field", report.fields),
            ("Form", report.forms),
        )
        return self._pages.show(
            "progress.html",
            request,
            total=report.total,
            second=measure_review(self._store),
            tables=[(title, lines[:_MOST_LINES]) for title, lines in tables],
            most=_MOST_LINES,
        )

    def show_recent(
        self, request: Request, session: Who, before: Id | None = None
    ) -> HTMLResponse:
        """Show what the user decided last, with ways to decide it anew."""
        found = list_recent(self._store, session.user, _RECENT + 1, before)
        return self._pages.show(
            "recent.html",
            request,
            found=found[:_RECENT],
            following=found[_RECENT - 1].id if len(found) > _RECENT else None,
            is_first=before is None,
        )

    def sum_up(self, session: Who) -> dict[str, Any]:
        """Say what the user has done in this run."""
        return asdict(sum_up_user(self._store, session.user))

    def download(self) -> StreamingResponse:
        """Give the results as `formreader export RUN -o results.csv` writes them."""
        name = f"{self._store.run.resolve().name}.csv".encode("ascii", "replace")
        disposition = name.decode().translate({ord(c): "_" for c in '"\\?'})
        return StreamingResponse(
            self._write_results(),
            media_type="text/csv; charset=utf-8",
            headers={"content-disposition": f'attachment; filename="{disposition}"'},
        )

    def _write_results(self) -> Iterator[bytes]:
        """Write the results aside, then give them out as slowly as they are taken."""
        with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as stream:
            with self._store.read() as transaction:
                write_csv(long_table(read_pages(transaction)), stream)
            stream.seek(0)
            while chunk := stream.read(_CHUNK):
                yield chunk.encode()
