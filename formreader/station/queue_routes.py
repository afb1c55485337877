"""Routes of the queue: give out fields, take decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from formreader.forms.rules.breaches import Breach, name_type_breach
from formreader.station.bodies import (
    FieldVerdict,
    OpenedField,
    PlaceBodies,
    QueueWish,
    UndoWish,
    WantedFilters,
    as_places,
)
from formreader.station.pages import Pages, Who, current_session
from formreader.store.people.asking import Supervisors, no_supervisors
from formreader.store.people.claims import Place
from formreader.store.people.decisions import (
    Action,
    Decision,
    NoFieldError,
    StaleFieldError,
)
from formreader.store.people.items import FieldItem
from formreader.store.people.queue import Queue
from formreader.store.people.rules import RuleBrokenError
from formreader.store.people.typed_values import NoNumberError, OtherTypeError

__all__ = ["BREACH", "NEXT", "QueueRoutes"]

NEXT = "/queue/next"
"""Where fields are asked for; changes nothing in a station that is read-only."""

BREACH = {"X-Breach": "rule"}
"""Headers of the answer to a value that breaks a rule, which a person may override."""

_ANY_UNDO = UndoWish()


class QueueRoutes:
    """The routes.

    Args:
        pages: Shows pages.
        queue: Gives out fields.
        order: In which browsers get them that have not chosen one, `doubt` or `page`.
        supervisors: Whom fields are escalated to; none for anybody else.
    """

    def __init__(
        self,
        pages: Pages,
        queue: Queue,
        order: str = "doubt",
        supervisors: Supervisors = no_supervisors,
    ) -> None:
        """Add the routes to `router`."""
        self._pages, self._queue, self._order = pages, queue, order
        self._supervisors = supervisors
        self.router = APIRouter()
        self.router.add_api_route("/queue", self.show, methods=["GET"])
        for path, answer in (
            (NEXT, self.give_next),
            ("/decisions", self.decide),
            ("/undo", self.undo),
            ("/hold", self.hold),
            ("/release", self.release),
        ):
            self.router.add_api_route(path, answer, methods=["POST"])

    def show(
        self, request: Request, filters: WantedFilters, opened: OpenedField = None
    ) -> HTMLResponse:
        """Show the queue's page, beginning with one field if it is asked for.

        Over a slow network its picture comes while the scripts do.
        """
        hand = current_session(request).hand
        first = self._queue.peek(hand, filters) if opened is None else opened
        return self._pages.show(
            "queue.html",
            request,
            filters=filters,
            order=self._order,
            opened=opened,
            first=first,
            supervisors=self._supervisors(),
        )

    def give_next(self, wish: QueueWish, session: Who) -> dict[str, Any]:
        """Give out the next fields, and say how many are left."""
        filters = wish.filters
        items = self._queue.next(
            session.hand,
            wish.count,
            wish.without,
            filters,
            user=session.user,
            by_page=wish.order == "page",
            page_id=wish.page,
        )
        counts = self._queue.count(filters, session.user, anew=wish.anew)
        return {
            "items": items,
            "left": counts.left,
            "done": counts.done,
            "exact": counts.is_exact,
        }

    def decide(self, verdict: FieldVerdict, session: Who) -> dict[str, Any]:
        """Write down a decision; say which fields nobody has to look at any more.

        Raises:
            HTTPException: If somebody else was faster, a number is missing or is there
                for what takes none, or it breaks a rule that was not overridden.
        """
        action = Action(verdict.action)
        if (action is Action.ACCEPT) != bool(verdict.value):
            raise HTTPException(422, "A number is there, or it is not.")
        if (action is Action.ESCALATE) != bool(verdict.comment.strip()):
            raise HTTPException(422, "Words to the supervisor go with escalate alone.")
        decision = Decision(
            verdict.field,
            action,
            verdict.value,
            session.user,
            verdict.place,
            verdict.seen,
            request=verdict.request,
            after=verdict.after,
            overrides=verdict.override,
            comment=verdict.comment.strip(),
        )
        try:
            if verdict.second:
                key = self._queue.give_opinion(session.hand, decision)
                return {"decision": key, "freed": []}
            key = self._queue.decide(session.hand, decision)
            return {"decision": key, "freed": self._queue.list_freed(verdict.field)}
        except StaleFieldError as error:
            raise HTTPException(
                409, "Somebody else has decided about this field meanwhile."
            ) from error
        except OtherTypeError as error:
            breaches = (name_type_breach(verdict.value, error.type),)
            raise HTTPException(422, _say(breaches), headers=BREACH) from error
        except NoNumberError as error:
            raise HTTPException(
                422, "Only digits, and points, commas, dashes, slashes or colons."
            ) from error
        except RuleBrokenError as error:
            raise HTTPException(422, _say(error.breaches), headers=BREACH) from error
        except NoFieldError as error:
            raise HTTPException(
                422, "A page without a field takes no number."
            ) from error

    def undo(
        self, session: Who, wish: UndoWish = _ANY_UNDO
    ) -> dict[str, FieldItem | None]:
        """Take back the last decision of the user in this browser; give its field."""
        item = self._queue.undo(session.hand, session.user, wish.request)
        return {"item": item}

    def hold(self, wanted: PlaceBodies, session: Who) -> dict[str, list[Place]]:
        """Take fields or digits into hand, or keep them there; say which ones are."""
        places = as_places(wanted.places)
        return {"places": self._queue.hold(session.hand, places)}

    def release(self, given: PlaceBodies, session: Who) -> dict[str, int]:
        """Let go of fields or digits."""
        self._queue.release(session.hand, as_places(given.places))
        return {"places": len(given.places)}


def _say(breaches: Sequence[Breach]) -> list[dict[str, object]]:
    """Name breaches in a way that a page can say in its language."""
    return [{"message": one.message, "values": one.values} for one in breaches]
