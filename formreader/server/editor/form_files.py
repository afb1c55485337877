"""Templates in their folder: opened, made and saved by the tag of what they hold."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path

from formreader.errors import OutputError
from formreader.forms.authoring.new_forms import NewForm
from formreader.forms.editing.document import FormText
from formreader.forms.editing.drafts import Draft, apply_draft
from formreader.forms.templates.template import FormTemplate
from formreader.output import write_bytes

__all__ = ["ChangedError", "FormFile", "make_form", "save_draft"]

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


def _write(path: Path, content: bytes) -> None:
    try:
        write_bytes(path, content)
    except OSError as error:
        message = f"cannot be written ({error.strerror}); make room, or ask who may"
        raise OutputError(message, path=path) from error
