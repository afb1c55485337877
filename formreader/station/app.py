"""Puts the station together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)

from formreader.errors import show_text
from formreader.pipeline import FormReader
from formreader.station.carpet_routes import NEXT_DIGITS, CarpetRoutes
from formreader.station.door.auth import (
    LOCAL,
    NETWORK,
    OneTimeLinks,
    Session,
    Sessions,
)
from formreader.station.door.guard import ENTRANCE, App, Endpoint, Guard
from formreader.station.door.login import LOGOUT, Login
from formreader.station.door.passwords import Passwords
from formreader.station.door.session_file import SessionFile
from formreader.station.files import make_files
from formreader.station.group_routes import GroupRoutes
from formreader.station.pad import RECOGNIZE, Pad
from formreader.station.page_pictures import PagePictures
from formreader.station.page_view_routes import NEXT_PAGE, PageViewRoutes
from formreader.station.pages import Pages
from formreader.station.picture_routes import PictureRoutes
from formreader.station.progress_routes import PROGRESS, ProgressRoutes
from formreader.station.queue_routes import NEXT, QueueRoutes
from formreader.station.refusals import explain_refusals, say_to
from formreader.station.revision_routes import PREPARE, RevisionRoutes
from formreader.station.rule_routes import RuleRoutes
from formreader.station.session_routes import SessionRoutes
from formreader.store.errors import StoreError
from formreader.store.people.asking import (
    Asking,
    SecondShares,
    Supervisors,
    no_supervisors,
)
from formreader.store.people.carpet import Carpet
from formreader.store.people.identity import find_identity
from formreader.store.people.page_view import PageDesk
from formreader.store.people.queue import Queue
from formreader.store.tables.connection import RunStore

__all__ = [
    "Door",
    "Entrance",
    "Station",
    "make_app",
    "make_pad_app",
    "make_review_app",
    "make_review_part",
    "open_entrance",
]

_LINKS = (
    ("/queue", "Queue"),
    ("/pages", "Pages"),
    ("/carpet", "Carpet"),
    ("/groups", "Groups"),
    ("/audit", "Audit"),
    (PROGRESS, "Progress"),
    ("/pad", "Pad"),
)

_HOME = "/queue"

_WELCOME = (
    '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>formreader</title>'
    '<link rel="icon" href="/static/icon.svg">'
    '<meta http-equiv="refresh" content="0;url={home}">'
    '<p><a href="{home}">Go to the station</a></p></html>'
)


class Entrance:
    """Lets in a browser that brings a one-time link.

    Args:
        endpoint: Where the station listens.
        sessions: Where the browser's session is kept.
        links: Knows which link is valid.
        user: Who works in browsers that come this way.
        home: The first page.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        sessions: Sessions,
        links: OneTimeLinks,
        user: str,
        home: str,
    ) -> None:
        """Keep the parts."""
        self._endpoint, self._sessions, self._links = endpoint, sessions, links
        self._user, self._home = user, home

    def enter(self, token: str = "") -> Response:
        """Exchange the secret of a link for a session.

        The answer is a page that leads on, no redirect: a strict cookie would not be
        sent along with a redirect if the link was clicked in another site.
        """
        if not self._links.redeem(token):
            return PlainTextResponse(
                "This address was used before. The terminal of the station shows the "
                "next one.\n",
                status_code=403,
            )
        session = self._sessions.begin(self._user)
        response = HTMLResponse(_WELCOME.format(home=escape(self._home)))
        self._endpoint.set_cookie(response, session)
        return response


def make_pad_app(endpoint: Endpoint, links: OneTimeLinks, reader: FormReader) -> App:
    """Make a station that has the pad alone.

    Args:
        endpoint: Where it listens.
        links: Let browsers in.
        reader: Reads drawings.
    """
    sessions = Sessions()
    app = _make_app()
    app.include_router(Pad(Pages("formreader", ()), reader).router)
    entrance = Entrance(endpoint, sessions, links, "", "/pad")
    open_entrance(app, entrance)
    _lead_home(app, "/pad")
    return Guard(app, sessions, endpoint, harmless=(RECOGNIZE,))


@dataclass(frozen=True)
class Door:
    """How people come in, as far as pages show it.

    Attributes:
        has_login: Whether by password, so that they may go out.
        allow: Tells whether somebody may go to a path by a method.
        supervisors: Who decide where two people differ, by what they may.
    """

    has_login: bool = False
    allow: Callable[[Session, str, str], bool] = lambda *_: True
    supervisors: Supervisors = no_supervisors


@dataclass(frozen=True)
class Station:
    """What a review station works with.

    Attributes:
        store: The run.
        page_pictures: Draws its pages.
        user: Who decides.
        reader: Reads drawings on the pad.
        read_only: Whether nothing may be decided.
        order: In which the queue begins in a browser: `doubt` for the least certain
            first, `page` for page by page.
        has_figures: Whether there is a page with the figures of people.
        second: Which of the decided fields are asked of another person as well.
        supervisors: Who decide where two people differ, or what was escalated; none
            for others than the two.
    """

    store: RunStore
    page_pictures: PagePictures
    user: str
    reader: FormReader
    read_only: bool = False
    order: str = "doubt"
    has_figures: bool = True
    second: SecondShares = field(default_factory=SecondShares)
    supervisors: Supervisors = no_supervisors


def make_review_app(
    endpoint: Endpoint, station: Station, way_in: OneTimeLinks | Passwords
) -> App:
    """Make the review station of a run.

    Args:
        endpoint: Where it listens.
        station: What it works with.
        way_in: What lets browsers in: links, or names and passwords.
    """
    has_login = isinstance(way_in, Passwords)
    sessions = _open_sessions(endpoint, station, has_login=has_login)
    run = find_identity(station.store, read_only=station.read_only)
    pages = _make_pages(station, run, door=Door(has_login))
    app = _make_app()
    _include_all(app, pages, station, run)
    if isinstance(way_in, Passwords):
        app.include_router(Login(pages, endpoint, sessions, way_in, _HOME).router)
    else:
        entrance = Entrance(endpoint, sessions, way_in, station.user, _HOME)
        open_entrance(app, entrance)
    _lead_home(app, _HOME)
    harmless = (RECOGNIZE, NEXT, NEXT_DIGITS, NEXT_PAGE, PREPARE, LOGOUT)
    allowed = harmless if station.read_only else None
    admits = way_in.admits if isinstance(way_in, Passwords) else None
    return Guard(app, sessions, endpoint, allowed, admits=admits)


def make_review_part(station: Station, up: str, door: Door | None = None) -> App:
    """Make the review station of a run as a part of a larger application.

    It may lie below any path, has no entrance and no files of its own, and relies on
    the guard of the whole.

    Args:
        station: What it works with.
        up: The page of the whole that a link leads back to.
        door: How people come in to the whole.
    """
    run = find_identity(station.store, read_only=station.read_only)
    app = make_app()
    pages = _make_pages(station, run, up=up, door=door or Door())
    _include_all(app, pages, station, run)
    _lead_home(app, _HOME)
    return app


def _make_pages(station: Station, run: str, *, door: Door, up: str = "") -> Pages:
    """Make what shows the pages of a run."""
    links = (one for one in _LINKS if one[0] != PROGRESS or station.has_figures)
    return Pages(
        station.store.run.resolve().name,
        tuple(links),
        read_only=station.read_only,
        has_login=door.has_login,
        run=run,
        up=up,
        allow=door.allow,
    )


def _include_all(app: FastAPI, pages: Pages, station: Station, run: str) -> None:
    """Add the routes of a review station."""
    app.add_exception_handler(StoreError, _explain_store)
    app.include_router(SessionRoutes(run).router)
    asking = Asking(run, station.second, station.supervisors)
    queue = Queue(station.store, read_only=station.read_only, asking=asking)
    app.include_router(
        QueueRoutes(pages, queue, station.order, station.supervisors).router
    )
    desk = PageDesk(station.store, read_only=station.read_only)
    app.include_router(
        PageViewRoutes(pages, station.store, desk, queue, station.supervisors).router
    )
    app.include_router(RuleRoutes(queue).router)
    app.include_router(PictureRoutes(station.store, station.page_pictures).router)
    pictures = station.page_pictures
    app.include_router(RevisionRoutes(station.store, queue, pictures).router)
    carpet = Carpet(station.store, read_only=station.read_only)
    app.include_router(CarpetRoutes(pages, carpet).router)
    app.include_router(GroupRoutes(pages, station.store, queue).router)
    progress = ProgressRoutes(pages, station.store, has_figures=station.has_figures)
    app.include_router(progress.router)
    app.include_router(Pad(pages, station.reader).router)


def _open_sessions(
    endpoint: Endpoint, station: Station, *, has_login: bool
) -> Sessions:
    """Go on with the sessions that browsers had with the last station at this port.

    Without passwords, those alone of the same user: decisions carry the name.
    """
    lifetime = NETWORK if has_login else LOCAL
    if station.read_only:
        return Sessions(lifetime)
    return Sessions(
        lifetime,
        file=SessionFile(station.store.run, endpoint.scheme, endpoint.port),
        admits=lambda kept: has_login or kept.user == station.user,
    )


def _explain_store(request: Request, error: Exception) -> Response:
    """Answer when the store refuses: the disk is full, or somebody holds it long."""
    assert isinstance(error, StoreError)
    problem = error.message.partition("; ")[0]
    said = say_to(request, f"{problem[0].upper()}{problem[1:]}.")
    return JSONResponse({"detail": said}, status_code=503)


def _explain_request(request: Request, error: Exception) -> Response:
    """Answer a request that breaks its limits, without repeating what it holds.

    JSON has no NaN and UTF-8 no half of a pair, so what was sent may not be sendable.
    """
    assert isinstance(error, RequestValidationError)
    places = sorted({".".join(map(str, one["loc"][:2])) for one in error.errors()})
    detail = f"The request is not as it should be: {show_text(', '.join(places))}."
    return JSONResponse({"detail": say_to(request, detail)}, status_code=422)


def make_app() -> FastAPI:
    """Make an application without pages that describe it, and without routes."""
    app = FastAPI(title="formreader", openapi_url=None, docs_url=None, redoc_url=None)
    app.add_exception_handler(RequestValidationError, _explain_request)
    explain_refusals(app)
    return app


def _make_app() -> FastAPI:
    """Make an application with the files that pages load."""
    app = make_app()
    app.mount("/static", make_files())
    return app


def open_entrance(app: FastAPI, entrance: Entrance) -> None:
    """Add the entrance."""
    app.add_api_route(ENTRANCE, entrance.enter, methods=["GET"], response_model=None)


def _lead_home(app: FastAPI, home: str) -> None:
    """Lead from the root to the first page."""

    def go_home(request: Request) -> RedirectResponse:
        below = request.scope.get("root_path", "")
        return RedirectResponse(f"{below}{home}", status_code=303)

    app.add_api_route("/", go_home, methods=["GET"], response_model=None)
