"""Print forms, have them filled in by program, scan them, and count what is read.

Example:
    python scripts/measure_printed.py ticks STROKES.json.gz --sheets 4
    python scripts/measure_printed.py form STROKES.json.gz --sheets 10

STROKES holds digits of real writers, a list of [digit, writer, -, strokes].
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import click
import cv2
import numpy as np
from printed_sheets import CAPTURES, Sheet, capture, draw_hand, load_hands

from formreader import FormReader, FormTemplate
from formreader.errors import RegistrationError
from formreader.forms.authoring.composing import compose_form
from formreader.forms.authoring.printing import PrintingWay, render_reference
from formreader.forms.authoring.questions import parse_questions
from formreader.forms.matching import Form
from formreader.forms.templates.entries import FieldTemplate
from formreader.forms.ticks import find_printed_box
from formreader.geometry import Box
from formreader.pages.loading import page_from_array
from formreader.readings import FieldReading, PageReading
from formreader.records import FieldKind
from formreader.value_types import ValueKind

_HEAD = "label,kind,cells,values,rows\n"
_TICKS = (
    _HEAD
    + "Student number,bubbled,7,,\n"
    + "".join(f"Question {n},bubbles,,A|B|C|D|E,\n" for n in range(1, 25))
    + "".join(f"Item {n},choice,,yes|no|later,\n" for n in range(1, 15))
    + "".join(f"Statement {n},tick,,,\n" for n in range(1, 13))
)
_FORM = (
    _HEAD
    + """\
Number,number,8,,
Born,date,,,
Arrived,time,,,
Room,number,4,,
Your way,choice,,foot|bicycle|car,
Satisfied,bubbles,,1|2|3|4|5,
I agree,tick,,,
Total,number,,,
Weight,number,,,
Visits,table,2,First|Second,2024|2025
Sum,number,5,,
Age,number,3,,
Remarks,text,2,,
"""
)


@click.group()
def main() -> None:
    """Measure what is read of printed forms."""
    cv2.setNumThreads(1)


@main.command()
@click.argument("strokes", type=click.Path(exists=True, path_type=Path))
@click.option("--sheets", default=4, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--colour", type=click.Choice(["red", "green", "blue"]))
@click.option("--save", type=click.Path(path_type=Path), help="Keep the pages here.")
def ticks(
    strokes: Path, sheets: int, seed: int, colour: str | None, save: Path | None
) -> None:
    """Bubbles, boxes and a number that is bubbled and written, on several pages."""
    measure(_TICKS, strokes, sheets, seed, colour, save)


@main.command()
@click.argument("strokes", type=click.Path(exists=True, path_type=Path))
@click.option("--sheets", default=10, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--colour", type=click.Choice(["red", "green", "blue"]))
@click.option("--save", type=click.Path(path_type=Path), help="Keep the pages here.")
def form(
    strokes: Path, sheets: int, seed: int, colour: str | None, save: Path | None
) -> None:
    """A page of 16 fields of all kinds."""
    measure(_FORM, strokes, sheets, seed, colour, save)


def measure(
    questions: str,
    strokes: Path,
    sheets: int,
    seed: int,
    colour: str | None,
    save: Path | None,
) -> None:
    """Print a form, fill copies in, and count what is read, by kind and capture."""
    rng, writers = np.random.default_rng(seed), load_hands(strokes)
    counts: dict[str, Counter[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        template = print_form(questions, Path(folder), colour)
        reader = FormReader(template=template)
        prepared = Form(template)
        for number in range(sheets):
            for page, _ in prepared.references:
                hand = draw_hand(writers, rng)
                sheet = Sheet(page.load_pixels(), hand, rng)
                truth = fill(sheet, prepared, page.number, rng)
                for kind in CAPTURES:
                    pixels = capture(sheet.show(), kind, rng)
                    name = f"{number}-{page.number}-{kind}"
                    if save is not None:
                        save.mkdir(parents=True, exist_ok=True)
                        cv2.imwrite(str(save / f"{name}.png"), pixels)
                    read = read_page(reader, pixels, name)
                    compare(template, truth, read, kind, counts)
    for what in sorted(counts):
        found = counts[what]
        parts = (f"{name} {found[name]}" for name in ("right", "silent", "for review"))
        print(f"{what}: of {found['all']} {', '.join(parts)}")


def print_form(questions: str, folder: Path, colour: str | None) -> FormTemplate:
    """Lay a form out, and print it as its reference."""
    toml = compose_form(parse_questions(questions), "printed")
    template = FormTemplate.parse(toml, folder / "printed.toml")
    for page in template.pages:
        pixels = render_reference(template, page, PrintingWay(colour=colour))
        cv2.imwrite(str(page.reference), pixels)
    return template


def read_page(reader: FormReader, pixels: object, name: str) -> PageReading | None:
    """Read a page; None if it is refused."""
    try:
        return reader.read_page(page_from_array(np.asarray(pixels, np.uint8), name))
    except RegistrationError as error:
        print(f"{name}: {error.message}")
        return None


def fill(
    sheet: Sheet, form: Form, page: int, rng: np.random.Generator
) -> dict[str, str]:
    """Fill in a page; give what is right, by field."""
    reference = dict((p.number, r) for p, r in form.references)[page]
    truth: dict[str, str] = {}
    for field in form.template.fields_on(page):
        boxes = [find_printed_box(reference, box) for box in field.mark_boxes]
        if field.name.endswith("_bubbled"):
            text = truth[field.name.removesuffix("_bubbled")]
            for column, digit in enumerate(text):
                box = boxes[column * len(field.values) + int(digit)]
                sheet.mark(box, is_round=True)
            truth[field.name] = text
        elif field.kind is FieldKind.CHOICE:
            truth[field.name] = answer(sheet, field, boxes, rng)
        elif field.kind is FieldKind.TICK:
            is_marked = rng.random() < 0.5
            if is_marked:
                sheet.mark(boxes[0], is_round=False)
            truth[field.name] = str(int(is_marked))
        elif field.kind is not FieldKind.TEXT:
            truth[field.name] = write(sheet, field, rng)
    return truth


def answer(
    sheet: Sheet, field: FieldTemplate, boxes: list[Box], rng: np.random.Generator
) -> str:
    """Tick one box of a choice, or none, or two, or one once another was taken back."""
    is_round, values = field.appearance.bubbles, field.option_values
    draw, (first, second) = rng.random(), rng.permutation(len(boxes))[:2].tolist()
    if draw < 0.05:
        return ""
    sheet.mark(boxes[first], is_round=is_round)
    if draw < 0.09:
        sheet.mark(boxes[second], is_round=is_round)
        return ""
    if draw < 0.14:
        sheet.strike(boxes[second], is_round=is_round)
    return str(values[int(first)])


def write(sheet: Sheet, field: FieldTemplate, rng: np.random.Generator) -> str:
    """Write a number, a date or a time; give its value."""
    type_ = field.value_type
    if type_ is not None and type_.kind is ValueKind.DATE:
        day, month = int(rng.integers(1, 29)), int(rng.integers(1, 13))
        year = int(rng.integers(1930, 2026))
        sheet.write_number(f"{day:02d}{month:02d}{year}", field)
        return f"{year}-{month:02d}-{day:02d}"
    if type_ is not None and type_.kind is ValueKind.TIME:
        hour, minute = int(rng.integers(0, 24)), int(rng.integers(0, 60))
        sheet.write_number(f"{hour:02d}{minute:02d}", field)
        return f"{hour:02d}:{minute:02d}"
    count = field.cells or int(rng.integers(3, 6))
    text = "".join(map(str, rng.integers(0, 10, count)))
    sheet.write_number(text, field)
    return text


def compare(
    template: FormTemplate,
    truth: dict[str, str],
    reading: PageReading | None,
    kind: str,
    counts: dict[str, Counter[str]],
) -> None:
    """Count the fields of a page that are right, wrong and accepted, for review."""
    read: dict[str, FieldReading] = {}
    if reading is not None:
        read = {one.name: one for one in reading.fields}
    kinds = {field.name: str(field.kind) for field in template.fields}
    for name, value in truth.items():
        one = read.get(name)
        is_right = one is not None and one.value == value
        is_silent = one is not None and not one.needs_review and not is_right
        what = "bubbled" if name.endswith("_bubbled") else kinds[name]
        for part in (f"{what}, {kind}", "all"):
            found = counts.setdefault(part, Counter())
            found["all"] += 1
            found["right"] += is_right
            found["silent"] += is_silent
            found["for review"] += one is None or one.needs_review
        if not is_right or is_silent:
            shown = "refused" if one is None else f"{one!r} {one.raw}"
            print(f"  {kind} {reading and reading.source}: {name} is {value}; {shown}")


if __name__ == "__main__":
    main()
