from __future__ import annotations

import pytest

from formreader.store.people.decisions import Action
from formreader.store.people.reviewed import ReviewedDigit, ReviewedField
from formreader.training.reviewed.labels import align, label_field
from formreader.value_types import ValueKind, ValueType


def label(
    raw: str, action: Action | None, value: str = "", verdicts: str = ""
) -> str | None:
    """Label a field; `+` is a digit found right, `-` one found wrong, ` ` unseen.

    Gives a character a crop, `.` where there is no label.
    """
    found = {"+": True, "-": False, " ": None}
    digits = tuple(
        ReviewedDigit(character, found[verdict])
        for character, verdict in zip(raw, verdicts or " " * len(raw), strict=True)
    )
    field = ReviewedField("sum", 0, action, value, digits)
    return "".join(found or "." for found in label_field(field))


@pytest.mark.parametrize(
    ("raw", "value", "labels"),
    [
        ("42", "42", "42"),
        ("72", "12", "12"),  # misread
        ("7", "1", "1"),
        ("_42", "42", ".42"),
        ("42_X", "42", "42.."),
        ("X42", "42", ".42"),
        ("X42", "142", "142"),  # taken for a cross
        ("4X2", "42", "4.2"),
        ("4?2", "412", "412"),
        ("?42", "42", ".42"),  # a mark before the number
        ("125", "12.5", "125"),  # no crop shows the point
        ("__5", "75", "..5"),  # either blank may be the 7
        ("_", "7", "7"),
    ],
)
def test_a_value_is_laid_along_the_reading(raw: str, value: str, labels: str) -> None:
    assert "".join(found or "." for found in align(raw, value)) == labels


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("12", "7"),  # a digit cut into two
        ("1", "42"),  # two digits in one crop
        ("1234", "2345"),  # as many, but one too many in front and one lost at the end
        ("12", "21"),  # typed the wrong way round, more likely than misread twice
        ("", "5"),
        ("12", ""),
        ("12", "1a"),
    ],
)
def test_a_field_cut_in_the_wrong_places_labels_nothing(raw: str, value: str) -> None:
    assert align(raw, value) == [None] * len(raw)


def test_a_doubtful_place_costs_only_its_own_labels() -> None:
    # The 4 may be the 1, or the mark; that the 2 is a 2 holds both ways, but one of
    # them leaves a digit over.
    assert align("1?2", "42") == [None, None, None]
    assert align("_X5", "75") == [None, None, "5"]


def test_accepted_and_corrected_fields_label_their_crops() -> None:
    assert label("72", Action.ACCEPT, "72") == "72"
    assert label("72", Action.CORRECT, "12") == "12"


@pytest.mark.parametrize("action", [Action.UNREADABLE, Action.BLANK])
def test_fields_without_a_number_label_nothing_whatever_else_was_said(
    action: Action,
) -> None:
    assert label("72", action, "", "++") == ".."


def test_a_reading_that_nobody_confirmed_labels_nothing() -> None:
    assert label("72", None) == ".."
    assert label("72", Action.DOUBT, "72") == ".."


def test_on_the_carpet_a_digit_is_right_or_it_is_not_known() -> None:
    assert label("72", None, "", "+ ") == "7."
    assert label("72", Action.DOUBT, "72", "-+") == ".2"
    assert label("X?", None, "", "++") == ".."  # no digits


def test_a_crop_about_which_people_contradict_each_other_has_no_label() -> None:
    assert label("72", Action.CORRECT, "12", "++") == ".2"
    assert label("72", Action.ACCEPT, "72", "-+") == ".2"
    assert label("72", Action.CORRECT, "12", "- ") == "12"


@pytest.mark.parametrize(
    ("raw", "value", "labels"),
    [
        ("5/19/2021", "2021-05-19", "5.19.2021"),
        ("05192021", "2021-05-19", "05192021"),
        ("5/14/2021", "2021-05-19", "........."),  # corrected: who knows where
        ("0511912021", "2021-05-19", ".........."),  # ones that are slashes
    ],
)
def test_a_date_is_labelled_only_as_it_was_read(
    raw: str, value: str, labels: str
) -> None:
    digits = tuple(ReviewedDigit(character) for character in raw)
    type_ = ValueType(ValueKind.DATE, "MM/DD/YYYY")
    field = ReviewedField("born", 0, Action.ACCEPT, value, digits, type_)
    assert "".join(found or "." for found in label_field(field)) == labels
