"""Lays out a form of one's own: a list of questions becomes a template to be printed.

Questions are stacked, each label beside its field, or above it where there are several
columns; what does not fit goes on the next page. All places are in mm.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import tomlkit
from tomlkit.items import InlineTable

from formreader.errors import InputError
from formreader.forms.authoring.fonts import Fonts, find_fonts, goes_left
from formreader.forms.authoring.naming import make_name
from formreader.forms.authoring.questions import Question
from formreader.forms.authoring.sheet_codes import list_places

__all__ = ["SHEETS", "Sheets", "compose_form"]

SHEETS = {"a4": (210.0, 297.0), "letter": (215.9, 279.4)}
"""Width and height of the papers in mm."""

_DPI = 300
_PT = 25.4 / 72  # mm
_SIDE, _TOP, _FOOT = 20.0, 46.0, 34.0  # margins; markers and code stand in them
_GUTTER = 8.0  # between columns
_LABEL, _SPACE = 0.44, 5.0  # share of a column for labels, and room after them
_CELL, _HIGH = (7.5, 5.0), 8.5  # usual and least width of a cell, its height
_TICK, _STEP = 4.5, 8.0  # side of a box to tick, and from line to line of them
_BUBBLE = 5.5  # from bubble to bubble of a number's digits
_AFTER, _HINT = 4.0, 3.0  # room below a question, and for a hint
_LINE = 1.25  # of its letters' height, from line to line of text
_TITLE_PT, _HEADING_PT, _TEXT_PT = 20, 13, 10
_WRITTEN = {
    "date": {"cells": 10, "skip": [3, 6], "type": "date", "format": "DD/MM/YYYY"},
    "time": {"cells": 5, "skip": [3], "type": "time", "format": "HH:MM"},
}
_MARKS = {"date": ("/", "DD MM YYYY"), "time": (":", "HH MM")}


@dataclass(frozen=True)
class Sheets:
    """What questions are laid out on.

    Attributes:
        paper: One of `SHEETS`.
        columns: Columns of each page.
        has_serial: Whether each page has a code with the serial number of its copy.
    """

    paper: str = "a4"
    columns: int = 1
    has_serial: bool = False


_USUAL = Sheets()


def compose_form(
    questions: Sequence[Question], name: str, title: str = "", way: Sheets = _USUAL
) -> str:
    """Lay questions out as a template in TOML.

    Args:
        questions: In order.
        name: What the form is called; its references are named after it.
        title: What stands at the top of its first page; the name by default.
        way: On what.

    Raises:
        InputError: If a question is too large for a page.
    """
    texts = [title, name, *(text for one in questions for text in _list_texts(one))]
    sheet = SHEETS[way.paper]
    layout = _Layout(sheet, way.columns, find_fonts("".join(texts)))
    layout.write(title or name, _SIDE, _TOP - 2, _TITLE_PT, bold=True)
    layout.start = _TOP + 8
    layout.y = layout.start
    for question in questions:
        layout.add(question)
    if way.has_serial:
        layout.add_codes()
    document = tomlkit.document()
    document.add(tomlkit.comment("A form of its own; print it with `template print`."))
    document.add("name", tomlkit.item(name))
    document.add("unit", tomlkit.item("mm"))
    pages = tomlkit.aot()
    for number in range(1, layout.page + 1):
        page = tomlkit.table()
        part = "" if number == 1 else f"-{number}"
        width, height = _measure_page(sheet)
        entries = {"reference": f"{name}{part}.png", "width": width, "height": height}
        page.update({**entries, "dpi": _DPI})
        pages.append(page)
    document.add("page", pages)
    parts = ("field", layout.fields), ("check", layout.checks), ("text", layout.texts)
    for key, tables in parts:
        listed = tomlkit.aot()
        for entry in tables:
            table = tomlkit.table()
            table.update(entry)
            listed.append(table)
        if tables:
            document.add(key, listed)
    return document.as_string()


@dataclass
class _Layout:
    """What has been placed so far, and where the next question goes."""

    sheet: tuple[float, float]
    columns: int
    fonts: Fonts
    page: int = 1
    column: int = 0
    start: float = _TOP
    y: float = _TOP
    fields: list[dict[str, object]] = field(default_factory=list)
    texts: list[dict[str, object]] = field(default_factory=list)
    checks: list[dict[str, object]] = field(default_factory=list)

    @property
    def width(self) -> float:
        """Width of a column."""
        inner = self.sheet[0] - 2 * _SIDE - (self.columns - 1) * _GUTTER
        return inner / self.columns

    @property
    def left(self) -> float:
        """Left edge of the column."""
        return _SIDE + self.column * (self.width + _GUTTER)

    def add(self, question: Question) -> None:
        """Place a question, in the next column or on the next page if need be."""
        place = self._choose_place(question)
        trial = replace(self, fields=[], texts=[], checks=[])
        place(trial)
        bottom = self.sheet[1] - _FOOT
        kept = 14.0 if question.kind == "heading" else 0.0  # with what it heads
        if trial.y + kept > bottom and self.y > self.start:
            self._turn()
            trial = replace(self, fields=[], texts=[], checks=[])
            place(trial)
        if trial.y > bottom:
            raise InputError(f"{question.label[:40]!r} is too large for a page")
        place(self)

    def add_codes(self) -> None:
        """Give each page a code, at the top in the middle, where nothing else is."""
        width, height = _measure_page(self.sheet)
        code = next(list_places(width, height))
        place = (code.left, code.top, code.width, code.height)
        left, top, wide, high = (side / _DPI * 25.4 for side in place)
        for number in range(1, self.page + 1):
            name = "serial" if number == 1 else f"serial_{number}"
            trial = replace(self, page=number)
            trial.put(name, (left, top, wide, high), {"kind": "code"}, {})

    def _choose_place(self, question: Question) -> Callable[[_Layout], None]:
        printed = {"heading": _HEADING_PT, "note": _TEXT_PT}
        if question.kind in printed:
            return lambda layout: layout.print_text(question, printed[question.kind])
        if question.kind == "table":
            return lambda layout: layout.place_table(question)
        return lambda layout: layout.place_field(question)

    def _turn(self) -> None:
        self.column += 1
        if self.column == self.columns:
            self.column, self.page = 0, self.page + 1
            self.start = _TOP
        self.y = self.start

    def write(
        self, text: str, x: float, base: float, size: int, *, bold: bool = False
    ) -> None:
        """Write a line."""
        entry: dict[str, object] = {"text": text, "at": [round(x, 2), round(base, 2)]}
        entry |= {"page": self.page} if self.page > 1 else {}
        entry |= {"size": size} if size != _TEXT_PT else {}
        self.texts.append(entry | ({"bold": True} if bold else {}))

    def wrap(self, text: str, x: float, top: float, width: float) -> float:
        """Write a text in lines of a width; give its lower edge."""
        step = _LINE * _TEXT_PT * _PT
        for line in self._break(text, width):
            top += step
            room = max(0.0, width - self._measure(line)) if goes_left(text) else 0.0
            self.write(line, x + room, top - 0.25 * step, _TEXT_PT)
        return top

    def print_text(self, question: Question, size: int) -> None:
        """Place a heading or a note."""
        if question.kind == "note":
            self.y = self.wrap(question.label, self.left, self.y, self.width) + _AFTER
            return
        self.y += 3 + size * _PT
        self.write(question.label, self.left, self.y, size, bold=True)
        self.y += _AFTER

    def place_field(self, question: Question) -> None:
        """Place a label and its field beside it, or below it in a narrow column."""
        is_beside = self.columns == 1
        room = _LABEL * self.width if is_beside else self.width
        high = _TICK if question.kind in ("tick", "choice", "bubbles") else _HIGH
        top = self.y + max(0.0, (high - _LINE * _TEXT_PT * _PT) / 2) * is_beside
        foot = self.wrap(question.label, self.left, top, room)
        left = self.left + (room + _SPACE) * is_beside
        self.y = self.y if is_beside else foot + 1
        low = self._answer(question, left, self.left + self.width - left)
        self.y = max(foot, low) + _AFTER

    def place_table(self, question: Question) -> None:
        """Place a table: headings above its columns, a label before each row."""
        self.y = self.wrap(question.label, self.left, self.y, self.width) + 1
        labels = max(map(self._measure, question.rows)) + _SPACE
        usual = _LABEL * self.width + _SPACE  # where the other fields begin
        labels = min(max(labels, usual if self.columns == 1 else 0), 0.6 * self.width)
        left, cells = self.left + labels, question.cells
        most = (self.width - labels) / len(question.values)
        widest = max(map(self._measure, question.values))
        step = min(most, max(widest, cells * _CELL[0]) + _SPACE) if cells else most
        width = min(step - 2, cells * _CELL[0]) if cells else step - 2
        for number, heading in enumerate(question.values):
            self.write(heading, left + number * step, self.y + 4, _TEXT_PT)
        self.y += 5.5
        stem = question.name or make_name(question.label) or "table"
        for row, label in enumerate(question.rows, 1):
            self.write(label, self.left, self.y + 5.5, _TEXT_PT)
            for column in range(len(question.values)):
                box = (left + column * step, self.y, width, _HIGH)
                keys: dict[str, object] = {"cells": cells} if cells > 1 else {}
                self.put(f"{stem}_r{row}c{column + 1}", box, keys, {})
            self.y += _HIGH + 1
        self.y += _AFTER

    def _answer(self, question: Question, left: float, room: float) -> float:
        """Place what is filled in; give its lower edge."""
        kind, cells = question.kind, question.cells
        name = question.name or make_name(question.label)
        hint: dict[str, object] = {"hint": question.hint} if question.hint else {}
        if kind in ("choice", "bubbles"):
            return self._place_choice(question, name, left, room)
        if kind == "bubbled":
            return self._place_bubbled(question, name, left, room)
        if kind == "tick":
            box = (left, self.y, _TICK, _TICK)
            self.put(name, box, {"kind": "tick"}, hint)
            return self.y + _TICK
        if kind == "text":
            high = _HIGH * max(1, cells)
            self.put(name, (left, self.y, room, high), {"kind": "text"}, hint)
            return self.y + high + _HINT * bool(hint)
        keys: dict[str, object] = dict(_WRITTEN.get(kind, {}))
        look: dict[str, object] = dict(hint)
        if kind in _MARKS:
            mark, usual = _MARKS[kind]
            look = {"hint": question.hint or usual, "between": mark}
            cells = 10 if kind == "date" else 5
        elif cells > 1:
            keys = {"cells": cells}
        width = min(room, cells * _CELL[0] if cells else 40.0)
        if cells and width / cells < _CELL[1]:
            raise InputError(f"{question.label[:40]!r}: no room for {cells} cells")
        self.put(name, (left, self.y, width, _HIGH), keys, look)
        return self.y + _HIGH + _HINT * ("hint" in look)

    def _place_choice(
        self, question: Question, name: str, left: float, room: float
    ) -> float:
        """Place the boxes of a choice in lines, each with what it stands for."""
        x, y, options = left, self.y, []
        values = _make_values(question.values)
        for value, caption in zip(values, question.values, strict=True):
            width = _TICK + 2 + self._measure(caption)
            if x > left and x + width > left + room:
                x, y = left, y + _STEP
            option = tomlkit.inline_table()
            option.update({"value": value, "box": _round((x, y, _TICK, _TICK))})
            options.append(option)
            x += width + _SPACE
        listed = tomlkit.array().multiline(True)
        listed.extend(options)
        look: dict[str, object] = (
            {"bubbles": True} if question.kind == "bubbles" else {}
        )
        look |= {"captions": list(question.values)} if values != question.values else {}
        look |= {"hint": question.hint} if question.hint else {}
        self.put(name, None, {"kind": "choice", "options": listed}, look)
        return y + _TICK + _HINT * bool(question.hint)

    def _place_bubbled(
        self, question: Question, name: str, left: float, room: float
    ) -> float:
        """Place cells for a number, and below each a column of bubbles for its digit.

        Both are read, and must be the same.
        """
        cells = question.cells
        if room / cells < _CELL[1]:
            raise InputError(f"{question.label[:40]!r}: no room for {cells} cells")
        width = min(room, cells * _CELL[0])
        digits = [str(digit) for digit in range(10)]
        grid = self.y + _HIGH + 1
        self.put(name, (left, self.y, width, _HIGH), {"cells": cells}, {})
        written = str(self.fields[-1]["name"])
        keys = {"kind": "choice", "values": digits, "columns": cells}
        box = (left, grid, width, _BUBBLE * len(digits))
        self.put(f"{written[:56]}_bubbled", box, keys, {"bubbles": True})
        bubbled = self.fields[-1]["name"]
        self.checks.append({"rule": f"{written} == {bubbled}"})
        return grid + _BUBBLE * len(digits)

    def _measure(self, text: str) -> float:
        """Measure the width of a text in mm."""
        points = 100  # whole numbers of it are exact enough
        return self.fonts.measure(text, points * _TEXT_PT) / points * _PT

    def _break(self, text: str, width: float) -> Iterator[str]:
        """Break a text into lines of at most a width in mm."""
        line = ""
        for word in text.split():
            longer = f"{line} {word}".strip()
            if line and self._measure(longer) > width:
                yield line
                longer = word
            line = longer
        yield line

    def put(
        self,
        name: str,
        box: tuple[float, float, float, float] | None,
        keys: dict[str, object],
        look: dict[str, object],
    ) -> None:
        """Add a field."""
        known = {one["name"] for one in self.fields}
        name = name or f"field_{len(self.fields) + 1:02d}"
        number, unique = 1, name
        while unique in known:
            number += 1
            unique = f"{name[:58]}_{number}"
        entry: dict[str, object] = {"name": unique, "page": self.page}
        entry |= {} if box is None else {"box": _round(box)}
        self.fields.append({**entry, **keys, "print": _inline({"label": "", **look})})


def _measure_page(sheet: tuple[float, float]) -> tuple[int, int]:
    """Measure a paper of so many mm in pixels of its reference."""
    return round(sheet[0] / 25.4 * _DPI), round(sheet[1] / 25.4 * _DPI)


def _list_texts(question: Question) -> tuple[str, ...]:
    return (question.label, question.hint, *question.values, *question.rows)


def _inline(entries: dict[str, object]) -> InlineTable:
    table = tomlkit.inline_table()
    table.update(entries)
    return table


def _round(box: Sequence[float]) -> list[float]:
    return [round(side, 2) for side in box]


def _make_values(captions: Sequence[str]) -> tuple[str, ...]:
    """Make the words that a choice has as values; numbers where captions are none."""
    words = tuple(re.sub(r"[^\w.+-]+", "_", text).strip("_")[:32] for text in captions)
    if all(words) and len(set(words)) == len(words):
        return words
    return tuple(str(number) for number in range(1, len(captions) + 1))
