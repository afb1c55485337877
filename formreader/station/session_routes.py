"""Route by which an open page learns whether its session still holds."""

from __future__ import annotations

from fastapi import APIRouter

from formreader.station.door.guard import STATE
from formreader.station.pages import Who

__all__ = ["SessionRoutes"]


class SessionRoutes:
    """The route.

    Args:
        run: Names the run.
    """

    def __init__(self, run: str) -> None:
        """Add the route to `router`."""
        self._run = run
        self.router = APIRouter()
        self.router.add_api_route(STATE, self.show, methods=["GET"])

    def show(self, session: Who) -> dict[str, str]:
        """Say who works here, on which run, and what requests must repeat."""
        return {"csrf": session.csrf, "user": session.user, "run": self._run}
