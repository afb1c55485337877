"""The sample forms as they come from the press, and what one may write there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from types import MappingProxyType

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from formreader.geometry import Box

Pixels = npt.NDArray[np.uint8]
Answers = dict[str, str]

WIDTH, HEIGHT, DPI = 1654, 2339, 200  # A4
LINE = 3  # width of printed lines
PAPER, PRINT = 255, 25
MARGIN = 150
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
PLACES = ("Town hall", "Library", "School", "Harbour", "Market", "Station", "Mill lane")


@dataclass(frozen=True)
class Field:
    """One place to write in.

    Attributes:
        name: As in the truth file.
        box: The printed outline on the blank form, lines included; of a line to write
            on, the room above it.
        cells: Number of adjoining boxes of one digit each; 0 for one open box.
        caption: Height of what is printed at the top of the box, in pixels.
        reported: Whether it is a result even if nothing is written: a box or a cell of
            its own, no line and no box with print in it.
    """

    name: str
    box: Box
    cells: int = 0
    caption: int = 0
    reported: bool = True


@dataclass(frozen=True, eq=False)
class Form:
    """A printed form.

    Attributes:
        pixels: (H, W) uint8, the blank page; 0 = black.
        fields: The places to write in, in reading order.
        signature: Where to sign, or None.
    """

    pixels: Pixels
    fields: tuple[Field, ...]
    signature: Box | None = None


class Press:
    """A blank page that forms are printed on."""

    def __init__(self) -> None:
        """Begin with bare paper."""
        self.image = Image.new("L", (WIDTH, HEIGHT), PAPER)
        self.draw = ImageDraw.Draw(self.image)

    def text(self, left: int, top: int, words: str, size: int = 30) -> None:
        """Print lines of text with their upper left corner at a point."""
        font = ImageFont.load_default(size=size)
        spacing = size // 2
        self.draw.multiline_text((left, top), words, PRINT, font, spacing=spacing)

    def box(self, left: int, top: int, width: int, height: int, cells: int = 1) -> Box:
        """Print adjoining boxes and return their outline."""
        outline = Box(left, top, left + width, top + height)
        edge = (left, top, outline.right - 1, outline.bottom - 1)
        self.draw.rectangle(edge, outline=PRINT, width=LINE)
        for cell in cell_boxes(outline, cells)[1:]:
            line = (cell.left, top, cell.left + LINE - 1, outline.bottom - 1)
            self.draw.rectangle(line, fill=PRINT)
        return outline

    def line(self, left: int, base: int, width: int, height: int = 80) -> Box:
        """Print a line to write on and return the room above it."""
        self.draw.rectangle((left, base, left + width - 1, base + 1), fill=PRINT)
        return Box(left, base - height, left + width, base)

    @property
    def pixels(self) -> Pixels:
        """(H, W) uint8, what is printed so far; 0 = black."""
        return np.array(self.image)

    def paste(self, left: int, top: int, pixels: Pixels) -> None:
        """Print a picture."""
        self.image.paste(Image.fromarray(pixels), (left, top))


def cell_boxes(outline: Box, cells: int) -> list[Box]:
    """Divide a row of adjoining boxes; neighbours share a printed line."""
    step = (outline.width - LINE) / cells
    edges = [outline.left + round(step * index) for index in range(cells + 1)]
    return [
        Box(edges[i], outline.top, edges[i + 1] + LINE, outline.bottom)
        for i in range(cells)
    ]


def print_exam_cover() -> Form:
    """Print the cover sheet of an exam: rows of boxes, one digit each."""
    press = Press()
    press.draw.ellipse((MARGIN, 130, MARGIN + 120, 250), outline=PRINT, width=8)
    press.draw.polygon([(180, 220), (210, 150), (240, 220)], fill=PRINT)
    press.text(320, 130, "Northfield College", 44)
    press.text(320, 200, "Introduction to Statistics\nFinal examination", 32)
    code = cv2.QRCodeEncoder.create().encode("formreader sample: exam-cover")
    press.paste(1330, 120, np.asarray(np.kron(code, np.ones((6, 6))), dtype=np.uint8))
    press.text(
        MARGIN,
        400,
        "Write your student number and the number of your room in the boxes below,\n"
        "one digit in each box, with a dark pen. If your number is shorter than the\n"
        "row, leave the first boxes empty. Do not fold this sheet.",
    )
    press.text(MARGIN, 652, "Student number", 34)
    number = press.box(520, 630, 8 * 70 + LINE, 82, cells=8)
    press.text(MARGIN, 802, "Room", 34)
    room = press.box(520, 780, 4 * 70 + LINE, 82, cells=4)
    press.text(
        MARGIN,
        980,
        "You have 120 minutes for 6 questions. Begin each answer on a new page and\n"
        "show your work: a result without its derivation earns no points.\n\n"
        "A calculator without memory and one handwritten sheet of notes are allowed.\n"
        "Telephones stay switched off in your bag until the papers are collected.\n\n"
        "By signing you confirm that the work in this booklet is your own.",
    )
    press.text(MARGIN, 1560, "Signature", 34)
    press.draw.rectangle((400, 1600, 1100, 1602), fill=PRINT)
    press.text(MARGIN, 2180, "Form E-7, page 1 of 12", 22)
    fields = (Field("student_number", number, 8), Field("room", room, 4))
    return Form(press.pixels, fields, Box(430, 1510, 1000, 1600))


def print_meter_reading() -> Form:
    """Print a card for a meter: separate boxes, several digits each."""
    press = Press()
    press.text(MARGIN, 140, "Water meter reading card", 52)
    press.text(
        MARGIN,
        240,
        "Please read your meter, fill in this card and send it back within two weeks.\n"
        "Write the black digits only and leave out the red ones.",
    )
    rows = (
        ("customer_number", "Customer number", 620, 440, 420),
        ("meter_number", "Meter number", 620, 600, 420),
        ("previous_reading", "Previous reading", 620, 760, 300),
        ("present_reading", "Present reading", 620, 920, 300),
    )
    fields = []
    for name, label, left, top, width in rows:
        press.text(MARGIN, top + 26, label, 34)
        fields.append(Field(name, press.box(left, top, width, 90)))
        if name.endswith("reading"):
            press.text(left + width + 24, top + 30, "cubic metres", 28)
    press.text(MARGIN, 1146, "Date of reading", 34)
    dates = (("day", 620, 130), ("month", 810, 130), ("year", 1000, 220))
    for name, left, width in dates:
        press.text(left, 1076, name.capitalize(), 26)
        fields.append(Field(name, press.box(left, 1120, width, 90)))
    press.text(MARGIN, 1286, "Persons in the household", 34)
    fields.append(Field("persons", press.box(620, 1260, 130, 90)))
    press.text(
        MARGIN,
        1440,
        "The meter number is stamped on the rim of the meter, beside the year of its\n"
        "calibration. If the present reading is below the previous one, the meter has\n"
        "been exchanged: please tell us the date in a letter.\n\n"
        "Northfield Waterworks, 14 Bridge Street, Northfield",
    )
    return Form(press.pixels, tuple(fields))


def print_tally() -> Form:
    """Print a ruled table: words in the first column and the header, else numbers."""
    press = Press()
    press.text(MARGIN, 140, "Count of ballot papers", 52)
    press.text(
        MARGIN,
        240,
        "One line for each polling place. The total is the sum of the valid and the\n"
        "spoilt papers. Leave a cell empty where nothing was counted.",
    )
    edges, top, row_height = (MARGIN, 560, 880, 1200, 1500), 420, 110
    titles = ("Polling place", "Valid", "Spoilt", "Total")
    fields = []
    for row, label in enumerate(("", *PLACES)):
        y = top + row * row_height
        for column, (left, right) in enumerate(pairwise(edges)):
            cell = press.box(left, y, right - left + LINE, row_height + LINE)
            if row == 0 or column == 0:
                words = titles[column] if row == 0 else label
                press.text(left + 24, y + 36, words, 34)
            else:
                fields.append(Field(f"r{row}c{column}", cell))
    press.text(
        MARGIN,
        1380,
        "The sheet is handed to the returning officer together with the sealed urn.\n"
        "Corrections are written beside the table and signed by two members.",
    )
    press.text(MARGIN, 1560, "Signed", 34)
    press.draw.rectangle((400, 1600, 1100, 1602), fill=PRINT)
    return Form(press.pixels, tuple(fields), Box(430, 1510, 1000, 1600))


def print_lab_log() -> Form:
    """Print a log of measurements: a table whose cells take decimals."""
    press = Press()
    press.text(MARGIN, 140, "Pond water, daily log", 52)
    press.text(
        MARGIN,
        240,
        "Take all values at eight in the morning. Write one number in a cell, with "
        "its\ndecimal point. Leave a cell empty if the instrument failed.",
    )
    edges, top, row_height = (MARGIN, 420, 690, 1000, 1310, 1504), 400, 96
    titles = ("Day", "pH", "Oxygen mg/l", "Water deg C", "Fish")
    fields = []
    for row, label in enumerate(("", *DAYS)):
        y = top + row * row_height
        for column, (left, right) in enumerate(pairwise(edges)):
            cell = press.box(left, y, right - left + LINE, row_height + LINE)
            if row == 0 or column == 0:
                words = titles[column] if row == 0 else label
                press.text(left + 20, y + 30, words, 32)
            else:
                fields.append(Field(f"r{row}c{column}", cell))
    press.text(
        MARGIN,
        1320,
        "Hand the sheet in at the end of the week. Water is measured one metre below\n"
        "the surface, in the shade of the landing stage.",
    )
    return Form(press.pixels, tuple(fields))


def print_travel_claim() -> Form:
    """Print a claim for travel: boxes with captions in them, and lines to write on."""
    press = Press()
    press.text(MARGIN, 140, "Travel expenses", 52)
    press.text(MARGIN, 230, "One sheet for each journey, within a month of the return.")
    fields = []
    rows = (
        (("staff_number", "Staff number", 640), ("cost_centre", "Cost centre", 714)),
        (("journey", "Journey", 340), ("nights", "Nights", 300), ("km", "km", 714)),
    )
    for row, boxes in enumerate(rows):
        left, top = MARGIN, 330 + row * 130
        for name, caption, width in boxes:
            box = press.box(left, top, width + LINE, 130 + LINE)
            press.text(left + 14, top + 8, caption, 24)
            fields.append(Field(name, box, caption=36, reported=False))
            left += width
    lines = (
        ("fare", "Train, bus, ferry"),
        ("hotel", "Hotel, without breakfast"),
        ("meals", "Meals"),
        ("total", "Total"),
    )
    for row, (name, label) in enumerate(lines):
        base = 760 + row * 120
        press.text(MARGIN, base - 34, label, 34)
        fields.append(Field(name, press.line(760, base, 420), reported=False))
    press.text(
        MARGIN,
        1260,
        "Receipts are stapled to the back of this sheet. Amounts in euros, rounded to\n"
        "whole euros. The claim is paid with the salary of the following month.",
    )
    press.text(MARGIN, 1560, "Signature", 34)
    press.draw.rectangle((400, 1600, 1100, 1602), fill=PRINT)
    return Form(press.pixels, tuple(fields), Box(430, 1510, 1000, 1600))


_PRINTERS: MappingProxyType[str, Callable[[], Form]] = MappingProxyType(
    {
        "exam-cover": print_exam_cover,
        "meter-reading": print_meter_reading,
        "tally": print_tally,
        "lab-log": print_lab_log,
        "travel-claim": print_travel_claim,
    }
)
FORM_NAMES = tuple(_PRINTERS)


@cache
def print_form(name: str) -> Form:
    """Print a form of `FORM_NAMES`."""
    return _PRINTERS[name]()


def make_up_answers(
    name: str, rng: np.random.Generator, *, short: bool = False
) -> Answers:
    """Make up what is written in each field of a form.

    Args:
        name: One of `FORM_NAMES`.
        rng: Source of the random draws.
        short: Whether a number is shorter than its row of boxes.

    Returns:
        Digits, some with a decimal point, for each field name; empty for a field left
        blank.
    """
    if name == "exam-cover":
        return _answer_exam_cover(rng, 7 if short else 8)
    answer = {
        "meter-reading": _answer_meter_reading,
        "tally": _answer_tally,
        "lab-log": _answer_lab_log,
        "travel-claim": _answer_travel_claim,
    }
    return answer[name](rng)


def _answer_exam_cover(rng: np.random.Generator, digits: int) -> Answers:
    """Make up a student number and a room."""
    number = rng.integers(10 ** (digits - 1), 10**digits)
    return {"student_number": str(number), "room": str(rng.integers(1000, 5000))}


def _answer_meter_reading(rng: np.random.Generator) -> Answers:
    """Make up a card whose two readings agree with each other."""
    previous = int(rng.integers(3_000, 70_000))
    digits = int(rng.integers(7, 9))
    return {
        "customer_number": str(rng.integers(10**7, 10**8)),
        "meter_number": str(rng.integers(10 ** (digits - 1), 10**digits)),
        "previous_reading": f"{previous:05d}",
        "present_reading": f"{previous + int(rng.integers(40, 900)):05d}",
        "day": str(rng.integers(1, 29)),
        "month": f"{rng.integers(1, 13):02d}",
        "year": str(rng.integers(2021, 2026)),
        "persons": str(rng.integers(1, 7)),
    }


def _answer_tally(rng: np.random.Generator) -> Answers:
    """Make up counts that add up; two lines have no spoilt papers."""
    answers = {}
    without = rng.choice(len(PLACES), 2, replace=False) + 1
    for row in range(1, len(PLACES) + 1):
        valid = int(rng.integers(8, 1800))
        spoilt = 0 if row in without else int(rng.integers(1, 130))
        answers[f"r{row}c1"] = str(valid)
        answers[f"r{row}c2"] = str(spoilt) if spoilt else ""
        answers[f"r{row}c3"] = str(valid + spoilt)
    return answers


def _answer_lab_log(rng: np.random.Generator) -> Answers:
    """Make up a week of measurements; one instrument failed once."""
    answers = {}
    failed = int(rng.integers(1, len(DAYS) + 1))
    for row in range(1, len(DAYS) + 1):
        answers[f"r{row}c1"] = f"{rng.uniform(6.2, 8.6):.1f}"
        answers[f"r{row}c2"] = "" if row == failed else f"{rng.uniform(4, 13):.2f}"
        answers[f"r{row}c3"] = f"{rng.uniform(7, 24):.1f}"
        answers[f"r{row}c4"] = str(rng.integers(0, 60))
    return answers


def _answer_travel_claim(rng: np.random.Generator) -> Answers:
    """Make up a journey whose costs add up."""
    costs = {
        "fare": int(rng.integers(18, 260)),
        "hotel": int(rng.integers(120, 980)),
        "meals": int(rng.integers(30, 190)),
    }
    return {
        "staff_number": str(rng.integers(10**5, 10**6)),
        "cost_centre": str(rng.integers(10**3, 10**4)),
        "journey": str(rng.integers(2, 90)),
        "nights": str(rng.integers(1, 9)),
        "km": str(rng.integers(120, 2400)),
        **{name: str(cost) for name, cost in costs.items()},
        "total": str(sum(costs.values())),
    }
