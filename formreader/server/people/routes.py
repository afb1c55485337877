"""Routes of the people: who may come in, and what each may do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from formreader.server.people.roles import Role
from formreader.server.site import Site
from formreader.station.door.passwords import SHORTEST, TooManyAttemptsError
from formreader.station.pages import Who

__all__ = ["FOLDER", "PeoplePages", "PeopleRoutes"]

FOLDER = Path(__file__).resolve().parent
"""Where `static/` and `templates/` lie."""


_Name = Annotated[str, Field(min_length=1, max_length=100)]
_Password = Annotated[str, Field(max_length=1000)]


class _PersonWish(BaseModel):
    """Somebody who may come in from now on, or with other roles."""

    model_config = ConfigDict(extra="forbid")

    name: _Name
    roles: Annotated[set[Role], Field(description="In place of those before.")]
    password: _Password | None = Field(
        None, description="A new one; none leaves that of somebody who has one."
    )


class _Named(BaseModel):
    """Somebody."""

    model_config = ConfigDict(extra="forbid")

    name: _Name


class _NewPassword(BaseModel):
    """A password in place of another."""

    model_config = ConfigDict(extra="forbid")

    old: _Password
    new: _Password


class PeoplePages:
    """The pages.

    Args:
        site: What they work with.
    """

    def __init__(self, site: Site) -> None:
        """Add the routes to `router`."""
        self._site = site
        self.router = APIRouter()
        self.router.add_api_route("/people", self.show_people, methods=["GET"])
        self.router.add_api_route("/account", self.show_account, methods=["GET"])

    def show_people(self, request: Request) -> HTMLResponse:
        """Show who may come in, and let a manager say who else."""
        people = self._site.people.list_all()
        return self._site.pages.show(
            "people.html", request, people=people, roles=list(Role), shortest=SHORTEST
        )

    def show_account(self, request: Request, session: Who) -> HTMLResponse:
        """Show somebody their own roles, and let them choose a password."""
        roles = sorted(self._site.people.find_roles(session.user))
        return self._site.pages.show(
            "account.html", request, roles=roles, shortest=SHORTEST
        )


class PeopleRoutes:
    """The routes below `/api`.

    Args:
        site: What they work with.
    """

    def __init__(self, site: Site) -> None:
        """Add the routes to `router`."""
        self._people, self._passwords = site.people, site.passwords
        self.router = APIRouter(tags=["people"])
        for path, endpoint, method in (
            ("/people", self.list_all, "GET"),
            ("/people", self.change, "POST"),
            ("/people/remove", self.remove, "POST"),
            ("/account/password", self.change_password, "POST"),
        ):
            self.router.add_api_route(path, endpoint, methods=[method])

    def list_all(self) -> list[dict[str, Any]]:
        """List who may come in, with the roles of each."""
        return [
            {"name": person.name, "roles": sorted(person.roles)}
            for person in self._people.list_all()
        ]

    def change(self, wish: _PersonWish) -> list[dict[str, Any]]:
        """Let somebody in, or change the roles or the password of somebody.

        Raises:
            HTTPException: If the name or the password cannot be used.
        """
        name = wish.name.strip()
        if not name or not name.isprintable():
            raise HTTPException(422, "A name has letters, and no line breaks.")
        is_known = name in self._people.load_hashes()
        if not (wish.password or is_known):
            raise HTTPException(422, "Somebody new needs a password.")
        password = wish.password and self._hash(wish.password)
        self._people.put(name, wish.roles, password)
        return self.list_all()

    def remove(self, body: _Named) -> list[dict[str, Any]]:
        """Let somebody in no more; what was decided keeps the name.

        Raises:
            HTTPException: If there is no such name.
        """
        if not self._people.remove(body.name):
            raise HTTPException(404, "There is nobody of this name.")
        return self.list_all()

    def change_password(
        self, body: _NewPassword, session: Who, request: Request
    ) -> dict[str, str]:
        """Choose another password; all sessions of the old one end.

        Raises:
            HTTPException: If the old one is wrong, or the new one too short.
        """
        client = request.client.host if request.client else ""
        new = self._hash(body.new)
        try:
            proof = self._passwords.check(session.user, body.old, client)
        except TooManyAttemptsError as error:
            raise HTTPException(429, "Too many attempts; try again later.") from error
        if proof is None or session.grants is not None:
            raise HTTPException(422, "The old password is wrong.")
        self._people.set_hash(session.user, new)
        return {"home": "/"}

    def _hash(self, password: str) -> str:
        try:
            return self._passwords.hash(password)
        except ValueError as error:
            raise HTTPException(422, f"{str(error).capitalize()}.") from error
