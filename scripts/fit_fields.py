"""Fit what tells written numbers in boxes from words and print, by filled forms.

    python scripts/fit_fields.py FOLDER [FOLDER ...]

Each folder holds upright pages and their `truth.csv`. What is found in boxes without a
template is a number that somebody wrote if it overlaps one of the truth. A logistic
regression tells those from the rest, and another one by what the first says of a box
and of its column; what they give each measure goes to stdout, for `FieldWeights` and
`ColumnSettings` in `formreader/digits/settings.py`. Each form is measured with weights
that were fitted on all others: pages named alike up to a hyphen show one form.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass, fields
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from formreader import FormReader
from formreader.digits.decoding import is_printed_text
from formreader.digits.settings import ColumnSettings, FieldWeights
from formreader.digits.words import measure_field
from formreader.field_reader import FieldReader
from formreader.geometry import Box
from formreader.layout.fields import find_fields
from formreader.layout.prepared_page import PreparedPage
from formreader.pages.loading import load_pages
from formreader.written_numbers import average_columns, is_judged

DECAY = 1e-3  # of the squared weights, standardised, in the mean loss
SHARED = 0.2  # of the smaller box, that one of the truth and one that was found share
LIMITS = (0.05, 0.1, 0.15, 0.2, 0.3)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """What was found in a box.

    Attributes:
        page: Name of the file.
        box: Where, in pixels of the page.
        measures: As `measure_field` gives them.
        is_number: Whether somebody wrote a number there.
        is_right: Whether it was read as that.
        is_sure: Whether what was read would be accepted but for doubt of other kinds.
    """

    page: str
    box: Box
    measures: dict[str, float]
    is_number: bool
    is_right: bool
    is_sure: bool


@click.command()
@click.argument(
    "folders", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
def main(folders: tuple[Path, ...]) -> None:
    """Fit and measure `FieldWeights`."""
    found = [one for folder in folders for one in measure_folder(folder)]
    every = np.ones(len(found), np.bool_)
    own, columns = fit_both(found, every)
    for one, value in zip(fields(FieldWeights), own, strict=True):
        click.echo(f"    {one.name}: Logarithm = {value:.2f}")
    for one, value in zip(fields(ColumnSettings), columns, strict=False):
        click.echo(f"    {one.name}: Logarithm = {value:.2f}")
    forms = np.array([one.page.split("-")[0] for one in found])
    chances = np.zeros(len(found))
    for form in np.unique(forms):
        others = forms != form
        own, columns = fit_both(found, others)
        total = weigh(add_columns(found, weigh(tabulate(found), own)), columns)
        chances[~others] = 1 / (1 + np.exp(-total[~others]))
    report(found, chances)


def measure_folder(folder: Path) -> list[Found]:
    """Measure what is found on the pages of a folder."""
    wanted = defaultdict(list)
    with (folder / "truth.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["left"]:
                wanted[row["file"]].append((to_box(row), row["value"].split("|")))
    reader = FormReader()
    return [
        one
        for name in sorted(wanted)
        for one in measure_page(reader, folder / name, wanted[name])
    ]


def to_box(row: dict[str, str]) -> Box:
    """Give the box of a row of the truth."""
    left, top, width, height = (
        round(float(row[name])) for name in ("left", "top", "width", "height")
    )
    return Box(left, top, left + width, top + height)


def measure_page(
    reader: FormReader, path: Path, wanted: list[tuple[Box, list[str]]]
) -> list[Found]:
    """Measure what is found in the boxes of a page."""
    (page,) = load_pages(path)
    prepared = PreparedPage(
        page.pixels, colour=page.colour, dpi=page.dpi, separator=reader.separator
    )
    fields_of_page = find_fields(prepared)
    read = FieldReader(reader.classifier, reader.string_reader, reader.threshold)
    found = []
    for classified, reading in read.decode(fields_of_page):
        is_text = is_printed_text(classified, knows_other=True)
        if is_text or not is_judged(classified, reading):
            continue
        values = [value for box, value in wanted if overlaps(reading.box, box)]
        found.append(
            Found(
                path.name,
                reading.box,
                measure_field(classified, reading),
                bool(values),
                any(reading.value in value for value in values),
                reading.confidence >= reader.threshold,
            )
        )
    return found


def overlaps(one: Box, other: Box) -> bool:
    """Tell whether two boxes are of the same field."""
    return one.intersection_area(other) > SHARED * min(one.area, other.area)


def fit_both(
    found: list[Found], chosen: npt.NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Fit by some of the boxes what their measures count, and their columns."""
    x = tabulate(found)
    truth = np.array([one.is_number for one in found])
    own = fit(x[chosen], truth[chosen])
    both = add_columns(found, weigh(x, own))
    return own, fit(both[chosen], truth[chosen])


def tabulate(found: list[Found]) -> Floats:
    """Give (N, M) the measures in the order of `FieldWeights`; 0 where one is not."""
    names = [one.name for one in fields(FieldWeights)][1:]
    return np.array([[one.measures.get(n, 0.0) for n in names] for one in found])


def add_columns(found: list[Found], odds: Floats) -> Floats:
    """Give (N, 2) the odds of each box, and those of the others of its column."""
    pages = np.array([one.page for one in found])
    around = np.zeros(len(found))
    for page in np.unique(pages):
        places = np.flatnonzero(pages == page)
        boxes = [found[place].box for place in places]
        around[places] = average_columns(boxes, odds[places])
    return np.column_stack([odds, around])


def fit(x: Floats, truth: npt.NDArray[np.bool_]) -> Floats:
    """Fit a logistic regression, the constant first."""
    mean, deviation = x.mean(axis=0), x.std(axis=0) + 1e-9
    scaled = np.column_stack([np.ones(len(x)), (x - mean) / deviation])
    sign = np.where(truth, 1.0, -1.0)

    def loss(weights: Floats) -> float:
        shrunk = DECAY * float((weights[1:] ** 2).sum())
        return float(np.logaddexp(0, -sign * (scaled @ weights)).mean()) + shrunk

    weights = np.asarray(minimize(loss, np.zeros(scaled.shape[1])).x, np.float64)
    slopes = weights[1:] / deviation
    return np.array([weights[0] - slopes @ mean, *slopes])


def weigh(x: Floats, weights: Floats) -> Floats:
    """Give the logarithm of the odds of each row."""
    return np.asarray(weights[0] + x @ weights[1:])


def report(found: list[Found], chances: Floats) -> None:
    """Say what would be dropped and doubted, with weights fitted on other forms."""
    number, right, sure = (
        np.array([getattr(one, name) for one in found])
        for name in ("is_number", "is_right", "is_sure")
    )
    click.echo(
        f"{len(found)} boxes, {number.sum()} numbers, {right.sum()} of them right; "
        f"surely read {sure.sum()}, {(sure & number).sum()} of them numbers",
        err=True,
    )
    for limit in LIMITS:
        low = chances < limit
        click.echo(
            f"below {limit}: {(low & ~number).sum()} others, {(low & number).sum()} "
            f"numbers, {(low & right).sum()} read right; surely read "
            f"{(low & sure & ~number).sum()} others, {(low & sure & number).sum()} "
            "numbers",
            err=True,
        )


if __name__ == "__main__":
    main()
