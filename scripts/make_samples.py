"""Draw the sample forms: blank, filled in by several hands, and scanned badly.

Everything is drawn here, by seed, so the answers are known for certain and the
handwriting is nobody's. Run from the checkout:

    python scripts/make_samples.py --seed 1 --out samples
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from sample_forms import (
    DPI,
    FORM_NAMES,
    HEIGHT,
    LINE,
    PAPER,
    WIDTH,
    Answers,
    Form,
    Pixels,
    cell_boxes,
    make_up_answers,
    print_form,
)

from formreader.geometry import Box, bounding_box, transform_points
from formreader.training.drawing.handwriting import (
    Writer,
    draw_digit,
    draw_number,
    draw_scribble,
    draw_strokes,
    draw_writer,
)

COLUMNS = ("file", "page", "field", "value", "cells", "left", "top", "width", "height")
DIGIT_HEIGHT = 50  # pixels; about 6 mm
CLEARANCE = 4  # pixels between a careful hand and the printed lines
CARELESS_SHARE = 0.4  # of the numbers on a careless page that run over a line
INK, PENCIL_DARKNESS = 20, 0.5
TABLE, TABLE_EDGE = 96, 60  # grey level of what lies behind a photo, and its width
_POINT = np.array([(0.0, 0.0, 0.0), (0.03, 0.05, 0.0)])  # a short press of the pen


@dataclass(frozen=True)
class Scan:
    """What the scanner does to a page.

    Attributes:
        turn_deg: Turn of the page, counter-clockwise.
        blur: Standard deviation of the blur in pixels.
        noise: Standard deviation of the noise in grey levels.
        shadow: Share of the light that the darkest corner loses.
        paper: Grey level of the bare paper.
        specks: Number of dark specks of dust.
        quality: JPEG quality.
        threshold: Grey level below which a pixel turns black, or None for a grey page.
        negative: Whether black and white change places.
        tilt: How far a camera stood from straight above the middle, as the share by
            which the far edge is shorter; 0 is a scanner. A photo shows the table
            that the sheet lies on.
    """

    turn_deg: float = 0.0
    blur: float = 0.6
    noise: float = 1.5
    shadow: float = 0.0
    paper: int = 246
    specks: int = 0
    quality: int = 75
    threshold: int | None = None
    negative: bool = False
    tilt: float = 0.0


@dataclass(frozen=True)
class Page:
    """One filled page to draw.

    Attributes:
        file: Name of the image file: the form's name, a number and the format.
        scan: What the scanner does to it.
        pale: Whether it is written with a hard pencil.
        careless: Whether strokes run over the printed lines here and there.
        short: Whether a number is shorter than its row of boxes.
    """

    file: str
    scan: Scan
    pale: bool = False
    careless: bool = False
    short: bool = False

    @property
    def form(self) -> str:
        """Name of the form."""
        return self.file.rpartition("-")[0]


PAGES = (
    Page("exam-cover-1.jpg", Scan(0.7, quality=85)),
    Page("exam-cover-2.jpg", Scan(-1.8, 0.9, shadow=0.4, quality=70), careless=True),
    Page("exam-cover-3.png", Scan(0.3, noise=14, threshold=150, specks=40), short=True),
    Page("exam-cover-4.jpg", Scan(-0.5, noise=2.5), pale=True),
    Page("meter-reading-1.jpg", Scan(-0.9, quality=80)),
    Page("meter-reading-2.jpg", Scan(2.4, shadow=0.3, quality=60)),
    Page("meter-reading-3.png", Scan(-0.4, noise=20, threshold=140), careless=True),
    Page("meter-reading-4.jpg", Scan(1.1, blur=0.8, negative=True)),
    Page("tally-1.jpg", Scan(-0.6, noise=0.8, quality=88)),
    Page("tally-2.jpg", Scan(1.5, 1.1, shadow=0.35), careless=True),
    Page("tally-3.png", Scan(-2.2, noise=10, threshold=160, specks=60)),
    Page("tally-4.jpg", Scan(0.9, noise=2.5, paper=228), pale=True),
    Page("tally-5.jpg", Scan(-2.0, 1.0, noise=2.5, shadow=0.45, quality=70, tilt=0.08)),
    Page("lab-log-1.jpg", Scan(0.5, quality=80)),
    Page("travel-claim-1.jpg", Scan(-0.4, quality=80)),
)


def write_page(
    form: Form,
    answers: Answers,
    writer: Writer,
    rng: np.random.Generator,
    *,
    careless: bool = False,
) -> Pixels:
    """Write the answers of a page by hand.

    Args:
        form: Where to write.
        answers: Digits for each field; a row of boxes is filled from the right.
        writer: Whose hand it is.
        rng: Source of the random draws.
        careless: Whether strokes run over the printed lines here and there.

    Returns:
        (H, W) uint8, the handwriting alone in the form's frame; 255 = ink.
    """
    layer = np.zeros_like(form.pixels)
    for field in form.fields:
        text = answers[field.name]
        if field.cells:
            cells = cell_boxes(field.box, field.cells)
            words = list(zip(text.rjust(field.cells), cells, strict=True))
        else:
            box = field.box
            top = box.top + field.caption
            words = [(text, Box(box.left, top, box.right, box.bottom))]
        for word, box in words:
            if word.strip():
                drawn = _draw_word(word, writer, rng, box)
                over = careless and rng.random() < CARELESS_SHARE
                left, top = _find_place(drawn, box, rng, over=over)
                while not _is_clear(layer, drawn.shape, left, top):
                    left, top = _find_place(drawn, box, rng, over=False)
                _lay(layer, drawn, left, top)
    if form.signature is not None:
        box = form.signature
        drawn = draw_scribble(writer, rng, DIGIT_HEIGHT, 0.7 * box.width)
        _lay(layer, drawn, box.left, box.bottom - drawn.shape[0] + 6)
    return layer


def _draw_word(word: str, writer: Writer, rng: np.random.Generator, box: Box) -> Pixels:
    """Draw a digit or a number, smaller where it would not fit into its box."""
    margin = 2 * (LINE + CLEARANCE)
    if len(word) == 1:
        drawn = draw_digit(int(word), writer, rng, DIGIT_HEIGHT)
    elif "." in word:
        drawn = _draw_decimal(word, writer, rng)
    else:
        drawn = draw_number(word, writer, rng, DIGIT_HEIGHT, gap=0.2)
    height, width = drawn.shape
    scale = min((box.width - margin) / width, (box.height - margin) / height)
    if scale >= 1:
        return drawn
    size = (int(width * scale), int(height * scale))
    return cv2.resize(drawn, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _draw_decimal(word: str, writer: Writer, rng: np.random.Generator) -> Pixels:
    """Draw a number with a decimal point on its base line."""
    whole, part = (
        draw_number(digits, writer, rng, DIGIT_HEIGHT, gap=0.2)
        for digits in word.split(".")
    )
    point = draw_strokes([_POINT], writer, rng, DIGIT_HEIGHT)
    space = round(0.16 * DIGIT_HEIGHT)
    pieces = [whole, point, part]
    height = max(piece.shape[0] for piece in pieces)
    level = [
        np.pad(piece, ((height - piece.shape[0], 0), (0, space))) for piece in pieces
    ]
    return np.hstack(level)[:, :-space]


def _find_place(
    drawn: Pixels, box: Box, rng: np.random.Generator, *, over: bool
) -> tuple[int, int]:
    """Choose left and top for a drawing: inside its box, or over one of the lines."""
    height, width = drawn.shape
    inside = box.expanded(-LINE - CLEARANCE, -LINE - CLEARANCE)
    # People centre a digit in a narrow box and begin at the left of a wide one.
    middle = 0.5 if width > 0.4 * inside.width else 0.25
    share = np.clip(rng.normal((middle, 0.5), 0.12), 0, 1)
    left = inside.left + int(share[0] * (inside.width - width))
    top = inside.top + int(share[1] * (inside.height - height))
    if over:
        side = rng.choice(("left", "above", "below"))
        if side == "left":
            # Only onto the line: beyond it the neighbour writes.
            left = box.left + int(rng.integers(0, LINE))
        elif side == "above":
            top = box.top - int(rng.integers(5, 10))
        else:
            top = box.bottom - height + int(rng.integers(5, 10))
    return left, top


def _is_clear(layer: Pixels, shape: tuple[int, ...], left: int, top: int) -> bool:
    """Tell whether nothing is written where a drawing would go, nor right beside."""
    place = Box(left, top, left + shape[1], top + shape[0]).expanded(3, 3)
    return not layer[place.slices].any()


def _lay(layer: Pixels, drawn: Pixels, left: int, top: int) -> None:
    """Add a drawing to the layer of handwriting, in place."""
    height, width = drawn.shape
    target = layer[top : top + height, left : left + width]
    np.maximum(target, drawn, out=target)


def ink_page(
    blank: Pixels, layer: Pixels, darkness: float, rng: np.random.Generator
) -> Pixels:
    """Lay the handwriting on the printed page.

    Args:
        blank: (H, W) uint8, the printed page; 0 = black.
        layer: (H, W) uint8, the handwriting; 255 = ink.
        darkness: 0 leaves no trace, 1 is black; below a half it is grainy as pencil.
        rng: Source of the grain.

    Returns:
        (H, W) uint8, the filled page; 0 = black.
    """
    cover = layer.astype(np.float32) * np.float32(darkness / 255)
    if darkness <= PENCIL_DARKNESS:
        grain = rng.normal(0.95, 0.5, layer.shape).astype(np.float32)
        cover *= np.clip(cv2.GaussianBlur(grain, (0, 0), 0.8), 0.5, 1.2)
    page = blank + (np.float32(INK) - blank) * cover
    return np.minimum(page, blank).astype(np.uint8)


def turn_matrix(scan: Scan) -> npt.NDArray[np.float64]:
    """Give the (3, 3) matrix from the printed page to the scanned one, or the photo."""
    centre = (WIDTH / 2, HEIGHT / 2)
    turn = cv2.getRotationMatrix2D(centre, scan.turn_deg, 1.0)
    matrix = np.vstack([turn, [0, 0, 1]]).astype(np.float64)
    return _tilt_matrix(scan.tilt) @ matrix if scan.tilt else matrix


def _tilt_matrix(tilt: float) -> npt.NDArray[np.float64]:
    """Give the (3, 3) matrix of a camera that stood below the sheet."""
    inset = tilt * WIDTH / 2
    edge = TABLE_EDGE
    sheet = [(0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT)]
    seen = [
        (edge + inset, edge + inset),
        (WIDTH - edge - inset, edge + inset),
        (WIDTH - edge, HEIGHT - edge),
        (edge, HEIGHT - edge),
    ]
    corners = np.array(sheet, np.float32), np.array(seen, np.float32)
    return cv2.getPerspectiveTransform(*corners).astype(np.float64)


def scan_page(page: Pixels, scan: Scan, rng: np.random.Generator) -> Pixels:
    """Do to a page what a scanner does.

    Args:
        page: (H, W) uint8, the page on the glass; 0 = black.
        scan: What is done.
        rng: Source of the noise and the dust.

    Returns:
        (H, W) uint8; two values only where the scan has a threshold.
    """
    turned = cv2.warpPerspective(
        page, turn_matrix(scan), (WIDTH, HEIGHT), borderValue=PAPER
    ).astype(np.uint8)
    if scan.tilt:
        turned = _lay_on_table(turned, turn_matrix(scan), rng)
    for x, y in rng.integers((0, 0), (WIDTH, HEIGHT), (scan.specks, 2)).tolist():
        cv2.circle(turned, (x, y), 1, INK, -1)
    # The light falls off towards the lower right corner.
    across = np.linspace(0, 0.5, WIDTH, dtype=np.float32)
    down = np.linspace(0, 0.5, HEIGHT, dtype=np.float32)[:, None]
    light = (1 - scan.shadow * (across + down) ** 2) * (scan.paper / PAPER)
    grey = np.asarray(turned * light, dtype=np.float32)
    scanned = cv2.GaussianBlur(grey, (0, 0), scan.blur).astype(np.float32)
    noise = rng.standard_normal((HEIGHT, WIDTH), dtype=np.float32)
    scanned += noise * np.float32(scan.noise)
    if scan.threshold is not None:
        scanned = np.where(scanned < scan.threshold, 0, 255).astype(np.float32)
    if scan.negative:
        scanned = 255 - scanned
    return np.clip(scanned, 0, 255).astype(np.uint8)


def _lay_on_table(
    seen: Pixels, matrix: npt.NDArray[np.float64], rng: np.random.Generator
) -> Pixels:
    """Show a table of wood where the sheet does not lie."""
    sheet = cv2.warpPerspective(np.ones_like(seen), matrix, (WIDTH, HEIGHT))
    grain = rng.standard_normal((HEIGHT, WIDTH), dtype=np.float32)
    streaks = cv2.GaussianBlur(grain, (0, 0), sigmaX=60, sigmaY=2)
    wood = TABLE + 160 * streaks
    return np.where(sheet > 0, seen, np.clip(wood, 0, 255)).astype(np.uint8)


def draw_page(page: Page, answers: Answers, rng: np.random.Generator) -> Pixels:
    """Print, fill in and scan one page.

    Args:
        page: Which page.
        answers: What is written in each field.
        rng: Source of the hand and of all else that chance decides.

    Returns:
        (H, W) uint8, the scanned page.
    """
    form = print_form(page.form)
    writer = draw_writer(rng)
    if page.pale:
        writer = replace(writer, darkness=PENCIL_DARKNESS)
    layer = write_page(form, answers, writer, rng, careless=page.careless)
    filled = ink_page(form.pixels, layer, writer.darkness, rng)
    return scan_page(filled, page.scan, rng)


def truth_rows(
    file: str, form: Form, answers: Answers, scan: Scan
) -> Iterator[tuple[str | int, ...]]:
    """List the fields of a page in the columns of `COLUMNS`."""
    matrix = turn_matrix(scan)
    for field in form.fields:
        value = answers.get(field.name, "")
        if not value and not field.reported:
            continue
        cells = value.rjust(field.cells, "_") if field.cells else ""
        box = bounding_box(transform_points(field.box.corners, matrix))
        where = (box.left, box.top, box.width, box.height)
        yield (file, 1, field.name, value, cells, *where)


def plan_pages(seed: int) -> list[tuple[Page, Answers]]:
    """Decide what is written on each page."""
    plan = []
    for index, page in enumerate(PAGES):
        rng = np.random.default_rng([seed, index, 0])
        plan.append((page, make_up_answers(page.form, rng, short=page.short)))
    return plan


def list_truth(seed: int) -> list[tuple[str | int, ...]]:
    """List the fields of all pages, the blank ones too, in the columns of `COLUMNS`."""
    rows = [
        row
        for page, answers in plan_pages(seed)
        for row in truth_rows(page.file, print_form(page.form), answers, page.scan)
    ]
    for name in FORM_NAMES:
        rows.extend(truth_rows(f"{name}-blank.png", print_form(name), {}, Scan()))
    return sorted(rows, key=lambda row: str(row[0]))


def make_samples(seed: int, folder: Path) -> None:
    """Write all pages and `expected.csv` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, (page, answers) in enumerate(plan_pages(seed)):
        pixels = draw_page(page, answers, np.random.default_rng([seed, index, 1]))
        _save(pixels, folder / page.file, page.scan)
    for name in FORM_NAMES:
        blank = scan_page(
            print_form(name).pixels,
            Scan(noise=0, threshold=128),
            np.random.default_rng(seed),
        )
        _save(blank, folder / f"{name}-blank.png", Scan(threshold=128))
    with (folder / "expected.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(list_truth(seed))


def _save(pixels: Pixels, path: Path, scan: Scan) -> None:
    """Write an image with its resolution; a bilevel page takes one bit a pixel."""
    image = Image.fromarray(pixels)
    if scan.threshold is not None:
        image = image.convert("1", dither=Image.Dither.NONE)
    image.save(path, quality=scan.quality, optimize=True, dpi=(DPI, DPI))


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and write the samples."""
    parser = argparse.ArgumentParser(description="Draw the sample forms.")
    parser.add_argument("--seed", type=int, default=1, help="seed of all chance")
    parser.add_argument(
        "--out", type=Path, default=Path("samples"), help="folder to write into"
    )
    options = parser.parse_args(arguments)
    make_samples(options.seed, options.out)
    print(f"{len(PAGES) + len(FORM_NAMES)} pages in {options.out}", file=sys.stderr)


if __name__ == "__main__":
    main()
