from __future__ import annotations

import pytest

from formreader.digits.mark_styles import ODD, MarkUse, PageStyles, find_style


@pytest.mark.parametrize(
    ("text", "use", "ending", "grouping"),
    [
        ("1234", MarkUse.NONE, "", ""),
        ("123", MarkUse.NONE, "", None),
        ("12,375", MarkUse.GROUPS, "", ","),
        ("-1.234,50", MarkUse.GROUPS, ",2", "."),
        ("1,234,567", MarkUse.GROUPS, "", ","),
        ("634,73", MarkUse.TWO_DECIMALS, ",2", None),
        ("1234.50", MarkUse.TWO_DECIMALS, ".2", ""),
        (".5", MarkUse.ONE_DECIMAL, ".1", None),
        ("5,67200", MarkUse.LONG, "long", None),
        ("12/24/18", MarkUse.OTHER, "//", None),
        ("2021-05-19", MarkUse.OTHER, "--", None),
        ("123-45-6789", MarkUse.OTHER, "--", None),
        ("12:30", MarkUse.OTHER, ":", None),
        ("3/1/198", MarkUse.OTHER, ODD, None),
        ("1.234.56", MarkUse.OTHER, ODD, None),
        ("1..2", MarkUse.BAD, ODD, None),
    ],
)
def test_what_the_marks_of_a_number_are_for(
    text: str, use: MarkUse, ending: str, grouping: str | None
) -> None:
    style = find_style(text)
    assert (style.use, style.ending, style.grouping) == (use, ending, grouping)
    assert style.is_negative == text.startswith("-")


def test_a_number_is_expected_to_be_written_as_the_others_of_its_page() -> None:
    comma, point = find_style("634,73"), find_style("634.73")
    own = [(comma, 0.5), (point, 0.5)]
    page = PageStyles([own, *[[(comma, 1.0)]] * 5])
    (with_comma, _), (with_point, _) = page.expect(own)
    assert with_comma > with_point + 2


def test_alone_on_a_page_a_number_may_be_written_in_any_way() -> None:
    own = [(find_style("634,73"), 0.1), (find_style("1,234.5"), 0.9)]
    (first, short), (second, _) = PageStyles([own]).expect(own)
    assert first == second
    assert short == 0.0
