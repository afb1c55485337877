from __future__ import annotations

import tomllib
from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner, Result
from drawn_pages import blank_page, draw_row

from formreader.cli import main
from formreader.forms.templates.template import FormTemplate

TEXT = """\
# My form.
name = "f"
reference = "f.png"
width = 1654   # A4 at 200 dpi
height = 2339

[[field]]
name = "ssn_a"   # the first three
box = [200, 300, 120, 60]
cells = 3

[[field]]
name = "ssn_b"
box = [360, 300, 160, 60]
cells = 4
min = 5

# Sums.
[[field]]
name = "total"
box = [200, 500, 300, 60]
type = "decimal"
decimals = 2

[[check]]
rule = "total >= 1"

# What is doubtful.
#
# [[field]]  # 30%, text
# name = "city"
# box = [200, 700, 300, 60]
"""


@pytest.fixture
def form(tmp_path: Path) -> Path:
    path = tmp_path / "f.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def run(command: str, form: Path, *rest: object) -> Result:
    return CliRunner().invoke(main, ["template", command, str(form), *map(str, rest)])


def change(command: str, form: Path, *rest: object) -> dict[str, tuple[int, ...]]:
    """Change a form, and give its boxes: left, top, width, height and cells."""
    result = run(command, form, *rest)
    assert result.exit_code == 0, result.output
    return {
        one.name: (
            *(one.box.left, one.box.top, one.box.width, one.box.height),
            one.cells or 0,
        )
        for one in FormTemplate.load(form).fields
    }


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("25.4mm,2in,5cm,36pt", (200, 400, 394, 100, 0)),
        ("50%,50%,10%,2%", (827, 1170, 165, 46, 0)),
        ("827,1170,165px,46", (827, 1170, 165, 46, 0)),
    ],
)
def test_a_place_is_given_in_any_unit(
    form: Path, place: str, expected: tuple[int, ...]
) -> None:
    found = change("add", form, "new", "--box", place)["new"]
    assert all(abs(a - b) <= 1 for a, b in zip(found, expected, strict=True))


def test_a_change_leaves_all_other_lines_as_they_are(form: Path) -> None:
    change("rename", form, "ssn_a", "first", "total", "sum")
    change("add", form, "new", "--box", "10%,50%,10%,2%")
    change("remove", form, "new")
    text = TEXT.replace('"ssn_a"', '"first"').replace('"total"', '"sum"')
    assert form.read_text() == text.replace("total >= 1", "sum >= 1")


def test_a_dry_run_prints_the_change_and_writes_nothing(form: Path) -> None:
    result = run("rename", form, "ssn_a", "first", "--dry-run")
    assert '+name = "first"   # the first three' in result.stdout
    assert form.read_text() == TEXT


def test_what_stands_as_a_comment_is_taken_up_by_name(form: Path) -> None:
    assert change("add", form, "city")["city"] == (200, 700, 300, 60, 0)
    assert "# What is doubtful.\n" in form.read_text()


def test_groups_of_cells_become_one_field_that_skips_and_back(form: Path) -> None:
    assert change("join", form, "ssn_a", "ssn_b", "-o", "ssn")["ssn"] == (
        *(200, 300, 320, 60),
        8,
    )
    assert FormTemplate.load(form).fields[0].skip == (4,)
    parts = change("split", form, "ssn", "--cells", 3, "--cells", 4)
    assert parts["ssn_1"] == (200, 300, 120, 60, 3)
    assert parts["ssn_2"] == (360, 300, 160, 60, 4)


def test_a_box_is_cut_at_a_share_of_its_width_and_says_what_is_lost(
    form: Path,
) -> None:
    text = TEXT.replace("total >= 1", "ssn_a >= 1")
    form.write_text(text)
    result = run("split", form, "total", "--at", "40%", "--into", "a", "--into", "b")
    assert "decimals was of the whole" in result.stderr
    boxes = {one.name: one.box for one in FormTemplate.load(form).fields}
    assert (boxes["a"].right, boxes["b"].left, boxes["b"].right) == (320, 320, 500)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "new", "--box", "200mm,35mm,60mm,8mm"), "outside page 1"),
        (("add", "new", "--box", "20qm,35mm,60mm,8mm"), "'20qm' is no length"),
        (("add", "total", "--box", "1%,1%,9%,9%"), "'total' already"),
        (("add", "citi"), "did you mean 'city'"),
        (("rename", "totl", "sum"), "did you mean 'total'"),
        (("rename", "ssn_a", "total"), "another one is"),
        (("rename", "ssn_a", "a b"), "cannot name a field"),
        (("remove", "total"), "--with-checks"),
        (("join", "ssn_a", "total", "-o", "x"), "not on one line"),
        (("split", "ssn_a", "--cells", "2", "--cells", "2"), "no such parts"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(
    form: Path, arguments: tuple[str, ...], said: str
) -> None:
    result = run(arguments[0], form, *arguments[1:])
    assert result.exit_code == 4
    assert said in result.stderr
    assert str(form) in result.stderr
    assert form.read_text() == TEXT


def test_a_table_adds_fields_and_sets_keys_of_others(form: Path) -> None:
    table = form.with_name("fields.csv")
    table.write_text(
        "name,left,top,width,height,cells,max,pattern\n"
        'ssn_a,,,,,,,"[12]\\d{2}"\n'
        "age,10mm,20mm,30mm,8mm,3,120,\n"
    )
    boxes = change("add", form, "--from-csv", table)
    assert boxes["ssn_a"] == (200, 300, 120, 60, 3)
    assert boxes["age"][4] == 3
    first, *_, age = FormTemplate.load(form).fields
    assert (first.pattern, age.max) == ("[12]\\d{2}", 120)
    table.write_text("name,box\nx,1mm\n")
    result = run("add", form, "--from-csv", table)
    assert result.exit_code == 4
    assert "line 2, field 'x'" in result.stderr


def test_a_template_in_mm_stays_in_mm(form: Path) -> None:
    text = TEXT.replace("[[field]]", 'unit = "mm"\ndpi = 200\n\n[[field]]', 1)
    for box in ("200, 300, 120, 60", "360, 300, 160, 60", "200, 500, 300, 60"):
        numbers = (str(round(int(n) * 0.127, 2)) for n in box.split(", "))
        text = text.replace(f"\nbox = [{box}]", f"\nbox = [{', '.join(numbers)}]")
    form.write_text(text)
    change("add", form, "new", "--box", "20,35.5,60,8")
    *_, written = tomllib.loads(form.read_text())["field"]
    assert all(
        abs(a - b) < 0.1 for a, b in zip(written["box"], (20, 35.5, 60, 8), strict=True)
    )


def test_the_printed_box_beside_a_field_or_around_a_point_is_taken(
    form: Path,
) -> None:
    page = blank_page()
    draw_row(page, 200, 300, 3)
    draw_row(page, 700, 300, 5)
    cv2.imwrite(str(form.with_suffix(".png")), page)
    height, width = page.shape[:2]
    text = TEXT.replace("width = 1654", f"width = {width}")
    form.write_text(text.replace("height = 2339", f"height = {height}"))
    beside = change("add", form, "a", "--at", "right of 'ssn_a'")["a"]
    around = change("add", form, "b", "--at", f"{beside[0] + 5}px,{beside[1] + 5}px")
    assert beside[4] == 5
    assert around["b"] == beside
    result = run("add", form, "c", "--at", "left of Total")
    assert "a picture has no words" in result.stderr
