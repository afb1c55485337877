"""Routes of the carpet."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from formreader.digits.model import DIGITS
from formreader.station.bodies import CarpetWish, SheetVerdict, as_places
from formreader.station.pages import Pages, Who
from formreader.store.people.carpet import Carpet

__all__ = ["NEXT_DIGITS", "CarpetRoutes"]

NEXT_DIGITS = "/carpet/next"
"""Where digits are asked for; changes nothing in a station that is read-only."""


class CarpetRoutes:
    """The routes.

    Args:
        pages: Shows pages.
        carpet: Gives out digits.
    """

    def __init__(self, pages: Pages, carpet: Carpet) -> None:
        """Add the routes to `router`."""
        self._pages, self._carpet = pages, carpet
        self.router = APIRouter()
        self.router.add_api_route("/carpet", self.show, methods=["GET"])
        self.router.add_api_route(NEXT_DIGITS, self.give_next, methods=["POST"])
        self.router.add_api_route("/carpet/confirm", self.confirm, methods=["POST"])
        self.router.add_api_route("/carpet/undo", self.undo, methods=["POST"])

    def show(self, request: Request) -> HTMLResponse:
        """Show the page."""
        return self._pages.show("carpet.html", request, digits=DIGITS)

    def give_next(self, wish: CarpetWish, session: Who) -> dict[str, Any]:
        """Give out digits, and say how many are left of each kind."""
        without = as_places(wish.without)
        crops = self._carpet.next(session.hand, wish.digit, wish.count, without)
        return {"crops": crops, "left": self._carpet.count()}

    def confirm(self, verdict: SheetVerdict, session: Who) -> dict[str, int]:
        """Take what a person found; say how many fields were put back."""
        right, wrong = as_places(verdict.right), as_places(verdict.wrong)
        put_back = self._carpet.confirm(
            session.hand, session.user, right, wrong, verdict.request or ""
        )
        return {"put_back": put_back}

    def undo(self, session: Who) -> dict[str, int]:
        """Take back the last page; say how many digits are to be looked at again."""
        return {"digits": self._carpet.undo(session.hand, session.user)}
