"""Pages read by a template, from the blank form to the values."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from formreader import FormReader, FormTemplate
from formreader.cli import main
from formreader.errors import RegistrationError, TemplateError
from formreader.pages.loading import load_pages, page_from_array

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
NAMES = ("student_number", "room")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a template of the blank sample, and give its fields their names."""
    path = tmp_path_factory.mktemp("form") / "exam.toml"
    blank = str(SAMPLES / "exam-cover-blank.png")
    made = CliRunner().invoke(main, ["template", "new", blank, "-o", str(path)])
    assert made.exit_code == 0, made.output
    # The blank for the signature is found as well, and is no number.
    text = path.read_text(encoding="utf-8").rsplit("[[field]]", 1)[0]
    for index, name in enumerate(NAMES, start=1):
        text = text.replace(f'"field_{index:02d}"', f'"{name}"')
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def reader(template: Path) -> FormReader:
    return FormReader(template=FormTemplate.load(template))


def expected(file: str) -> dict[str, str]:
    with (SAMPLES / "expected.csv").open(newline="", encoding="utf-8") as truth:
        return {
            row["field"]: row["value"]
            for row in csv.DictReader(truth)
            if row["file"] == file
        }


@pytest.mark.parametrize("number", [1, 3, 4])
def test_fields_have_the_names_of_the_template(reader: FormReader, number: int) -> None:
    (path,) = SAMPLES.glob(f"exam-cover-{number}.*")
    (page,) = reader.read(path)
    values = {field.name: field.value for field in page.fields}
    assert values == expected(path.name)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_page_is_read_whichever_side_is_up(reader: FormReader, turns: int) -> None:
    page = next(load_pages(SAMPLES / "exam-cover-1.jpg"))
    turned = page_from_array(np.rot90(page.pixels, turns).copy(), "turned")
    values = {field.name: field.value for field in reader.read_page(turned).fields}
    assert values == expected("exam-cover-1.jpg")


def test_blank_fields_of_a_template_need_review_unless_it_allows_them(
    reader: FormReader, template: Path, tmp_path: Path
) -> None:
    blank = SAMPLES / "exam-cover-blank.png"
    assert all(field.needs_review for field in next(reader.read(blank)).fields)
    text = template.read_text(encoding="utf-8")
    for name in NAMES:
        text = text.replace(f'"{name}"', f'"{name}"\nblank = "allow"')
    copy = template.with_name("allowed.toml")
    copy.write_text(text, encoding="utf-8")
    allowing = FormReader(template=FormTemplate.load(copy))
    assert not any(field.needs_review for field in next(allowing.read(blank)).fields)


def test_a_page_of_another_form_is_refused(reader: FormReader) -> None:
    with pytest.raises(RegistrationError) as caught:
        next(reader.read(SAMPLES / "tally-1.jpg"))
    assert "tally-1.jpg" in str(caught.value)


def test_a_rule_that_does_not_hold_is_flagged(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    text = text.replace('"room"', '"room"\nmax = 100')
    strict = template.with_name("strict.toml")
    strict.write_text(text, encoding="utf-8")
    (page,) = FormReader(template=FormTemplate.load(strict)).read(
        SAMPLES / "exam-cover-1.jpg"
    )
    room = next(field for field in page.fields if field.name == "room")
    assert "rule_failed" in room.flags
    assert room.needs_review


def test_scan_takes_a_template_and_lists_pages_that_are_not_of_it(
    template: Path,
) -> None:
    inputs = [str(SAMPLES / name) for name in ("exam-cover-1.jpg", "tally-1.jpg")]
    result = CliRunner().invoke(main, ["scan", *inputs, "-t", str(template)])
    assert result.exit_code == 7
    rows = list(csv.DictReader(io.StringIO(result.stdout, newline="")))
    assert {row["field"]: row["value"] for row in rows} == expected("exam-cover-1.jpg")
    assert "tally-1.jpg" in result.stderr


def test_a_folder_of_templates_stands_for_all_in_it(
    template: Path, tmp_path: Path
) -> None:
    page, forms, empty = str(SAMPLES / "exam-cover-1.jpg"), tmp_path / "a", tmp_path
    forms.mkdir()
    for file in (template, template.with_suffix(".png")):
        shutil.copy(file, forms)
    read = CliRunner().invoke(main, ["scan", page, "-t", str(forms)])
    assert read.exit_code == 0, read.output
    rows = csv.DictReader(io.StringIO(read.stdout, newline=""))
    assert [row["field"] for row in rows] == list(NAMES)
    refused = CliRunner().invoke(main, ["scan", page, "-t", str(empty)])
    assert refused.exit_code == 4
    assert "the folder holds no template" in refused.stderr


def test_the_point_of_a_decimal_stays(tmp_path: Path) -> None:
    page = np.full((600, 900), 255, np.uint8)
    for line, text in enumerate(("METER READING", "one decimal", "write in the box")):
        cv2.putText(page, text, (60, 60 + 50 * line), 0, 1.2, 0, 3)
    cv2.rectangle(page, (200, 300), (700, 420), 0, 4)
    cv2.rectangle(page, (60, 500), (840, 560), 0, 4)
    cv2.imwrite(str(tmp_path / "meter.png"), page)
    (tmp_path / "meter.toml").write_text(
        'name = "meter"\nreference = "meter.png"\nwidth = 900\nheight = 600\n'
        '[[field]]\nname = "reading"\nbox = [203, 303, 494, 114]\ndecimals = 1\n',
        encoding="utf-8",
    )
    for text, left in (("42", 260), ("7", 430)):
        cv2.putText(page, text, (left, 390), 0, 2.2, 0, 7)
    reader = FormReader(template=FormTemplate.load(tmp_path / "meter.toml"))
    (field,) = reader.read_page(page_from_array(page, "no point")).fields
    assert (field.value, field.needs_review) == ("427", True)
    cv2.circle(page, (392, 386), 7, 0, -1)
    (field,) = reader.read_page(page_from_array(page, "point")).fields
    assert (field.value, field.raw) == ("42.7", "427")


def test_a_page_says_by_which_form_it_was_read_and_how_well_it_lies(
    reader: FormReader,
) -> None:
    (page,) = reader.read(SAMPLES / "exam-cover-1.jpg")
    assert (page.form, page.form_page) == ("exam", 1)
    assert page.residual_px is not None
    assert page.residual_px < 2


def test_two_templates_of_one_name_are_refused(template: Path) -> None:
    form = FormTemplate.load(template)
    with pytest.raises(TemplateError, match="'exam'"):
        FormReader(template=[form, form])


def test_scan_gives_an_entry_of_a_roster_to_one_page_alone(
    template: Path, tmp_path: Path
) -> None:
    files = ["exam-cover-1.jpg", "exam-cover-3.png", "exam-cover-1.jpg"]
    numbers = [expected(file)["student_number"] for file in files]
    text = template.read_text(encoding="utf-8").replace(
        '"student_number"',
        f'"student_number"\none_of = {sorted(set(numbers))}\nassign = "unique"',
    )
    copy = template.with_name("roster.toml")
    copy.write_text(text, encoding="utf-8")
    inputs = [str(SAMPLES / file) for file in files]
    result = CliRunner().invoke(main, ["scan", *inputs, "-t", str(copy)])
    assert result.exit_code == 0, result.output
    rows = [
        row
        for row in csv.DictReader(io.StringIO(result.stdout))
        if row["field"] == "student_number"
    ]
    assert [row["value"] for row in rows] == numbers
    assert [row["needs_review"] for row in rows] == ["true", "false", "true"]
    assert sum("rule_failed" in row["flags"] for row in rows) == 1
    assert "2 to review" in result.stderr
