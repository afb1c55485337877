from __future__ import annotations

from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner, Result
from drawn_pages import blank_page, draw_row
from PIL import Image

from formreader.cli import main
from formreader.forms.templates.template import FormTemplate


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["template", *map(str, arguments)])


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    path = tmp_path / "blank.png"
    page = blank_page()
    draw_row(page, 200, 100, 9)
    draw_row(page, 200, 300, 4)
    cv2.imwrite(str(path), page)
    return path


@pytest.fixture
def form(blank: Path, tmp_path: Path) -> Path:
    path = tmp_path / "form.toml"
    assert run("new", blank, "-o", path).exit_code == 0
    return path


def test_new_writes_a_template_its_reference_and_a_picture(
    form: Path, blank: Path
) -> None:
    loaded = FormTemplate.load(form)
    assert loaded.name == "form"
    assert [field.cells for field in loaded.fields] == [9, 4]
    assert loaded.pages[0].reference.name == "form.png"
    assert (loaded.pages[0].load_pixels() == cv2.imread(str(blank), 0)).all()
    assert form.with_name("form.annotated.png").is_file()


def test_new_does_not_replace_a_template_unasked(form: Path, blank: Path) -> None:
    form.write_text("# mine\n", encoding="utf-8")
    result = run("new", blank, "-o", form)
    assert result.exit_code == 6
    assert "--force" in result.stderr
    assert form.read_text(encoding="utf-8") == "# mine\n"
    assert run("new", blank, "-o", form, "--force").exit_code == 0


def test_new_leaves_a_blank_page_alone_that_is_the_reference(blank: Path) -> None:
    before = blank.read_bytes()
    assert run("new", blank, "-o", blank.with_suffix(".toml")).exit_code == 0
    assert blank.read_bytes() == before


def test_new_takes_all_pages_or_one(blank: Path, tmp_path: Path) -> None:
    pdf, out = tmp_path / "blank.pdf", tmp_path / "out.toml"
    with Image.open(blank) as image:
        page = image.convert("L")
        page.save(pdf, save_all=True, append_images=[page], resolution=300)
    assert run("new", pdf, "-o", out).exit_code == 0
    loaded = FormTemplate.load(out)
    assert [len(loaded.fields_on(page)) for page in (1, 2, 3)] == [2, 2, 0]
    assert [page.reference.name for page in loaded.pages] == ["out.png", "out-2.png"]
    assert run("new", pdf, "--page", 2, "-o", out, "--force").exit_code == 0
    assert len(FormTemplate.load(out).pages) == 1


def test_new_says_what_it_cannot_use(tmp_path: Path) -> None:
    assert run("new", tmp_path / "none.png", "-o", tmp_path / "f.toml").exit_code == 3
    empty = tmp_path / "empty.png"
    cv2.imwrite(str(empty), blank_page())
    result = run("new", empty, "-o", tmp_path / "f.toml")
    assert result.exit_code == 3
    assert "no box" in result.stderr
    assert not (tmp_path / "f.toml").exists()
    assert run("new", empty, "-o", tmp_path / "f.txt").exit_code == 2


def test_check_says_what_a_template_holds(form: Path) -> None:
    result = run("check", form)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "form: 1 page, 2 fields, 0 checks",
        "  page 1  field_01  9 cells",
        "  page 1  field_02  4 cells",
    ]
    assert result.stderr == ""


def test_check_says_what_is_ticked_and_what_is_not_read(form: Path) -> None:
    box = "box = [100, 600, 90, 30]"
    with form.open("a", encoding="utf-8") as file:
        file.write(f'[[field]]\nname = "way"\nkind = "choice"\n{box}\n')
        file.write('values = ["foot", "bus"]\n')
        file.write(f'[[field]]\nname = "remark"\nkind = "text"\n{box}\n')
    lines = run("check", form).stdout.splitlines()
    assert lines[-2:] == [
        "  page 1  way  choice of foot, bus",
        "  page 1  remark  text",
    ]


def test_check_warns_of_a_box_without_lines(form: Path) -> None:
    text = form.read_text(encoding="utf-8")
    box = FormTemplate.load(form).fields[0].box
    moved = text.replace(f"[{box.left}, {box.top}", f"[{box.left}, {box.top + 100}")
    form.write_text(moved, encoding="utf-8")
    result = run("check", form)
    assert result.exit_code == 0
    assert "field_01: no line" in result.stderr


def test_a_wrong_template_exits_4_and_says_where(form: Path) -> None:
    text = form.read_text(encoding="utf-8")
    form.write_text(text.replace("cells = 9", "cells = 0"), encoding="utf-8")
    result = run("check", form)
    assert result.exit_code == 4
    assert "key 'cells'" in result.stderr
    form.write_text(text, encoding="utf-8")
    form.with_suffix(".png").unlink()
    assert run("check", form).exit_code == 4


def test_show_draws_the_fields(form: Path, tmp_path: Path) -> None:
    out = tmp_path / "shown.png"
    assert run("show", form, "-o", out).exit_code == 0
    shown = cv2.imread(str(out))
    assert shown is not None
    assert shown.shape == (700, 1000, 3)
    assert run("show", form, "-o", out, "--page", 2).exit_code == 2
    assert run("show", form, "-o", form.with_suffix(".png")).exit_code == 2
    assert run("show", form, "-o", tmp_path / "no" / "x.png").exit_code == 6


def test_print_writes_a_pdf_and_keeps_the_reference(form: Path, tmp_path: Path) -> None:
    out, reference = tmp_path / "form.pdf", form.with_suffix(".png")
    before = reference.read_bytes()
    result = run("print", form, "-o", out, "--paper", "letter")
    assert result.exit_code == 0
    assert out.read_bytes().startswith(b"%PDF")
    assert reference.read_bytes() == before
    assert run("print", form, "-o", out, "--replace-reference").exit_code == 0
    assert reference.read_bytes() != before


def test_print_makes_the_reference_of_a_template_written_by_hand(
    tmp_path: Path,
) -> None:
    form = tmp_path / "hand.toml"
    form.write_text(
        'name = "hand"\nreference = "hand.png"\nwidth = 1240\nheight = 1754\n'
        '[[field]]\nname = "id"\nbox = [200, 300, 450, 50]\ncells = 9\n',
        encoding="utf-8",
    )
    assert run("print", form, "-o", tmp_path / "hand.pdf").exit_code == 0
    result = run("check", form)
    assert (result.exit_code, result.stderr) == (0, "")
