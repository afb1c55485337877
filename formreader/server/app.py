"""Puts the server together."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles

from formreader.errors import FormReaderError, InputError
from formreader.server.checking.page_routes import FOLDER as CHECKING
from formreader.server.checking.page_routes import CheckingPages
from formreader.server.checking.routes import CheckingRoutes
from formreader.server.editor.page_routes import FOLDER as EDITOR
from formreader.server.editor.page_routes import FormPages
from formreader.server.editor.routes import EditorRoutes
from formreader.server.learning.page_routes import FOLDER as LEARNING
from formreader.server.learning.page_routes import LearningPages
from formreader.server.learning.routes import LearningRoutes
from formreader.server.people.people import People
from formreader.server.people.permissions import Permissions
from formreader.server.people.routes import FOLDER as PEOPLE
from formreader.server.people.routes import PeoplePages, PeopleRoutes
from formreader.server.reading_routes import ReadingRoutes
from formreader.server.result_routes import ResultRoutes
from formreader.server.run_page_routes import RunPageRoutes
from formreader.server.run_routes import RunRoutes
from formreader.server.scan_routes import ScanRoutes
from formreader.server.services import Services
from formreader.server.site import FOLDER, Site
from formreader.server.start_page_routes import StartPageRoutes
from formreader.server.table_page_routes import TablePageRoutes
from formreader.server.work_folder import WorkFolder
from formreader.station.app import Door, Entrance, make_app, open_entrance
from formreader.station.door.auth import (
    LOCAL,
    NETWORK,
    OneTimeLinks,
    Session,
    Sessions,
)
from formreader.station.door.guard import STATE, App, Endpoint, Guard, PathRules
from formreader.station.door.login import Login
from formreader.station.door.passwords import Passwords
from formreader.station.door.programs import Programs
from formreader.station.door.session_file import SessionFile
from formreader.station.files import make_files
from formreader.station.pages import Pages
from formreader.station.refusals import explain_refusals, explain_wishes, say_to
from formreader.station.session_routes import SessionRoutes
from formreader.store.people.asking import no_supervisors

__all__ = ["create_app"]

_HOME = "/"
_LINKS = (
    ("/", "Runs"),
    ("/new", "New run"),
    ("/forms", "Forms"),
    ("/models", "Models"),
    ("/people", "People"),
    ("/account", "Account"),
)
_FOLDERS = (FOLDER, EDITOR, PEOPLE, CHECKING, LEARNING)  # with templates and files
_UNATTENDED = re.compile(
    r"/api/(runs|models)/[^/]+|/runs/[^/]+/review(/hold|/queue/next)"
)
_STREAMED = re.compile(r"/api/(readings|form-files|runs/[^/]+/(scans|accuracy))")


class _Part(Protocol):
    """A part of the server."""

    router: APIRouter

    def __init__(self, site: Site) -> None: ...


_PAGES: tuple[type[_Part], ...] = (
    StartPageRoutes,
    RunPageRoutes,
    TablePageRoutes,
    FormPages,
    PeoplePages,
    CheckingPages,
    LearningPages,
)
_API: tuple[type[_Part], ...] = (
    RunRoutes,
    ScanRoutes,
    ResultRoutes,
    ReadingRoutes,
    EditorRoutes,
    PeopleRoutes,
    CheckingRoutes,
    LearningRoutes,
)


def create_app(
    endpoint: Endpoint, way_in: OneTimeLinks | Passwords, services: Services
) -> App:
    """Make the server of a folder of work.

    Args:
        endpoint: Where it listens.
        way_in: What lets browsers in: links, to the user who started it; or names and
            passwords, to the people of the folder.
        services: What holds processes and threads.
    """
    reviews = services.reviews
    work, people = reviews.work, People(reviews.work.root)
    passwords = way_in if isinstance(way_in, Passwords) else None
    user = "" if passwords else reviews.user
    may = Permissions(people, everything_to=user)
    supervisors = may.list_supervisors if passwords else no_supervisors
    reviews.door = Door(passwords is not None, may.allow, supervisors)
    pages = _make_pages(reviews.door)
    site = Site(work, pages, services, people, passwords or Passwords(people))
    sessions = _open_sessions(work, endpoint, user)
    app = make_app()
    _explain_errors(app)
    for folder in _FOLDERS:
        _mount_files(app, folder)
    app.mount("/static", make_files())
    if isinstance(way_in, Passwords):
        app.include_router(Login(pages, endpoint, sessions, way_in, _HOME).router)
    else:
        open_entrance(app, Entrance(endpoint, sessions, way_in, user, _HOME))
    app.include_router(SessionRoutes("").router)
    for part in _PAGES:
        app.include_router(part(site).router)
    app.mount("/api", _make_api(site))
    app.mount("/runs/{name}/review", reviews)
    return Guard(
        app,
        sessions,
        endpoint,
        admits=passwords.admits if passwords else None,
        paths=PathRules(unattended=_is_unattended, streamed=_is_streamed),
        programs=_find_programs(work),
        permits=may.refuse,
    )


def _make_pages(door: Door) -> Pages:
    return Pages(
        "formreader",
        _LINKS,
        has_login=door.has_login,
        folders=tuple(folder / "templates" for folder in _FOLDERS),
        allow=door.allow,
    )


def _open_sessions(work: WorkFolder, endpoint: Endpoint, user: str) -> Sessions:
    """Go on with the sessions that browsers had with the last server at this port.

    Where a link lets in, those alone of the same user; elsewhere the guard asks.
    """
    return Sessions(
        LOCAL if user else NETWORK,
        file=SessionFile(work.root, endpoint.scheme, endpoint.port),
        admits=lambda kept: not user or kept.user == user,
    )


def _find_programs(work: WorkFolder) -> Callable[[str, str], Session | None]:
    known = Programs(work.root)

    def find(path: str, token: str) -> Session | None:
        return known.find(token) if path.startswith("/api/") else None

    return find


def _make_api(site: Site) -> FastAPI:
    """Make what answers in JSON; it describes itself."""
    api = FastAPI(
        title="formreader", openapi_url="/openapi.json", docs_url=None, redoc_url=None
    )
    _explain_errors(api)
    explain_refusals(api)
    explain_wishes(api)
    for part in _API:
        api.include_router(part(site).router)
    return api


def _mount_files(app: FastAPI, folder: Path) -> None:
    """Serve the files of a package."""
    app.mount(f"/static/{folder.name}", StaticFiles(directory=folder / "static"))


def _explain_errors(app: FastAPI) -> None:
    app.add_exception_handler(FormReaderError, _explain)


def _explain(request: Request, error: Exception) -> Response:
    """Answer with what went wrong and what helps, and no path of this computer."""
    assert isinstance(error, FormReaderError)
    status = 422 if isinstance(error, InputError) else 503
    text = error.message
    said = say_to(request, f"{text[0].upper()}{text[1:]}.")
    return JSONResponse({"detail": said}, status)


def _is_unattended(path: str) -> bool:
    is_state = path == STATE or path.endswith(f"/review{STATE}")
    return is_state or _UNATTENDED.fullmatch(path) is not None


def _is_streamed(path: str) -> bool:
    return _STREAMED.fullmatch(path) is not None
