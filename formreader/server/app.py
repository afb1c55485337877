"""Puts the server together."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles

from formreader.errors import FormReaderError, InputError
from formreader.server.editor.page_routes import FOLDER as EDITOR
from formreader.server.editor.page_routes import FormPages
from formreader.server.editor.routes import EditorRoutes
from formreader.server.reading_routes import ReadingRoutes
from formreader.server.result_routes import ResultRoutes
from formreader.server.run_page_routes import RunPageRoutes
from formreader.server.run_routes import RunRoutes
from formreader.server.scan_routes import ScanRoutes
from formreader.server.services import Services
from formreader.server.site import FOLDER, Site
from formreader.server.start_page_routes import StartPageRoutes
from formreader.server.table_page_routes import TablePageRoutes
from formreader.station.app import Entrance, make_app, open_entrance
from formreader.station.door.auth import OneTimeLinks, Session, Sessions
from formreader.station.door.guard import STATE, App, Endpoint, Guard, PathRules
from formreader.station.door.programs import Programs
from formreader.station.door.session_file import SessionFile
from formreader.station.pages import FOLDER as STATION
from formreader.station.pages import Pages
from formreader.station.session_routes import SessionRoutes

__all__ = ["create_app"]

_HOME = "/"
_LINKS = (("/", "Runs"), ("/new", "New run"), ("/forms", "Forms"))
_FOLDERS = (FOLDER, EDITOR)  # of packages with templates and files
_UNATTENDED = re.compile(r"/api/runs/[^/]+|/runs/[^/]+/review(/hold|/queue/next)")
_STREAMED = re.compile(r"/api/(readings|form-files|runs/[^/]+/scans)")


class _Part(Protocol):
    """A part of the server."""

    router: APIRouter

    def __init__(self, site: Site) -> None: ...


_PAGES: tuple[type[_Part], ...] = (
    StartPageRoutes,
    RunPageRoutes,
    TablePageRoutes,
    FormPages,
)
_API: tuple[type[_Part], ...] = (
    RunRoutes,
    ScanRoutes,
    ResultRoutes,
    ReadingRoutes,
    EditorRoutes,
)


def create_app(endpoint: Endpoint, links: OneTimeLinks, services: Services) -> App:
    """Make the server of a folder of work.

    Args:
        endpoint: Where it listens.
        links: Let browsers in.
        services: What holds processes and threads.
    """
    reviews = services.reviews
    work, user = reviews.work, reviews.user
    sessions = Sessions(
        file=SessionFile(work.root, endpoint.scheme, endpoint.port),
        admits=lambda kept: kept.user == user,
    )
    templates = tuple(folder / "templates" for folder in _FOLDERS)
    site = Site(work, Pages("formreader", _LINKS, folders=templates), services)
    app = make_app()
    _explain_errors(app)
    for folder in (*_FOLDERS, STATION):
        _mount_files(app, folder)
    open_entrance(app, Entrance(endpoint, sessions, links, user, _HOME))
    app.include_router(SessionRoutes("").router)
    for part in _PAGES:
        app.include_router(part(site).router)
    app.mount("/api", _make_api(site))
    app.mount("/runs/{name}/review", reviews)
    paths = PathRules(unattended=_is_unattended, streamed=_is_streamed)
    known = Programs(work.root)

    def find_program(path: str, token: str) -> Session | None:
        return known.find(token) if path.startswith("/api/") else None

    return Guard(app, sessions, endpoint, paths=paths, programs=find_program)


def _make_api(site: Site) -> FastAPI:
    """Make what answers in JSON; it describes itself."""
    api = FastAPI(
        title="formreader", openapi_url="/openapi.json", docs_url=None, redoc_url=None
    )
    _explain_errors(api)
    for part in _API:
        api.include_router(part(site).router)
    return api


def _mount_files(app: FastAPI, folder: Path) -> None:
    """Serve the files of a package; those of the station without its name."""
    below = "/static" if folder == STATION else f"/static/{folder.name}"
    app.mount(below, StaticFiles(directory=folder / "static"))


def _explain_errors(app: FastAPI) -> None:
    app.add_exception_handler(FormReaderError, _explain)


def _explain(request: Request, error: Exception) -> Response:
    """Answer with what went wrong and what helps, and no path of this computer."""
    assert isinstance(error, FormReaderError)
    status = 422 if isinstance(error, InputError) else 503
    text = error.message
    return JSONResponse({"detail": f"{text[0].upper()}{text[1:]}."}, status)


def _is_unattended(path: str) -> bool:
    is_state = path == STATE or path.endswith(f"/review{STATE}")
    return is_state or _UNATTENDED.fullmatch(path) is not None


def _is_streamed(path: str) -> bool:
    return _STREAMED.fullmatch(path) is not None
