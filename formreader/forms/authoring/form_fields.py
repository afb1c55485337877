"""Fields that a PDF form declares itself, beside those seen on the page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

from formreader.forms.authoring.candidates import Candidate, Content
from formreader.forms.authoring.groups import find_skipped
from formreader.forms.authoring.vocabulary import judge_label
from formreader.forms.templates.entries import MOST_CELLS
from formreader.geometry import Box
from formreader.pages.printed_content import FormField, FormFieldKind

__all__ = ["add_form_fields"]

_SURE, _LIKELY, _UNKNOWN, _UNLIKELY = 0.98, 0.9, 0.45, 0.1
_UNDECLARED = 0.4
_SAME = 0.3  # of the smaller box: both are one field
_INSIDE = 0.9  # of a field lies in a box that is its own
_LARGEST = 2.5  # times the field's area: a larger box has room for other things
_LARGEST_EMPTY = 5.0  # the same, where nothing is printed in it
_LABEL_END = 120  # characters of a label that tell of the field, not of its section
_INDEX = re.compile(r"\[\d+\]")
_UNSAID = re.compile(
    r"(?i)((number|numeric|date|time|check|tick|radio)[ _-]?(field|box|button)"
    r"|text|form|field|box|untitled|undefined|f|p|fill|_|-|\d)*"
)


def add_form_fields(
    seen: Sequence[Candidate],
    declared: Sequence[FormField],
    empty: Sequence[Box] = (),
) -> list[Candidate]:
    """Take the fields that a file declares in the place of what is seen there.

    What is seen elsewhere is doubtful: whoever made the form said where its fields are.
    Hidden ones count where a box for them is printed: some are only shown when filled.

    Args:
        seen: Candidates seen on the page.
        declared: Fields of the file on that page.
        empty: Printed boxes with nothing in them, those of rows one by one.

    Returns:
        All candidates; the same as seen if nothing is declared.
    """
    shown = [
        field
        for field in declared
        if not field.is_hidden or any(_holds(one.box, field.box) for one in seen)
    ]
    if not shown:
        return list(seen)
    groups = _group_buttons(shown)
    leaders = [group[0] for group in groups]
    names = Counter(_shorten(field.name) for field in leaders)
    found = [
        _make_choice(group, names) if len(group) > 1 else _make_candidate(one, names)
        for group, one in zip(groups, leaders, strict=True)
    ]
    found = [_grow(candidate, seen, empty, shown) for candidate in found]
    for candidate in seen:
        if any(_is_same(candidate.box, field.box) for field in shown):
            continue
        reason = "no form field of the file"
        confidence = min(candidate.confidence, _UNDECLARED)
        found.append(replace(candidate, confidence=confidence, reason=reason))
    return found


def _grow(
    candidate: Candidate,
    seen: Sequence[Candidate],
    empty: Sequence[Box],
    declared: Sequence[FormField],
) -> Candidate:
    """Grow a field to the printed box that it alone stands in.

    What is typed needs less room than what is written by hand. Of a comb the places
    without a printed box are skipped.
    """
    if candidate.cells is not None:
        skip = find_skipped(candidate.box, candidate.cells, seen)
        return replace(candidate, skip=skip)
    if candidate.content is not Content.NUMBER:
        return candidate
    boxes = [(one.box, _LARGEST) for one in seen if one.cells is None]
    boxes += [(box, _LARGEST_EMPTY) for box in empty]
    for box, most in boxes:
        inside = [field for field in declared if _is_same(box, field.box)]
        is_alike = box.area <= most * candidate.box.area
        if _holds(box, candidate.box) and is_alike and len(inside) == 1:
            return replace(candidate, box=_crop(box, candidate.box))
    return candidate


def _crop(box: Box, field: Box) -> Box:
    """Leave as much of a high box as somebody who writes in its field may use."""
    reach = round((_LARGEST - 1) * field.height)
    top, bottom = max(box.top, field.top - reach), min(box.bottom, field.bottom + reach)
    return Box(box.left, top, box.right, bottom)


def _holds(box: Box, other: Box) -> bool:
    return box.intersection_area(other) >= _INSIDE * other.area


def _is_same(one: Box, other: Box) -> bool:
    return one.intersection_area(other) >= _SAME * min(one.area, other.area)


def _group_buttons(fields: Sequence[FormField]) -> list[list[FormField]]:
    """Put the buttons together of which one alone can be on; others stay alone.

    Radio buttons of one name are such, and boxes to tick of one name that stand for
    different things.
    """
    groups: dict[object, list[FormField]] = {}
    values: dict[str, set[str]] = {}
    for field in fields:
        if field.kind in (FormFieldKind.TICK, FormFieldKind.RADIO):
            values.setdefault(field.name, set()).add(field.value)
    for number, field in enumerate(fields):
        is_button = field.kind is FormFieldKind.RADIO
        is_button |= len(values.get(field.name, ())) > 1
        key: object = field.name if is_button and field.name else number
        groups.setdefault(key, []).append(field)
    return list(groups.values())


def _make_choice(buttons: Sequence[FormField], names: Counter[str]) -> Candidate:
    """Make a choice of the buttons of one name; numbers, where values are no words."""
    first = _make_candidate(buttons[0], names)
    values = [re.sub(r"[^\w.+-]+", "_", field.value)[:32] for field in buttons]
    if len(set(values)) < len(values) or not all(value.strip("_") for value in values):
        values = [str(number) for number in range(1, len(buttons) + 1)]
    boxes = [field.box for field in buttons]
    return replace(
        first,
        box=reduce(Box.union, boxes),
        content=Content.CHOICE,
        reason="boxes of which one is ticked",
        options=tuple(zip(values, boxes, strict=True)),
    )


def _make_candidate(field: FormField, names: Counter[str]) -> Candidate:
    short = _shorten(field.name)
    is_told = names[short] == 1 and not _UNSAID.fullmatch(short)
    content, confidence, reason = _judge(field)
    is_comb = field.is_comb and field.length is not None
    cells = field.length if is_comb and content is Content.NUMBER else None
    return Candidate(
        box=field.box,
        cells=cells if cells is None or 1 < cells <= MOST_CELLS else None,
        name=short if is_told else "",
        label=field.label[-_LABEL_END:],
        content=content,
        confidence=confidence,
        reason=reason,
        is_declared=True,
    )


def _shorten(name: str) -> str:
    """Leave out the parts that say in which part of the form a field is.

    Only names with counted parts, `form[0].page[0].total[0]`, have such parts.
    """
    last = name.rsplit(".", 1)[-1] if _INDEX.search(name) else name
    return _INDEX.sub("", last)


def _judge(field: FormField) -> tuple[Content, float, str]:
    """Judge what a field takes by all that the file says of it."""
    if field.kind is FormFieldKind.TICK:
        return Content.TICK, _UNLIKELY, "a box to tick"
    if field.kind is not FormFieldKind.TEXT:
        return Content.TEXT, _UNLIKELY, f"a {field.kind} field"
    if field.takes is not None:
        return Content.NUMBER, _SURE, ""
    if field.is_long:
        return Content.TEXT, _UNLIKELY, "takes lines of text"
    told = judge_label(field.label[-_LABEL_END:])
    if told is None:
        told = judge_label(_shorten(field.name))
    if told is None:
        return Content.NUMBER, _LIKELY if field.is_comb else _UNKNOWN, ""
    content = Content.NUMBER if told >= _UNKNOWN else Content.TEXT
    return content, told, "" if content is Content.NUMBER else "its name says text"
