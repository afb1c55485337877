"""Templates in their folder: opened, made and saved by the tag of what they hold."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path

import tomlkit

from formreader.errors import OutputError, TemplateError
from formreader.forms.authoring.new_forms import NewForm
from formreader.forms.editing.document import FormText
from formreader.forms.editing.drafts import Draft, apply_draft
from formreader.forms.templates.template import FormTemplate
from formreader.output import write_bytes

__all__ = [
    "ChangedError",
    "FormFile",
    "copy_form",
    "make_form",
    "remove_form",
    "save_draft",
]

_saving = threading.Lock()


class ChangedError(OutputError):
    """A file is not as it was when the editor opened it."""


@dataclass(frozen=True)
class FormFile:
    """The file of a template as it was found.

    Attributes:
        document: What it holds.
        tag: Stands for exactly that.
    """

    document: FormText
    tag: str

    @classmethod
    def open(cls, path: Path) -> FormFile:
        """Open a template.

        Raises:
            TemplateError: If it cannot be used.
        """
        document = FormText.load(path)
        return cls(document, hashlib.sha256(document.text.encode()).hexdigest()[:32])

    def draw(self, draft: Draft, tag: str) -> FormText:
        """Put a draft into the text, as it is to be saved.

        Args:
            draft: What an editor made of the file.
            tag: Of the file that it was opened from.

        Raises:
            ChangedError: If the file is another by now.
            TemplateError: If the result is no template.
        """
        if tag != self.tag:
            raise ChangedError("the file of the form was changed elsewhere meanwhile")
        document = apply_draft(self.document, draft)
        document.form  # noqa: B018 - a draft that is wrong is not written
        return document


def save_draft(path: Path, draft: Draft, tag: str) -> FormFile:
    """Write a draft into the file of its template, all or nothing.

    Args:
        path: The file.
        draft: What is to be in it.
        tag: Of the file that the draft was opened from.

    Raises:
        ChangedError: If the file is another by now.
        TemplateError: If the result is no template, or the file is none any more.
        OutputError: If it cannot be written.
    """
    with _saving:
        document = FormFile.open(path).draw(draft, tag)
        _write(path, document.text.encode())
        return FormFile.open(path)


def make_form(path: Path, made: NewForm) -> None:
    """Write a new template and its pictures; what is there stays.

    Raises:
        ChangedError: If a file of one of the names is there.
        OutputError: If they cannot be written.
    """
    text = made.write(path.stem)
    FormTemplate.parse(text, path)
    with _saving:
        for target in (path, *made.references):
            if target.exists():
                message = f"there is a file {target.name} already; choose another name"
                raise ChangedError(message, path=target)
        for target, picture in made.references.items():
            _write(target, picture)
        _write(path, text.encode())


def copy_form(path: Path, copy: Path) -> None:
    """Write a form once more, under another name; both show the same blank pages.

    Args:
        path: The file of the form.
        copy: The file that is written; its name becomes that of the copy.

    Raises:
        ChangedError: If there is such a file.
        TemplateError: If the form cannot be used.
        OutputError: If it cannot be written.
    """
    document = tomlkit.parse(FormText.load(path).text)
    document["name"] = copy.stem
    with _saving:
        if copy.exists():
            message = f"there is a form {copy.stem!r} already; choose another name"
            raise ChangedError(message, path=copy)
        _write(copy, tomlkit.dumps(document).encode())


def remove_form(path: Path) -> None:
    """Remove a form, and the blank pages that no other form in its folder shows.

    Args:
        path: Its file; it need not be a template that can be used.

    Raises:
        OutputError: If it cannot be removed.
    """
    with _saving:
        others = (one for one in path.parent.glob(f"*{path.suffix}") if one != path)
        kept = {reference for one in others for reference in _list_references(one)}
        unused = [one for one in _list_references(path) if one not in kept]
        try:
            path.unlink(missing_ok=True)
            for reference in unused:
                reference.unlink(missing_ok=True)
        except OSError as error:
            message = f"the form cannot be removed ({error.strerror}); ask who may"
            raise OutputError(message, path=path) from error


def _list_references(path: Path) -> list[Path]:
    """List the blank pages of a form in its own folder; none if it cannot be used."""
    try:
        pages = FormTemplate.load(path).pages
    except TemplateError:
        return []
    found = [page.reference.resolve() for page in pages]
    return [one for one in found if one.parent == path.parent.resolve()]


def _write(path: Path, content: bytes) -> None:
    try:
        write_bytes(path, content)
    except OSError as error:
        message = f"cannot be written ({error.strerror}); make room, or ask who may"
        raise OutputError(message, path=path) from error
