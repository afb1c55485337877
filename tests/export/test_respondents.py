"""Which pages become the row of one respondent."""

from __future__ import annotations

import pytest

from formreader.export.respondents import (
    Joining,
    Respondent,
    join_pages,
    respondent_table,
)
from formreader.export.tables import field_names
from formreader.rows import PagePlace, PageRows


def make_page(
    source: str,
    page: int,
    form_page: int | None = None,
    *,
    sure: bool = True,
    **values: str,
) -> PageRows:
    doubt = "false" if sure else "true"
    rows = tuple(
        {
            "field": name,
            "value": value,
            "needs_review": doubt,
            "kind": "code" if name.startswith("serial") else "cells",
        }
        for name, value in values.items()
    )
    form = None if form_page is None else "survey"
    return PageRows(source, page, rows, form=form, form_page=form_page)


def place_of(page: PageRows, page_count: int = 1) -> PagePlace:
    return PagePlace(
        page.source, page.page, page_count, True, page.form, page.form_page
    )


def join(how: str, *pages: PageRows, page_count: int = 1) -> list[Respondent]:
    places = [place_of(page, page_count) for page in pages]
    return join_pages(pages, places, Joining.parse(how))


def names_of(found: list[Respondent]) -> list[list[str]]:
    return [[f"{page.source} {page.page}" for page in one.pages] for one in found]


def test_files_of_one_page_are_joined_as_people_number_them() -> None:
    pages = [make_page(f"scan-{n}.png", 1, 1 + (n - 1) % 2) for n in (1, 10, 2, 9)]
    found = join("2", *pages)
    assert names_of(found) == [
        ["scan-1.png 1", "scan-2.png 1"],
        ["scan-9.png 1", "scan-10.png 1"],
    ]
    assert not any(one.problem for one in found)


def test_sheets_out_of_order_are_joined_by_the_number_in_their_codes() -> None:
    pages = [
        make_page("a.png", 1, 2, serial_2="000042", age="42"),
        make_page("b.png", 1, 1, serial="000041", age="42"),
        make_page("c.png", 1, 1, serial="000042"),
    ]
    whole, half = join("code", *pages)
    assert (whole.name, names_of([whole])) == ("000042", [["a.png 1", "c.png 1"]])
    assert (half.name, half.problem) == ("000041", "no page 2")


def test_a_page_that_lacks_its_partner_stands_alone_and_is_named() -> None:
    pages = [
        make_page("s.pdf", n, form) for n, form in ((1, 1), (2, 1), (3, 2), (4, 2))
    ]
    found = join("2", *pages, page_count=4)
    assert names_of(found) == [["s.pdf 1"], ["s.pdf 2", "s.pdf 3"], ["s.pdf 4"]]
    assert [one.problem for one in found] == ["no page 2", "", "no page 1"]


def test_pages_that_could_not_be_read_join_no_strangers() -> None:
    first, last = make_page("s.pdf", 1, 1), make_page("s.pdf", 4, 2)
    unread = [PagePlace("s.pdf", n, 4, False) for n in (2, 3)]
    places = [place_of(first, 4), *unread, place_of(last, 4)]
    found = join_pages([first, last], places, Joining.parse("2"))
    assert names_of(found) == [["s.pdf 1"], ["s.pdf 4"]]
    assert [one.problem for one in found] == ["not read: s.pdf 2", "not read: s.pdf 3"]


def test_no_respondent_reaches_from_one_folder_or_pdf_into_the_next() -> None:
    pages = [make_page(name, 1) for name in ("a/1.png", "b/1.png", "b/2.png")]
    assert names_of(join("2", *pages)) == [["a/1.png 1"], ["b/1.png 1", "b/2.png 1"]]


def test_pages_of_one_key_are_joined_unless_it_is_in_doubt() -> None:
    pages = [
        make_page("1.png", 1, 1, id_1="7"),
        make_page("2.png", 1, 1, id_1="8"),
        make_page("3.png", 1, 2, id_2="8"),
        make_page("4.png", 1, 2, id_2="7", sure=False),
        make_page("5.png", 1, 2, id_2=""),
    ]
    found = join("id_1,id_2", *pages)
    assert [(one.name, len(one.pages), one.problem) for one in found] == [
        ("7", 1, "no page 2"),
        ("8", 2, ""),
        ("", 1, "id_2 is in doubt: review it first"),
        ("", 1, "id_2 is empty"),
    ]


def test_two_pages_that_claim_one_place_are_not_merged() -> None:
    pages = [
        make_page("1.png", 1, 1, id="7"),
        make_page("2.png", 1, 1, id="7"),
        make_page("3.png", 1, 2, id="7"),
    ]
    found = join("id", *pages)
    assert [len(one.pages) for one in found] == [1, 1, 1]
    assert {one.problem for one in found} == {"page 1 is there more than once"}


def test_a_respondent_has_one_row_with_the_fields_of_all_pages() -> None:
    pages = [
        make_page("1.pdf", 1, 1, age="44"),
        make_page("1.pdf", 2, 2, sure=False, income="12.5"),
    ]
    table = respondent_table(join("file", *pages, page_count=2), field_names(pages))
    assert table.columns == (
        "respondent",
        "pages",
        "age",
        "income",
        "problem",
        "needs_review",
    )
    assert [list(row) for rows in table.chunks for row in rows] == [
        ["1", "1.pdf 1, 1.pdf 2", "44", "12.5", "", "income"]
    ]


def test_fields_without_a_template_are_told_apart_by_their_page() -> None:
    pages = [make_page("1.pdf", n, field_001=f"{n}{n}") for n in (1, 2)]
    table = respondent_table(join("2", *pages, page_count=2), field_names(pages))
    assert table.columns[2:4] == ("p1.field_001", "p2.field_001")
    ((row,),) = table.chunks
    assert row[2:4] == ["11", "22"]


@pytest.mark.parametrize("text", ["", "1", "0", "a,,b", "1001"])
def test_what_joins_no_pages_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="pages"):
        Joining.parse(text)
