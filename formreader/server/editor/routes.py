"""What the editor asks for, and what it sends: JSON, and pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Request
from fastapi import Path as Part
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from formreader.errors import FormReaderError, OutputError, TemplateError
from formreader.forms.authoring.blank_pages import BlankPages
from formreader.forms.authoring.printing import PrintingWay, print_form
from formreader.forms.templates.entries import PageTemplate
from formreader.forms.templates.template import FormTemplate
from formreader.server.editor.answers import (
    describe_doubts,
    describe_fault,
    describe_form,
    describe_places,
    describe_printed,
)
from formreader.server.editor.bodies import (
    CopyBody,
    DraftBody,
    NewFormBody,
    PointBody,
    TrialBody,
)
from formreader.server.editor.form_files import (
    ChangedError,
    FormFile,
    copy_form,
    make_form,
    remove_form,
    save_draft,
)
from formreader.server.editor.kept_files import KeptFiles
from formreader.server.run_queue import is_at_work
from formreader.server.run_settings import RunSettings
from formreader.server.scan_routes import find_length, hold_upload
from formreader.server.site import Site
from formreader.server.work_folder import FORM_SUFFIX, check_name

__all__ = ["UPLOADS", "EditorRoutes"]

UPLOADS = "/form-files"
"""Where pages are sent to as they come, of any size that `KeptFiles` takes."""

_KEPT = ".form-files"  # in the folder of work: pages that were sent
_PageNumber = Annotated[int, Part(ge=1, le=10_000)]


class EditorRoutes:
    """The routes.

    Args:
        site: What the server works with.
    """

    def __init__(self, site: Site) -> None:
        """Add the routes to `router`."""
        self._work_folder = site.work
        self._files = KeptFiles(site.work.root / _KEPT)
        self._work = site.services.forms
        self.router = APIRouter()
        add = self.router.add_api_route
        add(UPLOADS, self.keep, methods=["POST"], status_code=201)
        add("/forms", self.make, methods=["POST"], status_code=201)
        add("/forms/{name}", self.open, methods=["GET"])
        add("/forms/{name}", self.save, methods=["POST"])
        add("/forms/{name}/copy", self.copy, methods=["POST"], status_code=201)
        add("/forms/{name}/remove", self.remove, methods=["POST"])
        add("/forms/{name}/check", self.check, methods=["POST"])
        add("/forms/{name}/printed", self.find_printed, methods=["POST"])
        add("/forms/{name}/trial", self.try_page, methods=["POST"])
        picture = "/forms/{name}/pages/{number}.png"
        add(picture, self.show_page, methods=["GET"], response_class=Response)
        printed = "/forms/{name}/print.pdf"
        add(printed, self.print_pdf, methods=["GET"], response_class=Response)

    async def keep(self, request: Request) -> dict[str, str]:
        """Keep a page that a form is made of, or tried on, for a while.

        The body is the file itself. `file` is the name that other requests give.
        """
        with _refusing(), hold_upload():
            kept = await self._files.keep(request.stream(), find_length(request))
        return {"file": kept}

    async def make(self, body: NewFormBody) -> dict[str, Any]:
        """Make a form of a blank page: its template, with the fields that are seen."""
        blank = BlankPages(self._find_file(body.file), body.flatten, body.filled)
        with _refusing():
            path = self._work_folder.forms / f"{check_name(body.name)}{FORM_SUFFIX}"
            made = await self._work.propose(blank, path)
            await run_in_threadpool(make_form, path, made)
        several = len(made.pages) > 1
        warnings = [
            f"Page {number}: {text}" if several else f"{text[:1].upper()}{text[1:]}"
            for number, text in made.warnings
        ]
        return {"name": path.stem, "warnings": warnings}

    def open(self, name: str) -> dict[str, Any]:
        """Open a form, as a draft."""
        with _refusing():
            return describe_form(FormFile.open(self._find(name)))

    def save(self, name: str, body: DraftBody) -> dict[str, Any]:
        """Write a draft into the file of its form, unless that has changed."""
        with _refusing():
            saved = save_draft(self._find(name), body.read(), body.tag)
            return describe_form(saved)

    def copy(self, name: str, body: CopyBody) -> dict[str, str]:
        """Make a form that is as another one; both show the same blank pages."""
        path = self._find(name)
        with _refusing():
            copy = self._work_folder.forms / f"{check_name(body.name)}{FORM_SUFFIX}"
            copy_form(path, copy)
        return {"name": copy.stem}

    def remove(self, name: str) -> dict[str, str]:
        """Remove a form for good; what was read with it stays.

        Raises:
            HTTPException: If a run is being read with it, or waits to be.
        """
        path = self._find(name)
        for run in self._work_folder.list_runs():
            settings = RunSettings.load(run)
            if settings and name in settings.forms and is_at_work(run):
                raise HTTPException(
                    409, f"The run {run.name!r} is read with it; stop that first."
                )
        with _refusing():
            remove_form(path)
        return {"removed": name}

    async def check(self, name: str, body: DraftBody) -> dict[str, Any]:
        """Say what is wrong with a draft, or looks so, and where its cells lie."""
        path = self._find(name)
        verdict: dict[str, Any] = {"fault": None, "doubts": [], "places": {}}
        try:
            with _refusing((TemplateError, ChangedError)):
                form = await run_in_threadpool(_read_draft, path, body)
        except TemplateError as error:
            return verdict | {"fault": describe_fault(error)}
        except ChangedError:  # which the browser may have done itself since it asked
            return verdict | {"changed": True}
        verdict["places"] = describe_places(form)
        try:
            with _refusing(TemplateError):
                doubts = await self._work.find_doubts(form, path)
            return verdict | {"doubts": describe_doubts(doubts)}
        except TemplateError as error:
            found = [{"text": describe_fault(error)["text"], "names": []}]
            return verdict | {"doubts": found}

    async def find_printed(self, name: str, body: PointBody) -> dict[str, Any]:
        """Give the printed box around a point, to be a field; null if none is seen."""
        with _refusing():
            page = await run_in_threadpool(_find_page, self._find(name), body.page)
            found = await self._work.find_printed(page, *body.at)
        return {"printed": found and describe_printed(found)}

    async def try_page(self, name: str, body: TrialBody) -> dict[str, Any]:
        """Read a page with a draft, which need not be saved."""
        path, page = self._find(name), self._find_file(body.file)
        with _refusing():
            form = await run_in_threadpool(_read_draft, path, body.draft)
            return {"pages": await self._work.read(form, page)}

    async def show_page(self, name: str, number: _PageNumber) -> Response:
        """Give the blank page that the fields lie on, as PNG."""
        with _refusing():
            page = await run_in_threadpool(_find_page, self._find(name), number)
            return Response(await self._work.draw(page), media_type="image/png")

    def print_pdf(self, name: str, paper: Literal["a4", "letter"] = "a4") -> Response:
        """Give the form to print, as it is saved."""
        with _refusing():
            form = FormTemplate.load(self._find(name))
            printed = print_form(form, PrintingWay(paper))
        return Response(printed.pdf, media_type="application/pdf")

    def _find(self, name: str) -> Path:
        path = self._work_folder.find_form(name)
        if path is None:
            raise HTTPException(404, "There is no form of this name.")
        return path

    def _find_file(self, name: str) -> Path:
        path = self._files.find(name)
        if path is None:
            raise HTTPException(410, "The page is not there any more; send it again.")
        return path


@contextmanager
def _refusing(
    passing: type[Exception] | tuple[type[Exception], ...] = (),
) -> Iterator[None]:
    """Answer an error that is raised on purpose with what went wrong, and what helps.

    Args:
        passing: What is not answered here.
    """
    try:
        yield
    except passing:
        raise
    except ClientDisconnect:  # nobody hears it
        raise HTTPException(400, "The file broke off.") from None
    except FormReaderError as error:
        status = 503 if isinstance(error, OutputError) else 422
        status = 409 if isinstance(error, ChangedError) else status
        text = error.message
        if isinstance(error, TemplateError):
            text = describe_fault(error)["text"]
        detail = f"{text[:1].upper()}{text[1:].removesuffix('.')}."
        raise HTTPException(status, detail) from error


def _read_draft(path: Path, body: DraftBody) -> FormTemplate:
    return FormFile.open(path).draw(body.read(), body.tag).form


def _find_page(path: Path, number: int) -> PageTemplate:
    pages = FormTemplate.load(path).pages
    if number > len(pages):
        raise HTTPException(404, "The form has no such page.")
    return pages[number - 1]
