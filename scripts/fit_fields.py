"""Fit what tells written numbers from words and print, by filled forms.

    python scripts/fit_fields.py FOLDER [FOLDER ...]

Each folder holds upright pages and their `truth.csv`. What is found without a template
is a number that somebody wrote if it is where one of the truth is; a line of writing,
which may be a part of one, if it lies there. A logistic regression tells such boxes
from the rest, another one by what the first says of a box and of its column; two others
do so for lines of writing. What they give each measure goes to stdout, for
`FieldWeights`, `ColumnSettings`, `LineWeights` and `LINE_COLUMNS` in
`formreader/digits/settings.py`. Each form is measured with weights that were fitted on
all others, and each half of the forms with weights fitted on the other half: pages
named alike up to a hyphen show one form.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, fields
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
from placed_truth import Row, load_places
from scipy.optimize import minimize

from formreader import FormReader
from formreader.digits.seen_pictures import SeenPicture
from formreader.digits.settings import ColumnSettings, FieldWeights, LineWeights
from formreader.digits.words import measure_field, measure_line
from formreader.geometry import Box
from formreader.layout.fields import find_fields
from formreader.layout.prepared_page import PreparedPage
from formreader.pages.loading import load_pages
from formreader.readings import FieldReading
from formreader.records import ClassifiedField, PageImage
from formreader.settings import Settings
from formreader.written_numbers import average_columns, is_judged, is_line

DECAY = 1e-3  # of the squared weights, standardised, in the mean loss
SHARED = 0.5  # of the smaller box, that one of the truth and one that was found share
PART = 0.15  # the same; more, of what is not the one, may be a part of it
LIMITS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.8)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """What was found in a box.

    Attributes:
        page: Name of the file.
        box: Where, in pixels of the page.
        is_line: Whether it is a line of writing rather than a box.
        measures: As `measure_field` gives them.
        is_number: Whether somebody wrote a number there.
        is_right: Whether it was read as that.
        is_sure: Whether what was read would be accepted but for doubt of other kinds.
    """

    page: str
    box: Box
    is_line: bool
    measures: dict[str, float]
    is_number: bool
    is_right: bool
    is_sure: bool


@click.command()
@click.argument(
    "folders", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
def main(folders: tuple[Path, ...]) -> None:
    """Fit and measure what tells numbers in boxes and on lines."""
    found = [one for folder in folders for one in measure_folder(folder)]
    boxes = [one for one in found if not one.is_line]
    lines = [one for one in found if one.is_line]
    for part, kind, joined in (
        (boxes, FieldWeights, "ColumnSettings"),
        (lines, LineWeights, "LINE_COLUMNS"),
    ):
        own, columns = fit_both(part, np.ones(len(part), np.bool_))
        print_weights(kind.__name__, kind, own)
        print_weights(joined, ColumnSettings, columns)
        forms = np.array([one.page.split("-")[0] for one in part])
        report(f"{kind.__name__}, form by form", part, judge_each(part, forms))
        halves = np.array([str(zlib.crc32(form.encode()) % 2) for form in forms])
        report(f"{kind.__name__}, by halves", part, judge_each(part, halves))


def print_weights(name: str, kind: type[Settings], values: Floats) -> None:
    """Print the weights of a regression as they stand in the settings."""
    click.echo(name)
    for one, value in zip(fields(kind), values, strict=False):
        click.echo(f"    {one.name}: Logarithm = {value:.2f}")


def judge_each(found: list[Found], groups: npt.NDArray[np.str_]) -> Floats:
    """Judge each group of fields with weights that were fitted on all others."""
    chances = np.zeros(len(found))
    for group in np.unique(groups):
        own, columns = fit_both(found, groups != group)
        total = weigh(add_columns(found, weigh(tabulate(found), own)), columns)
        chances[groups == group] = 1 / (1 + np.exp(-total[groups == group]))
    return chances


def measure_folder(folder: Path) -> list[Found]:
    """Measure what is found on the pages of a folder."""
    reader = FormReader()
    found = []
    for (name, number), places in load_places(folder).items():
        page = list(load_pages(folder / name))[number - 1]
        wanted = [
            (box, row["value"].split("|") if is_asked(row) else [])
            for box, row in places
        ]
        found += measure_page(reader, page, name, wanted)
    return found


def is_asked(row: Row) -> bool:
    """Tell whether a row of the truth is a number that somebody wants."""
    return bool(row["value"]) and row.get("optional") != "yes"


def measure_page(
    reader: FormReader, page: PageImage, name: str, wanted: list[tuple[Box, list[str]]]
) -> list[Found]:
    """Measure what is found on a page; what may be a part of a number is left out."""
    prepared = PreparedPage(
        page.pixels, colour=page.colour, dpi=page.dpi, separator=reader.separator
    )
    looks = reader.field_reader.look(find_fields(prepared), prepared.dark_pixels)
    inked = [
        (*one, picture)
        for one, picture in zip(*looks, strict=True)
        if one is not None and may_be_number(*one, picture)
    ]
    boxes = [reading.box for _, reading, _ in inked]
    best = [choose(box, boxes) for box, _ in wanted]
    found = []
    for place, (classified, reading, picture) in enumerate(inked):
        asked = [v for (_, v), one in zip(wanted, best, strict=True) if one == place]
        is_number = any(asked)
        if is_line(reading):  # which may be a part of one
            is_number = any(share(reading.box, box) > SHARED for box, _ in wanted)
        if not is_number and any(share(reading.box, box) > PART for box, _ in wanted):
            continue
        found.append(
            Found(
                name,
                reading.box,
                is_line(reading),
                measure_line(classified, reading, picture)
                if is_line(reading) and picture is not None
                else measure_field(classified, reading),
                is_number,
                any(reading.value in values for values in asked),
                reading.confidence >= reader.threshold,
            )
        )
    return found


def may_be_number(
    classified: ClassifiedField, reading: FieldReading, picture: SeenPicture | None
) -> bool:
    """Tell whether a field is judged."""
    is_seen_line = is_line(reading) and picture is not None
    return is_seen_line or is_judged(classified, reading)


def choose(box: Box, boxes: list[Box]) -> int | None:
    """Choose the field that a box of the truth is, if any."""
    shares = [share(box, one) for one in boxes]
    best = max(range(len(boxes)), key=lambda place: shares[place], default=None)
    return best if best is not None and shares[best] > SHARED else None


def share(one: Box, other: Box) -> float:
    """Give the share of the smaller of two boxes that lies in the other."""
    return one.intersection_area(other) / max(1, min(one.area, other.area))


def fit_both(
    found: list[Found], chosen: npt.NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Fit by some of the fields what their measures count, and their columns."""
    x = tabulate(found)
    truth = np.array([one.is_number for one in found])
    own = fit(x[chosen], truth[chosen])
    both = add_columns(found, weigh(x, own))
    return own, fit(both[chosen], truth[chosen])


def tabulate(found: list[Found]) -> Floats:
    """Give (N, M) the measures in the order of the weights; 0 where one is not."""
    kind = LineWeights if found[0].is_line else FieldWeights
    names = [one.name for one in fields(kind)][1:]
    return np.array([[one.measures.get(n, 0.0) for n in names] for one in found])


def add_columns(found: list[Found], odds: Floats) -> Floats:
    """Give (N, 2) the odds of each field, and those of the others of its column."""
    pages = np.array([one.page for one in found])
    around = np.zeros(len(found))
    for page in np.unique(pages):
        places = np.flatnonzero(pages == page)
        boxes = [found[place].box for place in places]
        around[places] = average_columns(
            boxes, odds[places], by_right=not found[0].is_line
        )
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


def report(name: str, found: list[Found], chances: Floats) -> None:
    """Say what would be dropped and doubted, with weights fitted on other forms."""
    number, right, sure = (
        np.array([getattr(one, name) for one in found])
        for name in ("is_number", "is_right", "is_sure")
    )
    click.echo(
        f"{len(found)} {name}, {number.sum()} numbers, {right.sum()} of them right; "
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
