"""Routes of the rules of a form: what a value that is being typed would break."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException

from formreader.station.bodies import FieldWish, TypedValue
from formreader.station.pages import Who
from formreader.store.people.items import FieldItem
from formreader.store.people.queue import Queue
from formreader.store.people.rules import RuleBreach

__all__ = ["RuleRoutes"]


class RuleRoutes:
    """The routes.

    Args:
        queue: Knows the fields.
    """

    def __init__(self, queue: Queue) -> None:
        """Add the routes to `router`."""
        self._queue = queue
        self.router = APIRouter()
        self.router.add_api_route("/rules", self.ask, methods=["POST"])
        self.router.add_api_route("/queue/open", self.open, methods=["POST"])

    def ask(self, typed: TypedValue) -> dict[str, list[RuleBreach]]:
        """Name the rules that a value breaks; nothing is decided by it."""
        return {"breaches": self._queue.find_breaches(typed.field, typed.value)}

    def open(self, wish: FieldWish, session: Who) -> dict[str, FieldItem]:
        """Give out one field, of which a rule speaks.

        Raises:
            HTTPException: If it is gone.
        """
        item = self._queue.open(session.hand, wish.field)
        if item is None:
            raise HTTPException(409, "This field is there no more.")
        return {"item": item}
