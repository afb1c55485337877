from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from formreader.errors import TemplateError
from formreader.forms.templates import file
from formreader.forms.templates.entries import FieldTemplate
from formreader.forms.templates.extent import LARGEST_TEMPLATE
from formreader.forms.templates.places import find_line
from formreader.forms.templates.roster import LARGEST_ROSTER, load_roster
from formreader.forms.templates.template import FormTemplate
from formreader.geometry import Box

TEXT = """\
name = "exam"
reference = "exam.png"
width = 400
height = 600

[[field]]
name = "student_id"
box = [50, 60, 270, 30]
cells = 9

[[field]]
name = "total"
box = [50, 120, 90, 30]
length = [1, 3]
blank = "allow"

[[check]]
rule = "total <= 100"
"""


def write(folder: Path, text: str = TEXT) -> Path:
    path = folder / "exam.toml"
    path.write_text(text, encoding="utf-8")
    return path


def error_of(folder: Path, old: str, new: str) -> str:
    assert TEXT.count(old) >= 1
    with pytest.raises(TemplateError) as caught:
        FormTemplate.load(write(folder, TEXT.replace(old, new, 1)))
    assert caught.value.path == folder / "exam.toml"
    return caught.value.message


def test_a_template_holds_what_the_file_says(tmp_path: Path) -> None:
    form = FormTemplate.load(write(tmp_path))
    (page,) = form.pages
    assert (form.name, form.checks) == ("exam", ("total <= 100",))
    assert (page.width, page.height) == (400, 600)
    assert page.reference == (tmp_path / "exam.png").resolve()
    number, total = form.fields_on(1)
    assert number == FieldTemplate(name="student_id", box=Box(50, 60, 320, 90), cells=9)
    assert (total.length, total.blank, total.marks) == ((1, 3), "allow", "review")
    assert form.fields_on(2) == ()


def test_skipped_cells_are_no_boxes_for_digits() -> None:
    field = FieldTemplate(name="ssn", box=Box(50, 60, 490, 90), cells=11, skip=(4, 7))
    lefts = [box.left for box in field.cell_boxes]
    assert lefts == [50, 90, 130, 210, 250, 330, 370, 410, 450]


@pytest.mark.parametrize("skip", [(12,), (4, 4), tuple(range(1, 11))])
def test_skipped_cells_are_of_those_there_are(skip: tuple[int, ...]) -> None:
    with pytest.raises(ValidationError):
        FieldTemplate(name="ssn", box=Box(50, 60, 490, 90), cells=11, skip=skip)


def test_cells_part_the_box_evenly(tmp_path: Path) -> None:
    number = FormTemplate.load(write(tmp_path)).fields[0]
    assert number.cell_boxes[0] == Box(50, 60, 80, 90)
    assert number.cell_boxes[8] == Box(290, 60, 320, 90)
    assert len(number.cell_boxes) == 9


def test_a_form_of_several_pages_has_page_tables(tmp_path: Path) -> None:
    _, fields = TEXT.split("\n\n", 1)
    page = '\n[[page]]\nreference = "{}.png"\nwidth = 400\nheight = 600\n'
    text = 'name = "exam"\n' + page.format("a") + page.format("b") + "\n" + fields
    text = text.replace('name = "total"', 'name = "total"\npage = 2')
    form = FormTemplate.load(write(tmp_path, text))
    assert [page.number for page in form.pages] == [1, 2]
    assert [field.name for field in form.fields_on(2)] == ["total"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("cells = 9", "cells = 0", "line 9, field 'student_id', key 'cells'"),
        ("cells = 9", "cells = true", "valid integer"),
        (
            "cells = 9",
            "cels = 9",
            "line 9, field 'student_id', key 'cels': there is no",
        ),
        ("cells = 9", 'kind = "tick"\ncells = 9', "key 'cells': says nothing of"),
        ("cells = 9", 'kind = "choice"', "key 'values': a choice has"),
        ("cells = 9", 'values = ["1", "2"]', "key 'values': goes with kind"),
        (
            "cells = 9",
            'kind = "choice"\nvalues = ["1", "no answer"]',
            "key 'values': 'no answer' is no value",
        ),
        ("[50, 60, 270, 30]", "[50, 60]", "line 8"),
        ("[50, 60, 270, 30]", "[50, 60, 351, 30]", "outside the page of 400 x 600"),
        ("[50, 60, 270, 30]", "[-1, 60, 270, 30]", "outside the page"),
        ("[50, 60, 270, 30]", "[50, 60, 20, 30]", "too narrow"),
        ("[1, 3]", "[3, 1]", "line 14, field 'total', key 'length'"),
        ('"total"', '"student_id"', "line 12, field 'student_id', key 'name'"),
        ('"total"', '"2total"', "cannot be a column"),
        ('"total"', '"needs_review"', "cannot be a column"),
        ('"total"', '"total."', "cannot be a column"),
        ('"total"', '"a..b"', "cannot be a column"),
        ('"total"', f'"{"a" * 65}"', "cannot be a column"),
        ("[1, 3]", '[1, 3]\nchecksum = "crc"', "luhn"),
        ("[1, 3]", '[1, 3]\ndate = "%B"', "%d"),
        ("[1, 3]", "[1, 3]\npattern = '('", "field 'total'"),
        ("[1, 3]", "[1, 3]\nmin = 9\nmax = 1", "greater than max"),
        ("[1, 3]", "[1, 3]\nmax = 1e200", "at most 100 digits"),
        ("[1, 3]", "[1, 3]\nmax = inf", "key 'max': a number is expected"),
        ("[1, 3]", '[1, 3]\nassign = "unique"', "one_of"),
        ("[1, 3]", "[1, 3]\none_of = []", "empty"),
        ("[1, 3]", '[1, 3]\none_of = ["12a"]', "is no number"),
        ("[1, 3]", "[1, 3]\npage = 2", "no page 2"),
        ("total <= 100", "sum <= 100", "line 18, check 1, key 'rule'"),
        ("total <= 100", "total <=", "check 1"),
        ("width", "wide", "line 3, key 'wide'"),
        ("width = 400\n", "", "key 'width': is missing"),
        ("400", "400000", "key 'width'"),
        ("exam.png", "../exam.png", "not in the template's folder"),
        ("exam.png", "/etc/passwd", "not in the template's folder"),
        ('"exam"', '"exam', "line 1"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert told in error_of(tmp_path, old, new)


def test_files_that_are_no_template_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="no such template"):
        FormTemplate.load(tmp_path / "none.toml")
    with pytest.raises(TemplateError, match="cannot be read"):
        FormTemplate.load(tmp_path)
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TemplateError, match="UTF-8"):
        FormTemplate.load(path)
    path.write_bytes(b"#" * (LARGEST_TEMPLATE + 1))
    with pytest.raises(TemplateError, match="larger than 1 MB"):
        FormTemplate.load(path)
    path.write_text('name = "x"\nfield = 3\n', encoding="utf-8")
    with pytest.raises(TemplateError, match="field"):
        FormTemplate.load(path)


def test_templates_are_frozen(tmp_path: Path) -> None:
    form = FormTemplate.load(write(tmp_path))
    with pytest.raises(ValidationError):
        form.fields[0].cells = 3


def test_a_reference_must_have_the_size_that_the_template_says(tmp_path: Path) -> None:
    (page,) = FormTemplate.load(write(tmp_path)).pages
    with pytest.raises(TemplateError, match="there is no such file"):
        page.load_pixels()
    cv2.imwrite(str(page.reference), np.full((600, 401), 255, np.uint8))
    with pytest.raises(TemplateError, match="401 x 600 pixels"):
        page.load_pixels()
    cv2.imwrite(str(page.reference), np.full((600, 400), 255, np.uint8))
    assert page.load_pixels().shape == (600, 400)


# one_of


def test_a_roster_is_a_column_of_a_file_beside_the_template(tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text("id,name\n0012,Ann\n0034,Bo\n\n0012,Ann\n", encoding="utf-8")
    new = '[1, 3]\none_of = "roster.csv:id"'
    form = FormTemplate.load(write(tmp_path, TEXT.replace("[1, 3]", new)))
    assert form.fields[1].one_of == ("0012", "0034")
    assert load_roster("roster.csv", tmp_path) == ("0012", "0034")
    with pytest.raises(TemplateError, match="no column 'x'; it has: id, name"):
        load_roster("roster.csv:x", tmp_path)
    with pytest.raises(TemplateError, match="line 2: 'Ann' is no number"):
        load_roster("roster.csv:name", tmp_path)


def test_a_roster_without_a_header_keeps_its_first_entry(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("12\n34.5\n", encoding="utf-8")
    assert load_roster("list.csv", tmp_path) == ("12", "34.5")


@pytest.mark.parametrize("name", ["../roster.csv", "/etc/passwd", "", ".", "a\0b"])
def test_a_roster_lies_in_the_templates_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "forms"
    folder.mkdir()
    (tmp_path / "roster.csv").write_text("12\n", encoding="utf-8")
    with pytest.raises(TemplateError):
        load_roster(name, folder)


def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "forms"
    folder.mkdir()
    (tmp_path / "secret.csv").write_text("12\n", encoding="utf-8")
    (folder / "roster.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(TemplateError, match="not in the template's folder"):
        load_roster("roster.csv", folder)


def test_a_huge_roster_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "roster.csv").open("wb") as stream:
        stream.truncate(LARGEST_ROSTER + 1)
    with pytest.raises(TemplateError, match="larger than 8 MB"):
        load_roster("roster.csv", tmp_path)


def test_rosters_of_all_fields_together_are_limited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "MOST_ENTRIES", 5)
    (tmp_path / "list.csv").write_text("12\n34\n56\n", encoding="utf-8")
    once = TEXT.replace("cells = 9", 'cells = 9\none_of = "list.csv"')
    FormTemplate.load(write(tmp_path, once))
    twice = once.replace("[1, 3]", '[1, 3]\none_of = "list.csv"')
    with pytest.raises(TemplateError, match="line 16, field 'total', key 'one_of'"):
        FormTemplate.load(write(tmp_path, twice))


def test_the_line_of_a_key_is_found_in_its_own_table() -> None:
    assert find_line(TEXT, ("width",)) == 3
    assert find_line(TEXT, ("field", 1, "box", 2)) == 13
    assert find_line(TEXT, ("field", 1, "cells")) == 11  # not there: its table
    assert find_line(TEXT, ("field", 7, "cells")) is None
    assert find_line(TEXT, ()) is None
    assert find_line("a = 1\n'b' = 2\nc.d = 3\n", ("b",)) == 2
    assert find_line("a = 1\n'b' = 2\nc.d = 3\n", ("c",)) == 3
