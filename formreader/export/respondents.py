"""Joins the pages of each respondent: the rows of documents of several pages.

Pages are joined by their order, by file, by the serial number in their printed codes,
or by the value of a field that all of them have. What cannot be joined for sure stays
by itself, and is named: no page of one person ever stands in the row of another without
a word.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from formreader.export.tables import Table
from formreader.records import FieldKind
from formreader.rows import (
    ColumnType,
    FieldRow,
    PagePlace,
    PageRows,
    column_of,
    is_doubtful,
)
from formreader.value_types import ValueType

__all__ = [
    "Joining",
    "Respondent",
    "join_pages",
    "respondent_table",
]


@dataclass(frozen=True)
class Joining:
    """What makes pages those of one respondent: one of four things.

    Attributes:
        count: They follow each other, so many at a time.
        keys: They have the same value in one of these fields, the key.
        by_file: They are in one file.
        by_code: Their printed codes say the same.
    """

    count: int = 0
    keys: tuple[str, ...] = ()
    by_file: bool = False
    by_code: bool = False

    @classmethod
    def parse(cls, text: str) -> Joining:
        """Read what a person asks for: `file`, `code`, a number, or names of fields.

        Raises:
            ValueError: If it is none of these.

        Example:
            >>> Joining.parse("2").count, Joining.parse("id_1,id_2").keys
            (2, ('id_1', 'id_2'))
        """
        if text == "file":
            return cls(by_file=True)
        if text == "code":
            return cls(by_code=True)
        if text.isdecimal():
            if not 2 <= int(text) <= 1000:
                raise ValueError("a respondent has 2 to 1000 pages")
            return cls(count=int(text))
        keys = tuple(key.strip() for key in text.split(","))
        if not all(keys):
            raise ValueError("give file, code, a number of pages, or names of fields")
        return cls(keys=keys)

    def is_key(self, row: FieldRow) -> bool:
        """Tell whether a field says whose page it is on."""
        if self.by_code:
            return row["kind"] == FieldKind.CODE
        return row["field"] in self.keys


@dataclass(frozen=True)
class Respondent:
    """The pages of one respondent.

    Attributes:
        name: The value of the key; else a number from 1.
        pages: Those that were read, in order.
        problem: Why they are not all that there should be; empty if they are.
    """

    name: str
    pages: tuple[PageRows, ...]
    problem: str = ""


def join_pages(
    pages: Iterable[PageRows], places: Iterable[PagePlace], how: Joining
) -> list[Respondent]:
    """Join pages.

    Args:
        pages: Those that were read.
        places: All pages that there are, also those that could not be read.
        how: What makes them those of one respondent.
    """
    ordered = sorted(places, key=_find_order)
    read = {(page.source, page.page): page for page in pages}
    if how.keys or how.by_code:
        known = [read[p.source, p.page] for p in ordered if (p.source, p.page) in read]
        return list(_join_by_key(known, how))
    parts = _part_by_file(ordered) if how.by_file else _part(ordered, how.count)
    whole = Counter(_list_forms(part) for part in parts if len(part) >= how.count)
    usual = max(whole, key=lambda forms: (whole[forms], len(forms)), default=())
    found: list[Respondent] = []
    for part in parts:
        shown = [read[p.source, p.page] for p in part if (p.source, p.page) in read]
        problem = _find_problem(part, usual, how.count)
        found += _separate(str(len(found) + 1), shown, problem)
    return found


def respondent_table(
    respondents: Sequence[Respondent], names: Mapping[str, ValueType | None]
) -> Table:
    """Lay out a row a respondent and a column a field.

    The columns `respondent` and `pages` come first; `problem` and `needs_review`, the
    names of the doubtful fields, last.

    Args:
        respondents: As `join_pages` gives them.
        names: All fields and their types. Where two pages of a respondent have a field
            of the same name, as pages without a template do, each has a column of its
            own, as `p2.field_001`.
    """
    twice = {name for one in respondents for name in _list_twice(one)}
    columns: dict[str, ValueType | None] = {}
    for name, type_ in names.items():
        if name not in twice:
            columns[name] = type_
    most = max((len(one.pages) for one in respondents), default=0)
    for place in range(most):
        columns |= {_prefix(place, n): t for n, t in names.items() if n in twice}
    values = map(column_of, columns.values())
    text = ColumnType.TEXT
    return Table(
        ("respondent", "pages", *columns, "problem", "needs_review"),
        (text, text, *values, text, text),
        ([_make_row(one, list(columns), twice)] for one in respondents),
    )


def _make_row(one: Respondent, columns: list[str], twice: set[str]) -> list[object]:
    values: dict[str, object] = {}
    doubtful = []
    for place, page in enumerate(one.pages):
        for row in page.fields:
            name = str(row["field"])
            name = _prefix(place, name) if name in twice else name
            values[name] = row["value"]
            if is_doubtful(row):
                doubtful.append(name)
    pages = ", ".join(f"{page.source} {page.page}" for page in one.pages)
    cells = [values.get(name, "") for name in columns]
    return [one.name, pages, *cells, one.problem, " ".join(doubtful)]


def _prefix(place: int, name: str) -> str:
    return f"p{place + 1}.{name}"


def _list_twice(one: Respondent) -> Iterator[str]:
    """List the fields that several pages of a respondent have."""
    seen: set[str] = set()
    for page in one.pages:
        own = {str(row["field"]) for row in page.fields}
        yield from own & seen
        seen |= own


def _part_by_file(places: Sequence[PagePlace]) -> list[list[PagePlace]]:
    files: dict[str, list[PagePlace]] = {}
    for place in places:
        files.setdefault(place.source, []).append(place)
    return list(files.values())


def _part(places: Sequence[PagePlace], count: int) -> list[list[PagePlace]]:
    """Part pages that follow each other into respondents.

    A stack is a file of several pages, or the files of one page of a folder. Where the
    template knows which page of the form one is, it begins a respondent anew unless it
    is the page that should follow; a page that could not be read takes a place.
    """
    several = {p.form for p in places if p.form_page is not None and p.form_page > 1}
    parts: list[list[PagePlace]] = []
    stack, due = None, 1
    for place in places:
        own = _name_stack(place)
        number = place.form_page if place.form in several else None
        if own != stack or due > count or number not in (None, due):
            parts.append([])
            due = number or 1
        parts[-1].append(place)
        stack, due = own, due + 1
    return parts


def _name_stack(place: PagePlace) -> tuple[str, bool]:
    if place.page_count > 1:
        return place.source, True
    return str(PurePosixPath(place.source).parent), False


def _find_order(place: PagePlace) -> tuple[list[tuple[int, str]], int]:
    """Order pages as people number files: scan-2 comes before scan-10."""
    parts = re.split(r"(\d+)", place.source)
    return [(int(t), "") if t.isdecimal() else (-1, t) for t in parts], place.page


def _list_forms(part: Sequence[PagePlace]) -> tuple[str | None, ...]:
    return tuple(place.form for place in part if place.is_read)


def _find_problem(
    part: Sequence[PagePlace], usual: tuple[str | None, ...], count: int
) -> str:
    """Say which pages are not there, or that they are of other forms than usual."""
    problems = []
    unread = [place for place in part if not place.is_read]
    if unread:
        listed = ", ".join(f"{place.source} {place.page}" for place in unread)
        problems.append(f"not read: {listed}")
    if count and len(part) < count:
        first = part[0].form_page or 1
        lost = [n for n in range(1, count + 1) if not first <= n < first + len(part)]
        problems.append(f"no page {', '.join(map(str, lost))}")
    forms = _list_forms(part)
    if not problems and usual and forms != usual:
        said = [", ".join(map(str, names)) for names in (forms, usual)]
        problems.append(f"pages of {said[0]}, where others are of {said[1]}")
    return "; ".join(problems)


def _separate(
    name: str, pages: Sequence[PageRows], problem: str
) -> Iterator[Respondent]:
    """Give pages as one respondent, unless one of them is there twice."""
    places = [(p.form, p.form_page) for p in pages if p.form is not None]
    double = {f"{page}" for form, page in places if places.count((form, page)) > 1}
    if double:
        problem = f"page {', '.join(sorted(double))} is there more than once"
        yield from (Respondent(name, (page,), problem) for page in pages)
    elif pages:
        yield Respondent(name, tuple(pages), problem)


def _join_by_key(pages: Sequence[PageRows], how: Joining) -> Iterator[Respondent]:
    """Join pages of the same key; what has none for sure stays by itself."""
    found: dict[str, list[PageRows]] = defaultdict(list)
    alone: list[tuple[PageRows, str]] = []
    most: dict[str, int] = {}
    for page in pages:
        rows = [row for row in page.fields if how.is_key(row)]
        values = {str(row["value"]) for row in rows}
        if page.form is not None:
            most[page.form] = max(most.get(page.form, 0), page.form_page or 1)
        if len(values) != 1 or not all(values):
            alone.append((page, _explain_key(rows, values)))
        elif any(map(is_doubtful, rows)):
            alone.append((page, f"{rows[0]['field']} is in doubt: review it first"))
        else:
            found[values.pop()].append(page)
    for key, joined in found.items():
        yield from _separate(key, joined, _find_lack(joined, most))
    for page, problem in alone:
        yield Respondent("", (page,), problem)


def _explain_key(rows: Sequence[FieldRow], values: set[str]) -> str:
    if not rows:
        return "the page has no such field"
    return (
        "its key fields differ" if len(values) > 1 else f"{rows[0]['field']} is empty"
    )


def _find_lack(pages: Sequence[PageRows], most: Mapping[str, int]) -> str:
    """Say which pages of a form are not there."""
    problems = []
    for form in dict.fromkeys(page.form for page in pages if page.form is not None):
        own = {page.form_page for page in pages if page.form == form}
        lost = [str(n) for n in range(1, most[form] + 1) if n not in own]
        if lost:
            problems.append(f"no page {', '.join(lost)}")
    return "; ".join(problems)
