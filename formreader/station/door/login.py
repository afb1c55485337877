"""The page where people come in with name and password."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, Field

from formreader.station.door.auth import Sessions
from formreader.station.door.guard import LOGIN, Endpoint
from formreader.station.door.passwords import Passwords, TooManyAttemptsError
from formreader.station.pages import Pages, current_session

__all__ = ["LOGOUT", "Login"]

LOGOUT = "/logout"
"""Where they go out."""


class _Credentials(BaseModel):
    """What somebody types in."""

    name: Annotated[str, Field(max_length=100)]
    password: Annotated[str, Field(max_length=1000)]


class Login:
    """The routes.

    Args:
        pages: Shows pages.
        endpoint: Where the station listens.
        sessions: Where sessions are kept.
        passwords: Knows who may come in.
        home: The first page.
    """

    def __init__(
        self,
        pages: Pages,
        endpoint: Endpoint,
        sessions: Sessions,
        passwords: Passwords,
        home: str,
    ) -> None:
        """Add the routes to `router`."""
        self._pages, self._endpoint, self._sessions = pages, endpoint, sessions
        self._passwords, self._home = passwords, home
        self.router = APIRouter()
        self.router.add_api_route(LOGIN, self.show, methods=["GET"])
        self.router.add_api_route(LOGIN, self.log_in, methods=["POST"])
        self.router.add_api_route(LOGOUT, self.log_out, methods=["POST"])

    def show(self, request: Request) -> HTMLResponse:
        """Show the page."""
        return self._pages.show_to_stranger("login.html", request, home=self._home)

    def log_in(self, typed: _Credentials, request: Request) -> Response:
        """Begin a session.

        Raises:
            HTTPException: If name or password is wrong, or there were too many.
        """
        client = request.client.host if request.client else ""
        try:
            proof = self._passwords.check(typed.name, typed.password, client)
        except TooManyAttemptsError as error:
            wait_s = math.ceil(error.wait_s)
            raise HTTPException(
                429,
                f"Too many attempts; try again in {wait_s} s.",
                headers={"Retry-After": str(wait_s)},
            ) from error
        if proof is None:
            raise HTTPException(403, "The name or the password is wrong.")
        session = self._sessions.begin(typed.name, proof)
        response = JSONResponse({"home": self._home})
        self._endpoint.set_cookie(response, session)
        return response

    def log_out(self, request: Request) -> Response:
        """End the session of this browser."""
        self._sessions.end(current_session(request).key)
        return JSONResponse({"home": LOGIN})
