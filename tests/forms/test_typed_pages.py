"""Typed fields of drawn pages, from the template to the values."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from formreader import FormReader
from formreader.pages.loading import page_from_array
from formreader.readings import PageReading

Pixels = npt.NDArray[np.uint8]

FIELDS = {
    "born": 'type = "date"\nformat = "MM/DD/YYYY"',
    "weight": 'type = "decimal"\ndecimals = 1',
    "total": 'type = "integer"',
    "seen": 'type = "time"',
}
LEFT, TOP, PITCH = 200, 300, 180


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> FormReader:
    folder = tmp_path_factory.mktemp("visit")
    cv2.imwrite(str(folder / "visit.png"), draw_form())
    text = 'name = "visit"\nreference = "visit.png"\nwidth = 900\nheight = 1100\n'
    for line, (name, keys) in enumerate(FIELDS.items()):
        box = [LEFT + 3, TOP + line * PITCH + 3, 544, 114]
        text += f'[[field]]\nname = "{name}"\nbox = {box}\n{keys}\n'
    (folder / "visit.toml").write_text(text, encoding="utf-8")
    return FormReader(template=folder / "visit.toml")


def draw_form() -> Pixels:
    page = np.full((1100, 900), 255, np.uint8)
    for line, text in enumerate(("VISIT", "one line each", "write in the boxes")):
        cv2.putText(page, text, (60, 60 + 50 * line), 0, 1.2, (0,), 3)
    for line, name in enumerate(FIELDS):
        top = TOP + line * PITCH
        cv2.putText(page, name, (40, top + 70), 0, 1.0, (0,), 2)
        cv2.rectangle(page, (LEFT, top), (LEFT + 550, top + 120), (0,), 4)
    return page


def write(page: Pixels, name: str, text: str) -> None:
    """Write into a field: digits, points, slashes, dashes and colons."""
    left, base = LEFT + 30, TOP + list(FIELDS).index(name) * PITCH + 90
    for character in text:
        if character.isdigit():
            cv2.putText(page, character, (left, base), 0, 1.7, (0,), 6)
            left += 44
            continue
        middle = left + 10
        if character == "/":
            cv2.line(page, (middle + 12, base - 52), (middle - 12, base + 10), (0,), 6)
        elif character == "-":
            cv2.line(page, (middle - 10, base - 18), (middle + 10, base - 19), (0,), 6)
        elif character == ",":
            cv2.line(page, (middle + 2, base - 4), (middle - 4, base + 11), (0,), 6)
        for y in {".": (-4,), ":": (-30, -4)}.get(character, ()):
            cv2.circle(page, (middle, base + y), 5, (0,), -1)
        left += 34


def read(reader: FormReader, **texts: str) -> PageReading:
    page = draw_form()
    for name, text in texts.items():
        write(page, name, text)
    return reader.read_page(page_from_array(page, "visit"))


def test_values_are_canonical_and_raw_is_what_was_written(reader: FormReader) -> None:
    page = read(reader, born="5/24/2038", weight="42.7", total="3,582", seen="8:32")
    assert {field.name: (field.raw, field.value) for field in page} == {
        "born": ("5/24/2038", "2038-05-24"),
        "weight": ("42.7", "42.7"),
        "total": ("3,582", "3582"),
        "seen": ("8:32", "08:32"),
    }


def test_another_mark_between_the_parts_makes_the_same_date(reader: FormReader) -> None:
    page = read(reader, born="5-24-2038")
    assert page["born"].value == "2038-05-24"


def test_a_day_that_there_is_not_is_for_review(reader: FormReader) -> None:
    page = read(reader, born="5/42/2038")
    assert "rule_failed" in page["born"].flags
    assert page["born"].needs_review


def test_a_minus_is_part_of_a_number(reader: FormReader) -> None:
    page = read(reader, weight="-42.7", total="-358")
    assert (page["weight"].value, page["total"].value) == ("-42.7", "-358")
