"""Change the fields of a template: add, rename, remove, join and split them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import pairwise

from formreader.errors import TemplateError
from formreader.forms.editing.document import FormText
from formreader.forms.rules.expressions import parse_check
from formreader.forms.templates.entries import FieldTemplate, is_name
from formreader.geometry import Box

__all__ = [
    "join_fields",
    "put_fields",
    "remove_fields",
    "rename_fields",
    "split_field",
]

_PLACED = ("name", "page", "box", "cells", "skip")
_OF_PARTS = ("blank", "marks")  # what holds of the parts of a field as of the whole
_LEVEL = 0.35  # of the height, by which fields on a line may lie lower
_UNEVEN = 0.3  # of the pitch, by which cells of one row may lie off
_SQUARE = 1.6  # times as wide as high: a box for one digit is not wider
_SNAP = 0.3  # of a cell, by which a place may lie off its edge


def put_fields(
    document: FormText, fields: Sequence[Mapping[str, object]], *, replace: bool = True
) -> FormText:
    """Add fields, or set keys of those that are there already.

    Args:
        document: The template.
        fields: Keys and values of each as the file has them; `box` may be a `Box` in
            pixels.
        replace: Whether a field may be there already.

    Raises:
        TemplateError: If one is there and must not be, or has no box.
    """
    added: list[dict[str, object]] = []
    for field in fields:
        name, keys = str(field["name"]), dict(field)
        is_there = any(one["name"] == name for one in document.fields)
        if is_there and not replace:
            message = f"there is a field {name!r} already; choose another name"
            raise TemplateError(message, path=document.path)
        page = keys.get("page", 1)
        if is_there and "page" not in keys:
            page = document.find_field(name).page
        if isinstance(keys.get("box"), Box) and isinstance(page, int):
            box = keys["box"]
            assert isinstance(box, Box)
            keys["box"] = document.describe_box(box, page)
        if is_there:
            document = document.with_keys("field", document.find(name), keys)
        elif "box" not in keys:
            message = f"field {name!r} is new, and needs a box"
            raise TemplateError(message, path=document.path)
        else:
            added.append(keys)
    return document.with_fields(added) if added else document


def rename_fields(document: FormText, names: Mapping[str, str]) -> FormText:
    """Give fields other names, in the checks as well; names may be exchanged.

    Args:
        document: The template.
        names: The new name of each.

    Raises:
        TemplateError: If there is no such field, or the new name is none or taken.
    """
    numbers = {name: document.find(name) for name in names}
    kept = {field.name for field in document.form.fields} - set(names)
    for old, new in names.items():
        if not is_name(new):
            message = f"{new!r} cannot name a field; use letters, digits and _"
            raise TemplateError(message, path=document.path)
        if new in kept or list(names.values()).count(new) > 1:
            message = f"field {old!r} cannot be named {new!r}: another one is"
            raise TemplateError(message, path=document.path)
    for old, new in names.items():
        document = document.with_keys("field", numbers[old], {"name": new})
    word = re.compile(r"[^\W\d]\w*(?:\.\w+)*")
    for number, check in enumerate(document.entries.get("check", [])):
        rule = word.sub(lambda found: names.get(found[0], found[0]), check["rule"])
        if rule != check["rule"]:
            document = document.with_keys("check", number, {"rule": rule})
    return document


def remove_fields(
    document: FormText, patterns: Sequence[str], *, with_checks: bool = False
) -> FormText:
    """Remove fields.

    Args:
        document: The template.
        patterns: Names, or patterns such as `r1c*`.
        with_checks: Remove the checks that speak of them as well.

    Raises:
        TemplateError: If a pattern fits none, or a check speaks of one.
    """
    names = [field["name"] for field in document.fields]
    chosen: set[str] = set()
    for pattern in patterns:
        fitting = [name for name in names if fnmatchcase(name, pattern)]
        if not fitting:
            document.find(pattern)  # says what is there
        chosen.update(fitting)
    concerned = _list_checks(document, chosen)
    if concerned and not with_checks:
        rule = document.entries["check"][concerned[0]]["rule"]
        message = (
            f"the check {rule!r} speaks of a field to be removed; remove it too with "
            "--with-checks"
        )
        raise TemplateError(message, path=document.path)
    if len(chosen) == len(document.form.fields):
        message = "no field would be left; a form has fields"
        raise TemplateError(message, path=document.path)
    document = document.without("check", concerned)
    return document.without("field", [names.index(name) for name in chosen])


def _list_checks(document: FormText, names: set[str]) -> list[int]:
    known = {field.name for field in document.form.fields}
    return [
        number
        for number, check in enumerate(document.entries.get("check", []))
        if names & set(parse_check(check["rule"], known).names)
    ]


def join_fields(
    document: FormText, names: Sequence[str], name: str, *, as_box: bool = False
) -> tuple[FormText, list[str]]:
    """Make one field of several that stand in a line.

    Cells of one width become the cells of one field, with cells to skip where marks are
    printed between; anything else becomes one box.

    Args:
        document: The template.
        names: At least two fields of one page.
        name: The name of the new one, which stands where the first stood.
        as_box: Make it one box in any case.

    Returns:
        The template, and what is lost by it, in words.

    Raises:
        TemplateError: If they do not stand in a line.
    """
    fields = sorted(map(document.find_field, names), key=lambda one: one.box.left)
    numbers = [document.find(one) for one in names]
    if len(set(names)) < 2 or len({field.page for field in fields}) > 1:
        message = "two or more fields of one page are joined"
        raise TemplateError(message, path=document.path)
    first, *rest = fields
    for other in rest:
        apart = abs(other.box.centre[1] - first.box.centre[1])
        if apart > _LEVEL * min(first.box.height, other.box.height):
            message = f"fields {first.name!r} and {other.name!r} are not on one line"
            raise TemplateError(message, path=document.path)
    box = first.box
    for other in rest:
        box = box.union(other.box)
    cells = None if as_box else _join_cells(fields, box)
    own = [document.fields[number] for number in numbers]
    lost = sorted({key for one in own for key in one} - set(_PLACED))
    lost = [key for key in lost if any(one.get(key) != own[0].get(key) for one in own)]
    keys: dict[str, object] = dict.fromkeys(lost)
    keys |= {"name": name, "box": document.describe_box(box, first.page)}
    keys["cells"] = None if cells is None else cells[0]
    keys["skip"] = list(cells[1]) if cells is not None and cells[1] else None
    number, *others = sorted(numbers)
    joined = document.with_keys("field", number, keys).without("field", others)
    return joined, [f"{key} differed, and was left out" for key in lost]


def _join_cells(
    fields: Sequence[FieldTemplate], box: Box
) -> tuple[int, tuple[int, ...]] | None:
    """Find how many cells fields have together, and which of them hold no digit."""
    digits = [cell for field in fields for cell in field.cell_boxes]
    lone = all(field.cells is None for field in fields)
    if lone and any(one.box.width > _SQUARE * one.box.height for one in fields):
        return None
    widths = sorted(cell.width for cell in digits)
    pitch = float(widths[len(widths) // 2])
    if widths[-1] - widths[0] > _UNEVEN * pitch:
        return None
    count = round(box.width / pitch)
    pitch = box.width / count
    places = [(cell.centre[0] - box.left) / pitch - 0.5 for cell in digits]
    if any(abs(place - round(place)) > _UNEVEN for place in places):
        return None
    taken = {round(place) + 1 for place in places}
    if len(taken) < len(digits):
        return None
    return count, tuple(n for n in range(1, count + 1) if n not in taken)


def split_field(
    document: FormText,
    name: str,
    *,
    cells: Sequence[int] = (),
    places: Sequence[float] = (),
    names: Sequence[str] = (),
) -> tuple[FormText, list[str]]:
    """Make several fields of one, side by side.

    Args:
        document: The template.
        name: The field.
        cells: How many cells each part has; cells that hold no digit are not counted,
            or all are.
        places: Instead, where it is cut, in pixels from its left edge.
        names: Of the parts; by default its own with _1, _2 and so on.

    Returns:
        The template, and what is lost by it, in words.

    Raises:
        TemplateError: If it has no such parts.
    """
    number, field = document.find(name), document.find_field(name)
    parts = _cut_at(field, places) if places else _cut_cells(field, cells)
    if len(parts) < 2:
        message = (
            f"field {name!r} ({field.cells or 'no'} cells, {len(field.cell_boxes)} for "
            "digits) has no such parts; the cells of all parts are as many as its own"
        )
        raise TemplateError(message, path=document.path)
    names = names or [f"{name}_{part}" for part in range(1, len(parts) + 1)]
    if len(names) != len(parts):
        message = f"{len(parts)} parts need {len(parts)} names, not {len(names)}"
        raise TemplateError(message, path=document.path)
    own = document.fields[number]
    lost = sorted(set(own) - set(_PLACED) - set(_OF_PARTS))
    made: list[dict[str, object]] = []
    for part, (box, count, skip) in zip(names, parts, strict=True):
        keys: dict[str, object] = {"name": part}
        keys |= {"page": own["page"]} if "page" in own else {}
        keys["box"] = document.describe_box(box, field.page)
        keys |= {"cells": count} if count is not None and count > 1 else {}
        keys |= {"skip": list(skip)} if skip else {}
        made.append(keys | {key: own[key] for key in _OF_PARTS if key in own})
    first, *rest = made
    cleared: dict[str, object] = dict.fromkeys(["cells", "skip", *lost])
    split = document.with_keys("field", number, cleared | first)
    split = split.with_fields(rest, number)
    return split, [f"{key} was of the whole, and was left out" for key in lost]


_Part = tuple[Box, int | None, tuple[int, ...]]


def _cut_cells(field: FieldTemplate, sizes: Sequence[int]) -> list[_Part]:
    """Cut a field into parts of so many cells each; none if it has others."""
    total = field.cells or sum(sizes)
    digits = [n for n in range(1, total + 1) if n not in field.skip]
    if sum(sizes) == len(digits):
        places = digits
    elif sum(sizes) == total:
        places = list(range(1, total + 1))
    else:
        return []
    parts: list[_Part] = []
    for size in sizes:
        own, places = places[:size], places[size:]
        own = [n for n in own if n not in field.skip]  # no mark at the end of a part
        if not own:
            return []
        skip = tuple(n - own[0] + 1 for n in field.skip if own[0] < n < own[-1])
        left, right = (
            field.box.left + round(edge * field.box.width / total)
            for edge in (own[0] - 1, own[-1])
        )
        box = Box(left, field.box.top, right, field.box.bottom)
        parts.append((box, own[-1] - own[0] + 1, skip))
    return parts


def _cut_at(field: FieldTemplate, places: Sequence[float]) -> list[_Part]:
    """Cut a field at places from its left edge; none if one lies within a cell."""
    edges = [0.0, *sorted(places), float(field.box.width)]
    if any(low >= high for low, high in pairwise(edges)):
        return []
    if field.cells is None:
        left, top, bottom = field.box.left, field.box.top, field.box.bottom
        return [
            (Box(left + round(low), top, left + round(high), bottom), None, ())
            for low, high in pairwise(edges)
        ]
    pitch = field.box.width / field.cells
    counts = [edge / pitch for edge in edges]
    if any(abs(count - round(count)) > _SNAP for count in counts):
        return []
    sizes = [round(high) - round(low) for low, high in pairwise(counts)]
    return _cut_cells(field, sizes) if min(sizes) else []
