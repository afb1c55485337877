"""Serves the files that pages load: scripts, styles and messages, compressed."""

from __future__ import annotations

import re

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from formreader.station.pages import FOLDER
from formreader.station.scripts import join_scripts

__all__ = ["make_files"]

_STATIC = FOLDER / "static"
_NAME = re.compile(r"(?P<entries>\w+(\.\w+){0,4})-[0-9a-f]{16}\.js")
_LEAST = 500  # bytes; less is not worth it


def make_files() -> ASGIApp:
    """Make what serves them, to be mounted at `/static`.

    Nothing of a run is among them, so that compression tells nobody anything.
    """
    routes = [
        Route("/bundles/{name}", _show_bundle),
        Mount("/", StaticFiles(directory=_STATIC)),
    ]
    return GZipMiddleware(Starlette(routes=routes), minimum_size=_LEAST)


def _show_bundle(request: Request) -> Response:
    found = _NAME.fullmatch(request.path_params["name"])
    try:
        if found is None:
            raise FileNotFoundError
        content = join_scripts(_STATIC, tuple(found["entries"].split(".")))
    except FileNotFoundError as error:
        raise HTTPException(404) from error
    return Response(content, media_type="text/javascript")
