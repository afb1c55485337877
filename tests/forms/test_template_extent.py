from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from formreader.cli import main
from formreader.forms.templates.extent import LARGEST_TEMPLATE

HEAD = """\
name = "exam"
reference = "exam.png"
width = 400
height = 600
"""
FIELD = """
[[field]]
name = "total"
box = [50, 120, 90, 30]
"""


def repeat(text: str) -> str:
    """Fill a template to just under the largest size with lines of one kind."""
    count = (LARGEST_TEMPLATE - 1000) // len(text.format(100_000))
    return HEAD + "".join(text.format(number) for number in range(count))


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEAD + FIELD + "max = " + "9" * 3000, "line 9: a key or number of 3000"),
        (HEAD + FIELD + "max = " + "9" * 5000, "line 9: a key or number of 5000"),
        (HEAD + FIELD + "min = 0x" + "f" * 5000, "line 9: a key or number of 5002"),
        (HEAD + FIELD + "min = 0." + "3" * 5000, "line 9: a key or number of 5000"),
        (HEAD + FIELD + "cells = " + "1_" * 999 + "1", "line 9: a key or number"),
        (HEAD + FIELD + "max = 1e400", "line 9, field 'total', key 'max': a number"),
        (HEAD + FIELD + f"max = {10**99 - 1}\nmin = -{10**98}1", "at most 100"),
        ("a" * 900_000 + " = 1", "line 1: a key or number of 900000 characters"),
        (HEAD + '"' + "a" * 900_000 + '" = 1', "aaa': there is no such key"),
        ("x = " + "[" * 100_000, "line 1: more than 8 brackets"),
        ("x = 1\ny = " + "[{a = " * 10_000, "line 2: more than 8 brackets"),
        ("name = 1\n" + "a." * 16_000 + "a = 1", "line 2: a key of more than 8 parts"),
        ("a . " * 150_000 + "a = 1", "line 1: a key of more than 8 parts"),
        ('"a".' * 150_000 + "a = 1", "line 1: a key of more than 8 parts"),
        ("[" + "a." * 300_000 + "a]", "line 1: a key of more than 8 parts"),
        (repeat("k{0} = 1\n"), "more than 80000 keys and values"),
        (repeat("a{0}.b.c.d = 1\n"), "more than 80000 keys and values"),
        (repeat("[[field]]\n"), "more than 80000 keys and values"),
        (HEAD + "x = [" + "[]," * 300_000 + "]", "more than 80000 keys and values"),
        (repeat("# {0}\n"), "there is no [[field]] table"),
        (" " * (LARGEST_TEMPLATE - 1), "key 'name': is missing"),
        (HEAD + 'x = "' + r"\"\"" * 9_000 + '"', "key 'x': there is no such key"),
        (
            HEAD.replace("exam.png", "../" + "x" * 900_000) + FIELD,
            "put the file beside",
        ),
        (HEAD + FIELD + f'checksum = "{"1" * 900_000}"', "there is no checksum"),
    ],
    ids=lambda value: value[:40] if len(value) < 60 else None,
)
def test_what_no_template_needs_is_refused_soon_with_its_place(
    tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "exam.toml"
    path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(main, ["template", "check", str(path)])
    assert result.exit_code == 4
    assert told in result.stderr
    assert len(result.stderr) < 1000


def test_the_largest_form_is_no_more_than_a_template_may_hold(tmp_path: Path) -> None:
    path = tmp_path / "exam.toml"
    cells = 'cells = 3\nmin = 1\nmax = 999\nblank = "allow"\nmarks = "ignore"\n'
    field = FIELD.replace('"total"', '"room.seat_{0}" # "') + cells
    path.write_text(HEAD + "".join(field.format(n) for n in range(2000)))
    result = CliRunner().invoke(main, ["template", "check", str(path)])
    assert "exam.png" in result.stderr  # all that is missing is the reference


def test_brackets_and_dots_in_texts_and_comments_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "exam.toml"
    texts = 'name = "' + "[.{" * 30 + '"  # ' + "[[[" * 30 + "a.b.c" * 30
    path.write_text(HEAD.replace('name = "exam"', texts) + FIELD)
    result = CliRunner().invoke(main, ["template", "check", str(path)])
    assert "exam.png" in result.stderr
