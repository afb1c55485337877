"""What the editor is told of a form: places and names, as its scripts use them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from formreader.errors import TemplateError
from formreader.forms.authoring.inspection import Doubt
from formreader.forms.editing.document import FormText
from formreader.forms.editing.drafts import DraftField, open_draft
from formreader.forms.editing.measures import find_page_scale
from formreader.forms.templates.entries import FieldTemplate
from formreader.forms.templates.template import FormTemplate
from formreader.geometry import Box
from formreader.server.editor.form_files import FormFile

__all__ = [
    "describe_doubts",
    "describe_fault",
    "describe_form",
    "describe_places",
    "describe_printed",
]

_STEP_MM = 0.5  # by which keys move a field
_STEP_SHARE = 1 / 420  # of the page's width, where its size in mm is not known
_LINE = re.compile(r"^line \d+(?:, |: )")


def describe_form(file: FormFile) -> dict[str, Any]:
    """Describe a form as the editor opens it.

    Raises:
        TemplateError: If it is written in a way that only a person can change.
    """
    document = file.document
    draft, form = open_draft(document), document.form
    own = {one.name for one in draft.fields}
    return {
        "name": document.path.stem,
        "title": form.name,
        "tag": file.tag,
        "pages": [_describe_page(document, page.number) for page in form.pages],
        "fields": [_describe_field(one) for one in draft.fields],
        "proposals": [_describe_field(one) for one in draft.proposals],
        "fixed": [
            {"name": one.name, "page": one.page, "box": _as_place(one.box)}
            for one in form.fields
            if one.name not in own
        ],
        "checks": [{"rule": one.rule, "was": one.was} for one in draft.checks],
    }


def describe_places(form: FormTemplate) -> dict[str, list[list[int]]]:
    """List the cells, or the boxes to tick, of all fields that have several."""
    places = {one.name: _list_places(one) for one in form.fields}
    return {
        name: [_as_place(box) for box in boxes]
        for name, boxes in places.items()
        if len(boxes) > 1
    }


def describe_printed(field: FieldTemplate) -> dict[str, Any]:
    """Describe a printed box as a field that has no name yet."""
    keys: dict[str, Any] = {} if field.cells is None else {"cells": field.cells}
    keys |= {"skip": field.skip} if field.skip else {}
    return {"box": _as_place(field.box), "keys": keys}


def describe_doubts(doubts: Sequence[Doubt]) -> list[dict[str, Any]]:
    """List what looks wrong, with the fields that it speaks of."""
    return [{"text": one.text, "names": one.names} for one in doubts]


def describe_fault(error: TemplateError) -> dict[str, str]:
    """Say why a draft is no template, and of which field it is said."""
    text = _LINE.sub("", error.message)
    return {"text": f"{text[:1].upper()}{text[1:]}", "field": error.field}


def _describe_page(document: FormText, number: int) -> dict[str, Any]:
    page = document.form.pages[number - 1]
    scale, _ = find_page_scale(document, number)
    step = [_STEP_SHARE * page.width] * 2
    if scale is not None:
        step = [_STEP_MM * scale.across, _STEP_MM * scale.down]
    is_there = page.reference.is_file()
    stamp = page.reference.stat().st_mtime_ns if is_there else 0
    return {
        "number": number,
        "size": [page.width, page.height],
        "step": step,
        "picture": f"pages/{number}.png?{stamp}",
    }


def _describe_field(one: DraftField) -> dict[str, Any]:
    return {
        "name": one.name,
        "page": one.page,
        "box": _as_place(one.box),
        "keys": dict(one.keys),
        "was": one.was,
        "is_proposal": one.is_proposal,
        "note": one.note,
    }


def _list_places(field: FieldTemplate) -> tuple[Box, ...]:
    return field.mark_boxes if field.option_values else field.cell_boxes


def _as_place(box: Box) -> list[int]:
    return [box.left, box.top, box.width, box.height]
