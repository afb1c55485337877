from __future__ import annotations

from pathlib import Path

import pytest
from ruled_fields import Ruled, reading, settle

from formreader.errors import TemplateError
from formreader.forms.templates.template import FormTemplate
from formreader.readings import FieldReading
from formreader.records import FieldKind, Flag
from formreader.value_types import ValueKind, ValueType

DATE = ValueType(ValueKind.DATE, "MM/DD/YY")
DECIMAL = ValueType(ValueKind.DECIMAL)
INTEGER = ValueType(ValueKind.INTEGER)
CENTS = ValueType(ValueKind.DECIMAL, decimals=2)


def read(
    type_: ValueType,
    text: str,
    *others: tuple[str, float],
    confidence: float = 0.98,
    flags: tuple[Flag, ...] = (),
    kind: FieldKind = FieldKind.BOX,
    value: str | None = None,
) -> FieldReading:
    """Read a typed field that was decoded as `text`."""
    decoded = reading(
        text if value is None else value,
        confidence,
        *others,
        raw=text,
        flags=flags,
        kind=kind,
    )
    (settled,) = settle([decoded], [Ruled(value_type=type_)])
    return settled


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (INTEGER, "1,234", "1234"),
        (DECIMAL, "24,7", "24.7"),
        (DATE, "05/19/21", "2021-05-19"),
        (ValueType(ValueKind.TIME), "9:05", "09:05"),
    ],
)
def test_a_typed_value_is_canonical_and_the_text_stays(
    type_: ValueType, text: str, value: str
) -> None:
    field = read(type_, text)
    assert (field.value, field.raw, field.type) == (value, text, type_)
    assert field.flags == ()
    assert not field.needs_review


@pytest.mark.parametrize(
    ("type_", "text"),
    [(INTEGER, "12.5"), (DECIMAL, "1.2.3"), (DATE, "13/13/21")],
)
def test_what_has_no_canonical_form_stays_as_written_for_review(
    type_: ValueType, text: str
) -> None:
    field = read(type_, text)
    assert field.value == text
    assert Flag.RULE_FAILED in field.flags
    assert field.needs_review


def test_a_slash_read_as_a_one_is_put_right_where_only_that_makes_a_date() -> None:
    field = read(DATE, "0511912021")
    assert field.value == "2021-05-19"
    assert field.raw == "0511912021"
    assert field.flags == (Flag.RULE_CORRECTED,)
    assert not field.needs_review


def test_a_date_that_may_have_slashes_for_ones_is_for_review() -> None:
    field = read(DATE, "111121")
    assert {other.value for other in field.alternatives} >= {"2021-01-01"}
    assert field.needs_review


def test_ones_in_printed_cells_are_no_slashes() -> None:
    field = read(DATE, "111121", kind=FieldKind.CELLS)
    assert field.value == "2021-11-11"
    assert not field.needs_review


def test_a_date_of_two_styles_may_have_lost_a_digit() -> None:
    field = read(DATE, "09/8/24")
    assert field.value == "2024-09-08"
    assert Flag.WRONG_LENGTH in field.flags
    assert field.needs_review


def test_a_date_proves_its_marks_and_a_number_does_not() -> None:
    date = read(DATE, "05-19-21", flags=(Flag.SEPARATOR,))
    number = read(DECIMAL, "24.7", flags=(Flag.SEPARATOR,))
    assert (date.needs_review, number.needs_review) == (False, True)


def test_a_number_without_the_decimals_asked_for_is_for_review() -> None:
    assert read(CENTS, "2470").needs_review
    assert not read(CENTS, "24.70").needs_review
    assert not read(DECIMAL, "2470").needs_review


def test_readings_that_mean_the_same_count_together() -> None:
    field = read(DECIMAL, "24.7", ("24,7", 0.4), ("21.7", 0.05), confidence=0.5)
    assert field.value == "24.7"
    assert field.confidence == pytest.approx(0.9)
    assert [other.value for other in field.alternatives] == ["21.7"]


def test_a_likelier_date_is_chosen_where_the_best_reading_is_none() -> None:
    field = read(DATE, "05/49/21", ("05/19/21", 0.4), confidence=0.59)
    assert field.value == "2021-05-19"
    assert Flag.RULE_CORRECTED in field.flags


def test_blank_cells_between_the_parts_of_a_date_are_its_marks() -> None:
    field = read(
        DATE, "09_26_92", value="", flags=(Flag.WRONG_LENGTH,), kind=FieldKind.CELLS
    )
    assert field.value == "1992-09-26"
    assert not field.needs_review


def test_a_blank_cell_between_thousands_is_offered_for_review() -> None:
    field = read(
        INTEGER, "_1_234", value="", flags=(Flag.WRONG_LENGTH,), kind=FieldKind.CELLS
    )
    assert field.value == "1234"
    assert field.needs_review


def test_what_cannot_be_read_stays_empty() -> None:
    field = read(DECIMAL, "24?7", value="", flags=(Flag.NOT_A_DIGIT,))
    assert field.value == ""
    assert field.needs_review


TEMPLATE = """\
name = "visit"
reference = "visit.png"
width = 400
height = 600

[[field]]
name = "when"
box = [50, 60, 270, 30]
type = "date"
format = "DD/MM/YYYY"

[[field]]
name = "weight"
box = [50, 120, 90, 30]
type = "decimal"
decimals = 1
min = -2
"""


def load(folder: Path, text: str = TEMPLATE) -> FormTemplate:
    path = folder / "visit.toml"
    path.write_text(text, encoding="utf-8")
    return FormTemplate.load(path)


def test_a_template_says_what_type_a_field_has(tmp_path: Path) -> None:
    types = [field.value_type for field in load(tmp_path).fields]
    assert types == [
        ValueType(ValueKind.DATE, "DD/MM/YYYY"),
        ValueType(ValueKind.DECIMAL, decimals=1),
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('type = "date"', 'type = "day"', "line 9, field 'when', key 'type'"),
        ('format = "DD/MM/YYYY"\n', "", "field 'when', key 'format': is missing"),
        ("DD/MM/YYYY", "DD/MM", "line 10, field 'when', key 'format'"),
        ('type = "date"\n', "", "key 'format': goes with type"),
        ('"decimal"', '"integer"', "field 'weight', key 'decimals'"),
        ('DD/MM/YYYY"', 'DD/MM/YYYY"\nmin = 3', "key 'min': says nothing of type"),
        ("min = -2", 'marks = "ignore"', "key 'marks': are read"),
        ("min = -2", 'format = "HH:MM"', "key 'format': says nothing of type"),
        ("min = -2", '[[check]]\nrule = "when > 3"', "'when' is a date"),
    ],
)
def test_a_wrong_type_is_named_by_line_and_key(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in TEMPLATE
    with pytest.raises(TemplateError) as caught:
        load(tmp_path, TEMPLATE.replace(old, new, 1))
    assert message in caught.value.message
