"""Templates made from PDFs, whose words and form fields tell what is wanted."""

from __future__ import annotations

import tomllib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from formreader.cli import main
from formreader.forms.authoring.authoring import Draft, propose_fields
from formreader.forms.authoring.blank_pages import BlankPages
from formreader.forms.authoring.vocabulary import judge_label
from formreader.forms.authoring.writing import write_template
from formreader.forms.templates.entries import PageTemplate
from formreader.forms.templates.template import FormTemplate
from formreader.geometry import Box

PX = 300 / 72  # pixels to a point


def propose(path: Path) -> Draft:
    page = BlankPages(path).load(1)
    return propose_fields(page.pixels, content=page.content)


def start_page(folder: Path, size: tuple[float, float] = A4) -> tuple[Canvas, Path]:
    path = folder / "form.pdf"
    return Canvas(str(path), pagesize=size), path


def finish(canvas: Canvas) -> None:
    canvas.showPage()
    canvas.save()


def test_form_fields_give_names_boxes_and_cells(tmp_path: Path) -> None:
    canvas, path = start_page(tmp_path)
    form = canvas.acroForm
    form.textfield(
        name="account", x=100, y=700, width=200, height=20, maxlen=10, fieldFlags="comb"
    )
    form.textfield(name="phone", x=100, y=600, width=150, height=25)
    finish(canvas)
    account, phone = propose(path).fields
    assert (account.name, account.cells) == ("account", 10)
    assert (phone.name, phone.cells) == ("phone", None)
    top = A4[1] - 720
    places = (100 * PX, top * PX, 200 * PX, 20 * PX)
    box = account.box
    found = (box.left, box.top, box.width, box.height)
    assert all(abs(a - b) <= 3 for a, b in zip(found, places, strict=True))


def test_a_field_grows_to_the_empty_cell_that_it_stands_in(tmp_path: Path) -> None:
    canvas, path = start_page(tmp_path)
    canvas.grid([100, 170, 240, 310], [600, 660])
    for number in range(3):
        place = {"x": 102 + 70 * number, "y": 601, "width": 66, "height": 14}
        canvas.acroForm.textfield(name=f"total{number}", borderWidth=0, **place)
    finish(canvas)
    heights = [field.box.height for field in propose(path).fields]
    assert len(heights) == 3
    assert min(heights) > 2 * 14 * PX


def test_a_name_that_tells_nothing_gives_way_to_the_label(tmp_path: Path) -> None:
    canvas, path = start_page(tmp_path)
    label = "E. Line 1- Amount of Subsidy (Dollars)"
    canvas.acroForm.textfield(name="NumberField14", tooltip=label, x=100, y=700)
    canvas.acroForm.checkbox(name="CheckBox2", tooltip="Married", x=100, y=600)
    finish(canvas)
    names = [field.name for field in propose(path).fields]
    assert names == ["line_1_amount_of_subsidy", "married"]


def test_form_fields_for_words_are_suggested_and_ticks_taken(tmp_path: Path) -> None:
    canvas, path = start_page(tmp_path)
    form = canvas.acroForm
    form.textfield(name="surname", x=100, y=700, width=200, height=20)
    form.textfield(
        name="amounts", x=100, y=500, width=200, height=90, fieldFlags="multiline"
    )
    form.checkbox(name="married", x=100, y=400, size=12)
    form.textfield(name="amount", x=100, y=300, width=100, height=20)
    finish(canvas)
    draft = propose(path)
    assert {f.name: f.holds for f in draft.fields} == {
        "married": "tick",
        "amount": None,
    }
    contents = {one.field.name: str(one.content) for one in draft.suggestions}
    assert contents == {"surname": "text", "amounts": "text"}


def test_radio_buttons_of_one_name_are_a_choice(tmp_path: Path) -> None:
    canvas, path = start_page(tmp_path)
    form = canvas.acroForm
    for number, value in enumerate(("car", "bike", "on_foot")):
        form.radio(name="way", value=value, x=100 + 60 * number, y=700, size=14)
    for number, value in enumerate(("a", "a")):  # two of one value are no words
        form.radio(name="odd", value=value, x=100 + 60 * number, y=600, size=14)
    finish(canvas)
    fields = {field.name: field for field in propose(path).fields}
    assert fields["way"].holds == "choice"
    assert fields["way"].option_values == ("car", "bike", "on_foot")
    assert fields["odd"].option_values == ("1", "2")
    lefts = [box.left for box in fields["way"].mark_boxes]
    assert all(abs(b - a - 60 * PX) <= 3 for a, b in pairwise(lefts))


def test_places_in_mm_are_the_same_places(tmp_path: Path) -> None:
    canvas, path = start_page(tmp_path)
    for number, value in enumerate(("car", "bike")):
        canvas.acroForm.radio(name="way", value=value, x=90 + 60 * number, y=700)
    canvas.acroForm.textfield(name="amount", x=100, y=300, width=100, height=20)
    finish(canvas)
    loaded = []
    for unit in ("px", "mm"):
        out = tmp_path / f"{unit}.toml"
        arguments = ["template", "new", str(path), "--unit", unit, "-o", str(out)]
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, result.output
        loaded.append(FormTemplate.load(out).fields)
    assert loaded[0] == loaded[1]
    assert 'unit = "mm"' in out.read_text(encoding="utf-8")


def test_what_is_printed_beside_it_names_a_field_and_judges_it(tmp_path: Path) -> None:
    canvas, path = start_page(tmp_path)
    for level, label in ((700, "Invoice number"), (640, "City"), (580, "Total due")):
        canvas.drawString(100, level + 7, label)
        canvas.rect(250, level, 180, 24)
    finish(canvas)
    draft = propose(path)
    assert [field.name for field in draft.fields] == ["invoice_number", "total_due"]
    assert [one.field.name for one in draft.suggestions] == ["city"]


def test_a_heading_names_and_judges_its_column(tmp_path: Path) -> None:
    canvas, path = start_page(tmp_path)
    for column, heading in enumerate(("Description", "Price", "Quantity")):
        left = 80 + 140 * column
        canvas.drawString(left + 20, 706, heading)
        for row in range(5):
            canvas.rect(left, 700 - 30 * row, 140, 30)
    finish(canvas)
    draft = propose(path)
    names = {field.name for field in draft.fields}
    assert names == {f"{w}_{n}" for w in ("price", "quantity") for n in range(1, 5)}
    assert len(draft.suggestions) == 4


def test_a_long_line_is_a_field_if_a_label_stands_before_it(tmp_path: Path) -> None:
    canvas, path = start_page(tmp_path)
    canvas.drawString(50, 700, "Phone no")
    canvas.line(110, 698, 540, 698)
    canvas.line(50, 600, 540, 600)
    finish(canvas)
    (field,) = propose(path).fields
    assert field.name == "phone_no"
    assert field.box.bottom < (A4[1] - 690) * PX


def test_doubtful_fields_are_comments_that_can_be_taken_in(tmp_path: Path) -> None:
    canvas, path = start_page(tmp_path)
    canvas.acroForm.textfield(name="city", x=100, y=700, width=200, height=20)
    canvas.acroForm.textfield(name="total", x=100, y=600, width=200, height=20)
    finish(canvas)
    draft = propose(path)
    page = PageTemplate(number=1, reference=Path("a.png"), width=2480, height=3508)
    text = write_template("a", [page], draft.fields, draft.suggestions)
    assert [field["name"] for field in tomllib.loads(text)["field"]] == ["total"]
    head, _, doubtful = text.partition("# What is doubtful")
    entry = doubtful.split("\n\n", 1)[1]
    whole = head + "\n".join(line.removeprefix("# ") for line in entry.splitlines())
    names = [field["name"] for field in tomllib.loads(whole)["field"]]
    assert names == ["total", "city"]
    assert "10%" in doubtful


def test_what_the_file_does_not_declare_is_doubtful(tmp_path: Path) -> None:
    canvas, path = start_page(tmp_path)
    canvas.acroForm.textfield(name="total", x=100, y=600, width=200, height=20)
    canvas.rect(100, 300, 200, 30)
    finish(canvas)
    draft = propose(path)
    assert [field.name for field in draft.fields] == ["total"]
    assert [one.reason for one in draft.suggestions] == ["no form field of the file"]


def test_a_huge_page_becomes_a_reference_of_usual_size(tmp_path: Path) -> None:
    canvas, path = start_page(tmp_path, (A4[0] * 2.6, A4[1] * 2.6))
    canvas.acroForm.textfield(name="total", x=260, y=260, width=520, height=52)
    finish(canvas)
    page = BlankPages(path).load(1)
    assert page.is_reduced
    assert page.pixels.shape == pytest.approx((3508, 2480), abs=8)
    (field,) = page.content.form_fields
    box = Box(417, 3008, 1250, 3091)
    assert np.abs(field.box.corners - box.corners).max() <= 12


def test_a_short_label_is_judged_by_its_last_word() -> None:
    assert judge_label("Company phone") == 0.9
    assert judge_label("Phone and company") == 0.1
    assert judge_label("Geburtsdatum") == judge_label("n° dossier") == 0.9
    assert judge_label("Straße") == judge_label("Prénom") == 0.1
    assert judge_label("Zwiebel") is None
