"""Fit what speaks for the marks of a number, by pages whose numbers are known.

    python scripts/fit_page_marks.py FOLDER [FOLDER ...]

Each folder holds pages and their `truth.csv`, with the place of each number, its marks
as they are written; marks that part thousands may be left out there. No reader may have
been trained with them. The weights go to stdout, for
`formreader/digits/picture_settings.py`, and what they are worth: the forms are halved
by their names up to a hyphen, in several ways, and each half is measured with weights
fitted on the other.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
from fit_pictures import find_values
from placed_truth import load_places
from scipy.optimize import minimize

from formreader import FormReader
from formreader.digits.mark_styles import MarkUse, find_style
from formreader.digits.page_marks import add_page, weigh
from formreader.digits.picture_settings import VIEWS
from formreader.digits.seen_marks import SeenMarks
from formreader.geometry import Box
from formreader.layout.fields import find_fields
from formreader.layout.prepared_page import PreparedPage
from formreader.pages.loading import load_pages
from formreader.reconciliation import reconcile, see_marks_of
from formreader.records import PageImage

HALVINGS = 6
PRIOR = 2.0  # fields, that the squared distance of each weight from 0 counts as

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Page:
    """The numbers of a page.

    Attributes:
        form: What it shows.
        numbers: What the views show of the marks of each.
        right: For each which texts are right; none where the digits are wrong or nobody
            knows what was written.
    """

    form: str
    numbers: Sequence[SeenMarks]
    right: Sequence[Bools]


@click.command()
@click.argument(
    "folders", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
def main(folders: tuple[Path, ...]) -> None:
    """Fit and measure the weights."""
    pages = [page for folder in folders for page in see_folder(folder)]
    report(pages)
    alone, on_page = fit(pages)
    for name, weights in (("ALONE", alone), ("ON_PAGE", on_page)):
        click.echo(f"MARKS_{name} = ({', '.join(f'{one:.2f}' for one in weights)})")


def see_folder(folder: Path) -> list[Page]:
    """See the numbers on the pages of a folder."""
    wanted = {
        place: [
            (box, row["value"].split("|"))
            for box, row in places
            if row.get("optional") != "yes" and row["value"]
        ]
        for place, places in load_places(folder).items()
    }
    reader = FormReader()
    forms = {name: f"{folder.name} {name.split('-')[0]}" for name, _ in wanted}
    points: dict[str, Counter[str]] = defaultdict(Counter)
    for (name, _), rows in wanted.items():
        points[forms[name]].update(find_points([v for _, vs in rows for v in vs]))
    return [
        see_page(
            reader,
            list(load_pages(folder / name))[number - 1],
            forms[name],
            rows,
            points[forms[name]],
        )
        for (name, number), rows in wanted.items()
    ]


def find_points(values: Sequence[str]) -> list[str]:
    """List the points of numbers with one or two decimals."""
    found = (re.fullmatch(r"-?[0-9]*([.,])[0-9]{1,2}", value) for value in values)
    return [one[1] for one in found if one]


def see_page(
    reader: FormReader,
    page: PageImage,
    form: str,
    wanted: list[tuple[Box, list[str]]],
    points: Counter[str],
) -> Page:
    """See the numbers of a page that is upright."""
    prepared = PreparedPage(
        page.pixels, colour=page.colour, dpi=page.dpi, separator=reader.separator
    )
    views = reader.field_reader.see(find_fields(prepared), prepared.dark_pixels)
    numbers, right = [], []
    for one in views:
        if one is None:
            continue
        seen = see_marks_of(reconcile(one), one)
        if seen is not None:
            found = find_values(one.by_layers.box, wanted)
            numbers.append(seen)
            right.append(judge(seen.texts, found[0] if found else [], points))
    return Page(form, numbers, right)


def judge(texts: Sequence[str], values: Sequence[str], points: Counter[str]) -> Bools:
    """Tell which texts say what was written; its form's point parts no thousands."""
    return np.array([is_said(text, values, points) for text in texts], np.bool_)


def is_said(text: str, values: Sequence[str], points: Counter[str]) -> bool:
    """Tell whether a text says one of some values."""
    if text in values:
        return True
    style = find_style(text)
    if style.use is not MarkUse.GROUPS or style.grouping is None:
        return False
    is_point = points[style.grouping] > points.total() / 2
    return not is_point and text.replace(style.grouping, "") in values


def fit(pages: Sequence[Page]) -> tuple[Floats, Floats]:
    """Fit the weights of a number alone, then of one on its page."""
    alone = fit_weights([n.evidence for p in pages for n in p.numbers], pages)
    rows = [
        row for page in pages for row in add_page(page.numbers, weigh_all(page, alone))
    ]
    return alone, fit_weights(rows, pages)


def weigh_all(page: Page, alone: Floats) -> list[Floats]:
    """Give the probabilities of the texts of each number of a page, without it."""
    return [weigh(one.evidence, alone.tolist()) for one in page.numbers]


def fit_weights(evidence: Sequence[Floats], pages: Sequence[Page]) -> Floats:
    """Fit weights by the likelihood of what was written."""
    right = [one for page in pages for one in page.right]
    known = [(e, r) for e, r in zip(evidence, right, strict=True) if r.any()]

    def loss(weights: Floats) -> tuple[float, Floats]:
        total, slope = PRIOR / 2 * float(weights @ weights), PRIOR * weights
        for rows, is_right in known:
            shares = weigh(rows, weights.tolist())
            hit = np.where(is_right, shares, 0.0)
            share = max(float(hit.sum()), 1e-9)
            total -= float(np.log(share))
            slope = slope - rows.T @ (hit / share - shares)
        return total, slope

    start = np.zeros(known[0][0].shape[1])
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B").x)


def report(pages: Sequence[Page]) -> None:
    """Say what weights are worth that were fitted on the other half of the forms."""
    counts: Counter[str] = Counter()
    for salt in range(HALVINGS):
        for side in (0, 1):
            is_kept = halve(salt, side)
            weights = fit([page for page in pages if not is_kept(page)])
            for page in filter(is_kept, pages):
                counts.update(judge_page(page, *weights))
    number = ", ".join(f"{counts[n] / HALVINGS:.1f} {n}" for n in sorted(counts))
    click.echo(f"on halves not fitted, mean of {HALVINGS} halvings: {number}")


def halve(salt: int, side: int) -> Callable[[Page], bool]:
    """Tell forms of one half from those of the other."""
    return lambda page: zlib.crc32(f"{salt} {page.form}".encode()) % 2 == side


def judge_page(page: Page, alone: Floats, on_page: Floats) -> list[str]:
    """Say of each number of a page whether its marks are right, and sure."""
    before = weigh_all(page, alone)
    rows = add_page(page.numbers, before)
    judged = []
    for one, right, first, row in zip(
        page.numbers, page.right, before, rows, strict=True
    ):
        if not right.any():
            continue
        shares = weigh(row, on_page.tolist())
        best = shares.argmax()
        sure = shares[best] >= VIEWS.sure_marks
        sure &= one.is_read[best] or first[best] >= VIEWS.sure_marks
        judged.append("right" if right[best] else "wrong")
        judged += [] if sure else ["in doubt"]
        judged += ["sure and wrong"] if sure and not right[best] else []
    return judged


if __name__ == "__main__":
    main()
