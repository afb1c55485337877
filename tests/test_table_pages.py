"""Whole tables with drawn handwriting, read by the real models."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from formreader.pipeline import FormReader
from formreader.readings import FieldReading
from formreader.records import PageImage
from formreader.training.drawing.handwriting import draw_number, draw_writer

pytestmark = pytest.mark.model

Pixels = npt.NDArray[np.uint8]
Place = tuple[int, int]
SHEET = (1500, 1200)


@dataclass(frozen=True)
class Table:
    """A table to draw: where its lines run, how they look, what stands in its cells."""

    widths: tuple[int, ...]
    height: int
    rows: int
    line: str
    seed: int
    lost_walls: frozenset[Place] = frozenset()
    lost_floors: frozenset[Place] = frozenset()

    @property
    def numbers(self) -> dict[Place, str]:
        """What is written, by row and column from 1; one cell in eight is empty."""
        rng = np.random.default_rng([self.seed, 1])
        return {
            (row, column): str(rng.integers(10, 10 ** (2 if width < 110 else 3)))
            for row in range(1, self.rows + 1)
            for column, width in enumerate(self.widths, start=1)
            if rng.random() > 0.125
        }

    @property
    def edges(self) -> tuple[list[int], list[int]]:
        """Where the lines run: x and y."""
        xs = (110 + np.concatenate([[0], np.cumsum(self.widths)])).tolist()
        ys = (160 + self.height * np.arange(self.rows + 1)).tolist()
        return xs, ys

    def draw(self) -> Pixels:
        """Draw the page, (H, W) uint8, 0 = black."""
        page = np.full(SHEET, 250, np.uint8)
        xs, ys = self.edges
        for row, y in enumerate(ys):
            breaks = [0, len(self.widths)]
            for column in range(1, len(self.widths) + 1):
                if (row, column) in self.lost_floors:
                    breaks[-1:-1] = [column - 1, column]
            for first, last in zip(breaks[::2], breaks[1::2], strict=True):
                draw_line(page, (xs[first], y), (xs[last], y), self.line)
        for row, (top, bottom) in enumerate(pairwise(ys), start=1):
            for column, x in enumerate(xs):
                if (row, column) not in self.lost_walls:
                    draw_line(page, (x, top), (x, bottom), self.line)
        rng = np.random.default_rng([self.seed, 2])
        writer = draw_writer(rng)
        for (row, column), text in self.numbers.items():
            ink = draw_number(text, writer, rng, 0.6 * self.height, gap=0.2)
            top = ys[row - 1] + (self.height - ink.shape[0]) // 2
            left = xs[column - 1] + (self.widths[column - 1] - ink.shape[1]) // 2
            part = page[top : top + ink.shape[0], left : left + ink.shape[1]]
            part[:] = np.minimum(part, 255 - np.uint8(0.9 * ink))
        return np.asarray(cv2.GaussianBlur(page, (0, 0), 0.7), np.uint8)


def draw_line(page: Pixels, start: Place, end: Place, kind: str) -> None:
    """Draw a level or upright line as printers make them."""
    width = {"thin": 1, "thick": 6, "double": 2}.get(kind, 3)
    tone = 170 if kind == "pale" else 30
    first, last = np.array(start), np.array(end)
    if kind == "double":
        across = np.array([4, 0] if first[0] == last[0] else [0, 4])
        strokes = [(first - across, last - across), (first + across, last + across)]
    elif kind in ("dashed", "dotted"):
        period = 12 if kind == "dashed" else 6
        length = int((last - first).max())
        along = (last - first) / length
        begins = range(0, length, period)
        strokes = [
            (first + along * at, first + along * min(length, at + period // 2))
            for at in begins
        ]
    else:
        strokes = [(first, last)]
    for ends in strokes:
        one, other = (np.rint(point).astype(int).tolist() for point in ends)
        cv2.line(page, one, other, (tone,), width)


@pytest.fixture(scope="module")
def reader() -> FormReader:
    return FormReader()


def read(reader: FormReader, pixels: Pixels) -> dict[str, FieldReading]:
    page = reader.read_page(PageImage(pixels, "table"))
    return {one.name: one for one in page.fields}


def compare(found: dict[str, FieldReading], table: Table) -> tuple[int, list[str]]:
    """Count what is right, and list what is wrong and not marked."""
    right, silent = 0, []
    for (row, column), text in table.numbers.items():
        one = found.get(f"t1_r{row:02d}_c{column:02d}")
        right += one is not None and one.value == text
        if one is not None and one.value != text and not one.needs_review:
            silent.append(f"{one.name}: {one.value} for {text}")
    return right, silent


TABLES = [
    Table((90, 90, 90, 90, 90, 90), 60, 8, "plain", 1),
    Table((160, 100, 240, 130), 70, 6, "thin", 2),
    Table((140, 140, 140), 90, 9, "thick", 3),
    Table((120, 200, 120, 200), 64, 7, "dashed", 4),
    Table((130, 130, 130, 130, 130), 72, 6, "dotted", 5),
    Table((220, 150, 100), 56, 10, "pale", 6),
    Table((150, 150, 150, 150), 80, 5, "double", 7),
]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.line)
def test_a_table_of_any_pitch_and_line_is_read_cell_by_cell(
    reader: FormReader, table: Table
) -> None:
    right, silent = compare(read(reader, table.draw()), table)
    assert not silent
    assert right >= 0.9 * len(table.numbers)


@pytest.fixture(scope="module")
def whole(reader: FormReader) -> dict[str, FieldReading]:
    return read(reader, TABLES[1].draw())


@pytest.mark.parametrize(
    ("walls", "floors", "beside"),
    [
        ({(3, 2)}, set(), {"t1_r03_c02", "t1_r03_c03"}),
        (set(), {(3, 2)}, {"t1_r03_c02", "t1_r04_c02"}),
        (
            {(3, 1), (3, 2)},
            {(2, 2), (3, 2)},
            {
                f"t1_r{row:02d}_c{column:02d}"
                for row in (2, 3, 4)
                for column in (1, 2, 3)
            },
        ),
    ],
    ids=["wall", "line", "cell"],
)
def test_what_is_lost_of_a_table_costs_no_other_cell(
    reader: FormReader,
    whole: dict[str, FieldReading],
    walls: set[Place],
    floors: set[Place],
    beside: set[str],
) -> None:
    torn = replace(
        TABLES[1], lost_walls=frozenset(walls), lost_floors=frozenset(floors)
    )
    after = read(reader, torn.draw())
    for name, one in whole.items():
        if name not in beside:
            assert after[name].value == one.value, name
    assert not compare(after, torn)[1]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_page_that_lies_on_another_side_reads_the_same(
    reader: FormReader, whole: dict[str, FieldReading], turns: int
) -> None:
    turned = read(reader, np.ascontiguousarray(np.rot90(TABLES[1].draw(), turns)))
    values = {name: one.value for name, one in turned.items()}
    assert values == {name: one.value for name, one in whole.items()}


@pytest.mark.parametrize("angle_deg", [-25, 15])
def test_a_page_that_lies_askew_is_read_cell_by_cell(
    reader: FormReader, angle_deg: float
) -> None:
    pixels = TABLES[1].draw()
    height, width = pixels.shape
    middle = width / 2, height / 2
    turn = cv2.getRotationMatrix2D(middle, angle_deg, 1.0)
    turned = cv2.warpAffine(pixels, turn, (width, height), borderValue=(250,))
    right, silent = compare(read(reader, np.asarray(turned, np.uint8)), TABLES[1])
    assert not silent
    assert right >= 0.9 * len(TABLES[1].numbers)
