"""Fit what each view of a field counts, by pages whose numbers are known.

    python scripts/fit_pictures.py FOLDER [FOLDER ...]

Each folder holds pages and their `truth.csv`, with the place of each number. No reader
may have been trained with them. What is found at the place of a number, and is not cut
off at an edge, which a person looks at anyhow, is seen in up to three ways: the pen's
layer, the ink left where lines were erased, the picture of the page. The weights of the
log-linear model of these go to stdout, for `formreader/digits/picture_settings.py`, and
what they are worth: the forms are halved by their names up to a hyphen, and each half
is measured with weights fitted on the other.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
from placed_truth import load_places
from scipy.optimize import minimize

from formreader import FormReader
from formreader.digits.picture_settings import VIEWS
from formreader.digits.picture_votes import list_digits, list_proposals
from formreader.geometry import Box
from formreader.layout.fields import find_fields
from formreader.layout.prepared_page import PreparedPage
from formreader.pages.loading import load_pages
from formreader.reconciliation import Views
from formreader.records import Flag, PageImage

SHARED = 0.5  # of the smaller box, that a number and what was found share
LEAST = 25  # fields of a kind, or its weights are not fitted
PRIOR = 2.0  # fields, that the squared distance from equal weights counts as
EQUAL = 0.6
ACCEPTED = 0.9

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Field:
    """A number that somebody wrote, and what the views propose.

    Attributes:
        form: Of its page.
        kind: Which weights it takes.
        scores: (C, 3) log-probabilities of each candidate by each view.
        left: (3,) logarithms of what each view leaves to others; zeros in rows of
            boxes, where one constant tells more.
        is_right: (C,) whether a candidate has the digits that were written.
    """

    form: str
    kind: str
    scores: Floats
    left: Floats
    is_right: npt.NDArray[np.bool_]

    def weigh(self, weights: Floats) -> tuple[Floats, float]:
        """Give the probability of each candidate, and that of all others."""
        others = weights[3] + self.left @ weights[:3]
        totals = np.append(self.scores @ weights[:3], others)
        shares = np.exp(totals - np.logaddexp.reduce(totals))
        return shares[:-1], float(shares[-1])


@click.command()
@click.argument(
    "folders", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
def main(folders: tuple[Path, ...]) -> None:
    """Fit and measure the weights of the views."""
    found = [one for folder in folders for one in see_folder(folder)]
    half = [zlib.crc32(one.form.encode()) % 2 for one in found]
    for side in (0, 1):
        fitted = [one for one, of in zip(found, half, strict=True) if of != side]
        kept = [one for one, of in zip(found, half, strict=True) if of == side]
        report(f"half {side}, not fitted", kept, fit_kinds(fitted))
    for kind, weights in fit_kinds(found).items():
        values = ", ".join(f"{value:.2f}" for value in weights)
        count = sum(one.kind == kind for one in found)
        click.echo(f"{kind.upper()} = ViewWeights({values})  # {count} fields")


def see_folder(folder: Path) -> list[Field]:
    """See the numbers on the pages of a folder."""
    reader = FormReader()
    found = []
    for (name, number), places in load_places(folder).items():
        page = list(load_pages(folder / name))[number - 1]
        wanted = [
            (box, row["value"].split("|"))
            for box, row in places
            if row.get("optional") != "yes" and list_digits(row["value"])
        ]
        found += see_page(reader, page, name.split("-")[0], wanted)
    return found


def see_page(
    reader: FormReader,
    page: PageImage,
    form: str,
    wanted: list[tuple[Box, list[str]]],
) -> list[Field]:
    """See the numbers of a page that is upright."""
    prepared = PreparedPage(
        page.pixels, colour=page.colour, dpi=page.dpi, separator=reader.separator
    )
    seen = reader.field_reader.see(find_fields(prepared), prepared.dark_pixels)
    return [
        tabulate(views, values, form)
        for views in seen
        if views is not None
        and views.picture is not None
        and list_digits(views.by_layers.raw)
        and Flag.CLIPPED not in views.by_layers.flags
        for values in find_values(views.by_layers.box, wanted)[:1]
    ]


def find_values(box: Box, wanted: list[tuple[Box, list[str]]]) -> list[list[str]]:
    """Find what was written at a place."""
    return [
        values
        for place, values in wanted
        if place.intersection_area(box) > SHARED * min(place.area, box.area)
    ]


def tabulate(views: Views, values: Sequence[str], form: str) -> Field:
    """Give what the views say of each candidate."""
    assert views.picture is not None
    known = [list_proposals(reading) for reading in views.readings]
    shown = views.picture.find_digits(VIEWS.from_picture)
    candidates = sorted({digits for view in (*known, shown) for digits in view} - {""})
    scores = np.zeros((len(candidates), 3))
    for column, view in enumerate(known):
        chances = np.array([view.get(digits, 0.0) for digits in candidates])
        least = np.exp(VIEWS.unknown)
        scores[:, column] = np.log(np.maximum(chances, least))
    scores[:, 2] = views.picture.weigh_digits(candidates)
    written = {list_digits(value) for value in values}
    is_right = np.array([digits in written for digits in candidates], np.bool_)
    kind = "open" if views.by_layers.kind.is_open else "cells"
    ways = "twice" if len(known) > 1 else "once"
    left = np.zeros(3) if kind == "cells" else measure_left([*known, chances_of(shown)])
    return Field(form, f"{kind}_{ways}", scores, left, is_right)


def chances_of(shown: dict[str, float]) -> dict[str, float]:
    """Give the probabilities of what a picture shows, by digits."""
    return {digits: float(np.exp(log)) for digits, log in shown.items() if digits}


def measure_left(views: Sequence[dict[str, float]]) -> Floats:
    """Give (3,) the logarithms of what each view leaves to others, the picture last."""
    least = [VIEWS.unknown] * (len(views) - 1) + [VIEWS.unseen]
    left = [
        max(float(np.log(max(1 - sum(view.values()), 1e-12))), low)
        for view, low in zip(views, least, strict=True)
    ]
    return np.array([*left[:-1], *[0.0] * (3 - len(left)), left[-1]])


def fit_kinds(found: Sequence[Field]) -> dict[str, Floats]:
    """Fit the weights of each kind that has enough fields."""
    kinds = sorted({one.kind for one in found})
    parts = {kind: [one for one in found if one.kind == kind] for kind in kinds}
    return {kind: fit(part) for kind, part in parts.items() if len(part) >= LEAST}


def fit(found: Sequence[Field]) -> Floats:
    """Fit weights by the likelihood of what was written."""

    def loss(weights: Floats) -> float:
        right = []
        for one in found:
            shares, others = one.weigh(weights)
            right.append(shares[one.is_right].sum() if one.is_right.any() else others)
        apart = PRIOR / len(found) * float(((weights[:3] - EQUAL) ** 2).sum())
        return float(-np.log(np.maximum(right, 1e-6)).mean()) + apart

    start = np.array([EQUAL, EQUAL, EQUAL, -2.0])
    options = {"maxiter": 600, "xatol": 0.01, "fatol": 1e-4}
    found_at = minimize(loss, start, method="Nelder-Mead", options=options).x
    return np.asarray(found_at, np.float64)


def report(name: str, found: Sequence[Field], kinds: dict[str, Floats]) -> None:
    """Say what the weights are worth."""
    known = [one for one in found if one.kind in kinds]
    shares = [one.weigh(kinds[one.kind])[0] for one in known]
    best = np.array([share.max(initial=0.0) for share in shares])
    right = np.array(
        [
            bool(share.size) and bool(one.is_right[share.argmax()])
            for one, share in zip(known, shares, strict=True)
        ]
    )
    sure = best >= ACCEPTED
    click.echo(
        f"{name}: {right.sum()} of {len(known)} right, {sure.sum()} sure, "
        f"{(sure & ~right).sum()} of these wrong"
    )


if __name__ == "__main__":
    main()
