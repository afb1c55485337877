"""A full page to time formreader on: rows of boxes, open boxes, a table and much print.

The page is printed and filled in by the same press and hands as the sample forms, then
brought to 300 dpi as a scanner would see it, a little turned.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt
from make_samples import ink_page, write_page
from sample_forms import HEIGHT, LINE, MARGIN, WIDTH, Answers, Field, Form, Press

from formreader.geometry import Box, bounding_box, transform_points
from formreader.training.drawing.handwriting import draw_writer

PAGE_WIDTH, PAGE_HEIGHT, PAGE_DPI = 2480, 3508, 300  # A4
JPEG_QUALITY = 90
_TURN_DEG = 0.6
_BLUR_PX, _NOISE = 0.8, 1.5
_PAPER = 246
_ROWS = (
    ("customer", "Customer number", 9),
    ("meter", "Meter number", 8),
    ("order", "Order number", 10),
    ("account", "Account", 12),
    ("postcode", "Postcode", 5),
    ("telephone", "Telephone", 11),
)
_DATES = ("From", "To")
_DATE_PARTS = (("Day", 130, 2), ("Month", 130, 2), ("Year", 220, 4))
_COLUMNS = (("Previous", 4), ("Present", 4), ("Used", 2))
_LINES = ("Kitchen", "Bathroom", "Laundry", "Garden", "Garage", "Workshop")
_ADVICE = (
    "Please write one digit in each box, with a dark pen, and begin at the left. Keep\n"
    "within the lines. If you make a mistake, ask for a new form: what is crossed out\n"
    "has to be typed in by a person, and your request will take longer.\n\n"
    "The readings are the black digits of each meter; leave out the red ones. If the\n"
    "present reading is below the previous one, the meter has been exchanged."
)
_NOTICE = (
    "We keep these data as long as the law asks for, and give them to nobody. You may\n"
    "ask at any time what is stored about you and have it corrected. By sending this\n"
    "form you confirm that the readings are your own and were taken on the day above.\n"
    "Northfield Waterworks, 14 Bridge Street, Northfield. Open on weekdays, 9 to 17."
)


@dataclass(frozen=True)
class Written:
    """What stands in one field of a page.

    Attributes:
        value: The digits.
        box: Where, in pixels of the page.
    """

    value: str
    box: Box


def draw_full_page(seed: int) -> tuple[npt.NDArray[np.uint8], list[Written]]:
    """Draw the page.

    Args:
        seed: Of the hand and of all else that chance decides.

    Returns:
        (3508, 2480) uint8, 0 = black; and the truth of each field.
    """
    rng = np.random.default_rng(seed)
    form, lengths = _print_form()
    answers = {name: _make_number(rng, length) for name, length in lengths.items()}
    matrix = _page_matrix()
    truth = [
        Written(
            answers[field.name],
            bounding_box(transform_points(field.box.corners, matrix)),
        )
        for field in form.fields
    ]
    return _scan(_fill_in(form, answers, rng), matrix, rng), truth


def _print_form() -> tuple[Form, dict[str, int]]:
    """Print the form; give the number of digits of each field by its name."""
    press = Press()
    press.text(MARGIN, 100, "Request for a new water account", 52)
    press.text(MARGIN, 190, _ADVICE, 26)
    fields = [*_print_rows(press), *_print_dates(press), *_print_table(press)]
    press.text(MARGIN, 2160, _NOTICE, 24)
    return (
        Form(press.pixels, tuple(field for field, _ in fields)),
        {field.name: length for field, length in fields},
    )


def _print_rows(press: Press) -> list[tuple[Field, int]]:
    """Print rows of boxes of one digit each."""
    fields = []
    for index, (name, label, length) in enumerate(_ROWS):
        top = 460 + 120 * index
        press.text(MARGIN, top + 22, label, 34)
        box = press.box(520, top, length * 70 + LINE, 82, cells=length)
        fields.append((Field(name, box, length), length))
    return fields


def _print_dates(press: Press) -> list[tuple[Field, int]]:
    """Print open boxes for the parts of two dates."""
    fields = []
    for column, label in enumerate(_DATES):
        left, top = MARGIN + 720 * column, 1250
        press.text(left, top + 26, label, 34)
        left += 110
        for part, width, length in _DATE_PARTS:
            press.text(left, top - 40, part, 26)
            box = press.box(left, top, width, 90)
            fields.append((Field(f"{label} {part}", box), length))
            left += width + 20
    return fields


def _print_table(press: Press) -> list[tuple[Field, int]]:
    """Print a table with words in the first column and the header, else numbers."""
    fields = []
    edges, top, row_height = (MARGIN, 560, 880, 1200, 1500), 1390, 105
    for row, label in enumerate(("Meter in", *_LINES)):
        y = top + row * row_height
        for column, (left, right) in enumerate(pairwise(edges)):
            box = press.box(left, y, right - left + LINE, row_height + LINE)
            if column == 0 or row == 0:
                words = label if column == 0 else _COLUMNS[column - 1][0]
                press.text(left + 24, y + 34, words, 34)
            else:
                title, length = _COLUMNS[column - 1]
                fields.append((Field(f"{label} {title}", box), length))
    return fields


def _make_number(rng: np.random.Generator, length: int) -> str:
    """Make up a number of so many digits."""
    return "".join(str(digit) for digit in rng.integers(0, 10, length))


def _fill_in(
    form: Form, answers: Answers, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Write the answers on the printed form."""
    writer = draw_writer(rng)
    layer = write_page(form, answers, writer, rng)
    return ink_page(form.pixels, layer, writer.darkness, rng)


def _page_matrix() -> npt.NDArray[np.float64]:
    """Give the (3, 3) matrix from the printed form to the scanned page."""
    centre = (WIDTH / 2, HEIGHT / 2)
    turn = cv2.getRotationMatrix2D(centre, _TURN_DEG, 1.0)
    scale = np.diag([PAGE_WIDTH / WIDTH, PAGE_HEIGHT / HEIGHT, 1.0])
    return np.asarray(scale @ np.vstack([turn, [0.0, 0.0, 1.0]]), dtype=np.float64)


def _scan(
    page: npt.NDArray[np.uint8],
    matrix: npt.NDArray[np.float64],
    rng: np.random.Generator,
) -> npt.NDArray[np.uint8]:
    """Bring a page to its final size, with the blur and the noise of a scanner."""
    size = (PAGE_WIDTH, PAGE_HEIGHT)
    large = cv2.warpAffine(
        page, matrix[:2], size, flags=cv2.INTER_CUBIC, borderValue=255
    )
    light = large.astype(np.float32) * np.float32(_PAPER / 255)
    scanned = cv2.GaussianBlur(light, (0, 0), _BLUR_PX)
    noise = rng.standard_normal(scanned.shape, dtype=np.float32)
    noisy = np.clip(scanned + _NOISE * noise, 0, 255)
    return np.asarray(noisy, dtype=np.uint8)
