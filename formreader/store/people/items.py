"""Fields as the station shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from formreader.flags import FLAG_WORDS, describe_doubt, describe_flags
from formreader.forms.rules.stated import FormRules
from formreader.records import PAGE, FieldKind, Flag
from formreader.store.errors import parse_json
from formreader.store.machine.form_rules import load_rules
from formreader.store.machine.origin import load_threshold
from formreader.store.people.decisions import Action, current_value, join_decisions
from formreader.store.people.filters import join_pages
from formreader.store.people.presence import reading_order
from formreader.store.people.typed_values import WORDED
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import (
    crops,
    decisions,
    digits,
    fields,
    files,
    pages,
)
from formreader.value_types import ValueType

__all__ = [
    "Character",
    "FieldItem",
    "FieldState",
    "PageSource",
    "find_page",
    "load_crop",
    "load_digit",
    "load_items",
    "load_page_items",
]

_MOST_ALTERNATIVES = 5  # more are typed sooner than found
_MARKS = ".,-/:"  # of a field without a type


class FieldState(StrEnum):
    """How far a field has come."""

    ACCEPTED = "accepted"  # by the machine
    REVIEW = "review"  # a person must look at it
    RULE_FAILED = "rule_failed"  # the same, since it breaks a rule of the form
    ESCALATED = "escalated"  # a person must look at it, but not whoever asks
    DECIDED = "decided"  # by a person


@dataclass(frozen=True)
class Character:
    """One character of a reading.

    Attributes:
        character: As in `raw`.
        confidence: Probability in [0, 1] that it is right.
    """

    character: str
    confidence: float


@dataclass(frozen=True)
class FieldItem:
    """One field, with all that a page needs to show it.

    Attributes:
        id: In the store.
        name: The field's name.
        source: The file.
        page: 1-based page in the file.
        value: What holds now.
        machine_value: What the machine read.
        characters: The machine's reading before any rule.
        alternatives: Other values, the most probable first.
        flags: In words; before them, what was written by whoever escalated it.
        doubt: Among them, why it is not certain though its digits are; or empty.
        stands_for_page: Whether it is no field, but says something of its page.
        confidence: Of the machine's value.
        needs_review: Whether the machine asks for a person.
        type: What type of value it holds, in words; empty for any number.
        marks: Characters beside digits that may be typed.
        takes_words: Whether its value may be words: an answer, or a text.
        has_rules: Whether there is a rule that a value may break.
        has_checks: Whether one of them binds it to other fields.
        decision_id: Of the decision that holds, or None.
        decided: What that was and by whom, or None.
        state: How far it has come.
        is_there: Whether it counts: not if somebody removed it.
        is_second: Whether it is shown for a second opinion, as if nobody had decided.
        page_id: Of the page in the store.
        page_size: Width and height of the page in pixels; (0, 0) if unknown.
        outline: Corners (x, y) of the field in pixels of the page.
        crop: Left, top, width and height of its picture in pixels of the page.
    """

    id: int
    name: str
    source: str
    page: int
    value: str
    machine_value: str
    characters: tuple[Character, ...]
    alternatives: tuple[str, ...]
    flags: tuple[str, ...]
    doubt: str
    stands_for_page: bool
    confidence: float
    needs_review: bool
    type: str
    marks: str
    takes_words: bool
    has_rules: bool
    has_checks: bool
    decision_id: int | None
    decided: str | None
    state: FieldState
    is_there: bool
    page_id: int
    page_size: tuple[int, int]
    outline: tuple[tuple[float, float], ...]
    crop: tuple[int, int, int, int]
    is_second: bool = False


@dataclass(frozen=True)
class PageSource:
    """Where a page is.

    Attributes:
        name: The file, relative to the folder of the run.
        moved_to: Where the file lies since it was moved; None for in the folder.
        size: Its bytes when it was read.
        mtime_ns: When it was changed last before it was read.
        page_index: The 0-based page in it.
    """

    name: str
    moved_to: str | None
    size: int
    mtime_ns: int
    page_index: int


def load_items(connection: Connection, ids: Sequence[int]) -> list[FieldItem]:
    """Load fields, in the order asked for."""
    rows = connection.execute(_select().where(fields.c.id.in_(ids))).all()
    found = {item.id: item for item in _make_items(connection, rows)}
    return [found[i] for i in ids if i in found]


def load_page_items(connection: Connection, page_id: int) -> list[FieldItem]:
    """Load the fields of a page, in reading order."""
    query = _select().where(fields.c.page_id == page_id, fields.c.is_there)
    rows = connection.execute(query.order_by(reading_order(), fields.c.id)).all()
    return _make_items(connection, rows)


def _select() -> Select[Any]:
    """Select fields with what an item says of them."""
    query: Select[Any] = select(
        fields,
        files.c.name.label("source"),
        pages.c.page_index,
        pages.c.width.label("page_width"),
        pages.c.height.label("page_height"),
        pages.c.form,
        current_value().label("current"),
        decisions.c.action,
        decisions.c.user,
        decisions.c.settled,
        decisions.c.comment,
        *(crops.c[name].label(f"crop_{name}") for name in _BOX),
    ).join(crops, crops.c.field_id == fields.c.id)
    return join_decisions(join_pages(query))


def load_crop(store: RunStore, field_id: int) -> bytes | None:
    """Give the JPEG of a field; None if there is no such field."""
    query = select(crops.c.image).where(crops.c.field_id == field_id)
    with store.read() as connection:
        return connection.scalar(query)


def load_digit(store: RunStore, field_id: int, position: int) -> bytes | None:
    """Give the PNG of what the model saw of a digit; None if there is none."""
    query = select(digits.c.image).where(
        digits.c.field_id == field_id, digits.c.position == position
    )
    with store.read() as connection:
        return connection.scalar(query)


def find_page(store: RunStore, page_id: int) -> PageSource | None:
    """Find out where a page is; None if there is no such page."""
    query = (
        select(
            files.c.name,
            files.c.moved_to,
            files.c.size,
            files.c.mtime_ns,
            pages.c.page_index,
        )
        .join(files, files.c.id == pages.c.file_id)
        .where(pages.c.id == page_id)
    )
    with store.read() as connection:
        row = connection.execute(query).first()
    return None if row is None else PageSource(*row)


_BOX = ("left", "top", "width", "height")


def _make_items(connection: Connection, rows: Sequence[Row[Any]]) -> list[FieldItem]:
    forms = {form: load_rules(connection, form) for form in {row.form for row in rows}}
    is_doubted = any(Flag.LOW_CONFIDENCE in row.flags.split() for row in rows)
    asked = load_threshold(connection) if is_doubted else 1.0
    return [_make_item(row, forms[row.form], asked) for row in rows]


def _make_item(row: Row[Any], rules: FormRules | None, asked: float) -> FieldItem:
    flags = row.flags.split()
    is_tick = row.kind in {FieldKind.TICK, FieldKind.CHOICE}
    doubt = "" if is_tick else describe_doubt(flags, row.confidence, asked)
    words = {FLAG_WORDS[Flag.LOW_CONFIDENCE]: doubt} if doubt else {}
    reading = parse_json(row.reading)
    confidences = [float(text) for text in row.digit_confidences.split()]
    own = None if rules is None else rules.find(row.name)
    answers = () if own is None else own.answers
    others = [other[0] for other in reading["alternatives"]]
    if _is_word(row.raw) and not answers:
        others = []
    most = max(_MOST_ALTERNATIVES, len(answers))
    type_ = ValueType.parse(row.value_type)
    distinct = dict.fromkeys(v for v in (*others, *answers) if v and v != row.value)
    has_checks = rules is not None and bool(rules.checks_of(row.name))
    return FieldItem(
        id=row.id,
        name=row.name,
        source=row.source,
        page=row.page_index + 1,
        value=row.current,
        machine_value=row.value,
        characters=tuple(map(Character, row.raw, confidences)),
        alternatives=tuple(distinct)[:most],
        flags=(
            *_quote_comment(row),
            *(words.get(text, text) for text in describe_flags(flags)),
        ),
        doubt=doubt,
        stands_for_page=row.name == PAGE,
        confidence=row.confidence,
        needs_review=row.needs_review,
        type=type_.words if type_ else "",
        marks="".join(type_.marks) if type_ else _MARKS,
        takes_words=row.kind in WORDED,
        has_rules=own is not None
        or has_checks
        or bool(type_)
        or row.kind == FieldKind.CELLS,
        has_checks=has_checks,
        decision_id=row.decision_id,
        decided=_describe_decision(row),
        state=_find_state(row),
        is_there=row.is_there,
        page_id=row.page_id,
        page_size=(row.page_width or 0, row.page_height or 0),
        outline=tuple((x, y) for x, y in reading["outline"]),
        crop=(row.crop_left, row.crop_top, row.crop_width, row.crop_height),
    )


def _describe_decision(row: Row[Any]) -> str | None:
    """Say what was decided and by whom; who drew a box has not decided its value."""
    if row.action is None or row.action == Action.ADD:
        return None
    return f"{row.action} · {row.user}"


def _quote_comment(row: Row[Any]) -> tuple[str, ...]:
    """Say what somebody wrote who escalated a field, and waits for an answer."""
    return () if row.comment is None else (f"{row.user} asks: {row.comment}",)


def _find_state(row: Row[Any]) -> FieldState:
    if row.decision_id is not None and row.settled:
        return FieldState.DECIDED
    if row.decision_id is None and not row.needs_review:
        return FieldState.ACCEPTED
    is_broken = Flag.RULE_FAILED in row.flags.split()
    return FieldState.RULE_FAILED if is_broken else FieldState.REVIEW


def _is_word(raw: str) -> bool:
    """Tell whether most of what was written is no digit: other numbers are no help."""
    return raw.count("?") * 2 > len(raw)
