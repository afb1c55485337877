"""The list of questions that a form of one's own is laid out from."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from formreader.errors import InputError

__all__ = ["Question", "parse_questions"]

_MOST = 2000  # questions
_KINDS = {
    "number",
    "date",
    "time",
    "tick",
    "choice",
    "bubbles",
    "bubbled",
    "text",
    "table",
    "heading",
    "note",
}


@dataclass(frozen=True)
class Question:
    """A line of the list.

    Attributes:
        label: What is asked, in any language.
        kind: What is answered: number, date, time, tick, choice, bubbles, bubbled (a
            number that is written, and bubbled below), text or table; or heading or
            note, which are only printed.
        name: Of the field; made of the label by default.
        cells: Boxes for digits; of a text, lines.
        values: Of a choice; of a table, its columns.
        rows: Of a table.
        hint: What is printed below the field.
    """

    label: str
    kind: str = "number"
    name: str = ""
    cells: int = 0
    values: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    hint: str = ""


def parse_questions(text: str) -> list[Question]:
    """Read a list of questions.

    Args:
        text: CSV with the columns of `Question`; `values` and `rows` are parted by `|`.

    Raises:
        InputError: If it is none; the message names the line.
    """
    reader = csv.DictReader(io.StringIO(text))
    known = {"label", "kind", "name", "cells", "values", "rows", "hint"}
    strange = set(reader.fieldnames or ()) - known
    if "label" not in (reader.fieldnames or ()) or strange:
        listed = ", ".join(sorted(known))
        raise InputError(f"line 1: the columns are {listed}; label is needed")
    questions = [_parse(row, reader.line_num) for row in reader]
    if not 0 < len(questions) <= _MOST:
        raise InputError(f"holds {len(questions)} questions; 1 to {_MOST} are a form")
    return questions


def _parse(row: dict[str, str | None], line: int) -> Question:
    texts = {key: (value or "").strip() for key, value in row.items() if key}
    kind = texts.get("kind") or "number"
    cells = texts.get("cells") or "0"
    if kind not in _KINDS:
        raise InputError(f"line {line}: kind is one of {', '.join(sorted(_KINDS))}")
    if not cells.isdecimal() or int(cells) > 40:
        raise InputError(f"line {line}: cells is a number up to 40")
    values, rows = (
        tuple(filter(None, texts.get(key, "").split("|"))) for key in ("values", "rows")
    )
    if kind in ("choice", "bubbles") and len(values) < 2:
        raise InputError(f"line {line}: a {kind} needs values, parted by |")
    if kind == "table" and not (values and rows):
        raise InputError(f"line {line}: a table needs values (its columns) and rows")
    if kind == "bubbled" and int(cells) < 2:
        raise InputError(f"line {line}: a bubbled number needs cells, 2 or more")
    label, name = texts["label"], texts.get("name", "")
    hint = texts.get("hint", "")
    return Question(label, kind, name, int(cells), values, rows, hint)
