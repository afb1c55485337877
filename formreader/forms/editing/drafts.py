"""A template as an editor holds it: all fields at once, put into the file's text.

What a draft leaves as the file has it stays untouched there, with its comments and the
way it is written; boxes count in pixels, whatever unit the file has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from formreader.errors import TemplateError
from formreader.forms.editing.document import FormText
from formreader.forms.templates.entries import FieldTemplate
from formreader.forms.templates.places import PlacedError
from formreader.geometry import Box

__all__ = [
    "FREE_KEYS",
    "Draft",
    "DraftCheck",
    "DraftField",
    "apply_draft",
    "open_draft",
]

FREE_KEYS: tuple[str, ...] = tuple(
    info.alias or name
    for name, info in FieldTemplate.model_fields.items()
    if name not in ("name", "page", "box")
)
"""What a field of the file may say beside its name and place."""


@dataclass(frozen=True)
class DraftField:
    """A field of a draft.

    Attributes:
        name: Its name.
        page: 1-based page of the form.
        box: In pixels of the reference; of a choice with options the box around them.
        keys: What it says besides, of `FREE_KEYS`, as the file has it; the boxes of
            options in pixels.
        was: Its name in the file; empty for a new one.
        is_proposal: Whether it stands there as a comment.
        note: What is said of a proposal.
    """

    name: str
    page: int
    box: Box
    keys: Mapping[str, Any] = field(default_factory=dict)
    was: str = ""
    is_proposal: bool = False
    note: str = ""


@dataclass(frozen=True)
class DraftCheck:
    """A rule between fields.

    Attributes:
        rule: The rule.
        was: Its number in the file, from 0; None for a new one.
    """

    rule: str
    was: int | None = None


@dataclass(frozen=True)
class Draft:
    """All that an editor may change in a template.

    Attributes:
        fields: The fields that the file itself is to have.
        checks: The rules between them.
        proposals: Fields that stand in the file as comments, and stay so.
        dropped: Names of those that go.
    """

    fields: tuple[DraftField, ...]
    checks: tuple[DraftCheck, ...] = ()
    proposals: tuple[DraftField, ...] = ()
    dropped: tuple[str, ...] = ()


def open_draft(document: FormText) -> Draft:
    """Take what an editor may change from the text of a template.

    Raises:
        TemplateError: If a part is written in a way that only a person can change.
    """
    if not document.has_plain_checks:
        message = "its checks are not all [[check]] tables; change it by hand"
        raise TemplateError(message, path=document.path)
    fields = [
        DraftField(name, page, box, _free_keys(entry), name)
        for entry, (name, page, box) in _list_placed(document, document.fields)
    ]
    described = document.describe_doubtful()
    known = {one.name for one in fields}
    notes = {name: note for name, (_, note) in described.items() if name not in known}
    entries = [described[name][0] for name in notes]
    proposals = [
        DraftField(name, page, box, _free_keys(entry), name, True, notes[name])
        for entry, (name, page, box) in _list_placed(document, entries)
    ]
    checks = [
        DraftCheck(check["rule"], number)
        for number, check in enumerate(document.entries.get("check", []))
    ]
    return Draft(tuple(fields), tuple(checks), tuple(proposals))


def apply_draft(document: FormText, draft: Draft) -> FormText:
    """Put a draft into the text of a template.

    Args:
        document: The template as the file has it.
        draft: Its fields and checks; those that the file has and the draft lacks go.

    Returns:
        The text, which may be no template: its `form` tells.

    Raises:
        TemplateError: If a field or check of the draft is to be in the file and is not.
    """
    known = document.list_doubtful()
    taken = [one.was for one in draft.fields if one.is_proposal]
    document = document.with_doubtful(taken)
    document = document.without_doubtful(set(draft.dropped) & set(known) - set(taken))
    numbers = {entry["name"]: n for n, entry in enumerate(document.fields)}
    changes: dict[int, dict[str, object]] = {}
    added: list[dict[str, object]] = []
    for one in draft.fields:
        if not one.was:
            added.append(_write_field(document, one))
        elif one.was not in numbers:
            message = f"field {one.was!r} is not in the file any more; load it again"
            raise TemplateError(message, path=document.path)
        elif numbers[one.was] in changes:
            message = f"field {one.was!r} stands twice in the draft"
            raise TemplateError(message, path=document.path)
        else:
            number = numbers[one.was]
            changes[number] = _list_changes(document, document.fields[number], one)
    gone = set(numbers.values()) - set(changes)
    changed = document.with_tables(
        "field", {n: keys for n, keys in changes.items() if keys}
    )
    if added:
        changed = changed.with_fields(added)
    return _apply_checks(changed.without("field", gone), draft.checks)


def _apply_checks(document: FormText, checks: Sequence[DraftCheck]) -> FormText:
    rules = [entry["rule"] for entry in document.entries.get("check", [])]
    kept = {check.was: check.rule for check in checks if check.was is not None}
    if any(not 0 <= number < len(rules) for number in kept):
        message = "a check is not in the file any more; load it again"
        raise TemplateError(message, path=document.path)
    changes = {n: {"rule": rule} for n, rule in kept.items() if rule != rules[n]}
    document = document.with_tables("check", changes)
    document = document.without("check", set(range(len(rules))) - set(kept))
    return document.with_checks([check.rule for check in checks if check.was is None])


def _free_keys(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: entry[key] for key in FREE_KEYS if key in entry}


def _list_placed(
    document: FormText, entries: Sequence[dict[str, Any]]
) -> list[tuple[dict[str, Any], tuple[str, int, Box]]]:
    """List entries that have a place, with their name, page and box in pixels."""
    placed = []
    for as_written in entries:
        entry = _take_options(document, as_written)
        box = _find_box(document, entry)
        if box is not None and isinstance(entry.get("name"), str):
            placed.append((entry, (entry["name"], entry.get("page", 1), box)))
    return placed


def _take_options(document: FormText, entry: dict[str, Any]) -> dict[str, Any]:
    """Give an entry with the boxes of its options in pixels, as far as they are any."""
    options = entry.get("options")
    try:
        scale = document.find_scale(entry.get("page", 1)) if options else None
        if scale is None or not options or not document.is_in_mm:
            return entry
        taken = [{**one, "box": scale.to_box(one["box"])} for one in options]
    except (PlacedError, TypeError, ValueError, KeyError):
        return entry
    return {**entry, "options": taken}


def _write_options(
    document: FormText, keys: Mapping[str, Any], page: int
) -> dict[str, Any]:
    """Give keys with the boxes of options, from pixels, as the file has them."""
    written = dict(keys)
    if written.get("options"):
        placed = [(one, _make_box(one.get("box"))) for one in written["options"]]
        written["options"] = [
            one if box is None else {**one, "box": document.describe_box(box, page)}
            for one, box in placed
        ]
    return written


def _find_box(document: FormText, entry: Mapping[str, Any]) -> Box | None:
    """Find the box of an entry in pixels; None if it has none that can be used."""
    if entry.get("options") and "box" not in entry:
        boxes = [_make_box(option.get("box")) for option in entry["options"]]
        whole = boxes[0]
        for box in boxes[1:]:
            whole = whole and box and whole.union(box)
        return whole
    place = entry.get("box")
    if document.is_in_mm and isinstance(place, list) and len(place) == 4:
        try:
            scale = document.find_scale(entry.get("page", 1))
            place = place if scale is None else scale.to_box(place)
        except (PlacedError, TypeError):
            return None
    return _make_box(place)


def _make_box(place: object) -> Box | None:
    """Make a box of left, top, width and height in whole pixels."""
    if not isinstance(place, list) or len(place) != 4:
        return None
    if not all(type(number) is int and number >= 0 for number in place):
        return None
    left, top, width, height = place
    return Box(left, top, left + width, top + height)


def _write_field(document: FormText, one: DraftField) -> dict[str, object]:
    """Write a field that the file does not have."""
    keys: dict[str, object] = {"name": one.name}
    keys |= {"page": one.page} if len(document.entries.get("page", [])) > 1 else {}
    keys |= {"kind": one.keys["kind"]} if "kind" in one.keys else {}
    if not one.keys.get("options"):
        keys["box"] = document.describe_box(one.box, one.page)
    keys |= _free_keys(one.keys) | _place_options(one.keys, one.box)
    return _write_options(document, keys, one.page)


def _list_changes(
    document: FormText, entry: Mapping[str, Any], one: DraftField
) -> dict[str, object]:
    """List the keys of a field that differ from those in the file; None goes."""
    changes: dict[str, object] = {}
    entry = _take_options(document, dict(entry))
    if one.name != entry["name"]:
        changes["name"] = one.name
    if one.page != entry.get("page", 1):
        changes["page"] = one.page
    has_moved = one.box != _find_box(document, entry)
    keys = {**one.keys, **(_place_options(one.keys, one.box) if has_moved else {})}
    is_placed = "box" in entry or not keys.get("options")
    if is_placed and (has_moved or "box" not in entry):
        changes["box"] = document.describe_box(one.box, one.page)
    for key in FREE_KEYS:
        if keys.get(key) != entry.get(key):
            changes[key] = keys.get(key)
    return _write_options(document, changes, one.page)


def _place_options(keys: Mapping[str, Any], box: Box) -> dict[str, object]:
    """Move the boxes of a choice along with the box around them."""
    options = keys.get("options") or []
    boxes = [_make_box(option.get("box")) for option in options]
    old = [one for one in boxes if one is not None]
    if not old or len(old) < len(boxes):
        return {}
    around = old[0]
    for other in old[1:]:
        around = around.union(other)
    across, down = box.width / around.width, box.height / around.height
    moved = []
    for option, one in zip(options, old, strict=True):
        left = box.left + round((one.left - around.left) * across)
        top = box.top + round((one.top - around.top) * down)
        size = [round(one.width * across), round(one.height * down)]
        moved.append({**option, "box": [left, top, *size]})
    return {"options": moved}
