"""The forms that a reader is given, in any of the ways in which they may be given."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from formreader.errors import TemplateError
from formreader.forms.matching import Form
from formreader.forms.templates.file import list_template_files
from formreader.forms.templates.template import FormTemplate

__all__ = ["prepare_forms"]

Template = FormTemplate | str | Path


def prepare_forms(
    template: Template | Sequence[Template], form: str | None = None
) -> tuple[Form, ...]:
    """Load templates and prepare them for matching.

    Args:
        template: A template, its file, or a folder of files; or several of these.
        form: The name of the one that is wanted; None for all.

    Raises:
        TemplateError: If one cannot be used, two have the same name, or none has the
            name that is wanted.
    """
    if isinstance(template, FormTemplate | str | Path):
        template = [template]
    several: list[FormTemplate] = []
    for one in template:
        several += [one] if isinstance(one, FormTemplate) else _load(Path(one))
    names = [one.name for one in several]
    for name in names:
        if names.count(name) > 1:
            raise TemplateError(
                f"two of the templates are named {name!r}; give each a name of its own"
            )
    if form is not None and form not in names:
        listed = ", ".join(map(repr, names))
        raise TemplateError(f"no template is named {form!r}; given are {listed}")
    return tuple(Form(one) for one in several if form in (None, one.name))


def _load(path: Path) -> list[FormTemplate]:
    return [FormTemplate.load(file) for file in list_template_files([path])]
