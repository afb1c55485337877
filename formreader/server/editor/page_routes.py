"""The pages of the editor: the list of forms, and one form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from formreader.errors import TemplateError
from formreader.forms.rules.checksums import CHECKSUMS
from formreader.forms.templates.choices import kinds_with
from formreader.forms.templates.template import FormTemplate
from formreader.server.site import Site

__all__ = ["FOLDER", "FormPages"]

FOLDER = Path(__file__).resolve().parent
"""Where `static/` and `templates/` lie."""


class FormPages:
    """The routes.

    Args:
        site: What the server works with.
    """

    def __init__(self, site: Site) -> None:
        """Add the routes to `router`."""
        self._site = site
        self.router = APIRouter()
        self.router.add_api_route("/forms", self.show_list, methods=["GET"])
        self.router.add_api_route("/forms/{name}", self.show_editor, methods=["GET"])

    def show_list(self, request: Request) -> HTMLResponse:
        """Show the forms of the folder, and where a new one is begun."""
        forms = [self._describe(name) for name in self._site.work.list_forms()]
        return self._site.pages.show("form_list.html", request, forms=forms)

    def show_editor(self, request: Request, name: str) -> HTMLResponse:
        """Show the editor of a form."""
        if self._site.work.find_form(name) is None:
            raise HTTPException(404, "There is no form of this name.")
        return self._site.pages.show(
            "form_editor.html",
            request,
            form=name,
            kinds_with=kinds_with,
            checksums=CHECKSUMS,
        )

    def _describe(self, name: str) -> dict[str, Any]:
        path = self._site.work.find_form(name)
        assert path is not None
        try:
            form = FormTemplate.load(path)
        except TemplateError as error:
            return {"name": name, "fault": error.message}
        return {
            "name": name,
            "fault": "",
            "pages": len(form.pages),
            "fields": len(form.fields),
        }
