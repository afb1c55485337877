"""Turns templates into pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import jinja2
from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from formreader.station.door.auth import Session
from formreader.station.door.guard import SESSION
from formreader.station.languages import (
    LANGUAGES,
    Translate,
    choose_language,
    make_translate,
)
from formreader.station.scripts import name_bundle
from formreader.station.told import say_told

__all__ = ["FOLDER", "Pages", "Who", "current_session"]

FOLDER = Path(__file__).resolve().parent
"""Where `static/` and `templates/` lie."""

_STATIC = FOLDER / "static"
_KEYED = frozenset({"queue", "page_view", "carpet", "groups"})  # with a list of keys
_TAB = re.compile("[0-9a-f]{8,32}")


def current_session(request: Request) -> Session:
    """Give the session of a request that the guard let pass, with its tab."""
    session = request.scope["state"][SESSION]
    assert isinstance(session, Session)
    tab = request.headers.get("x-tab", "")
    return replace(session, tab=tab) if _TAB.fullmatch(tab) else session


Who = Annotated[Session, Depends(current_session)]
"""A parameter of a route that is given the session."""


@dataclass(frozen=True)
class Link:
    """An entry of the navigation.

    Attributes:
        path: Where it leads.
        title: What it says.
    """

    path: str
    title: str


class Pages:
    """The pages of the station, with its name and navigation around each.

    Args:
        title: Stands at the top, for example the name of the run.
        links: Paths and titles of the navigation.
        read_only: Whether the pages offer nothing that changes the run.
        has_login: Whether people come in by password, and may go out.
        run: Names the run where browsers keep what is not stored yet; may be empty.
        up: Where a link above the navigation leads; empty for no link.
        folders: Where further templates lie.
        allow: Tells whether somebody may go to a path by a method; the navigation
            leaves out the others, and templates ask by `may(path, method)`.
    """

    def __init__(
        self,
        title: str,
        links: tuple[tuple[str, str], ...],
        *,
        read_only: bool = False,
        has_login: bool = False,
        run: str = "",
        up: str = "",
        folders: tuple[Path, ...] = (),
        allow: Callable[[Session, str, str], bool] = lambda *_: True,
    ) -> None:
        """Find the templates."""
        self._links = [Link(path, text) for path, text in links]
        self._allow = allow
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader((FOLDER / "templates", *folders)),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {
            "station": title,
            "read_only": read_only,
            "has_login": has_login,
            "run": run,
            "up": up,
            "languages": LANGUAGES,
        }
        self._environment.filters |= {
            "translate": _translate,
            "decided": _say_decided,
            "told": say_told,
        }

    def show(self, name: str, request: Request, **values: object) -> HTMLResponse:
        """Fill in a template.

        Args:
            name: Its file name.
            request: The request that it answers.
            values: What the template names.
        """
        template = self._environment.get_template(name)
        session = current_session(request)
        base = request.scope.get("root_path", "")

        def may(path: str, method: str = "GET") -> bool:
            return self._allow(session, path, method)

        keeps_decisions = bool(self._environment.globals["run"])
        page = template.render(
            script=self._find_script(name, keeps_decisions=keeps_decisions),
            path=request.url.path,
            base=base,
            links=[link for link in self._links if may(base + link.path)],
            may=may,
            csrf=session.csrf,
            user=session.user,
            keeps_decisions=keeps_decisions,
            **self._speak(request),
            **values,
        )
        return HTMLResponse(page)

    def show_to_stranger(
        self, name: str, request: Request, **values: object
    ) -> HTMLResponse:
        """Fill in a template for somebody who has not come in."""
        template = self._environment.get_template(name)
        nothing = {"path": "", "base": "", "csrf": "", "user": ""}
        nothing["script"] = self._find_script(name, keeps_decisions=False)
        said = self._speak(request)
        page = template.render(
            **nothing, **said, keeps_decisions=False, links=(), **values
        )
        return HTMLResponse(page)

    def _speak(self, request: Request) -> dict[str, object]:
        """Give the language of an answer, and what says things in it."""
        language = choose_language(request)
        return {"language": language, "_": make_translate(language)}

    def _find_script(self, name: str, *, keeps_decisions: bool) -> str:
        """Name the script of a page."""
        own = Path(name).stem
        entries = [own] if (_STATIC / f"{own}.js").is_file() else []
        if keeps_decisions:
            entries.append("waiting")
        if self._environment.globals["has_login"] and own != "login":
            entries.append("login")
        entries += ["chooser", "key_list"] if own in _KEYED else ["chooser"]
        return name_bundle(_STATIC, tuple(entries))


def _translate(text: str, say: Translate) -> str:
    """Say a text in a language, as a filter of templates."""
    return say(text)


def _say_decided(text: str | None, say: Translate) -> str:
    """Say what was decided and by whom, as `correct · ann`."""
    action, *others = (text or "").split(" · ")
    return " · ".join([say(action) if action else "", *others])
