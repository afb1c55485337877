from __future__ import annotations

from pathlib import Path

import pytest

from formreader.errors import TemplateError
from formreader.forms.templates.template import FormTemplate
from formreader.geometry import Box

HEAD = 'name = "f"\nreference = "f.png"\nwidth = 2480\nheight = 3508\n'
FIELD = '[[field]]\nname = "{}"\nbox = {}\n'


def load(folder: Path, text: str) -> FormTemplate:
    path = folder / "f.toml"
    path.write_text(text, encoding="utf-8")
    return FormTemplate.load(path)


@pytest.mark.parametrize("scale", ["dpi = 300", "size = [210, 297]"])
def test_boxes_in_mm_are_where_a_ruler_says(tmp_path: Path, scale: str) -> None:
    text = f'{HEAD}unit = "mm"\n{scale}\n' + FIELD.format("a", "[25.4, 50.8, 60, 8.5]")
    box = load(tmp_path, text).fields[0].box
    expected = Box(300, 600, 1009, 700)
    for side in ("left", "top", "right", "bottom"):
        assert abs(getattr(box, side) - getattr(expected, side)) <= 1


def test_cells_side_by_side_in_mm_leave_no_gap(tmp_path: Path) -> None:
    fields = [
        FIELD.format(f"c{n}", f"[{20 + n * 7.3:.1f}, 20, 7.3, 8]") for n in (0, 1)
    ]
    form = load(tmp_path, f'{HEAD}unit = "mm"\ndpi = 300\n' + "".join(fields))
    assert form.fields[0].box.right == form.fields[1].box.left


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("", "dpi = 300"),
        ("dpi = 300\nsize = [210, 297]", "keep one"),
        ("size = [297, 210]", "another shape"),
        ("dpi = 0", "dpi = 300"),
    ],
)
def test_mm_without_a_page_size_is_refused(
    tmp_path: Path, added: str, said: str
) -> None:
    with pytest.raises(TemplateError, match=said):
        load(
            tmp_path,
            f'{HEAD}unit = "mm"\n{added}\n' + FIELD.format("a", "[20, 20, 30, 8]"),
        )


def test_included_fields_follow_and_own_ones_replace_them(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "base.toml").write_text(
        'unit = "mm"\n'
        + FIELD.format("a", "[25.4, 25.4, 25.4, 10]")
        + FIELD.format("b", "[50.8, 25.4, 25.4, 10]")
        + '[[check]]\nrule = "a <= b"\n'
    )
    own = 'include = "parts/base.toml"\ndpi = 100\n' + FIELD.format(
        "b", "[9, 9, 50, 20]"
    )
    form = load(tmp_path, HEAD + own)
    boxes = {field.name: field.box.left for field in form.fields}
    assert boxes == {"b": 9, "a": 100}
    assert form.checks == ("a <= b",)


def test_a_fault_in_an_included_file_names_that_file(tmp_path: Path) -> None:
    base = tmp_path / "base.toml"
    base.write_text("\n" + FIELD.format("a", "[2470, 20, 60, 20]"))
    with pytest.raises(TemplateError, match=r"field 'a'.*outside") as caught:
        load(tmp_path, f'{HEAD}include = "base.toml"\n')
    assert caught.value.path == base
    base.write_text("[[check]]\n" + 'rule = "x > 1"\n')
    with pytest.raises(TemplateError, match="no field 'x'") as caught:
        own = FIELD.format("b", "[9, 9, 50, 20]")
        load(tmp_path, f'{HEAD}include = "base.toml"\n{own}')
    assert caught.value.path == base


def test_including_in_a_circle_or_from_elsewhere_is_refused(tmp_path: Path) -> None:
    field = FIELD.format("b", "[9, 9, 50, 20]")
    (tmp_path / "base.toml").write_text('include = "f.toml"\n')
    with pytest.raises(TemplateError, match=r"f\.toml > base\.toml > f\.toml"):
        load(tmp_path, f'{HEAD}include = "base.toml"\n{field}')
    with pytest.raises(TemplateError, match="not in the template's folder"):
        load(tmp_path, f'{HEAD}include = "../base.toml"\n{field}')
    (tmp_path / "base.toml").write_text("width = 100\nheight = 100\n")
    with pytest.raises(TemplateError, match="another size"):
        load(tmp_path, f'{HEAD}include = "base.toml"\n{field}')
