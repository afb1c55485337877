"""A template file as text, changed table by table: comments and layout stay."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

import tomlkit

from formreader.errors import TemplateError
from formreader.forms.templates.entries import FieldTemplate
from formreader.forms.templates.file import read_template
from formreader.forms.templates.template import FormTemplate
from formreader.forms.templates.units import PageScale, find_scale
from formreader.geometry import Box

__all__ = ["FormText"]

_HEADER = re.compile(r"\s*\[\[?\s*([\w-]+)\s*\]\]?\s*(?:#.*)?$")
_IDLE = re.compile(r"\s*(?:#.*)?$")
_DOUBTFUL = re.compile(r"\s*#\s*\[\[field\]\]")
_COMMENT = re.compile(r"^(\s*)#[ ]?")


@dataclass(frozen=True)
class _Table:
    """A table of the file: its name, its header's line, and the one after its keys."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class FormText:
    """A template as text.

    Attributes:
        text: TOML.
        path: The file that holds it, or will.
    """

    text: str
    path: Path

    @classmethod
    def load(cls, path: Path) -> FormText:
        """Load the file of a template that can be used.

        Raises:
            TemplateError: If it cannot, or its fields are no tables of their own.
        """
        loaded = cls(read_template(path), path)
        loaded.form  # noqa: B018 - a template that is wrong is named as it stands
        if len(loaded._tables_of("field")) != len(loaded.fields):
            message = "its fields are not all [[field]] tables; change it by hand"
            raise TemplateError(message, path=path)
        return loaded

    @cached_property
    def form(self) -> FormTemplate:
        """The template; its boxes are pixels."""
        return FormTemplate.parse(self.text, self.path)

    @cached_property
    def entries(self) -> dict[str, Any]:
        """What the text says, unchecked."""
        return tomllib.loads(self.text)

    @property
    def fields(self) -> list[dict[str, Any]]:
        """The fields that this file itself has."""
        found: list[dict[str, Any]] = self.entries.get("field", [])
        return found

    @property
    def is_in_mm(self) -> bool:
        """Whether its boxes are in mm."""
        return self.entries.get("unit") == "mm"

    def find_scale(self, page: int) -> PageScale | None:
        """Find how many pixels a millimetre has, if the template says it."""
        return find_scale(self.entries, page)

    def find(self, name: str) -> int:
        """Find a field of this file by its name: its number from 0.

        Raises:
            TemplateError: If there is none, or it is included from another file.
        """
        names = [field["name"] for field in self.fields]
        if name in names:
            return names.index(name)
        if any(field.name == name for field in self.form.fields):
            message = f"field {name!r} stands in a file that is included; change it"
            raise TemplateError(f"{message} there", path=self.path)
        near = get_close_matches(name, names, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        message = f"there is no field {name!r}{hint}"
        raise TemplateError(message, path=self.path)

    def find_field(self, name: str) -> FieldTemplate:
        """Find a field by its name, also an included one.

        Raises:
            TemplateError: If there is none.
        """
        for field in self.form.fields:
            if field.name == name:
                return field
        self.find(name)
        raise AssertionError("a name that the file has is one of the template")

    def describe_box(self, box: Box, page: int) -> list[int] | list[float]:
        """Give a box in pixels as the file has boxes."""
        scale = self.find_scale(page) if self.is_in_mm else None
        if scale is None:
            return [box.left, box.top, box.width, box.height]
        return scale.to_mm(box)

    def with_keys(
        self, table: str, number: int, keys: Mapping[str, object]
    ) -> FormText:
        """Set keys of a table; those that are None are taken away.

        Args:
            table: `field` or `check`.
            number: Which of them, from 0.
            keys: Their values.
        """
        return self.with_tables(table, {number: keys})

    def with_tables(
        self, table: str, changes: Mapping[int, Mapping[str, object]]
    ) -> FormText:
        """Set keys of several tables at once, as `with_keys` does of one.

        Args:
            table: `field` or `check`.
            changes: Keys and values, by number of the table from 0.
        """
        lines, places = self._lines, self._tables_of(table)
        for number in sorted(changes, reverse=True):
            place = places[number]
            block = tomlkit.parse("".join(lines[place.start : place.end]))
            item: Any = block[table][0]
            for key, value in changes[number].items():
                if value is None:
                    item.pop(key, None)
                else:
                    item[key] = _make_item(value)
            text = block.as_string()
            text += "" if text.endswith("\n") else self._newline
            lines[place.start : place.end] = [text]
        return self._with_lines(lines)

    def without(self, table: str, numbers: Iterable[int]) -> FormText:
        """Take tables away, and nothing that stands around them."""
        lines = self._lines
        places = self._tables_of(table)
        for number in sorted(set(numbers), reverse=True):
            place = places[number]
            end = place.end
            if end < len(lines) and not lines[end].strip():
                end += 1  # one blank line goes with it
            del lines[place.start : end]
        return self._with_lines(lines)

    def with_fields(
        self, fields: Sequence[Mapping[str, object]], after: int | None = None
    ) -> FormText:
        """Put new fields after one of the file, by default after the last.

        Args:
            fields: Keys and values of each.
            after: Number from 0 of the field that they follow.
        """
        tables = self._tables_of("field")
        lines = self._lines
        if not tables:
            checks = self._tables_of("check")
            end = checks[0].start if checks else len(lines)
        else:
            end = tables[-1 if after is None else after].end
        written = []
        for field in fields:
            table = tomlkit.table()
            for key, value in field.items():
                table.add(key, _make_item(value))
            written.append(f"\n[[field]]\n{table.as_string().rstrip()}\n")
        if end and not lines[end - 1].endswith("\n"):
            lines[end - 1] += self._newline
        text = "".join(written).replace("\n", self._newline)
        if end < len(lines) and lines[end].strip():
            text += self._newline
        return self._with_lines(lines[:end], [text], lines[end:])

    def with_checks(self, rules: Sequence[str]) -> FormText:
        """Put rules between fields at the end of the file."""
        lines = self._lines
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += self._newline
        written = []
        for rule in rules:
            table = tomlkit.table()
            table.add("rule", rule)
            written.append(f"\n[[check]]\n{table.as_string().rstrip()}\n")
        return self._with_lines(lines, ["".join(written).replace("\n", self._newline)])

    def list_doubtful(self) -> dict[str, tuple[int, int]]:
        """List the fields that stand in the file as comments: their lines, by name."""
        lines = self._lines
        found = {}
        for start, line in enumerate(lines):
            if not _DOUBTFUL.match(line):
                continue
            end = start + 1
            while end < len(lines) and re.match(r"\s*#\s*\w+\s*=", lines[end]):
                end += 1
            plain = "".join(_COMMENT.sub(r"\1", one) for one in lines[start:end])
            try:
                (field,) = tomllib.loads(plain)["field"]
                found[str(field["name"])] = (start, end)
            except (tomllib.TOMLDecodeError, KeyError, ValueError):
                continue
        return found

    def with_doubtful(self, names: Sequence[str]) -> FormText:
        """Take the # away from before fields that stand as comments.

        Raises:
            TemplateError: If one of them does not.
        """
        lines, known = self._lines, self.list_doubtful()
        for name in names:
            if name not in known:
                near = get_close_matches(name, known, 1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                message = (
                    f"field {name!r} needs a place, such as --box "
                    f"20mm,35mm,60mm,8mm; no comment proposes a field so named{hint}"
                )
                raise TemplateError(message, path=self.path)
            start, end = known[name]
            for line in range(start, end):
                lines[line] = _COMMENT.sub(r"\1", lines[line], count=1)
        return self._with_lines(lines)

    def describe_doubtful(self) -> dict[str, tuple[dict[str, Any], str]]:
        """Describe the fields that stand as comments.

        Returns:
            Keys and values as the file has them, and what is said of the field behind
            its header, by name.
        """
        lines = self._lines
        found = {}
        for name, (start, end) in self.list_doubtful().items():
            plain = "".join(_COMMENT.sub(r"\1", one) for one in lines[start:end])
            note = lines[start].partition("]]")[2].strip(" #\r\n")
            found[name] = tomllib.loads(plain)["field"][0], note
        return found

    def without_doubtful(self, names: Iterable[str]) -> FormText:
        """Take fields away that stand as comments."""
        lines, known = self._lines, self.list_doubtful()
        for start, end in sorted((known[name] for name in names), reverse=True):
            if end < len(lines) and not lines[end].strip():
                end += 1  # one blank line goes with it
            del lines[start:end]
        return self._with_lines(lines)

    @property
    def has_plain_checks(self) -> bool:
        """Whether the rules between fields are tables of their own."""
        return len(self._tables_of("check")) == len(self.entries.get("check", []))

    @property
    def _newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    @property
    def _lines(self) -> list[str]:
        return re.findall(r"[^\n]*\n|[^\n]+$", self.text)

    def _with_lines(self, *parts: Sequence[str]) -> FormText:
        return FormText("".join(line for part in parts for line in part), self.path)

    def _tables_of(self, name: str) -> list[_Table]:
        """List the tables of one name, in the file's order."""
        lines = self._lines
        heads = [
            (number, found[1])
            for number, line in enumerate(lines)
            if (found := _HEADER.match(line.rstrip("\r\n")))
        ]
        ends = [*(number for number, _ in heads[1:]), len(lines)]
        tables = []
        for (start, head), following in zip(heads, ends, strict=True):
            end = following
            while end > start + 1 and _IDLE.match(lines[end - 1].rstrip("\r\n")):
                end -= 1
            if head == name:
                tables.append(_Table(head, start, end))
        return tables


def _make_item(value: object) -> object:
    """Make what a key holds; tables in a list stand within its line."""
    if not isinstance(value, list) or not any(isinstance(one, dict) for one in value):
        return tomlkit.item(value)
    array = tomlkit.array()
    for entry in value:
        table = tomlkit.inline_table()
        table.update(entry)
        array.append(table)
    return array
